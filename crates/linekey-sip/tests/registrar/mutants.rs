//! Damaged requests, always the same fifty thousand: none may stop the registrar.

use std::sync::atomic::AtomicU64;

use crate::support::{Wire, World, options, split_mix};

const MUTANTS: usize = 50_000;

#[tokio::test]
async fn fifty_thousand_damaged_requests_do_no_harm() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    phone.challenge().await;
    let contact = format!(
        "Contact: \"A\" <{}>;expires=90;q=0.5;+sip.instance=\"<urn:x>\"\r\n",
        phone.contact()
    );
    let seeds = [
        phone.request(&contact),
        phone.request("Contact: *\r\nExpires: 0\r\n"),
        options(phone.wire.local(), "m"),
    ];
    let state = AtomicU64::new(42);
    let sender = Wire::new(world.address()).await;
    let observer = Wire::new(world.address()).await;
    for number in 0..MUTANTS {
        let mutant = damage(seeds[number % seeds.len()].as_bytes(), &state);
        sender.send(&mutant).await;
        // In step, so that no mutant is lost in the socket's buffer.
        if number % 50 == 0 {
            assert_eq!(
                observer.ask(&options(observer.local(), "alive")).await.status,
                200,
                "after {number}"
            );
        }
    }
    world.is_idle().await;
    assert!(world.running.is_running());
    assert!(world.running.gauges().working == 0 && world.running.gauges().bindings <= 10);
    assert_eq!(world.phone("bob-desk").await.register(600).await.status, 200);
}

/// One to four small accidents.
fn damage(request: &[u8], state: &AtomicU64) -> Vec<u8> {
    const PIECES: [&[u8]; 12] = [
        b"\r\n",
        b"\r\n ",
        b"\0",
        b"\"",
        b"<",
        b">",
        b";",
        b",",
        b"%",
        b"\xff\xfe",
        b"99999999999999999999",
        b":",
    ];
    let random = |limit: usize| usize::try_from(split_mix(state) >> 33).unwrap() % limit.max(1);
    let mut bytes = request.to_vec();
    for _ in 0..=random(4) {
        let (at, other) = (random(bytes.len()), random(bytes.len()));
        match random(6) {
            0 => bytes[at] = u8::try_from(random(256)).unwrap(),
            1 => drop(bytes.drain(at.min(other)..at.max(other).min(at.min(other) + 40))),
            2 => drop(bytes.splice(at..at, PIECES[random(PIECES.len())].iter().copied())),
            3 => {
                let copied: Vec<u8> = bytes[at.min(other)..at.max(other)].to_vec();
                drop(bytes.splice(other..other, copied));
            }
            4 => bytes.truncate(at.max(1)),
            _ => bytes.swap(at, other),
        }
        if bytes.is_empty() {
            bytes.push(b'R');
        }
    }
    bytes.truncate(9000);
    bytes
}
