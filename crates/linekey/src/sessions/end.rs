//! Ends sessions: one, all others, this one by signing out, or somebody else's.

use super::{SignedIn, devices, store};
use crate::app::App;
use crate::audit::{self, Event, Kind, Outcome};
use crate::db::Tx;
use crate::error::Result;
use crate::ids::{SessionId, UserId};
use crate::mail::{self, Mail};
use crate::users::act::{self, Begun, Whom};
use crate::users::permissions::{Act, Refusal};
use crate::users::{self, Actor, Subject};

/// Signs this browser out.
pub async fn sign_out(app: &App, me: &SignedIn) -> Result<()> {
    let mut tx = app.db.begin().await?;
    if store::remove(&mut tx, &me.person.id, &me.session).await? > 0 {
        audit::record(app, &mut tx, event(me, Kind::SignOut, 1)).await?;
    }
    tx.commit().await
}

/// Ends one other session of the same user. False: there is no such session, or it is another user's.
pub async fn one(app: &App, me: &SignedIn, session: &SessionId) -> Result<bool> {
    let mut tx = app.db.begin().await?;
    users::hold(&mut tx, &me.person.id, &me.session).await?;
    let ended = store::remove(&mut tx, &me.person.id, session).await? > 0;
    if ended {
        audit::record(app, &mut tx, event(me, Kind::SessionsEnded, 1)).await?;
        tx.commit().await?;
    }
    Ok(ended)
}

/// Ends every session of the user but this one, and says how many there were.
pub async fn others(app: &App, me: &SignedIn) -> Result<u64> {
    let mut tx = app.db.begin().await?;
    users::hold(&mut tx, &me.person.id, &me.session).await?;
    let ended = store::remove_others(&mut tx, &me.person.id, &me.session).await?;
    if ended > 0 {
        audit::record(app, &mut tx, event(me, Kind::SessionsEnded, ended)).await?;
        tx.commit().await?;
    }
    Ok(ended)
}

/// Ends the session of a browser in which `by` has just signed in. The sign-in's event reports it, unless it was somebody
/// else's: then it is theirs that ends, in their account.
pub async fn replaced(app: &App, tx: &mut Tx, old: &SignedIn, by: &UserId) -> Result<()> {
    if store::remove(tx, &old.person.id, &old.session).await? > 0 && old.person.id != *by {
        audit::record(app, tx, event(old, Kind::SignOut, 1)).await?;
    }
    Ok(())
}

/// Ends every session of a user but one in the transaction of a change that reports it, forgets every browser but that
/// one's, and says how many sessions ended.
pub async fn others_in(tx: &mut Tx, user: &UserId, keep: &SessionId) -> Result<u64> {
    let ended = store::remove_others(tx, user, keep).await?;
    devices::forget::signed_out_in(tx, user).await?;
    Ok(ended)
}

/// Ends every session of a user in the transaction of a change that reports it, forgets every browser (one of a thief is
/// remembered too), and says how many sessions ended.
pub async fn all_in(tx: &mut Tx, user: &UserId) -> Result<u64> {
    devices::forget::all_in(tx, user).await?;
    store::remove_all(tx, user).await
}

/// What came of ending somebody else's sessions.
#[derive(Debug)]
pub enum EndedFor {
    /// So many ended.
    Done(Box<Subject>, u64),
    /// It is not the actor's to do.
    Forbidden(Refusal),
    /// There is nobody with that id in the account, or no such session of theirs.
    Nobody,
}

/// Ends `session` of somebody else, or all of them.
pub async fn for_user(app: &App, actor: Actor<'_>, whom: Whom<'_>, session: Option<&SessionId>) -> Result<EndedFor> {
    let (mut tx, subject) = match act::begin(app, actor, Act::SignOut, whom).await? {
        Begun::May(tx, subject) => (tx, subject),
        Begun::Refused(refusal) => return Ok(EndedFor::Forbidden(refusal)),
        Begun::Nobody => return Ok(EndedFor::Nobody),
    };
    let ended = match session {
        Some(session) => store::remove(&mut tx, &subject.id, session).await?,
        None => store::remove_all(&mut tx, &subject.id).await?,
    };
    if ended == 0 {
        return Ok(match session {
            Some(_) => EndedFor::Nobody,
            None => EndedFor::Done(subject, 0),
        });
    }
    let detail = serde_json::json!({ "sessions": ended });
    let event = actor.event(Kind::SignedOut, Outcome::Done, &subject, detail);
    audit::record(app, &mut tx, event).await?;
    if let Some(address) = subject.verified_email() {
        let mail = Mail::SignedOut {
            count: ended,
            name: subject.display_name.clone(),
            sign_in_name: subject.sign_in_name(),
            by: actor.by(),
            at: app.clock.now(),
        };
        mail::send(app, &mut tx, (&subject.account, &subject.id), address, &mail).await?;
    }
    tx.commit().await?;
    Ok(EndedFor::Done(subject, ended))
}

/// Removes sessions past their limits; run now and then. A session past its limits is refused anyway.
pub async fn sweep(app: &App) -> Result<()> {
    let now = app.clock.now();
    let oldest = |role| {
        let (idle, absolute) = super::limits(app, role);
        (now - idle, now - absolute)
    };
    let user = oldest(users::Role::User);
    let staff = oldest(users::Role::Administrator);
    let mut tx = app.db.begin().await?;
    store::remove_expired(&mut tx, user, staff).await?;
    tx.commit().await
}

fn event(me: &SignedIn, kind: Kind, ended: u64) -> Event<'_> {
    me.event(kind, Outcome::Done, serde_json::json!({ "sessions": ended }))
}
