//! The mail "your password was changed".

use super::letter::{Content, Telling};
use super::{Did, NotMe};
use crate::clock::Millis;
use crate::links::Made;

/// What it says. `not_me` is what its button undoes, and `made` the link for that.
pub(super) fn content(
    telling: &Telling<'_>,
    whose: &str,
    at: Millis,
    (browser, address): (&str, &str),
    (not_me, made): (Option<&NotMe>, &[Option<Made>]),
) -> Content {
    Content {
        subject: telling.subject("mail-password-changed-subject"),
        what: match not_me.map(|not_me| not_me.happened.did) {
            Some(Did::ResetPassword) => telling.say("mail-password-changed-by-link", "name", whose),
            _ => telling.say("mail-password-changed-what", "name", whose),
        },
        facts: vec![
            telling.say("mail-when", "when", &telling.moment(at)),
            telling.say("mail-browser", "browser", browser),
            telling.say("mail-address", "address", address),
        ],
        actions: not_me.map(|not_me| not_me.button(telling, made)).unwrap_or_default(),
        then: vec![telling.not_you(), telling.words.say("mail-phones-untouched")],
    }
}
