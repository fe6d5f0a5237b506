//! A call between two real phones through the sample configuration, while passwords are changed.

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
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
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
