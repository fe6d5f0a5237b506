//! Choosing a new password with a reset link.

use reqwest::Method;

use crate::clock::{HOUR, MINUTE};
use crate::db::query;
use crate::ids::{AccountId, UserId};
use crate::links::{self, Purpose, Wanted};
use crate::testing::{Answer, Browser, Portal, join_all, stories};

pub(super) const OLD: &str = "Harbour-Light-7";
pub(super) const NEW: &str = "Tidewater-Kestrel-1";
pub(super) const GONE: &str = "This link no longer works";

/// The address of a new link for one of the demo's people: its path.
pub(super) async fn link_of(p: &Portal, name: &str, purpose: Purpose) -> String {
    let found = query("select account_id, id from users where name = $1").bind(name);
    let (account, user): (AccountId, UserId) = found.one(&p.app.db).await.expect("one of the demo's people");
    let wanted = Wanted {
        purpose,
        account,
        user,
        lifetime: HOUR,
        epoch: None,
        code: None,
        detail: serde_json::json!({}),
    };
    let mut tx = p.app.db.begin().await.expect("a transaction");
    let made = links::make(&p.app, &mut tx, &wanted, None).await.expect("a link");
    tx.commit().await.expect("a commit");
    let url = made.expect("they may sign in").url;
    let origin = p.app.config.portal.public_url.origin();
    url.strip_prefix(origin).expect("a link of ours").to_owned()
}

/// The flow that a link's path leads to.
pub(super) async fn follow(browser: &Browser, path: &str) -> String {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    flow_of(&answer)
}

pub(super) fn flow_of(answer: &Answer) -> String {
    let flow = answer.location().strip_prefix("/reset-password/new?flow=");
    flow.unwrap_or_else(|| panic!("{} leads to {}", answer.status, answer.location()))
        .to_owned()
}

/// A new link of somebody, followed: its flow.
pub(crate) async fn opened(p: &Portal, browser: &Browser, name: &str) -> String {
    let path = link_of(p, name, Purpose::Reset).await;
    follow(browser, &path).await
}

pub(super) async fn choose(browser: &Browser, flow: &str, email: &str, new: &str) -> Answer {
    let fields = [
        ("flow", flow),
        ("email", email),
        ("new_password", new),
        ("confirm_password", new),
    ];
    browser.post("/reset-password/new", &fields).await
}

pub(super) async fn form(browser: &Browser, flow: &str) -> Answer {
    browser.get(&format!("/reset-password/new?flow={flow}")).await
}

async fn links_left(p: &Portal) -> i64 {
    p.count(query("select count(*) from links")).await
}

async fn a_link_sets_a_password_ends_every_session_and_leaves_the_phones_alone(p: Portal) {
    let mut desk = p.phone("ann-desk", "acme.example").await;
    assert!(desk.is_registered().await);
    let (elsewhere, phones) = (p.signed_in("ann").await, p.phone_bytes().await);
    let browser = p.browser();
    let flow = opened(&p, &browser, "ann").await;
    let page = form(&browser, &flow).await;
    page.says(200, "For Ann Archer, who signs in as ann@acme.example.");
    page.says(200, "Your phones stay connected: 1 of 3 is registered now.");
    choose(&browser, &flow, " Ann@Acme.example ", NEW)
        .await
        .leads_to("/sign-in?reset=done");
    browser
        .get("/sign-in?reset=done")
        .await
        .says(200, "Your new password is saved, and every browser was signed out.");
    assert!(!browser.is_signed_in().await, "nobody is signed in by it");
    assert!(!elsewhere.is_signed_in().await);
    let again = p.browser();
    again
        .sign_in("ann@acme.example", OLD)
        .await
        .says(422, "That name and password don't match.");
    again.sign_in("ann@acme.example", NEW).await.leads_to("/");
    assert_eq!(p.phone_bytes().await, phones);
    assert!(desk.is_registered().await);
    assert_eq!(p.events("password-reset").await, 1);
    let mail = &p.mails(1).await[0];
    assert_eq!(
        (mail.kind.as_str(), mail.to.as_str()),
        ("password-changed", "ann@acme.example")
    );
    assert!(mail.text.contains("with a reset link"), "{}", mail.text);
}

async fn the_page_says_what_is_wrong_and_the_link_stays(p: Portal) {
    let browser = p.browser();
    let flow = opened(&p, &browser, "ann").await;
    let email = "ann@acme.example";
    for (new, said) in [
        ("short", "at least 8 characters"),
        (OLD, "the password you have now"),
        ("Demo-ann-desk-2026", "SIP password"),
    ] {
        let again = choose(&browser, &flow, email, new).await;
        assert_eq!(again.status, 422, "{new}");
        assert!(
            again.at_field("new_password").contains(said),
            "{new}: {}",
            again.at_field("new_password")
        );
        assert!(!again.text.contains(new), "{new} came back");
    }
    let fields = [
        ("flow", flow.as_str()),
        ("email", email),
        ("new_password", NEW),
        ("confirm_password", "something else"),
    ];
    let again = browser.post("/reset-password/new", &fields).await;
    assert_ne!(again.at_field("confirm_password"), "");
    // What was right costs no try, however often the password was wrong.
    for _ in 0..5 {
        assert_eq!(choose(&browser, &flow, email, "short").await.status, 422);
    }
    choose(&browser, &flow, email, NEW)
        .await
        .leads_to("/sign-in?reset=done");
}

async fn five_wrong_addresses_spend_the_link_and_an_empty_form_spends_nothing(p: Portal) {
    let browser = p.browser();
    let flow = opened(&p, &browser, "ann").await;
    for _ in 0..8 {
        let empty = choose(&browser, &flow, " ", "").await;
        assert_eq!(empty.status, 422);
        assert_ne!(empty.at_field("email"), "");
    }
    for wrong in [
        "bob@acme.example",
        "ann@acme",
        "ann@acme.example.",
        "\u{ff41}nn@acme.example",
        "x",
    ] {
        let again = choose(&browser, &flow, wrong, NEW).await;
        assert_eq!(again.status, 422, "{wrong}");
        assert!(again.at_field("email").contains("not the address on file"));
    }
    choose(&browser, &flow, "ann@acme.example", NEW).await.says(410, GONE);
    form(&browser, &flow).await.says(410, GONE);
    assert_eq!(p.events("password-reset").await, 5, "each is on record");
    p.browser().sign_in("ann@acme.example", OLD).await.leads_to("/");
}

async fn of_fifty_wrong_addresses_at_once_five_are_judged(p: Portal) {
    let browser = p.browser();
    let flow = opened(&p, &browser, "ann").await;
    let tries = (0..50).map(|_| choose(&browser, &flow, "eve@acme.example", NEW));
    let judged = join_all(tries.collect()).await;
    let judged = judged.iter().filter(|answer| answer.status == 422).count();
    assert_eq!(judged, 5);
}

async fn a_link_dies_with_time_with_any_new_password_and_with_its_user(p: Portal) {
    let browser = p.browser();
    let over = opened(&p, &browser, "ann").await;
    p.wait(HOUR - MINUTE);
    assert_eq!(form(&browser, &over).await.status, 200);
    p.wait(MINUTE);
    form(&browser, &over).await.says(410, GONE);
    let changed = opened(&p, &browser, "ann").await;
    let ann = p.signed_in("ann").await;
    ann.change_password(NEW).await.leads_to("/account/password/done");
    choose(&browser, &changed, "ann@acme.example", "Another-Kestrel-2")
        .await
        .says(410, GONE);
    let disabled = opened(&p, &browser, "ann").await;
    p.alter(query("update users set disabled_at = 1 where name = 'ann'"))
        .await;
    choose(&browser, &disabled, "ann@acme.example", "Another-Kestrel-2")
        .await
        .says(410, GONE);
}

/// Whoever holds a stolen session must not keep the owner from getting back in.
async fn saves_in_a_session_do_not_make_the_link_wait(p: Portal) {
    let thief = p.signed_in("ann").await;
    let browser = p.browser();
    let flow = opened(&p, &browser, "ann").await;
    let mut last = 0;
    for _ in 0..11 {
        last = thief.change_password("Demo-ann-desk-2026").await.status.as_u16();
    }
    assert_eq!(last, 429, "the session has used its tries up");
    choose(&browser, &flow, "ann@acme.example", NEW)
        .await
        .leads_to("/sign-in?reset=done");
}

async fn a_link_from_before_somebody_was_disabled_stays_dead_when_they_are_enabled(p: Portal) {
    let browser = p.browser();
    let flow = opened(&p, &browser, "ann").await;
    let adam = p.signed_in("adam").await;
    let (id,): (String,) = query("select id from users where name = 'ann'")
        .one(&p.app.db)
        .await
        .expect("ann");
    let page = format!("/admin/users/{id}");
    adam.post(&format!("{page}/disable"), &[]).await.leads_to(&page);
    adam.post(&format!("{page}/enable"), &[]).await.leads_to(&page);
    choose(&browser, &flow, "ann@acme.example", NEW).await.says(410, GONE);
}

async fn a_new_password_lifts_what_was_set_for_somebody(p: Portal) {
    p.alter(query(
        "update users set must_change_at = 1, password_expires_at = 2 where name = 'ann'",
    ))
    .await;
    let browser = p.browser();
    let flow = opened(&p, &browser, "ann").await;
    choose(&browser, &flow, "ann@acme.example", NEW)
        .await
        .leads_to("/sign-in?reset=done");
    browser.sign_in("ann@acme.example", NEW).await.leads_to("/");
    assert!(browser.is_signed_in().await);
}

async fn a_browser_keeps_few_open_links_and_opens_one_twice_as_the_same(p: Portal) {
    let browser = p.browser();
    let mut flows = Vec::new();
    for _ in 0..6 {
        let path = link_of(&p, "ann", Purpose::Reset).await;
        let flow = follow(&browser, &path).await;
        assert_eq!(follow(&browser, &path).await, flow);
        flows.push(flow);
    }
    form(&browser, &flows[0]).await.says(410, GONE);
    for flow in &flows[1..] {
        assert_eq!(form(&browser, flow).await.status, 200);
    }
    assert_eq!(links_left(&p).await, 6);
}

async fn a_link_that_is_none_is_gone_and_its_address_is_not_shown(p: Portal) {
    let browser = p.browser();
    for path in [
        "/reset-password/x",
        "/reset-password/%0d%0aset-cookie:x",
        "/reset-password/new?flow=x",
    ] {
        let answer = browser.send(Method::GET, path, &[], None).await;
        answer.says(410, GONE);
        assert!(!answer.text.contains("%0d") && answer.text.contains("/reset-password\""));
    }
}

stories!(
    a_link_sets_a_password_ends_every_session_and_leaves_the_phones_alone,
    the_page_says_what_is_wrong_and_the_link_stays,
    five_wrong_addresses_spend_the_link_and_an_empty_form_spends_nothing,
    of_fifty_wrong_addresses_at_once_five_are_judged,
    a_link_dies_with_time_with_any_new_password_and_with_its_user,
    saves_in_a_session_do_not_make_the_link_wait,
    a_link_from_before_somebody_was_disabled_stays_dead_when_they_are_enabled,
    a_new_password_lifts_what_was_set_for_somebody,
    a_browser_keeps_few_open_links_and_opens_one_twice_as_the_same,
    a_link_that_is_none_is_gone_and_its_address_is_not_shown,
);
