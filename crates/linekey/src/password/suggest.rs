//! Suggests a passphrase for whoever would rather not think of a password.
//!
//! Owns the words and the choice among them. That a suggestion is accepted is asked of `rules`, not assumed.

use zeroize::Zeroizing;

use super::names::About;
use super::rules::{Profile, check};
use super::typed::TypedPassword;

/// EFF's long list, one word a line, CC BY 3.0 US: see `eff-long-words.LICENCE.md`.
const WORDS: &str = include_str!("eff-long-words.txt");
/// Lines of [`WORDS`]: five dice.
const WORD_COUNT: usize = 7_776;
/// Words of a suggestion. Five make 64 bits: more than a stolen hash can be asked for, and still quick to type.
pub const LENGTH: usize = 5;
/// Suggestions drawn before giving up.
const DRAWS: usize = 100;

/// Five words with capital initials and hyphens between them, such as `Trodden-Unpack-Halogen-Cape-Jujitsu`, that
/// `profile` accepts for the person. `random` fills a buffer with random bytes fit for secrets. The result is shown
/// once and kept nowhere.
///
/// `None` only if the rules refused a hundred in a row, which a broken source of randomness may cause.
pub fn suggest(profile: Profile, about: &About, random: &dyn Fn(&mut [u8])) -> Option<TypedPassword> {
    let words: Vec<&str> = WORDS.lines().collect();
    (0..DRAWS)
        .map(|_| draw(&words, random))
        .find(|drawn| check(profile, drawn, about).met_all())
}

fn draw(words: &[&str], random: &dyn Fn(&mut [u8])) -> TypedPassword {
    // Longer than any five words, as a string that had to grow would leave copies behind.
    let mut phrase = Zeroizing::new(String::with_capacity(64));
    for _ in 0..LENGTH {
        let word = words[number_below(WORD_COUNT, random)];
        if !phrase.is_empty() {
            phrase.push('-');
        }
        let (initial, others) = word.split_at(1);
        phrase.push_str(&initial.to_uppercase());
        phrase.push_str(others);
    }
    TypedPassword::new(std::mem::take(&mut *phrase))
}

/// A number below `limit` (at most 8,192), each as likely as the other: 13 random bits, drawn again while they are too
/// large. A remainder would favour the small numbers.
fn number_below(limit: usize, random: &dyn Fn(&mut [u8])) -> usize {
    loop {
        let mut bytes = [0; 2];
        random(&mut bytes);
        let number = usize::from(u16::from_le_bytes(bytes) & 0x1fff);
        if number < limit {
            return number;
        }
    }
}

#[cfg(test)]
#[path = "suggest_tests.rs"]
mod tests;
