//! The names a password must not contain, and how text is compared without regard to case.
//!
//! Owns the comparison. Which names there are, and that containing one is refused, is said in `rules`.

use zeroize::Zeroizing;

/// Names of fewer code points than this are ignored: forbidding "Al" would forbid half of all passwords.
const SHORTEST_NAME: usize = 4;

/// Whose password it is. Empty fields are ignored.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// The part of the sign-in name before `@`.
    pub user_name: String,
    /// The name they sign in with.
    pub sign_in_name: String,
    /// Their address; only its local part counts.
    pub email: String,
    /// The customer organisation's name.
    pub account_name: String,
    /// The account's domain; it counts as a whole, and its first label by itself.
    pub domain: String,
    /// The provider's brand.
    pub brand: String,
}

impl About {
    /// Whether `text` (in NFC) contains one of the names, without regard to case and separators. A name of digits
    /// only is found if it is the whole text, as every third phone number would contain `1001`.
    pub(super) fn found_in(&self, text: &str) -> bool {
        let text = without_separators(text);
        self.names().any(|name| {
            let name = without_separators(name);
            if name.chars().all(char::is_numeric) {
                *text == *name
            } else {
                text.contains(name.as_str())
            }
        })
    }

    /// The names that count, as they are written.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let local_part = self
            .email
            .rsplit_once('@')
            .map_or(self.email.as_str(), |(local_part, _)| local_part);
        let first_label = self.domain.split('.').next().unwrap_or_default();
        [
            &self.user_name,
            &self.sign_in_name,
            local_part,
            &self.account_name,
            &self.domain,
            first_label,
            &self.brand,
        ]
        .into_iter()
        .filter(|name| without_separators(name).chars().count() >= SHORTEST_NAME)
    }
}

/// `text` folded, with letters and digits only: `Ann-Marie O'Hara` and `annmarieohara` are one name.
fn without_separators(text: &str) -> Zeroizing<String> {
    let mut bare = fold(text);
    bare.retain(char::is_alphanumeric);
    bare
}

/// `text` without differences of case, as Unicode's full case folding does it (`ß` and `SS`, `σ` and `ς` and `Σ`, and
/// also `ı` and `I` are the same): each character's lower case of the upper case of the lower case.
pub(super) fn fold(text: &str) -> Zeroizing<String> {
    // No character's folding is more than three times as long. A string that had to grow would leave copies behind.
    let mut folded = Zeroizing::new(String::with_capacity(3 * text.len()));
    let lower = text.chars().flat_map(char::to_lowercase);
    folded.extend(lower.flat_map(char::to_uppercase).flat_map(char::to_lowercase));
    folded
}
