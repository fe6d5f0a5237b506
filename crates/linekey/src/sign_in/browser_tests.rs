//! Sessions in a real browser: confirming a stale one, ending others, and what is left after signing out.

use reqwest::Method;

use crate::clock::MINUTE;
use crate::testing::chromium::Chromium;
use crate::testing::{Browser, Portal, stories};

const OLD: &str = "Harbour-Light-7";

stories! {
    a_stale_session_confirms_and_nobody_types_the_new_password_again,
    ann_ends_her_other_sessions_and_after_signing_out_the_back_button_shows_nothing,
}

async fn a_stale_session_confirms_and_nobody_types_the_new_password_again(portal: Portal) {
    let ann = Chromium::start(&portal).await;
    ann.open("/sign-in").await;
    ann.picture(&portal, "sign-in").await;
    ann.type_into("Sign-in name or e-mail", "ann@acme.example").await;
    ann.type_into("Password", "not this").await;
    ann.press("Sign in").await;
    ann.says("That name and password don't match.").await;
    ann.picture(&portal, "sign-in-refused").await;
    ann.sign_in("ann").await;
    portal.wait(6 * MINUTE);

    ann.narrow().await;
    ann.open("/account/settings").await;
    ann.type_into("New password", "typed").await;
    ann.press_at_field("New password", "Show").await;
    assert_eq!(ann.attribute("New password", "type").await, "text");
    ann.press_at_field("New password", "Hide").await;
    assert_eq!(ann.attribute("New password", "type").await, "password");
    ann.press("Suggest a passphrase").await;
    ann.says("A passphrase is in both fields.").await;
    let passphrase = ann.value("New password").await;
    assert!(passphrase.len() >= 12, "{passphrase}");
    assert_eq!(ann.value("Confirm new password").await, passphrase);
    assert_eq!(ann.attribute("New password", "type").await, "text");
    assert_eq!(
        ann.texts("[data-suggestion]").await,
        [passphrase.as_str()],
        "the field is too narrow to read it in"
    );
    ann.picture(&portal, "settings-suggested").await;
    ann.press("Save new password").await;

    ann.says("Confirm it's you").await;
    ann.says("You asked to change your password a moment ago.").await;
    assert_eq!(ann.count("[name=new_password], [name=confirm_password]").await, 0);
    ann.picture(&portal, "confirm").await;
    ann.type_into("Current password", "not this either").await;
    ann.press("Change password").await;
    ann.says("That is not your current password.").await;
    assert_eq!(ann.texts("[role=alert]").await, ["That is not your current password."]);
    ann.picture(&portal, "confirm-refused").await;
    ann.type_into("Current password", OLD).await;
    ann.press("Change password").await;
    ann.arrives_at("/account/password/done").await;
    ann.says("Password changed").await;
    ann.close().await;

    portal
        .browser()
        .sign_in("ann@acme.example", OLD)
        .await
        .says(422, "don't match");
    portal
        .browser()
        .sign_in("ann@acme.example", &passphrase)
        .await
        .leads_to("/");
}

async fn ann_ends_her_other_sessions_and_after_signing_out_the_back_button_shows_nothing(portal: Portal) {
    let (office, boat) = (portal.signed_in("ann").await, portal.signed_in("ann").await);
    let pocket = iphone_of_ann(&portal).await;
    let ann = Chromium::start(&portal).await;
    ann.sign_in("ann").await;
    ann.press("Account").await;
    ann.press("Sessions").await;
    ann.says("Chrome on Linux This browser").await;
    ann.says("Remembered browsers").await;
    ann.says("When another browser signs in as you, you get a mail, at most once a day.")
        .await;
    ann.picture(&portal, "sessions").await;

    ann.press("Sign out Safari on iPhone").await;
    ann.says("That browser is signed out.").await;
    assert!(!pocket.is_signed_in().await);
    assert!(office.is_signed_in().await && boat.is_signed_in().await);
    ann.press("Sign out all other browsers").await;
    ann.says("2 other browsers are signed out.").await;
    ann.says("No other browser is signed in.").await;
    for _ in 0..10 {
        office.sign_in("ann@acme.example", "not this").await.says(422, "");
    }
    ann.reload().await;
    ann.says("Not trusted").await;
    ann.picture(&portal, "sessions-alone").await;
    ann.press("Forget Safari on iPhone").await;
    ann.says("That browser is forgotten.").await;
    ann.says_nothing_of("iPhone").await;
    assert!(!office.is_signed_in().await && !boat.is_signed_in().await);

    ann.press("Account").await;
    ann.picture(&portal, "menu").await;
    ann.press("Account Settings").await;
    ann.says("ann@acme.example").await;
    ann.press("Account").await;
    ann.press("Sign out").await;
    ann.says("You are signed out.").await;
    ann.picture(&portal, "signed-out").await;
    ann.back().await;
    ann.arrives_at("/sign-in").await;
    ann.says("Sign in to see that page.").await;
    ann.says_nothing_of("ann@acme.example").await;
    ann.open("/nowhere").await;
    ann.says("Nothing is here").await;
    ann.picture(&portal, "error-404").await;
    ann.close().await;
}

/// The browser of Ann's mobile phone.
async fn iphone_of_ann(portal: &Portal) -> Browser {
    let browser = portal.browser();
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        (
            "user-agent",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) Version/26.0 Mobile/15E148 Safari/604.1",
        ),
    ];
    let form = format!("username=ann%40acme.example&password={OLD}");
    browser
        .send(Method::POST, "/sign-in", &headers, Some(form.into_bytes()))
        .await
        .leads_to("/");
    browser
}
