//! The answer to a suggestion about an article of the help centre. What was suggested is not repeated: whoever wrote it
//! chose the address, and would choose what the provider mails to it.

use super::By;
use super::letter::{Content, Telling};
use crate::clock::Millis;
use crate::when;
use crate::words::is_hidden;

/// What is answered: the article by its title and its page, when it was suggested, by whom, and the answer itself.
pub(super) fn content(
    telling: &Telling<'_>,
    (title, page): (&str, &str),
    at: Millis,
    by: &By,
    answer: &str,
) -> Content {
    let seen = |line: &str| {
        line.chars()
            .filter(|c| !is_hidden(*c))
            .collect::<String>()
            .trim()
            .to_owned()
    };
    let paragraphs = answer.lines().map(seen).filter(|line| !line.is_empty());
    Content {
        subject: telling.subject("mail-suggestion-subject"),
        what: telling.deed("mail-suggestion-what", by, ""),
        facts: vec![
            telling.say("mail-suggestion-article", "title", title),
            telling.say("mail-suggestion-page", "page", page),
            // The reader's time zone is not known.
            telling.say("mail-suggestion-when", "when", &when::exact(at)),
        ],
        actions: Vec::new(),
        then: paragraphs.collect(),
    }
}
