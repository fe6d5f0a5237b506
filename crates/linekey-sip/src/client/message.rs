//! What the client writes: REGISTER requests and digest answers.

use std::fmt::Write as _;
use std::net::SocketAddr;

use super::Account;
use crate::ask::Surroundings;
use crate::codec::Response;
use crate::digest::{self, Algorithm, Asked, Ha1};

/// How often a stale nonce is replaced within one registration.
const MAX_STALE: u32 = 3;

/// A challenge that this client can answer.
#[derive(Clone, Debug)]
pub(super) struct Challenge {
    realm: String,
    nonce: String,
    algorithm: Algorithm,
    /// As written, to be repeated; absent stays absent.
    algorithm_token: Option<String>,
    opaque: Option<String>,
    pub(super) stale: bool,
    count: u32,
}

impl Challenge {
    /// Reads a `WWW-Authenticate` value; `None` for another scheme, an unknown algorithm, or no
    /// `qop=auth` (RFC 8760 section 2.4: unknown ones are passed over). With `only`, every other algorithm is unknown.
    pub(super) fn parse(value: &str, only: Option<Algorithm>) -> Option<Self> {
        let parameters: Vec<_> = digest::parameters(value)?.collect::<Option<_>>()?;
        let get = |wanted: &str| {
            let found = parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.map(|(_, value)| *value)
        };
        let qops = get("qop")?;
        if !qops.split(',').any(|qop| qop.trim().eq_ignore_ascii_case("auth")) {
            return None;
        }
        let algorithm = get("algorithm").map_or(Some(Algorithm::Md5), Algorithm::parse)?;
        if only.is_some_and(|only| only != algorithm) {
            return None;
        }
        Some(Self {
            realm: get("realm")?.to_owned(),
            nonce: get("nonce")?.to_owned(),
            algorithm,
            algorithm_token: get("algorithm").map(str::to_owned),
            opaque: get("opaque").map(str::to_owned),
            stale: get("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true")),
            count: 0,
        })
    }

    /// The next `Authorization` value under this nonce.
    fn answer(&mut self, account: &Account, uri: &str, cnonce: &str) -> String {
        self.count = self.count.saturating_add(1);
        let nc = format!("{:08x}", self.count);
        let asked = Asked {
            method: "REGISTER",
            uri,
            nonce: &self.nonce,
            nc: &nc,
            cnonce,
        };
        let ha1 = Ha1::of(self.algorithm, &account.username, &self.realm, &account.password.0);
        let response = digest::response(self.algorithm, &ha1, &asked);
        let (username, realm, nonce) = (&account.username, &self.realm, &self.nonce);
        let mut value = format!(
            "Digest username=\"{username}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", \
             response=\"{response}\", qop=auth, nc={nc}, cnonce=\"{cnonce}\""
        );
        // Writing to a String cannot fail.
        if let Some(token) = &self.algorithm_token {
            let _ = write!(value, ", algorithm={token}");
        }
        if let Some(opaque) = &self.opaque {
            let _ = write!(value, ", opaque=\"{opaque}\"");
        }
        value
    }
}

/// What stays the same over all registrations of a phone (RFC 3261 section 10.2: one Call-ID, a
/// rising CSeq).
#[derive(Debug)]
pub(super) struct Dialog {
    pub(super) local: SocketAddr,
    call_id: String,
    tag: String,
    cseq: u32,
    stale: u32,
}

impl Dialog {
    pub(super) fn new(local: SocketAddr, surroundings: &dyn Surroundings) -> Self {
        Self {
            local,
            call_id: random_hex(surroundings),
            tag: random_hex(surroundings),
            cseq: 0,
            stale: 0,
        }
    }

    pub(super) fn contact(&self, account: &Account) -> String {
        format!("sip:{}@{}", account.sip_name, self.local)
    }

    /// Whether a response belongs to the last request.
    pub(super) fn is_answer(&self, response: &Response) -> bool {
        response.call_id == self.call_id && response.cseq == self.cseq
    }

    /// Counts a stale nonce; false when there were too many in a row.
    pub(super) fn may_retry_stale(&mut self) -> bool {
        self.stale += 1;
        self.stale <= MAX_STALE
    }

    /// A registration came to its end.
    pub(super) fn settle(&mut self) {
        self.stale = 0;
    }

    /// The next REGISTER.
    pub(super) fn register(
        &mut self,
        account: &Account,
        challenge: Option<&mut Challenge>,
        expires_s: u32,
        surroundings: &dyn Surroundings,
    ) -> String {
        self.cseq = self.cseq.saturating_add(1);
        let uri = format!("sip:{}", account.sip_domain);
        let Self {
            local,
            call_id,
            tag,
            cseq,
            ..
        } = self;
        let (branch, name, domain) = (random_hex(surroundings), &account.sip_name, &account.sip_domain);
        let mut request = format!(
            "REGISTER {uri} SIP/2.0\r\n\
             Via: SIP/2.0/UDP {local};branch=z9hG4bK{branch};rport\r\n\
             Max-Forwards: 70\r\n\
             From: <sip:{name}@{domain}>;tag={tag}\r\n\
             To: <sip:{name}@{domain}>\r\n\
             Call-ID: {call_id}\r\n\
             CSeq: {cseq} REGISTER\r\n"
        );
        let contact = self.contact(account);
        let _ = write!(request, "Contact: <{contact}>");
        if let Some(instance) = &account.instance {
            let _ = write!(request, ";+sip.instance=\"<{instance}>\"");
        }
        let _ = write!(
            request,
            "\r\nExpires: {expires_s}\r\nUser-Agent: {}\r\n",
            account.user_agent
        );
        if let Some(challenge) = challenge {
            let answer = challenge.answer(account, &uri, &random_hex(surroundings));
            let _ = write!(request, "Authorization: {answer}\r\n");
        }
        request.push_str("Content-Length: 0\r\n\r\n");
        request
    }
}

fn random_hex(surroundings: &dyn Surroundings) -> String {
    let mut random = [0; 12];
    surroundings.fill_random(&mut random);
    data_encoding::HEXLOWER.encode(&random)
}
