//! Finds people of an account: everyone page by page, or those a search fits.

use super::{Role, store};
use crate::app::App;
use crate::clock::Millis;
use crate::db::like;
use crate::error::Result;
use crate::ids::{AccountId, UserId};

/// People on one page.
pub const PAGE: usize = 30;

/// Someone in the list.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Listed {
    /// Who.
    pub id: UserId,
    /// The part of the sign-in name before `@`.
    pub name: String,
    /// `Ann Archer`
    pub display_name: String,
    /// As written, verified or not.
    pub email: Option<String>,
    /// `201`
    pub extension: Option<String>,
    /// What they may do.
    #[sqlx(try_from = "String")]
    pub role: Role,
    /// Since when they may not sign in.
    pub disabled_at: Option<Millis>,
    /// Since when their password must be changed before anything else.
    pub must_change_at: Option<Millis>,
    /// `None`: nobody can sign in as them.
    pub password_set_at: Option<Millis>,
    /// How many phones they have.
    pub phones: i64,
}

/// A page of people.
#[derive(Debug)]
pub struct Found {
    /// At most [`PAGE`], by displayed name.
    pub people: Vec<Listed>,
    /// Where the next page begins: behind this one. `None` on the last.
    pub next: Option<UserId>,
}

/// The people of `account` whose name, sign-in name, e-mail or extension holds `text`, behind `after`.
pub async fn people(app: &App, account: &AccountId, text: &str, after: Option<&UserId>) -> Result<Found> {
    let limit = i64::try_from(PAGE).unwrap_or(i64::MAX) + 1;
    let pattern = like::anywhere(text);
    let after = after.map(UserId::as_str);
    let mut people = store::listed(&app.db, account, &pattern, after, limit).await?;
    let more = people.len() > PAGE;
    people.truncate(PAGE);
    let next = people.last().filter(|_| more).map(|last| last.id.clone());
    Ok(Found { people, next })
}

/// Somebody of the account, or who was before they were removed.
#[derive(Debug)]
pub struct Known {
    /// Who.
    pub id: UserId,
    /// `Ann Archer`
    pub display_name: String,
    /// Whether there is no page of theirs any more.
    pub removed: bool,
}

/// Whoever of `account` has or had this id.
pub async fn known(app: &App, account: &AccountId, id: UserId) -> Result<Option<Known>> {
    let named = store::named(&app.db, account, &id).await?;
    Ok(named.map(|named| Known {
        id,
        display_name: named.display_name,
        removed: named.removed == 1,
    }))
}
