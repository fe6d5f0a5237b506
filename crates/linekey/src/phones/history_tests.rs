//! Stories of what phones did: what their pages tell of it, and what they tell while it happens.

use crate::clock::{DAY, HOUR, MINUTE};
use crate::db::query;
use crate::testing::{Portal, TestPhone, stories};

const DESK: (&str, &str) = ("ann-desk", "acme.example");
const RIGHT: &str = "Demo-ann-desk-2026";

async fn page_of(p: &Portal, sip_name: &str) -> String {
    let desk = query("select id from phones where sip_name = $1").bind(sip_name);
    let (id,): (String,) = desk.one(&p.app.db).await.expect("one of the demo's phones");
    format!("/phones/{id}")
}

/// Waits until phones tried with `outcome` so many times or more.
pub(super) async fn tried(p: &Portal, outcome: &str, times: i64) {
    let all =
        || query("select cast(coalesce(sum(times), 0) as bigint) from phone_attempts where outcome = $1").bind(outcome);
    p.until(async || p.count(all()).await >= times).await;
}

async fn a_phones_page_tells_what_it_tried_in_words(p: Portal) {
    let ann = p.signed_in("ann").await;
    let page = page_of(&p, DESK.0).await;
    let mut wrong = TestPhone::with_password(&p, DESK.0, DESK.1, "Not-the-one").await;
    // Each time it tries a second time, with the nonce of the refusal.
    for _ in 0..2 {
        assert_eq!(wrong.register().await.status, 401);
    }
    tried(&p, "wrong-password", 3).await;
    ann.get(&page)
        .await
        .says(200, "Wrong SIP password")
        .says(200, "3 times")
        .says(200, "Enter the SIP password on the phone again.")
        .says(200, "Test phone 1.0 at 127.0.0.1");
    // A domain that is another account's, or nobody's: the name alone tells whose it is.
    for domain in ["globex.example", "somewhere.example"] {
        let mut lost = TestPhone::with_password(&p, DESK.0, domain, RIGHT).await;
        assert_eq!(lost.register().await.status, 401);
    }
    tried(&p, "wrong-domain", 2).await;
    ann.get(&page).await.says(200, "Wrong domain");
    // Wanting somebody else's address.
    let mut reaching = TestPhone::claiming(&p, ("gina-desk", "globex.example"), DESK.0, RIGHT).await;
    reaching.register().await;
    let mut reaching = TestPhone::claiming(&p, ("ann-softphone", "acme.example"), DESK.0, RIGHT).await;
    assert_eq!(reaching.register().await.status, 403);
    tried(&p, "wrong-address", 1).await;
    ann.get(&page).await.says(200, "Wanted another phone's address");
    // An old SIP password, then one that is right, then a phone that is blocked.
    ann.post(&format!("{page}/rotate"), &[("overlap_hours", "0")])
        .await
        .leads_to(&page);
    let mut old = TestPhone::with_password(&p, DESK.0, DESK.1, RIGHT).await;
    assert_eq!(old.register().await.status, 401);
    tried(&p, "old-password", 1).await;
    ann.get(&page).await.says(200, "Old SIP password");
    ann.post(&format!("{page}/disconnect"), &[("block", "on")])
        .await
        .leads_to(&page);
    assert_eq!(old.register().await.status, 401);
    tried(&p, "not-allowed", 1).await;
    ann.get(&page).await.says(200, "Not allowed to connect");
    // Nobody else's page tells of it.
    let gina = p.signed_in("gina").await;
    assert_eq!(gina.get(&page).await.status, 404);
    gina.get(&page_of(&p, "gina-desk").await)
        .await
        .lacks("SIP password on the phone again");
}

async fn a_stranger_who_tries_for_ever_fills_no_table(p: Portal) {
    let mut wrong = TestPhone::with_password(&p, DESK.0, DESK.1, "Not-the-one").await;
    for hour in 0..60 {
        assert_eq!(wrong.register().await.status, 401, "{hour}");
        p.wait(HOUR);
    }
    let rows = || query("select count(*) from phone_attempts");
    let in_hour = |hour: i64| query("select count(*) from phone_attempts where hour = $1").bind(hour);
    let last = p.clock.now() / HOUR - 1;
    p.until(async || p.count(in_hour(last)).await == 1).await;
    assert_eq!(p.count(rows()).await, 50);
    // Names that no phone has leave nothing.
    let mut nobody = TestPhone::with_password(&p, "nobody", DESK.1, "Not-the-one").await;
    assert_eq!(nobody.register().await.status, 401);
    assert_eq!(wrong.register().await.status, 401);
    p.until(async || p.count(in_hour(last + 1)).await == 1).await;
    assert_eq!(p.count(rows()).await, 50);
    p.wait(31 * DAY);
    crate::jobs::sweep(&p.app).await.expect("a sweep");
    assert_eq!(p.count(rows()).await, 0);
}

async fn the_strip_tells_when_a_phone_was_registered(p: Portal) {
    p.alter(query("delete from phone_spells")).await;
    let ann = p.signed_in("ann").await;
    let mut desk = p.phone(DESK.0, DESK.1).await;
    let never = "ann-softphone";
    assert!(desk.is_registered().await);
    p.wait(30 * MINUTE);
    assert!(desk.is_registered().await);
    p.wait(30 * MINUTE);
    assert!(desk.is_registered().await);
    // It is gone for five hours, and comes back as another contact.
    p.wait(6 * HOUR);
    let ended = || {
        query(
            "select count(*) from registrations where ended_at is not null and address_of_record = 'sip:ann-desk@acme.example'",
        )
    };
    p.until(async || p.count(ended()).await == 1).await;
    let mut again = p.phone(DESK.0, DESK.1).await;
    assert!(again.is_registered().await);
    p.wait(10 * MINUTE);
    assert!(again.is_registered().await);
    assert_eq!(p.count(query("select count(*) from phone_spells")).await, 1);
    for page in ["/phones".to_owned(), page_of(&p, DESK.0).await] {
        // An hour of refreshes, the hour until the last was over, and ten minutes.
        let shown = ann.get(&page).await.text;
        assert!(shown.contains("Registered 2 of the last"), "{shown}");
    }
    let shown = ann.get(&page_of(&p, never).await).await;
    assert!(
        !shown.text.contains("of the last"),
        "a phone that never was has no past"
    );
}

async fn a_network_where_a_phone_never_was_is_pointed_out(p: Portal) {
    let ann = p.signed_in("ann").await;
    let page = page_of(&p, DESK.0).await;
    assert!(p.phone(DESK.0, DESK.1).await.is_registered().await);
    let known = || query("select count(*) from phone_networks");
    p.until(async || p.count(known()).await == 1).await;
    ann.get(&page).await.lacks("new network");
    assert_eq!(p.events("phone-new-network").await, 0, "the first one is not new");
    // Until now it was always elsewhere.
    p.alter(query(
        "update phone_networks set network = '198.51.100.0/24', first_at = 1, last_at = 1",
    ))
    .await;
    assert!(p.phone(DESK.0, DESK.1).await.is_registered().await);
    p.until(async || p.events("phone-new-network").await == 1).await;
    ann.get(&page)
        .await
        .says(200, "Connected from a new network")
        .says(200, "127.0.0.0/24, where it never was before")
        .says(200, "Make a new SIP password now");
    assert!(p.phone(DESK.0, DESK.1).await.is_registered().await);
    tried(&p, "registered", 3).await;
    assert_eq!(p.events("phone-new-network").await, 1, "known from now on");
    let adam = p.signed_in("adam").await;
    adam.get("/admin/audit")
        .await
        .says(200, "connected from a network that it was never in before");
}

async fn who_watches_sees_a_phone_come_and_go(p: Portal) {
    let ann = p.signed_in("ann").await;
    let mut watching = ann.listen("/phones/events").await;
    assert_eq!(watching.answer.status(), 200);
    assert_eq!(watching.answer.headers()["content-type"], "text/event-stream");
    let first = watching.next().await.expect("how things stand");
    assert_eq!(first["phones"].as_array().map(Vec::len), Some(3), "her own: {first}");
    let desk_id = page_of(&p, DESK.0).await.replace("/phones/", "");
    let desk = |told: &serde_json::Value| {
        let phones = told["phones"].as_array().expect("phones");
        let desk = phones
            .iter()
            .find(|phone| phone["id"] == desk_id.as_str())
            .expect("the desk phone");
        (desk["state"].clone(), desk["seen"].clone())
    };
    assert_eq!(desk(&first).0, "never");
    let mut phone = p.phone(DESK.0, DESK.1).await;
    assert!(phone.is_registered().await);
    let told = watching.next().await.expect("news");
    assert_eq!(desk(&told), ("registered".into(), "Test phone 1.0 at 127.0.0.1".into()));
    assert_eq!(told["stays"], "Your phones stay connected: 1 of 3 is registered now.");
    let page = page_of(&p, DESK.0).await;
    ann.post(&format!("{page}/disconnect"), &[]).await.leads_to(&page);
    let told = watching.next().await.expect("news");
    assert_eq!(desk(&told).0, "offline");
    // Of somebody else's phones she hears nothing: the next news is about her own again.
    assert!(p.phone("gina-desk", "globex.example").await.is_registered().await);
    assert!(phone.is_registered().await);
    let told = watching.next().await.expect("news");
    assert_eq!(desk(&told).0, "registered");
}

async fn a_stream_is_for_who_is_signed_in_and_ends_with_the_session(p: Portal) {
    assert_eq!(p.browser().get("/phones/events").await.status, 401);
    let ann = p.signed_in("ann").await;
    let mut watching = ann.listen("/phones/events").await;
    watching.next().await.expect("how things stand");
    let seen = || query("select cast(max(last_seen_at) as bigint) from sessions");
    let (before,): (i64,) = seen().one(&p.app.db).await.expect("a session");
    p.wait(5 * MINUTE);
    ann.copy()
        .post("/sign-out", &[])
        .await
        .leads_to("/sign-in?reason=signed-out");
    assert!(p.phone(DESK.0, DESK.1).await.is_registered().await);
    assert_eq!(watching.next().await, None, "nothing is told after signing out");
    assert_eq!(p.count(query("select count(*) from sessions")).await, 0);
    let other = p.signed_in("ann").await;
    let mut idle = other.listen("/phones/events").await;
    idle.next().await.expect("how things stand");
    let (began,): (i64,) = seen().one(&p.app.db).await.expect("a session");
    assert!(began > before);
    p.wait(5 * MINUTE);
    assert!(p.phone(DESK.0, DESK.1).await.is_registered().await);
    idle.next().await.expect("news");
    let (now,): (i64,) = seen().one(&p.app.db).await.expect("a session");
    assert_eq!(now, began, "watching is no activity");
    // Four at once, and the fifth has to wait.
    let mut more = Vec::new();
    for _ in 0..3 {
        more.push(other.listen("/phones/events").await);
    }
    assert!(more.iter().all(|stream| stream.answer.status() == 200));
    let fifth = other.get("/phones/events").await;
    assert_eq!((fifth.status.as_u16(), fifth.header("retry-after")), (503, "60"));
    // A portal that stops waits for none of them.
    let _stopped = p.restart().await;
    while idle.next().await.is_some() {}
}

stories! {
    a_phones_page_tells_what_it_tried_in_words,
    a_stranger_who_tries_for_ever_fills_no_table,
    the_strip_tells_when_a_phone_was_registered,
    a_network_where_a_phone_never_was_is_pointed_out,
    who_watches_sees_a_phone_come_and_go,
    a_stream_is_for_who_is_signed_in_and_ends_with_the_session,
}
