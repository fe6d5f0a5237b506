//! Setting phones up in a real browser: the form, the link with its code, and what comes of it.

use crate::testing::chromium::Chromium;
use crate::testing::{Portal, TestPhone, stories};

stories! {
    ann_sets_up_a_softphone_and_a_desk_phone_by_link,
    adam_sets_up_anns_phone,
}

/// The link that is shown, as a path of the portal.
async fn shown_link(browser: &Chromium, portal: &Portal) -> String {
    let [link] = browser.texts("#set_up_link").await.try_into().expect("one link");
    let host = format!("localhost:{}", portal.http.port());
    let path = link.trim_start_matches("http://").strip_prefix(&host);
    path.expect("a link to the portal").to_owned()
}

async fn ann_sets_up_a_softphone_and_a_desk_phone_by_link(portal: Portal) {
    let portal = portal.restart().await;
    let ann = Chromium::start(&portal).await;
    ann.sign_in("ann").await;
    ann.press("Softphone").await;
    ann.picture(&portal, "phone-before-set-up").await;
    ann.press("Make a set-up link").await;
    ann.says("the SIP password it was given before stops working at once")
        .await;
    ann.picture(&portal, "phone-set-up-form-never").await;
    ann.press("Make the link").await;
    ann.says("Whoever has the link has the SIP password.").await;
    ann.picture(&portal, "phone-set-up-softphone").await;
    let link = shown_link(&ann, &portal).await;
    ann.press("Show the code").await;
    ann.says("some softphones read this one").await;
    ann.has(2, ".qr").await;
    ann.picture(&portal, "phone-set-up-plain").await;
    let [uri] = ann.texts("#set_up_uri").await.try_into().expect("one SIP address");
    ann.press("Copy link").await;
    ann.says("Copied").await;
    // Linphone asks with what it scanned.
    let file = portal.browser().get(&link).await;
    let (_, rest) = file
        .text
        .split_once("name=\"passwd\" overwrite=\"true\">")
        .expect("a SIP password");
    let new = rest.split('<').next().unwrap_or_default();
    assert_eq!(uri, format!("sip:ann-softphone:{new}@acme.example;transport=udp"));
    ann.press("Done").await;
    ann.says("It was first opened").await;
    ann.says("Never connected").await;
    ann.picture(&portal, "phone-set-up-opened").await;
    let mut softphone = TestPhone::with_password(&portal, "ann-softphone", "acme.example", new).await;
    assert!(softphone.is_registered().await);
    ann.reload().await;
    ann.says("Registered now, since").await;
    ann.says_nothing_of("A set-up link works until").await;

    ann.press("Make a set-up link").await;
    ann.says("While both work you can go to the phone when it suits you.")
        .await;
    ann.choose("Kind of phone", "Polycom or Poly").await;
    ann.picture(&portal, "phone-set-up-form").await;
    ann.press("Make the link").await;
    ann.says("Choose HTTP as Server Type and enter the link as Server Address.")
        .await;
    ann.says("The SIP password it had works until").await;
    ann.picture(&portal, "phone-set-up-desk").await;
    ann.prints_on_one_sheet(&portal, "phone-set-up-desk").await;
    let link = shown_link(&ann, &portal).await;
    let master = portal.browser().get(&format!("{link}/000000000000.cfg")).await;
    master.says(200, "CONFIG_FILES=\"linekey.cfg\"");
    ann.reload().await;
    ann.says("Kind of phone").await;
    ann.says_nothing_of(&link).await;
    ann.close().await;
}

async fn adam_sets_up_anns_phone(portal: Portal) {
    let portal = portal.restart().await;
    let adam = Chromium::start(&portal).await;
    adam.sign_in("adam").await;
    adam.open("/admin/users").await;
    adam.press("Ann Archer").await;
    adam.picture(&portal, "person-phones").await;
    adam.press("Desk").await;
    adam.says("Phone of Ann Archer").await;
    adam.picture(&portal, "person-phone").await;
    portal.wait(6 * crate::clock::MINUTE);
    adam.reload().await;
    adam.press("Make a new SIP password").await;
    adam.says("You signed in a while ago.").await;
    adam.picture(&portal, "person-phone-later").await;
    adam.press("Make a set-up link").await;
    adam.choose("Kind of phone", "Yealink").await;
    adam.type_into("Your own password", "Harbour-Light-2").await;
    adam.press("Make the link").await;
    adam.says("That is not your own password. Nothing was changed.").await;
    adam.picture(&portal, "person-phone-set-up-error").await;
    assert_eq!(adam.value("Kind of phone").await, "yealink");
    adam.type_into("Your own password", "Harbour-Light-1").await;
    adam.press("Make the link").await;
    adam.says("Enter the link as Server URL.").await;
    adam.picture(&portal, "person-phone-set-up").await;
    adam.press("Done").await;
    adam.press("Ann Archer").await;
    adam.says("Adam Alder made a set-up link for a phone of Ann Archer")
        .await;
    adam.close().await;
}
