//! Names that people give to accounts, to people and to phones: shown everywhere, so they must not deceive.

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
    } else if name.chars().any(is_hidden) {
        Some(Refusal::Characters)
    } else {
        None
    }
}

/// Whether a character has no place in a name: control characters, separators of lines, spaces that nobody sees, and
/// marks that turn the direction of what follows (UAX #9), which make one name look like another. The joiners stay:
/// Persian and the scripts of India are written with them.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
        || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
