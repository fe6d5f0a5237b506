//! Browsers that are remembered: those in which somebody signed in before. Whoever guesses elsewhere does not delay
//! them, and their owner is mailed when another one signs in.
//!
//! Owns the cookie that names them, the list of them, and when one is trusted. A remembered browser is not signed in: it
//! is merely no stranger's. What strangers' failures cost is `throttle`'s.

pub mod cookie;
pub mod forget;
pub mod pages;
pub mod remember;
pub(super) mod store;
#[cfg(test)]
mod tests;

pub use cookie::Known;

use crate::app::App;
use crate::clock::{DAY, Millis};
use crate::error::Result;
use crate::ids::{DeviceId, UserId};

/// The cookie's base name; see [`crate::web::cookies`].
pub const COOKIE: &str = "linekey-device";
/// A browser is forgotten when nobody signs in with it for this long.
pub const REMEMBERED: Millis = 180 * DAY;
/// Failures in it, since its last sign-in, after which a browser is not trusted any more.
pub const MOST_FAILURES: i64 = 10;
/// Browsers a user may have; the one unused longest is forgotten for another.
pub const MOST_PER_USER: i64 = 20;

/// Counts a try in a remembered browser, before it is judged. False: it is not trusted, or forgotten.
pub async fn count(app: &App, user: &UserId, device: &DeviceId) -> Result<bool> {
    store::count(&app.db, user, device, MOST_FAILURES).await
}

/// Forgets browsers that nobody signed in with for long; run now and then.
pub async fn sweep(app: &App) -> Result<()> {
    let mut tx = app.db.begin().await?;
    store::remove_older(&mut tx, app.clock.now() - REMEMBERED).await?;
    tx.commit().await
}
