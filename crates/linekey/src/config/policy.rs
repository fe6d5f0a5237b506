//! The password policies a portal can choose. What each of them demands is said in `password/rules.rs`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which rules hold in a portal or an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// 8 characters with lower and upper case.
    #[default]
    Classic,
    /// The classic rules, or 15 characters of anything.
    Balanced,
    /// 15 characters of anything: the only profile that follows OWASP ASVS and NIST SP 800-63B.
    Standards,
}

/// A profile of another name than `classic`, `balanced` and `standards`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the password policy is one of: classic, balanced, standards")]
pub struct UnknownProfile;

impl Profile {
    /// Every profile, the most lenient first.
    pub const ALL: [Self; 3] = [Self::Classic, Self::Balanced, Self::Standards];

    /// The name in configuration, database and API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Balanced => "balanced",
            Self::Standards => "standards",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(name: &str) -> Result<Self, UnknownProfile> {
        Self::ALL
            .into_iter()
            .find(|profile| profile.name() == name)
            .ok_or(UnknownProfile)
    }
}
