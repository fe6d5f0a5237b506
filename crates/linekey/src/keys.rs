//! The key file: what turns a stolen database into nothing.
//!
//! Owns the file, the purposes derived from its keys (HKDF-SHA-256, RFC 5869), sealing (XChaCha20-Poly1305) and MACs
//! (HMAC-SHA-256). A sealed value begins with the id of its key and its nonce, and is bound to its place (table, row,
//! column): moved to another row it does not open.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, bail};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use data_encoding::BASE64;
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::random::Random;

/// Length of the id in front of every sealed value and MAC.
const ID: usize = 4;
/// Length of XChaCha20's nonce.
const NONCE: usize = 24;

/// What a derived key is for. One purpose's key is useless for another.
#[derive(Clone, Copy, Debug)]
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
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::SipHashes => b"linekey sip hashes 1",
            Self::PendingVerdict => b"linekey pending verdict 1",
            Self::Flash => b"linekey flash 1",
            Self::Audit => b"linekey audit 1",
            Self::Throttle => b"linekey throttle 1",
            Self::SipNonce => b"linekey sip nonce 1",
        }
    }
}

struct Key {
    id: [u8; ID],
    secret: Zeroizing<[u8; 32]>,
}

impl Key {
    fn derive(&self, purpose: Purpose) -> Zeroizing<[u8; 32]> {
        let mut derived = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, &*self.secret)
            .expand(purpose.label(), &mut *derived)
            .expect("32 bytes are within what HKDF-SHA-256 can give");
        derived
    }
}

/// The keys of one portal: the first seals, all open.
pub struct Keys {
    keys: Vec<Key>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({} keys, ***)", self.keys.len())
    }
}

/// A sealed value that does not open: another key, another place, or changed bytes.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a sealed value does not open with the key file")]
pub struct DoesNotOpen;

impl Keys {
    /// Reads the key file.
    ///
    /// # Errors
    /// When it is missing, readable by others, or not a key file.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("the key file {} (keys.file) cannot be read", path.display()))?;
        refuse_if_open_to_others(path)?;
        let mut keys = Vec::new();
        for line in text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            keys.push(parse(line).with_context(|| format!("{} is damaged", path.display()))?);
        }
        if keys.is_empty() {
            bail!("the key file {} holds no key", path.display());
        }
        Ok(Self { keys })
    }

    /// Makes a key file (mode 0600) with one new key; an existing file is never overwritten.
    ///
    /// # Errors
    /// When the file exists or cannot be written.
    pub fn create(path: &Path, random: &Random) -> anyhow::Result<()> {
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options
            .open(path)
            .with_context(|| format!("{} cannot be made", path.display()))?;
        let secret = Zeroizing::new(random.bytes::<32>());
        let id = data_encoding::HEXLOWER.encode(&random.bytes::<ID>());
        let text = Zeroizing::new(format!(
            "# Linekey key file. Without it the SIP passwords in the database are lost; with it and the database\n\
             # they are usable. Keep a copy apart from the backups. The first key seals, all of them open.\n\
             {id} {}\n",
            BASE64.encode(&*secret)
        ));
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        Ok(())
    }

    /// Seals `plain` for the place `at`, such as `phones/<id>/sip_hashes`.
    pub fn seal(&self, purpose: Purpose, at: &str, plain: &[u8], random: &Random) -> Vec<u8> {
        let key = &self.keys[0];
        let nonce = random.bytes::<NONCE>();
        let cipher = XChaCha20Poly1305::new((&*key.derive(purpose)).into());
        let sealed = cipher
            .encrypt(
                &XNonce::from(nonce),
                Payload {
                    msg: plain,
                    aad: at.as_bytes(),
                },
            )
            .expect("values are far below the cipher's limit of 256 GiB");
        [&key.id[..], &nonce, &sealed].concat()
    }

    /// Opens what [`Keys::seal`] made for the same purpose and place.
    ///
    /// # Errors
    /// [`DoesNotOpen`].
    pub fn open(&self, purpose: Purpose, at: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        let (id, rest) = sealed.split_at_checked(ID).ok_or(DoesNotOpen)?;
        let (nonce, sealed) = rest.split_at_checked(NONCE).ok_or(DoesNotOpen)?;
        let key = self.keys.iter().find(|key| key.id == id).ok_or(DoesNotOpen)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| DoesNotOpen)?;
        XChaCha20Poly1305::new((&*key.derive(purpose)).into())
            .decrypt(
                &nonce,
                Payload {
                    msg: sealed,
                    aad: at.as_bytes(),
                },
            )
            .map(Zeroizing::new)
            .map_err(|_| DoesNotOpen)
    }

    /// The id of the first key and the HMAC-SHA-256 of `message` under it: 36 bytes.
    pub fn mac(&self, purpose: Purpose, message: &[u8]) -> Vec<u8> {
        let key = &self.keys[0];
        let mut mac = Hmac::<Sha256>::new_from_slice(&*key.derive(purpose)).expect("HMAC takes a key of any length");
        mac.update(message);
        [&key.id[..], &mac.finalize().into_bytes()].concat()
    }

    /// The first key as derived for `purpose`, for a part that makes its own MACs.
    pub fn derived(&self, purpose: Purpose) -> Zeroizing<[u8; 32]> {
        self.keys[0].derive(purpose)
    }
}

fn parse(line: &str) -> anyhow::Result<Key> {
    let (id, secret) = line.split_once(' ').context("a line is not of the form ID KEY")?;
    let id = data_encoding::HEXLOWER
        .decode(id.as_bytes())
        .context("an id is not hexadecimal")?;
    let secret = Zeroizing::new(BASE64.decode(secret.trim().as_bytes()).context("a key is not base64")?);
    Ok(Key {
        id: id.try_into().ok().context("an id is not 4 bytes long")?,
        secret: Zeroizing::new(secret.as_slice().try_into().context("a key is not 32 bytes long")?),
    })
}

#[cfg(unix)]
fn refuse_if_open_to_others(path: &Path) -> anyhow::Result<()> {
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path)?.permissions());
    if mode & 0o077 != 0 {
        bail!(
            "the key file {} is open to others (mode {:o}); chmod 600 it",
            path.display(),
            mode & 0o777
        );
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_if_open_to_others(_: &Path) -> anyhow::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_only_at_its_place_for_its_purpose_and_unchanged() {
        let random = Random::default();
        let folder = crate::testing::Folder::new();
        let file = folder.path().join("linekey.key");
        Keys::create(&file, &random).expect("a new file");
        assert!(
            Keys::create(&file, &random).is_err(),
            "an existing key file is never overwritten"
        );
        let keys = Keys::read(&file).expect("just made");
        let mut sealed = keys.seal(Purpose::SipHashes, "phones/a/sip_hashes", b"secret", &random);
        assert_eq!(
            **keys
                .open(Purpose::SipHashes, "phones/a/sip_hashes", &sealed)
                .expect("its place"),
            *b"secret"
        );
        assert!(keys.open(Purpose::SipHashes, "phones/b/sip_hashes", &sealed).is_err());
        assert!(keys.open(Purpose::Flash, "phones/a/sip_hashes", &sealed).is_err());
        *sealed.last_mut().expect("not empty") ^= 1;
        assert!(keys.open(Purpose::SipHashes, "phones/a/sip_hashes", &sealed).is_err());
        assert!(
            keys.open(Purpose::SipHashes, "phones/a/sip_hashes", &sealed[..20])
                .is_err()
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_that_others_can_read_is_refused() {
        let folder = crate::testing::Folder::new();
        let file = folder.path().join("linekey.key");
        Keys::create(&file, &Random::default()).expect("a new file");
        fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o644)).expect("our own file");
        assert!(
            Keys::read(&file)
                .expect_err("open to others")
                .to_string()
                .contains("chmod 600")
        );
    }
}
