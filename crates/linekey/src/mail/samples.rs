//! One mail of each kind with made-up people, as operators look at and tests compare; some twice, where they differ.

use super::letter::{self, Letter, Reader};
use super::{Asked, By, Did, Happened, Mail, NotMe, Person, PhoneNews, SuggestionAnswer};
use crate::app::App;
use crate::clock::{DAY, HOUR, Millis};
use crate::error::Result;
use crate::ids::{AccountId, PhoneId, UserId};
use crate::links::Made;

/// 2026-11-23 08:02:11 UTC
pub(super) const AT: Millis = 1_795_420_931_000;

/// A mail that nobody gets.
#[derive(Debug)]
pub struct Sample {
    /// `reset-several`: the kind, and in what it differs.
    pub name: &'static str,
    /// [`Mail::kind`].
    pub kind: &'static str,
    /// How it reads. Its links lead nowhere.
    pub letter: Letter,
}

/// Every sample as it reads at this portal, for somebody who reads times in `zone`.
pub fn samples(app: &App, zone: &str) -> Result<Vec<Sample>> {
    let reader = Reader {
        time_zone: Some(zone.to_owned()),
        administrators: vec!["Adam Alder".to_owned(), "Amy Ash".to_owned()],
    };
    let sample = |(name, mail): (&'static str, Mail)| {
        let origin = app.config.portal.public_url.origin();
        let links = mail.links();
        let made: Vec<_> = links.iter().map(|link| Some(Made::sample(link, origin, AT))).collect();
        let (subject, text, html) = letter::render(app, &mail, &reader, &made)?;
        let letter = Letter {
            id: name.to_owned(),
            kind: mail.kind().to_owned(),
            to: "ann@acme.example".to_owned(),
            subject,
            text,
            html,
            at: AT,
        };
        Ok(Sample {
            name,
            kind: mail.kind(),
            letter,
        })
    };
    mails().into_iter().map(sample).collect()
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
        epoch: None,
    }
}

fn reset(people: &[Person], code_for: Option<&str>) -> Mail {
    Mail::Reset {
        people: people.to_vec(),
        at: AT,
        browser: "Firefox on Windows".to_owned(),
        address: "203.0.113.7".to_owned(),
        code_for: code_for.map(str::to_owned),
        by: code_for.is_none().then(|| By::Administrator("Adam Alder".to_owned())),
        not_me: false,
    }
}

/// As "This wasn't me" sends it.
fn reset_not_me() -> Mail {
    Mail::Reset {
        people: vec![ann()],
        at: AT,
        browser: "Firefox on Windows".to_owned(),
        address: "203.0.113.7".to_owned(),
        code_for: None,
        by: None,
        not_me: true,
    }
}

fn new_browser() -> Mail {
    let (name, sign_in_name) = whose();
    Mail::NewBrowser {
        name,
        sign_in_name,
        at: AT,
        browser: "Firefox on Windows".to_owned(),
        address: "203.0.113.7".to_owned(),
        not_me: not_me(Did::SignIn),
    }
}

fn not_me(did: Did) -> NotMe {
    let Person { account, user, .. } = ann();
    let happened = Happened {
        did,
        at: AT,
        epoch: 2,
        email: "ann@acme.example".to_owned(),
        email_verified_at: AT - DAY,
    };
    NotMe {
        account,
        user,
        happened,
    }
}

fn asked() -> Asked {
    Asked {
        at: AT,
        browser: "Firefox on Windows".to_owned(),
        address: "203.0.113.7".to_owned(),
    }
}

fn email_confirm() -> Mail {
    let Person {
        account,
        user,
        name,
        sign_in_name,
        ..
    } = ann();
    Mail::EmailConfirm {
        account,
        user,
        change: "01970000-0000-7000-8000-00000000000d".to_owned(),
        email: "ann.archer@home.example".to_owned(),
        name,
        sign_in_name,
        asked: asked(),
    }
}

fn email_changed(new: Option<&str>) -> Mail {
    let (name, sign_in_name) = whose();
    Mail::EmailChanged {
        new: new.map(str::to_owned),
        name,
        sign_in_name,
        asked: asked(),
        not_me: not_me(Did::ChangeEmail),
    }
}

fn email_confirmed() -> Mail {
    let (name, sign_in_name) = whose();
    Mail::EmailConfirmed {
        name,
        sign_in_name,
        at: AT,
    }
}

fn suggestion_answer() -> Mail {
    Mail::SuggestionAnswer(SuggestionAnswer {
        title: "Change your password".to_owned(),
        page: "/help/passwords/change-your-password".to_owned(),
        at: AT - DAY,
        by: By::Operator("Olivia Ortiz".to_owned()),
        answer: "Thank you, the third step was about an older page.\n\nIt now says which button is meant.".to_owned(),
    })
}

/// One of each, with every part that a mail may have.
fn mails() -> Vec<(&'static str, Mail)> {
    let mut mails = by_its_reader();
    mails.extend(by_somebody_else());
    mails.extend(access());
    mails.extend(phones());
    mails.push(("suggestion-answer", suggestion_answer()));
    mails.push(("trial", Mail::Trial { at: AT }));
    mails
}

/// What people do themselves, or ask for.
fn by_its_reader() -> Vec<(&'static str, Mail)> {
    let changed = |browser: &str, did| {
        let (name, sign_in_name) = whose();
        Mail::PasswordChanged {
            name,
            sign_in_name,
            at: AT,
            browser: browser.to_owned(),
            address: "203.0.113.7".to_owned(),
            not_me: Some(not_me(did)),
        }
    };
    vec![
        ("password-changed", changed("Firefox on Windows", Did::ChangePassword)),
        (
            "password-changed-by-link",
            changed("Safari on iPhone", Did::ResetPassword),
        ),
        ("new-browser", new_browser()),
        ("reset", reset(&[ann()], Some(""))),
        ("reset-several", reset(&[ann(), bob()], Some(""))),
        ("reset-by-somebody-else", reset(&[ann()], None)),
        ("reset-not-me", reset_not_me()),
        ("email-confirm", email_confirm()),
        ("email-change", email_changed(Some("ann.archer@home.example"))),
        ("email-change-to-none", email_changed(None)),
        ("email-confirmed", email_confirmed()),
        ("email-withdrawn", Mail::EmailWithdrawn { at: AT }),
    ]
}

/// What is done to them.
fn by_somebody_else() -> Vec<(&'static str, Mail)> {
    let (name, sign_in_name) = whose();
    let adam = || By::Administrator("Adam Alder".to_owned());
    let at = AT;
    vec![
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
                epoch: None,
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
    ]
}

/// What a phone does.
fn phones() -> Vec<(&'static str, Mail)> {
    let about = |news| {
        let (name, sign_in_name) = whose();
        Mail::Phone {
            news,
            label: "Desk".to_owned(),
            phone: PhoneId::new("0192a000-0000-7000-8000-000000000001"),
            name,
            sign_in_name,
        }
    };
    vec![
        ("overlap-ends", about(PhoneNews::OverlapEnds { until: AT + 2 * HOUR })),
        ("phone-offline", about(PhoneNews::Offline { since: AT })),
        ("phone-flapping", about(PhoneNews::Flapping { times: 7, at: AT })),
    ]
}

/// Who is shut out, and let in again.
fn access() -> Vec<(&'static str, Mail)> {
    let (name, sign_in_name) = whose();
    let adam = || By::Administrator("Adam Alder".to_owned());
    let at = AT;
    vec![
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
                name: name.clone(),
                sign_in_name: sign_in_name.clone(),
                by: By::Provider,
                at,
                has_password: true,
            },
        ),
        (
            "enabled-without-password",
            Mail::Enabled {
                name,
                sign_in_name,
                by: adam(),
                at,
                has_password: false,
            },
        ),
    ]
}
