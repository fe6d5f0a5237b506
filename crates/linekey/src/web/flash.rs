//! What a browser carries from a POST to the page it is sent to: a notice, or a secret that is shown once.
//!
//! It travels in a cookie, sealed for one session or for a page of strangers, so that nothing readable is kept on either
//! side, and nobody can write what such a page says.

use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use super::cookies::{self, SetCookie};
use crate::app::App;
use crate::clock::{MINUTE, Millis};
use crate::ids::SessionId;
use crate::keys::Purpose;

const COOKIE: &str = "linekey-flash";
const LIFETIME: Millis = 5 * MINUTE;
/// The longest text, in characters: a notice that names somebody with an endless name is cut, or its cookie would be
/// more than a browser or a proxy takes.
const LONGEST: usize = 500;
/// In the place of a session, where nobody need be signed in. No session is called so.
const NOBODY: &str = "";

#[derive(Serialize, Deserialize)]
struct Carried {
    session: String,
    until: Millis,
    kind: String,
    text: String,
}

/// What came in with a request, if anything.
#[derive(Default)]
pub struct Flash(Option<Carried>);

impl std::fmt::Debug for Flash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Flash({})", self.0.as_ref().map_or("", |carried| &carried.kind))
    }
}

impl Flash {
    /// What was carried under `kind` for this session.
    pub fn take(self, session: &SessionId, kind: &str) -> Option<String> {
        self.0
            .filter(|carried| carried.session == session.as_str() && carried.kind == kind)
            .map(|carried| carried.text)
    }

    /// Whatever was carried for this session: its kind and its text.
    pub fn any(self, session: &SessionId) -> Option<(String, String)> {
        self.0
            .filter(|carried| carried.session == session.as_str())
            .map(|carried| (carried.kind, carried.text))
    }

    /// What was carried under `kind` by a browser in which nobody need be signed in.
    pub fn of_stranger(self, kind: &str) -> Option<String> {
        self.0
            .filter(|carried| carried.session == NOBODY && carried.kind == kind)
            .map(|carried| carried.text)
    }

    /// A notice for this session.
    pub fn notice(self, session: &SessionId) -> Option<String> {
        self.take(session, "notice")
    }
}

/// Carries `text` under `kind` to the next page of this session.
pub fn carry(app: &App, session: &SessionId, kind: &str, text: &str) -> SetCookie {
    sealed(app, session.as_str(), (kind, text), LIFETIME)
}

/// Carries `text` under `kind` to a page of strangers, for `lasts`: for as long it can be opened again.
pub fn carry_for_stranger(app: &App, kind: &str, text: &str, lasts: Millis) -> SetCookie {
    sealed(app, NOBODY, (kind, text), lasts)
}

fn sealed(app: &App, session: &str, (kind, text): (&str, &str), lasts: Millis) -> SetCookie {
    let carried = Carried {
        session: session.to_owned(),
        until: app.clock.now() + lasts,
        kind: kind.to_owned(),
        text: text.chars().take(LONGEST).collect(),
    };
    let plain = zeroize::Zeroizing::new(serde_json::to_vec(&carried).expect("texts and a number are JSON"));
    let sealed = app.keys.seal(Purpose::Flash, COOKIE, &plain, &app.random);
    cookies::set(app, COOKIE, &BASE64URL_NOPAD.encode(&sealed), Some(lasts / 1000))
}

/// Carries a notice.
pub fn notice(app: &App, session: &SessionId, text: &str) -> SetCookie {
    carry(app, session, "notice", text)
}

/// Forgets what was carried: it has been shown.
pub fn clear(app: &App) -> SetCookie {
    cookies::remove(app, COOKIE)
}

impl FromRequestParts<App> for Flash {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let open = || {
            // Asking for the head of a page shows nothing, so nothing is used up.
            if parts.method == Method::HEAD {
                return None;
            }
            let sealed = BASE64URL_NOPAD
                .decode(cookies::get(app, &parts.headers, COOKIE)?.as_bytes())
                .ok()?;
            let plain = app.keys.open(Purpose::Flash, COOKIE, &sealed).ok()?;
            let carried: Carried = serde_json::from_slice(&plain).ok()?;
            (carried.until > app.clock.now()).then_some(carried)
        };
        Ok(Self(open()))
    }
}
