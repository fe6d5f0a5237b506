//! Changing the portal password in a real browser: by clicks, by keyboard alone, and without script.

use thirtyfour::Key;

use crate::clock::MINUTE;
use crate::testing::chromium::Chromium;
use crate::testing::{Portal, stories};

const OLD: &str = "Harbour-Light-7";
const NEW: &str = "Seven-Lanterns-Out";

stories! {
    ann_changes_her_password_and_sees_that_her_phones_stayed_connected,
    the_keyboard_alone_changes_a_password,
    without_script_the_form_works_and_says_what_is_wrong,
}

async fn ann_changes_her_password_and_sees_that_her_phones_stayed_connected(portal: Portal) {
    let mut desk = portal.phone("ann-desk", "acme.example").await;
    let mut softphone = portal.phone("ann-softphone", "acme.example").await;
    assert!(desk.is_registered().await && softphone.is_registered().await);
    let elsewhere = portal.signed_in("ann").await;
    let ann = Chromium::start(&portal).await;
    ann.sign_in("ann").await;
    let phones = portal.phone_bytes().await;

    ann.press("Account").await;
    ann.press("Account Settings").await;
    ann.says("Signs out 1 other browser: Firefox on Linux.").await;
    for line in [
        "Your phones stay connected: 2 of 3 are registered now.",
        "Desk Registered now",
        "Softphone Registered now",
        "Warehouse Offline",
    ] {
        ann.says(line).await;
    }
    ann.tick("Sign out my other browsers").await;
    ann.says("Your other browsers stay signed in.").await;
    ann.tick("Sign out my other browsers").await;
    ann.says("Signs out 1 other browser: Firefox on Linux.").await;
    ann.picture(&portal, "settings").await;

    invites_password_managers(&ann).await;
    let rules = ann.count("[data-rule]").await;
    ann.has(rules, "[data-rule][data-met=false]").await;
    ann.type_into("New password", "lantern").await;
    ann.has(1, "[data-rule=lowercase][data-met=true]").await;
    ann.has(1, "[data-rule=uppercase][data-met=false]").await;
    ann.has(1, "[data-rule=length][data-met=false]").await;
    ann.type_into("New password", NEW).await;
    ann.has(rules, "[data-rule][data-met=true]").await;
    ann.type_into("Confirm new password", OLD).await;
    ann.keys(Key::Tab).await;
    ann.says("The two passwords are not the same yet.").await;
    ann.type_into("Confirm new password", NEW).await;
    ann.says_nothing_of("The two passwords are not the same yet.").await;
    ann.picture(&portal, "settings-filled").await;
    ann.picture_of_docs(&portal, "settings").await;

    ann.press("Save new password").await;
    ann.arrives_at("/account/password/done").await;
    ann.says("only the new password works").await;
    for fact in [
        "1 other browser was signed out.",
        "This browser stays signed in.",
        "Your phones stay connected: 2 of 3 are registered now.",
    ] {
        ann.says(fact).await;
    }
    for line in ["Desk Registered now", "Softphone Registered now", "Warehouse Offline"] {
        ann.says(line).await;
    }
    ann.picture(&portal, "done").await;
    ann.press("See your phones").await;
    ann.arrives_at("/phones").await;
    ann.close().await;

    assert_eq!(portal.phone_bytes().await, phones);
    assert!(!elsewhere.is_signed_in().await);
    let fresh = portal.browser();
    fresh
        .sign_in("ann@acme.example", OLD)
        .await
        .says(422, "That name and password don't match.");
    fresh.sign_in("ann@acme.example", NEW).await.leads_to("/");
    assert!(desk.is_registered().await && softphone.is_registered().await);
}

/// What password managers read, and need to make a password that the rules take.
async fn invites_password_managers(ann: &Chromium) {
    let rules = ann.attribute("New password", "passwordrules").await;
    assert!(rules.contains("minlength"), "{rules}");
    for label in ["New password", "Confirm new password"] {
        assert_eq!(ann.attribute(label, "autocomplete").await, "new-password");
        assert_eq!(ann.attribute(label, "passwordrules").await, rules);
        assert_eq!(ann.attribute(label, "type").await, "password");
    }
    assert_eq!(ann.count("[maxlength]").await, 0);
    assert_eq!(
        ann.count("#password input[autocomplete=username][value='ann@acme.example']")
            .await,
        1
    );
}

async fn the_keyboard_alone_changes_a_password(portal: Portal) {
    let elsewhere = portal.signed_in("ann").await;
    let ann = Chromium::start(&portal).await;
    ann.open("/sign-in").await;
    assert_eq!(ann.focused().await, "Sign-in name or e-mail");
    ann.keys("ann@acme.example").await;
    ann.tab_to("Password").await;
    ann.keys(OLD).await;
    ann.keys(Key::Enter).await;
    ann.arrives_at("/phones").await;

    ann.keys(Key::Tab).await;
    assert_eq!(ann.focused().await, "Skip to content");
    ann.tab_to("Account").await;
    ann.keys(Key::Enter).await;
    ann.tab_to("Account Settings").await;
    ann.keys(Key::Enter).await;
    ann.arrives_at("/account/settings").await;

    ann.tab_to("New password").await;
    ann.keys(NEW).await;
    ann.tab_to("Confirm new password").await;
    ann.keys("something else").await;
    ann.keys(Key::Enter).await;
    ann.says("The two passwords are not the same yet.").await;
    assert_eq!(ann.focused().await, "Confirm new password");
    assert_eq!(
        ann.value("New password").await,
        NEW,
        "nothing was sent, and nothing is lost"
    );
    ann.type_into("New password", "lantern").await;
    ann.type_into("Confirm new password", "lantern").await;
    ann.keys(Key::Enter).await;
    ann.says("Nothing was saved yet").await;
    ann.picture(&portal, "settings-error").await;
    ann.keys(Key::Tab).await;
    assert_eq!(ann.focused().await, "Use at least 8 characters.");
    ann.keys(Key::Enter).await;
    assert_eq!(ann.focused().await, "New password");

    ann.open("/account/settings").await;
    ann.tab_to("New password").await;
    ann.keys(NEW).await;
    ann.tab_to("Show: New password").await;
    ann.keys(Key::Space).await;
    assert_eq!(ann.focused().await, "Hide: New password");
    assert_eq!(ann.attribute("New password", "type").await, "text");
    ann.tab_to("Confirm new password").await;
    ann.keys(NEW).await;
    ann.tab_to("Sign out my other browsers").await;
    ann.keys(Key::Space).await;
    ann.says("Your other browsers stay signed in.").await;
    ann.tab_to("Save new password").await;
    ann.keys(Key::Space).await;
    ann.says("1 other browser stays signed in, as you chose.").await;
    ann.tab_to("See your phones").await;
    ann.keys(Key::Enter).await;
    ann.arrives_at("/phones").await;
    ann.tab_to("Add a phone").await;
    ann.keys(Key::Enter).await;
    ann.says("You get a SIP password").await;
    ann.focus_comes_to("Name of the phone").await;
    ann.close().await;

    assert!(elsewhere.is_signed_in().await);
    portal.browser().sign_in("ann@acme.example", NEW).await.leads_to("/");
}

async fn without_script_the_form_works_and_says_what_is_wrong(portal: Portal) {
    let elsewhere = portal.signed_in("ann").await;
    let ann = Chromium::without_script(&portal).await;
    ann.sign_in("ann").await;
    ann.press("Account").await;
    ann.press("Account Settings").await;
    ann.says("Save new password").await;
    for needs_script in ["Show", "Suggest a passphrase"] {
        ann.says_nothing_of(needs_script).await;
    }
    ann.type_into("New password", NEW).await;
    ann.type_into("Confirm new password", OLD).await;
    ann.tick("Sign out my other browsers").await;
    ann.press("Save new password").await;

    ann.says("Nothing was saved yet").await;
    let wrong = "The two passwords don't match. Enter the same one twice.";
    assert_eq!(ann.texts("[role=alert] a[href='#confirm_password']").await, [wrong]);
    assert_eq!(ann.attribute("Confirm new password", "aria-invalid").await, "true");
    assert_eq!(ann.description("Confirm new password").await, wrong);
    assert_eq!(ann.attribute("New password", "aria-invalid").await, "");
    assert!(!ann.is_ticked("Sign out my other browsers").await);
    ann.picture(&portal, "settings-error-without-script").await;

    portal.wait(6 * MINUTE);
    ann.type_into("New password", NEW).await;
    ann.type_into("Confirm new password", NEW).await;
    ann.press("Save new password").await;
    ann.says("Confirm it's you").await;
    ann.type_into("Current password", OLD).await;
    ann.press("Change password").await;
    ann.says("Password changed").await;
    ann.close().await;

    assert!(elsewhere.is_signed_in().await);
    portal.browser().sign_in("ann@acme.example", NEW).await.leads_to("/");
}
