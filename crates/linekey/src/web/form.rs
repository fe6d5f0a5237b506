//! Forms: `application/x-www-form-urlencoded`, read strictly. A field that comes twice, bytes that are not UTF-8 and
//! NUL are refused, since what one layer reads as one value another reads as a second.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use http_body_util::{BodyExt, Limited};
use zeroize::Zeroizing;

use super::answer::Problem;

/// The largest body of a form, in bytes.
pub const LARGEST: usize = 64 * 1024;
/// How long a body may take: a form is a few hundred bytes.
const BODY_WITHIN: Duration = Duration::from_secs(10);
/// How long, and how many bytes, of what is too large are read on and forgotten.
const DRAIN_WITHIN: Duration = Duration::from_secs(2);
const DRAINED: usize = 4 * 1024 * 1024;
/// The most fields of a form.
const MOST_FIELDS: usize = 50;

/// The fields of a form or of a query, each at most once.
#[derive(Default)]
pub struct Fields(Vec<(String, Zeroizing<String>)>);

impl std::fmt::Debug for Fields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Fields {
    /// Reads what a form posts, or what follows `?`.
    pub fn parse(text: &[u8]) -> Result<Self, Problem> {
        let mut fields: Vec<(String, Zeroizing<String>)> = Vec::new();
        for pair in text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &[][..]),
            };
            let name = decode(name)?.to_string();
            if fields.len() == MOST_FIELDS || fields.iter().any(|(known, _)| *known == name) {
                return Err(Problem::BadForm);
            }
            fields.push((name, decode(value)?));
        }
        Ok(Self(fields))
    }

    /// The field, empty when it is missing.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// The field, if it came.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Percent-decoding with `+` for a space (WHATWG URL, section 5.1), strict.
fn decode(bytes: &[u8]) -> Result<Zeroizing<String>, Problem> {
    let mut decoded = Zeroizing::new(Vec::with_capacity(bytes.len()));
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || rest.next().and_then(|byte| char::from(*byte).to_digit(16));
                let (Some(high), Some(low)) = (digit(), digit()) else {
                    return Err(Problem::BadForm);
                };
                u8::try_from(high * 16 + low).map_err(|_| Problem::BadForm)?
            }
            byte => *byte,
        });
    }
    if decoded.contains(&0) {
        return Err(Problem::BadForm);
    }
    String::from_utf8(decoded.to_vec())
        .map(Zeroizing::new)
        .map_err(|_| Problem::BadForm)
}

/// Percent-encodes everything but letters, digits, `-`, `.`, `_`, `~` and `/`, for a query of ours.
pub fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                encoded.push(char::from(byte))
            }
            _ => {
                encoded.push('%');
                encoded.push_str(&data_encoding::HEXUPPER.encode(&[byte]));
            }
        }
    }
    encoded
}

/// The body of a POST, read strictly.
#[derive(Debug)]
pub struct Form(pub Fields);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let Posted(body) = Posted::from_request(request, state).await?;
        Fields::parse(&body).map(Self)
    }
}

/// The body of a POST as it came, for senders that repeat fields. A body without a content type is taken only when it
/// is empty.
#[derive(Debug)]
pub struct Posted(pub Zeroizing<Vec<u8>>);

impl<S: Send + Sync> FromRequest<S> for Posted {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let kind = request
            .headers()
            .get(CONTENT_TYPE)
            .map(|kind| kind.to_str().unwrap_or("?").to_lowercase());
        let kind = kind
            .as_deref()
            .map(|kind| kind.split(';').next().unwrap_or_default().trim());
        if kind.is_some_and(|kind| kind != "application/x-www-form-urlencoded") {
            return Err(Problem::ContentType);
        }
        let announced = request
            .headers()
            .get("content-length")
            .and_then(|length| length.to_str().ok()?.parse().ok());
        if announced.is_some_and(|length: usize| length > LARGEST) {
            return Err(too_large(request.into_body()));
        }
        let typed = kind.is_some();
        let body = tokio::time::timeout(BODY_WITHIN, read(request.into_body(), announced.unwrap_or(LARGEST))).await;
        let body = body.map_err(|_| Problem::Slow)??;
        if !typed && !body.is_empty() {
            return Err(Problem::ContentType);
        }
        Ok(Self(body))
    }
}

/// The whole body, which may be too long or damaged on the way. `room` bytes are enough, or a secret would be copied
/// while it grows; more are wiped for nothing.
async fn read(mut body: Body, room: usize) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let mut whole = Zeroizing::new(Vec::with_capacity(room));
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Problem::BadForm)?.into_data() else {
            continue;
        };
        if whole.len() + data.len() > LARGEST {
            return Err(too_large(body));
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole)
}

/// Answers at once, and lets a sender who is not done finish for a moment: one whose connection is cut while sending
/// sees a broken connection and no answer.
fn too_large(body: Body) -> Problem {
    tokio::spawn(tokio::time::timeout(DRAIN_WITHIN, async move {
        let mut rest = Limited::new(body, DRAINED);
        while let Some(Ok(_)) = rest.frame().await {}
    }));
    Problem::TooLarge
}

/// What follows `?`, read as strictly as a form.
#[derive(Debug)]
pub struct Query(pub Fields);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Fields::parse(parts.uri.query().unwrap_or_default().as_bytes()).map(Self)
    }
}
