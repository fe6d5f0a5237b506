//! Mail that reports a change: put into the outbox in the change's own transaction.
//!
//! Owns the outbox, how each mail reads, and its delivery. Nobody is mailed from anywhere else.

mod access;
#[cfg(all(test, feature = "outside"))]
mod browser_tests;
pub mod deliver;
mod email;
mod folder;
mod invitation;
mod letter;
#[cfg(test)]
mod letter_tests;
mod new_browser;
mod not_me;
#[cfg(test)]
mod operator_tests;
pub mod outbox;
pub mod pages;
mod password_changed;
mod password_set;
mod phone;
#[cfg(all(test, feature = "outside"))]
mod real_server_tests;
mod reset;
pub mod retry;
mod samples;
#[cfg(test)]
mod scripted_server;
#[cfg(test)]
mod server_tests;
mod smtp;
mod store;
mod suggestion_answer;
#[cfg(test)]
mod tests;
mod transport;
mod trial;
mod trouble;

pub use email::LINK_FOR as EMAIL_LINK_FOR;
pub use invitation::LINK_FOR as INVITATION_FOR;
pub use letter::Letter;
pub use not_me::LINK_FOR as NOT_ME_FOR;
pub use not_me::{Did, Happened, NotMe};
pub use phone::PhoneNews;
pub use reset::{CODE_FOR as RESET_CODE_FOR, LINK_FOR as RESET_LINK_FOR, Person};
pub use samples::{Sample, samples};
pub use smtp::Greeted;
pub use suggestion_answer::SuggestionAnswer;
pub use transport::Transport;
pub use trouble::{Cause, Step, Trouble};

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::clock::Millis;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::ids::{AccountId, PhoneId, UserId};
use crate::links;
use folder::Folder;

/// The kind of [`Mail::Invitation`].
const INVITATION: &str = "invitation";
/// Of the mails whose link lets somebody in, or puts an address on file.
const RESET: &str = "reset";
const EMAIL_CONFIRM: &str = "email-confirm";

/// Who acted on somebody else, as the mail about it names them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "role", content = "name", rename_all = "kebab-case")]
pub enum By {
    /// An administrator of the same account, by the displayed name.
    Administrator(String),
    /// One of the provider's staff, by the displayed name.
    Operator(String),
    /// The provider's command line, which knows no name.
    Provider,
}

/// When and from where something was asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Asked {
    /// When, milliseconds UTC.
    pub at: Millis,
    /// The browser.
    pub browser: String,
    /// The address that the request came from.
    pub address: String,
}

/// A mail as what it says, without its words: harmless parameters only, never a token.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Mail {
    /// "Your password was changed."
    PasswordChanged {
        /// `Ann Archer`
        name: String,
        /// `ann@acme.example`
        sign_in_name: String,
        /// When, milliseconds UTC.
        at: Millis,
        /// The browser it was done with.
        browser: String,
        /// The address it came from.
        address: String,
        /// What the button undoes; nothing in mails of releases that had none.
        #[serde(default)]
        not_me: Option<NotMe>,
    },
    /// "An administrator set a new password for you." The password itself is never mailed.
    PasswordSet {
        /// `Ann Archer`
        name: String,
        /// `ann@acme.example`
        sign_in_name: String,
        /// Who set it.
        by: By,
        /// When, milliseconds UTC.
        at: Millis,
        /// Whether the next sign-in asks for a new one first.
        must_change: bool,
        /// Until when it signs in, milliseconds UTC; nothing for no end.
        valid_until: Option<Millis>,
    },
    /// "Choose a new password": to everyone whose address it is.
    Reset {
        /// Whose passwords can be reset with it; at least one, all with the one address it goes to.
        people: Vec<Person>,
        /// When it was asked for, milliseconds UTC.
        at: Millis,
        /// The browser it was asked for with.
        browser: String,
        /// The address that the request came from.
        address: String,
        /// SHA-256 of that browser's cookie for resets, base64url: the codes work there alone. `None`: somebody else asked
        /// for them, and there are no codes.
        code_for: Option<String>,
        /// Who sent it for them; `None`: they asked themselves, as far as anybody knows.
        #[serde(default)]
        by: Option<By>,
        /// Whether "This wasn't me" sends it: everybody is signed out, and the password may be gone.
        #[serde(default)]
        not_me: bool,
    },
    /// "Choose your first password", to an address that nobody has confirmed yet.
    Invitation {
        /// Of which account.
        account: AccountId,
        /// For whom.
        user: UserId,
        /// `Ann Archer`
        name: String,
        /// `ann@acme.example`
        sign_in_name: String,
        /// `Acme Boats`
        account_name: String,
        /// The address it goes to, in the form in which addresses are compared: using the link proves it.
        email_key: String,
        /// Who invites.
        by: By,
        /// Their credential epoch by then: a password makes it void. `None` in mails of releases that did not say.
        #[serde(default)]
        epoch: Option<i64>,
    },
    /// "An administrator printed a set-up slip for you." Neither its link nor its code is in it.
    SetUpSlip {
        /// `Ann Archer`
        name: String,
        /// `ann@acme.example`
        sign_in_name: String,
        /// Who printed it.
        by: By,
        /// When, milliseconds UTC.
        at: Millis,
        /// Until when it can be used, milliseconds UTC.
        valid_until: Millis,
    },
    /// "You signed in with a new browser."
    NewBrowser {
        /// `Ann Archer`
        name: String,
        /// `ann@acme.example`
        sign_in_name: String,
        /// When, milliseconds UTC.
        at: Millis,
        /// The browser.
        browser: String,
        /// The address it signed in from.
        address: String,
        /// What the button undoes.
        not_me: NotMe,
    },
    /// "Confirm this address", to one that is not yet theirs.
    EmailConfirm {
        /// Of which account.
        account: AccountId,
        /// Whose it shall be.
        user: UserId,
        /// The change that waits.
        change: String,
        /// The address as written: where it goes.
        email: String,
        /// `Ann Archer`
        name: String,
        /// `ann@acme.example`
        sign_in_name: String,
        /// When and from where it was asked for.
        asked: Asked,
    },
    /// "Your e-mail address was changed", to the one on file before.
    EmailChanged {
        /// The new one; `None`: it was removed.
        new: Option<String>,
        /// `Ann Archer`
        name: String,
        /// `ann@acme.example`
        sign_in_name: String,
        /// When it was changed, and from where that was asked for.
        asked: Asked,
        /// What the button undoes.
        not_me: NotMe,
    },
    /// "This is your address now", to the new one.
    EmailConfirmed {
        /// `Ann Archer`
        name: String,
        /// `ann@acme.example`
        sign_in_name: String,
        /// When, milliseconds UTC.
        at: Millis,
    },
    /// "This address was withdrawn", to one that "This wasn't me" took off file, or that it kept from coming on it. Names
    /// nobody: its reader may be anybody.
    EmailWithdrawn {
        /// When, milliseconds UTC.
        at: Millis,
    },
    /// "An administrator signed you out."
    SignedOut {
        /// In how many browsers.
        count: u64,
        /// `Ann Archer`
        name: String,
        /// `ann@acme.example`
        sign_in_name: String,
        /// Who did it.
        by: By,
        /// When, milliseconds UTC.
        at: Millis,
    },
    /// "An administrator disabled your access to the portal."
    Disabled {
        /// `Ann Archer`
        name: String,
        /// `ann@acme.example`
        sign_in_name: String,
        /// Who did it.
        by: By,
        /// When, milliseconds UTC.
        at: Millis,
    },
    /// "An administrator enabled your access to the portal again."
    Enabled {
        /// `Ann Archer`
        name: String,
        /// `ann@acme.example`
        sign_in_name: String,
        /// Who did it.
        by: By,
        /// When, milliseconds UTC.
        at: Millis,
        /// Whether there is a password to sign in with. An earlier version did not say.
        #[serde(default = "yes")]
        has_password: bool,
    },
    /// Something about a phone of theirs.
    Phone {
        /// What.
        news: PhoneNews,
        /// `Desk`
        label: String,
        /// Which phone.
        phone: PhoneId,
        /// `Ann Archer`
        name: String,
        /// `ann@acme.example`
        sign_in_name: String,
    },
    /// The answer of an operator to what a stranger suggested about an article of the help centre.
    SuggestionAnswer(SuggestionAnswer),
    /// "Mail arrives": somebody tries the mail settings out. The one mail that no change asks for, and no user gets.
    Trial {
        /// When, milliseconds UTC.
        at: Millis,
    },
}

impl Mail {
    /// The stored text of the kind, as in `/demo/mail.json`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::PasswordChanged { .. } => "password-changed",
            Self::PasswordSet { .. } => "password-set",
            Self::Reset { .. } => RESET,
            Self::Invitation { .. } => INVITATION,
            Self::SetUpSlip { .. } => "setup-slip",
            Self::NewBrowser { .. } => "new-browser",
            Self::EmailConfirm { .. } => EMAIL_CONFIRM,
            Self::EmailChanged { .. } => "email-change",
            Self::EmailConfirmed { .. } => "email-confirmed",
            Self::EmailWithdrawn { .. } => "email-withdrawn",
            Self::SignedOut { .. } => "signed-out",
            Self::Disabled { .. } => "disabled",
            Self::Enabled { .. } => "enabled",
            Self::Phone { news, .. } => news.kind(),
            Self::SuggestionAnswer(_) => "suggestion-answer",
            Self::Trial { .. } => "trial",
        }
    }

    /// The links that it carries. They are made when it is delivered, so that none lies in the outbox, and in this order.
    fn links(&self) -> Vec<links::Wanted> {
        match self {
            Self::Reset { people, code_for, .. } => reset::links(people, code_for.as_deref()),
            Self::Invitation {
                account,
                user,
                email_key,
                epoch,
                ..
            } => vec![invitation::link(account, user, email_key, *epoch)],
            Self::EmailConfirm {
                account,
                user,
                change,
                email,
                ..
            } => vec![email::link(account, user, change, email)],
            Self::PasswordChanged { not_me, .. } => not_me.iter().map(NotMe::link).collect(),
            Self::EmailChanged { not_me, .. } | Self::NewBrowser { not_me, .. } => vec![not_me.link()],
            Self::PasswordSet { .. }
            | Self::SetUpSlip { .. }
            | Self::EmailConfirmed { .. }
            | Self::EmailWithdrawn { .. }
            | Self::SignedOut { .. }
            | Self::Disabled { .. }
            | Self::Enabled { .. }
            | Self::Phone { .. }
            | Self::SuggestionAnswer(_)
            | Self::Trial { .. } => Vec::new(),
        }
    }

    /// Whether it says nothing to somebody who may not use its links.
    fn is_for_its_links(&self) -> bool {
        matches!(
            self,
            Self::Reset { .. } | Self::Invitation { .. } | Self::EmailConfirm { .. }
        )
    }

    /// Whom it is about, who also reads it: the displayed name, if it is one person, and the sign-in name or names, empty
    /// for nobody in particular.
    fn whose(&self) -> (Option<&str>, String) {
        match self {
            Self::Reset { people, .. } => reset::whose(people),
            Self::PasswordChanged { name, sign_in_name, .. }
            | Self::PasswordSet { name, sign_in_name, .. }
            | Self::Invitation { name, sign_in_name, .. }
            | Self::SetUpSlip { name, sign_in_name, .. }
            | Self::NewBrowser { name, sign_in_name, .. }
            | Self::EmailConfirm { name, sign_in_name, .. }
            | Self::EmailChanged { name, sign_in_name, .. }
            | Self::EmailConfirmed { name, sign_in_name, .. }
            | Self::SignedOut { name, sign_in_name, .. }
            | Self::Disabled { name, sign_in_name, .. }
            | Self::Enabled { name, sign_in_name, .. }
            | Self::Phone { name, sign_in_name, .. } => (Some(name), sign_in_name.clone()),
            Self::EmailWithdrawn { .. } | Self::SuggestionAnswer(_) | Self::Trial { .. } => (None, String::new()),
        }
    }
}

fn yes() -> bool {
    true
}

/// Puts `mail` to `to` into the outbox, in the transaction of the change it reports.
pub async fn send(app: &App, tx: &mut Tx, (account, user): (&AccountId, &UserId), to: &str, mail: &Mail) -> Result<()> {
    let parameters = serde_json::to_string(mail).map_err(Error::defect)?;
    let now = app.clock.now();
    store::insert(
        tx,
        &app.new_id(),
        account,
        user,
        mail.kind(),
        to,
        &parameters,
        (now, now + deliver::TRIED_FOR),
    )
    .await
}

/// Sends a test mail to `to` at once, past the outbox; what the mail server said to it, if there is one.
///
/// # Errors
/// With what is wrong.
pub async fn try_out(app: &App, transport: &Transport, to: &str) -> std::result::Result<Option<String>, Trouble> {
    let mail = Mail::Trial { at: app.clock.now() };
    let rendered = letter::render(app, &mail, &letter::Reader::default(), &[]);
    let (subject, text, html) = rendered.map_err(|error| Trouble::new(Step::Data, Cause::Lost, error.to_string()))?;
    let letter = Letter {
        id: app.new_id(),
        kind: mail.kind().to_owned(),
        to: to.to_owned(),
        subject,
        text,
        html,
        at: app.clock.now(),
    };
    transport.send(&letter).await
}

/// Takes the invitations of a user out of the outbox, in the transaction of what makes them void. One that a worker is
/// about to give a link waits until that is made, or gets none.
pub async fn withdraw_invitations(tx: &mut Tx, user: &UserId) -> Result<()> {
    store::withdraw(tx, user, INVITATION).await
}

/// Takes every mail of a user out of the outbox: there is nobody to be told any more. Whoever shares their mailbox keeps
/// what waits for them.
pub async fn remove_of_user(tx: &mut Tx, user: &UserId) -> Result<()> {
    reset::leave_out(tx, user).await?;
    store::remove_of_user(tx, user).await
}

/// Takes the mails that confirm an address of the user out of the outbox: nothing waits for them any more.
pub async fn withdraw_confirmations(tx: &mut Tx, user: &UserId) -> Result<()> {
    store::withdraw(tx, user, EMAIL_CONFIRM).await
}

/// Holds back what would bring the user a link that lets somebody in and has not left yet: whoever asked for it is not
/// trusted any more. Before the links are voided: one that a worker is making is waited for.
pub async fn hold_back(tx: &mut Tx, user: &UserId) -> Result<()> {
    reset::leave_out(tx, user).await?;
    for kind in [INVITATION, EMAIL_CONFIRM] {
        store::withdraw(tx, user, kind).await?;
    }
    Ok(())
}

/// The newest mails that were delivered to the folder, at most `most`, newest first. For the demo's page alone.
pub async fn newest(app: &App, most: usize) -> Result<Vec<Letter>> {
    let folder = Folder::at(&app.config.mail.folder);
    folder.newest(most).await.map_err(Error::defect)
}

/// One mail that was delivered to the folder, by its id. For the demo's page alone.
pub async fn one(app: &App, id: &str) -> Result<Option<Letter>> {
    let folder = Folder::at(&app.config.mail.folder);
    folder.letter(id).await.map_err(Error::defect)
}
