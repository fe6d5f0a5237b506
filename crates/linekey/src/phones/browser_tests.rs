//! Phones in a real browser: their states, and adding one that then registers with what the page showed.

use thirtyfour::Key;

use crate::testing::chromium::Chromium;
use crate::testing::{Portal, TestPhone, stories};

stories! {
    the_keyboard_alone_adds_a_phone_renews_its_sip_password_and_removes_it,
    ann_renews_a_sip_password_and_the_phone_goes_on,
    ann_adds_a_phone_that_registers_with_what_the_page_showed_once,
}

async fn ann_adds_a_phone_that_registers_with_what_the_page_showed_once(portal: Portal) {
    // The portal was told to take any port for SIP; started again, it is told the one that it took.
    let portal = portal.restart().await;
    let mut desk = portal.phone("ann-desk", "acme.example").await;
    assert!(desk.is_registered().await);
    let bob = Chromium::start(&portal).await;
    bob.sign_in("bob").await;
    bob.says("Add your first phone").await;
    bob.picture(&portal, "phones-none").await;
    bob.close().await;

    let ann = Chromium::start(&portal).await;
    ann.sign_in("ann").await;
    ann.says("Desk extension 201 Registered now, since").await;
    ann.says("Test phone 1.0 at 127.0.0.1").await;
    ann.says("Softphone extension 201 Never connected").await;
    ann.says("Warehouse extension 201 Offline since").await;
    ann.picture(&portal, "phones").await;
    ann.press("Add a phone").await;
    ann.type_into("Name of the phone", "Desk").await;
    ann.press("Add phone").await;
    ann.says("You have a phone called Desk already.").await;
    ann.picture(&portal, "phones-error").await;
    ann.type_into("Name of the phone", "Kitchen").await;
    ann.press("Add phone").await;

    ann.says("It is not shown again").await;
    ann.says("Never connected").await;
    let [sip_password] = ann.texts("#sip_password").await.try_into().expect("one SIP password");
    let shown = async |setting: &str| -> String {
        let facts = ann.texts("dl div").await;
        let fact = facts.iter().find_map(|fact| fact.strip_prefix(setting));
        let fact = fact.unwrap_or_else(|| panic!("no {setting} in {facts:?}"));
        fact.split_whitespace().next().expect("a value").to_owned()
    };
    let (sip_name, sip_domain) = (shown("User name").await, shown("Domain").await);
    let server = format!("{}:{}", shown("SIP server").await, shown("Port").await);
    assert_eq!(server, portal.sip.to_string());
    ann.picture(&portal, "phone-new").await;
    ann.press("Copy SIP password").await;
    ann.says("Copied").await;

    ann.reload().await;
    ann.says("Settings for the phone").await;
    ann.says_nothing_of(&sip_password).await;
    assert_eq!(ann.count("#sip_password").await, 0);
    ann.open("/phones").await;
    ann.press("Add a phone").await;
    ann.type_into("Name of the phone", Key::Control + "v").await;
    assert_eq!(ann.value("Name of the phone").await, sip_password);

    let mut kitchen = TestPhone::with_password(&portal, &sip_name, &sip_domain, &sip_password).await;
    assert!(kitchen.is_registered().await);
    ann.open("/phones").await;
    ann.says("Kitchen extension 201 Registered now, since").await;
    ann.press("Kitchen").await;
    ann.says("Registered now, since").await;
    ann.picture(&portal, "phone").await;
    ann.close().await;
}

async fn ann_renews_a_sip_password_and_the_phone_goes_on(portal: Portal) {
    let portal = portal.restart().await;
    let mut desk = portal.phone("ann-desk", "acme.example").await;
    assert!(desk.is_registered().await);
    let ann = Chromium::start(&portal).await;
    ann.sign_in("ann").await;
    ann.press("Desk").await;
    ann.says("Registered now, since").await;
    ann.picture(&portal, "phone").await;
    ann.press("Make a new SIP password").await;
    ann.says("While both work you can go to the phone when it suits you.")
        .await;
    ann.picture(&portal, "phone-rotate").await;
    ann.press("Make it").await;
    ann.says("It is not shown again").await;
    ann.says("It is connected with the SIP password it had, which works until")
        .await;
    ann.picture(&portal, "phone-rotated").await;
    let [new] = ann.texts("#sip_password").await.try_into().expect("one SIP password");
    let mut renewed = TestPhone::with_password(&portal, "ann-desk", "acme.example", &new).await;
    assert!(renewed.is_registered().await);
    assert_eq!(desk.register().await.status, 401);
    ann.reload().await;
    ann.says("Registered now, since").await;
    ann.says_nothing_of("which works until").await;
    ann.press("Disconnect").await;
    ann.tick("Don't let it connect again").await;
    ann.picture(&portal, "phone-disconnect").await;
    ann.press("Disconnect Desk").await;
    ann.says("Desk is disconnected and can't connect until you allow it again.")
        .await;
    assert_eq!(renewed.register().await.status, 401);
    ann.open("/phones").await;
    ann.says("Blocked since").await;
    ann.press("Desk").await;
    ann.picture(&portal, "phone-blocked").await;
    ann.press("Let it connect again").await;
    ann.says("Desk can connect again").await;
    ann.press("Remove").await;
    ann.press("Remove Desk").await;
    ann.says("Desk is removed.").await;
    ann.picture(&portal, "phone-removed").await;
    ann.close().await;
}

async fn the_keyboard_alone_adds_a_phone_renews_its_sip_password_and_removes_it(portal: Portal) {
    let ann = Chromium::start(&portal).await;
    ann.sign_in("ann").await;
    ann.tab_to("Add a phone").await;
    ann.keys(Key::Enter).await;
    ann.focus_comes_to("Name of the phone").await;
    ann.keys("Kitchen").await;
    ann.keys(Key::Enter).await;
    ann.says("It is not shown again").await;
    let [first] = ann.texts("#sip_password").await.try_into().expect("one SIP password");
    ann.tab_to("Copy SIP password").await;
    ann.keys(Key::Space).await;
    ann.says("Copied").await;
    ann.tab_to("Make a new SIP password").await;
    ann.keys(Key::Enter).await;
    ann.tab_to("Make it").await;
    ann.keys(Key::Enter).await;
    ann.says("It is not shown again").await;
    ann.says_nothing_of(&first).await;
    ann.tab_to("Remove").await;
    ann.keys(Key::Enter).await;
    ann.tab_to("Remove Kitchen").await;
    ann.keys(Key::Enter).await;
    ann.arrives_at("/phones").await;
    ann.says("Kitchen is removed.").await;
    ann.close().await;
}
