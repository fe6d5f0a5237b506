//! "This wasn't me": the quiet button of a mail that reports what its reader should have done themselves.

use serde::{Deserialize, Serialize};

use super::letter::{Action, Telling};
use crate::clock::{DAY, Millis};
use crate::ids::{AccountId, UserId};
use crate::links::{Made, Purpose, Wanted};

/// How long the link is good.
pub const LINK_FOR: Millis = 3 * DAY;

/// What a mail with this button reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Did {
    /// The owner changed the password.
    ChangePassword,
    /// The password was reset with a link or a code.
    ResetPassword,
    /// The e-mail address was changed or removed.
    ChangeEmail,
    /// Somebody signed in with a browser that was not known.
    SignIn,
}

/// The one event that a link is about, as it must be known to undo it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happened {
    /// What was done.
    pub did: Did,
    /// When, milliseconds UTC.
    pub at: Millis,
    /// The credential epoch after it.
    pub epoch: i64,
    /// The address that was on file before it, verified: where the mail goes.
    pub email: String,
    /// Since when that was known to be the user's, milliseconds UTC.
    pub email_verified_at: Millis,
}

/// Whose event it is: all that a mail needs to have the button.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NotMe {
    /// Of which account.
    pub account: AccountId,
    /// Whose.
    pub user: UserId,
    /// What happened.
    pub happened: Happened,
}

impl NotMe {
    /// The link.
    pub(super) fn link(&self) -> Wanted {
        Wanted {
            purpose: Purpose::NotMe,
            account: self.account.clone(),
            user: self.user.clone(),
            lifetime: LINK_FOR,
            epoch: None,
            code: None,
            detail: serde_json::json!(self.happened),
        }
    }

    /// The button, with what it does in front of it; nothing for somebody who was disabled meanwhile.
    pub(super) fn button(&self, telling: &Telling<'_>, made: &[Option<Made>]) -> Vec<Action> {
        let lead = match self.happened.did {
            Did::ChangePassword | Did::ResetPassword => "mail-not-me-password",
            Did::ChangeEmail => "mail-not-me-email",
            Did::SignIn => "mail-not-me-sign-in",
        };
        let action = |made: &Made| Action {
            lead: telling.words.say(lead),
            label: telling.words.say("mail-not-me-button"),
            url: made.url.clone(),
            quiet: true,
            after: vec![telling.words.say("mail-not-me-once")],
        };
        made.iter().flatten().map(action).collect()
    }
}
