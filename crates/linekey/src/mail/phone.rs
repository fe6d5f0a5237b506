//! The mails about a phone: an overlap of SIP passwords that ends, offline for long, connecting again and again.

use serde::{Deserialize, Serialize};

use super::letter::{Action, Content, Telling};
use crate::clock::Millis;
use crate::ids::PhoneId;

/// What there is to tell of a phone. Times are milliseconds UTC.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum PhoneNews {
    /// The SIP password before stops working soon, though the newest was never used.
    OverlapEnds {
        /// Until when it works.
        until: Millis,
    },
    /// It is offline.
    Offline {
        /// Since when.
        since: Millis,
    },
    /// It connects again and again.
    Flapping {
        /// How often within the hour before `at`.
        times: i64,
        /// When that was counted.
        at: Millis,
    },
}

impl PhoneNews {
    /// The kind of the mail.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::OverlapEnds { .. } => "overlap-ends",
            Self::Offline { .. } => "phone-offline",
            Self::Flapping { .. } => "phone-flapping",
        }
    }
}

/// What is told of the phone `label`, which has a page at the portal.
pub(super) fn content(
    telling: &Telling<'_>,
    news: &PhoneNews,
    label: &str,
    (portal, phone): (&str, &PhoneId),
) -> Content {
    let words = telling.words;
    let moment = |key: &str, at| telling.say(key, "when", &telling.moment(at));
    let (subject, what, facts, then) = match *news {
        PhoneNews::OverlapEnds { until } => (
            "mail-overlap-ends-subject",
            "mail-overlap-ends-what",
            vec![moment("mail-overlap-ends-until", until)],
            ["mail-overlap-ends-next", "mail-overlap-ends-lost"],
        ),
        PhoneNews::Offline { since } => (
            "mail-phone-offline-subject",
            "mail-phone-offline-what",
            vec![moment("mail-phone-offline-since", since)],
            ["mail-phone-offline-next", "mail-phone-notices-off"],
        ),
        PhoneNews::Flapping { times, at } => (
            "mail-phone-flapping-subject",
            "mail-phone-flapping-what",
            vec![
                words.say_with("mail-phone-flapping-times", "times", times),
                moment("mail-when", at),
            ],
            ["mail-phone-flapping-next", "mail-phone-notices-off"],
        ),
    };
    Content {
        subject: telling.subject(subject),
        what: telling.say(what, "label", label),
        facts,
        actions: vec![Action {
            lead: String::new(),
            label: words.say("mail-phone-open"),
            url: format!("{portal}/phones/{}", phone.as_str()),
            quiet: false,
            after: Vec::new(),
        }],
        then: then.map(|key| words.say(key)).into(),
    }
}
