//! The mail that invites somebody to the portal, with the link to choose their first password.

use super::By;
use super::letter::{Action, Content, Telling};
use crate::clock::{HOUR, Millis};
use crate::ids::{AccountId, UserId};
use crate::links::{Made, Purpose, Wanted};

/// How long its link is good.
pub const LINK_FOR: Millis = 72 * HOUR;

/// The link; whoever uses it reads the mail of `email_key`.
pub(super) fn link(account: &AccountId, user: &UserId, email_key: &str, epoch: Option<i64>) -> Wanted {
    Wanted {
        purpose: Purpose::SetUp,
        account: account.clone(),
        user: user.clone(),
        lifetime: LINK_FOR,
        epoch,
        code: None,
        detail: serde_json::json!({ "email": email_key }),
    }
}

/// What it says.
pub(super) fn content(
    telling: &Telling<'_>,
    by: &By,
    whose: &str,
    (sign_in_name, account_name): (&str, &str),
    made: &[Option<Made>],
) -> Content {
    let action = |made: &Made| Action {
        lead: String::new(),
        label: telling.words.say("mail-invitation-button"),
        url: made.url.clone(),
        quiet: false,
        after: vec![telling.say("mail-invitation-once", "until", &telling.moment(made.expires_at))],
    };
    Content {
        subject: telling.subject("mail-invitation-subject"),
        what: telling.deed("mail-invitation-what", by, whose),
        facts: vec![
            telling.say("mail-invitation-account", "account", account_name),
            telling.say("mail-invitation-name", "name", sign_in_name),
        ],
        actions: made.iter().flatten().map(action).collect(),
        then: vec![
            telling.words.say("mail-invitation-portal"),
            telling.words.say("mail-invitation-not-you"),
            telling.not_expected(by),
        ],
    }
}
