//! The three hash functions and their spelling on the wire.

use md5::{Digest, Md5};
use sha2::{Sha256, Sha512_256};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// A digest algorithm of RFC 8760. The `-sess` variants are not offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// `MD5`: what every phone can do.
    Md5,
    /// `SHA-256`.
    Sha256,
    /// `SHA-512-256`: SHA-512/256, not a truncated SHA-512.
    Sha512_256,
}

impl Algorithm {
    /// All of them, in the order in which a [`super::Ha1Set`] holds them.
    pub const ALL: [Self; 3] = [Self::Md5, Self::Sha256, Self::Sha512_256];

    /// The token of the `algorithm` parameter.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
            Self::Sha512_256 => "SHA-512-256",
        }
    }

    /// Reads the token, in any case (RFC 7616 section 3.3).
    #[must_use]
    pub fn parse(token: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.as_str().eq_ignore_ascii_case(token))
    }

    /// Bytes of one hash.
    #[must_use]
    pub const fn size(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha256 | Self::Sha512_256 => 32,
        }
    }

    /// The hash of the parts joined by colons, in hexadecimal.
    pub(super) fn hash_joined(self, parts: &[&str]) -> HexHash {
        let mut raw = self.raw_joined(parts);
        let hex = HexHash::of(raw.get(..self.size()).unwrap_or(&[]));
        raw.zeroize();
        hex
    }

    /// The hash of the parts joined by colons; only the first [`Algorithm::size`] bytes count.
    pub(super) fn raw_joined(self, parts: &[&str]) -> [u8; 32] {
        match self {
            Self::Md5 => joined::<Md5>(parts),
            Self::Sha256 => joined::<Sha256>(parts),
            Self::Sha512_256 => joined::<Sha512_256>(parts),
        }
    }
}

fn joined<D: Digest>(parts: &[&str]) -> [u8; 32] {
    let mut hasher = D::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            hasher.update(b":");
        }
        hasher.update(part.as_bytes());
    }
    let mut raw = [0; 32];
    for (to, from) in raw.iter_mut().zip(hasher.finalize().iter()) {
        *to = *from;
    }
    raw
}

/// A hash in lower case hexadecimal, on the stack and wiped on drop: an HA1 is
/// password-equivalent in this form too.
pub(super) struct HexHash {
    text: [u8; 64],
    length: usize,
}

impl HexHash {
    pub(super) fn of(raw: &[u8]) -> Self {
        let mut text = [0; 64];
        let length = (raw.len() * 2).min(text.len());
        let raw = raw.get(..length / 2).unwrap_or(&[]);
        if let Some(room) = text.get_mut(..length) {
            data_encoding::HEXLOWER.encode_mut(raw, room);
        }
        Self { text, length }
    }

    /// What somebody typed as such a hash. A text that is longer keeps its length, and so equals none.
    pub(super) fn typed(typed: &str) -> Self {
        let mut text = [0; 64];
        for (to, from) in text.iter_mut().zip(typed.bytes()) {
            *to = from.to_ascii_lowercase();
        }
        Self {
            text,
            length: typed.len(),
        }
    }

    /// Whether the two are the same; takes the same time wherever they differ.
    pub(super) fn equals(&self, other: &Self) -> bool {
        self.length == other.length && bool::from(self.text.ct_eq(&other.text))
    }

    pub(super) fn as_str(&self) -> &str {
        let text = self.text.get(..self.length).unwrap_or(&[]);
        std::str::from_utf8(text).unwrap_or("")
    }
}

impl Drop for HexHash {
    fn drop(&mut self) {
        self.text.zeroize();
    }
}
