//! The record of who did what: every change writes its event in its own transaction, or does not happen.
//!
//! Owns the kinds of events, the row with its MAC, the chain that the sealer makes of the rows, and reading and verifying
//! the record. No row is ever changed or removed.

mod chain;
mod event;
pub mod pages;
pub mod read;
pub mod seal;
mod store;
pub mod verify;
mod walk;

#[cfg(test)]
mod failing_tests;
#[cfg(test)]
mod read_tests;
#[cfg(test)]
mod seal_tests;
#[cfg(test)]
mod tampering_tests;

pub use chain::PORTAL;
pub use event::{Event, Kind, Outcome};

use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::keys::{KeyId, Purpose};

/// Writes `event` in the transaction of the change it reports.
pub async fn record(app: &App, tx: &mut Tx, event: Event<'_>) -> Result<()> {
    debug_assert!(
        event.kind.outcomes().contains(&event.outcome),
        "{:?} does not end so: {:?}",
        event.kind,
        event.outcome
    );
    let id = app.new_id();
    let at = app.clock.now();
    let mac = app.keys.mac(Purpose::Audit, &event.canonical(&id, at));
    store::insert(tx, &id, at, &event, &mac).await
}

/// When the latest event was recorded, milliseconds UTC, and the key that its MAC was made with.
pub async fn latest(app: &App) -> Result<Option<(i64, Option<KeyId>)>> {
    let latest = store::latest(&app.db).await?;
    Ok(latest.map(|(at, mac)| (at, KeyId::of(&mac))))
}
