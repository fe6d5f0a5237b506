//! Answers to authenticated requests, kept so that a retransmission gets the same bytes: what they say is kept, and what
//! they repeat comes with the request once more.
//!
//! RFC 3261 section 17.2.2 keeps a non-INVITE server transaction over UDP for timer J, 64*T1 =
//! 32 s. A lost 200 then costs nothing: the repeated request, whose nonce count is used up, is not
//! judged again.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;

use foldhash::HashMap;

use crate::codec::Request;
use crate::nonce::{Keyed, octets};
use crate::reply::Answer;

const KEPT_MS: i64 = 32_000;

/// Which request it was: source, Call-ID, CSeq, From and branch under a keyed hash of 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RequestKey([u8; 16]);

impl RequestKey {
    pub(crate) fn of(keyed: &Keyed, request: &Request, source: SocketAddr) -> Self {
        let echo = &request.echo;
        Self(keyed.mark(&[
            &octets(source.ip()),
            &source.port().to_be_bytes(),
            &echo.call_id,
            &echo.cseq,
            &echo.from,
            &request.via.branch,
        ]))
    }

    /// The tag of its answer: the same request always gets the same one (RFC 3261 section 8.2.7), with nothing kept.
    pub(crate) fn tag(self) -> [u8; 16] {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        let mut tag = [0; 16];
        data_encoding::HEXLOWER.encode_mut(&[a, b, c, d, e, f, g, h], &mut tag);
        tag
    }

    /// One of so many numbers from 0 on, at random.
    pub(crate) fn one_of(self, count: u32) -> u32 {
        let [.., a, b, c, d] = self.0;
        u32::from_be_bytes([a, b, c, d]) % count.max(1)
    }
}

/// What is known about a request that came before.
#[derive(Clone, Debug)]
pub(crate) enum Before {
    /// Nothing.
    New,
    /// It is being worked on; the answer will come.
    Working,
    /// It was answered with this.
    Answered(Arc<Answer>),
}

/// A bounded table of answers; when it is full the oldest makes room.
#[derive(Debug)]
pub(crate) struct Answers {
    kept: HashMap<RequestKey, Kept>,
    oldest: VecDeque<(i64, RequestKey)>,
    room: usize,
}

#[derive(Debug)]
struct Kept {
    until_ms: i64,
    answer: Option<Arc<Answer>>,
}

impl Answers {
    pub(crate) fn new(room: usize) -> Self {
        Self {
            kept: HashMap::default(),
            oldest: VecDeque::new(),
            room: room.max(1),
        }
    }

    pub(crate) fn before(&self, key: RequestKey, now_ms: i64) -> Before {
        match self.kept.get(&key) {
            Some(kept) if is_kept(kept.until_ms, now_ms) => kept
                .answer
                .as_ref()
                .map_or(Before::Working, |answer| Before::Answered(Arc::clone(answer))),
            _ => Before::New,
        }
    }

    /// Notes that an authenticated request is being worked on.
    pub(crate) fn begin(&mut self, key: RequestKey, now_ms: i64) {
        self.make_room(now_ms);
        let until_ms = now_ms.saturating_add(KEPT_MS);
        self.kept.insert(key, Kept { until_ms, answer: None });
        self.oldest.push_back((until_ms, key));
    }

    /// Keeps the answer of a request that was begun.
    pub(crate) fn finish(&mut self, key: RequestKey, answer: Arc<Answer>) {
        if let Some(kept) = self.kept.get_mut(&key) {
            kept.answer = Some(answer);
        }
    }

    /// Answers kept or being made.
    pub(crate) fn len(&self) -> usize {
        self.kept.len()
    }

    /// Drops what is over, and the oldest while there is no room.
    pub(crate) fn make_room(&mut self, now_ms: i64) {
        while let Some((until_ms, key)) = self.oldest.front().copied() {
            if is_kept(until_ms, now_ms) && self.kept.len() < self.room {
                break;
            }
            self.oldest.pop_front();
            if self.kept.get(&key).is_some_and(|kept| kept.until_ms == until_ms) {
                self.kept.remove(&key);
            }
        }
    }
}

/// Within 32 s, also for a clock that was set back.
fn is_kept(until_ms: i64, now_ms: i64) -> bool {
    until_ms > now_ms && until_ms <= now_ms.saturating_add(KEPT_MS)
}
