//! Takes phones away, with their registrations. The registrar refuses one of them the next time it asks.

use super::store;
use crate::db::Tx;
use crate::error::Result;
use crate::ids::{AccountId, UserId};

/// Takes every phone of a user away in the transaction of a change that reports it, and says how many there were.
pub async fn all_in(tx: &mut Tx, account: &AccountId, user: &UserId) -> Result<u64> {
    store::lock_out_phones_of(tx, account, user).await?;
    store::remove_registrations_of(tx, account, user).await?;
    store::remove_phones_of(tx, account, user).await
}
