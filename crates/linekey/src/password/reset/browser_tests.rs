//! A lost password in a real browser: by the link, by the code, by keyboard alone, and without script.

use thirtyfour::Key;

use super::request_tests::{codes_in, links_in};
use super::tests::NEW;
use crate::testing::chromium::Chromium;
use crate::testing::{Portal, stories};

stories! {
    ann_follows_the_link_and_signs_in_with_a_new_password,
    cora_types_the_code_of_a_mailbox_she_shares,
    the_keyboard_alone_resets_a_password,
    without_script_a_password_can_be_reset,
    adam_sends_a_link,
}

async fn asks(someone: &Chromium, email: &str) {
    someone.open("/sign-in").await;
    someone.press("Reset password").await;
    someone.arrives_at("/reset-password").await;
    someone.type_into("E-mail address", email).await;
    someone.press("Send me a link").await;
    someone.arrives_at("/reset-password/sent").await;
    someone.says("Check your inbox").await;
}

async fn ann_follows_the_link_and_signs_in_with_a_new_password(portal: Portal) {
    let mut desk = portal.phone("ann-desk", "acme.example").await;
    assert!(desk.is_registered().await);
    let ann = Chromium::start(&portal).await;
    ann.open("/reset-password").await;
    ann.picture(&portal, "reset-ask").await;
    ann.type_into("E-mail address", "ann@acme,example").await;
    ann.press("Send me a link").await;
    asks(&ann, "ann@acme.example").await;
    ann.picture(&portal, "reset-sent").await;
    let mail = portal.mails(1).await.remove(0);
    ann.open("/demo/mail").await;
    ann.says("choose a new portal password").await;

    ann.open(&links_in(&portal, &mail)[0]).await;
    ann.arrives_at("/reset-password/new").await;
    ann.says("For Ann Archer, who signs in as ann@acme.example.").await;
    ann.says("Your phones stay connected: 1 of 3 is registered now.").await;
    ann.picture(&portal, "reset-new").await;
    ann.type_into("E-mail address", "bob@acme.example").await;
    ann.type_into("New password", NEW).await;
    ann.type_into("Confirm new password", NEW).await;
    ann.press("Save new password").await;
    ann.says("That is not the address on file.").await;
    ann.picture(&portal, "reset-new-refused").await;
    ann.type_into("E-mail address", "ann@acme.example").await;
    ann.type_into("New password", NEW).await;
    ann.type_into("Confirm new password", NEW).await;
    ann.press("Save new password").await;
    ann.arrives_at("/sign-in").await;
    ann.says("Your new password is saved").await;
    ann.picture(&portal, "reset-done").await;
    ann.type_into("Sign-in name or e-mail", "ann@acme.example").await;
    ann.type_into("Password", NEW).await;
    ann.press("Sign in").await;
    ann.arrives_at("/phones").await;

    ann.open(&links_in(&portal, &mail)[0]).await;
    ann.says("This link no longer works").await;
    ann.picture(&portal, "reset-gone").await;
    ann.press("Ask for a new link").await;
    ann.arrives_at("/reset-password").await;
    ann.close().await;
    assert!(desk.is_registered().await);
}

async fn cora_types_the_code_of_a_mailbox_she_shares(portal: Portal) {
    let cora = Chromium::start(&portal).await;
    asks(&cora, "office@acme.example").await;
    let mail = portal.mails(1).await.remove(0);
    cora.type_into("E-mail address", "office@acme.example").await;
    cora.type_into("Code from the mail", "2222-2222").await;
    cora.press("Use the code").await;
    cora.says("That code doesn't fit that address").await;
    assert_eq!(cora.focused().await, "Code from the mail");
    cora.picture(&portal, "reset-code-wrong").await;
    cora.type_into("Code from the mail", codes_in(&mail)[1].to_lowercase())
        .await;
    cora.press("Use the code").await;
    cora.arrives_at("/reset-password/new").await;
    cora.says("For Cora Caulker, who signs in as cora@acme.example.").await;
    cora.type_into("E-mail address", "office@acme.example").await;
    cora.type_into("New password", NEW).await;
    cora.type_into("Confirm new password", NEW).await;
    cora.press("Save new password").await;
    cora.arrives_at("/sign-in").await;
    // Bob's link in the same mail goes on working.
    cora.open(&links_in(&portal, &mail)[0]).await;
    cora.says("For Bob Boatwright").await;
    cora.close().await;
    portal.browser().sign_in("cora@acme.example", NEW).await.leads_to("/");
}

async fn the_keyboard_alone_resets_a_password(portal: Portal) {
    let ann = Chromium::start(&portal).await;
    ann.open("/sign-in").await;
    ann.tab_to("Reset password").await;
    ann.keys(Key::Enter).await;
    ann.arrives_at("/reset-password").await;
    assert_eq!(ann.focused().await, "E-mail address");
    ann.keys("ann@acme.example").await;
    ann.keys(Key::Enter).await;
    ann.arrives_at("/reset-password/sent").await;
    let mail = portal.mails(1).await.remove(0);
    ann.open(&links_in(&portal, &mail)[0]).await;
    ann.arrives_at("/reset-password/new").await;
    ann.tab_to("E-mail address").await;
    ann.keys("ann@acme.example").await;
    ann.tab_to("New password").await;
    ann.keys(NEW).await;
    ann.tab_to("Confirm new password").await;
    ann.keys(NEW).await;
    ann.keys(Key::Enter).await;
    ann.arrives_at("/sign-in").await;
    ann.close().await;
    portal.browser().sign_in("ann@acme.example", NEW).await.leads_to("/");
}

async fn without_script_a_password_can_be_reset(portal: Portal) {
    let ann = Chromium::without_script(&portal).await;
    asks(&ann, "ann@acme.example").await;
    let mail = portal.mails(1).await.remove(0);
    ann.open(&links_in(&portal, &mail)[0]).await;
    ann.type_into("E-mail address", "ann@acme.example").await;
    ann.type_into("New password", "short").await;
    ann.type_into("Confirm new password", "short").await;
    ann.press("Save new password").await;
    ann.says("Nothing was saved yet").await;
    ann.type_into("New password", NEW).await;
    ann.type_into("Confirm new password", NEW).await;
    ann.press("Save new password").await;
    ann.arrives_at("/sign-in").await;
    ann.close().await;
}

async fn adam_sends_a_link(portal: Portal) {
    let adam = Chromium::start(&portal).await;
    adam.sign_in("adam").await;
    adam.press("Administration").await;
    adam.press("Ann Archer").await;
    adam.press("Send reset link").await;
    adam.says("ann@acme.example gets a mail with a link").await;
    adam.picture(&portal, "person-send-reset").await;
    adam.press("Send it now").await;
    adam.says("A reset link is on its way to Ann Archer.").await;
    adam.close().await;
    assert!(portal.mails(1).await[0].text.contains("Sent by: Adam Alder"));
}
