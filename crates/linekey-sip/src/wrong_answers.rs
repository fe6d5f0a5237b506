//! Wrong answers per (typed name, source): after too many, further wrong ones get no reply.
//!
//! It slows guessing without being a weapon: a right answer is never held up, and nothing here
//! depends on whether the name exists.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;

/// What follows from a wrong answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// The first of its window: worth an event.
    First,
    /// Refuse as always.
    Refuse,
    /// The last one that gets a reply.
    Last,
    /// No reply.
    Silent,
}

/// A bounded table; when it is full the oldest window ends early.
#[derive(Debug)]
pub(crate) struct WrongAnswers {
    hasher: RandomState,
    /// Wrong answers so far in each open window.
    windows: HashMap<u64, u32>,
    /// The windows in the order of their ends.
    oldest: VecDeque<(i64, u64)>,
    limit: u32,
    window_ms: i64,
    room: usize,
}

impl WrongAnswers {
    pub(crate) fn new(limit: u32, window_s: u32, room: usize) -> Self {
        Self {
            hasher: RandomState::new(),
            windows: HashMap::new(),
            oldest: VecDeque::new(),
            limit,
            window_ms: i64::from(window_s) * 1000,
            room: room.max(1),
        }
    }

    /// Counts one. IPv6 sources count by /64, the size of one customer's network.
    pub(crate) fn count(&mut self, realm: &str, name: &str, source: IpAddr, now_ms: i64) -> Wrong {
        let network = match source.to_canonical() {
            IpAddr::V4(ip) => u64::from(u32::from(ip)),
            IpAddr::V6(ip) => u64::try_from(u128::from(ip) >> 64).unwrap_or(0),
        };
        let key = self.hasher.hash_one((realm, name, network, source.is_ipv4()));
        self.make_room(key, now_ms);
        let count = self.windows.entry(key).or_insert_with(|| {
            self.oldest.push_back((now_ms.saturating_add(self.window_ms), key));
            0
        });
        *count = count.saturating_add(1);
        match *count {
            count if count > self.limit => Wrong::Silent,
            count if count == self.limit => Wrong::Last,
            1 => Wrong::First,
            _ => Wrong::Refuse,
        }
    }

    /// Windows open.
    pub(crate) fn len(&self) -> usize {
        self.windows.len()
    }

    /// Ends the windows that are over, and the oldest one if `key` needs its place.
    fn make_room(&mut self, key: u64, now_ms: i64) {
        while let Some((ends_ms, old)) = self.oldest.front().copied() {
            let full = self.windows.len() >= self.room && !self.windows.contains_key(&key);
            if ends_ms > now_ms && !full {
                break;
            }
            self.oldest.pop_front();
            self.windows.remove(&old);
        }
    }
}
