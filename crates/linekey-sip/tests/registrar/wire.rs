//! Vias, ports, methods, and datagrams that get no answer.

use std::net::UdpSocket;
use std::sync::Arc;

use linekey_sip::{Registrar, Settings, Sockets};

use crate::support::{Clock, Host, KEY, Wire, World, options};

#[tokio::test]
async fn options_to_us_is_answered_and_says_nothing_about_users() {
    let world = World::new().await;
    let wire = Wire::new(world.address()).await;
    let ping = options(wire.local(), "ping");
    let answer = wire.ask(&ping).await;
    assert_eq!(
        (answer.status, answer.header("Allow")),
        (200, Some("REGISTER, OPTIONS"))
    );
    let known = ping.replace("OPTIONS sip:acme", "OPTIONS sip:ann-desk@acme");
    let unknown = ping.replace("OPTIONS sip:acme", "OPTIONS sip:nobody@acme");
    assert_eq!(wire.ask(&known).await, wire.ask(&unknown).await);
    assert_eq!(
        wire.ask(&ping.replace("OPTIONS sip:acme.example", "OPTIONS sip:else.example"))
            .await
            .status,
        404
    );
    assert_eq!(
        wire.ask(&ping.replace("OPTIONS sip:acme.example", "OPTIONS tel:+1555"))
            .await
            .status,
        416
    );
}

#[tokio::test]
async fn other_methods_are_405_with_allow_and_ack_gets_no_answer() {
    let world = World::new().await;
    let wire = Wire::new(world.address()).await;
    for method in [
        "INVITE",
        "BYE",
        "CANCEL",
        "SUBSCRIBE",
        "NOTIFY",
        "PUBLISH",
        "MESSAGE",
        "register",
        "XYZ",
    ] {
        let answer = wire.ask(&options(wire.local(), "m").replace("OPTIONS", method)).await;
        assert_eq!(
            (answer.status, answer.header("Allow")),
            (405, Some("REGISTER, OPTIONS")),
            "{method}"
        );
    }
    let ack = options(wire.local(), "a").replace("OPTIONS", "ACK");
    wire.gets_no_answer(&world, ack.as_bytes()).await;
}

#[tokio::test]
async fn a_wrong_version_or_cseq_is_named() {
    let world = World::new().await;
    let wire = Wire::new(world.address()).await;
    let ping = options(wire.local(), "v");
    assert_eq!(
        wire.ask(&ping.replace("SIP/2.0\r\nVia", "SIP/7.0\r\nVia")).await.status,
        505
    );
    assert_eq!(wire.ask(&ping.replace("1 OPTIONS", "1 INVITE")).await.status, 400);
    assert_eq!(
        wire.ask(&ping.replace("1 OPTIONS", "2147483648 OPTIONS")).await.status,
        400
    );
}

#[tokio::test]
async fn received_and_rport_tell_the_source() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    let local = phone.wire.local();
    let port = local.port();
    for (via, told) in [
        (
            format!("{local};rport"),
            format!("{local};branch=B;received=127.0.0.1;rport={port}"),
        ),
        (
            "192.0.2.4;rport;keep".to_owned(),
            format!("192.0.2.4;keep;branch=B;received=127.0.0.1;rport={port}"),
        ),
        (
            format!("pc33.acme.example:{port};x=\"a;rport\""),
            format!("pc33.acme.example:{port};x=\"a;rport\";branch=B;received=127.0.0.1"),
        ),
        (
            "192.0.2.4:9;received=203.0.113.66;rport=99".to_owned(),
            format!("192.0.2.4:9;branch=B;received=127.0.0.1;rport={port}"),
        ),
        (format!("{local}"), format!("{local};branch=B")),
    ] {
        phone.via = via.clone();
        let request = phone.request("Via: SIP/2.0/TCP 198.51.100.1;branch=z9hG4bKbelow\r\n");
        let branch = format!("z9hG4bK{port}x{}n0", phone.cseq);
        let answer = phone.wire.ask(&request).await;
        let vias = answer.headers("Via");
        assert_eq!(vias[0], format!("SIP/2.0/UDP {}", told.replace('B', &branch)), "{via}");
        assert_eq!(vias[1], "SIP/2.0/TCP 198.51.100.1;branch=z9hG4bKbelow");
    }
}

#[tokio::test]
async fn without_rport_the_answer_goes_to_the_port_of_the_via() {
    let world = World::new().await;
    let asking = Wire::new(world.address()).await;
    let named = Wire::new(world.address()).await;
    let ping = options(named.local(), "elsewhere").replace(";rport", "");
    asking.send(ping.as_bytes()).await;
    assert_eq!(named.receive().await.status, 200);
    // Behind a NAT the port of the Via belongs to the other side.
    let ping = options(named.local(), "nat")
        .replace("UDP 127.0.0.1", "UDP 192.0.2.4")
        .replace(";rport", "");
    assert_eq!(asking.ask(&ping).await.status, 200);
}

#[tokio::test]
async fn the_answer_repeats_what_it_must_and_the_tag_is_the_same_each_time() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    let request = phone.request("");
    let (one, two) = (phone.wire.ask(&request).await, phone.wire.ask(&request).await);
    assert_eq!(one.header("To"), two.header("To"));
    assert!(
        one.header("To")
            .unwrap()
            .starts_with("<sip:ann-desk@acme.example>;tag=")
    );
    for name in ["From", "Call-ID", "CSeq"] {
        let line = format!("{name}: {}\r\n", one.header(name).unwrap());
        assert!(request.contains(&line), "{line}");
    }
    assert_eq!(one.header("Content-Length"), Some("0"));
}

#[tokio::test]
async fn folded_and_compact_headers_are_understood() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    phone.challenge().await;
    let request = phone.request(&format!("m:\r\n <{}>\r\n ;expires=\r\n\t90\r\n", phone.contact()));
    let request = request
        .replace(", nonce", ",\r\n\tnonce")
        .replace("Via:", "v :")
        .replace("From:", "f:");
    let answer = phone.wire.ask(&request).await;
    assert_eq!(answer.status, 200, "{request}{}", answer.text);
    assert!((81..=90).contains(&answer.granted()));
}

#[tokio::test]
async fn what_is_no_request_that_can_be_answered_gets_no_answer() {
    let world = World::new().await;
    let wire = Wire::new(world.address()).await;
    let good = options(wire.local(), "good");
    for junk in [
        &b""[..],
        b"\r\n",
        b"\r\n\r\n",
        b"\0",
        b"\0\0\0\0",
        b"hello",
        &[0xff; 200],
        &[b'A'; 9000],
    ] {
        wire.gets_no_answer(&world, junk).await;
    }
    for header in ["Via", "From", "To", "Call-ID", "CSeq"] {
        let lines: Vec<&str> = good
            .split_inclusive("\r\n")
            .filter(|l| !l.starts_with(&format!("{header}:")))
            .collect();
        wire.gets_no_answer(&world, lines.concat().as_bytes()).await;
        let (before, line) = (good.find(&format!("{header}:")).unwrap(), header);
        let mut twice = good.clone();
        let end = before + good[before..].find("\r\n").unwrap() + 2;
        twice.insert_str(before, &good[before..end]);
        if line != "Via" {
            wire.gets_no_answer(&world, twice.as_bytes()).await;
        }
    }
    for broken in [
        good.replace("\r\n\r\n", "\r\n"),
        good.replace("\r\n", "\n"),
        good.replace("OPTIONS sip", "OPTIONS  sip"),
        good.replace("Call-ID: good", "Call-ID: go\0od"),
        good.replace("tag=1", "tag=1\x07"),
        good.replace("Content-Length: 0", "Content-Length: 5000"),
        format!("SIP/2.0 200 OK\r\n{}", good.split_once("\r\n").unwrap().1),
        good.replace("Max-Forwards: 70", &vec!["X: y"; 80].join("\r\n")),
        good.replace("Max-Forwards: 70", &format!("X: {}", "y".repeat(3000))),
    ] {
        assert_ne!(broken, good);
        wire.gets_no_answer(&world, broken.as_bytes()).await;
    }
    let without_hops = good.replace("Max-Forwards: 70\r\n", "");
    assert_eq!(wire.ask(&without_hops).await.status, 200, "Max-Forwards may be missing");
}

#[tokio::test]
async fn phones_reach_us_over_ipv6_and_on_several_sockets() {
    let host = Arc::new(Host::default());
    host.add_domain("acme.example", linekey_sip::digest::Algorithm::Md5);
    host.add_phone("acme.example", "ann-desk", 1);
    let sockets = ["127.0.0.1:0", "[::1]:0"].map(|address| UdpSocket::bind(address).unwrap());
    let sockets = Sockets {
        udp: sockets.into(),
        ..Sockets::default()
    };
    let clock = Arc::new(Clock::new(5));
    let running = Registrar::start(Settings::default(), KEY, sockets, host, clock)
        .await
        .unwrap();
    assert!(running.is_running());
    for (_, address) in running.local_addresses() {
        let mut phone = crate::support::Phone::new(*address, "ann-desk", "acme.example").await;
        let answer = phone.register(600).await;
        assert_eq!(answer.status, 200, "{address}");
        assert_eq!(
            running.bindings_of(&phone.key()).last().unwrap().received,
            phone.wire.local()
        );
    }
    running.shutdown().await.unwrap();
    assert!(!running.is_running());
}
