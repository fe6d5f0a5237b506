//! The provider: whoever runs the portal.
//!
//! Owns what a portal begins with (the provider's own account and its first operator, the files) and the change of keys.

pub mod files;
pub mod keys;
pub mod set_up;
#[cfg(test)]
mod tests;
