//! Users: the people of an account.
//!
//! Owns roles, names, the profile and making a user. Passwords are in `password`, sessions in `sessions`.

pub mod create;
pub mod name;
pub mod pages;
pub mod profile;
mod store;
#[cfg(test)]
mod tests;

pub use store::{Candidate, by_sign_in_name, count_of_account, hold};

use serde::{Deserialize, Serialize};

/// What someone may do, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Their own password, sessions and phones.
    User,
    /// The people of their own account.
    Administrator,
    /// The provider's staff.
    Operator,
}

impl Role {
    /// The stored text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Administrator => "administrator",
            Self::Operator => "operator",
        }
    }
}

/// A stored role that is none of ours.
#[derive(Debug, thiserror::Error)]
#[error("there is no role {0}")]
pub struct UnknownRole(String);

impl TryFrom<String> for Role {
    type Error = UnknownRole;

    fn try_from(stored: String) -> Result<Self, UnknownRole> {
        [Self::User, Self::Administrator, Self::Operator]
            .into_iter()
            .find(|role| role.as_str() == stored)
            .ok_or(UnknownRole(stored))
    }
}
