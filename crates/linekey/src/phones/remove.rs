//! Takes phones away, with their registrations.

use super::act::{Begun, By, begin};
use super::disconnect::Done;
use super::notices;
use super::orders::{self, Ending};
use super::provision;
use super::store::{self, Which};
use crate::app::App;
use crate::audit::Kind;
use crate::db::Tx;
use crate::error::Result;
use crate::ids::{AccountId, PhoneId, UserId};

/// Takes every phone of a user away in the transaction of a change that reports it, and says how many there were.
pub async fn all_in(app: &App, tx: &mut Tx, account: &AccountId, user: &UserId) -> Result<u64> {
    let phone = None;
    take_away(app, tx, Which { account, user, phone }).await
}

/// Takes one phone away, with its registrations.
pub async fn remove(app: &App, by: By<'_>, phone: &PhoneId) -> Result<Done> {
    let mut doing = match begin(app, by, phone).await? {
        Begun::May(doing) => doing,
        Begun::Refused(refusal) => return Ok(Done::Forbidden(refusal)),
        Begun::NoPhone => return Ok(Done::NoPhone),
    };
    let (tx, which) = doing.parts();
    take_away(app, tx, which).await?;
    doing.record(app, by, Kind::PhoneRemove, serde_json::json!({})).await?;
    let label = doing.phone.label;
    doing.tx.commit().await?;
    Ok(Done::Done(label))
}

/// The orders first: they copy the addresses, which [`store::lock_out`] takes away. That before registrations and notices,
/// which a registrar writes too.
async fn take_away(app: &App, tx: &mut Tx, which: Which<'_>) -> Result<u64> {
    orders::order(app, tx, which, Ending::ForGood, app.clock.now()).await?;
    store::lock_out(tx, which).await?;
    store::remove_registrations(tx, which).await?;
    notices::store::remove(tx, which).await?;
    provision::void(tx, which).await?;
    store::remove_phones(tx, which).await
}
