//! How a registrar behaves; every value has the product's default.

/// Limits and names of one registrar. Times are seconds unless the name says otherwise.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The decoy realm: challenges for hosts that are no SIP domain of ours carry it, and it
    /// authenticates nobody.
    pub realm: String,
    /// Further host names and addresses under which phones reach this registrar; compared with
    /// the host of the Request-URI and of the digest `uri`. SIP domains, the decoy realm and the
    /// listening addresses need not be named.
    pub hosts: Vec<String>,
    /// The shortest registration; a request below it is answered 423 (RFC 3261 section 10.3).
    pub min_expires_s: u32,
    /// The longest registration; more is shortened.
    pub max_expires_s: u32,
    /// What is granted when the phone names no time.
    pub default_expires_s: u32,
    /// The longest registration over UDP from behind a NAT, whose mappings are forgotten early.
    pub nat_expires_s: u32,
    /// Contacts a phone may have at once; one above replaces the oldest.
    pub contacts_per_phone: usize,
    /// How often phones behind a NAT that registered over UDP are sent OPTIONS; 0: never.
    pub ping_s: u32,
    /// How long a nonce may be used.
    pub nonce_lifetime_s: u32,
    /// Wrong answers per (name, source) within [`Settings::wrong_window_s`] that get a reply.
    pub wrong_answers: u32,
    /// The window of [`Settings::wrong_answers`].
    pub wrong_window_s: u32,
    /// Entries in the table of wrong answers (about 100 bytes each); the oldest makes room.
    pub wrong_table: usize,
    /// Answers kept for retransmissions; the oldest makes room.
    pub kept_answers: usize,
    /// Authenticated requests worked on at once; above it a request is dropped and the phone
    /// sends it again.
    pub at_once: usize,
    /// Connections over TCP and TLS at once; one above is closed at once.
    pub connections: usize,
    /// Those of one source: an IPv4 address, or an IPv6 network of 64 bits.
    pub connections_per_source: usize,
    /// How long a message, or the beginning of TLS, may take to be whole once it has begun.
    pub whole_within_s: u32,
    /// How long a connection lives on which no phone has proven itself, whatever is said on it.
    pub stranger_s: u32,
    /// How long a connection of a phone may say nothing; longer than the longest registration.
    pub idle_s: u32,
    /// Milliseconds that a refresh may wait before it is stored, at most 2000.
    pub refresh_lag_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            realm: "linekey".to_owned(),
            hosts: Vec::new(),
            min_expires_s: 60,
            max_expires_s: 3600,
            default_expires_s: 3600,
            nat_expires_s: 300,
            contacts_per_phone: 10,
            ping_s: 60,
            nonce_lifetime_s: 300,
            wrong_answers: 20,
            wrong_window_s: 600,
            wrong_table: 65_536,
            kept_answers: 32_768,
            at_once: 4096,
            connections: 4096,
            connections_per_source: 256,
            whole_within_s: 10,
            stranger_s: 60,
            idle_s: 3900,
            refresh_lag_ms: 1000,
        }
    }
}
