//! The record of who did what: every change writes its event in its own transaction, or does not happen.
//!
//! Owns the kinds of events and the row with its MAC. Chaining and reading the record come with administration.

mod event;
mod store;

pub use event::{Event, Kind, Outcome};

use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::keys::Purpose;

/// Writes `event` in the transaction of the change it reports.
pub async fn record(app: &App, tx: &mut Tx, event: Event<'_>) -> Result<()> {
    let id = app.new_id();
    let at = app.clock.now();
    let mac = app.keys.mac(Purpose::Audit, &event.canonical(&id, at));
    store::insert(tx, &id, at, &event, &mac).await
}
