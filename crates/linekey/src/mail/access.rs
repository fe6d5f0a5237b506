//! The mails about what an administrator does to someone's access: a slip printed, signed out, disabled, enabled again.

use super::By;
use super::letter::{Content, Telling};
use crate::clock::Millis;

/// "A set-up slip was printed for you", good until `until`.
pub(super) fn slip(telling: &Telling<'_>, by: &By, whose: &str, at: Millis, until: Millis) -> Content {
    let mut facts = when(telling, at);
    facts.push(telling.say("mail-slip-until", "when", &telling.moment(until)));
    Content {
        subject: telling.subject("mail-slip-subject"),
        what: telling.deed("mail-slip-what", by, whose),
        facts,
        actions: Vec::new(),
        then: vec![
            telling.words.say("mail-slip-use"),
            telling.words.say("mail-phones-untouched"),
            telling.not_expected(by),
        ],
    }
}

/// "You were signed out", in `count` browsers.
pub(super) fn signed_out(telling: &Telling<'_>, by: &By, whose: &str, at: Millis, count: u64) -> Content {
    Content {
        subject: telling.subject("mail-signed-out-subject"),
        what: telling.deed("mail-signed-out-what", by, whose),
        facts: when(telling, at),
        actions: Vec::new(),
        then: vec![
            telling.words.say_with("mail-signed-out-password", "count", count),
            telling.words.say("mail-phones-untouched"),
            telling.not_expected(by),
        ],
    }
}

/// "Your access is disabled."
pub(super) fn disabled(telling: &Telling<'_>, by: &By, whose: &str, at: Millis) -> Content {
    Content {
        subject: telling.subject("mail-disabled-subject"),
        what: telling.deed("mail-disabled-what", by, whose),
        facts: when(telling, at),
        actions: Vec::new(),
        then: vec![
            telling.words.say("mail-disabled-until"),
            telling.words.say("mail-disabled-phones"),
            telling.not_expected(by),
        ],
    }
}

/// "Your access is enabled again."
pub(super) fn enabled(telling: &Telling<'_>, by: &By, whose: &str, at: Millis, has_password: bool) -> Content {
    let password = if has_password {
        "mail-enabled-password"
    } else {
        "mail-enabled-no-password"
    };
    Content {
        subject: telling.subject("mail-enabled-subject"),
        what: telling.deed("mail-enabled-what", by, whose),
        facts: when(telling, at),
        actions: Vec::new(),
        then: vec![
            telling.words.say(password),
            telling.words.say("mail-enabled-phones"),
            telling.not_expected(by),
        ],
    }
}

fn when(telling: &Telling<'_>, at: Millis) -> Vec<String> {
    vec![telling.say("mail-when", "when", &telling.moment(at))]
}
