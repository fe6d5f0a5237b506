//! The mail "a new password was set for you". The password itself is never in it.

use super::By;
use super::letter::{Content, Telling};
use crate::clock::Millis;

/// What it says. `valid_until` is nothing for a password that signs in without end.
pub(super) fn content(
    telling: &Telling<'_>,
    by: &By,
    whose: &str,
    at: Millis,
    must_change: bool,
    valid_until: Option<Millis>,
) -> Content {
    let mut facts = vec![telling.say("mail-when", "when", &telling.moment(at))];
    facts.extend(valid_until.map(|until| telling.say("mail-password-set-until", "when", &telling.moment(until))));
    let next = if must_change {
        "mail-password-set-must-change"
    } else {
        "mail-password-set-may-change"
    };
    Content {
        subject: telling.subject("mail-password-set-subject"),
        what: telling.deed("mail-password-set-what", by, whose),
        facts,
        actions: Vec::new(),
        then: vec![
            telling.words.say("mail-password-set-told"),
            telling.words.say(next),
            telling.words.say("mail-phones-untouched"),
            telling.not_expected(by),
        ],
    }
}
