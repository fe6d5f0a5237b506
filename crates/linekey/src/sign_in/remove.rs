//! Removes somebody with everything that is theirs: sessions, what waits for a confirmation, links, mails, phones. The
//! record of what they did stays, and goes on naming them.

use crate::app::App;
use crate::audit::{self, Outcome};
use crate::error::Result;
use crate::users::act::{self, Begun, Whom};
use crate::users::permissions::{Act, Refusal};
use crate::users::{self, Actor, Subject};
use crate::{links, mail, phones, sessions};

/// What came of it.
#[derive(Debug)]
pub enum Removed {
    /// They are gone, and so many of their phones.
    Done(Box<Subject>, u64),
    /// Nobody would be left to administer the account, or to operate the portal.
    Last(Box<Subject>),
    /// It is not the actor's to do.
    Forbidden(Refusal),
    /// There is nobody with that id in the account.
    Nobody,
}

/// Removes `whom`, for good.
pub async fn remove(app: &App, actor: Actor<'_>, whom: Whom<'_>) -> Result<Removed> {
    let (mut tx, subject) = match act::begin(app, actor, Act::Remove, whom).await? {
        Begun::May(tx, subject) => (tx, subject),
        Begun::Refused(refusal) => return Ok(Removed::Forbidden(refusal)),
        Begun::Nobody => return Ok(Removed::Nobody),
    };
    if users::remove::is_last_of_rank(&mut tx, &subject).await? {
        return Ok(Removed::Last(subject));
    }
    users::remove::lock_out(&mut tx, &subject).await?;
    // What waits for a confirmation goes with its session.
    let ended = sessions::end::all_in(&mut tx, &subject.id).await?;
    mail::remove_of_user(&mut tx, &subject.id).await?;
    links::void_all(&mut tx, &subject.id).await?;
    users::email::forget(&mut tx, &subject.id).await?;
    let phones = phones::remove::all_in(app, &mut tx, &subject.account, &subject.id).await?;
    users::remove::row(app, &mut tx, &subject).await?;
    let detail = serde_json::json!({ "sessions": ended, "phones": phones });
    audit::record(
        app,
        &mut tx,
        actor.event(Act::Remove.kind(), Outcome::Done, &subject, detail),
    )
    .await?;
    tx.commit().await?;
    Ok(Removed::Done(subject, phones))
}
