//! Stories told over real sockets: bytes in, bytes out. The clock is moved by hand.
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod client;
mod contacts;
mod equal_refusals;
mod extensions;
mod flood;
mod keeping;
mod lossy;
mod mutants;
#[cfg(feature = "outside")]
mod outside;
mod pings;
mod pipe;
mod proving;
#[cfg(feature = "outside")]
mod scanners;
mod streams;
mod support;
mod tls;
mod torture;
mod wire;
