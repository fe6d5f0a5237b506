//! Sends somebody a reset link: an administrator to a person of the same account, or a command on the server.

use super::has_room;
use crate::app::App;
use crate::audit::{self, Outcome};
use crate::clock::{HOUR, SECOND};
use crate::error::Result;
use crate::mail::{self, Mail};
use crate::throttle::{self, Bucket};
use crate::users::act::{self, Asked, Begun, Whom};
use crate::users::permissions::{Act, Refusal};
use crate::users::{self, Actor, Subject};

/// What came of it.
#[derive(Debug)]
pub enum Sent {
    /// A link is on its way to the address on file.
    Done(Box<Subject>),
    /// There is no address that is known to be theirs.
    NoAddress(Box<Subject>),
    /// They may not sign in: a password would be of no use to them.
    Disabled(Box<Subject>),
    /// It is not the actor's to do.
    Forbidden(Refusal),
    /// There is nobody with that id in the account.
    Nobody,
    /// They got as many links as one address gets within an hour: wait so many seconds.
    Wait(i64),
}

/// Sends `whom` a reset link. Their password, sessions and phones stay as they are until it is used.
pub async fn send_reset(app: &App, actor: Actor<'_>, whom: Whom<'_>) -> Result<Sent> {
    let subject = match act::ask(app, actor, Act::SendReset, whom).await? {
        Asked::May(subject) => subject,
        Asked::Refused(refusal, _) => return Ok(Sent::Forbidden(refusal)),
        Asked::Nobody => return Ok(Sent::Nobody),
    };
    let subject = match ready(subject) {
        Ok(subject) => subject,
        Err(refused) => return Ok(refused),
    };
    if !has_room(app, &subject.id).await? {
        return Ok(Sent::Wait(HOUR / SECOND));
    }
    let to = subject.verified_email().unwrap_or_default();
    if let Some(seconds) = throttle::count_mail(app, to, Some(Bucket::ResetMailsOf(&subject.id))).await? {
        return Ok(Sent::Wait(seconds));
    }
    let (mut tx, subject) = match act::begin(app, actor, Act::SendReset, whom).await? {
        Begun::May(tx, subject) => (tx, subject),
        Begun::Refused(refusal) => return Ok(Sent::Forbidden(refusal)),
        Begun::Nobody => return Ok(Sent::Nobody),
    };
    let subject = match ready(subject) {
        Ok(subject) => subject,
        Err(refused) => return Ok(refused),
    };
    let event = actor.event(Act::SendReset.kind(), Outcome::Done, &subject, serde_json::json!({}));
    audit::record(app, &mut tx, event).await?;
    let mail = Mail::Reset {
        people: vec![mail::Person {
            account: subject.account.clone(),
            user: subject.id.clone(),
            name: subject.display_name.clone(),
            sign_in_name: subject.sign_in_name(),
            epoch: Some(subject.credential_epoch),
        }],
        at: app.clock.now(),
        browser: String::new(),
        address: String::new(),
        // A code would be for whoever sends it to type.
        code_for: None,
        by: Some(actor.by()),
        not_me: false,
    };
    let to = subject.verified_email().unwrap_or_default();
    // Somebody who may has looked into it: the address may be changed again.
    users::email::thaw(&mut tx, &subject.id).await?;
    mail::send(app, &mut tx, (&subject.account, &subject.id), to, &mail).await?;
    tx.commit().await?;
    Ok(Sent::Done(subject))
}

/// Whether a link is of use to them, and can reach them.
fn ready(subject: Box<Subject>) -> std::result::Result<Box<Subject>, Sent> {
    if subject.disabled_at.is_some() {
        Err(Sent::Disabled(subject))
    } else if subject.verified_email().is_none() {
        Err(Sent::NoAddress(subject))
    } else {
        Ok(subject)
    }
}
