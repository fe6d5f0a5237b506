//! A key that is in no key file: whoever holds a link's token has it, and nobody else.

use chacha20poly1305::aead::KeyInit;
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{DoesNotOpen, NONCE, decrypt, encrypt};
use crate::random::Random;

/// What the key is for; with another text the same token gives another key.
const LABEL: &[u8] = b"linekey token seal 1";

/// The key of a token: HKDF-SHA-256 (RFC 5869) of its text.
pub struct TokenKey(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenKey(***)")
    }
}

impl TokenKey {
    /// The key of `token`, which has to be as hard to guess as a key: 256 random bits.
    pub fn of(token: &str) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, token.as_bytes())
            .expand(LABEL, &mut *key)
            .expect("32 bytes are within what HKDF-SHA-256 can give");
        Self(key)
    }

    /// Seals `plain` for the place `at`, as [`super::Keys::seal`] does: the nonce stands in front, and no key id.
    pub fn seal(&self, at: &str, plain: &[u8], random: &Random) -> Vec<u8> {
        let nonce = random.bytes::<NONCE>();
        let sealed = encrypt(&self.cipher(), &nonce, at, plain);
        [&nonce[..], &sealed].concat()
    }

    /// Opens what [`TokenKey::seal`] made with the same token for the same place.
    ///
    /// # Errors
    /// [`DoesNotOpen`].
    pub fn open(&self, at: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE).ok_or(DoesNotOpen)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| DoesNotOpen)?;
        decrypt(&self.cipher(), &nonce, at, sealed)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_token_opens_and_only_in_the_same_place() {
        let random = Random::default();
        let mut sealed = TokenKey::of("a token").seal("here", b"secret", &random);
        let opens = |token: &str, at: &str, sealed: &[u8]| TokenKey::of(token).open(at, sealed).is_ok();
        assert_eq!(
            *TokenKey::of("a token").open("here", &sealed).expect("the key"),
            b"secret"
        );
        assert!(!opens("A token", "here", &sealed));
        assert!(!opens("a token", "there", &sealed));
        assert!(!opens("a token", "here", &sealed[..20]));
        sealed[30] ^= 1;
        assert!(!opens("a token", "here", &sealed));
        assert_eq!(format!("{:?}", TokenKey::of("a token")), "TokenKey(***)");
    }
}
