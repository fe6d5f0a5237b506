//! The stylesheet, scripts and icon, compiled in.

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::answer::Problem;

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const ASSETS: [(&str, &str, &str); 6] = [
    ("style.css", CSS, include_str!("style.css")),
    ("page.js", SCRIPT, include_str!("page.js")),
    ("show.js", SCRIPT, include_str!("show.js")),
    ("copy.js", SCRIPT, include_str!("copy.js")),
    ("password.js", SCRIPT, include_str!("password.js")),
    ("icon.svg", "image/svg+xml", include_str!("icon.svg")),
];

/// GET `/assets/{name}`: kept by browsers, asked for again with its tag, so that a new release shows at once.
pub async fn asset(Path(name): Path<String>, request: HeaderMap) -> Response {
    let Some((_, kind, text)) = ASSETS.iter().find(|(known, ..)| *known == name) else {
        return Problem::NotFound.into_response();
    };
    let tag = format!("\"{}\"", HEXLOWER.encode(&Sha256::digest(text.as_bytes())[..8]));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (
            header::ETAG,
            HeaderValue::from_str(&tag).expect("hexadecimal digits are visible ASCII"),
        ),
    ];
    if request
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes())
    {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, *text).into_response()
}
