//! The frame in a real browser: pages and states that no other story comes by, and brands of every colour.

use crate::clock::SECOND;
use crate::testing::chromium::Chromium;
use crate::testing::{Engine, Portal, stories};

stories! {
    ann_edits_her_profile_and_is_told_what_is_wrong_with_it,
    whoever_is_lost_or_must_wait_is_told_what_to_do,
    a_password_field_says_that_caps_lock_is_on,
}

async fn ann_edits_her_profile_and_is_told_what_is_wrong_with_it(portal: Portal) {
    let ann = Chromium::start(&portal).await;
    ann.sign_in("ann").await;
    ann.open("/account/settings").await;
    ann.press("Edit profile").await;
    ann.says("Save profile").await;
    ann.picture(&portal, "profile").await;
    ann.type_into("Name", " ").await;
    ann.press("Save profile").await;
    ann.says("Nothing was saved yet").await;
    assert_eq!(ann.description("Name").await, "Enter your name.");
    ann.picture(&portal, "profile-error").await;
    ann.type_into("Name", "Ann Archer-Lee").await;
    ann.press("Save profile").await;
    ann.says("Your profile is saved.").await;
    ann.says("Ann Archer-Lee").await;
    ann.picture(&portal, "settings-saved").await;

    let must_change = crate::db::query("update users set must_change_at = 1 where name = 'ann'");
    portal.alter(must_change).await;
    ann.open("/phones").await;
    ann.arrives_at("/account/settings").await;
    ann.says("Choose one that only you know").await;
    ann.picture(&portal, "settings-must-change").await;
    ann.close().await;
}

async fn whoever_is_lost_or_must_wait_is_told_what_to_do(portal: Portal) {
    let cora = Chromium::start(&portal).await;
    cora.open("/demo/mail").await;
    cora.says("No mail yet").await;
    cora.picture(&portal, "mail-none").await;
    // Each is waited out, so that the last one costs much.
    for _ in 0..10 {
        portal.wait(31 * SECOND);
        portal.browser().sign_in("cora@acme.example", "not this").await;
    }
    cora.open("/phones").await;
    cora.says("Sign in to see that page.").await;
    cora.picture(&portal, "sign-in-required").await;
    cora.type_into("Sign-in name or e-mail", "cora@acme.example").await;
    cora.type_into("Password", "Harbour-Light-9").await;
    cora.press("Sign in").await;
    cora.says("Too many tries.").await;
    cora.picture(&portal, "sign-in-wait").await;
    cora.close().await;

    let ann = Chromium::start(&portal).await;
    ann.sign_in("ann").await;
    ann.open("/phones/nothing").await;
    ann.says("Nothing is here").await;
    ann.picture(&portal, "error-404-signed-in").await;
    ann.press("Go to the first page").await;
    ann.arrives_at("/phones").await;
    ann.open("/sign-out").await;
    ann.says("That address only takes forms").await;
    ann.picture(&portal, "error-method").await;
    ann.close().await;

    let olivia = Chromium::start(&portal).await;
    olivia.open("/sign-in?next=/account/settings").await;
    olivia.type_into("Sign-in name or e-mail", "olivia").await;
    olivia.type_into("Password", "Harbour-Light-4").await;
    olivia.press("Sign in").await;
    olivia.arrives_at("/account/settings").await;
    olivia.says("Save new password").await;
    olivia.says_nothing_of("phones").await;
    olivia.picture(&portal, "settings-operator").await;
    olivia.close().await;
}

async fn a_password_field_says_that_caps_lock_is_on(portal: Portal) {
    let ann = Chromium::start(&portal).await;
    ann.open("/sign-in").await;
    ann.press_with_caps_lock("Password", true).await;
    ann.says("Caps Lock is on.").await;
    ann.picture(&portal, "sign-in-caps-lock").await;
    ann.press_with_caps_lock("Password", false).await;
    ann.says_nothing_of("Caps Lock").await;
    ann.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_can_be_read_in_every_brands_colour() {
    for (name, accent) in [("yellow", "#ffff00"), ("pink", "#ff2d87"), ("black", "#000000")] {
        let accent = accent.parse().expect("a colour");
        let portal = Portal::start_with(Engine::Sqlite, |config| config.brand.accent = accent).await;
        let ann = Chromium::start(&portal).await;
        ann.open("/sign-in").await;
        ann.picture(&portal, &format!("brand-{name}-sign-in")).await;
        ann.sign_in("ann").await;
        ann.open("/account/settings").await;
        ann.press("Suggest a passphrase").await;
        ann.says("A passphrase is in both fields.").await;
        ann.picture(&portal, &format!("brand-{name}-settings")).await;
        ann.close().await;
    }
}
