//! Sessions: one row a signed-in browser, read on every request, gone the moment it ends.
//!
//! Owns tokens, limits, starting, renewing and ending; and which browsers are remembered. Proving a password is `sign_in`'s.

mod browser;
pub mod devices;
pub mod end;
pub mod pages;
pub mod signed_in;
pub mod start;
mod store;
#[cfg(test)]
mod tests;

pub use signed_in::{Person, SignedIn};

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::app::App;
use crate::clock::{Millis, SECOND};
use crate::error::Result;
use crate::ids::SessionId;
use crate::random::Random;
use crate::users::Role;

/// The cookie's base name; see [`crate::web::cookies`].
pub const COOKIE: &str = "linekey";
/// Sessions a user may have; the one unused longest ends when another starts.
pub const MOST_PER_USER: i64 = 20;

/// How long a session of this role lasts without a request, and at most.
fn limits(app: &App, role: Role) -> (Millis, Millis) {
    let session = &app.config.session;
    match role {
        Role::User => (session.idle * SECOND, session.absolute * SECOND),
        Role::Administrator | Role::Operator => (session.staff_idle * SECOND, session.staff_absolute * SECOND),
    }
}

/// The secret in the cookie: 256 random bits. The database holds its SHA-256 alone.
pub struct Token(Zeroizing<String>);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(***)")
    }
}

impl Token {
    /// A new one.
    pub fn new(random: &Random) -> Self {
        Self(Zeroizing::new(BASE64URL_NOPAD.encode(&random.bytes::<32>())))
    }

    /// For the cookie.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// SHA-256, for the database.
    pub fn hash(&self) -> [u8; 32] {
        hash_of(&self.0)
    }
}

/// What a browser calls itself, in two words: `Firefox on Windows`, of a User-Agent header.
pub fn described(app: &App, user_agent: &str) -> String {
    browser::describe(&app.words, user_agent)
}

/// Whether a session goes on: it has not ended, nor its limits passed, and its user may sign in. Asking is no activity.
pub async fn is_live(app: &App, session: &SessionId) -> Result<bool> {
    let now = app.clock.now();
    Ok(store::standing(&app.db, session).await?.is_some_and(|row| {
        let (idle, absolute) = limits(app, row.role);
        now - row.last_seen_at < idle && now - row.started_at < absolute
    }))
}

/// SHA-256 of a cookie's value, whatever it is.
pub fn hash_of(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
