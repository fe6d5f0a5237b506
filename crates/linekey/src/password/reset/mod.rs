//! A lost password: asked for by e-mail, answered with a link and a code, and replaced by whoever holds one of them.
//!
//! Owns the queue of those who asked, whom a request means, and what a reset link is good for. The links themselves are
//! `links`'s, the mail is `mail`'s, and the password is set where every other is: in `set`. Nobody is signed in here,
//! and what failed sign-ins cost stays as it is.

pub mod pages;
pub mod redeem;
#[cfg(test)]
pub(crate) mod tests;
