//! The key file: what turns a stolen database into nothing.
//!
//! Owns the file, the purposes derived from its keys (HKDF-SHA-256, RFC 5869), sealing (XChaCha20-Poly1305) and MACs
//! (HMAC-SHA-256). A sealed value begins with the id of its key and its nonce, and is bound to its place (table, row,
//! column): moved to another row it does not open.

mod change;
mod file;
mod follow;
mod ring;
#[cfg(test)]
mod tests;
mod token;

pub use change::{Change, Changed, NewKey};
pub use follow::{Follower, News};
pub use ring::KeyId;
pub use token::TokenKey;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::random::Random;
use ring::{ID, Key, Ring};

/// Length of XChaCha20's nonce.
const NONCE: usize = 24;

/// What a derived key is for. One purpose's key is useless for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// SIP hashes in `phones`.
    SipHashes,
    /// The verdict in `pending_changes`.
    PendingVerdict,
    /// What a browser carries from one page to the next.
    Flash,
    /// Rows of `audit_events`.
    Audit,
    /// Bucket names in `throttle`.
    Throttle,
    /// Nonces of the registrar.
    SipNonce,
    /// Codes that are typed instead of following a link, in `links`.
    LinkCode,
    /// The cookie of a browser that is remembered.
    Device,
    /// The cookie of a browser that voted about an article, in `help_votes`.
    Voter,
    /// The form of a suggestion about an article.
    FeedbackForm,
}

impl Purpose {
    /// All of them, in the order above.
    const ALL: [Self; 10] = [
        Self::SipHashes,
        Self::PendingVerdict,
        Self::Flash,
        Self::Audit,
        Self::Throttle,
        Self::SipNonce,
        Self::LinkCode,
        Self::Device,
        Self::Voter,
        Self::FeedbackForm,
    ];

    fn label(self) -> &'static [u8] {
        match self {
            Self::SipHashes => b"linekey sip hashes 1",
            Self::PendingVerdict => b"linekey pending verdict 1",
            Self::Flash => b"linekey flash 1",
            Self::Audit => b"linekey audit 1",
            Self::Throttle => b"linekey throttle 1",
            Self::SipNonce => b"linekey sip nonce 1",
            Self::LinkCode => b"linekey link code 1",
            Self::Device => b"linekey device 1",
            Self::Voter => b"linekey voter 1",
            Self::FeedbackForm => b"linekey feedback form 1",
        }
    }
}

/// The keys of one portal: the first seals, all open. What is left of retired ones verifies audit events.
pub struct Keys {
    path: PathBuf,
    ring: RwLock<Arc<Ring>>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({} keys, ***)", self.ring().keys.len())
    }
}

/// A sealed value that does not open: another key, another place, or changed bytes.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a sealed value does not open with the key file")]
pub struct DoesNotOpen;

/// What a MAC proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The message is as it was when the MAC was made.
    Right,
    /// It is not, or the MAC was changed.
    Wrong,
    /// The MAC names a key that the key file does not hold: nothing can be said.
    UnknownKey,
}

impl Keys {
    /// Reads the key file.
    ///
    /// # Errors
    /// When it is missing, readable by others, or not a key file.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            ring: RwLock::new(Arc::new(file::read(path)?)),
        })
    }

    /// Makes a key file (mode 0600) with one new key; an existing file is never overwritten.
    ///
    /// # Errors
    /// When the file exists or cannot be written.
    pub fn create(path: &Path, random: &Random) -> anyhow::Result<()> {
        let ring = Ring {
            keys: vec![Key::new(random)],
            past: Vec::new(),
        };
        file::create(path, &ring)
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the file again. The keys stay as they were if it cannot be read.
    ///
    /// # Errors
    /// As [`Keys::read`].
    pub fn reload(&self) -> anyhow::Result<()> {
        let ring = Arc::new(file::read(&self.path)?);
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
        Ok(())
    }

    fn ring(&self) -> Arc<Ring> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The keys that open, the one that seals first.
    pub fn ids(&self) -> Vec<KeyId> {
        self.ring().keys.iter().map(|key| key.id).collect()
    }

    /// The retired keys of which only what verifies audit events is left.
    pub fn retired(&self) -> Vec<KeyId> {
        self.ring().past.iter().map(|past| past.id).collect()
    }

    /// Seals `plain` for the place `at`, such as `phones/<id>/sip_hashes`.
    pub fn seal(&self, purpose: Purpose, at: &str, plain: &[u8], random: &Random) -> Vec<u8> {
        let ring = self.ring();
        let key = ring.first();
        let nonce = random.bytes::<NONCE>();
        let cipher = XChaCha20Poly1305::new((&**key.derived(purpose)).into());
        let sealed = encrypt(&cipher, &nonce, at, plain);
        [key.id.as_bytes(), &nonce, &sealed].concat()
    }

    /// Opens what [`Keys::seal`] made for the same purpose and place.
    ///
    /// # Errors
    /// [`DoesNotOpen`].
    pub fn open(&self, purpose: Purpose, at: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        let (id, rest) = sealed.split_at_checked(ID).ok_or(DoesNotOpen)?;
        let (nonce, sealed) = rest.split_at_checked(NONCE).ok_or(DoesNotOpen)?;
        let ring = self.ring();
        let key = ring
            .keys
            .iter()
            .find(|key| key.id.as_bytes() == id)
            .ok_or(DoesNotOpen)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| DoesNotOpen)?;
        let cipher = XChaCha20Poly1305::new((&**key.derived(purpose)).into());
        decrypt(&cipher, &nonce, at, sealed)
    }

    /// The id of the first key and the HMAC-SHA-256 of `message` under it: 36 bytes.
    pub fn mac(&self, purpose: Purpose, message: &[u8]) -> Vec<u8> {
        let ring = self.ring();
        let key = ring.first();
        let mac = hmac(key.derived(purpose), message).finalize();
        [key.id.as_bytes(), &mac.into_bytes()].concat()
    }

    /// What [`Keys::mac`] makes of `message`, and then what it made with each other key that opens.
    pub fn macs(&self, purpose: Purpose, message: &[u8]) -> Vec<Vec<u8>> {
        let made = |key: &Key| {
            let mac = hmac(key.derived(purpose), message).finalize();
            [key.id.as_bytes(), &mac.into_bytes()].concat()
        };
        self.ring().keys.iter().map(made).collect()
    }

    /// Whether `mac` is what [`Keys::mac`] made of `message`, with whichever key it names; for audit events also with
    /// one that is retired. Compared in constant time.
    pub fn verify_mac(&self, purpose: Purpose, message: &[u8], mac: &[u8]) -> Proof {
        let Some((id, mac)) = KeyId::of(mac).zip(mac.get(ID..)) else {
            return Proof::Wrong;
        };
        let ring = self.ring();
        let key = ring
            .keys
            .iter()
            .find(|key| key.id == id)
            .map(|key| key.derived(purpose));
        let past = ring.past.iter().find(|past| past.id == id && purpose == Purpose::Audit);
        let Some(derived) = key.or_else(|| past.map(|past| &past.audit)) else {
            return Proof::UnknownKey;
        };
        match hmac(derived, message).verify_slice(mac) {
            Ok(()) => Proof::Right,
            Err(_) => Proof::Wrong,
        }
    }

    /// The first key as derived for `purpose`, for a part that makes its own MACs.
    pub fn derived(&self, purpose: Purpose) -> Zeroizing<[u8; 32]> {
        self.ring().first().derived(purpose).clone()
    }
}

fn encrypt(cipher: &XChaCha20Poly1305, nonce: &[u8; NONCE], at: &str, plain: &[u8]) -> Vec<u8> {
    let payload = Payload {
        msg: plain,
        aad: at.as_bytes(),
    };
    cipher
        .encrypt(&XNonce::from(*nonce), payload)
        .expect("values are far below the cipher's limit of 256 GiB")
}

fn decrypt(
    cipher: &XChaCha20Poly1305,
    nonce: &XNonce,
    at: &str,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
    let payload = Payload {
        msg: sealed,
        aad: at.as_bytes(),
    };
    cipher
        .decrypt(nonce, payload)
        .map(Zeroizing::new)
        .map_err(|_| DoesNotOpen)
}

fn hmac(key: &[u8; 32], message: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    mac
}
