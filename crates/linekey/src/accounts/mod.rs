//! Accounts: the customer organisations of the provider, and the provider's own.
//!
//! Owns making one, its names and domains, which of them is the provider's, and the operators' list of them.

pub mod add;
pub mod create;
pub mod domain;
pub mod find;
pub mod name;
pub mod pages;
pub mod sip_algorithm;
mod store;
#[cfg(test)]
mod tests;

pub use store::{
    Counted, Named, all, by_domain, hold, named, provider_domain, set_provider, sip_domain_of, sip_domains,
};
