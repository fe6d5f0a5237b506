//! Codes that are typed instead of following a link.

use std::fmt;

use zeroize::Zeroizing;

use super::Purpose;
use crate::app::App;
use crate::keys::{self, Proof};
use crate::random::Random;

/// What codes are written in: digits and capitals without those that look alike (0 O, 1 I L, U V).
const ALPHABET: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";

/// How long a code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// `XXXX-XXXX`, 39 bits: for minutes, a few tries, and one browser.
    Short,
    /// `XXXXX-XXXXX-XXXXX-XXXXX`, 98 bits: for days.
    Long,
}

/// A code, in groups with dashes between them.
pub struct Code(Zeroizing<String>);

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(***)")
    }
}

impl Code {
    pub(super) fn new(random: &Random, size: Size) -> Self {
        let (groups, length) = match size {
            Size::Short => (2, 4),
            Size::Long => (4, 5),
        };
        // A string that had to grow would leave copies behind.
        let mut text = Zeroizing::new(String::with_capacity(groups * (length + 1)));
        for group in 0..groups {
            if group > 0 {
                text.push('-');
            }
            for _ in 0..length {
                text.push(letter(random));
            }
        }
        Self(text)
    }

    /// One that looks as those of `size` do, alike each time.
    pub(super) fn sample(size: Size) -> Self {
        let text = match size {
            Size::Short => "7KQM-3XTA",
            Size::Long => "7KQM3-XTA9B-CD2EF-GH4JK",
        };
        Self(Zeroizing::new(text.to_owned()))
    }

    /// With its dashes, as it is shown.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(super) fn mac(&self, app: &App, purpose: Purpose) -> Vec<u8> {
        app.keys
            .mac(keys::Purpose::LinkCode, &message(purpose, &canonical(&self.0)))
    }
}

/// One of the alphabet, each as likely as the others.
fn letter(random: &Random) -> char {
    loop {
        let [byte] = random.bytes::<1>();
        // 240 is the largest multiple of 30 in a byte.
        if byte < 240 {
            return char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]);
        }
    }
}

/// What was typed, in capitals and without what people put between: `abcd efgh` is `ABCD-EFGH`.
pub(super) fn canonical(typed: &str) -> Zeroizing<String> {
    let letters = typed.chars().filter(char::is_ascii_alphanumeric).take(40);
    Zeroizing::new(letters.map(|letter| letter.to_ascii_uppercase()).collect())
}

/// Whether `canonical` is the code that `mac` was made of. In constant time.
pub(super) fn is_it(app: &App, purpose: Purpose, canonical: &str, mac: &[u8]) -> bool {
    let message = message(purpose, canonical);
    app.keys.verify_mac(keys::Purpose::LinkCode, &message, mac) == Proof::Right
}

fn message(purpose: Purpose, canonical: &str) -> Zeroizing<Vec<u8>> {
    Zeroizing::new([purpose.as_str().as_bytes(), b"\0", canonical.as_bytes()].concat())
}
