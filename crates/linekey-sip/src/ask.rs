//! What the registrar asks of the program that hosts it.
//!
//! The registrar knows no database, no account and no clock. [`Directory`] answers who may
//! register and keeps bindings; [`Surroundings`] gives the time and randomness. Everything else
//! in this crate depends on these two faces only.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::digest::{Algorithm, Ha1Set};

/// How old a credential may be that [`Directory::credential`] answers with, milliseconds: what a host knows by heart of a
/// SIP password may be withdrawn for so long.
pub const STALE_MS: i64 = 2_000;

/// The host's own name for a phone. The registrar compares it and gives it back, nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PhoneKey(pub Arc<str>);

/// A SIP domain that this registrar serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// The domain in the spelling that realms and HA1s were made with (lower case by custom).
    pub name: Arc<str>,
    /// The one digest algorithm that phones of this domain are challenged with.
    pub algorithm: Algorithm,
}

/// What a phone must prove to know.
#[derive(Debug)]
pub struct Credential {
    /// The phone whose credential this is.
    pub phone: PhoneKey,
    /// Its SIP password.
    pub current: Secret,
    /// The one before, as long as it is known.
    pub former: Option<Former>,
}

/// A SIP password, as hashes.
#[derive(Debug)]
pub struct Secret {
    /// Which one of the phone it is: rises with each. A binding remembers the one that made it.
    pub generation: i64,
    /// The six hashes; password-equivalent, so wiped on drop and never printed.
    pub ha1: Ha1Set,
}

/// A SIP password that has been replaced.
#[derive(Debug)]
pub struct Former {
    /// Which one of the phone it is.
    pub generation: i64,
    /// Its hashes, as the host keeps them; [`Directory::open`] opens them.
    pub sealed: Vec<u8>,
    /// Whether it still authenticates, beside the new one. If not, it only tells who still uses it.
    pub valid: bool,
}

/// The host cannot answer now (its database is away). The registrar tells the phone to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unavailable;

impl std::fmt::Display for Unavailable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the directory cannot answer now")
    }
}

impl std::error::Error for Unavailable {}

/// How a phone reached the registrar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// RFC 3261 section 18, datagrams.
    Udp,
    /// RFC 3261 section 18, streams.
    Tcp,
    /// TLS over TCP.
    Tls,
}

impl Transport {
    /// `udp`, `tcp` or `tls`, as in the `transport` parameter of a URI.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
        }
    }
}

/// One binding of an address of record to a contact (RFC 3261 section 10), as it is stored.
///
/// `(phone, contact)` is its key. Times are milliseconds UTC since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedBinding {
    /// The phone that registered.
    pub phone: PhoneKey,
    /// `sip:name@domain`, without port or parameters.
    pub address_of_record: Arc<str>,
    /// The contact URI as the phone wrote it, without angle brackets; at most 512 bytes of
    /// printable ASCII.
    pub contact: Arc<str>,
    /// Where the request came from: the address behind which the phone really is.
    pub received: SocketAddr,
    /// How it came.
    pub transport: Transport,
    /// Call-ID of the last request that touched the binding; at most 255 bytes.
    pub call_id: Arc<str>,
    /// CSeq number of that request, below 2^31.
    pub cseq: u32,
    /// `+sip.instance` without quotes and angle brackets (RFC 5626 section 4.1), at most 255 bytes.
    pub instance: Option<String>,
    /// User-Agent, at most 255 characters, control characters removed; empty if none was sent.
    pub user_agent: Arc<str>,
    /// The `q` value in thousandths, 0 to 1000, if one was sent.
    pub q: Option<u16>,
    /// When this contact was first registered without interruption.
    pub since_ms: i64,
    /// When it was last refreshed.
    pub refreshed_ms: i64,
    /// When it ends unless refreshed.
    pub expires_ms: i64,
    /// [`Secret::generation`] of the SIP password that made it.
    pub generation: i64,
    /// Since when the phone does not answer what is sent to it; [`crate::Settings::ping_s`].
    pub silent_since_ms: Option<i64>,
}

/// Why a binding ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// The phone did not refresh it in time.
    Expired,
    /// The phone asked for it.
    Unregistered,
    /// The same device registered another contact, or the phone had as many as it may have.
    Replaced,
    /// The host asked for it.
    Disconnected,
}

/// One change to the stored bindings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindingChange {
    /// Insert, or replace what has the same `(phone, contact)`.
    Put(Arc<SavedBinding>),
    /// The same as it was put before, but for `call_id`, `cseq`, `refreshed_ms` and `expires_ms`. At most one of a key comes in
    /// a batch; a host that lacks what was put before, or wants to be sure of it, puts more or all of this.
    Refresh(Arc<SavedBinding>),
    /// Delete what has this key; nothing to do if it is not there.
    Remove {
        /// The phone.
        phone: PhoneKey,
        /// The contact, exactly as in [`SavedBinding::contact`].
        contact: Arc<str>,
        /// When it ended, milliseconds UTC.
        at_ms: i64,
        /// Why it ended.
        cause: Removal,
    },
}

impl BindingChange {
    /// The key of the binding that changes: phone and contact.
    #[must_use]
    pub fn key(&self) -> (&PhoneKey, &Arc<str>) {
        match self {
            Self::Put(binding) | Self::Refresh(binding) => (&binding.phone, &binding.contact),
            Self::Remove { phone, contact, .. } => (phone, contact),
        }
    }

    /// The same, where more than the last request may be stored otherwise.
    pub(crate) fn whole(self) -> Self {
        match self {
            Self::Refresh(binding) => Self::Put(binding),
            whole => whole,
        }
    }
}

/// What the host should know beyond bindings. All texts are bounded and free of control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A contact was registered that was not there before; told after it is durable.
    FirstContact {
        /// The phone.
        phone: PhoneKey,
        /// The credential it used.
        generation: i64,
        /// Where it is.
        source: SocketAddr,
        /// What it says it is.
        user_agent: String,
        /// Milliseconds UTC.
        at_ms: i64,
    },
    /// An authenticated phone tried to register an address of record that is not its own
    /// (RFC 3261 section 10.3, step 4). It was answered 403 and nothing was written.
    WrongAddressOfRecord {
        /// The phone whose credential was used.
        phone: PhoneKey,
        /// The address it wanted, at most 255 characters.
        wanted: String,
        /// Where it is.
        source: SocketAddr,
        /// What it says it is.
        user_agent: String,
        /// Milliseconds UTC.
        at_ms: i64,
    },
    /// A refusal that whoever owns the phone may want to know of. Told only of senders whose address is proven by a nonce of
    /// ours, and for each (name, source) not more often within the window than refusals are answered.
    Refused {
        /// The phone, if the name belongs to one and was looked up. Told for unknown names too, so that both cost
        /// the same.
        phone: Option<PhoneKey>,
        /// The name as typed, at most 255 characters.
        name: String,
        /// The SIP domain it was typed for.
        sip_domain: String,
        /// Where it came from.
        source: SocketAddr,
        /// What it says it is.
        user_agent: String,
        /// What was wrong.
        why: Why,
        /// Which one it is in its window.
        nth: Nth,
        /// Milliseconds UTC.
        at_ms: i64,
    },
}

/// What was wrong with a request that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// The response is of no SIP password that the phone has or had; or there is no phone of that name.
    WrongPassword,
    /// It is the SIP password that the phone had before.
    OutdatedPassword,
    /// It goes on using nonces that are over, though it is told `stale` (RFC 7616 section 3.3). Told once a window, after
    /// a few: one is what every phone sends when it refreshes.
    ExpiredNonce,
    /// It answers with another algorithm, or without `qop=auth`. Told once a window.
    UnknownAlgorithm,
    /// The `uri` that it answers for names a host that is not ours. Told once a window.
    ForeignHost,
}

/// Which refusal of its window an event tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nth {
    /// The first.
    First,
    /// One of those between.
    Further,
    /// The one after which further ones get no reply, and are not told.
    Last,
}

/// Who may register, and where bindings are kept.
pub trait Directory: Send + Sync + 'static {
    /// The SIP domain of this host name, compared without regard to case. Answered from memory:
    /// strangers can make the registrar ask this as often as they send packets.
    fn domain(&self, host: &str) -> Option<Domain>;

    /// The credential of `sip_name` in `sip_domain` ([`Domain::name`]); `None` for unknown and
    /// for disabled phones. Asked only after a nonce of ours came back from its source.
    ///
    /// # Errors
    /// [`Unavailable`] leads to 503 with `Retry-After`. A host that wants phones to stay
    /// registered while its database is away answers from a cache.
    fn credential(
        &self,
        sip_domain: &str,
        sip_name: &str,
    ) -> impl Future<Output = Result<Option<Credential>, Unavailable>> + Send;

    /// Opens the hashes of a phone's SIP password before. Asked when a response was not made with the newest one, and then
    /// always: of nobody, and of a phone that never had another, it opens nothing, as long as that takes.
    fn open(&self, former: Option<(&PhoneKey, &Former)>) -> Option<Ha1Set>;

    /// Every stored binding; asked once, before the first packet is read.
    ///
    /// # Errors
    /// [`Unavailable`] stops the start.
    fn load(&self) -> impl Future<Output = Result<Vec<SavedBinding>, Unavailable>> + Send;

    /// Makes a batch durable, whole or not at all, in order. Changes of many phones come in one
    /// call, so a phone that no longer exists must be skipped, not refuse the batch. Only one
    /// call runs at a time.
    ///
    /// # Errors
    /// [`Unavailable`] when nothing, or nothing known, was stored. Refreshes are offered again.
    fn save(&self, changes: Vec<BindingChange>) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Something worth an audit event or a notice. Must not block.
    fn event(&self, event: Event);
}

/// Time and randomness, handed in so that tests can move the clock.
pub trait Surroundings: Send + Sync + 'static {
    /// Milliseconds UTC since 1970.
    fn now_ms(&self) -> i64;

    /// Fills `bytes` with randomness fit for cryptography.
    fn fill_random(&self, bytes: &mut [u8]);
}
