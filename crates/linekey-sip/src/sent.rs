//! How many answers were sent, by method and status.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::codec::Method;

/// Answers sent since the start, repeated ones included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// `REGISTER`, `OPTIONS` or `other`.
    pub method: &'static str,
    /// The status of the answers, such as 401.
    pub status: u16,
    /// How many.
    pub count: u64,
}

/// The counts. Methods and statuses are ours, so strangers cannot add entries.
#[derive(Debug, Default)]
pub(crate) struct SentCounts(Mutex<BTreeMap<(&'static str, u16), u64>>);

impl SentCounts {
    /// Counts an answer; its status is read from its first line.
    pub(crate) fn count(&self, method: Method, answer: &[u8]) {
        let digits = answer.get(8..11).unwrap_or_default();
        let status = digits.iter().fold(0, |sum: u16, digit| {
            sum * 10 + u16::from(digit.saturating_sub(b'0') % 10)
        });
        let method = match method {
            Method::Register => "REGISTER",
            Method::Options => "OPTIONS",
            Method::Ack | Method::Other => "other",
        };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry((method, status)).or_default();
        *count = count.saturating_add(1);
    }

    pub(crate) fn all(&self) -> Vec<Sent> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts
            .iter()
            .map(|(&(method, status), &count)| Sent { method, status, count })
            .collect()
    }
}
