//! Stories of phones behind a NAT, which are asked whether they answer.

use crate::support::{Phone, Wire, World, options};

const INSIDE: &str = "sip:ann-desk@10.1.2.3:5060";

/// A phone whose contact is an address behind its NAT.
async fn behind_nat(world: &World) -> Phone {
    let mut phone = world.phone("ann-desk").await;
    refresh(&mut phone).await;
    phone
}

async fn refresh(phone: &mut Phone) {
    phone.nonce = None;
    let answer = phone.send(&format!("Contact: <{INSIDE}>;expires=3600\r\n")).await;
    assert_eq!(answer.status, 200);
}

/// A minute later, the next ping.
async fn next_ping(world: &World, phone: &Phone) -> String {
    world.clock.forward(60);
    phone.wire.request().await
}

fn header<'a>(request: &'a str, name: &str) -> &'a str {
    let line = request
        .split("\r\n")
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap_or_else(|| panic!("no {name}: {request}"))
}

fn answer_to(ping: &str) -> String {
    let [via, from, to, call_id, cseq] = ["Via", "From", "To", "Call-ID", "CSeq"].map(|name| header(ping, name));
    format!(
        "SIP/2.0 200 OK\r\nVia: {via}\r\nFrom: {from}\r\nTo: {to};tag=1\r\nCall-ID: {call_id}\r\nCSeq: {cseq}\r\n\
         Content-Length: 0\r\n\r\n"
    )
}

fn is_silent(world: &World, phone: &Phone) -> bool {
    let [binding] = world.bindings(phone).try_into().unwrap();
    binding.silent_since_ms.is_some()
}

#[tokio::test]
async fn a_phone_behind_nat_is_silent_after_three_pings_and_not_any_more_once_it_answers() {
    let mut world = World::pinging().await;
    let mut phone = behind_nat(&world).await;
    let first = next_ping(&world, &phone).await;
    assert!(first.starts_with(&format!("OPTIONS {INSIDE} SIP/2.0\r\n")), "{first}");
    phone.wire.send(answer_to(&first).as_bytes()).await;
    // One that is answered, three that are not; what becomes of each is found out with the next.
    for _ in 0..4 {
        assert!(!is_silent(&world, &phone));
        next_ping(&world, &phone).await;
        refresh(&mut phone).await;
    }
    let asked = next_ping(&world, &phone).await;
    assert!(is_silent(&world, &phone));
    refresh(&mut phone).await;
    assert!(
        is_silent(&world, &phone),
        "that it reaches us does not say that we reach it"
    );

    // Neither somebody else who knows the question, nor a guess, answers for the phone.
    let stranger = Wire::new(world.address()).await;
    stranger.send(answer_to(&asked).as_bytes()).await;
    let guess = answer_to(&asked).replace(header(&asked, "Call-ID"), &"0".repeat(32));
    phone.wire.send(guess.as_bytes()).await;
    let heard = phone.wire.ask(&options(phone.wire.local(), "both-were-read")).await;
    assert_eq!(heard.status, 200);
    next_ping(&world, &phone).await;
    assert!(is_silent(&world, &phone));

    // It stays known over a restart, and so does that it answers.
    world.ping_again().await;
    assert!(is_silent(&world, &phone));
    phone.wire.server = world.address();
    refresh(&mut phone).await;
    let asked = next_ping(&world, &phone).await;
    phone.wire.send(answer_to(&asked).as_bytes()).await;
    let read = phone.wire.ask(&options(phone.wire.local(), "it-was-read")).await;
    assert_eq!(read.status, 200);
    next_ping(&world, &phone).await;
    assert!(!is_silent(&world, &phone));
}

#[tokio::test]
async fn a_phone_that_is_where_it_says_is_not_asked() {
    let world = World::pinging().await;
    let mut open = world.phone("bob-desk").await;
    assert_eq!(open.register(3600).await.status, 200);
    let hidden = behind_nat(&world).await;
    for _ in 0..2 {
        next_ping(&world, &hidden).await;
    }
    let answer = open.wire.ask(&options(open.wire.local(), "nothing-before")).await;
    assert_eq!(answer.header("Call-ID"), Some("nothing-before"));
}

#[tokio::test]
async fn nobody_is_asked_where_pings_are_off() {
    let world = World::new().await;
    let hidden = behind_nat(&world).await;
    world.clock.forward(120);
    // Longer than a round takes: what would be sent, would have come.
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    let answer = hidden.wire.ask(&options(hidden.wire.local(), "nothing-before")).await;
    assert_eq!(answer.header("Call-ID"), Some("nothing-before"));
}
