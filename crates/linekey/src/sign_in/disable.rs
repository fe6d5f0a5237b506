//! Keeps somebody from signing in, and lets them in again. Their sessions end with it, and the registrations of their
//! phones within a second; the registrar asks for phones of enabled users alone.

use crate::app::App;
use crate::audit::{self, Outcome};
use crate::error::Result;
use crate::links;
use crate::mail::{self, Mail};
use crate::phones;
use crate::sessions;
use crate::users::act::{self, Begun, Whom};
use crate::users::permissions::{Act, Refusal};
use crate::users::{self, Actor, Subject};

/// What came of it.
#[derive(Debug)]
pub enum Switched {
    /// It is done; so many sessions ended.
    Done(Box<Subject>, u64),
    /// They were already.
    Already(Box<Subject>),
    /// It is not the actor's to do.
    Forbidden(Refusal),
    /// There is nobody with that id in the account.
    Nobody,
}

/// Disables `whom`.
pub async fn disable(app: &App, actor: Actor<'_>, whom: Whom<'_>) -> Result<Switched> {
    switch(app, actor, whom, Act::Disable).await
}

/// Enables `whom`.
pub async fn enable(app: &App, actor: Actor<'_>, whom: Whom<'_>) -> Result<Switched> {
    switch(app, actor, whom, Act::Enable).await
}

async fn switch(app: &App, actor: Actor<'_>, whom: Whom<'_>, act: Act) -> Result<Switched> {
    let (mut tx, subject) = match act::begin(app, actor, act, whom).await? {
        Begun::May(tx, subject) => (tx, subject),
        Begun::Refused(refusal) => return Ok(Switched::Forbidden(refusal)),
        Begun::Nobody => return Ok(Switched::Nobody),
    };
    let now = app.clock.now();
    let disabled_at = (act == Act::Disable).then_some(now);
    if !users::set_disabled(&mut tx, &subject.account, &subject.id, disabled_at).await? {
        return Ok(Switched::Already(subject));
    }
    // What waits for a confirmation goes with its session.
    let ended = sessions::end::all_in(&mut tx, &subject.id).await?;
    // Nor does a link from before open anything once they are let in again.
    if act == Act::Disable {
        links::void_all(&mut tx, &subject.id).await?;
        phones::disconnect::all_in(app, &mut tx, &subject.account, &subject.id).await?;
    } else {
        phones::disconnect::allow_all_in(app, &mut tx, &subject.account, &subject.id).await?;
    }
    let detail = serde_json::json!({ "sessions": ended });
    audit::record(app, &mut tx, actor.event(act.kind(), Outcome::Done, &subject, detail)).await?;
    if let Some(address) = subject.verified_email() {
        let (name, sign_in_name) = (subject.display_name.clone(), subject.sign_in_name());
        let (by, at) = (actor.by(), now);
        let mail = match act {
            Act::Disable => Mail::Disabled {
                name,
                sign_in_name,
                by,
                at,
            },
            _ => Mail::Enabled {
                name,
                sign_in_name,
                by,
                at,
                has_password: subject.password_set_at.is_some(),
            },
        };
        mail::send(app, &mut tx, (&subject.account, &subject.id), address, &mail).await?;
    }
    tx.commit().await?;
    Ok(Switched::Done(subject, ended))
}
