//! The nonce counts of authenticated phones (RFC 7616 section 3.4, `nc`).

use std::collections::VecDeque;

use foldhash::HashMap;

use crate::ask::PhoneKey;
use crate::nonce::NonceId;

/// Nonces remembered for one phone: its contacts, each with an old and a new nonce, and some more.
const PER_PHONE: usize = 32;

/// The highest count seen per (phone, nonce). Only phones that authenticated get an entry, and
/// only for as long as the nonce lives, so strangers cannot fill it.
#[derive(Debug, Default)]
pub(crate) struct NonceCounts {
    phones: HashMap<PhoneKey, Seen>,
    cleaned_ms: i64,
}

#[derive(Debug, Default)]
struct Seen {
    /// In the order of their first use.
    nonces: VecDeque<(NonceId, u32)>,
    /// Nonces that expire at this time or before are refused: one of them was forgotten to make
    /// room, and forgetting must not open it for a replay.
    closed_ms: i64,
}

impl NonceCounts {
    /// Whether `count` is higher than any this phone sent with this nonce; if so it is noted.
    pub(crate) fn rises(&mut self, phone: &PhoneKey, nonce: NonceId, count: u32, now_ms: i64) -> bool {
        self.clean(now_ms);
        if !self.phones.contains_key(phone) {
            self.phones.insert(phone.clone(), Seen::default());
        }
        let Some(seen) = self.phones.get_mut(phone) else {
            return false;
        };
        if let Some((_, highest)) = seen.nonces.iter_mut().find(|(id, _)| *id == nonce) {
            let rises = count > *highest;
            *highest = count.max(*highest);
            return rises;
        }
        if count == 0 || nonce.expiry_ms <= seen.closed_ms {
            return false;
        }
        seen.nonces.retain(|(id, _)| id.expiry_ms > now_ms);
        if seen.nonces.len() >= PER_PHONE
            && let Some((forgotten, _)) = seen.nonces.pop_front()
        {
            seen.closed_ms = seen.closed_ms.max(forgotten.expiry_ms);
        }
        seen.nonces.push_back((nonce, count));
        true
    }

    /// Nonces remembered.
    pub(crate) fn len(&self) -> usize {
        self.phones.values().map(|seen| seen.nonces.len()).sum()
    }

    /// Once a minute, forgets what can no longer be replayed.
    fn clean(&mut self, now_ms: i64) {
        if now_ms.saturating_sub(self.cleaned_ms).abs() < 60_000 {
            return;
        }
        self.cleaned_ms = now_ms;
        self.phones.retain(|_, seen| {
            seen.nonces.retain(|(id, _)| id.expiry_ms > now_ms);
            !seen.nonces.is_empty() || seen.closed_ms > now_ms
        });
    }
}
