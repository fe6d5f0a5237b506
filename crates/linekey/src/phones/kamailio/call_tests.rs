//! A call between two real phones through the sample configuration, while passwords are changed.

use std::time::Duration;

use tokio::net::UdpSocket;

use crate::db::query;
use crate::phones::rotation_tests::{OLD, rotate};
use crate::phones::tests::add;
use crate::testing::Portal;
use crate::testing::baresip::Baresip;
use crate::testing::kamailio::Kamailio;

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

/// Whoever makes up a request within a call has Kamailio send nothing for them.
#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_no_call_is_relayed_nowhere() {
    let (p, kamailio) = Kamailio::with_portal().await;
    let victim = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let stranger = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    stranger.connect(p.sip).await.expect("Kamailio's");
    let (own, meant) = (
        stranger.local_addr().expect("a port"),
        victim.local_addr().expect("a port"),
    );
    let marks = ["", ";call=0", ";call=d41d8cd98f00b204e9800998ecf8427e", ";ftag=a"];
    for (number, mark) in marks.into_iter().enumerate() {
        for method in ["MESSAGE", "BYE", "INVITE"] {
            let request = format!(
                "{method} sip:ann@{meant} SIP/2.0\r\nVia: SIP/2.0/UDP {own};rport;branch=z9hG4bK-{method}{number}\r\n\
                 Route: <sip:{};lr{mark}>\r\nMax-Forwards: 70\r\nFrom: <sip:bob@acme.example>;tag=a\r\n\
                 To: <sip:ann@acme.example>;tag=b\r\nCall-ID: made-up\r\nCSeq: {} {method}\r\n\
                 Contact: <sip:bob@{own}>\r\nContent-Length: 0\r\n\r\n",
                p.sip,
                number + 1,
            );
            stranger.send(request.as_bytes()).await.expect("it is sent");
            let mut answer = vec![0; 4096];
            let length = tokio::time::timeout(Duration::from_secs(10), stranger.recv(&mut answer)).await;
            let length = length.expect("an answer").expect("an answer");
            let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
            assert!(answer.starts_with("SIP/2.0 404"), "{answer}");
        }
    }
    assert!(victim.try_recv(&mut [0; 1]).is_err(), "{}", kamailio.log());
}
