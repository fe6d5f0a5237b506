//! The password that somebody chooses with an invitation or a set-up slip: their first, or another when they cannot get in.
//!
//! Owns what such a link or code is good for. Who may hand one out is `users`'s, the links themselves are `links`'s, and the
//! password is set where every other is: in `set`. Nobody is signed in here.

pub mod choose;
pub mod code;
pub mod pages;
#[cfg(test)]
mod tests;
