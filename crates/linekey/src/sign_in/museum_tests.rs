//! Stories of named attacks on signing in: rows 16 to 23 of the museum. Each tries what somebody did to another product.

use std::io::{Read, Write};

use reqwest::Method;

use crate::clock::{DAY, HOUR, MINUTE};
use crate::config::Throttle;
use crate::db::query;
use crate::testing::{Answer, Browser, Engine, Portal, stories};

const ANN: &str = "ann@acme.example";
const OLD: &str = "Harbour-Light-7";

/// The same portal with waits that no machine is too slow for, and so many failures up to the cap.
async fn slow(p: Portal, user_cap: i64) -> Portal {
    let throttle = Throttle {
        ladder: vec![600, 900],
        user_cap,
        ..Throttle::default()
    };
    p.restart_with(|config| config.throttle = throttle).await
}

/// The same behind a proxy that is believed, so that a story can come from anywhere.
async fn behind_a_proxy(p: Portal, user_cap: i64) -> Portal {
    let trusted = vec!["127.0.0.0/8".parse().expect("a network")];
    slow(p, user_cap)
        .await
        .restart_with(|config| config.portal.trusted_proxies = trusted)
        .await
}

/// Signs in from an address.
async fn from(browser: &Browser, address: &str, name: &str, password: &str) -> Answer {
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-forwarded-for", address),
    ];
    let name = crate::web::form::encode(name);
    let body = format!("username={name}&password={password}").into_bytes();
    browser.send(Method::POST, "/sign-in", &headers, Some(body)).await
}

/// As many strangers as are wanted, each from a network of its own.
fn stranger(n: usize) -> String {
    format!("198.51.{}.{}", n / 250, n % 250 + 1)
}

/// What a page says, whoever it was asked about, and to whichever second it has to be waited.
fn said(answer: &Answer, name: &str) -> (u16, usize, String) {
    let text = answer.text.replace(name, "");
    let length = answer.header("retry-after").len();
    (
        answer.status.as_u16(),
        length,
        text.replace(|c: char| c.is_ascii_digit(), ""),
    )
}

/// Museum row 16 (Authelia CVE-2025-24806, CVE-2026-47203): aliases, case and Unicode forms share one count, from one
/// network and from all together.
async fn alternating_aliases_case_and_unicode_forms_share_one_counter(p: Portal) {
    let p = slow(p, 100).await;
    p.alter(query(
        "update users set email_key = 'ann.archer@mail.example' where name = 'ann'",
    ))
    .await;
    let aliases = [
        "ann@acme.example",
        "Ann.Archer@Mail.Example",
        "ANN@ACME.EXAMPLE",
        " ann.archer@mail.example",
        "Ann@acme.example ",
        "ANN.ARCHER@MAIL.EXAMPLE",
    ];
    for alias in aliases {
        assert_eq!(p.browser().sign_in(alias, "wrong").await.status, 422, "{alias}");
    }
    for alias in aliases {
        assert_eq!(p.browser().sign_in(alias, OLD).await.status, 429, "{alias}");
    }
    for spelling in [
        "ｇhost@acme.example",
        "Ghost@acme.example",
        "GHOST@ACME.EXAMPLE",
        "ghost@acme.example",
        "ghoſt@acme.example",
        "ＧＨＯＳＴ@acme.example",
    ] {
        assert_eq!(p.browser().sign_in(spelling, "wrong").await.status, 422, "{spelling}");
    }
    assert_eq!(p.browser().sign_in("ghost@acme.example", "wrong").await.status, 429);

    let p = behind_a_proxy(p, 4).await;
    p.wait(2 * DAY);
    for (n, alias) in aliases.into_iter().take(4).enumerate() {
        assert_eq!(
            from(&p.browser(), &stranger(n), alias, "wrong").await.status,
            422,
            "{alias}"
        );
    }
    for alias in aliases {
        assert_eq!(
            from(&p.browser(), "203.0.113.9", alias, OLD).await.status,
            429,
            "{alias}"
        );
    }
}

/// Museum row 17 (better-auth CVE-2026-45364): one site of IPv6, an IPv4 address in IPv6's form and whatever a client
/// claims to come from are one network.
async fn rotating_addresses_of_one_network_share_one_counter(p: Portal) {
    let p = slow(p, 100).await;
    for n in 0..6 {
        let spoofed = stranger(n);
        assert_eq!(from(&p.browser(), &spoofed, ANN, "wrong").await.status, 422);
    }
    assert_eq!(
        from(&p.browser(), "192.0.2.77", ANN, OLD).await.status,
        429,
        "nobody asked for that header"
    );
    let p = behind_a_proxy(p, 100).await;
    for n in 0..6 {
        let rotated = format!("2001:db8:7:7:{n:x}::{n:x}");
        assert_eq!(from(&p.browser(), &rotated, ANN, "wrong").await.status, 422);
    }
    assert_eq!(from(&p.browser(), "2001:db8:7:7:ffff::1", ANN, OLD).await.status, 429);
    for n in 0..6 {
        let form = ["203.0.113.7", "::ffff:203.0.113.7", "::ffff:cb00:7107"][n % 3];
        assert_eq!(from(&p.browser(), form, ANN, "wrong").await.status, 422);
    }
    for form in ["203.0.113.7", "::ffff:203.0.113.7", "192.0.2.1, 203.0.113.7"] {
        assert_eq!(from(&p.browser(), form, ANN, OLD).await.status, 429, "{form}");
    }
    assert_eq!(
        from(&p.browser(), "2001:db8:7:8::1", ANN, OLD).await.status,
        303,
        "another site"
    );
}

/// Museum row 18 (better-auth GHSA-x732-6j76-qmhm): no other spelling of the address, and no other method, is judged
/// without being counted.
async fn no_spelling_of_the_address_and_no_method_escapes_the_limit(p: Portal) {
    let p = slow(p, 100).await;
    for _ in 0..6 {
        p.browser().sign_in(ANN, "wrong").await;
    }
    let body = format!("username=ann%40acme.example&password={OLD}");
    let targets = [
        "//sign-in",
        "/sign-in/",
        "/sign-in//",
        "/SIGN-IN",
        "/Sign-In",
        "/%73ign-in",
        "/sign%2din",
        "/%2fsign-in",
        "/./sign-in",
        "/x/../sign-in",
        "/sign-in/.",
        "/sign-in?",
        "/sign-in?next=/phones",
        "/sign-in;x",
        "/sign-in%00",
        "/sign-in%20",
        "/sign-in#x",
    ];
    let methods = ["POST", "HEAD", "GET", "PUT", "PATCH", "DELETE", "OPTIONS", "post"];
    for target in targets {
        for method in methods {
            for extra in [
                "",
                "X-HTTP-Method-Override: POST\r\n",
                "X-HTTP-Method: POST\r\nX-Original-URL: /sign-in\r\n",
            ] {
                let request = format!(
                    "{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
                     Content-Length: {}\r\nConnection: close\r\n{extra}\r\n{body}",
                    body.len()
                );
                let answer = raw(&p, &request);
                assert!(
                    !answer.to_lowercase().contains("set-cookie: linekey"),
                    "{method} {target}: {answer}"
                );
            }
        }
    }
    assert_eq!(p.count(query("select count(*) from sessions")).await, 0);
    p.wait(HOUR);
    p.browser().sign_in(ANN, OLD).await.leads_to("/");
}

/// What comes back for bytes that no browser would send.
fn raw(p: &Portal, request: &str) -> String {
    let mut wire = std::net::TcpStream::connect(p.http).expect("the portal listens");
    wire.write_all(request.as_bytes()).expect("it reads");
    let mut answer = Vec::new();
    // It may hang up on what it does not read to the end.
    let _ = wire.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// Museum row 19 (allauth 65.8.1): whoever has an account of their own buys no tries at another's with it.
async fn one_success_never_clears_the_failures_of_others(p: Portal) {
    let p = behind_a_proxy(p, 12).await;
    let thief = || p.browser();
    for n in 0..6 {
        assert_eq!(from(&thief(), "203.0.113.7", ANN, "wrong").await.status, 422);
        let own = from(&thief(), "203.0.113.7", "gina@globex.example", "Harbour-Light-2").await;
        assert_eq!(own.status, 303, "{n}");
    }
    assert_eq!(from(&thief(), "203.0.113.7", ANN, OLD).await.status, 429);
    // The owner in a new browser elsewhere: no reason to forgive what ten thousand addresses did.
    for n in 0..5 {
        assert_eq!(from(&thief(), &stranger(n), ANN, "wrong").await.status, 422);
    }
    assert_eq!(
        from(&thief(), "192.0.2.1", ANN, OLD).await.status,
        303,
        "and it counts as no failure"
    );
    assert_eq!(
        from(&thief(), "203.0.113.7", ANN, OLD).await.status,
        429,
        "nor for another network"
    );
    assert_eq!(
        from(&thief(), &stranger(7), ANN, "wrong").await.status,
        422,
        "the twelfth"
    );
    assert_eq!(
        from(&thief(), &stranger(8), ANN, "wrong").await.status,
        429,
        "the cap goes on"
    );
}

/// Museum row 20 (Keycloak CVE-2026-9798, CVE-2026-16103): a user who is delayed is refused on every path.
async fn a_delayed_user_is_refused_on_every_path(p: Portal) {
    let p = slow(p, 100).await;
    p.alter(query(
        "update users set email_key = 'ann.archer@mail.example' where name = 'ann'",
    ))
    .await;
    let ann = p.signed_in("ann").await;
    let stranger = p.browser();
    for _ in 0..6 {
        stranger.sign_in(ANN, "wrong").await;
    }
    for name in [ANN, "ann.archer@mail.example", "ANN@acme.example"] {
        let (right, wrong) = (stranger.sign_in(name, OLD).await, stranger.sign_in(name, "wrong").await);
        assert_eq!(said(&right, name), said(&wrong, name), "right and wrong are alike");
        assert_eq!(right.status, 429, "{name}");
    }
    let gina = p.signed_in("gina").await;
    gina.sign_in(ANN, OLD).await.says(429, "");
    assert!(
        gina.is_signed_in().await,
        "who is signed in as somebody else is no exception"
    );
    // A new password is no way round either.
    ann.change_password("Tidewater-Kestrel-1")
        .await
        .leads_to("/account/password/done");
    for password in [OLD, "Tidewater-Kestrel-1", "wrong"] {
        assert_eq!(stranger.sign_in(ANN, password).await.status, 429, "{password}");
    }
    assert!(ann.is_signed_in().await, "whoever is signed in stays so");
    p.wait(10 * MINUTE);
    stranger.sign_in(ANN, "Tidewater-Kestrel-1").await.leads_to("/");
}

/// Museum row 21 (Keycloak GHSA-cq42-vhv7-xr7p): whatever a stranger does, from anywhere, also from the same network and
/// without an end, the owner signs in at once in a browser that is known.
async fn a_thousand_failures_by_a_stranger_do_not_keep_the_owner_out(p: Portal) {
    let p = behind_a_proxy(p, 100).await;
    let ann = p.browser();
    assert_eq!(from(&ann, "203.0.113.7", ANN, OLD).await.status, 303);
    ann.post("/sign-out", &[]).await;
    let stranger_here = p.browser();
    let mut delayed = 0;
    for n in 0..1_000 {
        let address = if n % 2 == 0 {
            "203.0.113.7".to_owned()
        } else {
            stranger(n)
        };
        let status = from(&stranger_here, &address, ANN, "wrong").await.status.as_u16();
        assert!(status == 422 || status == 429, "{status}");
        delayed += usize::from(status == 429);
    }
    assert_eq!(delayed, 900, "a hundred were judged, by the cap");
    assert_eq!(
        from(&p.browser(), "203.0.113.7", ANN, OLD).await.status,
        429,
        "a stranger waits here"
    );
    assert_eq!(
        from(&p.browser(), "192.0.2.1", ANN, OLD).await.status,
        429,
        "and everywhere"
    );
    assert_eq!(
        from(&ann, "203.0.113.7", ANN, "wrong").await.status,
        422,
        "the owner may even err"
    );
    assert_eq!(
        from(&ann, "203.0.113.7", ANN, OLD).await.status,
        303,
        "the owner is in at once"
    );
    let gina = from(&p.browser(), "203.0.113.7", "gina@globex.example", "Harbour-Light-2").await;
    assert_eq!(gina.status, 303, "and nobody else notices");
}

/// Museum row 22 (Vikunja GHSA-fgfv-pv97-6cmj): what is rolled back is the sign-in, never its count.
async fn counters_survive_a_sign_in_that_is_rolled_back(p: Portal) {
    let p = slow(p, 100).await;
    let ann = p.signed_in("ann").await;
    match p.engine {
        Engine::Sqlite => {
            p.alter(query(
                "create trigger no_events before insert on audit_events begin select raise(abort, 'no events'); end",
            ))
            .await;
        }
        #[cfg(feature = "outside")]
        Engine::Postgres => {
            p.alter(query(
                "alter table audit_events add check (kind <> 'sign-in') not valid",
            ))
            .await
        }
    }
    for _ in 0..3 {
        assert!(
            p.browser().sign_in(ANN, OLD).await.status.is_server_error(),
            "a right one fails as a whole"
        );
        p.browser().sign_in(ANN, "wrong").await;
    }
    for password in [OLD, "wrong"] {
        assert_eq!(p.browser().sign_in(ANN, password).await.status, 429, "all six count");
    }
    for _ in 0..10 {
        assert!(ann.sign_in(ANN, "wrong").await.status.is_server_error());
    }
    assert_eq!(
        ann.sign_in(ANN, OLD).await.status,
        429,
        "in a known browser too: it is a stranger's now"
    );
}

/// Museum row 23: a hundred tries at once, from a hundred networks: counted before they are judged.
async fn a_hundred_guesses_at_once_from_everywhere_are_not_all_judged(p: Portal) {
    let p = behind_a_proxy(p, 20).await;
    for name in [ANN, "nobody@acme.example"] {
        let guess = async |n: usize| from(&p.browser(), &stranger(n), name, "wrong").await.status.as_u16();
        let answers = crate::testing::join_all((0..100).map(guess).collect()).await;
        assert_eq!(answers.iter().filter(|status| **status == 422).count(), 20, "{name}");
        assert_eq!(answers.iter().filter(|status| **status == 429).count(), 80, "{name}");
    }
}

/// The cap of all strangers together: delays, no lock; the same for a right and a wrong password, and for a name that
/// nobody has; a day after it began it begins anew.
async fn strangers_from_everywhere_share_a_cap_and_names_nobody_has_do_too(p: Portal) {
    let p = behind_a_proxy(p, 10).await;
    let names = [ANN, "nobody@acme.example", "olivia", "nobody"];
    let mut answers = Vec::new();
    for name in names {
        let mut heard = Vec::new();
        for n in 0..10 {
            assert_eq!(
                from(&p.browser(), &stranger(n), name, "wrong").await.status,
                422,
                "{name}"
            );
        }
        for password in ["wrong", OLD, "Harbour-Light-4"] {
            heard.push(said(&from(&p.browser(), "192.0.2.1", name, password).await, name));
        }
        answers.push(heard);
    }
    for heard in answers.iter().flatten() {
        assert_eq!(heard, &answers[0][0], "right, wrong and unknown are alike");
    }
    assert_eq!((answers[0][0].0, answers[0][0].1), (429, 3));
    assert_eq!(
        from(&p.browser(), "192.0.2.1", "ann@globex.example", "wrong")
            .await
            .status,
        422,
        "no other account's"
    );
    p.wait(10 * MINUTE);
    for name in names {
        assert_eq!(
            from(&p.browser(), &stranger(20), name, "wrong").await.status,
            422,
            "{name}"
        );
        let waits = from(&p.browser(), &stranger(21), name, "wrong").await;
        let seconds: i64 = waits.header("retry-after").parse().expect("seconds");
        assert!((840..=900).contains(&seconds), "{name}: {seconds}");
    }
    p.wait(DAY - 15 * MINUTE);
    for name in names {
        assert_eq!(
            from(&p.browser(), &stranger(22), name, "wrong").await.status,
            422,
            "{name}"
        );
        assert_eq!(
            from(&p.browser(), &stranger(23), name, "wrong").await.status,
            429,
            "{name}: a day is not over"
        );
    }
    p.wait(10 * MINUTE);
    for name in names {
        for n in 0..10 {
            assert_eq!(
                from(&p.browser(), &stranger(30 + n), name, "wrong").await.status,
                422,
                "{name}"
            );
        }
        assert_eq!(
            from(&p.browser(), &stranger(50), name, "wrong").await.status,
            429,
            "{name}"
        );
    }
}

stories!(
    alternating_aliases_case_and_unicode_forms_share_one_counter,
    rotating_addresses_of_one_network_share_one_counter,
    no_spelling_of_the_address_and_no_method_escapes_the_limit,
    one_success_never_clears_the_failures_of_others,
    a_delayed_user_is_refused_on_every_path,
    a_thousand_failures_by_a_stranger_do_not_keep_the_owner_out,
    counters_survive_a_sign_in_that_is_rolled_back,
    a_hundred_guesses_at_once_from_everywhere_are_not_all_judged,
    strangers_from_everywhere_share_a_cap_and_names_nobody_has_do_too,
);
