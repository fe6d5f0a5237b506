//! Users: the people of an account.
//!
//! Owns roles, names, the profile, making a user, and who may do what to whom. Passwords are in `password`, sessions in
//! `sessions`.

pub mod act;
pub mod actor;
pub mod add;
#[cfg(all(test, feature = "outside"))]
mod adding_browser_tests;
#[cfg(test)]
mod adding_tests;
#[cfg(test)]
mod administration_tests;
#[cfg(all(test, feature = "outside"))]
mod browser_tests;
pub mod create;
pub mod email;
pub mod find;
#[cfg(test)]
mod hostile_tests;
pub mod invite;
#[cfg(test)]
mod museum_tests;
pub mod name;
pub mod operate;
pub mod pages;
pub mod permissions;
pub mod profile;
pub mod prove_email;
pub mod remove;
pub mod retry_mail;
pub mod set_up_slip;
mod store;
mod subject;
#[cfg(test)]
mod tests;

pub use actor::Actor;
pub use store::{
    Among, Candidate, InAccount, MOST_ASKED, by_sign_in_name, count_of_account, hold, hold_row, in_accounts,
    note_first_browser, note_new_browser, set_disabled,
};
pub use subject::{Subject, by_full_name, find as subject, find_in as subject_in};

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

    /// What someone of this role types to sign in: `ann@acme.example`, an operator's bare name.
    pub fn sign_in_name(self, name: &str, domain: &str) -> String {
        match self {
            Self::Operator => name.to_owned(),
            Self::User | Self::Administrator => format!("{name}@{domain}"),
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
