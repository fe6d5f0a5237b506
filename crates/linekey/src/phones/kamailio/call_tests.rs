//! A call between two real phones through the sample configuration, while passwords are changed.

use std::time::Duration;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use tokio::net::UdpSocket;

use super::tests::answer;
use crate::db::query;
use crate::phones::rotation_tests::{OLD, rotate};
use crate::phones::tests::add;
use crate::testing::Portal;
use crate::testing::baresip::Baresip;
use crate::testing::kamailio::{Kamailio, SECRET};

/// Packets that come in half a second.
const SOME: u64 = 25;

/// Waits until both have heard more of each other.
async fn talk(one: &mut Baresip, other: &mut Baresip) {
    for phone in [one, other] {
        let (_, before) = phone.packets().await;
        let mut looks = 0;
        loop {
            let (sent, received) = phone.packets().await;
            if sent > 0 && received >= before + SOME {
                break;
            }
            assert!(looks < 1200, "{sent} sent, {received} received:\n{}", phone.log());
            looks += 1;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn both_are_registered(p: &Portal, bobs: &str) {
    let shown = async || {
        let shown = query(
            "select count(*) from registrations r join phones f on f.id = r.phone_id
              where f.sip_name in ('ann-desk', $1) and r.ended_at is null",
        );
        p.count(shown.bind(bobs)).await
    };
    p.until(async || shown().await == 2).await;
    let located = p.count(query("select count(*) from kamailio.location")).await;
    assert_eq!(located, 2);
}

async fn are_connected(one: &mut Baresip, other: &mut Baresip) {
    for phone in [one, other] {
        phone.until("listcalls", |said| said.contains("ESTABLISHED")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_goes_on_while_the_portal_password_and_a_sip_password_are_changed() {
    let (p, kamailio) = Kamailio::with_portal().await;
    let mut ann_desk = Baresip::registered(&p, "ann-desk", "acme.example", OLD).await;
    let bob = p.signed_in("bob").await;
    let (_, bobs, sip_password) = add(&bob, "Desk").await;
    let mut bob_desk = Baresip::registered(&p, &bobs, "acme.example", &sip_password).await;
    let at_bobs = format!("sip:{bobs}@acme.example");
    both_are_registered(&p, &bobs).await;
    let ann = p.signed_in("ann").await;
    ann.get("/phones").await.says(200, "baresip");

    ann_desk.ask("dial", &at_bobs).await;
    are_connected(&mut ann_desk, &mut bob_desk).await;
    talk(&mut ann_desk, &mut bob_desk).await;
    let fields = [
        ("new_password", "Tidewater-Kestrel-1"),
        ("confirm_password", "Tidewater-Kestrel-1"),
    ];
    ann.post("/account/password", &fields)
        .await
        .leads_to("/account/password/done");
    talk(&mut ann_desk, &mut bob_desk).await;
    rotate(&p, &ann, "24").await;
    talk(&mut ann_desk, &mut bob_desk).await;

    // A re-INVITE each, through the same proxy.
    ann_desk.ask("hold", "").await;
    bob_desk
        .until("audio_debug", |said| said.contains("dir=recvonly"))
        .await;
    ann_desk.ask("resume", "").await;
    bob_desk
        .until("audio_debug", |said| said.contains("dir=sendrecv"))
        .await;
    talk(&mut ann_desk, &mut bob_desk).await;
    both_are_registered(&p, &bobs).await;

    // The SIP password in an overlap begins calls, and takes them.
    ann_desk.ask("hangup", "").await;
    bob_desk.until("listcalls", |said| said.contains("(0)")).await;
    ann_desk.ask("dial", &at_bobs).await;
    are_connected(&mut ann_desk, &mut bob_desk).await;
    bob_desk.ask("hangup", "").await;
    ann_desk.until("listcalls", |said| said.contains("(0)")).await;
    bob_desk.ask("dial", "sip:ann-desk@acme.example").await;
    are_connected(&mut ann_desk, &mut bob_desk).await;
    talk(&mut ann_desk, &mut bob_desk).await;
    assert!(!kamailio.log().contains("ERROR"), "{}", kamailio.log());
}

/// What the route of a call that began so many days ago is marked with.
fn mark(call: &str, days_ago: u64) -> String {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("after 1970");
    let day = since.as_secs() / 86_400 - days_ago;
    let hash = HEXLOWER.encode(&Sha256::digest(format!("{SECRET}:{day}:{call}")));
    format!(";call={}", &hash[..32])
}

/// Whoever makes up a request within a call has Kamailio send nothing for them, unless they know what that call's route is
/// marked with.
#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_no_call_is_relayed_nowhere() {
    let (p, kamailio) = Kamailio::with_portal().await;
    let victim = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let stranger = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    stranger.connect(p.sip).await.expect("Kamailio's");
    let (own, meant, sip) = (
        stranger.local_addr().expect("a port"),
        victim.local_addr().expect("a port"),
        p.sip,
    );
    let ask = async |method: &str, call: &str, number: usize, routes: &str| {
        let request = format!(
            "{method} sip:ann@{meant} SIP/2.0\r\nVia: SIP/2.0/UDP {own};rport;branch=z9hG4bK-{method}{number}\r\n\
             Route: {routes}\r\nMax-Forwards: 70\r\nFrom: <sip:bob@acme.example>;tag=a\r\n\
             To: <sip:ann@acme.example>;tag=b\r\nCall-ID: {call}\r\nCSeq: {number} {method}\r\n\
             Contact: <sip:bob@{own}>\r\nContent-Length: 0\r\n\r\n"
        );
        answer(&stranger, &request).await
    };
    let (known, yesterdays, too_old) = (mark("a-call", 0), mark("a-call", 1), mark("a-call", 2));
    let through_us = |mark: &str| format!("<sip:{sip};lr{mark}>");
    let refused = [
        ("a-call", through_us("")),
        ("a-call", through_us(";call=0")),
        ("a-call", through_us(";ftag=a")),
        ("a-call", through_us(&mark("another", 0))),
        ("another", through_us(&known)),
        ("a-call", through_us(&too_old)),
        ("a-call", format!("<sip:{meant};lr{known}>")),
        ("a-call", format!("<sip:{meant};lr{known}>, {}", through_us(&known))),
        ("a-call", format!("{}, <sip:{meant};lr>", through_us(&known))),
    ];
    let mut number = 0;
    for (call, routes) in refused {
        for method in ["MESSAGE", "BYE", "INVITE"] {
            number += 1;
            let answer = ask(method, call, number, &routes).await;
            assert!(answer.starts_with("SIP/2.0 404"), "{routes}: {answer}");
        }
    }
    assert!(victim.try_recv(&mut [0; 1]).is_err(), "{}", kamailio.log());
    for mark in [known, yesterdays] {
        number += 1;
        let routes = through_us(&mark);
        let (answer, heard) = tokio::join!(ask("BYE", "a-call", number, &routes), async {
            let mut heard = [0; 4096];
            let (length, proxy) = victim.recv_from(&mut heard).await.expect("a request");
            let request = String::from_utf8_lossy(&heard[..length]).into_owned();
            let named = request.lines().filter(|line| {
                ["Via", "From", "To", "Call-ID", "CSeq"]
                    .iter()
                    .any(|name| line.starts_with(&format!("{name}:")))
            });
            let lines: Vec<_> = named.collect();
            let reply = format!("SIP/2.0 200 OK\r\n{}\r\nContent-Length: 0\r\n\r\n", lines.join("\r\n"));
            victim.send_to(reply.as_bytes(), proxy).await.expect("it is sent");
            request
        });
        assert!(heard.starts_with("BYE "), "{heard}");
        assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
    }
}
