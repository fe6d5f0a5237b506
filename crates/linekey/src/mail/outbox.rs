//! The outbox as operators see it: what became of each mail, newest first. What a mail says is not in it.

use super::store;
use crate::app::App;
use crate::clock::Millis;
use crate::error::Result;

/// Mails on one page.
pub const PAGE: usize = 40;

/// What became of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is tried again, or for the first time.
    Waiting,
    /// A worker is at it at this moment.
    Leaving,
    /// The transport has it.
    Delivered,
    /// Nobody tries it any more.
    GivenUp,
}

/// What a list is narrowed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Every mail.
    All,
    /// Those that are on their way.
    Waiting,
    /// Those that the transport has.
    Delivered,
    /// Those that nobody tries any more.
    GivenUp,
}

impl Choice {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 4] = [Self::All, Self::Waiting, Self::GivenUp, Self::Delivered];

    /// As it stands in an address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::GivenUp => "given-up",
        }
    }

    /// The choice of an address; all, if it names none.
    pub fn of(text: &str) -> Self {
        let found = Self::ALL.into_iter().find(|choice| choice.as_str() == text);
        found.unwrap_or(Self::All)
    }
}

/// A mail in the list.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Listed {
    /// Which.
    pub id: String,
    /// [`super::Mail::kind`].
    pub kind: String,
    /// Whom it goes to.
    pub to_address: String,
    /// `Acme Boats`
    pub account: String,
    /// When the change was made that it reports.
    pub created_at: Millis,
    /// When it is tried next.
    pub due_at: Option<Millis>,
    /// When the claim of the worker that is at it ends.
    pub claimed_until: Option<Millis>,
    /// How often it was tried.
    pub tries: i64,
    /// When the transport had it.
    pub delivered_at: Option<Millis>,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// What the mail server said when it took it.
    pub reply: Option<String>,
}

impl Listed {
    /// What became of it by `now`.
    pub fn state(&self, now: Millis) -> State {
        match (self.delivered_at, self.due_at) {
            (Some(_), _) => State::Delivered,
            (None, None) => State::GivenUp,
            (None, Some(_)) if self.claimed_until.is_some_and(|until| until > now) => State::Leaving,
            (None, Some(_)) => State::Waiting,
        }
    }

    /// Whether a release without a worker left it behind: never tried, and nobody says why. Nobody is mailed the past. One
    /// that a restored backup held back says so.
    pub fn is_of_the_past(&self) -> bool {
        self.tries == 0 && self.due_at.is_none() && self.last_error.is_none()
    }

    /// Whether an operator may have it tried at once.
    pub fn may_be_retried(&self, now: Millis) -> bool {
        let was_begun = self.tries > 0 || self.last_error.is_some();
        was_begun && matches!(self.state(now), State::GivenUp | State::Waiting)
    }
}

/// How many mails there are, by what became of them.
#[derive(Clone, Copy, Debug, Default, sqlx::FromRow)]
pub struct Counts {
    /// On their way.
    pub waiting: i64,
    /// Given up.
    pub given_up: i64,
}

/// A page of mails.
#[derive(Debug)]
pub struct Found {
    /// At most [`PAGE`], newest first.
    pub mails: Vec<Listed>,
    /// Where the next page begins: behind this one. `None` on the last.
    pub next: Option<String>,
    /// Of the whole outbox.
    pub counts: Counts,
}

/// The mails of `choice` that are older than `before`; empty for the newest.
pub async fn mails(app: &App, choice: Choice, before: &str) -> Result<Found> {
    let limit = i64::try_from(PAGE).unwrap_or(i64::MAX) + 1;
    let mut mails = store::listed(&app.db, choice.as_str(), before, limit).await?;
    let more = mails.len() > PAGE;
    mails.truncate(PAGE);
    let next = mails.last().filter(|_| more).map(|last| last.id.clone());
    let counts = counts(app).await?;
    Ok(Found { mails, next, counts })
}

/// How many mails wait and were given up.
pub async fn counts(app: &App) -> Result<Counts> {
    store::counts(&app.db).await
}
