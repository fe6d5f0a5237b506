//! A host, a clock, a registrar and phones for the stories.

use std::collections::{BTreeMap, HashMap};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use linekey_sip::digest::{Algorithm, Asked, Ha1, Ha1Set, response};
use linekey_sip::{
    BindingChange, Credential, Directory, Domain, Event, Former, PhoneKey, Registrar, Running, SavedBinding, Secret,
    Settings, Sockets, Surroundings, Tls, Transport, Unavailable,
};

pub(crate) const NOON: i64 = 1_790_000_000_000;
pub(crate) const KEY: [u8; 32] = [7; 32];

/// Key, generation and hashes, and those of the SIP password before.
type Known = (PhoneKey, i64, Ha1Set, Option<(Ha1Set, bool)>);

/// The host's side: phones, stored bindings and what was told.
#[derive(Default)]
pub(crate) struct Host {
    domains: Mutex<HashMap<String, Algorithm>>,
    /// By domain and name.
    phones: Mutex<HashMap<(String, String), Known>>,
    pub(crate) stored: Mutex<BTreeMap<(PhoneKey, Arc<str>), SavedBinding>>,
    pub(crate) saves: Mutex<Vec<Vec<BindingChange>>>,
    pub(crate) events: Mutex<Vec<Event>>,
    pub(crate) lookups: AtomicUsize,
    pub(crate) saving_fails: AtomicBool,
    pub(crate) failed_saves: AtomicUsize,
    pub(crate) lookup_fails: AtomicBool,
}

impl Host {
    pub(crate) fn add_domain(&self, name: &str, algorithm: Algorithm) {
        self.domains.lock().unwrap().insert(name.to_owned(), algorithm);
    }

    pub(crate) fn add_phone(&self, domain: &str, name: &str, generation: i64) {
        let ha1 = Ha1Set::of(name, domain, &password_of(name));
        let entry = (PhoneKey(format!("{name}@{domain}").into()), generation, ha1, None);
        self.phones
            .lock()
            .unwrap()
            .insert((domain.to_owned(), name.to_owned()), entry);
    }

    /// Gives a phone another SIP password; whether the one before is still `valid`.
    pub(crate) fn rotate(&self, domain: &str, name: &str, password: &str, valid: bool) {
        let mut phones = self.phones.lock().unwrap();
        let (_, generation, ha1, former) = phones.get_mut(&(domain.to_owned(), name.to_owned())).unwrap();
        let old = std::mem::replace(ha1, Ha1Set::of(name, domain, password));
        *former = Some((old, valid));
        *generation += 1;
    }

    /// The SIP password before is not valid any more.
    pub(crate) fn end_overlap(&self, domain: &str, name: &str) {
        let mut phones = self.phones.lock().unwrap();
        let (.., former) = phones.get_mut(&(domain.to_owned(), name.to_owned())).unwrap();
        former.as_mut().unwrap().1 = false;
    }

    pub(crate) fn disable(&self, domain: &str, name: &str) {
        self.phones
            .lock()
            .unwrap()
            .remove(&(domain.to_owned(), name.to_owned()));
    }

    pub(crate) fn stored_contacts(&self) -> Vec<String> {
        self.stored
            .lock()
            .unwrap()
            .keys()
            .map(|(_, contact)| contact.to_string())
            .collect()
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }
}

pub(crate) fn password_of(name: &str) -> String {
    format!("Demo-{name}-2026")
}

impl Directory for Host {
    fn domain(&self, host: &str) -> Option<Domain> {
        let host = host.to_ascii_lowercase();
        let algorithm = *self.domains.lock().unwrap().get(&host)?;
        Some(Domain {
            name: host.into(),
            algorithm,
        })
    }

    async fn credential(&self, domain: &str, name: &str) -> Result<Option<Credential>, Unavailable> {
        self.lookups.fetch_add(1, Ordering::SeqCst);
        if self.lookup_fails.load(Ordering::SeqCst) {
            return Err(Unavailable);
        }
        let phones = self.phones.lock().unwrap();
        let found = phones.get(&(domain.to_owned(), name.to_owned()));
        Ok(found.map(|(phone, generation, ha1, former)| Credential {
            phone: phone.clone(),
            current: Secret {
                generation: *generation,
                ha1: ha1.clone(),
            },
            former: former.as_ref().map(|(ha1, valid)| Former {
                generation: generation - 1,
                sealed: ha1.to_bytes().to_vec(),
                valid: *valid,
            }),
        }))
    }

    fn open(&self, former: Option<(&PhoneKey, &Former)>) -> Option<Ha1Set> {
        let (_, former) = former?;
        Ha1Set::from_bytes(&former.sealed)
    }

    async fn load(&self) -> Result<Vec<SavedBinding>, Unavailable> {
        Ok(self.stored.lock().unwrap().values().cloned().collect())
    }

    async fn save(&self, changes: Vec<BindingChange>) -> Result<(), Unavailable> {
        if self.saving_fails.load(Ordering::SeqCst) {
            self.failed_saves.fetch_add(1, Ordering::SeqCst);
            return Err(Unavailable);
        }
        let mut stored = self.stored.lock().unwrap();
        for change in &changes {
            let (phone, contact) = change.key();
            let key = (phone.clone(), Arc::clone(contact));
            match change {
                BindingChange::Put(binding) => stored.insert(key, SavedBinding::clone(binding)),
                // What else is in it must be stored already.
                BindingChange::Refresh(new) => stored.get(&key).cloned().and_then(|old| {
                    let refreshed = SavedBinding {
                        call_id: new.call_id.clone(),
                        cseq: new.cseq,
                        refreshed_ms: new.refreshed_ms,
                        expires_ms: new.expires_ms,
                        ..old
                    };
                    stored.insert(key, refreshed)
                }),
                BindingChange::Remove { .. } => stored.remove(&key),
            };
        }
        self.saves.lock().unwrap().push(changes);
        Ok(())
    }

    fn event(&self, event: Event) {
        self.events.lock().unwrap().push(event);
    }
}

/// A clock moved by hand, and random bytes that are the same in every run.
pub(crate) struct Clock {
    now_ms: AtomicI64,
    /// Milliseconds by which every look at the clock moves it.
    pub(crate) tick_ms: AtomicI64,
    state: AtomicU64,
}

impl Clock {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            now_ms: AtomicI64::new(NOON),
            tick_ms: AtomicI64::new(0),
            state: AtomicU64::new(seed),
        }
    }

    pub(crate) fn forward(&self, seconds: i64) {
        self.now_ms.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

impl Surroundings for Clock {
    fn now_ms(&self) -> i64 {
        self.now_ms
            .fetch_add(self.tick_ms.load(Ordering::SeqCst), Ordering::SeqCst)
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = split_mix(&self.state).to_le_bytes()[3];
        }
    }
}

pub(crate) fn split_mix(state: &AtomicU64) -> u64 {
    let step = 0x9e37_79b9_7f4a_7c15_u64;
    let mut z = state.fetch_add(step, Ordering::SeqCst).wrapping_add(step);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A registrar with two domains: `acme.example` (MD5; ann-desk, ann-softphone, bob-desk) and
/// `globex.example` (SHA-256; gina-desk).
pub(crate) struct World {
    pub(crate) host: Arc<Host>,
    pub(crate) clock: Arc<Clock>,
    pub(crate) running: Running,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        Self::with_tls(settings, None).await
    }

    pub(crate) async fn with_tls(settings: Settings, tls: Option<Tls>) -> Self {
        let host = Arc::new(Host::default());
        host.add_domain("acme.example", Algorithm::Md5);
        host.add_domain("globex.example", Algorithm::Sha256);
        host.add_domain("initech.example", Algorithm::Sha512_256);
        for name in ["ann-desk", "ann-softphone", "bob-desk"] {
            host.add_phone("acme.example", name, 1);
        }
        host.add_phone("globex.example", "gina-desk", 1);
        host.add_phone("initech.example", "pete-desk", 1);
        let clock = Arc::new(Clock::new(1));
        let settings = Settings { ping_s: 0, ..settings };
        let running = start_with(settings, tls, &host, &clock).await;
        Self { host, clock, running }
    }

    /// One that pings every minute.
    pub(crate) async fn pinging() -> Self {
        let mut world = Self::new().await;
        world.ping_again().await;
        world
    }

    /// Stops it and starts one that pings, on the same host.
    pub(crate) async fn ping_again(&mut self) {
        self.running.shutdown().await.unwrap();
        self.running = start_as_is(Settings::default(), &self.host, &self.clock).await;
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address_of(Transport::Udp)
    }

    pub(crate) fn address_of(&self, transport: Transport) -> SocketAddr {
        let mut all = self.running.local_addresses().iter();
        all.find(|(found, _)| *found == transport).unwrap().1
    }

    /// Stops the registrar and starts another on the same host, as a deploy does.
    pub(crate) async fn restart(&mut self) {
        self.running.shutdown().await.unwrap();
        self.clock.state.fetch_add(99, Ordering::SeqCst);
        self.running = start(Settings::default(), &self.host, &self.clock).await;
    }

    pub(crate) async fn phone(&self, name: &str) -> Phone {
        let domain = match name {
            "gina-desk" => "globex.example",
            "pete-desk" => "initech.example",
            _ => "acme.example",
        };
        Phone::new(self.address(), name, domain).await
    }

    pub(crate) fn bindings(&self, phone: &Phone) -> Vec<SavedBinding> {
        let bindings = self.running.bindings_of(&phone.key());
        bindings.into_iter().map(Arc::unwrap_or_clone).collect()
    }

    /// Waits until there are that many connections, at most ten seconds.
    pub(crate) async fn has_connections(&self, count: usize) {
        let there = async {
            while self.running.gauges().connections != count {
                tokio::task::yield_now().await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(10), there).await;
        assert!(waited.is_ok(), "{} connections", self.running.gauges().connections);
    }

    /// What the host was told with every answer that is out: it is told right behind one, before the next datagram is
    /// read.
    pub(crate) async fn told(&self) -> Vec<Event> {
        self.is_idle().await;
        let wire = Wire::new(self.address()).await;
        wire.ask(&options(wire.local(), "told")).await;
        self.host.events()
    }

    /// Waits until no request is being worked on.
    pub(crate) async fn is_idle(&self) {
        while self.running.gauges().working > 0 {
            tokio::task::yield_now().await;
        }
    }
}

/// Without pings, which would come between question and answer when a story moves the clock.
pub(crate) async fn start(settings: Settings, host: &Arc<Host>, clock: &Arc<Clock>) -> Running {
    let settings = Settings { ping_s: 0, ..settings };
    start_with(settings, None, host, clock).await
}

async fn start_as_is(settings: Settings, host: &Arc<Host>, clock: &Arc<Clock>) -> Running {
    start_with(settings, None, host, clock).await
}

pub(crate) async fn start_with(settings: Settings, tls: Option<Tls>, host: &Arc<Host>, clock: &Arc<Clock>) -> Running {
    let sockets = Sockets {
        udp: vec![UdpSocket::bind("127.0.0.1:0").unwrap()],
        tcp: vec![TcpListener::bind("127.0.0.1:0").unwrap()],
        tls,
    };
    Registrar::start(settings, KEY, sockets, Arc::clone(host), Arc::clone(clock))
        .await
        .unwrap()
}

/// A socket that speaks raw SIP.
pub(crate) struct Wire {
    socket: tokio::net::UdpSocket,
    pub(crate) server: SocketAddr,
}

impl Wire {
    pub(crate) async fn new(server: SocketAddr) -> Self {
        let any = SocketAddr::new(server.ip(), 0);
        Self {
            socket: tokio::net::UdpSocket::bind(any).await.unwrap(),
            server,
        }
    }

    pub(crate) fn local(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    pub(crate) async fn send(&self, bytes: &[u8]) {
        self.socket.send_to(bytes, self.server).await.unwrap();
    }

    pub(crate) async fn receive(&self) -> Answer {
        let mut buffer = vec![0; 65_536];
        let (length, _) = tokio::time::timeout(Duration::from_secs(10), self.socket.recv_from(&mut buffer))
            .await
            .expect("the registrar answers")
            .unwrap();
        Answer::new(&buffer[..length])
    }

    /// The next datagram that is a request.
    pub(crate) async fn request(&self) -> String {
        let mut buffer = vec![0; 65_536];
        let (length, from) = tokio::time::timeout(Duration::from_secs(10), self.socket.recv_from(&mut buffer))
            .await
            .expect("the registrar asks")
            .unwrap();
        assert_eq!(from, self.server, "from the socket that the phone knows");
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    pub(crate) async fn ask(&self, text: &str) -> Answer {
        self.send(text.as_bytes()).await;
        self.receive().await
    }

    /// Asserts that the bytes get no answer: what comes back next is the answer to a later question.
    pub(crate) async fn gets_no_answer(&self, world: &World, bytes: &[u8]) {
        self.send(bytes).await;
        for round in ["before", "after"] {
            let ping = options(self.local(), round);
            let answer = self.ask(&ping).await;
            assert_eq!(answer.header("Call-ID"), Some(round), "got an answer: {}", answer.text);
            world.is_idle().await;
        }
    }
}

pub(crate) fn options(local: SocketAddr, call_id: &str) -> String {
    format!(
        "OPTIONS sip:acme.example SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bK{call_id};rport\r\n\
         From: <sip:a@acme.example>;tag=1\r\nTo: <sip:acme.example>\r\nCall-ID: {call_id}\r\n\
         CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    )
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let status = text.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, text }
    }

    pub(crate) fn headers(&self, name: &str) -> Vec<&str> {
        let lines = self.text.split("\r\n").skip(1).filter_map(|line| line.split_once(": "));
        lines
            .filter(|(found, _)| *found == name)
            .map(|(_, value)| value)
            .collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).first().copied()
    }

    /// A parameter of the challenge.
    pub(crate) fn challenge(&self, name: &str) -> Option<String> {
        let challenge = self.header("WWW-Authenticate")?.strip_prefix("Digest ")?;
        let mut parts = challenge.split(", ").filter_map(|part| part.split_once('='));
        parts
            .find(|(found, _)| *found == name)
            .map(|(_, value)| value.trim_matches('"').to_owned())
    }

    pub(crate) fn is_stale(&self) -> bool {
        self.challenge("stale").as_deref() == Some("true")
    }

    /// The seconds granted to the only contact.
    pub(crate) fn granted(&self) -> u32 {
        let contact = self.header("Contact").expect("a contact");
        let (_, rest) = contact.split_once(";expires=").unwrap();
        rest.split(';').next().unwrap().parse().unwrap()
    }
}

/// A phone whose every byte a story can choose.
pub(crate) struct Phone {
    pub(crate) wire: Wire,
    pub(crate) name: String,
    pub(crate) domain: String,
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) algorithm: Algorithm,
    pub(crate) to: String,
    pub(crate) request_uri: String,
    pub(crate) digest_uri: String,
    pub(crate) via: String,
    pub(crate) call_id: String,
    pub(crate) cseq: u32,
    pub(crate) realm: String,
    pub(crate) nonce: Option<String>,
    pub(crate) nc: u32,
    pub(crate) qop: Option<&'static str>,
}

impl Phone {
    pub(crate) async fn new(server: SocketAddr, name: &str, domain: &str) -> Self {
        let wire = Wire::new(server).await;
        let algorithm = match domain {
            "globex.example" => Algorithm::Sha256,
            "initech.example" => Algorithm::Sha512_256,
            _ => Algorithm::Md5,
        };
        Self {
            name: name.to_owned(),
            domain: domain.to_owned(),
            username: name.to_owned(),
            password: password_of(name),
            algorithm,
            to: format!("<sip:{name}@{domain}>"),
            request_uri: format!("sip:{domain}"),
            digest_uri: format!("sip:{domain}"),
            via: format!("{};rport", wire.local()),
            call_id: format!("{name}-{}", wire.local().port()),
            cseq: 0,
            realm: domain.to_owned(),
            nonce: None,
            nc: 0,
            qop: Some("auth"),
            wire,
        }
    }

    pub(crate) fn key(&self) -> PhoneKey {
        PhoneKey(format!("{}@{}", self.name, self.domain).into())
    }

    pub(crate) fn contact(&self) -> String {
        format!("sip:{}@{}", self.name, self.wire.local())
    }

    /// The next request with these headers, each ending in CRLF; it proves itself once there is a
    /// nonce.
    pub(crate) fn request(&mut self, headers: &str) -> String {
        self.cseq += 1;
        let authorization = self.authorization();
        let Self {
            wire,
            to,
            name,
            domain,
            via,
            call_id,
            cseq,
            nc,
            request_uri,
            ..
        } = self;
        let port = wire.local().port();
        format!(
            "REGISTER {request_uri} SIP/2.0\r\nVia: SIP/2.0/UDP {via};branch=z9hG4bK{port}x{cseq}n{nc}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:{name}@{domain}>;tag=f{port}\r\nTo: {to}\r\nCall-ID: {call_id}\r\n\
             CSeq: {cseq} REGISTER\r\nUser-Agent: Story 1.0\r\n{headers}{authorization}Content-Length: 0\r\n\r\n"
        )
    }

    fn authorization(&mut self) -> String {
        let Some(nonce) = self.nonce.clone() else {
            return String::new();
        };
        self.nc += 1;
        let (nc, cnonce) = (format!("{:08x}", self.nc), "0a4f113b");
        let ha1 = Ha1::of(self.algorithm, &self.username, &self.realm, &self.password);
        let asked = Asked {
            method: "REGISTER",
            uri: &self.digest_uri,
            nonce: &nonce,
            nc: &nc,
            cnonce,
        };
        let response = response(self.algorithm, &ha1, &asked);
        let Self {
            username,
            realm,
            digest_uri,
            algorithm,
            ..
        } = self;
        let qop = self.qop.map_or(String::new(), |qop| {
            format!(", qop={qop}, nc={nc}, cnonce=\"{cnonce}\"")
        });
        format!(
            "Authorization: Digest username=\"{username}\", realm=\"{realm}\", nonce=\"{nonce}\", \
             uri=\"{digest_uri}\", response=\"{response}\", algorithm={}{qop}\r\n",
            algorithm.as_str()
        )
    }

    /// Gets a nonce.
    pub(crate) async fn challenge(&mut self) -> Answer {
        self.nonce = None;
        let request = self.request("");
        let answer = self.wire.ask(&request).await;
        assert_eq!(answer.status, 401);
        self.nonce = answer.challenge("nonce");
        self.nc = 0;
        answer
    }

    /// Sends a proven request with these headers.
    pub(crate) async fn send(&mut self, headers: &str) -> Answer {
        if self.nonce.is_none() {
            self.challenge().await;
        }
        let request = self.request(headers);
        self.wire.ask(&request).await
    }

    /// Registers the phone's own contact.
    pub(crate) async fn register(&mut self, expires_s: u32) -> Answer {
        let headers = format!("Contact: <{}>\r\nExpires: {expires_s}\r\n", self.contact());
        self.send(&headers).await
    }
}
