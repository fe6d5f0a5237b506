//! Names that people give to accounts, to people and to phones: shown everywhere, so they must not deceive.

pub use crate::words::is_hidden;

/// What is wrong with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is none.
    Empty,
    /// Longer than the most characters.
    TooLong,
    /// Control characters, line ends, or marks that turn the direction of writing around: the name would look like
    /// another one.
    Characters,
}

/// What is wrong with `name`, already trimmed, if anything; `most` is in characters.
pub fn refusal(name: &str, most: usize) -> Option<Refusal> {
    if name.is_empty() {
        Some(Refusal::Empty)
    } else if name.chars().count() > most {
        Some(Refusal::TooLong)
    } else if name.chars().any(is_hidden) || !name.chars().any(is_seen) {
        Some(Refusal::Characters)
    } else {
        None
    }
}

/// Whether a character leaves a mark of its own.
fn is_seen(c: char) -> bool {
    !(c.is_whitespace() || matches!(c, '\u{200c}' | '\u{200d}' | '\u{2800}' | '\u{fe00}'..='\u{fe0f}'))
}
