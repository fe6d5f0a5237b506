//! Who a phone is: nonces, counts, names, addresses of record.

use std::sync::atomic::Ordering;

use linekey_sip::digest::Algorithm;
use linekey_sip::{Event, Nth, Why};

use crate::support::World;

#[tokio::test]
async fn each_domain_is_challenged_with_its_own_realm_and_algorithm() {
    let world = World::new().await;
    for (name, realm, algorithm) in [
        ("ann-desk", "acme.example", "MD5"),
        ("gina-desk", "globex.example", "SHA-256"),
        ("pete-desk", "initech.example", "SHA-512-256"),
    ] {
        let mut phone = world.phone(name).await;
        let challenge = phone.challenge().await;
        assert_eq!(challenge.headers("WWW-Authenticate").len(), 1);
        assert_eq!(challenge.challenge("realm").as_deref(), Some(realm));
        assert_eq!(challenge.challenge("algorithm").as_deref(), Some(algorithm));
        assert_eq!(challenge.challenge("qop").as_deref(), Some("auth"));
        assert_eq!(challenge.challenge("stale"), None);
        assert_eq!(phone.register(600).await.status, 200, "{name}");
    }
}

#[tokio::test]
async fn an_unknown_host_is_challenged_with_the_decoy_and_its_text_is_not_repeated() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    phone.to = "<sip:ann-desk@nobody.example>".to_owned();
    phone.realm = "linekey".to_owned();
    let challenge = phone.challenge().await;
    assert_eq!(challenge.challenge("realm").as_deref(), Some("linekey"));
    let answer = phone.register(600).await;
    assert_eq!(
        (answer.status, answer.is_stale()),
        (401, false),
        "the decoy authenticates nobody"
    );
    let lookups = world.host.lookups.load(Ordering::SeqCst);
    assert_eq!(lookups, 1, "looked up like any other, or the time would tell");

    phone.to = "<sip:ann-desk@ACME.Example>".to_owned();
    let challenge = phone.challenge().await;
    assert_eq!(
        challenge.challenge("realm").as_deref(),
        Some("acme.example"),
        "our spelling, not the sender's"
    );
}

#[tokio::test]
async fn nothing_is_looked_up_before_a_nonce_of_ours_came_back() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    phone.challenge().await;
    let mut forged = phone.nonce.clone().unwrap();
    forged.replace_range(0..2, "zz");
    for nonce in ["", "0123456789abcdef", &forged] {
        phone.nonce = Some(nonce.to_owned());
        let answer = phone.register(600).await;
        assert_eq!((answer.status, answer.is_stale()), (401, false), "{nonce}");
    }
    assert_eq!(world.host.lookups.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn both_forms_of_the_name_are_accepted() {
    let world = World::new().await;
    for name in ["ann-desk", "gina-desk", "pete-desk"] {
        let mut phone = world.phone(name).await;
        phone.username = format!("{name}@{}", phone.domain);
        assert_eq!(phone.register(600).await.status, 200, "{name}");
        phone.username = format!("{name}@other.example");
        assert_eq!(phone.register(600).await.status, 401, "{name}");
    }
}

#[tokio::test]
async fn another_algorithm_or_quality_than_offered_is_refused() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    phone.challenge().await;
    phone.algorithm = Algorithm::Sha256;
    assert_eq!(phone.register(600).await.status, 401);
    phone.algorithm = Algorithm::Md5;
    for qop in [None, Some("auth-int"), Some("")] {
        phone.qop = qop;
        let answer = phone.register(600).await;
        assert_eq!((answer.status, answer.is_stale()), (401, false), "{qop:?}");
    }
    assert_eq!(
        world.host.lookups.load(Ordering::SeqCst),
        0,
        "refused before any look-up"
    );
    let told = world.told().await;
    assert!(
        matches!(&told[..], [Event::Refused { why: Why::UnknownAlgorithm, name, phone: None, nth: Nth::First, .. }] if name == "ann-desk"),
        "once a window: {told:?}"
    );
    phone.qop = Some("auth");
    assert_eq!(phone.register(600).await.status, 200);
}

#[tokio::test]
async fn a_phone_that_goes_on_with_old_nonces_is_told_of_once() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    phone.register(600).await;
    let events = world.told().await.len();
    world.clock.forward(300);
    for _ in 0..4 {
        assert!(phone.register(600).await.is_stale());
    }
    assert_eq!(
        world.told().await.len(),
        events,
        "phones that refresh have one now and then"
    );
    for _ in 0..4 {
        assert!(phone.register(600).await.is_stale());
    }
    let told = &world.told().await[events..];
    assert!(
        matches!(
            told,
            [Event::Refused {
                why: Why::ExpiredNonce,
                ..
            }]
        ),
        "{told:?}"
    );
    // Whoever has no nonce of ours is nobody's phone.
    let mut forged = world.phone("bob-desk").await;
    forged.nonce = Some("AAAA".to_owned());
    forged.algorithm = Algorithm::Sha256;
    assert_eq!(forged.register(600).await.status, 401);
    assert_eq!(world.told().await.len(), events + 1);
}

#[tokio::test]
async fn an_old_nonce_is_stale_and_the_phone_goes_on_with_a_new_one() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    phone.register(600).await;
    world.clock.forward(300);
    let answer = phone.register(600).await;
    assert_eq!((answer.status, answer.is_stale()), (401, true));
    phone.nonce = answer.challenge("nonce");
    phone.nc = 0;
    assert_eq!(phone.register(600).await.status, 200);
    assert_eq!(world.running.gauges().wrong, 0, "a stale nonce is no failure");
}

#[tokio::test]
async fn a_nonce_of_an_earlier_start_is_stale() {
    let mut world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    phone.register(600).await;
    world.restart().await;
    phone.wire.server = world.address();
    let answer = phone.register(600).await;
    assert_eq!((answer.status, answer.is_stale()), (401, true));
    phone.nonce = answer.challenge("nonce");
    phone.nc = 0;
    assert_eq!(phone.register(600).await.status, 200);
}

#[tokio::test]
async fn a_nonce_given_to_another_address_is_refused() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    phone.challenge().await;
    let request = phone.request(&format!("Contact: <{}>\r\n", phone.contact()));
    let elsewhere = std::net::UdpSocket::bind("127.0.0.2:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let elsewhere = tokio::net::UdpSocket::from_std(elsewhere).unwrap();
    elsewhere.send_to(request.as_bytes(), world.address()).await.unwrap();
    let mut buffer = [0; 2000];
    let (length, _) = elsewhere.recv_from(&mut buffer).await.unwrap();
    let text = std::str::from_utf8(&buffer[..length]).unwrap();
    assert!(
        text.starts_with("SIP/2.0 401 ") && text.contains("stale=true"),
        "{text}"
    );
    assert!(world.bindings(&phone).is_empty());
}

#[tokio::test]
async fn a_nonce_of_another_realm_is_refused() {
    let world = World::new().await;
    let mut gina = world.phone("gina-desk").await;
    gina.challenge().await;
    let mut ann = world.phone("ann-desk").await;
    ann.nonce = gina.nonce;
    let answer = ann.register(600).await;
    assert_eq!((answer.status, answer.is_stale()), (401, false));
    assert_eq!(world.host.lookups.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_nonce_count_that_does_not_rise_is_stale_and_no_failure() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    phone.challenge().await;
    phone.nc = 6;
    assert_eq!(phone.register(600).await.status, 200);
    for nc in [6, 5, 0] {
        phone.nc = nc;
        let answer = phone.register(0).await;
        assert_eq!(
            (answer.status, answer.is_stale()),
            (401, true),
            "after 7 came {}",
            nc + 1
        );
    }
    assert_eq!(world.bindings(&phone).len(), 1, "the replays changed nothing");
    phone.nc = 7;
    assert_eq!(phone.register(0).await.status, 200);
    assert_eq!(world.running.gauges().wrong, 0);
}

#[tokio::test]
async fn nonce_counts_are_bounded_and_forgetting_one_opens_no_replay() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    phone.register(600).await;
    let first = phone.nonce.clone();
    for _ in 0..60 {
        world.clock.forward(1);
        phone.challenge().await;
        assert_eq!(phone.register(600).await.status, 200);
    }
    assert!(world.running.gauges().nonces <= 32);
    phone.nonce = first;
    phone.nc = 0;
    let answer = phone.register(0).await;
    assert_eq!((answer.status, answer.is_stale()), (401, true));
}

#[tokio::test]
async fn a_retransmission_gets_the_same_bytes_and_changes_nothing() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    phone.challenge().await;
    let request = phone.request(&format!("Contact: <{}>\r\n", phone.contact()));
    let first = phone.wire.ask(&request).await;
    assert_eq!(first.status, 200);
    let saves = world.host.saves.lock().unwrap().len();
    world.clock.forward(31);
    for _ in 0..5 {
        assert_eq!(
            phone.wire.ask(&request).await,
            first,
            "the 200 was lost, the phone asks again"
        );
    }
    assert_eq!(world.host.saves.lock().unwrap().len(), saves);
    assert_eq!(world.running.gauges().answers, 1);
    world.clock.forward(1);
    let late = phone.wire.ask(&request).await;
    assert_eq!((late.status, late.is_stale()), (401, true), "after 32 s it is a replay");
}

#[tokio::test]
async fn whoever_repeats_a_request_without_its_proof_gets_no_answer_that_was_made_for_it() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    phone.challenge().await;
    let request = phone.request(&format!("Contact: <{}>\r\n", phone.contact()));
    assert_eq!(phone.wire.ask(&request).await.status, 200);
    let lines = request.split_inclusive("\r\n");
    let unproven: String = lines.filter(|line| !line.starts_with("Authorization:")).collect();
    assert_ne!(unproven, request);
    assert_eq!(phone.wire.ask(&unproven).await.status, 401);
    let elsewhere = request.replace("\r\nTo: ", "\r\nTo: \"Else\" ");
    assert_ne!(elsewhere, request);
    assert_eq!(
        phone.wire.ask(&elsewhere).await.status,
        401,
        "the nonce count is used up"
    );
}

#[tokio::test]
async fn refusals_of_proven_phones_are_repeated_too() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    phone.challenge().await;
    let request = phone.request("Contact: <sip:a@127.0.0.1>;expires=5\r\n");
    let first = phone.wire.ask(&request).await;
    assert_eq!(first.status, 423);
    assert_eq!(phone.wire.ask(&request).await, first);
}

#[tokio::test]
async fn two_copies_that_come_together_are_worked_on_once() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    phone.challenge().await;
    let request = phone.request(&format!("Contact: <{}>\r\n", phone.contact()));
    for _ in 0..20 {
        phone.wire.send(request.as_bytes()).await;
    }
    let first = phone.wire.receive().await;
    assert_eq!(first.status, 200);
    let last = phone.wire.ask(&request).await;
    assert_eq!(last, first);
    assert_eq!(world.host.saves.lock().unwrap().len(), 1);
}

/// Museum row 42 (RFC 3261 section 10.3): an authenticated phone registers no other address of
/// record, within its account or across accounts.
#[tokio::test]
async fn an_authenticated_phone_registers_no_address_but_its_own() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    for (to, wanted) in [
        ("<sip:bob-desk@acme.example>", "sip:bob-desk@acme.example"),
        ("<sip:ann-softphone@acme.example>", "sip:ann-softphone@acme.example"),
        ("<sip:gina-desk@globex.example>", "sip:gina-desk@globex.example"),
        ("<sip:ann-desk@globex.example>", "sip:ann-desk@globex.example"),
        ("<sip:ann-desk@nobody.example>", "sip:ann-desk@nobody.example"),
        ("<sip:nobody@acme.example>", "sip:nobody@acme.example"),
        ("<sip:ANN-DESK@acme.example>", "sip:ANN-DESK@acme.example"),
        ("<sip:acme.example>", "sip:@acme.example"),
    ] {
        phone.to = "<sip:ann-desk@acme.example>".to_owned();
        phone.challenge().await;
        phone.to = to.to_owned();
        let answer = phone.send("Contact: <sip:thief@127.0.0.1>\r\n").await;
        assert_eq!(answer.status, 403, "{to}");
        let told = world.told().await.pop();
        assert!(
            matches!(&told, Some(Event::WrongAddressOfRecord { phone: p, wanted: w, .. }) if *p == phone.key() && w == wanted),
            "{told:?}"
        );
    }
    assert_eq!(world.running.gauges().bindings, 0);
    assert!(world.host.saves.lock().unwrap().is_empty(), "nothing was written");
}

#[tokio::test]
async fn the_address_of_record_is_compared_without_port_parameters_and_escapes() {
    let world = World::new().await;
    for to in [
        "\"Ann\" <sip:ann-desk@acme.example:5060;user=phone>",
        "sip:ann-desk@acme.example",
        "<sip:%61nn-desk@ACME.example>;tag=x",
    ] {
        let mut phone = world.phone("ann-desk").await;
        phone.to = to.to_owned();
        let answer = phone.register(600).await;
        assert_eq!(answer.status, 200, "{to}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_digest_made_for_another_server_proves_nothing() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    phone.challenge().await;
    for uri in [
        "sip:sip.elsewhere.example",
        "sip:203.0.113.9",
        "tel:+15551234",
        "acme.example",
        "",
    ] {
        phone.digest_uri = uri.to_owned();
        assert_eq!(phone.register(600).await.status, 401, "{uri}");
    }
    assert_eq!(world.host.lookups.load(Ordering::SeqCst), 0);
    let told = world.told().await;
    assert!(
        matches!(
            &told[..],
            [Event::Refused {
                why: Why::ForeignHost,
                ..
            }]
        ),
        "once a window: {told:?}"
    );
    for uri in [
        "sip:acme.example:5060;transport=udp",
        "sip:127.0.0.1",
        "sip:ann-desk@acme.example",
        "sips:ACME.example",
    ] {
        phone.digest_uri = uri.to_owned();
        assert_eq!(phone.register(600).await.status, 200, "{uri}");
    }
}

#[tokio::test]
async fn the_request_uri_names_the_domain_whose_phones_are_meant() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    for (uri, status) in [
        ("sip:acme.example", 200),
        ("sip:127.0.0.1:5060", 200),
        ("sip:globex.example", 404),
        ("sip:sip.elsewhere.example", 404),
        ("tel:+15551234", 416),
    ] {
        phone.request_uri = uri.to_owned();
        assert_eq!(phone.register(600).await.status, status, "{uri}");
    }
}
