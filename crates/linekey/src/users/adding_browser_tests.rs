//! People who come and go, in a real browser: added, invited by mail, helped in with a printed slip, removed.

use crate::testing::chromium::Chromium;
use crate::testing::{Portal, stories};

const NEW: &str = "Seven-Lanterns-Out";

stories! {
    adam_adds_dora_who_chooses_a_password_with_her_invitation,
    adam_prints_a_slip_and_bob_gets_in_with_its_code,
    without_script_dora_is_added_and_what_is_wrong_is_said,
    adam_removes_bob,
}

/// The path of the link in the newest mail.
async fn link_in_mail(portal: &Portal) -> String {
    let mail = &portal.mails(1).await[0];
    let origin = portal.app.config.portal.public_url.origin();
    let (_, rest) = mail.text.split_once(origin).expect("a link of ours");
    rest.split_whitespace().next().expect("a link").to_owned()
}

/// Opens the page of somebody.
async fn find(adam: &Chromium, name: &str) {
    adam.open("/admin/users").await;
    adam.press(name).await;
    adam.says("Portal password").await;
}

/// Types the new password twice, saves it, and signs in with it.
async fn choose_and_sign_in(browser: &Chromium, sign_in_name: &str) {
    browser.type_into("New password", NEW).await;
    browser.type_into("Confirm new password", NEW).await;
    browser.press("Save password").await;
    browser.arrives_at("/sign-in").await;
    browser.says("Your password is saved.").await;
    browser.type_into("Sign-in name or e-mail", sign_in_name).await;
    browser.type_into("Password", NEW).await;
    browser.press("Sign in").await;
    browser.arrives_at("/phones").await;
}

async fn adam_adds_dora_who_chooses_a_password_with_her_invitation(portal: Portal) {
    let adam = Chromium::start(&portal).await;
    adam.sign_in("adam").await;
    adam.open("/admin/users").await;
    adam.press("Add a person").await;
    adam.arrives_at("/admin/users/new").await;
    adam.picture(&portal, "add-person").await;
    adam.type_into("Name", "Dora Deck").await;
    adam.type_into("Sign-in name", "do ra").await;
    adam.type_into("Extension (optional)", "207").await;
    adam.press("Add person").await;
    adam.says("Nothing was saved yet").await;
    adam.says("Use letters and digits for the sign-in name").await;
    adam.picture(&portal, "add-person-errors").await;
    adam.type_into("Sign-in name", "dora").await;
    adam.type_into("E-mail (optional)", "dora@home.example").await;
    adam.press("Add person").await;
    adam.says("The invitation is on its way to dora@home.example.").await;
    adam.picture(&portal, "person-added").await;
    adam.press("Send the invitation again").await;
    adam.picture(&portal, "person-invite").await;
    adam.close().await;

    let dora = Chromium::start(&portal).await;
    dora.open(&link_in_mail(&portal).await).await;
    dora.arrives_at("/set-up/new").await;
    dora.says("For Dora Deck, who signs in as dora@acme.example.").await;
    dora.picture(&portal, "set-up").await;
    dora.type_into("New password", "short").await;
    dora.type_into("Confirm new password", "short").await;
    dora.press("Save password").await;
    dora.says("Nothing was saved yet").await;
    dora.picture(&portal, "set-up-error").await;
    choose_and_sign_in(&dora, "dora@home.example").await;
    dora.open(&link_in_mail_of(&portal, "invitation").await).await;
    dora.says("This link no longer works").await;
    dora.picture(&portal, "set-up-gone").await;
    dora.close().await;
}

/// The path of the link in the mail of a kind.
async fn link_in_mail_of(portal: &Portal, kind: &str) -> String {
    let mails = portal.mails(2).await;
    let mail = mails.iter().find(|mail| mail.kind == kind).expect("it was sent");
    let origin = portal.app.config.portal.public_url.origin();
    let (_, rest) = mail.text.split_once(origin).expect("a link of ours");
    rest.split_whitespace().next().expect("a link").to_owned()
}

async fn adam_prints_a_slip_and_bob_gets_in_with_its_code(portal: Portal) {
    let adam = Chromium::start(&portal).await;
    adam.sign_in("adam").await;
    find(&adam, "Bob Boatwright").await;
    adam.press("Print a set-up slip").await;
    adam.says("the password there is now stays until then").await;
    adam.picture(&portal, "person-slip-asked").await;
    adam.press("Make the slip").await;
    adam.says("It is shown only now").await;
    adam.picture(&portal, "slip").await;
    adam.prints_on_one_sheet(&portal, "slip").await;
    let [code] = adam.texts("#code").await.try_into().expect("one code");
    adam.reload().await;
    adam.says("Portal password").await;
    adam.says_nothing_of(&code).await;
    adam.close().await;

    let bob = Chromium::start(&portal).await;
    bob.open("/sign-in").await;
    bob.picture(&portal, "sign-in-slip").await;
    bob.press("Enter its code").await;
    bob.arrives_at("/set-up/code").await;
    bob.picture(&portal, "set-up-code").await;
    bob.type_into("Sign-in name", "bob@acme.example").await;
    bob.type_into("Code", "22222-22222-22222-22222").await;
    bob.press("Continue").await;
    bob.says("That name and code don't match").await;
    bob.picture(&portal, "set-up-code-wrong").await;
    bob.type_into("Code", &code.to_lowercase()).await;
    bob.press("Continue").await;
    bob.arrives_at("/set-up/new").await;
    bob.says("It replaces the password you have now").await;
    choose_and_sign_in(&bob, "bob@acme.example").await;
    bob.close().await;
}

async fn without_script_dora_is_added_and_what_is_wrong_is_said(portal: Portal) {
    let adam = Chromium::without_script(&portal).await;
    adam.sign_in("adam").await;
    adam.open("/admin/users/new").await;
    adam.type_into("Name", "Dora Deck").await;
    adam.type_into("Sign-in name", "do ra").await;
    adam.press("Add person").await;
    let wrong = "Use letters and digits for the sign-in name; . - _ ' + may follow the first of them.";
    assert!(adam.description("Sign-in name").await.ends_with(wrong));
    assert_eq!(adam.attribute("Sign-in name", "aria-invalid").await, "true");
    assert!(
        adam.is_ticked("Send an invitation to this address").await,
        "what was ticked stays"
    );
    adam.type_into("Sign-in name", "dora").await;
    adam.tick("Send an invitation to this address").await;
    adam.press("Add person").await;
    adam.says("Dora Deck is added. Nobody can sign in as them yet").await;
    adam.press("Print a set-up slip").await;
    adam.press("Make the slip").await;
    adam.says("It is shown only now").await;
    adam.close().await;
}

async fn adam_removes_bob(portal: Portal) {
    let bob = portal.signed_in("bob").await;
    let adam = Chromium::start(&portal).await;
    adam.sign_in("adam").await;
    find(&adam, "Bob Boatwright").await;
    adam.press("Remove").await;
    adam.says("It can't be undone.").await;
    adam.picture(&portal, "person-remove").await;
    adam.press("Remove Bob Boatwright").await;
    adam.arrives_at("/admin/users").await;
    adam.says("Bob Boatwright is removed.").await;
    adam.picture(&portal, "people-removed").await;
    adam.press("Audit").await;
    adam.says("Adam Alder removed Bob Boatwright").await;
    adam.close().await;
    assert!(!bob.is_signed_in().await);
}
