//! The client against the registrar.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use linekey_sip::PhoneKey;
use linekey_sip::client::{Account, Failure, Phone};

use crate::support::{World, password_of};

async fn phone(world: &World, name: &str, domain: &str) -> Phone {
    let account = Account::new(world.address(), name, domain, &password_of(name));
    Phone::new(account, Arc::clone(&world.clock) as _).await.unwrap()
}

#[tokio::test]
async fn it_registers_with_every_algorithm_refreshes_and_unregisters() {
    let world = World::new().await;
    for (name, domain) in [
        ("ann-desk", "acme.example"),
        ("gina-desk", "globex.example"),
        ("pete-desk", "initech.example"),
    ] {
        let mut phone = phone(&world, name, domain).await;
        for _ in 0..3 {
            let outcome = phone.register_once().await.unwrap();
            assert!(outcome.is_registered(), "{outcome:?}");
            assert_eq!(outcome.contacts, [phone.contact()]);
        }
        let outcome = phone.unregister_once().await.unwrap();
        assert_eq!((outcome.status, outcome.granted_s), (200, None));
    }
    assert_eq!(world.running.gauges().bindings, 0);
    assert_eq!(
        world.host.lookups.load(Ordering::SeqCst),
        12,
        "one nonce served each phone's four requests"
    );
}

#[tokio::test]
async fn it_bears_a_stale_nonce_and_a_restart() {
    let mut world = World::new().await;
    let mut phone = phone(&world, "ann-desk", "acme.example").await;
    assert!(phone.register_once().await.unwrap().is_registered());
    world.clock.forward(301);
    assert!(phone.register_once().await.unwrap().is_registered());
    world.running.shutdown().await.unwrap();
    let address = world.address();
    let socket = std::net::UdpSocket::bind(address).unwrap();
    let sockets = linekey_sip::Sockets {
        udp: vec![socket],
        ..Default::default()
    };
    let (host, clock) = (Arc::clone(&world.host), Arc::clone(&world.clock));
    let settings = linekey_sip::Settings::default();
    world.running = linekey_sip::Registrar::start(settings, crate::support::KEY, sockets, host, clock)
        .await
        .unwrap();
    assert!(phone.register_once().await.unwrap().is_registered());
}

#[tokio::test]
async fn it_tells_a_wrong_password_and_asks_no_second_time() {
    let world = World::new().await;
    let mut account = Account::new(world.address(), "ann-desk", "acme.example", "wrong");
    assert!(!format!("{account:?}").contains("wrong"), "a password is never printed");
    account.instance = Some("urn:uuid:1".to_owned());
    let mut phone = Phone::new(account, Arc::clone(&world.clock) as _).await.unwrap();
    assert_eq!(phone.register_once().await.unwrap().status, 401);
    assert_eq!(world.host.lookups.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn it_accepts_a_longer_minimum() {
    let world = World::new().await;
    let mut account = Account::new(world.address(), "ann-desk", "acme.example", &password_of("ann-desk"));
    account.expires_s = 10;
    let mut phone = Phone::new(account, Arc::clone(&world.clock) as _).await.unwrap();
    assert_eq!(phone.register_once().await.unwrap().granted_s, Some(60));
}

#[tokio::test]
async fn it_gives_up_when_nobody_answers() {
    let nobody = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut account = Account::new(nobody.local_addr().unwrap(), "a", "acme.example", "x");
    account.t1 = Duration::from_millis(5);
    account.give_up = Duration::from_millis(50);
    let clock = Arc::new(crate::support::Clock::new(4));
    let mut phone = Phone::new(account, clock).await.unwrap();
    assert!(matches!(phone.register_once().await, Err(Failure::NoAnswer)));
    let mut buffer = [0; 2000];
    let first = nobody.recv(&mut buffer).unwrap();
    let copy = buffer[..first].to_vec();
    let second = nobody.recv(&mut buffer).unwrap();
    assert_eq!(copy, buffer[..second], "the request was repeated byte for byte");
}

#[tokio::test]
async fn a_repeating_phone_registers_pauses_resumes_and_says_goodbye() {
    let world = World::new().await;
    let key = PhoneKey("ann-desk@acme.example".into());
    let phone = phone(&world, "ann-desk", "acme.example").await.repeat();
    phone.registered().await;
    let first = world.running.bindings_of(&key);
    assert_eq!(*first[0].contact, *phone.contact());
    phone.pause();
    world.clock.forward(30);
    assert_eq!(world.running.bindings_of(&key), first, "a pause says nothing");
    phone.resume();
    while world.running.bindings_of(&key)[0].refreshed_ms == first[0].refreshed_ms {
        tokio::task::yield_now().await;
    }
    assert!(phone.last().unwrap().is_registered());
    phone.stop().await;
    assert!(world.running.bindings_of(&key).is_empty());
}

#[tokio::test]
async fn it_ends_though_nobody_answers() {
    let world = World::new().await;
    let nobody = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let account = Account::new(nobody.local_addr().unwrap(), "ann-desk", "acme.example", "x");
    let phone = Phone::new(account, Arc::clone(&world.clock) as _)
        .await
        .unwrap()
        .repeat();
    // An unanswered request is repeated for half a minute, and here one would come after the other.
    let ended = tokio::time::timeout(Duration::from_secs(20), phone.stop()).await;
    assert!(ended.is_ok());
}
