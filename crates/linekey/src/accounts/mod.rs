//! Accounts: the customer organisations of the provider, and the provider's own.
//!
//! Owns making one, its names and domains, how many phones it may have, which of them is the provider's, and the operators' list of them.

pub mod add;
pub mod create;
pub mod domain;
pub mod find;
pub mod max_phones;
pub mod name;
pub mod pages;
pub mod sip_algorithm;
mod store;
#[cfg(test)]
mod tests;

pub use store::{
    Counted, Named, all, by_domain, hold, max_phones_of, named, provider_domain, set_max_phones, set_provider,
    sip_domain_of, sip_domains,
};
