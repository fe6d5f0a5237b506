//! The stylesheet, scripts and icon: compiled in, the brand's colours added at start.

use axum::Extension;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::sync::Arc;

use super::answer::Problem;
use crate::brand::Accents;

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";
const SCRIPTS: [(&str, &str); 8] = [
    ("page.js", include_str!("page.js")),
    ("show.js", include_str!("show.js")),
    ("copy.js", include_str!("copy.js")),
    ("live.js", include_str!("live.js")),
    ("print.js", include_str!("print.js")),
    ("feedback.js", include_str!("feedback.js")),
    ("password.js", include_str!("password.js")),
    ("help.js", include_str!("help.js")),
];
/// What every page has, and what only those of the portal and of the help centre have: a page loads one of the two.
const FRAME: &str = include_str!("frame.css");
const STYLES: [(&str, &str); 2] = [
    ("style.css", include_str!("style.css")),
    ("help.css", include_str!("help.css")),
];
/// What few pages load beside that.
const PARTS: [(&str, &str); 2] = [
    ("feedback.css", include_str!("feedback.css")),
    ("mail.css", include_str!("mail.css")),
];
/// Where `icon.svg` has the brand's colour.
const ICON_COLOUR: &str = "#006a77";

#[derive(Debug)]
struct Asset {
    name: &'static str,
    kind: &'static str,
    text: String,
    tag: HeaderValue,
}

/// Everything under `/assets/`.
#[derive(Clone, Debug)]
pub struct Assets(Arc<[Asset]>);

impl Assets {
    /// The assets in a brand's colours.
    pub fn of(accents: &Accents) -> Self {
        // One request: what depends on the brand stands at the end of each stylesheet.
        let styles = STYLES.map(|(name, text)| {
            let text = format!("{}\n{}{}", compact(FRAME), compact(text), accents.tokens().as_str());
            (name, CSS, text)
        });
        let icon = include_str!("icon.svg").replace(ICON_COLOUR, &accents.light.colour.to_string());
        let scripts = SCRIPTS.map(|(name, text)| (name, SCRIPT, spare(text)));
        let parts = PARTS.map(|(name, text)| (name, CSS, compact(text)));
        let own = [("icon.svg", SVG, icon)].into_iter().chain(parts);
        let all = styles.into_iter().chain(own).chain(scripts);
        Self(all.map(|(name, kind, text)| Asset::new(name, kind, text)).collect())
    }
}

impl Asset {
    fn new(name: &'static str, kind: &'static str, text: String) -> Self {
        let tag = format!("\"{}\"", HEXLOWER.encode(&Sha256::digest(text.as_bytes())[..8]));
        let tag = HeaderValue::from_str(&tag).expect("hexadecimal digits are visible ASCII");
        Self { name, kind, text, tag }
    }
}

/// A stylesheet without its comments and the space that is for the eye, which browsers need not be sent.
fn compact(style: &str) -> String {
    let mut kept = String::with_capacity(style.len());
    let mut rest = style;
    while let Some((before, after)) = rest.split_once("/*") {
        kept += before;
        rest = after.split_once("*/").map_or("", |(_, behind)| behind);
    }
    kept += rest;
    let mut compact = String::with_capacity(kept.len());
    for line in kept.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if !compact.is_empty() && !compact.ends_with(['{', '}', ';', ',']) {
            compact.push(' ');
        }
        compact += line;
    }
    for (roomy, tight) in [
        ("; }", "}"),
        (";}", "}"),
        ("; ", ";"),
        (" {", "{"),
        ("{ ", "{"),
        (": ", ":"),
        (", ", ","),
        (" > ", ">"),
    ] {
        compact = compact.replace(roomy, tight);
    }
    compact
}

/// A script without the lines that are comments, and without what stands in front of the others.
fn spare(script: &str) -> String {
    let lines = script.lines().map(str::trim);
    let kept: Vec<_> = lines
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .collect();
    kept.join("\n")
}

/// GET `/assets/{name}`: kept by browsers, asked for again with its tag, so that a new release shows at once.
pub async fn asset(Extension(assets): Extension<Assets>, Path(name): Path<String>, request: HeaderMap) -> Response {
    let Some(asset) = assets.0.iter().find(|asset| asset.name == name) else {
        return Problem::NotFound.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::ETAG, asset.tag.clone()),
    ];
    if request.get(header::IF_NONE_MATCH) == Some(&asset.tag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, asset.text.clone()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stylesheet_is_sent_without_what_is_for_the_eye() {
        assert_eq!(
            compact("/* a */\n@layer b {\n  p, q :r { c: d; e: f; } /* g\n h */\n}\n"),
            "@layer b{p,q :r{c:d;e:f}}"
        );
    }

    #[test]
    fn a_script_is_sent_without_comments_and_says_the_same() {
        assert_eq!(
            spare("// a\n\nif (b) {\n  c(\"// d\"); // e\n}\n"),
            "if (b) {\nc(\"// d\"); // e\n}"
        );
        for (name, text) in SCRIPTS {
            assert!(text.matches('`').count() % 2 == 0, "{name}");
            assert!(
                text.lines().all(|line| line.matches('`').count() % 2 == 0),
                "{name}: a text of several lines"
            );
        }
    }

    #[test]
    fn stylesheet_and_icon_are_in_the_brands_colour() {
        let brand = "#7a1fa2".parse().expect("a colour");
        let Assets(all) = Assets::of(&Accents::of(brand));
        for name in ["style.css", "help.css", "icon.svg"] {
            let asset = all.iter().find(|asset| asset.name == name).expect(name);
            assert!(asset.text.contains("#7a1fa2"), "{name}: {}", asset.text);
        }
    }
}
