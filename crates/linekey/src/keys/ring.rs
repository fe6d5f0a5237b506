//! The keys themselves, what is derived from them, and the text in which the key file holds them.

use std::fmt::Write;

use anyhow::{Context, bail};
use data_encoding::{BASE64, HEXLOWER};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::Purpose;
use crate::random::Random;

/// Length of the id in front of every sealed value and MAC.
pub(super) const ID: usize = 4;

const HEAD: &str = "\
# Linekey key file. Without it the SIP passwords in the database are lost; with it and the database
# they are usable. Keep a copy apart from the backups. The first key seals, all of them open. A line
# with the word audit is what is left of a retired key: it verifies old audit events, and opens nothing.
";

/// The name of a key: four random bytes, written as eight hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyId(pub(super) [u8; ID]);

impl KeyId {
    /// The key that made this sealed value or MAC.
    pub fn of(sealed: &[u8]) -> Option<Self> {
        sealed.first_chunk().copied().map(Self)
    }

    /// As it stands in front of what the key made.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Display for KeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl std::fmt::Debug for KeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl std::str::FromStr for KeyId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = HEXLOWER.decode(text.as_bytes()).ok();
        let id = bytes.and_then(|bytes| bytes.try_into().ok()).map(Self);
        id.ok_or("a key's id is eight hexadecimal digits; `linekey keys list` names them")
    }
}

/// A key that opens and, if it is the first, seals.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) id: KeyId,
    secret: Zeroizing<[u8; 32]>,
    /// In the order of [`Purpose::ALL`]: deriving takes longer than opening.
    derived: [Zeroizing<[u8; 32]>; Purpose::ALL.len()],
}

impl Key {
    pub(super) fn new(random: &Random) -> Self {
        Self::of(KeyId(random.bytes()), Zeroizing::new(random.bytes()))
    }

    fn of(id: KeyId, secret: Zeroizing<[u8; 32]>) -> Self {
        let expanding = Hkdf::<Sha256>::new(None, &*secret);
        let derived = Purpose::ALL.map(|purpose| {
            let mut derived = Zeroizing::new([0; 32]);
            expanding
                .expand(purpose.label(), &mut *derived)
                .expect("32 bytes are within what HKDF-SHA-256 can give");
            derived
        });
        Self { id, secret, derived }
    }

    pub(super) fn derived(&self, purpose: Purpose) -> &Zeroizing<[u8; 32]> {
        &self.derived[purpose as usize]
    }
}

/// What is left of a retired key.
#[derive(Clone)]
pub(super) struct Past {
    pub(super) id: KeyId,
    pub(super) audit: Zeroizing<[u8; 32]>,
}

/// All keys of a file. There is always a first.
#[derive(Clone)]
pub(super) struct Ring {
    pub(super) keys: Vec<Key>,
    pub(super) past: Vec<Past>,
}

impl Ring {
    pub(super) fn first(&self) -> &Key {
        &self.keys[0]
    }

    pub(super) fn knows(&self, id: KeyId) -> bool {
        self.keys.iter().any(|key| key.id == id) || self.past.iter().any(|past| past.id == id)
    }

    /// Reads the lines `ID BASE64` and `ID audit BASE64`.
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        let mut ring = Self {
            keys: Vec::new(),
            past: Vec::new(),
        };
        let lines = text.lines().map(str::trim);
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let parts: Vec<_> = line.split_whitespace().collect();
            let (id, audit, secret) = match parts[..] {
                [id, secret] => (id, false, secret),
                [id, "audit", secret] => (id, true, secret),
                _ => bail!("a line is neither of the form ID KEY nor ID audit KEY"),
            };
            let id: KeyId = id.parse().map_err(anyhow::Error::msg)?;
            if ring.knows(id) {
                bail!("the key {id} is there twice");
            }
            let secret = Zeroizing::new(BASE64.decode(secret.as_bytes()).context("a key is not base64")?);
            let secret = Zeroizing::new(secret.as_slice().try_into().context("a key is not 32 bytes long")?);
            if audit {
                ring.past.push(Past { id, audit: secret });
            } else {
                ring.keys.push(Key::of(id, secret));
            }
        }
        if ring.keys.is_empty() {
            bail!("it holds no key");
        }
        Ok(ring)
    }

    /// The text of the file.
    pub(super) fn text(&self) -> Zeroizing<String> {
        // A string that had to grow would leave copies behind.
        let lines = self.keys.len() + self.past.len();
        let mut text = Zeroizing::new(String::with_capacity(HEAD.len() + 64 * lines));
        text.push_str(HEAD);
        for key in &self.keys {
            let secret = Zeroizing::new(BASE64.encode(&*key.secret));
            let _ = writeln!(text, "{} {}", key.id, *secret);
        }
        for past in &self.past {
            let secret = Zeroizing::new(BASE64.encode(&*past.audit));
            let _ = writeln!(text, "{} audit {}", past.id, *secret);
        }
        text
    }
}
