//! A lost password: asked for by e-mail, answered with a link and a code, and replaced by whoever holds one of them.
//!
//! Owns the queue of those who asked, whom a request means, and what a reset link is good for. The links themselves are
//! `links`'s, the mail is `mail`'s, and the password is set where every other is: in `set`. Nobody is signed in here,
//! and what failed sign-ins cost stays as it is.

pub mod answer;
pub mod code;
pub mod pages;
pub mod redeem;
pub mod request;
pub mod send;
mod store;

#[cfg(all(test, feature = "outside"))]
mod browser_tests;
#[cfg(test)]
mod museum_tests;
#[cfg(test)]
mod request_tests;
#[cfg(test)]
mod send_tests;
#[cfg(test)]
pub(crate) mod tests;

use crate::app::App;
use crate::error::Result;
use crate::ids::UserId;
use crate::links::{self, Purpose};

/// Reset links of one user that are good at once.
const MOST_LINKS: i64 = 5;

/// Whether the user may get one more link. A new one voids none, or a stranger could void the one that the owner is
/// about to use.
async fn has_room(app: &App, user: &UserId) -> Result<bool> {
    Ok(links::live(app, user, Purpose::Reset).await? < MOST_LINKS)
}
