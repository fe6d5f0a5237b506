//! The answer to a suggestion about an article of the help centre. What was suggested is not repeated: whoever wrote it
//! chose the address, and would choose what the provider mails to it.

use serde::{Deserialize, Serialize};

use super::By;
use super::letter::{Content, Telling};
use crate::clock::Millis;
use crate::when;
use crate::words::is_hidden;

/// What somebody is told who suggested something.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SuggestionAnswer {
    /// `Change your password`
    pub title: String,
    /// `/help/passwords/change-your-password`
    pub page: String,
    /// When it was suggested, milliseconds UTC.
    pub at: Millis,
    /// Who answers.
    pub by: By,
    /// What they wrote, line by line.
    pub answer: String,
}

/// What it says; `portal` is where the article is.
pub(super) fn content(telling: &Telling<'_>, told: &SuggestionAnswer, portal: &str) -> Content {
    let seen = |line: &str| {
        let seen: String = line.chars().filter(|c| !is_hidden(*c)).collect();
        seen.trim().to_owned()
    };
    let paragraphs = told.answer.lines().map(seen).filter(|line| !line.is_empty());
    Content {
        subject: telling.subject("mail-suggestion-subject"),
        what: telling.deed("mail-suggestion-what", &told.by, ""),
        facts: vec![
            telling.say("mail-suggestion-article", "title", &told.title),
            telling.say("mail-suggestion-page", "page", &format!("{portal}{}", told.page)),
            // The reader's time zone is not known.
            telling.say("mail-suggestion-when", "when", &when::exact(told.at)),
        ],
        actions: Vec::new(),
        then: paragraphs.collect(),
    }
}
