//! An operator has a mail tried at once, whether it waits or was given up.

use std::net::IpAddr;

use super::{deliver, store};
use crate::app::App;
use crate::audit::{self, Event, Kind, Outcome};
use crate::error::Result;
use crate::ids::{SessionId, UserId};

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retried {
    /// It is tried within a second, and for three days more.
    Soon,
    /// There is nothing to do: it is delivered, being sent at this moment, or gone.
    Nothing,
}

/// Has the mail `id` tried again. Who may do so is the door's to know.
pub async fn retry(app: &App, (actor, session, address): (&UserId, &SessionId, IpAddr), id: &str) -> Result<Retried> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let Some((account, user)) = store::make_due(&mut tx, id, now, now + deliver::TRIED_FOR).await? else {
        return Ok(Retried::Nothing);
    };
    let event = Event {
        kind: Kind::MailRetry,
        outcome: Outcome::Done,
        account: Some(&account),
        actor: Some(actor),
        subject: Some(&user),
        session: Some(session),
        address: Some(address),
        detail: serde_json::json!({ "mail": id }),
    };
    audit::record(app, &mut tx, event).await?;
    tx.commit().await?;
    Ok(Retried::Soon)
}
