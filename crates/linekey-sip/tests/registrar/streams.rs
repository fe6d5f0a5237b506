//! Phones over TCP: what a connection carries, and what it may cost.

use linekey_sip::{Settings, Transport};

use crate::pipe::Pipe;
use crate::support::{Wire, World, options};

/// A registrar that is soon out of patience.
async fn impatient() -> World {
    World::with(Settings {
        whole_within_s: 1,
        stranger_s: 2,
        ..Settings::default()
    })
    .await
}

#[tokio::test]
async fn a_phone_registers_over_tcp_and_stays_registered_when_its_connection_ends() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    let mut pipe = Pipe::new(&world).await;
    // An address of its own, as behind a NAT: over TCP that shortens nothing.
    phone.via = "192.168.1.20:5060;rport".to_owned();
    let answer = pipe.register(&mut phone, 3600).await;
    assert_eq!(answer.status, 200);
    assert!(answer.granted() > 3200, "{}", answer.text);
    let via = answer.header("Via").expect("a Via");
    assert!(
        via.ends_with(&format!(";received=127.0.0.1;rport={}", pipe.local.port())),
        "{via}"
    );
    let [binding] = world.bindings(&phone).try_into().unwrap();
    assert_eq!((binding.transport, binding.received), (Transport::Tcp, pipe.local));
    world.has_connections(1).await;
    drop(pipe);
    world.has_connections(0).await;
    assert_eq!(world.bindings(&phone), [binding]);
}

#[tokio::test]
async fn what_comes_at_once_is_answered_in_order_and_keep_alives_between() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    let mut pipe = Pipe::new(&world).await;
    assert_eq!(pipe.register(&mut phone, 600).await.status, 200);
    let refresh = phone.request(&format!("Contact: <{}>\r\n", phone.contact()));
    let local = pipe.local;
    let all = format!(
        "\r\n{}\r\n\r\n{refresh}{}\r\n\r\n",
        options(local, "one"),
        options(local, "two")
    );
    // However it is cut by the network.
    for piece in all.as_bytes().chunks(100) {
        pipe.send(std::str::from_utf8(piece).unwrap()).await;
    }
    assert_eq!(pipe.receive().await.header("Call-ID"), Some("one"));
    assert_eq!(pipe.until("\r\n").await, "\r\n", "the answer to a keep-alive");
    assert_eq!(pipe.receive().await.header("CSeq"), Some("3 REGISTER"));
    assert_eq!(pipe.receive().await.header("Call-ID"), Some("two"));
    assert_eq!(pipe.until("\r\n").await, "\r\n");
}

#[tokio::test]
async fn a_sender_with_a_connection_is_answered_at_any_length() {
    let world = World::new().await;
    let ping = options("127.0.0.1:5999".parse().unwrap(), "long").replace(
        "Max-Forwards: 70\r\n",
        &format!(
            "{}Max-Forwards: 70\r\n",
            "Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKabc\r\n".repeat(20)
        ),
    );
    assert_eq!(Pipe::new(&world).await.ask(&ping).await.status, 200);
    // The same over UDP, where its address may be another's.
    Wire::new(world.address())
        .await
        .gets_no_answer(&world, ping.as_bytes())
        .await;
}

#[tokio::test]
async fn what_is_no_sip_is_closed_at_once_and_others_go_on() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    let mut good = Pipe::new(&world).await;
    assert_eq!(good.register(&mut phone, 600).await.status, 200);
    for garbage in [
        "GET / HTTP/1.1\r\nHost: here\r\n\r\n",
        "\u{16}\u{3}\u{1}",
        "OPTIONS sip:acme.example SIP/2.0\r\nCall-ID: no length\r\n\r\n",
        "OPTIONS sip:acme.example SIP/2.0\r\nContent-Length: 9000\r\n\r\n",
    ] {
        let mut pipe = Pipe::new(&world).await;
        pipe.send(garbage).await;
        pipe.closes().await;
    }
    let mut endless = Pipe::new(&world).await;
    endless.send("REGISTER sip:acme.example SIP/2.0\r\nX: ").await;
    endless.pour(&"a".repeat(1 << 20)).await;
    endless.closes().await;
    assert_eq!(good.register(&mut phone, 600).await.status, 200);
}

#[tokio::test]
async fn whoever_is_slow_idle_or_unknown_is_closed_and_a_phone_is_not() {
    let world = impatient().await;
    let mut phone = world.phone("ann-desk").await;
    let mut good = Pipe::new(&world).await;
    assert_eq!(good.register(&mut phone, 600).await.status, 200);

    let idle = Pipe::new(&world).await;
    let mut half = Pipe::new(&world).await;
    half.send("REGISTER sip:acme.example SIP/2.0\r\n").await;
    let mut without_body = Pipe::new(&world).await;
    without_body
        .send("OPTIONS sip:acme.example SIP/2.0\r\nContent-Length: 5\r\n\r\nabc")
        .await;
    let mut drop_by_drop = Pipe::new(&world).await;
    let mut talker = Pipe::new(&world).await;
    let chatter = "\r\n\r\n".repeat(1000);
    tokio::join!(
        idle.closes(),
        half.closes(),
        without_body.closes(),
        drop_by_drop.pour("a"),
        // It says nothing but that it is there, and reads no answer.
        talker.pour(&chatter),
    );
    world.has_connections(1).await;
    assert_eq!(good.register(&mut phone, 600).await.status, 200);
}

#[tokio::test]
async fn a_thousand_connections_that_say_nothing_leave_room_for_phones() {
    let world = World::with(Settings {
        connections: 1030,
        ..Settings::default()
    })
    .await;
    let mut all = Vec::new();
    for source in 2..6 {
        for _ in 0..256 {
            all.push(Pipe::from(&format!("127.0.0.{source}"), &world).await);
        }
    }
    world.has_connections(1024).await;
    Pipe::from("127.0.0.5", &world).await.closes().await;
    for pipe in all.iter_mut().step_by(2) {
        pipe.send("REGISTER sip:acme.example SIP/2.0\r\nVia: ").await;
    }
    let mut phone = world.phone("ann-desk").await;
    let mut phones = Vec::new();
    for _ in 0..6 {
        let mut pipe = Pipe::new(&world).await;
        assert_eq!(pipe.register(&mut phone, 600).await.status, 200);
        phones.push(pipe);
    }
    Pipe::new(&world).await.closes().await;
    assert_eq!(
        world.phone("bob-desk").await.register(600).await.status,
        200,
        "over UDP"
    );
    drop(all);
    world.has_connections(6).await;
    assert_eq!(Pipe::new(&world).await.register(&mut phone, 600).await.status, 200);
}

#[tokio::test]
async fn a_stop_closes_every_connection_and_the_port_is_free() {
    let world = World::new().await;
    let address = world.address_of(Transport::Tcp);
    let mut phone = world.phone("ann-desk").await;
    let mut pipe = Pipe::new(&world).await;
    assert_eq!(pipe.register(&mut phone, 600).await.status, 200);
    let idle = Pipe::new(&world).await;
    let mut half = Pipe::new(&world).await;
    half.send("REGISTER sip:acme.example SIP/2.0\r\n").await;
    world.running.shutdown().await.unwrap();
    tokio::join!(pipe.closes(), idle.closes(), half.closes());
    assert_eq!(world.running.gauges().connections, 0);
    let refused = tokio::net::TcpStream::connect(address).await;
    assert!(refused.is_err(), "nobody listens");
}
