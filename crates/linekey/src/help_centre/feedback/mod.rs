//! What readers make of an article: whether it helped, and what to improve in it. Nobody signs in for that.
//!
//! Owns the votes, how they are counted a day, the suggestions, and what operators do with them. A vote is known again by
//! a random cookie, which is set with the first vote alone and of which only keyed hashes are stored.

pub mod answer;
#[cfg(all(test, feature = "outside"))]
mod browser_tests;
pub mod done;
pub mod export;
mod form_token;
pub mod list;
#[cfg(test)]
mod operator_tests;
pub mod pages;
mod store;
pub mod suggest;
#[cfg(test)]
mod suggestion_tests;
#[cfg(test)]
mod tests;
pub mod vote;
mod voter;

pub use form_token::make as form_token;
pub use voter::Voter;

use crate::app::App;
use crate::clock::{DAY, Millis};
use crate::error::Result;
use crate::help_centre;

/// How long the hash of a voter's cookie is kept, and the cookie: 400 days, as long as browsers keep one.
pub const VOTER_KEPT: Millis = 400 * DAY;
/// How long a suggestion is kept after it is done.
pub const DONE_KEPT: Millis = 365 * DAY;
/// How long one is kept that nobody is done with: whoever left an address for an answer does not wait for it any more.
pub const OPEN_KEPT: Millis = 2 * 365 * DAY;

/// Which article it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About<'a> {
    /// `passwords`
    pub category: &'a str,
    /// `change-your-password`
    pub article: &'a str,
}

impl About<'_> {
    /// `passwords/change-your-password`
    pub fn path(&self) -> String {
        format!("{}/{}", self.category, self.article)
    }

    /// `/help/passwords/change-your-password`
    pub fn address(&self) -> String {
        format!("/help/{}", self.path())
    }

    /// What the article is called; its path, if it is gone.
    pub fn title(&self, app: &App) -> String {
        help_centre::title(app, self.category, self.article).unwrap_or_else(|| self.path())
    }
}

/// Forgets the hashes of votes that are old, and old suggestions; run now and then. What was counted
/// a day stays.
pub async fn sweep(app: &App) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    store::forget_voters(&mut tx, now - VOTER_KEPT).await?;
    store::remove_suggestions(&mut tx, now - DONE_KEPT, now - OPEN_KEPT).await?;
    tx.commit().await
}
