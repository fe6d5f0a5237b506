//! A small user agent client that registers over UDP, for demos, tests and proofs.
//!
//! It answers challenges (RFC 7616, `qop=auth`, all three algorithms), keeps nonce and count,
//! repeats a request that was lost (RFC 3261 section 17.1.2) and registers again at half of the
//! granted time. It makes no calls.

mod message;
mod repeat;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UdpSocket;
use zeroize::Zeroizing;

use crate::ask::Surroundings;
use crate::codec::{self, Read, Response, ResponseTime};
use crate::digest::Algorithm;
use message::{Challenge, Dialog};
pub use repeat::Repeating;

/// Longest pause between two copies of a request: T2 (RFC 3261 section 17.1.2.2).
const T2: Duration = Duration::from_secs(4);

/// What a phone is configured with.
#[derive(Clone, Debug)]
pub struct Account {
    /// The registrar.
    pub server: SocketAddr,
    /// The SIP domain: host of the address of record and of the Request-URI.
    pub sip_domain: String,
    /// The SIP name: user of the address of record.
    pub sip_name: String,
    /// The name in `Authorization`: the SIP name, or `name@sip_domain`.
    pub username: String,
    /// The SIP password.
    pub password: Password,
    /// Seconds asked for.
    pub expires_s: u32,
    /// `User-Agent`.
    pub user_agent: String,
    /// `+sip.instance`, without quotes and angle brackets, such as `urn:uuid:...`.
    pub instance: Option<String>,
    /// The one digest algorithm it knows, as many phones do; `None`: all three.
    pub only: Option<Algorithm>,
    /// First pause before a request is repeated: T1, 500 ms by RFC 3261; doubled each time up to 4 s.
    pub t1: Duration,
    /// When to give up: 64*T1, 32 s by RFC 3261.
    pub give_up: Duration,
}

impl Account {
    /// An account with the timers of RFC 3261, asking for an hour.
    #[must_use]
    pub fn new(server: SocketAddr, sip_name: &str, sip_domain: &str, password: &str) -> Self {
        Self {
            server,
            sip_domain: sip_domain.to_owned(),
            sip_name: sip_name.to_owned(),
            username: sip_name.to_owned(),
            password: Password(Zeroizing::new(password.to_owned())),
            expires_s: 3600,
            user_agent: "Linekey phone".to_owned(),
            instance: None,
            only: None,
            t1: Duration::from_millis(500),
            give_up: Duration::from_secs(32),
        }
    }
}

/// A SIP password: wiped on drop, never printed.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl From<&str> for Password {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// The final answer to a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Its status, 200 to 699.
    pub status: u16,
    /// The seconds granted to this phone's contact, if it is bound.
    pub granted_s: Option<u32>,
    /// Every contact bound to the address of record.
    pub contacts: Vec<String>,
    /// `Retry-After` in seconds.
    pub retry_after_s: Option<u32>,
}

impl Outcome {
    /// Whether the phone is registered now.
    #[must_use]
    pub fn is_registered(&self) -> bool {
        self.status == 200 && self.granted_s.is_some()
    }
}

/// Why there is no final answer.
#[derive(Debug)]
pub enum Failure {
    /// Nobody answered in time.
    NoAnswer,
    /// The socket failed.
    Socket(std::io::Error),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoAnswer => f.write_str("the registrar did not answer"),
            Self::Socket(error) => write!(f, "the phone's socket failed: {error}"),
        }
    }
}

impl std::error::Error for Failure {}

/// A phone with a socket of its own.
pub struct Phone {
    account: Account,
    socket: UdpSocket,
    surroundings: Arc<dyn Surroundings>,
    dialog: Dialog,
    challenge: Option<Challenge>,
    expires_s: u32,
}

impl std::fmt::Debug for Phone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Phone")
            .field("sip_name", &self.account.sip_name)
            .finish_non_exhaustive()
    }
}

impl Phone {
    /// Opens a socket towards the registrar. Nothing is sent yet.
    ///
    /// # Errors
    /// No socket could be opened, or the registrar's address cannot be reached from here.
    pub async fn new(account: Account, surroundings: Arc<dyn Surroundings>) -> std::io::Result<Self> {
        let any: SocketAddr = match account.server {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let socket = UdpSocket::bind(any).await?;
        // Connected: the local address becomes known, and strangers are not heard.
        socket.connect(account.server).await?;
        let dialog = Dialog::new(socket.local_addr()?, &*surroundings);
        let expires_s = account.expires_s;
        Ok(Self {
            account,
            socket,
            surroundings,
            dialog,
            challenge: None,
            expires_s,
        })
    }

    /// The address the phone sends from.
    #[must_use]
    pub fn local_address(&self) -> SocketAddr {
        self.dialog.local
    }

    /// The contact URI it registers.
    #[must_use]
    pub fn contact(&self) -> String {
        self.dialog.contact(&self.account)
    }

    /// Registers, or refreshes the registration, and tells the final answer.
    ///
    /// # Errors
    /// No answer, or no socket.
    pub async fn register_once(&mut self) -> Result<Outcome, Failure> {
        self.converse(true).await
    }

    /// Takes the phone's contact out again.
    ///
    /// # Errors
    /// No answer, or no socket.
    pub async fn unregister_once(&mut self) -> Result<Outcome, Failure> {
        self.converse(false).await
    }

    /// Registers now and again at half of each granted time, until stopped.
    #[must_use]
    pub fn repeat(self) -> Repeating {
        Repeating::start(self)
    }

    /// Asks until there is an answer that another request cannot better.
    async fn converse(&mut self, stay: bool) -> Result<Outcome, Failure> {
        let (mut answered, mut lengthened) = (false, false);
        loop {
            let expires_s = if stay { self.expires_s } else { 0 };
            let with_proof = self.challenge.is_some();
            let response = self.ask(expires_s).await?;
            let news = match response.status {
                401 => self.learn_challenge(&response, answered && with_proof),
                423 if !lengthened => {
                    lengthened = true;
                    let minimum = response.seconds(ResponseTime::MinExpires);
                    self.expires_s = minimum.unwrap_or(self.expires_s);
                    minimum.is_some()
                }
                _ => false,
            };
            answered |= response.status == 401;
            if !news {
                return Ok(self.outcome(&response));
            }
        }
    }

    /// Takes over a challenge; false if there is nothing new to try: the answer to a fresh nonce was
    /// wrong, so the password is.
    fn learn_challenge(&mut self, response: &Response, tried: bool) -> bool {
        let challenges = response.challenges();
        let challenge = challenges
            .iter()
            .find_map(|value| Challenge::parse(value, self.account.only));
        let stale = challenge.as_ref().is_some_and(|challenge| challenge.stale);
        // An unusable or repeated challenge leaves nothing to answer with.
        self.challenge = challenge;
        self.challenge.is_some() && (!tried || (stale && self.dialog.may_retry_stale()))
    }

    fn outcome(&mut self, response: &Response) -> Outcome {
        self.dialog.settle();
        let mine = self.contact();
        let contacts = response.contacts();
        let granted_s = contacts
            .iter()
            .find(|c| codec::same_uri(&c.uri, &mine))
            .and_then(|c| c.expires_s);
        Outcome {
            status: response.status,
            granted_s,
            contacts: contacts.into_iter().map(|contact| contact.uri.to_string()).collect(),
            retry_after_s: response.seconds(ResponseTime::RetryAfter),
        }
    }

    /// One transaction: sends a request, again while there is no answer, and waits for the final one.
    async fn ask(&mut self, expires_s: u32) -> Result<Response, Failure> {
        let request = self
            .dialog
            .register(&self.account, self.challenge.as_mut(), expires_s, &*self.surroundings);
        let answer = async {
            let mut pause = self.account.t1;
            loop {
                self.socket.send(request.as_bytes()).await.map_err(Failure::Socket)?;
                if let Ok(answer) = tokio::time::timeout(pause, self.final_response()).await {
                    return answer;
                }
                pause = (pause * 2).min(T2);
            }
        };
        tokio::time::timeout(self.account.give_up, answer)
            .await
            .unwrap_or(Err(Failure::NoAnswer))
    }

    /// The next final response to the last request.
    async fn final_response(&self) -> Result<Response, Failure> {
        let mut buffer = vec![0; codec::MAX_DATAGRAM];
        loop {
            let length = match self.socket.recv(&mut buffer).await {
                Ok(length) => length,
                // Nobody listens there at the moment; the request is sent again.
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => std::future::pending().await,
                Err(error) => return Err(Failure::Socket(error)),
            };
            if let Read::Response(response) = codec::read(buffer.get(..length).unwrap_or(&[]))
                && response.status >= 200
                && self.dialog.is_answer(&response)
            {
                return Ok(*response);
            }
        }
    }
}
