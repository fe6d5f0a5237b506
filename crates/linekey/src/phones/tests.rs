//! Stories about phones: adding one, registering, and what a phone may not do.

use crate::clock::{HOUR, MINUTE};
use crate::db::query;
use crate::testing::{Browser, Portal, TestPhone, stories};

/// Adds a phone and returns its address, SIP name, and SIP password as the page shows them.
pub(super) async fn add(browser: &Browser, label: &str) -> (String, String, String) {
    let place = browser.post("/phones", &[("label", label)]).await.location().to_owned();
    let page = browser.get(&place).await;
    page.says(200, "It is not shown again");
    let value = |id: &str| {
        let (_, rest) = page
            .text
            .split_once(&format!("id=\"{id}\">"))
            .unwrap_or_else(|| panic!("no {id}: {}", page.text));
        rest.split('<').next().unwrap_or_default().to_owned()
    };
    (place, value("setting-3"), value("sip_password"))
}

async fn a_phone_is_added_and_its_sip_password_is_shown_once(p: Portal) {
    let ann = p.signed_in("ann").await;
    ann.get("/phones")
        .await
        .says(200, "Desk")
        .says(200, "Offline since")
        .says(200, "Never connected");
    let page = ann.get("/phones").await.text;
    let at = |label: &str| page.find(&format!(">{label}</a>")).expect("a card for each");
    assert!(
        at("Desk") < at("Softphone") && at("Softphone") < at("Warehouse"),
        "in an order that stays"
    );
    let (place, sip_name, sip_password) = add(&ann, "Boathouse").await;
    assert_eq!(sip_name, "ann-boathouse");
    assert_eq!(sip_password.len(), 26, "130 random bits");
    let again = ann.get(&place).await;
    assert_eq!(again.status, 200);
    assert!(!again.text.contains(&sip_password) && !again.text.contains("It is not shown again"));
    let mut kitchen = TestPhone::with_password(&p, &sip_name, "acme.example", &sip_password).await;
    assert!(kitchen.is_registered().await);
    ann.get(&place)
        .await
        .says(200, "Registered now")
        .says(200, "Test phone 1.0 at 127.0.0.1");
    assert_eq!(p.events("phone-add").await, 1);
    let wrong = TestPhone::with_password(&p, &sip_name, "acme.example", "wrong")
        .await
        .register()
        .await;
    assert_eq!(wrong.status, 401);
}

async fn what_a_browser_carries_to_a_page_is_sealed_for_its_session_and_its_page(p: Portal) {
    let ann = p.signed_in("ann").await;
    let place = ann
        .post("/phones", &[("label", "Boathouse")])
        .await
        .location()
        .to_owned();
    let carried = ann.cookie("linekey-flash").expect("the SIP password is carried");
    let bytes = data_encoding::BASE64URL_NOPAD
        .decode(carried.as_bytes())
        .expect("base64url");
    assert!(
        !String::from_utf8_lossy(&bytes).contains("sip-password"),
        "nobody reads it on the way"
    );
    let shown = async |browser: &Browser, place: &str| {
        browser.set_cookie("linekey-flash", &carried);
        browser.get(place).await.text.contains("id=\"sip_password\"")
    };
    assert!(
        !shown(&p.signed_in("ann").await, &place).await,
        "not in another session"
    );
    let sip_password = {
        assert!(shown(&ann, &place).await);
        ann.set_cookie("linekey-flash", &carried);
        let page = ann.get(&place).await.text;
        let (_, rest) = page.split_once("id=\"sip_password\">").expect("it is shown");
        rest.split('<').next().unwrap_or_default().to_owned()
    };
    for other in ["/account/sessions", "/account/settings", "/account/password/done"] {
        ann.set_cookie("linekey-flash", &carried);
        assert!(!ann.get(other).await.text.contains(&sip_password), "{other}");
    }
    p.wait(5 * MINUTE);
    assert!(!shown(&ann, &place).await, "nor for ever");
}

/// Museum row 36: what is sealed for one phone opens for no other, so that nobody puts their own in its place.
async fn sip_hashes_open_in_their_own_row_alone(p: Portal) {
    let hashes = async |name| {
        let found = super::by_heart::store::by_sip_name(&p.app.db, "acme.example", name).await;
        found.expect("an answer").expect("one of the demo's phones")
    };
    let (desk, softphone) = (hashes("ann-desk").await, hashes("ann-softphone").await);
    assert!(super::sealed::open(&p.app, &desk.id, &desk.sip_hashes).is_ok());
    assert!(super::sealed::open(&p.app, &desk.id, &softphone.sip_hashes).is_err());
}

async fn a_label_that_cannot_be_is_said_at_the_field(p: Portal) {
    let ann = p.signed_in("ann").await;
    let long = "x".repeat(41);
    for (label, said) in [
        ("", "Name the phone"),
        ("   ", "Name the phone"),
        (long.as_str(), "40"),
        ("De\tsk", "control"),
        ("Desk", "already"),
    ] {
        ann.post("/phones", &[("label", label)]).await.says(422, said);
    }
    let fields = [("label", "Boathouse"), ("extension", "999")];
    ann.post("/phones", &fields).await.says(422, "Only an administrator");
    let adam = p.signed_in("adam").await;
    let fields = [("label", "Boathouse"), ("extension", "12ab")];
    adam.post("/phones", &fields).await.says(422, "digits");
    assert_eq!(p.events("phone-add").await, 0);
}

async fn two_phones_never_share_a_sip_name(p: Portal) {
    let ann = p.signed_in("ann").await;
    assert_eq!(
        add(&ann, "Desk!").await.1,
        "ann-desk-2",
        "the slug is the same, the label is not"
    );
    assert_eq!(add(&ann, "会議室").await.1, "ann-phone");
    for nth in 6..=25 {
        add(&ann, &format!("Boat {nth}")).await;
    }
    ann.post("/phones", &[("label", "One more")]).await.says(422, "25");
    let bob = p.signed_in("bob").await;
    assert_eq!(
        add(&bob, "Desk").await.1,
        "bob-desk",
        "labels and limits are each user's own"
    );
}

async fn nobody_sees_anothers_phone(p: Portal) {
    let (ann, bob, gina) = (
        p.signed_in("ann").await,
        p.signed_in("bob").await,
        p.signed_in("gina").await,
    );
    let (place, ..) = add(&ann, "Boathouse").await;
    for stranger in [&bob, &gina] {
        assert_eq!(stranger.get(&place).await.status, 404);
        assert!(!stranger.get("/phones").await.text.contains("Boathouse"));
    }
    assert_eq!(ann.get("/phones/not-an-id").await.status, 404);
}

async fn a_phone_that_is_silent_is_offline_and_comes_back(p: Portal) {
    let ann = p.signed_in("ann").await;
    let mut desk = p.phone("ann-desk", "acme.example").await;
    assert!(desk.is_registered().await);
    p.wait(2 * HOUR);
    let page = ann.get("/phones").await;
    assert_eq!(page.text.matches("Registered now").count(), 0);
    assert_eq!(page.text.matches("Offline since").count(), 2);
    assert!(desk.is_registered().await);
    ann.get("/phones").await.says(200, "Registered now");
}

/// Museum row 42 (RFC 3261 section 10.3): an authenticated phone registers no other address of record, within or
/// across accounts, and the try is on record.
async fn a_phone_registers_no_address_but_its_own(p: Portal) {
    let before = p.phone_bytes().await;
    for (name, domain) in [("ann-softphone", "acme.example"), ("gina-desk", "globex.example")] {
        let mut thief = TestPhone::claiming(&p, (name, domain), "ann-desk", "Demo-ann-desk-2026").await;
        // In another domain the name is nobody's, so it is refused before its address is looked at.
        let expected = if domain == "acme.example" { 403 } else { 401 };
        assert_eq!(thief.register().await.status, expected, "{name}@{domain}");
    }
    assert_eq!(p.phone_bytes().await, before, "nothing is written");
    p.until(async || p.events("phone-wrong-address").await >= 1).await;
}

async fn a_phone_of_a_disabled_user_is_refused_like_an_unknown_one(p: Portal) {
    p.alter(query("update users set disabled_at = 1 where name = 'gina'"))
        .await;
    let mut disabled = p.phone("gina-desk", "globex.example").await;
    let mut unknown = p.phone("nobody-desk", "globex.example").await;
    assert_eq!(
        (disabled.register().await.status, unknown.register().await.status),
        (401, 401)
    );
}

/// The registrar found out that it cannot reach a phone: it is registered still, and the page says both.
async fn a_phone_that_does_not_answer_is_shown_as_that_until_it_does(p: Portal) {
    let ann = p.signed_in("ann").await;
    let mut desk = p.phone("ann-desk", "acme.example").await;
    assert!(desk.is_registered().await);
    ann.get("/phones").await.says(200, "Registered now");
    let stops = "update registrations set silent_at = refreshed_at where ended_at is null";
    p.alter(query(stops)).await;
    ann.get("/phones")
        .await
        .says(200, "Registered, not answering since")
        .says(200, "dot silent");
    assert!(desk.is_registered().await);
    p.until(async || ann.get("/phones").await.text.contains("Registered now"))
        .await;
}

stories!(
    a_phone_that_does_not_answer_is_shown_as_that_until_it_does,
    what_a_browser_carries_to_a_page_is_sealed_for_its_session_and_its_page,
    sip_hashes_open_in_their_own_row_alone,
    a_phone_is_added_and_its_sip_password_is_shown_once,
    a_label_that_cannot_be_is_said_at_the_field,
    two_phones_never_share_a_sip_name,
    nobody_sees_anothers_phone,
    a_phone_that_is_silent_is_offline_and_comes_back,
    a_phone_registers_no_address_but_its_own,
    a_phone_of_a_disabled_user_is_refused_like_an_unknown_one,
);
