//! Which accounts can be, and which cannot.

use super::add::{Refusal, Wanted, add};
use super::{domain, name};
use crate::testing::{Portal, stories};

#[test]
fn a_domain_is_one_that_dns_could_hold() {
    for (typed, domain) in [
        ("acme.example", "acme.example"),
        (" ACME.Example. ", "acme.example"),
        ("a-1.b2.example", "a-1.b2.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    ] {
        assert_eq!(domain::check(typed), Ok(domain.to_owned()));
    }
    let label = "a".repeat(64);
    let long = format!("{}example", "abcdefghij.".repeat(24));
    for typed in [
        "",
        "acme",
        "acme..example",
        "-acme.example",
        "acme-.example",
        "ac me.example",
        "a_b.example",
        "1.2.3.4",
        "a@b.example",
    ] {
        assert_eq!(domain::check(typed), Err(domain::Refusal::Form), "{typed:?}");
    }
    for typed in [format!("{label}.example"), long] {
        assert_eq!(domain::check(&typed), Err(domain::Refusal::TooLong), "{typed:?}");
    }
    let ascii = Some("xn--bcher-kva.example".to_owned());
    assert_eq!(domain::check("Bücher.example"), Err(domain::Refusal::NotAscii(ascii)));
    assert_eq!(domain::check("\u{202e}.example"), Err(domain::Refusal::NotAscii(None)));
}

#[test]
fn a_name_cannot_look_like_another_one() {
    for good in ["Acme Boats", "Ægir & Søn", "می‌خواهم", "会議室"] {
        assert_eq!(name::refusal(good, 100), None, "{good}");
    }
    assert_eq!(name::refusal("", 100), Some(name::Refusal::Empty));
    assert_eq!(name::refusal("abcd", 3), Some(name::Refusal::TooLong));
    for bad in [
        "a\u{0}b",
        "a\nb",
        "a\u{7f}",
        "a\u{202e}b",
        "a\u{2066}b",
        "a\u{200f}",
        "a\u{2028}b",
        "\u{feff}a",
        "\u{3164}",
        "a\u{ad}b",
        "a\u{2060}b",
        "a\u{e0041}",
        "\u{200d}",
        "\u{2800} \u{2800}",
    ] {
        assert_eq!(name::refusal(bad, 100), Some(name::Refusal::Characters), "{bad:?}");
    }
}

async fn an_account_gets_a_sip_domain_of_its_own_and_no_domain_twice(p: Portal) {
    let wanted = |name, domain, sip_domain| Wanted {
        name,
        domain,
        sip_domain,
    };
    let added = async |wanted| add(&p.app, wanted).await.expect("a database");
    let first = added(wanted("North", "north.example", None)).await.expect("free");
    assert_eq!(first.sip_domain, "north.sip.invalid");
    let second = added(wanted("Other North", "north.invalid", None)).await.expect("free");
    assert_eq!(second.sip_domain, "north-invalid.sip.invalid");
    let third = added(wanted("South", "South.Example", Some("sip.south.example")))
        .await
        .expect("free");
    assert_eq!(
        (third.domain.as_str(), third.sip_domain.as_str()),
        ("south.example", "sip.south.example")
    );
    assert_eq!(p.events("account-add").await, 3);

    let again = added(wanted("North", "NORTH.example", None)).await.expect_err("taken");
    assert_eq!(again, Refusal::DomainTaken("north.example".to_owned()));
    let theirs = added(wanted("East", "east.example", Some("acme.example"))).await;
    assert_eq!(
        theirs.expect_err("taken"),
        Refusal::SipDomainTaken("acme.example".to_owned())
    );
    let wrong = added(wanted("East", "east.example", Some("x"))).await;
    assert_eq!(wrong.expect_err("no domain"), Refusal::SipDomain(domain::Refusal::Form));
    assert_eq!(p.events("account-add").await, 3, "what is refused leaves nothing");
    let listed = super::all(&p.app.db).await.expect("a database");
    let acme = listed
        .iter()
        .find(|account| account.domain == "acme.example")
        .expect("the demo's");
    assert_eq!((acme.users, acme.administrators, acme.phones), (4, 1, 3));
    assert_eq!(listed.len(), 6);
}

async fn an_account_is_found_in_every_script_whatever_the_case(p: Portal) {
    for (name, domain) in [("Österreich Bau", "bau.example"), ("ЗАРЯ", "zarya.example")] {
        let wanted = Wanted {
            name,
            domain,
            sip_domain: None,
        };
        add(&p.app, wanted).await.expect("a database").expect("free");
    }
    for (typed, domain) in [
        ("öster", "bau.example"),
        ("ÖSTER", "bau.example"),
        ("заря", "zarya.example"),
    ] {
        let found = super::find::accounts(&p.app, typed, "").await.expect("a database");
        let found: Vec<_> = found.accounts.iter().map(|account| account.domain.as_str()).collect();
        assert_eq!(found, [domain], "{typed}");
    }
}

stories!(
    an_account_gets_a_sip_domain_of_its_own_and_no_domain_twice,
    an_account_is_found_in_every_script_whatever_the_case,
);
