//! All phones of the account in a real browser.

use crate::db::query;
use crate::testing::chromium::Chromium;
use crate::testing::{Portal, stories};

stories! {
    adam_finds_a_phone_among_all_and_adds_another,
}

async fn adam_finds_a_phone_among_all_and_adds_another(portal: Portal) {
    let portal = portal.restart().await;
    let mut desk = portal.phone("ann-desk", "acme.example").await;
    assert!(desk.is_registered().await);
    let bobs = query(
        "insert into phones (id, account_id, user_id, label, sip_domain, sip_name, extension, sip_hashes, generation,
                             outdated_at, outdated_from, outdated_agent, created_at)
         select u.id, p.account_id, u.id, 'Meeting room', p.sip_domain, u.name || '-meeting-room', '202', p.sip_hashes, 1,
                p.created_at, '203.0.113.7:5060', 'Yealink SIP-T46U', p.created_at
           from phones p, users u where p.sip_name = 'ann-desk' and u.name = 'bob'",
    );
    portal.alter(bobs).await;
    let adam = Chromium::start(&portal).await;
    adam.sign_in("adam").await;
    adam.open("/admin/phones").await;
    adam.says("Every phone at Acme Boats").await;
    adam.says("Using an old SIP password").await;
    adam.picture(&portal, "all-phones").await;
    adam.press("Offline 1").await;
    adam.says("Warehouse").await;
    adam.says_nothing_of("Softphone").await;
    adam.picture(&portal, "all-phones-offline").await;
    adam.type_into("Search phones", "nobody").await;
    adam.press("Search").await;
    adam.says("No phone found").await;
    adam.picture(&portal, "all-phones-none").await;
    adam.press("Show all phones").await;
    adam.type_into("Search phones", "yealink").await;
    adam.press("Search").await;
    adam.press("Meeting room").await;
    adam.says("Phone of Bob Boatwright").await;
    adam.press("Bob Boatwright").await;
    adam.press("Add a phone").await;
    adam.says("It becomes a phone of Bob Boatwright.").await;
    adam.picture(&portal, "person-phone-add").await;
    adam.type_into("Name of the phone", "Meeting room").await;
    adam.press("Add phone").await;
    adam.says("Bob Boatwright has a phone called Meeting room already.")
        .await;
    adam.picture(&portal, "person-phone-add-error").await;
    adam.type_into("Name of the phone", "Kitchen").await;
    adam.press("Add phone").await;
    adam.says("It is not shown again").await;
    adam.picture(&portal, "person-phone-new").await;
    adam.close().await;
}
