//! Links that are open in a browser: the token of each in a cookie of its own, which its flow names. The address that a
//! browser keeps and shows holds the flow alone, and two links in two tabs stay two.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Redirect, Response};
use data_encoding::BASE64URL_NOPAD;

use super::cookies::{self, SetCookie};
use crate::app::App;

/// Bytes in the name of a flow.
const NAME_BYTES: usize = 16;
/// Bytes in the token of a link.
const TOKEN_BYTES: usize = 32;
/// Links that are open at once in one browser. Cookies travel with every request.
const MOST: usize = 5;

/// The flows of one kind of link.
#[derive(Clone, Copy, Debug)]
pub struct Flows {
    /// What their cookies are called, before the name of the flow.
    pub cookie: &'static str,
    /// The page that the links are for; it gets `?flow=`.
    pub page: &'static str,
    /// How long the cookies last, in seconds.
    pub lasts: i64,
}

impl Flows {
    /// Takes the token out of the address, and sends the browser on to the page. `None`: it is no token at all.
    pub fn open(&self, app: &App, headers: &HeaderMap, token: &str) -> Option<Response> {
        is_of_bytes(token, TOKEN_BYTES).then(|| self.onward(app, headers, token))
    }

    /// Sends the browser on to the page, with the token in a cookie: of the flow in which it is open already, or of a new
    /// one in the place of the oldest.
    pub fn onward(&self, app: &App, headers: &HeaderMap, token: &str) -> Response {
        let open = self.all(app, headers);
        let known = open.iter().find(|(_, other)| *other == token);
        if let Some((flow, _)) = known {
            return self.go(app, flow, token);
        }
        // Browsers send the oldest first.
        let over = open.iter().take(open.len().saturating_sub(MOST - 1));
        let name = BASE64URL_NOPAD.encode(&app.random.bytes::<NAME_BYTES>());
        let mut response = self.go(app, &name, token);
        for (flow, _) in over {
            response = (self.end(app, flow), response).into_response();
        }
        response
    }

    fn go(&self, app: &App, flow: &str, token: &str) -> Response {
        let cookie = cookies::set(app, &format!("{}{flow}", self.cookie), token, Some(self.lasts));
        let no_referrer = [(
            HeaderName::from_static("referrer-policy"),
            HeaderValue::from_static("no-referrer"),
        )];
        let page = Redirect::to(&format!("{}?flow={flow}", self.page));
        (no_referrer, cookie, page).into_response()
    }

    /// The token of a flow. Another flow's is not looked at.
    pub fn token<'a>(&self, app: &App, headers: &'a HeaderMap, flow: &str) -> Option<&'a str> {
        is_of_bytes(flow, NAME_BYTES)
            .then(|| cookies::get(app, headers, &format!("{}{flow}", self.cookie)))
            .flatten()
    }

    /// Forgets a flow: its link is used up.
    pub fn end(&self, app: &App, flow: &str) -> SetCookie {
        cookies::remove(app, &format!("{}{flow}", self.cookie))
    }

    fn all<'a>(&self, app: &App, headers: &'a HeaderMap) -> Vec<(&'a str, &'a str)> {
        cookies::starting_with(app, headers, self.cookie)
            .filter(|(flow, token)| is_of_bytes(flow, NAME_BYTES) && is_of_bytes(token, TOKEN_BYTES))
            .collect()
    }
}

/// Whether it is base64url of so many bytes, as what we make at random is.
pub fn is_of_bytes(text: &str, count: usize) -> bool {
    BASE64URL_NOPAD
        .decode(text.as_bytes())
        .is_ok_and(|bytes| bytes.len() == count)
}
