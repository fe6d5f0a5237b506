//! Restarts, and a host that cannot store.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use linekey_sip::Settings;

use crate::support::{Clock, Host, NOON, World, start};

#[tokio::test]
async fn a_restart_forgets_no_binding() {
    let mut world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    phone.register(600).await;
    world.clock.forward(60);
    phone.register(600).await;
    let before = world.bindings(&phone);
    assert_eq!(before[0].refreshed_ms, NOON + 60_000);
    world.restart().await;
    assert_eq!(world.bindings(&phone), before, "the refresh was stored at shutdown");
    phone.wire.server = world.address();
    phone.nonce = None;
    let answer = phone.register(0).await;
    assert_eq!((answer.status, world.bindings(&phone).len()), (200, 0));
}

#[tokio::test]
async fn bindings_that_ended_while_the_registrar_was_down_do_not_come_back() {
    let mut world = World::new().await;
    let phone = {
        let mut phone = world.phone("ann-desk").await;
        phone.register(600).await;
        phone
    };
    world.running.shutdown().await.unwrap();
    world.clock.forward(601);
    world.restart().await;
    assert!(world.bindings(&phone).is_empty());
}

#[tokio::test]
async fn an_older_cseq_is_known_as_such_after_a_restart_too() {
    let mut world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    phone.cseq = 40;
    phone.register(600).await;
    world.restart().await;
    phone.wire.server = world.address();
    phone.cseq = 5;
    phone.nonce = None;
    assert_eq!(phone.register(0).await.status, 500);
}

#[tokio::test]
async fn while_the_host_cannot_store_refreshes_are_granted_and_new_contacts_put_off() {
    let world = World::with(Settings {
        refresh_lag_ms: 5,
        ..Settings::default()
    })
    .await;
    let mut known = world.phone("ann-desk").await;
    known.register(600).await;
    world.host.saving_fails.store(true, Ordering::SeqCst);
    world.clock.forward(60);

    assert_eq!(known.register(600).await.status, 200, "a refresh needs no database");
    let mut new = world.phone("bob-desk").await;
    let answer = new.register(600).await;
    assert_eq!((answer.status, answer.header("Retry-After")), (503, Some("30")));
    assert!(world.bindings(&new).is_empty(), "what is not stored is not bound");
    assert!(!world.running.is_saving() && world.running.is_running());

    let answer = known.send("Contact: <sip:other@127.0.0.1:9>\r\n").await;
    assert_eq!(answer.status, 503, "a second contact is new as well");
    assert_eq!(known.register(0).await.status, 503, "and an end must be durable");
    assert_eq!(world.bindings(&known).len(), 1);
    world.clock.forward(60);
    assert_eq!(known.register(600).await.status, 200);
    // The writer tries to store this refresh, in vain, and must not lose it.
    let tried = world.host.failed_saves.load(Ordering::SeqCst);
    let tried_again = async {
        while world.host.failed_saves.load(Ordering::SeqCst) < tried + 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), tried_again)
        .await
        .expect("the refresh is offered again");

    world.host.saving_fails.store(false, Ordering::SeqCst);
    assert_eq!(new.register(600).await.status, 200);
    world.running.shutdown().await.unwrap();
    let stored = world.host.stored.lock().unwrap();
    let refreshed = stored.values().find(|b| b.phone == known.key()).unwrap().refreshed_ms;
    assert_eq!(
        refreshed,
        NOON + 120_000,
        "the refresh of the outage was stored in the end"
    );
}

#[tokio::test]
async fn a_refresh_is_stored_within_two_seconds_without_anybody_asking() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    phone.register(600).await;
    world.clock.forward(60);
    phone.register(600).await;
    let stored = async {
        while world
            .host
            .stored
            .lock()
            .unwrap()
            .values()
            .any(|b| b.refreshed_ms == NOON)
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), stored)
        .await
        .expect("the refresh is stored");
    assert_eq!(world.running.gauges().waiting, 0);
}

#[tokio::test]
async fn many_new_phones_are_stored_in_few_batches() {
    let host = Arc::new(Host::default());
    host.add_domain("acme.example", linekey_sip::digest::Algorithm::Md5);
    let clock = Arc::new(Clock::new(3));
    let running = start(Settings::default(), &host, &clock).await;
    let mut phones = Vec::new();
    for number in 0..100 {
        let name = format!("u{number}-desk");
        host.add_phone("acme.example", &name, 1);
        let mut phone = crate::support::Phone::new(running.local_addresses()[0].1, &name, "acme.example").await;
        phone.challenge().await;
        phones.push(phone);
    }
    for phone in &mut phones {
        let request = phone.request(&format!("Contact: <{}>\r\n", phone.contact()));
        phone.wire.send(request.as_bytes()).await;
    }
    for phone in &phones {
        assert_eq!(phone.wire.receive().await.status, 200);
    }
    assert_eq!(host.stored.lock().unwrap().len(), 100);
    assert!(
        host.saves.lock().unwrap().len() < 100,
        "{} calls",
        host.saves.lock().unwrap().len()
    );
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_second_shutdown_does_nothing() {
    let world = World::new().await;
    assert_eq!(world.running.shutdown().await, Ok(()));
    assert_eq!(world.running.shutdown().await, Ok(()));
}
