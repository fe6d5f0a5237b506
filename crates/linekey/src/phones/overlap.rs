//! Ends the overlap of two SIP passwords, and the set-up link that gave the newest: at the first use of that one, whichever
//! server saw it.

use super::{by_heart, orders, provision, store};
use crate::clock::Millis;
use crate::db::Tx;
use crate::error::Result;
use crate::ids::PhoneId;

/// Notes that a phone used its SIP password of this generation. If that is its newest, the one before is good no more,
/// what that registered ends, and so does the set-up link that gave it. False: it has a newer one.
pub(super) async fn end(tx: &mut Tx, phone: &PhoneId, generation: i64, now: Millis) -> Result<bool> {
    let ended = store::end_overlap(tx, phone, generation, now).await?;
    if ended {
        by_heart::store::tell_one(tx, phone, now).await?;
        orders::store::move_all(tx, phone, now, now).await?;
        provision::used(tx, phone, generation).await?;
    }
    Ok(ended)
}
