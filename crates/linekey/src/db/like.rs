//! The form in which texts are compared and searched for, and patterns for `like .. escape '!'`.

use unicode_normalization::UnicodeNormalization;

/// What is searched for is cut after so many characters; no name is longer.
const LONGEST: usize = 100;

/// NFC and lower case, for comparison only; what people wrote is kept and shown as they wrote it.
pub fn canonical(text: &str) -> String {
    text.nfc().collect::<String>().to_lowercase().nfc().collect()
}

/// What was typed, NFC and lower case, anywhere in a text that is kept so.
pub fn anywhere(text: &str) -> String {
    let text: String = text.trim().chars().take(LONGEST).collect();
    let mut pattern = "%".to_owned();
    for c in canonical(&text).chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::anywhere;

    #[test]
    fn what_is_typed_is_looked_for_as_it_is() {
        assert_eq!(anywhere(""), "%%");
        assert_eq!(anywhere("  Ann "), "%ann%");
        assert_eq!(anywhere("50%_!"), "%50!%!_!!%");
        assert_eq!(anywhere(&"x".repeat(500_000)).len(), 102);
    }
}
