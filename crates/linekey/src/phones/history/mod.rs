//! What phones did: when they were registered, what they tried, and from where. Written after the fact and kept for a
//! while; nothing that is decided rests on it.

pub(super) mod attempts;
mod networks;
pub mod of_phone;
pub(super) mod store;
pub mod strip;

use crate::app::App;
use crate::clock::{DAY, Millis};
use crate::db::Tx;
use crate::error::Result;
use crate::ids::PhoneId;

/// How long spells are kept: a week is shown.
const SPELLS: Millis = 9 * DAY;
/// How long tries to register are kept.
const ATTEMPTS: Millis = 30 * DAY;

/// Writes that a phone was registered from when to when, for the demo.
pub async fn seed(tx: &mut Tx, phone: &PhoneId, spells: &[(Millis, Millis)]) -> Result<()> {
    for (from, until) in spells {
        store::put_spell(tx, phone, *from, *until).await?;
    }
    Ok(())
}

/// Forgets what is not shown any more; run now and then.
pub async fn sweep(app: &App) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    store::forget_spells(&mut tx, now - SPELLS).await?;
    store::forget_attempts(&mut tx, now - ATTEMPTS).await?;
    tx.commit().await
}
