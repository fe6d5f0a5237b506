//! Reads the record for people: newest first, with the names of who and whom, each event as a sentence.
//!
//! Whether what is read is as it was written is for [`super::verify`] to say.

use serde_json::Value;

use super::{Kind, Outcome, store};
use crate::clock::Millis;
use crate::db::Db;
use crate::error::Result;
use crate::ids::{AccountId, UserId};
use crate::words::Words;

/// Which events are asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter<'a> {
    /// Those that this person did, or that were done to them.
    pub person: Option<&'a UserId>,
    /// Those of this kind, as it is stored.
    pub kind: Option<&'a str>,
    /// Those from this moment on; 0 for all.
    pub since: Millis,
    /// Those older than this one: where the page before ended.
    pub before: Option<Cursor>,
}

/// An event's place in the order of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// When it was written.
    pub at: Millis,
    /// Its id, which decides among those of one millisecond.
    pub id: String,
}

/// An event as it is shown.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// When it was written.
    pub at: Millis,
    /// The account it happened in.
    pub account_id: Option<String>,
    /// That account's domain.
    pub account: Option<String>,
    /// What happened, as it is stored: it may be of a newer release.
    pub kind: String,
    /// How it ended, as it is stored.
    pub outcome: String,
    /// The session it was done in.
    pub session_id: Option<String>,
    /// Where it came from.
    pub address: Option<String>,
    /// More, a JSON object.
    pub detail: String,
    /// Its number in its chain, once it is sealed.
    pub seq: Option<i64>,
    /// Who did it.
    pub actor_id: Option<String>,
    /// Whom it was done to.
    pub subject_id: Option<String>,
    /// Who did it, by sign-in name, as far as they exist.
    pub actor: Option<String>,
    /// Whom it was done to, by sign-in name.
    pub subject: Option<String>,
    /// Who did it, by the name that is displayed.
    pub actor_name: Option<String>,
    /// Whom it was done to, by the name that is displayed.
    pub subject_name: Option<String>,
}

/// Events of one account, newest first, at most `limit`.
pub async fn of_account(db: &Db, account: &AccountId, filter: &Filter<'_>, limit: i64) -> Result<Vec<Listed>> {
    store::of_account(db, account, filter, limit).await
}

/// Events of all accounts and of none, newest first, at most `limit`. For operators and their commands.
pub async fn of_everyone(db: &Db, filter: &Filter<'_>, limit: i64) -> Result<Vec<Listed>> {
    store::of_everyone(db, filter, limit).await
}

impl Listed {
    /// Where the next page begins, when this is the last of one.
    pub fn cursor(&self) -> Cursor {
        Cursor {
            at: self.at,
            id: self.id.clone(),
        }
    }

    /// What happened, as a sentence with the names of who and whom.
    pub fn sentence(&self, words: &Words) -> String {
        let known = Kind::ALL.iter().find(|kind| kind.as_str() == self.kind);
        let ended = known.and_then(|kind| {
            let mut outcomes = kind.outcomes().iter();
            Some((kind, outcomes.find(|outcome| outcome.as_str() == self.outcome)?))
        });
        let Some((kind, outcome)) = ended else {
            return words.say_with("audit-unknown", "kind", self.kind.as_str());
        };
        let detail = self.detail();
        let yes_or_no = |is| if is { "yes" } else { "no" };
        let nobody = if self.is_of_console() {
            "audit-console"
        } else {
            "audit-nobody"
        };
        let name = |name: &Option<String>, else_key| name.clone().unwrap_or_else(|| words.say(else_key));
        words.say_all(
            &key(*kind, *outcome),
            [
                ("actor", name(&self.actor_name, nobody).into()),
                ("subject", name(&self.subject_name, "audit-nobody").into()),
                ("own", yes_or_no(self.is_own()).into()),
                ("blocked", yes_or_no(detail["blocked"] == true).into()),
                ("most", detail["most"].as_i64().unwrap_or_default().into()),
                ("sessions", detail["sessions"].as_i64().unwrap_or_default().into()),
                (
                    "algorithm",
                    detail["algorithm"].as_str().unwrap_or_default().to_owned().into(),
                ),
            ],
        )
    }

    /// Whether people did it to themselves, or nobody is known who did it to them, such as a guesser. What a command on
    /// the provider's own machine did is nobody's own.
    pub fn is_own(&self) -> bool {
        !self.is_of_console() && (self.actor_id.is_none() || self.actor_id == self.subject_id)
    }

    /// Whether a command of the provider did it.
    pub fn is_of_console(&self) -> bool {
        self.detail()["by"] == "console"
    }

    /// The phone that it is about, as it was called then.
    pub fn phone(&self) -> Option<String> {
        self.detail()["label"].as_str().map(ToOwned::to_owned)
    }

    fn detail(&self) -> Value {
        serde_json::from_str(&self.detail).unwrap_or_default()
    }
}

/// The message of a kind that ended so.
fn key(kind: Kind, outcome: Outcome) -> String {
    format!("audit-{}-{}", kind.as_str(), outcome.as_str())
}
