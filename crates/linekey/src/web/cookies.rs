//! Cookies: `__Host-` and `Secure` wherever browsers speak TLS to the portal, plain names on loopback alone.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::AppendHeaders;

use crate::app::App;

/// A `Set-Cookie` header, added to whatever cookies a response has.
pub type SetCookie = AppendHeaders<[(header::HeaderName, HeaderValue); 1]>;

fn full_name(app: &App, name: &str) -> String {
    if app.config.portal.public_url.is_secure() {
        format!("__Host-{name}")
    } else {
        name.to_owned()
    }
}

/// The value of a cookie of ours, as sent.
pub fn get<'a>(app: &App, headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let name = full_name(app, name);
    all(headers).find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// The cookies of ours whose names begin with `prefix`: what follows it, and the value. In the browser's order.
pub fn starting_with<'a>(app: &App, headers: &'a HeaderMap, prefix: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let prefix = full_name(app, prefix);
    all(headers).filter_map(move |(name, value)| Some((name.strip_prefix(prefix.as_str())?, value)))
}

fn all(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let sent = headers.get_all(COOKIE).iter();
    let pairs = sent
        .filter_map(|header| header.to_str().ok())
        .flat_map(|all| all.split(';'));
    pairs.filter_map(|pair| pair.trim().split_once('='))
}

/// Sets a cookie of ours. Without `max_age` (seconds) it ends with the browser. `value` must be base64url or empty.
pub fn set(app: &App, name: &str, value: &str, max_age: Option<i64>) -> SetCookie {
    let mut cookie = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax", full_name(app, name));
    if app.config.portal.public_url.is_secure() {
        cookie.push_str("; Secure");
    }
    if let Some(seconds) = max_age {
        cookie.push_str(&format!("; Max-Age={seconds}"));
    }
    let value = HeaderValue::from_str(&cookie).expect("base64url and our own names are visible ASCII");
    AppendHeaders([(header::SET_COOKIE, value)])
}

/// Removes a cookie of ours.
pub fn remove(app: &App, name: &str) -> SetCookie {
    set(app, name, "", Some(0))
}
