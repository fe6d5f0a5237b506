//! All kinds of events. The text of a kind is stored for years: it never changes.

use std::net::IpAddr;

use super::chain::framed;
use crate::ids::{AccountId, SessionId, UserId};

/// Makes [`Kind`] of one list, so that no kind is without its text and the ways it can end. Each way has a sentence in
/// `locales/en/audit.ftl`, which a test demands.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident, $text:literal, [$($outcome:ident),+];)+) => {
        /// What happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind {
            $($(#[$doc])* $kind,)+
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// The stored text.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $text,)+
                }
            }

            /// The ways it can end.
            pub fn outcomes(self) -> &'static [Outcome] {
                match self {
                    $(Self::$kind => &[$(Outcome::$outcome),+],)+
                }
            }
        }
    };
}

kinds! {
    /// A browser was signed in.
    SignIn, "sign-in", [Done, Refused, Delayed];
    /// A browser signed itself out.
    SignOut, "sign-out", [Done];
    /// "Confirm it's you" was answered.
    Confirm, "confirm", [Done, Refused];
    /// One session, or all others, ended from the Sessions page.
    SessionsEnded, "sessions-ended", [Done];
    /// A remembered browser was forgotten from the Sessions page.
    BrowserForgotten, "browser-forgotten", [Done];
    /// The portal password was changed by its owner.
    PasswordChange, "password-change", [Done];
    /// A portal password was set by an administrator or at the console.
    PasswordSet, "password-set", [Done, Refused];
    /// A reset link was asked for at the sign-in page, for somebody or for an address that nobody has.
    ResetRequest, "reset-request", [Done, Refused, Delayed];
    /// Somebody was sent a reset link by an administrator or at the console.
    ResetLinkSent, "reset-link-sent", [Done, Refused];
    /// A portal password was set with a reset link.
    PasswordReset, "password-reset", [Done, Refused];
    /// Someone's sessions were ended by an administrator or at the console.
    SignedOut, "signed-out", [Done, Refused];
    /// Someone may not sign in any more.
    UserDisable, "user-disable", [Done, Refused];
    /// Someone may sign in again.
    UserEnable, "user-enable", [Done, Refused];
    /// A page was asked for that a role does not open.
    Forbidden, "forbidden", [Refused];
    /// Name or time zone changed.
    ProfileChange, "profile-change", [Done];
    /// A mail that asks to confirm a new e-mail address was sent.
    EmailAsk, "email-ask", [Done];
    /// A change of the e-mail address that waited was taken back.
    EmailCancel, "email-cancel", [Done];
    /// An e-mail address was confirmed, and is on file.
    EmailChange, "email-change", [Done, Refused];
    /// The e-mail address was removed.
    EmailRemove, "email-remove", [Done];
    /// "This wasn't me": what a mail reported was undone.
    NotMe, "not-me", [Done, Refused];
    /// The provider's own account and its first operator were made.
    PortalSetUp, "portal-set-up", [Done];
    /// An account was added.
    AccountAdd, "account-add", [Done];
    /// The phones of an account prove their SIP password with another digest.
    AccountSipAlgorithm, "account-sip-algorithm", [Done];
    /// An account may have another number of phones.
    AccountMaxPhones, "account-max-phones", [Done];
    /// A user was added.
    UserAdd, "user-add", [Done];
    /// A user was sent another invitation to choose the first password.
    Invitation, "invitation", [Done, Refused];
    /// A slip was printed with which a user chooses a password.
    SetUpSlip, "setup-slip", [Done, Refused];
    /// A user chose a password with an invitation or a set-up slip.
    PasswordSetUp, "password-set-up", [Done, Refused];
    /// A user was removed, with their phones.
    UserRemove, "user-remove", [Done, Refused];
    /// The key file has a new key, which opens.
    KeyAdd, "key-add", [Done];
    /// Another key seals from now on.
    KeyUse, "key-use", [Done];
    /// Nothing is sealed with a key any more, and it is taken out of the key file.
    KeyRetire, "key-retire", [Done];
    /// A copy of the whole database was made.
    Backup, "backup", [Done];
    /// A copy became the database; sessions, links and what waited in it are over.
    Restore, "restore", [Done];
    /// An operator had a mail tried again.
    MailRetry, "mail-retry", [Done];
    /// A phone was added.
    PhoneAdd, "phone-add", [Done];
    /// A phone was given a new SIP password.
    PhoneRotate, "phone-rotate", [Done];
    /// A phone was given a new SIP password in a set-up link.
    PhoneSetUp, "phone-set-up", [Done];
    /// A set-up link was fetched for the first time, whoever has it.
    PhoneSetUpFetched, "phone-set-up-fetched", [Done];
    /// A phone's registrations were ended, and with `blocked` it may not register again.
    PhoneDisconnect, "phone-disconnect", [Done];
    /// A phone that was blocked may register again.
    PhoneAllow, "phone-allow", [Done];
    /// The owner of a phone is mailed about it from now on, or not any more.
    PhoneNotices, "phone-notices", [Done];
    /// A phone was removed.
    PhoneRemove, "phone-remove", [Done];
    /// Somebody tried to do something to a phone that is not theirs to change.
    PhoneAct, "phone-act", [Refused];
    /// A phone tried to register an address of record that is not its own.
    PhoneWrongAddress, "phone-wrong-address", [Refused];
    /// A phone registered from a network that it never was in.
    PhoneNewNetwork, "phone-new-network", [Done];
    /// The SIP password of a phone was used for a request while the phone was not registered.
    PhoneNotRegistered, "phone-not-registered", [Done];
    /// Wrong SIP passwords for a phone, told once a window.
    PhoneRefused, "phone-refused", [Refused, Delayed];
    /// The phones of an account were written out for another SIP server, with the hashes of their SIP passwords.
    Export, "export", [Done];
    /// An operator answered a suggestion about an article.
    SuggestionAnswer, "suggestion-answer", [Done];
    /// An operator was done with a suggestion about an article.
    SuggestionDone, "suggestion-done", [Done];
    /// An operator opened a suggestion again that was done.
    SuggestionReopen, "suggestion-reopen", [Done];
    /// Votes or suggestions about articles were written out.
    FeedbackExport, "feedback-export", [Done];
    /// Somebody asked as another SIP server and could not prove it, told once in ten minutes.
    SipServerRefused, "sip-server-refused", [Refused, Delayed];
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was refused.
    Refused,
    /// It was refused, and further tries wait.
    Delayed,
}

impl Outcome {
    /// The stored text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Delayed => "delayed",
        }
    }
}

/// One event. Never holds a secret; `detail` holds numbers and names of ours, no text of a stranger's.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    /// What happened.
    pub kind: Kind,
    /// How it ended.
    pub outcome: Outcome,
    /// The account it happened in; none for a name that nobody has.
    pub account: Option<&'a AccountId>,
    /// Who did it.
    pub actor: Option<&'a UserId>,
    /// Whom it was done to.
    pub subject: Option<&'a UserId>,
    /// The session it was done in.
    pub session: Option<&'a SessionId>,
    /// Where it came from.
    pub address: Option<IpAddr>,
    /// More, as a JSON object.
    pub detail: serde_json::Value,
}

impl<'a> Event<'a> {
    /// What a command on the provider's own machine did. `detail` is a JSON object without secrets.
    pub fn of_console(
        kind: Kind,
        account: Option<&'a AccountId>,
        subject: Option<&'a UserId>,
        mut detail: serde_json::Value,
    ) -> Self {
        detail["by"] = "console".into();
        Self {
            kind,
            outcome: Outcome::Done,
            account,
            actor: None,
            subject,
            session: None,
            address: None,
            detail,
        }
    }

    /// The bytes under the MAC.
    pub(super) fn canonical(&self, id: &str, at: i64) -> Vec<u8> {
        let at = at.to_string();
        let address = self.address.map(|address| address.to_string()).unwrap_or_default();
        let detail = self.detail.to_string();
        let fields = [
            id,
            &at,
            self.account.map_or("", AccountId::as_str),
            self.kind.as_str(),
            self.outcome.as_str(),
            self.actor.map_or("", UserId::as_str),
            self.subject.map_or("", UserId::as_str),
            self.session.map_or("", SessionId::as_str),
            &address,
            &detail,
        ];
        framed(&fields.map(str::as_bytes))
    }
}
