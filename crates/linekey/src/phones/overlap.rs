//! Ends the overlap of two SIP passwords: at the first use of the newest one, whichever server saw it.

use super::store;
use crate::clock::Millis;
use crate::db::Tx;
use crate::error::Result;
use crate::ids::PhoneId;

/// Notes that a phone used its SIP password of this generation. If that is its newest, the one before is good no more, and
/// what that registered ends. False: it has a newer one.
pub(super) async fn end(tx: &mut Tx, phone: &PhoneId, generation: i64, now: Millis) -> Result<bool> {
    let ended = store::end_overlap(tx, phone, generation, now).await?;
    if ended {
        store::hasten_orders(tx, phone, now).await?;
    }
    Ok(ended)
}
