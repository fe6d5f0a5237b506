//! Registering, refreshing, asking, unregistering.

use linekey_sip::{BindingChange, Event, Removal, Settings, Transport, Why};

use crate::support::{NOON, World};

#[tokio::test]
async fn a_phone_registers_refreshes_asks_and_unregisters() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;

    let answer = phone.register(600).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("Date"), Some("Mon, 21 Sep 2026 14:13:20 GMT"));
    assert!((540..=600).contains(&answer.granted()), "{}", answer.text);
    let [binding] = world.bindings(&phone).try_into().unwrap();
    assert_eq!(&*binding.address_of_record, "sip:ann-desk@acme.example");
    assert_eq!(*binding.contact, *phone.contact());
    assert_eq!(binding.received, phone.wire.local());
    assert_eq!((binding.transport, binding.generation), (Transport::Udp, 1));
    assert_eq!(&*binding.user_agent, "Story 1.0");
    assert_eq!((binding.since_ms, binding.refreshed_ms), (NOON, NOON));
    assert_eq!(
        world.host.stored_contacts(),
        [phone.contact()],
        "durable before the 200"
    );

    world.clock.forward(100);
    let answer = phone.register(600).await;
    assert_eq!(answer.status, 200);
    let [binding] = world.bindings(&phone).try_into().unwrap();
    assert_eq!((binding.since_ms, binding.refreshed_ms), (NOON, NOON + 100_000));

    world.clock.forward(10);
    let asked = phone.send("").await;
    assert_eq!(asked.status, 200);
    assert_eq!(asked.granted(), answer.granted() - 10, "a question changes nothing");

    let answer = phone.register(0).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("Contact"), None);
    assert!(world.bindings(&phone).is_empty() && world.host.stored_contacts().is_empty());
    let first: Vec<_> = world.host.events();
    assert!(
        matches!(&first[..], [Event::FirstContact { generation: 1, .. }]),
        "{first:?}"
    );
}

#[tokio::test]
async fn an_expires_parameter_wins_over_the_header_and_neither_is_ever_lengthened() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    let contact = phone.contact();
    for (headers, least, most) in [
        (
            format!("Contact: <{contact}>;expires=120\r\nExpires: 3000\r\n"),
            108,
            120,
        ),
        (format!("Contact: <{contact}>\r\nExpires: 3000\r\n"), 2700, 3000),
        (format!("Contact: <{contact}>\r\n"), 3240, 3600),
        (format!("m: <{contact}>;expires=86400\r\n"), 3240, 3600),
        (
            format!("Contact: <{contact}>;expires=99999999999999999999\r\n"),
            3240,
            3600,
        ),
        (format!("Contact: <{contact}>;expires=soon\r\n"), 3240, 3600),
        (format!("Contact: <{contact}>;expires=60\r\n"), 60, 60),
    ] {
        let answer = phone.send(&headers).await;
        assert!((least..=most).contains(&answer.granted()), "{headers}{}", answer.text);
    }
}

#[tokio::test]
async fn granted_times_differ_so_that_phones_do_not_come_back_together() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    let mut granted = std::collections::BTreeSet::new();
    for _ in 0..40 {
        granted.insert(phone.register(3600).await.granted());
    }
    assert!(
        granted.len() > 10 && granted.iter().all(|s| (3240..=3600).contains(s)),
        "{granted:?}"
    );
}

#[tokio::test]
async fn a_phone_behind_a_nat_gets_five_minutes_at_most() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    let answer = phone
        .send("Contact: <sip:ann-desk@192.168.1.20:5060>\r\nExpires: 3600\r\n")
        .await;
    assert!(
        (270..=300).contains(&answer.granted()),
        "by its contact: {}",
        answer.text
    );

    let mut phone = world.phone("bob-desk").await;
    phone.via = "192.168.1.20:5060;rport".to_owned();
    let answer = phone.register(3600).await;
    assert!((270..=300).contains(&answer.granted()), "by its Via: {}", answer.text);
}

#[tokio::test]
async fn too_short_a_time_is_answered_423_and_zero_is_not() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    let answer = phone.register(59).await;
    assert_eq!((answer.status, answer.header("Min-Expires")), (423, Some("60")));
    assert!(world.bindings(&phone).is_empty());
    assert_eq!(phone.register(60).await.status, 200);
    assert_eq!(phone.register(0).await.status, 200);
}

#[tokio::test]
async fn an_hour_is_never_too_short() {
    let world = World::with(Settings {
        min_expires_s: 7200,
        max_expires_s: 86_400,
        ..Settings::default()
    })
    .await;
    let mut phone = world.phone("ann-desk").await;
    assert_eq!(phone.register(3599).await.status, 423);
    let answer = phone.register(3600).await;
    assert_eq!(
        (answer.status, answer.granted()),
        (200, 3600),
        "and not lengthened either"
    );
}

#[tokio::test]
async fn several_contacts_are_all_changed_or_none() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    let answer = phone
        .send("Contact: <sip:a@127.0.0.1:1>;q=0.7, <sip:b@127.0.0.1:2>;expires=30\r\n")
        .await;
    assert_eq!(answer.status, 423);
    assert!(
        world.bindings(&phone).is_empty(),
        "the good one must not be bound alone"
    );

    let answer = phone
        .send("Contact: <sip:a@127.0.0.1:1>;q=0.7\r\nContact: \"B\" <sip:b@127.0.0.1:2>;expires=90\r\n")
        .await;
    assert_eq!(answer.status, 200);
    let contacts = answer.headers("Contact");
    assert!(contacts[0].starts_with("<sip:a@127.0.0.1:1>;expires=3") && contacts[0].ends_with(";q=0.700"));
    assert!(contacts[1].starts_with("<sip:b@127.0.0.1:2>;expires="));
}

#[tokio::test]
async fn a_star_ends_every_contact_but_only_with_expires_zero_and_alone() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    phone
        .send("Contact: <sip:a@127.0.0.1:1>, <sip:b@127.0.0.1:2>\r\n")
        .await;
    for bad in [
        "Contact: *\r\n",
        "Contact: *\r\nExpires: 60\r\n",
        "Contact: *\r\nContact: <sip:a@127.0.0.1:1>\r\nExpires: 0\r\n",
        "Contact: <sip:a@127.0.0.1:1>\r\nContact: *\r\nExpires: 0\r\n",
        "Contact: *\r\nContact: *\r\nExpires: 0\r\n",
        "Contact: <tel:+15551234>\r\n",
        "Contact: \r\n",
        "Contact: <sip:unclosed@127.0.0.1\r\n",
    ] {
        assert_eq!(phone.send(bad).await.status, 400, "{bad}");
        assert_eq!(world.bindings(&phone).len(), 2);
    }
    let answer = phone.send("Contact: *\r\nExpires: 0\r\n").await;
    assert_eq!((answer.status, answer.header("Contact")), (200, None));
    assert!(world.host.stored_contacts().is_empty());
}

#[tokio::test]
async fn the_eleventh_contact_replaces_the_one_refreshed_longest_ago() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    for port in 1..=10 {
        phone.send(&format!("Contact: <sip:a@127.0.0.1:{port}>\r\n")).await;
        world.clock.forward(1);
    }
    phone.send("Contact: <sip:a@127.0.0.1:1>\r\n").await;
    world.clock.forward(1);
    let answer = phone.send("Contact: <sip:a@127.0.0.1:11>\r\n").await;
    assert_eq!((answer.status, answer.headers("Contact").len()), (200, 10));
    assert!(!answer.text.contains("127.0.0.1:2>"), "{}", answer.text);
    assert!(answer.text.contains("127.0.0.1:1>") && answer.text.contains("127.0.0.1:11>"));
    assert_eq!(world.host.stored_contacts().len(), 10);
    let last = world.host.saves.lock().unwrap().last().unwrap().clone();
    assert!(last.iter().any(|c| matches!(
        c,
        BindingChange::Remove {
            cause: Removal::Replaced,
            ..
        }
    )));
}

#[tokio::test]
async fn the_same_device_replaces_its_own_contact() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    let instance = ";+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000a95a0e128>\"";
    phone
        .send(&format!("Contact: <sip:a@127.0.0.1:1>{instance};reg-id=1\r\n"))
        .await;
    phone.call_id = "after a restart of the phone".replace(' ', "-");
    let answer = phone.send(&format!("Contact: <sip:a@127.0.0.1:2>{instance}\r\n")).await;
    let [contact] = answer.headers("Contact").try_into().unwrap();
    assert!(
        contact.contains("127.0.0.1:2>") && contact.ends_with(instance),
        "{contact}"
    );
    assert_eq!(world.host.stored_contacts(), ["sip:a@127.0.0.1:2"]);
}

#[tokio::test]
async fn what_a_request_says_last_of_a_contact_is_held_and_stored() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    phone.send("Contact: <sip:a@127.0.0.1:1>;q=1\r\n").await;
    let twice = "Contact: <sip:a@127.0.0.1:1>;q=1, <sip:a@127.0.0.1:1>;q=0.5\r\n";
    assert_eq!(phone.send(twice).await.status, 200);
    let held = world.bindings(&phone);
    assert_eq!(held[0].q, Some(500));
    let stored: Vec<_> = world.host.stored.lock().unwrap().values().cloned().collect();
    assert_eq!(stored, held);
    let gone = "Contact: <sip:a@127.0.0.1:1>;q=0.5, <sip:a@127.0.0.1:1>;expires=0\r\n";
    assert_eq!(phone.send(gone).await.status, 200);
    assert!(world.bindings(&phone).is_empty());
    assert!(world.host.stored_contacts().is_empty());
}

#[tokio::test]
async fn contacts_are_compared_as_rfc_3261_section_19_1_4_says() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    phone.send("Contact: <sip:%61nn@HOST.example;transport=udp>\r\n").await;
    let answer = phone.send("Contact: <sip:ann@host.example;Transport=UDP>\r\n").await;
    assert_eq!(answer.headers("Contact").len(), 1, "{}", answer.text);
    let answer = phone.send("Contact: <sip:ANN@host.example;transport=udp>\r\n").await;
    assert_eq!(
        answer.headers("Contact").len(),
        2,
        "the user part knows upper and lower case"
    );
}

#[tokio::test]
async fn with_the_same_call_id_only_a_higher_cseq_changes_a_binding() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    phone.cseq = 100;
    phone.register(600).await;
    let before = world.bindings(&phone);
    for cseq in [50, before[0].cseq - 1] {
        phone.cseq = cseq;
        let answer = phone.register(0).await;
        assert_eq!(answer.status, 500, "{}", answer.text);
        assert_eq!(world.bindings(&phone), before);
        phone.cseq = cseq;
        assert_eq!(phone.send("Contact: *\r\nExpires: 0\r\n").await.status, 500);
        assert_eq!(world.bindings(&phone), before);
    }
    phone.call_id = "another".to_owned();
    phone.cseq = 1;
    assert_eq!(phone.register(600).await.status, 200, "another Call-ID begins anew");
    assert_eq!(world.bindings(&phone)[0].cseq, 2);
}

#[tokio::test]
async fn a_contact_that_is_not_refreshed_ends() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    let granted = phone.register(600).await.granted();
    world.clock.forward(i64::from(granted) - 1);
    assert_eq!(world.bindings(&phone).len(), 1);
    world.clock.forward(1);
    assert!(world.bindings(&phone).is_empty());
    phone.nonce = None;
    assert_eq!(phone.send("").await.header("Contact"), None);
    world.running.shutdown().await.unwrap();
    assert!(world.host.stored_contacts().is_empty());
    let saves = world.host.saves.lock().unwrap();
    assert!(matches!(
        &saves.last().unwrap()[..],
        [BindingChange::Remove {
            cause: Removal::Expired,
            ..
        }]
    ));
}

#[tokio::test]
async fn both_sip_passwords_register_until_the_host_withdraws_the_older() {
    let world = World::new().await;
    let (mut old, mut new) = (world.phone("ann-desk").await, world.phone("ann-desk").await);
    new.password = "Another-SIP-password".to_owned();
    world.host.rotate("acme.example", "ann-desk", &new.password, true);
    assert_eq!(old.send("Contact: <sip:a@127.0.0.1:1>\r\n").await.status, 200);
    assert_eq!(new.send("Contact: <sip:a@127.0.0.1:2>\r\n").await.status, 200);
    assert_eq!(world.host.stored_contacts(), ["sip:a@127.0.0.1:1", "sip:a@127.0.0.1:2"]);
    world.host.end_overlap("acme.example", "ann-desk");
    assert_eq!(world.running.withdraw(&old.key(), 2).await, Ok(1));
    assert_eq!(world.host.stored_contacts(), ["sip:a@127.0.0.1:2"]);
    // Refused, and known for what it is.
    let events = world.told().await.len();
    assert_eq!(old.send("Contact: <sip:a@127.0.0.1:1>\r\n").await.status, 401);
    assert!(matches!(
        &world.told().await[events..],
        [Event::Refused {
            why: Why::OutdatedPassword,
            phone: Some(_),
            ..
        }]
    ));
    assert_eq!(new.send("Contact: <sip:a@127.0.0.1:2>\r\n").await.status, 200);
    assert_eq!(world.running.disconnect(&new.key()).await, Ok(1));
    assert!(world.bindings(&new).is_empty() && world.host.stored_contacts().is_empty());
    assert_eq!(
        new.send("Contact: <sip:a@127.0.0.1:2>\r\n").await.status,
        200,
        "whoever is disconnected may come back"
    );
}

/// A request that looked its credential up just before it was withdrawn makes no binding.
#[tokio::test]
async fn what_is_withdrawn_while_a_request_is_under_way_makes_no_binding() {
    let world = World::new().await;
    let mut old = world.phone("ann-desk").await;
    world
        .host
        .rotate("acme.example", "ann-desk", "Another-SIP-password", true);
    // To the host it is valid still, as it was to such a request.
    assert_eq!(world.running.withdraw(&old.key(), 2).await, Ok(0));
    assert_eq!(old.register(600).await.status, 401);
    assert!(world.host.stored_contacts().is_empty());
    world.clock.forward(10);
    assert_eq!(old.register(600).await.status, 200);
}

#[tokio::test]
async fn a_required_extension_is_refused_by_name() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    let answer = phone.send("Require: path, gruu\r\n").await;
    assert_eq!((answer.status, answer.header("Unsupported")), (420, Some("path, gruu")));
}
