//! Stories of what a Kamailio refuses, and of calls from phones that are not registered: the portal shows it as it shows
//! what its own registrar refuses.

use crate::db::query;
use crate::phones::history_tests::tried;
use crate::phones::rotation_tests::{OLD, act, comes_to, desk, desk_page, rotate};
use crate::testing::baresip::Baresip;
use crate::testing::kamailio::{Kamailio, SECRET};
use crate::testing::{Portal, TestPhone};

#[tokio::test(flavor = "multi_thread")]
async fn a_phones_page_tells_what_it_tried_at_kamailio() {
    let (p, _kamailio) = Kamailio::with_portal().await;
    let ann = p.signed_in("ann").await;
    let page = desk_page(&p).await;
    let mut wrong = desk(&p, "Not-the-one").await;
    for _ in 0..2 {
        assert_eq!(wrong.register().await.status, 401);
    }
    tried(&p, "wrong-password", 2).await;
    ann.get(&page)
        .await
        .says(200, "Wrong SIP password")
        .says(200, "Test phone 1.0 at 127.0.0.1");
    assert_eq!(p.events("phone-refused").await, 1, "the first of a window");

    let mut reaching = TestPhone::claiming(&p, ("ann-softphone", "acme.example"), "ann-desk", OLD).await;
    assert_eq!(reaching.register().await.status, 403);
    tried(&p, "wrong-address", 1).await;
    ann.get(&page).await.says(200, "Wanted another phone's address");
    assert_eq!(p.events("phone-wrong-address").await, 1);

    let mut phone = desk(&p, OLD).await;
    assert!(phone.is_registered().await);
    tried(&p, "registered", 1).await;
    ann.get(&page).await.says(200, "Connected");

    rotate(&p, &ann, "0").await;
    assert_eq!(phone.register().await.status, 401);
    tried(&p, "old-password", 1).await;
    ann.get(&page).await.says(200, "Old SIP password");
    comes_to(&p, 0).await;
    ann.get("/phones").await.says(200, "Using an old SIP password");

    act(&p, &ann, "disconnect", &[("block", "on")]).await.leads_to(&page);
    assert_eq!(phone.register().await.status, 401);
    tried(&p, "not-allowed", 1).await;
    ann.get(&page).await.says(200, "Not allowed to connect");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_where_a_phone_never_was_is_pointed_out_at_kamailio() {
    let (p, _kamailio) = Kamailio::with_portal().await;
    let ann = p.signed_in("ann").await;
    let page = desk_page(&p).await;
    assert!(desk(&p, OLD).await.is_registered().await);
    let known = || query("select count(*) from phone_networks");
    p.until(async || p.count(known()).await == 1).await;
    ann.get(&page).await.lacks("new network");
    p.alter(query(
        "update phone_networks set network = '198.51.100.0/24', first_at = 1, last_at = 1",
    ))
    .await;
    assert!(desk(&p, OLD).await.is_registered().await);
    p.until(async || p.events("phone-new-network").await == 1).await;
    ann.get(&page)
        .await
        .says(200, "Connected from a new network")
        .says(200, "Make a new SIP password now");
}

/// Whoever stole a SIP password need not register to call.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_a_phone_that_is_not_registered_is_pointed_out() {
    let (p, kamailio) = Kamailio::with_portal().await;
    let ann = p.signed_in("ann").await;
    let page = desk_page(&p).await;
    let called = "sip:ann-softphone@acme.example";
    let mut registered = Baresip::registered(&p, "ann-desk", "acme.example", OLD).await;
    comes_to(&p, 1).await;
    registered.ask("dial", called).await;
    registered.until("listcalls", |said| said.contains("(0)")).await;
    drop(registered);
    act(&p, &ann, "disconnect", &[]).await.leads_to(&page);
    comes_to(&p, 0).await;
    assert_eq!(p.events("phone-not-registered").await, 0);
    ann.get(&page).await.lacks("without being registered");

    let mut thief = Baresip::unregistered(&p, "ann-desk", "acme.example", OLD).await;
    thief.ask("dial", called).await;
    p.until(async || p.events("phone-not-registered").await == 1).await;
    ann.get(&page)
        .await
        .says(200, "Used without being registered")
        .says(200, "Make a new SIP password now")
        .says(200, "Made a call without being registered");
    let adam = p.signed_in("adam").await;
    adam.get("/admin/audit")
        .await
        .says(200, "was used for a call while the phone was not registered");
    thief.until("listcalls", |said| said.contains("(0)")).await;
    thief.ask("dial", called).await;
    thief.until("listcalls", |said| said.contains("(0)")).await;
    assert_eq!(p.events("phone-not-registered").await, 1, "once in ten minutes");
    assert!(!kamailio.log().contains("ERROR"), "{}", kamailio.log());
}

async fn tell(p: &Portal, secret: &str, text: String) -> (u16, String) {
    let admin = p.app.config.admin.listen.expect("where Kamailio tells");
    let answer = reqwest::Client::new()
        .post(format!("http://{admin}/kamailio/changed"))
        .bearer_auth(secret)
        .body(text)
        .send()
        .await
        .expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("a text"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_cannot_be_read_is_told_why_and_a_stranger_nothing() {
    let (p, _kamailio) = Kamailio::with_portal().await;
    let report = |what: &str, name: &str, address: &str| {
        format!(
            r#"{{"what":"{what}","name":"{name}","domain":"acme.example","address":"{address}","port":5060,
                "authorization":"Digest nonsense","method":"REGISTER","times":1}}"#
        )
    };
    let right = report("wrong-password", "ann-desk", "203.0.113.7");
    assert_eq!(tell(&p, "a guess", right.clone()).await.0, 404);
    assert_eq!(p.count(query("select count(*) from phone_attempts")).await, 0);
    for (text, why) in [
        ("ann-desk".to_owned(), "neither name@domain"),
        ("{".to_owned(), "EOF"),
        (report("stolen", "ann-desk", "203.0.113.7"), "unknown variant `stolen`"),
        (
            report("wrong-password", "ann-desk", "here"),
            "`address` is no IP address",
        ),
        (right.replace("\"port\"", "\"sport\""), "unknown field `sport`"),
    ] {
        let (status, said) = tell(&p, SECRET, text.clone()).await;
        assert_eq!(status, 422, "{text}");
        assert!(said.contains(why), "{text}: {said}");
    }
    for (name, address) in [("nobody", "203.0.113.7"), ("ann-desk", "[2001:db8::7]")] {
        assert_eq!(tell(&p, SECRET, report("wrong-password", name, address)).await.0, 204);
    }
    let kept = "select count(*) from phone_attempts where address = '2001:db8::7' and outcome = 'wrong-password'";
    assert_eq!(p.count(query(kept)).await, 1);
    assert_eq!(p.count(query("select count(*) from phone_attempts")).await, 1);
}
