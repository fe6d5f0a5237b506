//! Takes phones away, with their registrations.

use super::act::{Begun, By, begin};
use super::disconnect::Done;
use super::orders::{self, Ending};
use super::store;
use crate::app::App;
use crate::audit::Kind;
use crate::db::Tx;
use crate::error::Result;
use crate::ids::{AccountId, PhoneId, UserId};

/// Takes every phone of a user away in the transaction of a change that reports it, and says how many there were.
pub async fn all_in(app: &App, tx: &mut Tx, account: &AccountId, user: &UserId) -> Result<u64> {
    store::lock_out_phones_of(tx, account, user).await?;
    store::order_for_all_of(tx, (account, user), i64::MAX, app.clock.now()).await?;
    store::remove_registrations_of(tx, account, user).await?;
    store::remove_phones_of(tx, account, user).await
}

/// Takes one phone away, with its registrations.
pub async fn remove(app: &App, by: By<'_>, phone: &PhoneId) -> Result<Done> {
    let mut doing = match begin(app, by, phone).await? {
        Begun::May(doing) => doing,
        Begun::Refused(refusal) => return Ok(Done::Forbidden(refusal)),
        Begun::NoPhone => return Ok(Done::NoPhone),
    };
    let id = doing.phone.id.clone();
    // First what a registrar that stores a registration of it would hold.
    store::lock_out_phone(&mut doing.tx, &id).await?;
    store::remove_registrations(&mut doing.tx, &id).await?;
    store::remove_phone(&mut doing.tx, &id).await?;
    orders::order(&mut doing.tx, &id, Ending::ForGood, app.clock.now()).await?;
    let detail = serde_json::json!({ "label": doing.phone.label });
    doing.record(app, by, Kind::PhoneRemove, detail).await?;
    let label = doing.phone.label;
    doing.tx.commit().await?;
    Ok(Done::Done(label))
}
