//! Back up and restore: the whole database in one file, and a database of one.
//!
//! Owns the copy that is made beside a running portal, what is judged before one is believed, the exchange of the old
//! database for it, and what must not come alive again with it. The key file is in no copy. PostgreSQL brings its own
//! programs; what is left to do after those is [`settle`].

mod contents;
pub mod make;
mod place;
pub mod restore;
mod settle;
mod store;
#[cfg(test)]
mod tests;

pub use contents::Contents;
pub use settle::{Settled, settle};
