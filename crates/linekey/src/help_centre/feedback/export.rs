//! Votes and suggestions as CSV (RFC 4180), for a spreadsheet. What a stranger wrote is no formula there.

use super::list::{self, Choice, Suggestion};
use super::store;
use crate::app::App;
use crate::audit::{self, Kind, Outcome};
use crate::clock::DAY;
use crate::error::Result;
use crate::users::actor::Actor;
use crate::users::operate::{self, of_provider};
use crate::when;

/// The most lines of one file; the newest are in it.
const MOST: usize = 20_000;

/// What is written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The votes of each day.
    Votes,
    /// Every suggestion, with the address that came with it.
    Suggestions,
}

impl What {
    /// Of the name of a file; `None` for any other.
    pub fn of(file: &str) -> Option<Self> {
        match file {
            "votes.csv" => Some(Self::Votes),
            "suggestions.csv" => Some(Self::Suggestions),
            _ => None,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Votes => "votes",
            Self::Suggestions => "suggestions",
        }
    }
}

/// The file, and on record that it was given; `None`: it is not theirs.
///
/// # Errors
/// [`crate::error::Error::SessionEnded`] when the actor's session has ended meanwhile.
pub async fn export(app: &App, actor: Actor<'_>, what: What) -> Result<Option<String>> {
    let file = match what {
        What::Votes => votes(app).await?,
        What::Suggestions => suggestions(app).await?,
    };
    let mut tx = app.db.begin().await?;
    if !operate::may(&mut tx, actor).await? {
        return Ok(None);
    }
    let detail = serde_json::json!({ "what": what.as_str() });
    let event = of_provider(actor, Kind::FeedbackExport, Outcome::Done, detail);
    audit::record(app, &mut tx, event).await?;
    tx.commit().await?;
    Ok(Some(file))
}

async fn votes(app: &App) -> Result<String> {
    let mut file = line(&["day", "article", "helpful", "not_helpful"]);
    let most = i64::try_from(MOST).unwrap_or(i64::MAX);
    for row in store::votes_by_day(&app.db, most).await? {
        let day: String = when::exact(row.day * DAY).chars().take(10).collect();
        let path = format!("{}/{}", row.category, row.article);
        file += &line(&[&day, &path, &row.helpful.to_string(), &row.unhelpful.to_string()]);
    }
    Ok(file)
}

async fn suggestions(app: &App) -> Result<String> {
    let head = [
        "id",
        "at",
        "article",
        "text",
        "email",
        "answered_at",
        "answer",
        "done_at",
    ];
    let mut file = line(&head);
    for one in list::newest(app, Choice::All, "", MOST).await? {
        file += &of_suggestion(&one);
    }
    Ok(file)
}

fn of_suggestion(one: &Suggestion) -> String {
    let moment = |at: Option<i64>| at.map(when::rfc3339).unwrap_or_default();
    line(&[
        &one.id,
        &when::rfc3339(one.created_at),
        &one.about().path(),
        &one.text,
        one.email.as_deref().unwrap_or_default(),
        &moment(one.answered_at),
        one.answer.as_deref().unwrap_or_default(),
        &moment(one.done_at),
    ])
}

/// One record, each field between quotes.
fn line(fields: &[&str]) -> String {
    let quoted = |field: &&str| format!("\"{}\"", harmless(field).replace('"', "\"\""));
    fields.iter().map(quoted).collect::<Vec<_>>().join(",") + "\r\n"
}

/// A spreadsheet takes what begins so for a formula; behind an apostrophe it does not. One that separates by something
/// else than commas begins anew within a field, quotes or not.
fn harmless(field: &str) -> String {
    let mut harmless = String::with_capacity(field.len());
    let mut begins = true;
    for letter in field.chars() {
        if begins && "=+-@\t\r\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}".contains(letter) {
            harmless.push('\'');
        }
        begins = matches!(letter, ';' | ',' | '\t' | '\r' | '\n') || begins && letter == ' ';
        harmless.push(letter);
    }
    harmless
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_quoted_and_no_formula() {
        assert_eq!(line(&["a", "b \"c\"\nd, e"]), "\"a\",\"b \"\"c\"\"\nd, e\"\r\n");
        assert_eq!(
            line(&["=1+1", "-2", "@x", "3-4"]),
            "\"'=1+1\",\"'-2\",\"'@x\",\"3-4\"\r\n"
        );
        assert_eq!(line(&["x; =1\n+2", "a-b"]), "\"x; '=1\n'+2\",\"a-b\"\r\n");
    }
}
