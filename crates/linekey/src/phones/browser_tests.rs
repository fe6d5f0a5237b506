//! Phones in a real browser: their states, and adding one that then registers with what the page showed.

use thirtyfour::Key;

use crate::testing::chromium::Chromium;
use crate::testing::{Portal, TestPhone, stories};

stories! {
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
