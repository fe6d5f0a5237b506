//! Digest authentication, as pure functions (RFC 2617, RFC 7616, RFC 8760).
//!
//! Owns: the three algorithms, HA1 in both name forms, the response of a phone, and reading an
//! `Authorization` value. Owns neither nonces nor any decision.

mod authorization;
mod ha1;
mod hash;
#[cfg(test)]
mod vectors;

pub use authorization::{Authorization, parse_authorization};
pub(crate) use authorization::{is_token, parameters};
pub use ha1::{HA1_BLOB_BYTES, Ha1, Ha1Set, NameForm};
pub use hash::Algorithm;

use hash::HexHash;

/// The parts of a digest that are not secret, as they were sent.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The method of the request, `REGISTER`.
    pub method: &'a str,
    /// The `uri` parameter as sent, not the Request-URI.
    pub uri: &'a str,
    /// The nonce.
    pub nonce: &'a str,
    /// The nonce count as sent: eight hexadecimal digits.
    pub nc: &'a str,
    /// The client nonce as sent.
    pub cnonce: &'a str,
}

/// The response that proves knowledge of `ha1`, `qop=auth` (RFC 7616 section 3.4.1), in lower case
/// hexadecimal.
#[must_use]
pub fn response(algorithm: Algorithm, ha1: &Ha1, asked: &Asked<'_>) -> String {
    response_hash(algorithm, ha1, asked).as_str().to_owned()
}

/// Whether `typed` is the right response. Takes the same time wherever the two differ.
#[must_use]
pub fn verify(algorithm: Algorithm, ha1: &Ha1, asked: &Asked<'_>, typed: &str) -> bool {
    let right = response_hash(algorithm, ha1, asked);
    right.equals(&HexHash::typed(typed))
}

/// The same for a phone that knows no `qop`, as RFC 2069 has it: neither `nc` nor `cnonce` is in the response.
#[must_use]
pub fn verify_without_qop(algorithm: Algorithm, ha1: &Ha1, asked: &Asked<'_>, typed: &str) -> bool {
    let ha2 = algorithm.hash_joined(&[asked.method, asked.uri]);
    let right = algorithm.hash_joined(&[ha1.to_hex().as_str(), asked.nonce, ha2.as_str()]);
    right.equals(&HexHash::typed(typed))
}

fn response_hash(algorithm: Algorithm, ha1: &Ha1, asked: &Asked<'_>) -> HexHash {
    let ha2 = algorithm.hash_joined(&[asked.method, asked.uri]);
    let ha1 = ha1.to_hex();
    algorithm.hash_joined(&[ha1.as_str(), asked.nonce, asked.nc, asked.cnonce, "auth", ha2.as_str()])
}
