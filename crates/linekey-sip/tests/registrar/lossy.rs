//! A network that loses, doubles and delays datagrams: no phone is refused for it, and no failure is counted.
//!
//! The network is played by hand from a seed, so that every run is the same.

use std::sync::atomic::AtomicU64;

use crate::support::{Answer, Phone, World, split_mix};

/// What a network does to one datagram.
struct Network(AtomicU64);

impl Network {
    /// True this many times in a thousand.
    fn happens(&self, thousandths: u64) -> bool {
        split_mix(&self.0) % 1000 < thousandths
    }

    /// Sends a request until an answer comes through, repeating it as a phone does. Whatever is late is sent later.
    async fn carry(&self, phone: &Phone, request: &str, late: &mut Vec<String>) -> Answer {
        loop {
            if self.happens(50) {
                continue;
            }
            let answer = phone.wire.ask(request).await;
            if self.happens(50) {
                let again = phone.wire.ask(request).await;
                assert_eq!(again.status, answer.status, "two copies are answered alike");
            }
            if self.happens(100) {
                late.push(request.to_owned());
            }
            if !self.happens(50) {
                return answer;
            }
        }
    }
}

/// Registers as a phone does: a challenge or a stale nonce is no refusal, the same password is tried with the new one.
async fn register(network: &Network, phone: &mut Phone, late: &mut Vec<String>) {
    for _ in 0..3 {
        let contact = format!("Contact: <{}>\r\nExpires: 3600\r\n", phone.contact());
        let had_nonce = phone.nonce.is_some();
        let request = phone.request(&contact);
        let answer = network.carry(phone, &request, late).await;
        if answer.status == 200 {
            return;
        }
        assert_eq!(answer.status, 401, "{}", answer.text);
        let is_stale = answer.challenge("stale").is_some();
        assert!(!had_nonce || is_stale, "the password was called wrong: {}", answer.text);
        phone.nonce = answer.challenge("nonce");
        phone.nc = 0;
    }
    panic!("{} is not registered", phone.name);
}

#[tokio::test]
async fn no_phone_is_refused_on_a_network_that_loses_doubles_and_delays() {
    let world = World::new().await;
    let network = Network(AtomicU64::new(2026));
    let mut phones = Vec::new();
    for name in ["ann-desk", "ann-softphone", "bob-desk", "gina-desk", "pete-desk"] {
        phones.push((world.phone(name).await, Vec::new()));
    }
    for round in 0..100 {
        for (phone, late) in &mut phones {
            register(&network, phone, late).await;
            // What was delayed comes behind what was sent after it: repeated from memory, or told to be stale.
            if round % 3 == 0 {
                for request in std::mem::take(late) {
                    let answer = phone.wire.ask(&request).await;
                    let is_harmless = answer.status == 200 || answer.status == 401;
                    assert!(is_harmless, "{}", answer.text);
                }
            }
            assert_eq!(world.bindings(phone).len(), 1, "one contact, whatever was doubled");
        }
        world.clock.forward(if round % 10 == 0 { 400 } else { 20 });
    }
    let gauges = world.running.gauges();
    assert_eq!(gauges.wrong, 0, "no failure is counted");
    let refused = world
        .told()
        .await
        .into_iter()
        .filter(|event| matches!(event, linekey_sip::Event::Refused { .. }));
    assert_eq!(refused.count(), 0, "and none is told");
}
