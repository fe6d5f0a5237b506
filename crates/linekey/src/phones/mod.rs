//! Phones: desk phones and softphones, each with a SIP password of its own that no change of a portal password touches.
//!
//! Owns adding a phone, sealing its hashes, answering the registrar and FreeSWITCH, and how a phone's
//! state is shown.

pub mod act;
#[cfg(test)]
mod administration_tests;
#[cfg(test)]
mod algorithm_tests;
mod binding;
#[cfg(all(test, feature = "outside"))]
mod browser_tests;
pub mod by_heart;
pub mod certificate;
#[cfg(test)]
mod copies_tests;
pub mod create;
pub mod create_for;
pub mod disconnect;
mod events;
pub mod freeswitch;
pub mod history;
#[cfg(test)]
mod history_tests;
pub mod kamailio;
#[cfg(test)]
mod limit_tests;
pub mod live;
pub mod notices;
#[cfg(test)]
mod notices_tests;
pub mod of_account;
mod orders;
mod overlap;
pub mod pages;
pub mod provision;
pub mod reached;
#[cfg(all(test, feature = "outside"))]
mod real_tests;
pub mod registrar;
pub mod remove;
pub mod reseal;
pub mod rotate;
#[cfg(test)]
mod rotation_tests;
mod rows;
mod sealed;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod transport_tests;
pub mod usable;
pub mod view;

pub use sealed::{equals_sip_password, newest_opens};
