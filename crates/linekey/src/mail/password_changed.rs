//! The mail "your password was changed".

use super::letter::{Content, Telling};
use crate::clock::Millis;

/// What it says.
pub(super) fn content(
    telling: &Telling<'_>,
    whose: &str,
    at: Millis,
    (browser, address): (&str, &str),
    by_reset_link: bool,
) -> Content {
    Content {
        subject: telling.subject("mail-password-changed-subject"),
        what: if by_reset_link {
            telling.say("mail-password-changed-by-link", "name", whose)
        } else {
            telling.say("mail-password-changed-what", "name", whose)
        },
        facts: vec![
            telling.say("mail-when", "when", &telling.moment(at)),
            telling.say("mail-browser", "browser", browser),
            telling.say("mail-address", "address", address),
        ],
        actions: Vec::new(),
        then: vec![
            telling.words.say("mail-password-changed-you"),
            telling.not_you(),
            telling.words.say("mail-phones-untouched"),
        ],
    }
}
