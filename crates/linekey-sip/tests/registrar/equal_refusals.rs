//! Whoever is refused learns nothing, and gets no amplifier.

use std::sync::atomic::Ordering;

use linekey_sip::{Event, Nth, Settings};

use crate::support::{Answer, Phone, World};

/// An answer without what must differ: nonce, and what repeats the request.
fn without_nonce(answer: &Answer, phone: &Phone) -> String {
    let nonce = answer.challenge("nonce").unwrap();
    let text = answer.text.replace(&nonce, "N").replace(&phone.name, "U");
    let to_tag = answer.header("To").unwrap().split(";tag=").nth(1).unwrap().to_owned();
    assert_eq!((nonce.len(), to_tag.len()), (72, 16));
    let port = phone.wire.local().port().to_string();
    text.replace(&to_tag, "T").replace(&port, "P")
}

#[tokio::test]
async fn unknown_wrong_and_disabled_are_refused_with_the_same_bytes() {
    let world = World::new().await;
    world.host.disable("acme.example", "bob-desk");
    let mut refusals = Vec::new();
    for (name, password) in [
        ("ann-desk", "wrong"),
        ("nobody", "wrong"),
        ("nobody", "Demo-nobody-2026"),
        ("bob-desk", "Demo-bob-desk-2026"),
        ("bob-desk", "wrong"),
    ] {
        let mut phone = world.phone(name).await;
        phone.password = password.to_owned();
        phone.challenge().await;
        let before = world.host.lookups.load(Ordering::SeqCst);
        let answer = phone.register(600).await;
        assert_eq!(answer.status, 401, "{name}");
        assert_eq!(
            world.host.lookups.load(Ordering::SeqCst),
            before + 1,
            "the same work for {name}"
        );
        refusals.push(without_nonce(&answer, &phone));
    }
    assert!(refusals.windows(2).all(|pair| pair[0] == pair[1]), "{refusals:#?}");
    let events = world.told().await;
    assert_eq!(events.len(), 5, "unknown names are told of like known ones: {events:?}");
    let first = |e: &&Event| matches!(e, Event::Refused { nth: Nth::First, .. });
    assert_eq!(events.iter().filter(first).count(), 3, "{events:?}");
}

/// A SIP password that was replaced is refused like any wrong one, and a realm that is none like one that is.
#[tokio::test]
async fn outdated_passwords_and_unknown_realms_are_refused_with_the_same_bytes_too() {
    let world = World::new().await;
    world.host.rotate("acme.example", "ann-desk", "the-newest", false);
    let mut refusals = Vec::new();
    for (name, domain, realm) in [
        ("ann-desk", "acme.example", "acme.example"),
        ("bob-desk", "acme.example", "acme.example"),
        ("ann-desk", "nowhere.example", "linekey"),
    ] {
        let mut phone = Phone::new(world.address(), name, domain).await;
        phone.realm = realm.to_owned();
        phone.request_uri = "sip:acme.example".to_owned();
        phone.digest_uri = "sip:acme.example".to_owned();
        if name == "bob-desk" {
            phone.password = "wrong".to_owned();
        }
        phone.challenge().await;
        let before = world.host.lookups.load(Ordering::SeqCst);
        let answer = phone.register(600).await;
        assert_eq!(answer.status, 401, "{name}@{domain}");
        let lookups = world.host.lookups.load(Ordering::SeqCst) - before;
        assert_eq!(lookups, 1, "the same work for {name}@{domain}");
        let text = without_nonce(&answer, &phone);
        refusals.push(text.replace(domain, "D").replace(realm, "D"));
    }
    assert!(refusals.windows(2).all(|pair| pair[0] == pair[1]), "{refusals:#?}");
}

#[tokio::test]
async fn after_twenty_wrong_answers_further_ones_get_no_reply_and_a_right_one_passes() {
    let world = World::new().await;
    for name in ["ann-desk", "nobody"] {
        let mut phone = world.phone(name).await;
        phone.challenge().await;
        let right = std::mem::replace(&mut phone.password, "wrong".to_owned());
        for attempt in 1..=20 {
            // Both forms of the name, in any case, share one count.
            let form = ["{}", "{}@acme.example"][attempt % 2];
            phone.username = form.replace("{}", name);
            assert_eq!(phone.register(600).await.status, 401, "{name} {attempt}");
        }
        phone.username = name.to_owned();
        for _ in 0..3 {
            let request = phone.request("Contact: <sip:a@127.0.0.1>\r\n");
            phone.wire.gets_no_answer(&world, request.as_bytes()).await;
        }
        assert_eq!(
            phone.challenge().await.status,
            401,
            "a challenge costs nothing and is never withheld"
        );
        if name == "ann-desk" {
            phone.password = right;
            assert_eq!(phone.register(600).await.status, 200, "a right answer always passes");
            phone.password = "wrong".to_owned();
        }
        let request = phone.request("Contact: <sip:a@127.0.0.1>\r\n");
        phone.wire.gets_no_answer(&world, request.as_bytes()).await;
    }
    world.clock.forward(600);
    let mut phone = world.phone("ann-desk").await;
    phone.password = "wrong".to_owned();
    assert_eq!(
        phone.register(600).await.status,
        401,
        "ten minutes later it begins anew"
    );
    let refused = world
        .running
        .sent()
        .into_iter()
        .find(|s| (s.method, s.status) == ("REGISTER", 401))
        .unwrap();
    // Each name: one challenge, twenty refusals, one more challenge; then the last phone's two.
    assert_eq!(refused.count, 2 * 22 + 2, "the silent ones are not counted as sent");
    let silenced = |e: &&Event| matches!(e, Event::Refused { nth: Nth::Last, .. });
    assert_eq!(world.told().await.iter().filter(silenced).count(), 2);
}

#[tokio::test]
async fn the_table_of_wrong_answers_is_bounded() {
    let world = World::with(Settings {
        wrong_table: 50,
        ..Settings::default()
    })
    .await;
    let mut phone = world.phone("ann-desk").await;
    phone.challenge().await;
    for number in 0..500 {
        phone.username = format!("guess-{number}");
        assert_eq!(phone.register(600).await.status, 401);
        assert!(world.running.gauges().wrong <= 50);
    }
}

#[tokio::test]
async fn an_answer_to_an_unproven_sender_is_small_or_there_is_none() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    let request = phone.request("");
    let answer = phone.wire.ask(&request).await;
    assert!(answer.text.len() <= 700 && answer.text.len() <= 3 * request.len());

    for length in [300, 380, 420, 600, 1500] {
        phone.via = format!("{};rport;x={}", phone.wire.local(), "a".repeat(length));
        let request = phone.request("");
        if answer.text.len() + length + 3 <= 700 {
            assert!(phone.wire.ask(&request).await.text.len() <= 700);
        } else {
            phone.wire.gets_no_answer(&world, request.as_bytes()).await;
        }
    }
    let tiny =
        "REGISTER sip:a SIP/2.0\r\nv:SIP/2.0/UDP a;rport\r\nf:<sip:a>\r\nt:<sip:a>\r\ni:a\r\nCSeq:1 REGISTER\r\n\r\n";
    phone.wire.gets_no_answer(&world, tiny.as_bytes()).await;
}

#[tokio::test]
async fn while_the_host_cannot_look_up_phones_are_told_to_come_back() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    world.host.lookup_fails.store(true, Ordering::SeqCst);
    let answer = phone.register(600).await;
    assert_eq!((answer.status, answer.header("Retry-After")), (503, Some("30")));
    world.host.lookup_fails.store(false, Ordering::SeqCst);
    assert_eq!(phone.register(600).await.status, 200);
}
