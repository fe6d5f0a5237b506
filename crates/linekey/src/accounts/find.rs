//! Finds accounts for the provider's staff: all, page by page, or those a search fits.

use super::store;
use crate::app::App;
use crate::clock::Millis;
use crate::db::like;
use crate::error::Result;
use crate::ids::AccountId;
use crate::words::Words;

/// Accounts on one page.
pub const PAGE: usize = 40;

/// An account in the list.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Listed {
    /// Which.
    pub id: AccountId,
    /// `Acme Boats`
    pub name: String,
    /// `acme.example`
    pub domain: String,
    /// Since when nobody of it may sign in.
    pub suspended_at: Option<Millis>,
    /// How many people it has.
    pub users: i64,
    /// Its enabled administrators, by name: `Adam Alder, Bea Bow`.
    pub administrators: Option<String>,
    /// How many phones it has.
    pub phones: i64,
    /// How many it may have.
    pub max_phones: i64,
}

impl Listed {
    /// `3 of 1,000`: how many phones it has, of how many.
    pub fn phones_text(&self, words: &Words) -> String {
        let arguments = [("phones", self.phones.into()), ("most", self.max_phones.into())];
        words.say_all("accounts-phones-of", arguments)
    }
}

/// A page of accounts.
#[derive(Debug)]
pub struct Found {
    /// At most [`PAGE`], by domain.
    pub accounts: Vec<Listed>,
    /// Where the next page begins: behind this domain. `None` on the last.
    pub next: Option<String>,
}

/// The accounts whose name or domain holds `text`, behind the domain `after`.
pub async fn accounts(app: &App, text: &str, after: &str) -> Result<Found> {
    let limit = i64::try_from(PAGE).unwrap_or(i64::MAX) + 1;
    let mut accounts = store::listed(&app.db, &like::anywhere(text), after, limit).await?;
    let more = accounts.len() > PAGE;
    accounts.truncate(PAGE);
    let next = accounts.last().filter(|_| more).map(|last| last.domain.clone());
    Ok(Found { accounts, next })
}
