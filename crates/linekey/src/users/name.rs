//! Sign-in names and addresses, in the form in which they are compared.

pub use crate::db::like::canonical;

/// The longest name that is looked at, in bytes; every name that exists is shorter.
const LONGEST: usize = 320;

/// A sign-in name as typed, ready to be looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedName {
    /// Trimmed, NFC, lower case. Compatibility forms stay apart: a full-width `ａnn` is not `ann`.
    pub canonical: String,
}

impl TypedName {
    /// Of whatever was typed. What no name can be, such as empty or endless text, is a name that nobody has.
    pub fn new(typed: &str) -> Self {
        let typed = typed.trim();
        let canonical = if typed.len() > LONGEST {
            String::new()
        } else {
            canonical(typed)
        };
        Self { canonical }
    }

    /// The name and the account's domain, if an `@` parts them.
    pub fn parts(&self) -> (&str, Option<&str>) {
        match self.canonical.rsplit_once('@') {
            Some((name, domain)) => (name, Some(domain)),
            None => (&self.canonical, None),
        }
    }
}
