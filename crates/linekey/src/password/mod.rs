//! Portal passwords: the rules, the hash, and the one place that sets one.
//!
//! Never touches a phone: SIP passwords are `phones`'s. Proving a password at the door is `sign_in`'s.

pub mod add_user;
#[cfg(all(test, feature = "outside"))]
mod browser_tests;
pub mod by_link;
pub mod change;
pub mod common;
#[cfg(test)]
mod confirming_tests;
pub mod hash;
pub mod names;
pub mod not_me;
#[cfg(test)]
mod not_me_tests;
pub mod pages;
pub mod pending;
pub mod prepare;
pub mod reset;
pub mod rules;
pub mod set;
pub mod set_for_user;
#[cfg(test)]
mod set_for_user_tests;
pub mod set_up;
mod store;
pub mod strength;
pub mod suggest;
#[cfg(test)]
mod tests;
pub mod typed;

pub use set::rehash;
pub use store::{hash_at, hold, hold_later};
