//! Stories told over real sockets: bytes in, bytes out. The clock is moved by hand.
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod client;
mod contacts;
mod equal_refusals;
mod flood;
mod keeping;
mod mutants;
#[cfg(feature = "outside")]
mod outside;
mod pipe;
mod proving;
mod streams;
mod support;
mod tls;
mod wire;
