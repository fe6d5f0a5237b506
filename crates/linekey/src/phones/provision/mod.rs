//! Set-up of a phone by a link: a QR code for softphones, files in the formats of desk phones.
//!
//! The link gives a new SIP password, which is made with it and sealed under a key that only the link's token gives. It
//! may be fetched as often as anybody likes: phones ask for several files, ask again, and chat programs look at links
//! before people do. It always gives the same and changes nothing. It ends when the phone first registers with that SIP
//! password, after [`make::VALID_FOR`] at the latest, and with whatever makes that SIP password or the phone useless.

#[cfg(all(test, feature = "outside"))]
mod browser_tests;
pub mod fetch;
#[cfg(test)]
mod files_tests;
mod kind;
#[cfg(all(test, feature = "outside"))]
pub(super) mod linphone_tests;
pub mod make;
pub mod pages;
mod settings;
mod store;
#[cfg(test)]
mod tests;

pub use kind::Kind;

use super::store::Which;
use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::ids::PhoneId;

/// Ends the links of these phones, in the transaction of what makes them useless.
pub(super) async fn void(tx: &mut Tx, which: Which<'_>) -> Result<()> {
    store::remove_of(tx, which).await
}

/// Ends the link of a phone that just registered with the SIP password in it.
pub(super) async fn used(tx: &mut Tx, phone: &PhoneId, generation: i64) -> Result<()> {
    store::remove_used(tx, phone, generation).await
}

/// Removes links that are over; run now and then.
pub async fn sweep(app: &App) -> Result<()> {
    let mut tx = app.db.begin().await?;
    store::remove_older(&mut tx, app.clock.now()).await?;
    tx.commit().await
}
