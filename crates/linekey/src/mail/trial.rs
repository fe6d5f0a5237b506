//! The test mail of `linekey doctor --mail`.

use super::letter::{Content, Telling};
use crate::clock::Millis;

/// What it says; `portal` is where it comes from.
pub(super) fn content(telling: &Telling<'_>, at: Millis, portal: &str) -> Content {
    Content {
        subject: telling.subject("mail-trial-subject"),
        what: telling.subject("mail-trial-what"),
        facts: vec![
            telling.say("mail-when", "when", &telling.moment(at)),
            telling.say("mail-trial-portal", "portal", portal),
        ],
        actions: Vec::new(),
        then: vec![telling.subject("mail-trial-nothing")],
    }
}
