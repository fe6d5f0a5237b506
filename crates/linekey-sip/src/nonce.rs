//! Stateless nonces: all that a nonce must prove is in the nonce, signed.
//!
//! ```text
//! start 8 | expiry 8 | number 6 | for this realm 16 | for this source 16      base64url, 72 characters
//! ```
//! `start` names this run of the server, `number` tells one nonce from another; neither is secret. `for this realm` is an
//! HMAC over the first 22 bytes and the realm, `for this source` one over that and the sender's address. Two of them, so
//! that a nonce that is ours but comes from elsewhere (a phone that changed networks) can be told from a forged one: the
//! first is answered `stale=true` and the phone tries again by itself.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

const HEAD: usize = 22;
const MARK: usize = 16;
const WHOLE: usize = HEAD + 2 * MARK;

/// A keyed hash for one purpose.
#[derive(Clone)]
pub(crate) struct Keyed(Hmac<Sha256>);

impl Keyed {
    /// A key of its own, derived from `key` for `purpose`.
    pub(crate) fn new(key: &[u8; 32], purpose: &str) -> Self {
        let mut derive = keyed(key);
        derive.update(purpose.as_bytes());
        Self(keyed(&derive.finalize().into_bytes()))
    }

    /// The first 16 bytes of the HMAC over the parts, each preceded by its length.
    pub(crate) fn mark(&self, parts: impl IntoIterator<Item = impl AsRef<[u8]>>) -> [u8; MARK] {
        let mut mac = self.0.clone();
        for part in parts {
            let part = part.as_ref();
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part);
        }
        let full = mac.finalize().into_bytes();
        let mut mark = [0; MARK];
        for (to, from) in mark.iter_mut().zip(full.iter()) {
            *to = *from;
        }
        mark
    }
}

/// HMAC pads a short key with zeros to the block of its hash (RFC 2104 section 2); done here, there
/// is no length that could be wrong.
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    let mut block = [0; 64];
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    Hmac::new(&block.into())
}

impl std::fmt::Debug for Keyed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keyed(***)")
    }
}

/// What tells one nonce from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct NonceId {
    pub(crate) expiry_ms: i64,
    number: [u8; 6],
}

/// What a nonce that came back is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checked {
    /// Ours, for this realm and source, and in time.
    Good(NonceId),
    /// Ours and for this realm, but too old, of an earlier start, or sent from elsewhere.
    Stale,
    /// Not ours, or for another realm.
    Foreign,
}

/// Makes and checks nonces.
#[derive(Debug)]
pub(crate) struct Nonces {
    key: Keyed,
    start: [u8; 8],
    lifetime_ms: i64,
    /// Nonces made. They are numbered by its hash, so that nobody reads from one how many there are.
    made: AtomicU64,
    numbers: RandomState,
}

impl Nonces {
    /// `key` must outlive a restart, `start` must not: nonces of an earlier start are then known
    /// as ours and stale, which phones bear without asking their owner.
    pub(crate) fn new(key: &[u8; 32], start: [u8; 8], lifetime_s: u32) -> Self {
        Self {
            key: Keyed::new(key, "linekey-sip nonce"),
            start,
            lifetime_ms: i64::from(lifetime_s) * 1000,
            made: AtomicU64::new(0),
            numbers: RandomState::new(),
        }
    }

    /// A nonce for whoever asks from `source`.
    pub(crate) fn make(&self, realm: &str, source: IpAddr, now_ms: i64) -> String {
        let number = self.numbers.hash_one(self.made.fetch_add(1, Ordering::Relaxed));
        let mut nonce = Vec::with_capacity(WHOLE);
        nonce.extend_from_slice(&self.start);
        nonce.extend_from_slice(&now_ms.saturating_add(self.lifetime_ms).to_be_bytes());
        nonce.extend(number.to_be_bytes().into_iter().take(6));
        let (for_realm, for_source) = self.marks(&nonce, realm, source);
        nonce.extend_from_slice(&for_realm);
        nonce.extend_from_slice(&for_source);
        BASE64URL_NOPAD.encode(&nonce)
    }

    pub(crate) fn check(&self, nonce: &str, realm: &str, source: IpAddr, now_ms: i64) -> Checked {
        let Some((head, realm_mark, source_mark)) = parts(nonce) else {
            return Checked::Foreign;
        };
        let (for_realm, for_source) = self.marks(&head, realm, source);
        if !bool::from(for_realm.ct_eq(&realm_mark)) {
            return Checked::Foreign;
        }
        let (Some(start), Some(expiry), Some(number)) = (
            head.first_chunk::<8>(),
            head.get(8..16).and_then(<[u8]>::first_chunk),
            head.last_chunk(),
        ) else {
            return Checked::Foreign;
        };
        let id = NonceId {
            expiry_ms: i64::from_be_bytes(*expiry),
            number: *number,
        };
        let here = bool::from(for_source.ct_eq(&source_mark)) && *start == self.start;
        // A clock that was set back must not make a nonce live longer than its lifetime.
        let in_time = now_ms < id.expiry_ms && id.expiry_ms <= now_ms.saturating_add(self.lifetime_ms);
        if here && in_time {
            Checked::Good(id)
        } else {
            Checked::Stale
        }
    }

    fn marks(&self, head: &[u8], realm: &str, source: IpAddr) -> ([u8; MARK], [u8; MARK]) {
        let for_realm = self.key.mark([head, realm.as_bytes()]);
        (for_realm, self.key.mark([&for_realm, &octets(source)]))
    }
}

/// The bytes of an address, those of an IPv4 address as IPv6 writes it.
pub(crate) fn octets(address: IpAddr) -> [u8; 16] {
    match address.to_canonical() {
        IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
        IpAddr::V6(ip) => ip.octets(),
    }
}

fn parts(nonce: &str) -> Option<([u8; HEAD], [u8; MARK], [u8; MARK])> {
    if nonce.len() != BASE64URL_NOPAD.encode_len(WHOLE) {
        return None;
    }
    let raw = BASE64URL_NOPAD.decode(nonce.as_bytes()).ok()?;
    let head = raw.first_chunk::<HEAD>()?;
    let realm_mark = raw.get(HEAD..)?.first_chunk::<MARK>()?;
    let source_mark = raw.last_chunk::<MARK>()?;
    Some((*head, *realm_mark, *source_mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7));
    const ELSEWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 8));

    fn nonces(start: u8) -> Nonces {
        Nonces::new(&[1; 32], [start; 8], 300)
    }

    #[test]
    fn a_nonce_is_good_for_its_realm_its_source_its_time_and_its_start_only() {
        let nonce = nonces(1).make("acme.example", HERE, 1000);
        let check = |start, realm, source, now| nonces(start).check(&nonce, realm, source, now);
        assert!(matches!(check(1, "acme.example", HERE, 1000), Checked::Good(_)));
        assert!(matches!(check(1, "acme.example", HERE, 300_999), Checked::Good(_)));
        assert_eq!(check(1, "acme.example", HERE, 301_000), Checked::Stale, "too old");
        assert_eq!(
            check(1, "acme.example", HERE, 999),
            Checked::Stale,
            "the clock went back"
        );
        assert_eq!(check(2, "acme.example", HERE, 1000), Checked::Stale, "an earlier start");
        assert_eq!(
            check(1, "acme.example", ELSEWHERE, 1000),
            Checked::Stale,
            "another source"
        );
        assert_eq!(
            check(1, "globex.example", HERE, 1000),
            Checked::Foreign,
            "another realm"
        );
    }

    #[test]
    fn a_nonce_with_any_character_changed_is_never_good() {
        let nonce = nonces(1).make("acme.example", HERE, 1000);
        for at in 0..nonce.len() {
            let mut changed = nonce.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            let checked = nonces(1).check(&changed, "acme.example", HERE, 1000);
            assert!(!matches!(checked, Checked::Good(_)), "{changed}");
        }
        let other_key = Nonces::new(&[2; 32], [1; 8], 300);
        assert_eq!(other_key.check(&nonce, "acme.example", HERE, 1000), Checked::Foreign);
    }
}
