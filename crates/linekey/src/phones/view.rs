//! How a phone is shown: its state in a word, a dot and a sentence.

use crate::app::App;
use crate::clock::Millis;
use crate::users::Role;

/// What is known of a phone at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// At least one registration has not expired.
    Registered,
    /// It is registered, and does not answer what is sent to it.
    Silent,
    /// It was registered once.
    Offline,
    /// It never was.
    NeverConnected,
    /// It is not registered, and asks with the SIP password it had before.
    Outdated,
    /// It may not register.
    Blocked,
    /// No registrar runs here (`sip.mode = "off"`), so nobody can say.
    NotKnown,
}

impl State {
    /// Whether it has a registration, be it one where it does not answer.
    pub fn is_registered(self) -> bool {
        matches!(self, Self::Registered | Self::Silent)
    }

    /// The class of the dot: `registered`, `silent`, `offline`, `never`, `outdated`, `blocked`, `unknown`.
    pub fn class(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Silent => "silent",
            Self::Offline => "offline",
            Self::NeverConnected => "never",
            Self::Outdated => "outdated",
            Self::Blocked => "blocked",
            Self::NotKnown => "unknown",
        }
    }
}

/// One phone on a page.
#[derive(Clone, Debug)]
pub struct PhoneView {
    /// For its URL, `/phones/{id}`.
    pub id: String,
    /// `Desk`
    pub label: String,
    /// `201`
    pub extension: Option<String>,
    /// `ann-desk@acme.example`
    pub address_of_record: String,
    /// For the dot.
    pub state: State,
    /// `Registered now, since Monday 08:02` or `Offline since Tuesday 17:40`.
    pub state_text: String,
    /// The moment of `state_text`, exact, in UTC, for the tooltip: `2026-11-23 08:02:11 UTC`.
    pub state_at: Option<String>,
    /// `Yealink T46U at 203.0.113.7`
    pub seen_text: Option<String>,
    /// From when to when its registrations are, those that ended last included, as far as they lie behind.
    pub spans: Vec<(Millis, Millis)>,
    /// Whether its owner is mailed when it is offline.
    pub has_notices: bool,
    /// While two SIP passwords are good: which it uses, and until when the old one is.
    pub overlap_text: Option<String>,
    /// While a set-up link waits for it: until when that works, and whether anybody opened it.
    pub link_text: Option<String>,
}

/// What becomes of the phones: nothing, said so that it is true of those that are not registered too.
pub fn stays_text(app: &App, role: Role, phones: &[PhoneView]) -> String {
    let registered = phones.iter().filter(|phone| phone.state.is_registered()).count();
    match phones.len() {
        // The provider's staff have no phones here, and are told of none.
        0 if role == Role::Operator => String::new(),
        0 => app.words.say("effect-phones-none"),
        count if count == registered => app.words.say_with("effect-phones-all", "count", count),
        count => {
            let arguments = [("count", count.into()), ("registered", registered.into())];
            app.words.say_all("effect-phones", arguments)
        }
    }
}
