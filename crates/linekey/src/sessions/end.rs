//! Ends sessions: one, all others, or this one by signing out.

use super::{SignedIn, store};
use crate::app::App;
use crate::audit::{self, Event, Kind, Outcome};
use crate::db::Tx;
use crate::error::Result;
use crate::ids::{SessionId, UserId};
use crate::users;

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

/// Ends the session of a browser that has just signed in again; the sign-in's event reports it.
pub async fn replaced(tx: &mut Tx, old: &SignedIn) -> Result<()> {
    store::remove(tx, &old.person.id, &old.session).await?;
    Ok(())
}

/// Ends every session of a user but one in the transaction of a change that reports it, and says how many.
pub async fn others_in(tx: &mut Tx, user: &UserId, keep: &SessionId) -> Result<u64> {
    store::remove_others(tx, user, keep).await
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
    store::remove_expired(&mut tx, user.0.min(staff.0), user.1.min(staff.1)).await?;
    tx.commit().await
}

fn event(me: &SignedIn, kind: Kind, ended: u64) -> Event<'_> {
    me.event(kind, Outcome::Done, serde_json::json!({ "sessions": ended }))
}
