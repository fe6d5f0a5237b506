//! Phones: desk phones and softphones, each with a SIP password of its own that no change of a portal password touches.
//!
//! Owns adding a phone, sealing its hashes, answering the registrar, and how a phone's state is shown.

mod binding;
#[cfg(all(test, feature = "outside"))]
mod browser_tests;
pub mod create;
pub mod create_for;
mod events;
pub mod live;
pub mod pages;
pub mod registrar;
pub mod remove;
pub mod reseal;
mod sealed;
mod store;
#[cfg(test)]
mod tests;
pub mod view;

pub use sealed::{equals_sip_password, newest_opens};
