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
/// Bytes of answers that are kept; twice what that many ordinary ones take.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Which request it was: source, Via, From, To, Call-ID, CSeq and its proofs under a keyed hash of 128 bits. Whoever sends it
/// without the proof gets no answer that was made for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RequestKey([u8; 16]);

impl RequestKey {
    pub(crate) fn of(keyed: &Keyed, request: &Request, source: SocketAddr) -> Self {
        let echo = &request.echo;
        let source: [&[u8]; 2] = [&octets(source.ip()), &source.port().to_be_bytes()];
        let echoed: [&[u8]; 5] = [&echo.call_id, &echo.cseq, &echo.from, &echo.to, &echo.top_via];
        let proofs = request.authorizations.iter().map(|proof| proof.as_bytes().as_ref());
        Self(keyed.mark(source.into_iter().chain(echoed).chain(proofs)))
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
    /// Of all answers that are kept.
    bytes: usize,
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
            bytes: 0,
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
        let over = self.kept.insert(key, Kept { until_ms, answer: None });
        self.forget(over);
        self.oldest.push_back((until_ms, key));
    }

    /// Keeps the answer of a request that was begun.
    pub(crate) fn finish(&mut self, key: RequestKey, answer: Arc<Answer>) {
        if let Some(kept) = self.kept.get_mut(&key) {
            self.bytes = self.bytes.saturating_add(answer.size());
            kept.answer = Some(answer);
        }
    }

    fn forget(&mut self, kept: Option<Kept>) {
        let answer = kept.and_then(|kept| kept.answer);
        self.bytes = self.bytes.saturating_sub(answer.map_or(0, |answer| answer.size()));
    }

    /// Answers kept or being made.
    pub(crate) fn len(&self) -> usize {
        self.kept.len()
    }

    /// Drops what is over, and the oldest while there is no room.
    pub(crate) fn make_room(&mut self, now_ms: i64) {
        while let Some((until_ms, key)) = self.oldest.front().copied() {
            if is_kept(until_ms, now_ms) && self.kept.len() < self.room && self.bytes <= MOST_BYTES {
                break;
            }
            self.oldest.pop_front();
            if self.kept.get(&key).is_some_and(|kept| kept.until_ms == until_ms) {
                let over = self.kept.remove(&key);
                self.forget(over);
            }
        }
    }
}

/// Within 32 s, also for a clock that was set back.
fn is_kept(until_ms: i64, now_ms: i64) -> bool {
    until_ms > now_ms && until_ms <= now_ms.saturating_add(KEPT_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded_in_bytes_too() {
        let mut answers = Answers::new(32_768);
        let long = "x".repeat(8_192);
        for number in 0..10_000_u128 {
            let key = RequestKey(number.to_be_bytes());
            answers.begin(key, 0);
            answers.finish(key, Arc::new(Answer::new(200, "OK").with("Contact", &long)));
        }
        let held: usize = answers
            .kept
            .values()
            .filter_map(|kept| kept.answer.as_ref())
            .map(|answer| answer.size())
            .sum();
        assert_eq!(held, answers.bytes);
        assert!(held <= MOST_BYTES + 16_384 && held > MOST_BYTES / 2, "{held}");
        let newest = RequestKey(9_999_u128.to_be_bytes());
        assert!(matches!(answers.before(newest, 1), Before::Answered(_)));
        answers.make_room(KEPT_MS);
        assert_eq!((answers.len(), answers.bytes), (0, 0));
    }
}
