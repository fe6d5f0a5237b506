//! All kinds of events. The text of a kind is stored for years: it never changes.

use std::net::IpAddr;

use crate::ids::{AccountId, SessionId, UserId};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A browser was signed in.
    SignIn,
    /// A browser signed itself out.
    SignOut,
    /// "Confirm it's you" was answered.
    Confirm,
    /// One session, or all others, ended from the Sessions page.
    SessionsEnded,
    /// The portal password was changed by its owner.
    PasswordChange,
    /// Name or time zone changed.
    ProfileChange,
    /// A phone was added.
    PhoneAdd,
    /// A phone tried to register an address of record that is not its own.
    PhoneWrongAddress,
    /// Wrong SIP passwords for a phone, told once a window.
    PhoneRefused,
}

impl Kind {
    /// The stored text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::SignOut => "sign-out",
            Self::Confirm => "confirm",
            Self::SessionsEnded => "sessions-ended",
            Self::PasswordChange => "password-change",
            Self::ProfileChange => "profile-change",
            Self::PhoneAdd => "phone-add",
            Self::PhoneWrongAddress => "phone-wrong-address",
            Self::PhoneRefused => "phone-refused",
        }
    }
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

impl Event<'_> {
    /// The bytes under the MAC: every field in order, each with its length in front.
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
        let mut bytes = Vec::new();
        for field in fields {
            bytes.extend_from_slice(field.len().to_string().as_bytes());
            bytes.push(b':');
            bytes.extend_from_slice(field.as_bytes());
        }
        bytes
    }
}
