//! What the fuzz targets in `fuzz/` call, and the tests of every run with the seeds: each function takes any bytes and
//! panics when a promise is broken. Built with the feature `fuzz` alone.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use crate::ask::{
    BindingChange, Credential, Directory, Domain, Event, Former, PhoneKey, SavedBinding, Secret, Surroundings,
    Transport, Unavailable,
};
use crate::codec::{self, Contacts, MAX_DATAGRAM, Read};
use crate::digest::{self, Algorithm, Asked, Ha1, Ha1Set};
use crate::frames::{Cut, Frames};
use crate::reply::Answer;
use crate::requests::{Look, Reply, Requests};
use crate::server;
use crate::settings::Settings;

const SIP_DOMAIN: &str = "acme.example";
const SIP_NAME: &str = "ann-desk";
const SIP_PASSWORD: &str = "Demo-ann-desk-2026";
/// Ends a step of [`registration`] (ASCII: record separator).
const STEP_END: u8 = 0x1e;
/// What stands for an `Authorization` header in a step that is a whole message.
const PROOF: &[u8] = b"%PROOF%";
/// Steps of one input that are carried out.
const MAX_STEPS: usize = 16;
const STATUSES: [u16; 11] = [200, 400, 401, 403, 404, 405, 416, 420, 423, 500, 505];

/// One datagram: whatever it says, an answer to it is one answer.
pub fn message(bytes: &[u8]) {
    if bytes.len() <= codec::MAX_DATAGRAM {
        codec::is_plain(bytes);
    }
    let Read::Request(request) = codec::read(bytes) else {
        return;
    };
    for value in &request.authorizations {
        let parsed = digest::parse_authorization(value);
        let _ = parsed.map(|sent| (sent.count(), codec::uri_host(&value.slice_ref(sent.uri))));
    }
    if let Ok(Contacts::List(list)) = &request.contacts {
        for contact in list {
            assert!(contact.uri.len() <= 512, "a contact of {} bytes", contact.uri.len());
            let is_plain = |byte: u8| (0x21..0x7f).contains(&byte) && !b"<>\"".contains(&byte);
            assert!(contact.uri.bytes().all(is_plain), "{:?}", contact.uri);
            assert!(codec::same_uri(&contact.uri, &contact.uri));
        }
    }
    assert!(!request.user_agent.contains(char::is_control));
    let source = SocketAddr::from(([192, 0, 2, 7], 5060));
    let answer = Answer::new(420, "Bad Extension").with("Unsupported", &request.required.join(", "));
    is_one_answer(&answer.to_bytes(&request.echo, source, true, b"0123456789abcdef"));
    let _ = (request.expires_s, request.reply_port(source));
}

/// A stream: its first four bytes say in which pieces the rest comes. It is cut alike as if it came at once.
pub fn stream(bytes: &[u8]) {
    let Some((sizes, rest)) = bytes.split_first_chunk::<4>() else {
        return;
    };
    let mut pieces = Vec::new();
    let mut left = rest;
    for size in sizes.iter().cycle() {
        if left.is_empty() {
            break;
        }
        let (piece, after) = left.split_at((usize::from(*size) + 1).min(left.len()));
        pieces.push(piece);
        left = after;
    }
    assert_eq!(cut(&pieces), cut(&[rest]), "cut otherwise in pieces than at once");
}

/// The messages of a stream, `None` for a keep-alive, and whether it ended in garbage.
fn cut(pieces: &[&[u8]]) -> (Vec<Option<Vec<u8>>>, bool) {
    let (mut frames, mut found) = (Frames::default(), Vec::new());
    for piece in pieces {
        frames.room().extend_from_slice(piece);
        loop {
            match frames.cut() {
                Cut::More => break,
                Cut::KeepAlive => found.push(None),
                Cut::Message(message) => found.push(Some(message.to_vec())),
                Cut::Garbage(_) => return (found, true),
            }
        }
        assert!(frames.room().len() <= MAX_DATAGRAM, "kept more than a message");
    }
    (found, false)
}

/// Texts that name places and proofs, two in an input with a line break between: same is same both ways.
pub fn texts(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (one, other) = text.split_once('\n').unwrap_or((&text, ""));
    assert_eq!(
        codec::same_uri(one, other),
        codec::same_uri(other, one),
        "{one:?} {other:?}"
    );
    assert!(codec::uri_reads_alike(&one.into()), "{one:?}");
    let host = codec::uri_host(&one.into());
    assert!(codec::uri_address(one).is_none() || host.is_some());
    if let Some(sent) = digest::parse_authorization(one) {
        assert!(
            [sent.username, sent.realm, sent.nonce, sent.uri]
                .iter()
                .all(|part| one.contains(part))
        );
        let _ = sent.count();
    }
    let cleaned = codec::clean(bytes, 16);
    assert!(cleaned.chars().count() <= 16 && !cleaned.contains(char::is_control));
    assert!(!cleaned.contains(['\u{202e}', '\u{2066}']), "{cleaned:?}");
}

/// A phone and strangers at a registrar of their own. A step is a byte of choices and what follows it up to the next byte
/// 0x1e: the header fields of a REGISTER, or (4) a whole message in which `%PROOF%` stands for an `Authorization`.
/// Further choices: 1 proven with the right SIP password, 2 over TCP, 8 from another address; the upper four bits: how
/// many times 100 seconds have gone by.
pub fn registration(bytes: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime").block_on(async {
        let host = Arc::new(Host::default());
        let local = [(Transport::Udp, SocketAddr::from(([192, 0, 2, 1], 5060)))];
        // The writer waits by the clock on the wall, of which an input gets next to nothing.
        let settings = Settings {
            refresh_lag_ms: 1,
            ..Settings::default()
        };
        let requests = server::requests(
            settings,
            &[7; 32],
            &local,
            Arc::clone(&host),
            Arc::clone(&host),
            Vec::new(),
        );
        let writer = tokio::spawn(Arc::clone(&requests.saving).write(Arc::clone(&host)));
        let mut visit = Visit {
            requests,
            host,
            nonce: String::new(),
            count: 0,
        };
        for (number, step) in (1..).zip(bytes.split(|byte| *byte == STEP_END).take(MAX_STEPS)) {
            if let Some((choices, text)) = step.split_first() {
                visit.step(*choices, text, number).await;
            }
        }
        visit.requests.saving.close();
        assert!(writer.await.is_ok(), "the writer goes on");
    });
}

struct Visit {
    requests: Requests<Host>,
    host: Arc<Host>,
    nonce: String,
    count: u32,
}

impl Visit {
    async fn step(&mut self, choices: u8, text: &[u8], number: u32) {
        let seconds = i64::from(choices >> 4) * 100;
        self.host.now_ms.fetch_add(seconds * 1000, Ordering::Relaxed);
        let transport = if choices & 2 == 0 {
            Transport::Udp
        } else {
            Transport::Tcp
        };
        let source = SocketAddr::from(([192, 0, 2, 7 + (choices >> 3 & 1)], 5060));
        let proof = if choices & 1 == 0 { String::new() } else { self.proof() };
        let message = if choices & 4 == 0 {
            let head = format!(
                "REGISTER sip:{SIP_DOMAIN} SIP/2.0\r\nVia: SIP/2.0/UDP {source};rport;branch=z9hG4bK{number}\r\n\
                 From: <sip:{SIP_NAME}@{SIP_DOMAIN}>;tag=1\r\nTo: <sip:{SIP_NAME}@{SIP_DOMAIN}>\r\n\
                 Call-ID: fuzz\r\nCSeq: {number} REGISTER\r\n{proof}"
            );
            [head.as_bytes(), text, b"\r\n\r\n"].concat()
        } else {
            put_in(text, proof.as_bytes())
        };
        let reply = match self.requests.look(&message, source, transport) {
            Look::Nothing => None,
            Look::Reply(reply) => Some(reply),
            Look::Work(work) => self.requests.work(work).await,
        };
        if let Some(reply) = reply {
            self.judge(&reply, (message.len(), transport));
        }
        let bindings = self.requests.bindings.all_of(&PhoneKey(SIP_NAME.into()));
        assert!(bindings.len() <= 10 && self.requests.bindings.len() == bindings.len());
        let tables = self.requests.tables();
        assert!(
            tables.answers.len() <= MAX_STEPS && tables.wrong.len() <= MAX_STEPS && tables.unfit.len() <= MAX_STEPS
        );
    }

    /// An `Authorization` for the last nonce, with the right SIP password.
    fn proof(&mut self) -> String {
        self.count += 1;
        let (nonce, nc) = (&self.nonce, format!("{:08x}", self.count));
        let uri = format!("sip:{SIP_DOMAIN}");
        let asked = Asked {
            method: "REGISTER",
            uri: &uri,
            nonce,
            nc: &nc,
            cnonce: "c",
        };
        let ha1 = Ha1::of(Algorithm::Md5, SIP_NAME, SIP_DOMAIN, SIP_PASSWORD);
        let response = digest::response(Algorithm::Md5, &ha1, &asked);
        format!(
            "Authorization: Digest username=\"{SIP_NAME}\", realm=\"{SIP_DOMAIN}\", nonce=\"{nonce}\", uri=\"{uri}\", \
             response=\"{response}\", algorithm=MD5, qop=auth, nc={nc}, cnonce=\"c\"\r\n"
        )
    }

    fn judge(&mut self, reply: &Reply, (asked, transport): (usize, Transport)) {
        let text = is_one_answer(&reply.bytes);
        let status = text.get(8..11).and_then(|status| status.parse().ok()).unwrap_or(0);
        assert!(STATUSES.contains(&status), "{text}");
        if status == 401 && transport == Transport::Udp {
            // Bytes and not text, in which one that is no text counts for three.
            let length = reply.bytes.len();
            assert!(length <= 700 && length <= 3 * asked, "{length} for {asked}: {text}");
        }
        if let Some((_, rest)) = text.split_once("nonce=\"") {
            self.nonce = rest.split('"').next().unwrap_or_default().to_owned();
            self.count = 0;
        }
    }
}

fn put_in(text: &[u8], proof: &[u8]) -> Vec<u8> {
    match text.windows(PROOF.len()).position(|part| part == PROOF) {
        Some(at) => [&text[..at], proof, &text[at + PROOF.len()..]].concat(),
        None => text.to_vec(),
    }
}

/// Asserts that nobody put a line of their own into an answer.
fn is_one_answer(bytes: &[u8]) -> String {
    const NAMES: [&str; 15] = [
        "Via",
        "From",
        "To",
        "Call-ID",
        "CSeq",
        "Contact",
        "Date",
        "Allow",
        "Unsupported",
        "Min-Expires",
        "Retry-After",
        "WWW-Authenticate",
        "Content-Length",
        "Supported",
        "Require",
    ];
    let text = String::from_utf8_lossy(bytes).into_owned();
    let body = text
        .strip_suffix("\r\n\r\n")
        .unwrap_or_else(|| panic!("no end: {text:?}"));
    for (number, line) in body.split("\r\n").enumerate() {
        assert!(!line.contains(['\r', '\n', '\0']), "{line:?} in {text:?}");
        let name = line.split(':').next().unwrap_or_default();
        let is_known = if number == 0 {
            line.starts_with("SIP/2.0 ")
        } else {
            NAMES.contains(&name)
        };
        assert!(is_known, "{line:?} in {text:?}");
    }
    text
}

/// One SIP domain with one phone, and a clock moved by hand.
#[derive(Default)]
struct Host {
    now_ms: AtomicI64,
    random: AtomicU64,
}

impl Directory for Host {
    fn domain(&self, host: &str) -> Option<Domain> {
        host.eq_ignore_ascii_case(SIP_DOMAIN).then(|| Domain {
            name: SIP_DOMAIN.into(),
            algorithm: Algorithm::Md5,
        })
    }

    async fn credential(&self, sip_domain: &str, sip_name: &str) -> Result<Option<Credential>, Unavailable> {
        let credential = || Credential {
            phone: PhoneKey(SIP_NAME.into()),
            current: Secret {
                generation: 1,
                ha1: Ha1Set::of(SIP_NAME, SIP_DOMAIN, SIP_PASSWORD),
            },
            former: None,
        };
        Ok((sip_domain == SIP_DOMAIN && sip_name == SIP_NAME).then(credential))
    }

    fn open(&self, _former: Option<(&PhoneKey, &Former)>) -> Option<Ha1Set> {
        None
    }

    async fn load(&self) -> Result<Vec<SavedBinding>, Unavailable> {
        Ok(Vec::new())
    }

    async fn save(&self, changes: Vec<BindingChange>) -> Result<(), Unavailable> {
        for change in changes {
            let (_, contact) = change.key();
            assert!(
                contact.len() <= 512 && contact.bytes().all(|byte| (0x21..0x7f).contains(&byte)),
                "{contact:?}"
            );
            if let BindingChange::Put(binding) | BindingChange::Refresh(binding) = change {
                assert!(binding.call_id.len() <= 255 && binding.user_agent.chars().count() <= 255);
                let seconds = (binding.expires_ms - binding.refreshed_ms) / 1000;
                assert!((1..=3600).contains(&seconds), "granted {seconds} s");
            }
        }
        Ok(())
    }

    fn event(&self, _: Event) {}
}

impl Surroundings for Host {
    fn now_ms(&self) -> i64 {
        1_790_000_000_000 + self.now_ms.load(Ordering::Relaxed)
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        let number = self
            .random
            .fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed)
            .to_le_bytes();
        bytes
            .iter_mut()
            .zip(number.iter().cycle())
            .for_each(|(byte, random)| *byte = *random);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// The files of a folder of the repository.
    fn read(folder: &str) -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
        let entries = std::fs::read_dir(folder).unwrap();
        entries
            .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
            .collect()
    }

    #[test]
    fn every_target_keeps_its_promises_with_its_seeds() {
        let torture = read("crates/linekey-sip/tests/torture");
        let keeps = |name: &str, target: fn(&[u8])| {
            let seeds = read(&format!("fuzz/seeds/{name}"));
            assert!(!seeds.is_empty(), "{name}");
            seeds.iter().chain(&torture).for_each(|input| target(input));
        };
        keeps("message", super::message);
        keeps("stream", super::stream);
        keeps("registration", super::registration);
        keeps("texts", super::texts);
    }
}
