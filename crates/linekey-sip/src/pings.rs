//! OPTIONS to phones behind a NAT (RFC 3261 section 11): they hold the NAT's mapping open, and tell whether the phone
//! could be reached. Which phone is due when, what was asked and who answered is here; sending is in [`crate::server`].
//!
//! The phones are spread over the interval by a hash of their keys, so that they are not asked in one burst, and answers are
//! matched by 128 random bits and the address that was asked.

use std::collections::VecDeque;
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use foldhash::HashMap;

use crate::ask::{PhoneKey, SavedBinding, Surroundings, Transport};
use crate::bindings::Bindings;
use crate::codec::{self, Response};

/// Misses in a row after which a phone counts as silent.
const MISSES: u32 = 3;
/// Pings of one round, which comes once a second; what is above it waits for the next.
const MOST_PER_ROUND: usize = 2000;

/// A binding: phone and contact.
type Target = (PhoneKey, Arc<str>);
/// What an answer has to know.
type Mark = [u8; 16];

/// What was asked of one binding last.
#[derive(Debug)]
struct Asked {
    received: SocketAddr,
    mark: Mark,
    at_ms: i64,
    answered: bool,
    missed: u32,
}

#[derive(Debug, Default)]
struct Table {
    /// Up to which second bindings were found to be due.
    done_s: i64,
    due: VecDeque<Arc<SavedBinding>>,
    asked: HashMap<Target, Asked>,
    marks: HashMap<Mark, Target>,
    /// Answered, and not asked again yet.
    heard: Vec<Target>,
    /// Where registered phones came in, and when that was last said.
    sockets: HashMap<SocketAddr, (Weak<UdpSocket>, i64)>,
}

/// A ping to be sent.
#[derive(Debug)]
pub(crate) struct Ping {
    pub(crate) to: SocketAddr,
    pub(crate) socket: Arc<UdpSocket>,
    pub(crate) bytes: Vec<u8>,
}

/// What one round brings.
#[derive(Debug, Default)]
pub(crate) struct Round {
    pub(crate) pings: Vec<Ping>,
    /// Bindings that are found to be silent (true), or that answer.
    pub(crate) found: Vec<(Target, bool)>,
}

/// Everything about pings. It grows with the bindings behind a NAT, and with nothing else.
#[derive(Debug)]
pub(crate) struct Pings {
    every_s: u32,
    table: Mutex<Table>,
}

impl Pings {
    /// Asks every so many seconds from now on; with 0 never.
    pub(crate) fn new(every_s: u32, now_ms: i64) -> Self {
        let table = Table {
            done_s: now_ms.div_euclid(1000),
            ..Table::default()
        };
        Self {
            every_s,
            table: Mutex::new(table),
        }
    }

    pub(crate) fn are_sent(&self) -> bool {
        self.every_s > 0
    }

    /// Notes by which socket a registered phone came, so that what is sent passes its NAT.
    pub(crate) fn came_by(&self, source: SocketAddr, socket: &Arc<UdpSocket>, now_ms: i64) {
        if self.are_sent() {
            let socket = Arc::downgrade(socket);
            self.table().sockets.insert(source, (socket, now_ms));
        }
    }

    /// Takes an answer. Whoever does not know the mark, or sends from elsewhere, is not heard.
    pub(crate) fn hear(&self, response: &Response, source: SocketAddr) {
        let Some(mark) = mark_of(&response.call_id) else {
            return;
        };
        let mut table = self.table();
        let Some(target) = table.marks.get(&mark).cloned() else {
            return;
        };
        let asked = table.asked.get_mut(&target).filter(|asked| asked.received == source);
        let Some(asked) = asked.filter(|asked| !asked.answered) else {
            return;
        };
        asked.answered = true;
        asked.missed = 0;
        table.heard.push(target);
    }

    /// Who is to be asked now, who answered since the last round, and who did not often enough.
    /// `sockets` are all there are.
    pub(crate) fn round(
        &self,
        bindings: &Bindings,
        sockets: &[Weak<UdpSocket>],
        surroundings: &dyn Surroundings,
    ) -> Round {
        let now_ms = surroundings.now_ms();
        let mut table = self.table();
        let due = self.due(&mut table, bindings, now_ms);
        table.due.extend(due);
        let mut round = Round::default();
        let heard = std::mem::take(&mut table.heard);
        round.found.extend(heard.into_iter().map(|target| (target, false)));
        let count = table.due.len().min(MOST_PER_ROUND);
        let now_due: Vec<_> = table.due.drain(..count).collect();
        let mut marks = vec![Mark::default(); count];
        surroundings.fill_random(marks.as_flattened_mut());
        for (binding, mark) in now_due.into_iter().zip(marks) {
            let known = table.sockets.get_mut(&binding.received).map(|(socket, at_ms)| {
                *at_ms = now_ms;
                socket.clone()
            });
            let Some(socket) = socket_for(&binding, known, sockets) else {
                continue;
            };
            if table.ask(&binding, mark, now_ms) {
                round
                    .found
                    .push(((binding.phone.clone(), binding.contact.clone()), true));
            }
            if let Some(ping) = ping(&binding, socket, &mark) {
                round.pings.push(ping);
            }
        }
        self.forget(&mut table, now_ms);
        round
    }

    /// The bindings behind a NAT whose second of the interval has come.
    fn due(&self, table: &mut Table, bindings: &Bindings, now_ms: i64) -> Vec<Arc<SavedBinding>> {
        let (now_s, every_s) = (now_ms.div_euclid(1000), self.every_s.max(1));
        let done_s = std::mem::replace(&mut table.done_s, now_s);
        // After a pause, or a change of the clock, everybody is asked once.
        let seconds = now_s.saturating_sub(done_s).clamp(0, every_s.into());
        let seconds = u32::try_from(seconds).unwrap_or(every_s);
        let now = u32::try_from(now_s.rem_euclid(every_s.into())).unwrap_or(0);
        // How long ago its second was, which is one of the interval for each mark.
        let is_due = |mark: u32| {
            let slot = mark % every_s;
            let ago = if slot <= now {
                now - slot
            } else {
                now + (every_s - slot)
            };
            ago < seconds
        };
        bindings.due(is_due, |binding| {
            binding.expires_ms > now_ms && binding.transport == Transport::Udp && is_behind_nat(binding)
        })
    }

    /// Forgets whom it has not asked for two rounds: their bindings are over.
    fn forget(&self, table: &mut Table, now_ms: i64) {
        let kept_ms = i64::from(self.every_s) * 2000 + 10_000;
        let Table {
            asked, marks, sockets, ..
        } = table;
        asked.retain(|_, asked| {
            let keeps = now_ms.saturating_sub(asked.at_ms) < kept_ms;
            if !keeps {
                marks.remove(&asked.mark);
            }
            keeps
        });
        sockets.retain(|_, (_, at_ms)| now_ms.saturating_sub(*at_ms) < kept_ms);
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Notes what is asked now; true when the one before was the last miss that is borne.
    fn ask(&mut self, binding: &SavedBinding, mark: Mark, at_ms: i64) -> bool {
        let target = (binding.phone.clone(), binding.contact.clone());
        let before = self.asked.remove(&target);
        if let Some(before) = &before {
            self.marks.remove(&before.mark);
        }
        let missed = match before {
            Some(before) if before.received == binding.received && !before.answered => before.missed.saturating_add(1),
            _ => 0,
        };
        self.marks.insert(mark, target.clone());
        let asked = Asked {
            received: binding.received,
            mark,
            at_ms,
            answered: false,
            missed,
        };
        self.asked.insert(target, asked);
        missed == MISSES
    }
}

/// The phone says it is elsewhere than where its request came from.
fn is_behind_nat(binding: &SavedBinding) -> bool {
    codec::uri_address(&binding.contact) != Some(binding.received)
}

/// The socket by which the phone came; after a restart the only one that reaches it, if there is one alone.
fn socket_for(
    binding: &SavedBinding,
    known: Option<Weak<UdpSocket>>,
    sockets: &[Weak<UdpSocket>],
) -> Option<Arc<UdpSocket>> {
    if let Some(socket) = known.and_then(|socket| socket.upgrade()) {
        return Some(socket);
    }
    let reaches = |socket: &Arc<UdpSocket>| {
        let local = socket.local_addr();
        local.is_ok_and(|local| local.is_ipv4() == binding.received.is_ipv4())
    };
    let mut fit = sockets.iter().filter_map(Weak::upgrade).filter(reaches);
    let one = fit.next()?;
    fit.next().is_none().then_some(one)
}

fn ping(binding: &SavedBinding, socket: Arc<UdpSocket>, mark: &Mark) -> Option<Ping> {
    let local = socket.local_addr().ok()?;
    let mark = data_encoding::HEXLOWER.encode(mark);
    // A Request-URI has no headers (RFC 3261 section 19.1.1).
    let target = binding.contact.split('?').next().unwrap_or_default();
    let (_, domain) = binding.address_of_record.split_once('@')?;
    let by = if local.ip().is_unspecified() {
        format!("{domain}:{}", local.port())
    } else {
        local.to_string()
    };
    let bytes = format!(
        "OPTIONS {target} SIP/2.0\r\nVia: SIP/2.0/UDP {by};branch=z9hG4bK{mark};rport\r\nMax-Forwards: 70\r\n\
         From: <sip:{domain}>;tag={}\r\nTo: <{target}>\r\nCall-ID: {mark}\r\nCSeq: 1 OPTIONS\r\n\
         Content-Length: 0\r\n\r\n",
        mark.get(..16).unwrap_or_default()
    );
    // A socket for both families knows IPv4 addresses in IPv6 only.
    let to = match binding.received {
        SocketAddr::V4(v4) if local.is_ipv6() => SocketAddr::new(v4.ip().to_ipv6_mapped().into(), v4.port()),
        other => other,
    };
    Some(Ping {
        to,
        socket,
        bytes: bytes.into_bytes(),
    })
}

fn mark_of(call_id: &str) -> Option<Mark> {
    let bytes = data_encoding::HEXLOWER.decode(call_id.as_bytes()).ok()?;
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Seconds(i64);

    impl Surroundings for Seconds {
        fn now_ms(&self) -> i64 {
            self.0 * 1000
        }

        fn fill_random(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    fn phones(count: usize) -> Bindings {
        let one = |number: usize| SavedBinding {
            phone: PhoneKey(number.to_string().into()),
            address_of_record: "sip:a@acme.example".into(),
            contact: format!("sip:{number}@10.1.2.3").into(),
            received: SocketAddr::from(([127, 0, 0, 1], 9)),
            transport: Transport::Udp,
            call_id: "".into(),
            cseq: 1,
            instance: None,
            user_agent: "".into(),
            q: None,
            since_ms: 0,
            refreshed_ms: 0,
            expires_ms: i64::MAX,
            generation: 1,
            silent_since_ms: None,
        };
        Bindings::new((0..count).map(one).collect(), 0)
    }

    #[test]
    fn twenty_thousand_phones_are_asked_once_a_minute_and_never_in_one_burst() {
        let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").expect("a free port"));
        let (pings, bindings) = (Pings::new(60, 1_000_000), phones(20_000));
        let sockets = [Arc::downgrade(&socket)];
        let round = |second| pings.round(&bindings, &sockets, &Seconds(second)).pings.len();
        assert_eq!(round(1000), 0, "not all of them at the start");
        let rounds: Vec<_> = (1001..1061).map(round).collect();
        assert_eq!(rounds.iter().sum::<usize>(), 20_000);
        assert!(rounds.iter().all(|count| (200..500).contains(count)), "{rounds:?}");
        // A machine that slept asks everybody once, a bounded number a round.
        let late: Vec<_> = (5000..5010).map(round).collect();
        assert!(late.iter().all(|count| *count == MOST_PER_ROUND), "{late:?}");
        assert_eq!(pings.table().asked.len(), 20_000);
    }
}
