//! An operator has a mail tried at once.

use super::{Actor, permissions, store};
use crate::app::App;
use crate::audit::{self, Kind, Outcome};
use crate::error::Result;
use crate::mail::retry::retry;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retried {
    /// It is tried within a second, and for three days more.
    Soon,
    /// There is nothing to do: it is delivered, being sent at this moment, or gone.
    Nothing,
    /// It is not theirs to do.
    Forbidden,
}

/// Has the mail `id` tried again.
///
/// # Errors
/// [`crate::error::Error::SessionEnded`] when the actor's session has ended meanwhile.
pub async fn retry_mail(app: &App, actor: Actor<'_>, id: &str) -> Result<Retried> {
    let mut tx = app.db.begin().await?;
    if let Some(person) = actor.person() {
        store::hold(&mut tx, person.id, person.session).await?;
        if !permissions::may_retry_mail(store::role_of(&mut tx, person.account, person.id).await?) {
            return Ok(Retried::Forbidden);
        }
    }
    let Some((account, user)) = retry(app, &mut tx, id).await? else {
        return Ok(Retried::Nothing);
    };
    let detail = serde_json::json!({ "mail": id });
    let event = actor.event_about(Kind::MailRetry, Outcome::Done, (&account, &user), detail);
    audit::record(app, &mut tx, event).await?;
    tx.commit().await?;
    Ok(Retried::Soon)
}
