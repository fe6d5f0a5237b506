//! Notes that an address is the user's own: they used what was sent to it.

use super::store;
use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::ids::{AccountId, UserId};

/// Confirms the address with the key `key` (in the form in which addresses are compared), if it is still the user's.
pub async fn prove_email(app: &App, tx: &mut Tx, (account, user): (&AccountId, &UserId), key: &str) -> Result<()> {
    store::set_email_verified(tx, account, user, key, app.clock.now()).await
}
