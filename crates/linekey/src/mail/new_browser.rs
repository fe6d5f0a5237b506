//! The mail "a new browser signed in".

use super::NotMe;
use super::letter::{Content, Telling};
use crate::clock::Millis;
use crate::links::Made;

/// What it says. `not_me` is what its button undoes, and `made` the link for that.
pub(super) fn content(
    telling: &Telling<'_>,
    whose: &str,
    at: Millis,
    (browser, address): (&str, &str),
    (not_me, made): (&NotMe, &[Option<Made>]),
) -> Content {
    Content {
        subject: telling.subject("mail-new-browser-subject"),
        what: telling.say("mail-new-browser-what", "name", whose),
        facts: vec![
            telling.say("mail-when", "when", &telling.moment(at)),
            telling.say("mail-browser", "browser", browser),
            telling.say("mail-address", "address", address),
        ],
        actions: not_me.button(telling, made),
        then: vec![telling.words.say("mail-new-browser-you"), telling.not_you()],
    }
}
