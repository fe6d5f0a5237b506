//! How each mail reads, whole: `samples/<kind>.snap` holds subject, text and HTML. `UPDATE_SAMPLES=1` writes them anew.

use std::fs;
use std::path::{Path, PathBuf};

use crate::clock::{DAY, Millis};
use crate::ids::{AccountId, UserId};
use crate::links::{Made, Wanted};
use crate::testing::{Engine, Portal};

use super::letter::{Reader, render};
use super::{By, Mail, Person};

/// 2026-11-23 08:02:11 UTC
const AT: Millis = 1_795_420_931_000;

async fn portal() -> Portal {
    Portal::start_with(Engine::Sqlite, |config| {
        config.portal.public_url = "https://portal.quayside.example".parse().expect("an origin");
        config.brand.support_phone = "+44 20 7946 0000".to_owned();
    })
    .await
}

fn whose() -> (String, String) {
    ("Ann Archer".to_owned(), "ann@acme.example".to_owned())
}

fn ann() -> Person {
    person("Ann Archer", "ann@acme.example")
}

fn bob() -> Person {
    person("Bob Boatwright", "bob@acme.example")
}

fn person(name: &str, sign_in_name: &str) -> Person {
    Person {
        account: AccountId::new("01970000-0000-7000-8000-00000000000a"),
        user: UserId::new("01970000-0000-7000-8000-00000000000b"),
        name: name.to_owned(),
        sign_in_name: sign_in_name.to_owned(),
    }
}

fn reset(people: &[Person], code_for: Option<&str>) -> Mail {
    Mail::Reset {
        people: people.to_vec(),
        at: AT,
        browser: "Firefox on Windows".to_owned(),
        address: "203.0.113.7".to_owned(),
        code_for: code_for.map(str::to_owned),
    }
}

/// One of each, with every part that a mail may have; some twice, where they differ.
fn samples() -> Vec<(&'static str, Mail)> {
    let (name, sign_in_name) = whose();
    let adam = || By::Administrator("Adam Alder".to_owned());
    let at = AT;
    vec![
        (
            "password-changed",
            Mail::PasswordChanged {
                name: name.clone(),
                sign_in_name: sign_in_name.clone(),
                at,
                browser: "Firefox on Windows".to_owned(),
                address: "203.0.113.7".to_owned(),
                by_reset_link: false,
            },
        ),
        (
            "password-changed-by-link",
            Mail::PasswordChanged {
                name: name.clone(),
                sign_in_name: sign_in_name.clone(),
                at,
                browser: "Safari on iPhone".to_owned(),
                address: "203.0.113.7".to_owned(),
                by_reset_link: true,
            },
        ),
        (
            "password-set",
            Mail::PasswordSet {
                name: name.clone(),
                sign_in_name: sign_in_name.clone(),
                by: adam(),
                at,
                must_change: true,
                valid_until: Some(at + 3 * DAY),
            },
        ),
        (
            "password-set-for-good",
            Mail::PasswordSet {
                name: name.clone(),
                sign_in_name: sign_in_name.clone(),
                by: By::Operator("Olivia Ortiz".to_owned()),
                at,
                must_change: false,
                valid_until: None,
            },
        ),
        ("reset", reset(&[ann()], Some(""))),
        ("reset-several", reset(&[ann(), bob()], Some(""))),
        ("reset-by-somebody-else", reset(&[ann()], None)),
        (
            "invitation",
            Mail::Invitation {
                account: ann().account,
                user: ann().user,
                name: name.clone(),
                sign_in_name: sign_in_name.clone(),
                account_name: "Acme Boats".to_owned(),
                email_key: "ann@home.example".to_owned(),
                by: adam(),
            },
        ),
        (
            "setup-slip",
            Mail::SetUpSlip {
                name: name.clone(),
                sign_in_name: sign_in_name.clone(),
                by: adam(),
                at,
                valid_until: at + 3 * DAY,
            },
        ),
        (
            "new-browser",
            Mail::NewBrowser {
                name: name.clone(),
                sign_in_name: sign_in_name.clone(),
                at,
                browser: "Firefox on Windows".to_owned(),
                address: "203.0.113.7".to_owned(),
            },
        ),
        (
            "signed-out",
            Mail::SignedOut {
                count: 2,
                name: name.clone(),
                sign_in_name: sign_in_name.clone(),
                by: adam(),
                at,
            },
        ),
        (
            "disabled",
            Mail::Disabled {
                name: name.clone(),
                sign_in_name: sign_in_name.clone(),
                by: adam(),
                at,
            },
        ),
        (
            "enabled",
            Mail::Enabled {
                name,
                sign_in_name,
                by: By::Provider,
                at,
            },
        ),
        ("trial", Mail::Trial { at }),
    ]
}

/// A link that looks as one does, alike each time.
fn made(wanted: &Wanted) -> Made {
    Made::sample(wanted, "https://portal.quayside.example", AT)
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
    let reader = Reader {
        time_zone: Some("Europe/Lisbon".to_owned()),
        administrators: vec!["Adam Alder".to_owned(), "Amy Ash".to_owned()],
    };
    for (name, mail) in samples() {
        let made: Vec<_> = mail.links().iter().map(|wanted| Some(made(wanted))).collect();
        let (subject, text, html) = render(&p.app, &mail, &reader, &made).expect("a letter");
        let whole = format!("Subject: {subject}\n\n{text}\n========\n\n{html}\n");
        if is_to_update() {
            fs::create_dir_all(sample(name).parent().expect("a folder")).expect("the samples are writable");
            fs::write(sample(name), &whole).expect("the samples are writable");
        }
        let expected = fs::read_to_string(sample(name)).unwrap_or_default();
        assert_eq!(whole, expected, "{name}: UPDATE_SAMPLES=1 writes what is right now");
        assert!(name.starts_with(mail.kind()), "{name} is a {}", mail.kind());
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
