//! Accounts: the customer organisations of the provider.
//!
//! Owns making one. Administration of accounts comes later.

pub mod create;
mod store;

pub use store::{by_domain, sip_domains};
