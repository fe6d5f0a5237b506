//! A change of one's address, and "This wasn't me", in a real browser.

use thirtyfour::Key;

use crate::clock::MINUTE;
use crate::testing::chromium::Chromium;
use crate::testing::{Portal, stories};

const OWN: &str = "Harbour-Light-7";
const NEW: &str = "ann.archer@home.example";

stories! {
    ann_moves_to_another_address_and_undoes_it,
    without_script_in_a_stale_session_the_form_says_what_is_missing,
    the_keyboard_alone_says_that_it_was_not_me,
}

/// The link to `path` in a mail to `to`, once there are `count` mails.
async fn mailed(p: &Portal, count: usize, path: &str, to: &str) -> String {
    let mails = p.mails(count).await;
    let text = mails
        .iter()
        .filter(|mail| mail.to == to)
        .find_map(|mail| mail.text.split_once(path));
    let (_, rest) = text.expect("a mail with that link");
    format!("{path}{}", rest.lines().next().unwrap_or_default())
}

async fn ann_moves_to_another_address_and_undoes_it(portal: Portal) {
    let ann = Chromium::start(&portal).await;
    ann.sign_in("ann").await;
    ann.open("/account/settings?edit=profile").await;
    ann.picture(&portal, "profile").await;
    ann.type_into("E-mail", "ann@home").await;
    ann.press("Save profile").await;
    ann.says("Nothing was saved yet").await;
    assert_eq!(ann.attribute("E-mail", "aria-invalid").await, "true");
    ann.picture(&portal, "profile-email-error").await;
    ann.type_into("E-mail", NEW).await;
    ann.press("Save profile").await;
    ann.says("We sent a mail to ann.archer@home.example.").await;
    ann.picture(&portal, "settings-email-waits").await;
    ann.press("Send again").await;
    ann.says("We sent a mail to ann.archer@home.example.").await;

    let phone = Chromium::start(&portal).await;
    phone.open(&mailed(&portal, 2, "/email/", NEW).await).await;
    phone.says("Only you can say that this mailbox is yours.").await;
    phone.picture(&portal, "email-confirm").await;
    phone.type_into("Your sign-in name", "anna@acme.example").await;
    phone.press("Confirm this address").await;
    phone.says("That is not the sign-in name").await;
    phone.picture(&portal, "email-confirm-error").await;
    phone.type_into("Your sign-in name", "ann@acme.example").await;
    phone.press("Confirm this address").await;
    phone.says("Address confirmed").await;
    phone.picture(&portal, "email-confirmed").await;
    phone.back().await;
    phone.reload().await;
    phone.says("This link no longer works").await;
    phone.picture(&portal, "link-gone").await;
    ann.open("/account/settings").await;
    ann.says(NEW).await;
    ann.says_nothing_of("Waiting for confirmation").await;

    phone
        .open(&mailed(&portal, 4, "/not-me/", "ann@acme.example").await)
        .await;
    phone.says("is your e-mail address again").await;
    phone.picture(&portal, "not-me").await;
    phone.type_into("Your sign-in name", "ann").await;
    phone.press("Sign everyone out").await;
    phone.says("That is not the sign-in name this mail is about.").await;
    assert_eq!(phone.focused().await, "Your sign-in name");
    phone.picture(&portal, "not-me-wrong").await;
    phone.type_into("Your sign-in name", "ann@acme.example").await;
    phone.press("Sign everyone out").await;
    phone.says("Signed out everywhere").await;
    phone.picture(&portal, "not-me-done").await;
    phone.close().await;
    ann.open("/account/settings").await;
    ann.arrives_at("/sign-in").await;
    ann.close().await;
}

async fn without_script_in_a_stale_session_the_form_says_what_is_missing(portal: Portal) {
    let ann = Chromium::without_script(&portal).await;
    ann.sign_in("ann").await;
    portal.wait(6 * MINUTE);
    ann.open("/account/settings?edit=profile").await;
    ann.type_into("E-mail", "").await;
    ann.press("Save profile").await;
    ann.says("tick the box below to go without one").await;
    ann.picture(&portal, "profile-without-email").await;
    ann.type_into("E-mail", NEW).await;
    ann.press("Save profile").await;
    ann.says("Enter your own password").await;
    ann.picture(&portal, "profile-stale").await;
    assert_eq!(ann.value("E-mail").await, NEW);
    ann.type_into("Your portal password", OWN).await;
    ann.press("Save profile").await;
    ann.says("Waiting for confirmation of ann.archer@home.example").await;
    ann.press("Cancel").await;
    ann.says("The change of your e-mail address is cancelled.").await;
    ann.close().await;
}

async fn the_keyboard_alone_says_that_it_was_not_me(portal: Portal) {
    let thief = portal.signed_in("ann").await;
    thief
        .change_password("Stolen-Anchor-12")
        .await
        .leads_to("/account/password/done");
    let ann = Chromium::start(&portal).await;
    ann.open(&mailed(&portal, 1, "/not-me/", "ann@acme.example").await)
        .await;
    ann.tab_to("Your sign-in name").await;
    ann.keys("ann@acme.example").await;
    ann.keys(Key::Enter).await;
    ann.says("Signed out everywhere").await;
    ann.close().await;
    assert!(!thief.is_signed_in().await);
}
