//! How each mail reads, whole: `samples/<kind>.snap` holds subject, text and HTML. `UPDATE_SAMPLES=1` writes them anew.

use std::fs;
use std::path::{Path, PathBuf};

use crate::testing::{Engine, Portal};

use super::letter::{Letter, Reader, render};
use super::samples::{AT, Sample, samples};
use super::{By, Mail};

async fn portal() -> Portal {
    Portal::start_with(Engine::Sqlite, |config| {
        config.portal.public_url = "https://portal.quayside.example".parse().expect("an origin");
        config.brand.support_phone = "+44 20 7946 0000".to_owned();
    })
    .await
}

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src/mail/samples")
        .join(format!("{name}.snap"))
}

#[expect(clippy::disallowed_methods, reason = "a switch for tests alone")]
fn is_to_update() -> bool {
    std::env::var("UPDATE_SAMPLES").is_ok_and(|value| value == "1")
}

#[tokio::test]
async fn every_mail_reads_as_its_sample() {
    let p = portal().await;
    for Sample { name, kind, letter } in samples(&p.app, "Europe/Lisbon").expect("letters") {
        let Letter {
            subject, text, html, ..
        } = letter;
        let whole = format!("Subject: {subject}\n\n{text}\n========\n\n{html}\n");
        if is_to_update() {
            fs::create_dir_all(sample(name).parent().expect("a folder")).expect("the samples are writable");
            fs::write(sample(name), &whole).expect("the samples are writable");
        }
        let expected = fs::read_to_string(sample(name)).unwrap_or_default();
        assert_eq!(whole, expected, "{name}: UPDATE_SAMPLES=1 writes what is right now");
        assert!(name.starts_with(kind), "{name} is a {kind}");
    }
}

/// Museum row 44: the button asks for the sign-in name, so whoever reads such a mail does not learn it there.
#[tokio::test]
async fn a_mail_with_this_wasnt_me_does_not_tell_the_sign_in_name() {
    let p = portal().await;
    let samples = samples(&p.app, "UTC").expect("letters");
    let with_button = samples.iter().filter(|sample| sample.letter.text.contains("/not-me/"));
    let kinds: std::collections::BTreeSet<_> = with_button.clone().map(|sample| sample.kind).collect();
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        ["email-change", "new-browser", "password-changed"]
    );
    for Sample { name, letter, .. } in with_button {
        for part in [&letter.subject, &letter.text, &letter.html] {
            assert!(!part.contains("ann@acme.example"), "{name}: {part}");
        }
    }
}

/// Museum row 30: what a user chose is text on one line in a mail, and no part of a header.
#[tokio::test]
async fn a_name_writes_neither_markup_nor_lines_nor_backwards() {
    let p = portal().await;
    let hostile = "Eve\r\nBcc: x@evil.example\u{202e}\u{2028}<script>alert(1)</script>";
    let mail = Mail::PasswordSet {
        name: hostile.to_owned(),
        sign_in_name: "eve@acme.example".to_owned(),
        by: By::Administrator(hostile.to_owned()),
        at: AT,
        must_change: true,
        valid_until: None,
    };
    let reader = Reader {
        time_zone: None,
        administrators: vec![hostile.to_owned()],
    };
    let (subject, text, html) = render(&p.app, &mail, &reader, &[]).expect("a letter");
    assert_eq!(subject, "Quayside: a new portal password was set for you");
    assert!(text.contains("EveBcc: x@evil.example<script>"), "{text}");
    assert!(
        !html.contains("<script>") && html.contains("EveBcc: x@evil.example"),
        "{html}"
    );
    for part in [text, html] {
        assert!(!part.contains(['\r', '\u{202e}', '\u{2028}']));
    }
}
