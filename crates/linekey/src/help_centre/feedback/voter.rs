//! A visitor who voted, known again by a random cookie and by nothing else.

use data_encoding::BASE64URL_NOPAD;

use super::About;
use crate::app::App;
use crate::keys::Purpose;

/// Bytes in the cookie.
const BYTES: usize = 32;

/// A browser that votes.
pub struct Voter([u8; BYTES]);

impl std::fmt::Debug for Voter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Voter(***)")
    }
}

impl Voter {
    /// One that has not voted before.
    pub fn new(app: &App) -> Self {
        Self(app.random.bytes())
    }

    /// Of its cookie; `None` if that is none of ours.
    pub fn of(cookie: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(cookie.as_bytes()).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    /// What its cookie holds.
    pub fn cookie(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }

    /// What is stored of its vote about an article: the hash that a new vote gets first, then those that one may have got
    /// before another key sealed. The article is in it, so that nobody can tell what else one browser voted about.
    pub(super) fn hashes(&self, app: &App, about: About<'_>) -> Vec<Vec<u8>> {
        let message = [&self.0[..], about.path().as_bytes()].concat();
        app.keys.macs(Purpose::Voter, &message)
    }
}
