//! The mails about a change of one's e-mail address: to the new one before, after and when it is undone, and to the old
//! one.

use serde_json::json;

use super::letter::{Action, Content, Telling};
use super::{Asked, NotMe};
use crate::clock::{DAY, Millis};
use crate::ids::{AccountId, UserId};
use crate::links::{Made, Purpose, Wanted};

/// How long the link that confirms an address is good.
pub const LINK_FOR: Millis = DAY;

/// The link that confirms `email`, and no other address, as long as the change `change` waits.
pub(super) fn link(account: &AccountId, user: &UserId, change: &str, email: &str) -> Wanted {
    Wanted {
        purpose: Purpose::Email,
        account: account.clone(),
        user: user.clone(),
        lifetime: LINK_FOR,
        epoch: None,
        code: None,
        detail: json!({ "change": change, "email": email }),
    }
}

/// "Confirm this address", to an address that nobody has confirmed.
pub(super) fn confirm(telling: &Telling<'_>, asked: &Asked, made: &[Option<Made>]) -> Content {
    let action = |made: &Made| Action {
        lead: String::new(),
        label: telling.words.say("mail-email-confirm-button"),
        url: made.url.clone(),
        quiet: false,
        after: ["mail-email-confirm-name", "mail-email-confirm-once"]
            .map(|key| telling.words.say(key))
            .into(),
    };
    Content {
        subject: telling.subject("mail-email-confirm-subject"),
        what: telling.words.say("mail-email-confirm-what"),
        facts: facts(telling, "mail-reset-when", asked),
        actions: made.iter().flatten().map(action).collect(),
        then: vec![telling.subject("mail-email-confirm-not-you")],
    }
}

/// "Your address was changed", or removed, to the one on file before.
pub(super) fn changed(
    telling: &Telling<'_>,
    whose: &str,
    new: Option<&str>,
    asked: &Asked,
    not_me: &NotMe,
    made: &[Option<Made>],
) -> Content {
    let what = match new {
        Some(_) => "mail-email-changed-what",
        None => "mail-email-removed-what",
    };
    let mut lines = vec![];
    lines.extend(new.map(|new| telling.say("mail-email-changed-new", "email", new)));
    lines.extend(facts(telling, "mail-when", asked));
    Content {
        subject: telling.subject("mail-email-changed-subject"),
        what: telling.say(what, "name", whose),
        facts: lines,
        actions: not_me.button(telling, made),
        then: vec![
            telling.words.say(match new {
                Some(_) => "mail-email-changed-then",
                None => "mail-email-removed-then",
            }),
            telling.not_you(),
            telling.words.say("mail-phones-untouched"),
        ],
    }
}

/// "This is your address now", to the new one.
pub(super) fn confirmed(telling: &Telling<'_>, (name, sign_in_name): (&str, &str), at: Millis) -> Content {
    Content {
        subject: telling.subject("mail-email-confirmed-subject"),
        what: telling.named("mail-email-confirmed-what", name, sign_in_name),
        facts: vec![telling.say("mail-when", "when", &telling.moment(at))],
        actions: Vec::new(),
        then: vec![telling.words.say("mail-email-confirmed-then")],
    }
}

/// "This address was withdrawn", to an address that is nobody's here any more.
pub(super) fn withdrawn(telling: &Telling<'_>, at: Millis) -> Content {
    Content {
        subject: telling.subject("mail-email-withdrawn-subject"),
        what: telling.words.say("mail-email-withdrawn-what"),
        facts: vec![telling.say("mail-when", "when", &telling.moment(at))],
        actions: Vec::new(),
        then: vec![
            telling.words.say("mail-email-withdrawn-then"),
            telling.subject("mail-email-withdrawn-yours"),
        ],
    }
}

fn facts(telling: &Telling<'_>, when: &str, asked: &Asked) -> Vec<String> {
    vec![
        telling.say(when, "when", &telling.moment(asked.at)),
        telling.say("mail-browser", "browser", &asked.browser),
        telling.say("mail-address", "address", &asked.address),
    ]
}
