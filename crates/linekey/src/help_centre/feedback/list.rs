//! What operators look at: votes per article, week by week, and suggestions, newest first.

use std::collections::BTreeMap;

use super::{About, store};
use crate::app::App;
use crate::clock::{DAY, Millis};
use crate::error::Result;

/// Suggestions on one page.
pub const PAGE: usize = 20;
/// Weeks that are told one by one, this one included.
pub const WEEKS: usize = 12;
/// Days in a week.
const WEEK: i64 = 7;

/// Votes, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Votes {
    /// That it was helpful.
    pub helpful: i64,
    /// That it was not.
    pub unhelpful: i64,
}

impl Votes {
    /// How many there are.
    pub fn all(&self) -> i64 {
        self.helpful + self.unhelpful
    }

    /// How many of a hundred were helped; `None` without a vote.
    pub fn percent(&self) -> Option<i64> {
        (self.all() > 0).then(|| (100 * self.helpful + self.all() / 2) / self.all())
    }

    fn add(&mut self, other: Self) {
        self.helpful += other.helpful;
        self.unhelpful += other.unhelpful;
    }
}

/// The votes about one article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfArticle {
    /// `passwords`
    pub category: String,
    /// `change-your-password`
    pub article: String,
    /// Week by week, the oldest first.
    pub weeks: [Votes; WEEKS],
    /// Of these weeks together.
    pub lately: Votes,
    /// Since the first vote.
    pub ever: Votes,
}

/// The votes of all articles that have any, by path.
pub async fn votes(app: &App) -> Result<Vec<OfArticle>> {
    let today = app.clock.now().div_euclid(DAY);
    let weeks = i64::try_from(WEEKS).unwrap_or(i64::MAX);
    let since = today + 1 - weeks * WEEK;
    let mut all = BTreeMap::<(String, String), OfArticle>::new();
    for row in store::votes_by_week(&app.db, since).await? {
        let of = all
            .entry((row.category.clone(), row.article.clone()))
            .or_insert_with(|| OfArticle {
                category: row.category,
                article: row.article,
                weeks: [Votes::default(); WEEKS],
                lately: Votes::default(),
                ever: Votes::default(),
            });
        let votes = Votes {
            helpful: row.helpful,
            unhelpful: row.unhelpful,
        };
        of.ever.add(votes);
        // A clock may have gone back since: what is ahead is of this week.
        if let Ok(week) = usize::try_from(row.week) {
            of.weeks[week.min(WEEKS - 1)].add(votes);
            of.lately.add(votes);
        }
    }
    Ok(all.into_values().collect())
}

/// Which suggestions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Those that are not done.
    Open,
    /// Those that are.
    Done,
    /// Both.
    All,
}

impl Choice {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 3] = [Self::Open, Self::Done, Self::All];

    /// As it stands in an address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::All => "all",
        }
    }

    /// The choice of an address; open ones, if it names none.
    pub fn of(text: &str) -> Self {
        let found = Self::ALL.into_iter().find(|choice| choice.as_str() == text);
        found.unwrap_or(Self::Open)
    }
}

/// A suggestion.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Suggestion {
    /// Which.
    pub id: String,
    /// `passwords`
    pub category: String,
    /// `change-your-password`
    pub article: String,
    /// What was written: text, whatever it looks like.
    pub text: String,
    /// Where an answer goes.
    pub email: Option<String>,
    /// When it was written.
    pub created_at: Millis,
    /// When it was answered.
    pub answered_at: Option<Millis>,
    /// With what.
    pub answer: Option<String>,
    /// When an operator was done with it.
    pub done_at: Option<Millis>,
}

impl Suggestion {
    /// Which article it is about.
    pub fn about(&self) -> About<'_> {
        About {
            category: &self.category,
            article: &self.article,
        }
    }
}

/// A page of suggestions.
#[derive(Debug)]
pub struct Found {
    /// At most [`PAGE`], newest first.
    pub suggestions: Vec<Suggestion>,
    /// Where the next page begins: behind this one. `None` on the last.
    pub next: Option<String>,
}

/// The suggestions of `choice` that are older than `before`; empty for the newest.
pub async fn suggestions(app: &App, choice: Choice, before: &str) -> Result<Found> {
    let mut suggestions = newest(app, choice, before, PAGE + 1).await?;
    let more = suggestions.len() > PAGE;
    suggestions.truncate(PAGE);
    let next = suggestions.last().filter(|_| more).map(|last| last.id.clone());
    Ok(Found { suggestions, next })
}

/// The newest suggestions of `choice`, at most `most`, that are older than `before`; empty for the newest of all.
pub async fn newest(app: &App, choice: Choice, before: &str, most: usize) -> Result<Vec<Suggestion>> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    store::suggestions(&app.db, choice.as_str(), before, most).await
}
