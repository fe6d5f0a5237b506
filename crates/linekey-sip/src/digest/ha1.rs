//! HA1: the hash of name, realm and password that a phone's secret is stored as.

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::hash::{Algorithm, HexHash};

/// Bytes of [`Ha1Set::to_bytes`]: two name forms of 16 + 32 + 32 bytes.
pub const HA1_BLOB_BYTES: usize = 160;

/// How the phone writes its name in `Authorization`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NameForm {
    /// `name`.
    Plain,
    /// `name@sip_domain`, as some phones write it (Kamailio's `ha1b`).
    WithDomain,
}

/// One HA1. Password-equivalent: wiped on drop, never printed, compared in constant time.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Ha1 {
    bytes: [u8; 32],
    length: usize,
}

impl Ha1 {
    /// `H(username ":" realm ":" password)` (RFC 7616 section 3.4.2).
    #[must_use]
    pub fn of(algorithm: Algorithm, username: &str, realm: &str, password: &str) -> Self {
        Self {
            bytes: algorithm.raw_joined(&[username, realm, password]),
            length: algorithm.size(),
        }
    }

    /// The hash in lower case hexadecimal, as other SIP servers store it. A secret.
    #[must_use]
    pub fn reveal_hex(&self) -> String {
        self.to_hex().as_str().to_owned()
    }

    pub(super) fn to_hex(&self) -> HexHash {
        HexHash::of(self.as_bytes())
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&[])
    }
}

impl PartialEq for Ha1 {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

impl Eq for Ha1 {}

impl std::fmt::Debug for Ha1 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// The six HA1s of a phone: two name forms, three algorithms. None can be derived from another,
/// so all are made while the password is known.
#[derive(Clone, PartialEq, Eq)]
pub struct Ha1Set {
    plain: [Ha1; 3],
    with_domain: [Ha1; 3],
}

impl Ha1Set {
    /// The six hashes of a phone. The realm is the SIP domain.
    #[must_use]
    pub fn of(sip_name: &str, sip_domain: &str, password: &str) -> Self {
        let long_name = format!("{sip_name}@{sip_domain}");
        Self {
            plain: Algorithm::ALL.map(|a| Ha1::of(a, sip_name, sip_domain, password)),
            with_domain: Algorithm::ALL.map(|a| Ha1::of(a, &long_name, sip_domain, password)),
        }
    }

    /// The hash for one algorithm and name form.
    #[must_use]
    pub fn get(&self, algorithm: Algorithm, form: NameForm) -> &Ha1 {
        let [md5, sha256, sha512_256] = match form {
            NameForm::Plain => &self.plain,
            NameForm::WithDomain => &self.with_domain,
        };
        match algorithm {
            Algorithm::Md5 => md5,
            Algorithm::Sha256 => sha256,
            Algorithm::Sha512_256 => sha512_256,
        }
    }

    /// All six as one blob, to be sealed before it is stored: first the plain name's MD5, SHA-256
    /// and SHA-512-256, then the same of `name@sip_domain`. A secret.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; HA1_BLOB_BYTES] {
        let mut blob = [0; HA1_BLOB_BYTES];
        let hashes = self.plain.iter().chain(&self.with_domain);
        let bytes = hashes.flat_map(|ha1| ha1.as_bytes().iter());
        for (to, from) in blob.iter_mut().zip(bytes) {
            *to = *from;
        }
        blob
    }

    /// Reads the blob again; `None` if its length is wrong.
    #[must_use]
    pub fn from_bytes(blob: &[u8]) -> Option<Self> {
        let blob: &[u8; HA1_BLOB_BYTES] = blob.try_into().ok()?;
        let (plain, with_domain) = blob.split_at(HA1_BLOB_BYTES / 2);
        Some(Self {
            plain: three(plain)?,
            with_domain: three(with_domain)?,
        })
    }
}

fn three(bytes: &[u8]) -> Option<[Ha1; 3]> {
    let one = |from: usize, length: usize| {
        let part = bytes.get(from..from.checked_add(length)?)?;
        let mut hash = Ha1 { bytes: [0; 32], length };
        hash.bytes.get_mut(..length)?.copy_from_slice(part);
        Some(hash)
    };
    Some([one(0, 16)?, one(16, 32)?, one(48, 32)?])
}

impl std::fmt::Debug for Ha1Set {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ha1Set(***)")
    }
}
