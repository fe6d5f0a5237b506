//! Phones: desk phones and softphones, each with a SIP password of its own that no change of a portal password touches.
//!
//! Owns adding a phone, sealing its hashes, answering the registrar, and how a phone's state is shown.

pub mod act;
#[cfg(test)]
mod algorithm_tests;
mod binding;
#[cfg(all(test, feature = "outside"))]
mod browser_tests;
pub mod create;
pub mod create_for;
pub mod disconnect;
mod events;
pub mod history;
#[cfg(test)]
mod history_tests;
pub mod live;
mod orders;
pub mod pages;
pub mod registrar;
pub mod remove;
pub mod reseal;
pub mod rotate;
#[cfg(test)]
mod rotation_tests;
mod sealed;
mod store;
#[cfg(test)]
mod tests;
pub mod view;

pub use sealed::{equals_sip_password, newest_opens};
