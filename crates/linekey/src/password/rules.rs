//! What a new password must be like: the one list of rules.
//!
//! The form's checklist, the `passwordrules` attribute, the answer of `check`, mails and help are all rendered from
//! [`Profile::rules`], and only [`accept`] makes a [`NewPassword`]. Rules that need a stored secret (the old password,
//! SIP passwords) are evaluated where the secrets are; only their sentences are here.

use std::fmt::{self, Write};

use zeroize::Zeroizing;

use super::common;
use super::names::{About, fold};
use super::typed::TypedPassword;
pub use crate::config::Profile;
use crate::words::Words;

/// The most code points a password may have, counted in NFC.
pub const MOST_CHARACTERS: usize = 256;
/// The most bytes of UTF-8 a password may have in NFC. No 256 code points have more; said for its own sake.
pub const MOST_BYTES: usize = 1024;
/// Code points of a password that must mix lower and upper case.
const SHORT: usize = 8;
/// Code points of a password whose length is enough.
const LONG: usize = 15;

impl Profile {
    /// The rules in the order they are shown. There are no others.
    pub fn rules(self) -> Vec<Rule> {
        let mut rules = match self {
            Self::Classic => vec![
                Rule::Length { at_least: SHORT },
                Rule::Lowercase { at_least: 1 },
                Rule::Uppercase { at_least: 1 },
            ],
            Self::Balanced => vec![Rule::MixOrLength {
                mixed: SHORT,
                any: LONG,
            }],
            Self::Standards => vec![Rule::Length { at_least: LONG }],
        };
        rules.extend([
            Rule::Common,
            Rule::Name,
            Rule::Characters {
                at_most: MOST_CHARACTERS,
            },
        ]);
        rules
    }

    /// The value of the `passwordrules` attribute, from which browsers and password managers generate passwords
    /// (Apple's syntax). It may ask for more than the rules do, never for less.
    pub fn passwordrules(self) -> String {
        let mut hint = String::new();
        for rule in self.rules() {
            match rule {
                Rule::Length { at_least: least } | Rule::MixOrLength { any: least, .. } => {
                    let _ = write!(hint, "minlength: {least}; ");
                }
                Rule::Lowercase { .. } => hint.push_str("required: lower; "),
                Rule::Uppercase { .. } => hint.push_str("required: upper; "),
                Rule::Common | Rule::Name | Rule::Characters { .. } => {}
            }
        }
        hint + "allowed: ascii-printable;"
    }
}

/// One rule, as it is shown and as it is checked. Numbers are code points in NFC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Enough characters.
    Length {
        /// So many.
        at_least: usize,
    },
    /// Enough letters with the Unicode property Lowercase.
    Lowercase {
        /// So many.
        at_least: usize,
    },
    /// Enough letters with the Unicode property Uppercase.
    Uppercase {
        /// So many.
        at_least: usize,
    },
    /// Some length with a lowercase and an uppercase letter, or more length with neither.
    MixOrLength {
        /// Characters that suffice with both cases.
        mixed: usize,
        /// Characters that suffice without.
        any: usize,
    },
    /// Not in the list of common passwords.
    Common,
    /// None of the names of [`About`] in it.
    Name,
    /// Not longer than the longest, and no control character (Unicode category Cc), line or paragraph separator:
    /// browsers drop or change those. Everything else is allowed, the invisible joiners too, for emoji and the
    /// scripts of Iran and India are written with them.
    Characters {
        /// The most characters.
        at_most: usize,
    },
}

impl Rule {
    /// The identifier in the API, and the end of the message keys.
    pub fn id(self) -> &'static str {
        match self {
            Self::Length { .. } => "length",
            Self::Lowercase { .. } => "lowercase",
            Self::Uppercase { .. } => "uppercase",
            Self::MixOrLength { .. } => "mix_or_length",
            Self::Common => "common",
            Self::Name => "name",
            Self::Characters { .. } => "characters",
        }
    }

    /// The line of the checklist, such as "At least 8 characters".
    pub fn text(self, words: &Words) -> String {
        self.say("password-rule", words)
    }

    /// The sentence at the field of a password that breaks the rule.
    pub fn refusal(self, words: &Words) -> String {
        self.say("password-refused", words)
    }

    fn say(self, kind: &str, words: &Words) -> String {
        let key = format!("{kind}-{}", self.id().replace('_', "-"));
        match self {
            Self::Length { at_least } | Self::Lowercase { at_least } | Self::Uppercase { at_least } => {
                words.say_with(&key, "least", at_least)
            }
            Self::MixOrLength { mixed, any } => words.say_all(&key, [("mixed", mixed.into()), ("any", any.into())]),
            Self::Characters { at_most } => words.say_with(&key, "most", at_most),
            Self::Common | Self::Name => words.say(&key),
        }
    }

    fn met(self, text: &str, about: &About) -> bool {
        let length = text.chars().count();
        let lowercase = text.chars().filter(|c| c.is_lowercase()).count();
        let uppercase = text.chars().filter(|c| c.is_uppercase()).count();
        match self {
            Self::Length { at_least } => length >= at_least,
            Self::Lowercase { at_least } => lowercase >= at_least,
            Self::Uppercase { at_least } => uppercase >= at_least,
            Self::MixOrLength { mixed, any } => length >= any || (length >= mixed && lowercase >= 1 && uppercase >= 1),
            Self::Common => !common::contains(&fold(text)),
            Self::Name => !about.found_in(text),
            Self::Characters { at_most } => length <= at_most && text.len() <= MOST_BYTES && !has_controls(text),
        }
    }
}

fn has_controls(text: &str) -> bool {
    text.chars()
        .any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
}

/// What the rules say of a password, in the order they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Each rule of the profile, and whether it is met.
    pub verdicts: Vec<(Rule, bool)>,
}

impl Report {
    /// Whether the password may be set, as far as can be told without stored secrets.
    pub fn met_all(&self) -> bool {
        self.verdicts.iter().all(|(_, met)| *met)
    }
}

/// Evaluates every rule of `profile`. Of input too long to be looked at only the length counts as good.
pub fn check(profile: Profile, typed: &TypedPassword, about: &About) -> Report {
    let verdict = |rule: Rule| match typed.reveal() {
        Some(text) => rule.met(text, about),
        None => matches!(rule, Rule::Length { .. } | Rule::MixOrLength { .. }),
    };
    Report {
        verdicts: profile.rules().into_iter().map(|rule| (rule, verdict(rule))).collect(),
    }
}

/// A password that met every rule of its portal or account. Only [`accept`] makes one, so nothing else can be stored.
#[derive(Clone)]
pub struct NewPassword(Zeroizing<String>);

impl NewPassword {
    /// The characters, in NFC. Never to be logged or stored.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Makes a new password of what was typed.
///
/// # Errors
/// Every reason why it may not be one, in the order of the rules; empty or too long is the only reason then.
pub fn accept(profile: Profile, typed: &TypedPassword, about: &About) -> Result<NewPassword, Vec<Refusal>> {
    let Some(text) = typed.reveal() else {
        return Err(vec![Refusal::TooLong]);
    };
    if text.is_empty() {
        return Err(vec![Refusal::Empty]);
    }
    if text.len() > MOST_BYTES || text.chars().count() > MOST_CHARACTERS {
        return Err(vec![Refusal::TooLong]);
    }
    let report = check(profile, typed, about);
    if report.met_all() {
        return Ok(NewPassword(Zeroizing::new(text.to_owned())));
    }
    Err(report
        .verdicts
        .into_iter()
        .filter(|(_, met)| !met)
        .map(|(rule, _)| Refusal::Rule(rule))
        .collect())
}

/// Why a new password was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It breaks a rule of the profile.
    Rule(Rule),
    /// Nothing was typed.
    Empty,
    /// More than [`MOST_CHARACTERS`] or [`MOST_BYTES`].
    TooLong,
    /// The two entries differ.
    Different,
    /// It is the password the user has.
    SameAsOld,
    /// It is the SIP password of one of the user's phones.
    SipPassword,
}

impl Refusal {
    /// The identifier in the API and in audit events; a broken rule has the rule's.
    pub fn id(self) -> &'static str {
        match self {
            Self::Rule(rule) => rule.id(),
            Self::Empty => "empty",
            Self::TooLong => "too_long",
            Self::Different => "different",
            Self::SameAsOld => "same_as_old",
            Self::SipPassword => "sip_password",
        }
    }

    /// The sentence at the field.
    pub fn text(self, words: &Words) -> String {
        match self {
            Self::Rule(rule) => rule.refusal(words),
            Self::TooLong => words.say_with("password-refused-too-long", "most", MOST_CHARACTERS),
            _ => words.say(&format!("password-refused-{}", self.id().replace('_', "-"))),
        }
    }

    /// The sentence for somebody who types a password for another person.
    pub fn text_for_another(self, words: &Words) -> String {
        match self {
            Self::Rule(Rule::Name) => words.say("password-refused-name-theirs"),
            Self::SameAsOld => words.say("password-refused-same-as-old-theirs"),
            Self::SipPassword => words.say("password-refused-sip-password-theirs"),
            _ => self.text(words),
        }
    }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
