//! Setting a password for somebody else: an administrator for a person of the same account, or a command on the server.

use super::hash::HashedPassword;
use super::prepare::{Owner, accept, count_telling, judge};
use super::rules;
use super::set::{Cause, Lasting, Set, set};
use super::suggest::suggest;
use super::typed::TypedPassword;
use crate::app::App;
use crate::audit::{self, Kind, Outcome};
use crate::clock::{HOUR, Millis};
use crate::error::{Error, Result};
use crate::throttle::{self, Bucket};
use crate::users::act::{self, Asked, Begun, Whom};
use crate::users::permissions::{self, Act};
use crate::users::{Actor, Subject};

/// How long a password that must be changed signs in.
pub const TEMPORARY_FOR: Millis = 72 * HOUR;

/// The password that is to be set.
#[derive(Clone, Copy, Debug)]
pub enum NewPassword<'a> {
    /// A random one that fits the rules; it must be changed at the next sign-in, within [`TEMPORARY_FOR`].
    Temporary,
    /// One that was typed twice.
    Typed {
        /// The first time.
        typed: &'a TypedPassword,
        /// The second time.
        confirmed: &'a TypedPassword,
        /// Whether it must be changed at the next sign-in, within [`TEMPORARY_FOR`]; otherwise it lasts.
        must_change: bool,
    },
}

/// What was done.
#[derive(Debug)]
pub struct Done {
    /// To whom.
    pub subject: Subject,
    /// The temporary password, to be shown once.
    pub temporary: Option<TypedPassword>,
    /// How many sessions ended.
    pub ended: u64,
    /// How long it is good for.
    pub lasting: Lasting,
}

/// What came of it.
#[derive(Debug)]
pub enum SetFor {
    /// It is set.
    Done(Box<Done>),
    /// The rules refuse it.
    Refused(Vec<rules::Refusal>),
    /// It is not the actor's to do.
    Forbidden(permissions::Refusal),
    /// There is nobody with that id in the account.
    Nobody,
    /// They may not sign in: a password would be of no use to them.
    Disabled,
    /// Somebody else set another a moment ago.
    Overtaken,
    /// Too many were refused for what they are: wait so many seconds.
    Wait(i64),
}

/// Sets the password of `whom`. The caller knows that the actor is who they say, at this moment.
pub async fn set_for_user(app: &App, actor: Actor<'_>, whom: Whom<'_>, new: NewPassword<'_>) -> Result<SetFor> {
    // Asked before the work, and once more when it is done and the transaction is open.
    let subject = match act::ask(app, actor, Act::SetPassword, whom).await? {
        Asked::May(subject) if subject.disabled_at.is_some() => return Ok(SetFor::Disabled),
        Asked::May(subject) => subject,
        Asked::Refused(refusal, _) => return Ok(SetFor::Forbidden(refusal)),
        Asked::Nobody => return Ok(SetFor::Nobody),
    };
    let ready = match make_ready(app, actor, &subject, new).await? {
        Ok(ready) => ready,
        Err(refused) => return Ok(refused),
    };
    let lasting = Lasting {
        must_change: ready.must_change,
        expires_at: ready.must_change.then(|| app.clock.now() + TEMPORARY_FOR),
    };
    let mut tx = match act::begin(app, actor, Act::SetPassword, whom).await? {
        Begun::May(_, subject) if subject.disabled_at.is_some() => return Ok(SetFor::Disabled),
        Begun::May(tx, _) => tx,
        Begun::Refused(refusal) => return Ok(SetFor::Forbidden(refusal)),
        Begun::Nobody => return Ok(SetFor::Nobody),
    };
    let cause = Cause::ForUser {
        actor,
        subject: &subject,
        lasting,
    };
    let Set::Done { ended, .. } = set(app, &mut tx, &ready.hash, cause).await? else {
        return Ok(SetFor::Overtaken);
    };
    if let Some(person) = actor.person() {
        throttle::clear(app, &mut tx, &[Bucket::SecretRule(person.id, &subject.id)]).await?;
    }
    tx.commit().await?;
    Ok(SetFor::Done(Box::new(Done {
        subject: *subject,
        temporary: ready.temporary,
        ended,
        lasting,
    })))
}

/// A password that may be set.
struct Ready {
    hash: HashedPassword,
    /// The password itself, if it is a random one.
    temporary: Option<TypedPassword>,
    must_change: bool,
}

/// Judges and hashes the new password of `subject`, or says why it is not set.
async fn make_ready(
    app: &App,
    actor: Actor<'_>,
    subject: &Subject,
    new: NewPassword<'_>,
) -> Result<std::result::Result<Ready, SetFor>> {
    let owner = Owner::of_subject(app, subject);
    let random;
    let (typed, confirmed, must_change, temporary) = match new {
        NewPassword::Temporary => {
            random = temporary(app, &owner)?;
            (&random, &random, true, true)
        }
        NewPassword::Typed {
            typed,
            confirmed,
            must_change,
        } => (typed, confirmed, must_change, false),
    };
    let accepted = match accept(app, &owner, typed, confirmed) {
        Ok(accepted) => accepted,
        Err(refused) => return Ok(Err(SetFor::Refused(refused))),
    };
    // A random one tells nobody anything.
    if let Some(person) = actor.person().filter(|_| !temporary)
        && let Some(seconds) = count_telling(app, Bucket::SecretRule(person.id, &subject.id)).await?
    {
        return Ok(Err(SetFor::Wait(seconds)));
    }
    let (hash, verdict) = judge(app, &owner, typed, &accepted).await?;
    if verdict.refuses() {
        record_refusal(app, actor, subject).await?;
        return Ok(Err(SetFor::Refused(verdict.refusals())));
    }
    Ok(Ok(Ready {
        hash,
        temporary: temporary.then(|| typed.clone()),
        must_change,
    }))
}

/// A random password for someone, as the rules want it.
fn temporary(app: &App, owner: &Owner<'_>) -> Result<TypedPassword> {
    suggest(app.config.password.policy, &owner.about, &|bytes| {
        app.random.fill(bytes)
    })
    .ok_or_else(|| Error::defect("no suggestion met the rules"))
}

/// An administrator learns something about the person's old password or SIP passwords: that is on record.
async fn record_refusal(app: &App, actor: Actor<'_>, subject: &Subject) -> Result<()> {
    if actor.person().is_none() {
        return Ok(());
    }
    let detail = serde_json::json!({ "why": "stored-secret" });
    let event = actor.event(Kind::PasswordSet, Outcome::Refused, subject, detail);
    let mut tx = app.db.begin().await?;
    audit::record(app, &mut tx, event).await?;
    tx.commit().await
}
