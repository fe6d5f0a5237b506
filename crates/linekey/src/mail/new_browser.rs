//! The mail "a new browser signed in".

use super::letter::{Content, Telling};
use crate::clock::Millis;

/// What it says.
pub(super) fn content(telling: &Telling<'_>, whose: &str, at: Millis, (browser, address): (&str, &str)) -> Content {
    Content {
        subject: telling.subject("mail-new-browser-subject"),
        what: telling.say("mail-new-browser-what", "name", whose),
        facts: vec![
            telling.say("mail-when", "when", &telling.moment(at)),
            telling.say("mail-browser", "browser", browser),
            telling.say("mail-address", "address", address),
        ],
        actions: Vec::new(),
        then: vec![telling.words.say("mail-new-browser-you"), telling.not_you()],
    }
}
