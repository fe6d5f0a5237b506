//! What a person typed into a password field.
//!
//! Owns the one form in which passwords are compared and counted (Unicode NFC) and the bound on the work that input
//! of any size may cause. Judges nothing else: the rules are in `rules`.

use std::fmt;

use serde::Deserialize;
use unicode_normalization::{UnicodeNormalization, is_nfc};
use zeroize::Zeroizing;

/// Bytes of input that are looked at; anything longer is dropped unread, so that a megabyte costs nothing.
///
/// Three times the longest password, because NFC shortens UTF-8 text to a third of its size at most: whoever may
/// have a password may also type it decomposed, as some systems do.
pub const READ_AT_MOST: usize = 3 * super::rules::MOST_BYTES;

/// A typed password in Unicode Normalization Form C (UAX #15). It may be empty, of any length, and wrong.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
pub struct TypedPassword {
    /// `None`: it was longer than [`READ_AT_MOST`].
    text: Option<Zeroizing<String>>,
}

impl TypedPassword {
    /// Takes the characters as they came in; the copy handed in is wiped.
    pub fn new(raw: String) -> Self {
        let raw = Zeroizing::new(raw);
        if raw.len() > READ_AT_MOST {
            return Self { text: None };
        }
        if is_nfc(&raw) {
            return Self { text: Some(raw) };
        }
        // NFC makes UTF-8 text three times as long at most. A string that had to grow would leave copies behind.
        let mut text = Zeroizing::new(String::with_capacity(3 * raw.len()));
        text.extend(raw.nfc());
        Self { text: Some(text) }
    }

    /// The characters, in NFC; `None` if there were so many (over [`READ_AT_MOST`] bytes) that nobody looked at them.
    /// Never to be logged or stored.
    pub fn reveal(&self) -> Option<&str> {
        self.text.as_deref().map(String::as_str)
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.reveal() == Some("")
    }

    /// Whether two entries of the same person agree. Not in constant time: both are theirs. Two entries that are both
    /// too long to be looked at count as agreeing; the rules refuse them.
    pub fn same_as(&self, other: &Self) -> bool {
        self.reveal() == other.reveal()
    }
}

impl From<String> for TypedPassword {
    fn from(raw: String) -> Self {
        Self::new(raw)
    }
}

impl From<&str> for TypedPassword {
    fn from(raw: &str) -> Self {
        Self::new(raw.to_owned())
    }
}

impl fmt::Debug for TypedPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
