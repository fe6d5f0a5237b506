//! Forgets remembered browsers: one that its owner names, or all of them with a change of password.

use super::store;
use crate::app::App;
use crate::audit::{self, Kind, Outcome};
use crate::db::Tx;
use crate::error::Result;
use crate::ids::{DeviceId, UserId};
use crate::sessions::SignedIn;
use crate::users;

/// Forgets one browser of the user. It stays signed in, if it is. False: there is none, or it is another user's.
pub async fn one(app: &App, me: &SignedIn, device: &DeviceId) -> Result<bool> {
    let mut tx = app.db.begin().await?;
    users::hold(&mut tx, &me.person.id, &me.session).await?;
    let forgotten = store::remove(&mut tx, &me.person.id, device).await? > 0;
    if forgotten {
        let event = me.event(Kind::BrowserForgotten, Outcome::Done, serde_json::json!({}));
        audit::record(app, &mut tx, event).await?;
        tx.commit().await?;
    }
    Ok(forgotten)
}

/// Forgets all browsers of a user in the transaction of a change that reports it.
pub(in crate::sessions) async fn all_in(tx: &mut Tx, user: &UserId) -> Result<()> {
    store::remove_all(tx, user).await
}

/// The same but for those that are signed in.
pub(in crate::sessions) async fn signed_out_in(tx: &mut Tx, user: &UserId) -> Result<()> {
    store::remove_signed_out(tx, user).await
}
