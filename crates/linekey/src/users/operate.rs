//! What operators do to what is nobody's, such as a suggestion of a stranger: whether they may still, and its event.

use super::permissions::Area;
use super::{Actor, store};
use crate::audit::{Event, Kind, Outcome};
use crate::db::Tx;
use crate::error::Result;

/// Holds the actor until the transaction ends, and says whether it is the provider's doing still.
///
/// # Errors
/// [`crate::error::Error::SessionEnded`] when the actor's session has ended meanwhile.
pub async fn may(tx: &mut Tx, actor: Actor<'_>) -> Result<bool> {
    let Some(person) = actor.person() else {
        return Ok(true);
    };
    store::hold(tx, person.id, person.session).await?;
    let role = store::role_of(tx, person.account, person.id).await?;
    Ok(Area::Operation.is_open_to(role))
}

/// The event of what it did. `detail` is a JSON object without secrets.
pub fn of_provider(actor: Actor<'_>, kind: Kind, outcome: Outcome, detail: serde_json::Value) -> Event<'_> {
    let Some(person) = actor.person() else {
        let event = Event::of_console(kind, None, None, detail);
        return Event { outcome, ..event };
    };
    Event {
        kind,
        outcome,
        account: Some(person.account),
        actor: Some(person.id),
        subject: None,
        session: Some(person.session),
        address: Some(person.address),
        detail,
    }
}
