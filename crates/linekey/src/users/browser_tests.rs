//! Administrators in a real browser: helping somebody in, shutting somebody out, and what others see instead.

use thirtyfour::Key;

use crate::clock::MINUTE;
use crate::db::query;
use crate::testing::chromium::Chromium;
use crate::testing::{Portal, stories};

const OWN: &str = "Harbour-Light-1";
const NEW: &str = "Seven-Lanterns-Out";

stories! {
    adam_makes_a_temporary_password_and_ann_gets_in_with_it,
    the_keyboard_alone_makes_a_temporary_password,
    without_script_adam_types_a_password_and_reads_what_is_wrong_with_it,
    in_a_stale_session_adam_proves_who_he_is_beside_the_act,
    adam_shuts_bob_out_and_lets_him_in_again,
    others_see_who_can_and_operators_see_all_accounts,
}

/// Signs in by typing, wherever that leads.
async fn sign_in(browser: &Chromium, name: &str, password: &str) {
    browser.open("/sign-in").await;
    browser.type_into("Sign-in name or e-mail", name).await;
    browser.type_into("Password", password).await;
    browser.press("Sign in").await;
}

/// From the list to the person's page, by searching.
async fn find(adam: &Chromium, typed: &str, name: &str) {
    adam.open("/admin/users").await;
    adam.type_into("Search people", typed).await;
    adam.press("Search").await;
    adam.press(name).await;
    adam.says("Portal password").await;
}

async fn adam_makes_a_temporary_password_and_ann_gets_in_with_it(portal: Portal) {
    let mut desk = portal.phone("ann-desk", "acme.example").await;
    assert!(desk.is_registered().await);
    let at_home = portal.signed_in("ann").await;
    let adam = Chromium::start(&portal).await;
    adam.sign_in("adam").await;
    adam.open("/admin/users").await;
    adam.says("Everyone at Acme Boats.").await;
    adam.picture(&portal, "people").await;
    adam.type_into("Search people", "nobody like that").await;
    adam.press("Search").await;
    adam.says("Nobody found").await;
    adam.picture(&portal, "people-none").await;
    find(&adam, "arch", "Ann Archer").await;
    adam.says("signs out 1 browser").await;
    adam.picture(&portal, "person").await;
    adam.press("Make a temporary password").await;
    adam.says("It works for 72 hours").await;
    adam.picture(&portal, "person-temporary-asked").await;
    adam.press("Make it now").await;
    adam.says("It is shown only now").await;
    adam.picture(&portal, "person-temporary").await;
    let [temporary] = adam.texts("#temporary").await.try_into().expect("one password");
    adam.press("Copy password").await;
    adam.says("Copied").await;
    adam.reload().await;
    adam.says_nothing_of(&temporary).await;
    adam.says("Temporary: it must be changed at the next sign-in").await;
    find(&adam, "202", "Bob Boatwright").await;
    adam.press("Type a password").await;
    adam.type_into("New password", NEW).await;
    adam.type_into("Confirm new password", "something else").await;
    adam.press("Set password").await;
    adam.says("Nothing was saved yet").await;
    adam.picture(&portal, "person-typed-error").await;
    adam.type_into("New password", NEW).await;
    adam.type_into("Confirm new password", NEW).await;
    adam.press("Set password").await;
    adam.says("Bob Boatwright's password is set. It works until").await;
    adam.picture(&portal, "person-typed-set").await;
    adam.close().await;

    assert!(!at_home.is_signed_in().await);
    let ann = Chromium::start(&portal).await;
    sign_in(&ann, "ann@acme.example", &temporary).await;
    ann.arrives_at("/account/settings").await;
    ann.picture(&portal, "must-change").await;
    ann.open("/phones").await;
    ann.arrives_at("/account/settings").await;
    ann.type_into("New password", NEW).await;
    ann.type_into("Confirm new password", NEW).await;
    ann.press("Save new password").await;
    ann.arrives_at("/account/password/done").await;
    ann.open("/phones").await;
    ann.arrives_at("/phones").await;
    ann.close().await;
    assert!(desk.is_registered().await);
    portal.browser().sign_in("ann@acme.example", NEW).await.leads_to("/");
}

async fn the_keyboard_alone_makes_a_temporary_password(portal: Portal) {
    let adam = Chromium::start(&portal).await;
    adam.open("/sign-in").await;
    adam.keys("adam@acme.example").await;
    adam.tab_to("Password").await;
    adam.keys(OWN).await;
    adam.keys(Key::Enter).await;
    adam.arrives_at("/phones").await;
    adam.tab_to("Administration").await;
    adam.keys(Key::Enter).await;
    adam.arrives_at("/admin/users").await;
    adam.tab_to("Search people").await;
    adam.keys("archer").await;
    adam.keys(Key::Enter).await;
    adam.has(1, "tbody tr").await;
    adam.tab_to("Ann Archer").await;
    adam.keys(Key::Enter).await;
    adam.says("Portal password").await;
    adam.tab_to("Make a temporary password").await;
    adam.keys(Key::Enter).await;
    adam.tab_to("Make it now").await;
    adam.keys(Key::Enter).await;
    adam.says("It is shown only now").await;
    let [temporary] = adam.texts("#temporary").await.try_into().expect("one password");
    adam.tab_to("Copy password").await;
    adam.keys(Key::Space).await;
    adam.says("Copied").await;
    adam.close().await;
    portal
        .browser()
        .sign_in("ann@acme.example", &temporary)
        .await
        .leads_to("/");
}

async fn without_script_adam_types_a_password_and_reads_what_is_wrong_with_it(portal: Portal) {
    let adam = Chromium::without_script(&portal).await;
    adam.sign_in("adam").await;
    find(&adam, "202", "Bob Boatwright").await;
    adam.says_nothing_of("Show").await;
    adam.press("Type a password").await;
    adam.type_into("New password", NEW).await;
    adam.type_into("Confirm new password", "something else").await;
    adam.press("Set password").await;
    adam.says("Nothing was saved yet").await;
    let wrong = "The two passwords don't match. Enter the same one twice.";
    assert_eq!(adam.description("Confirm new password").await, wrong);
    assert_eq!(adam.attribute("Confirm new password", "aria-invalid").await, "true");
    assert!(adam.is_ticked("Must be changed at the next sign-in").await);
    adam.picture(&portal, "person-typed-error-without-script").await;
    adam.type_into("New password", "boatwright").await;
    adam.type_into("Confirm new password", "boatwright").await;
    adam.tick("Lasts until Bob Boatwright changes it").await;
    adam.press("Set password").await;
    adam.has(1, "#new_password[aria-invalid=true]").await;
    adam.says("Nothing was saved yet").await;
    assert!(
        !adam.is_ticked("Must be changed at the next sign-in").await,
        "what was chosen stays"
    );
    adam.type_into("New password", NEW).await;
    adam.type_into("Confirm new password", NEW).await;
    adam.press("Set password").await;
    adam.says("It lasts until Bob Boatwright changes it.").await;
    adam.press("Make a temporary password").await;
    adam.press("Make it now").await;
    adam.says("It is shown only now").await;
    adam.says_nothing_of("Copy password").await;
    adam.close().await;
}

async fn in_a_stale_session_adam_proves_who_he_is_beside_the_act(portal: Portal) {
    let adam = Chromium::start(&portal).await;
    adam.sign_in("adam").await;
    portal.wait(6 * MINUTE);
    find(&adam, "ann", "Ann Archer").await;
    adam.press("Make a temporary password").await;
    adam.says("You signed in a while ago.").await;
    adam.type_into("Your own password", "not this").await;
    adam.press("Make it now").await;
    adam.says("That is not your own password.").await;
    adam.picture(&portal, "person-proof-wrong").await;
    adam.type_into("Your own password", OWN).await;
    adam.press("Make it now").await;
    adam.says("It is shown only now").await;
    // Proven just now, the next act asks for nothing.
    adam.press("Disable").await;
    adam.says_nothing_of("Your own password").await;
    adam.close().await;
    assert_eq!(portal.events("password-set").await, 1);
}

async fn adam_shuts_bob_out_and_lets_him_in_again(portal: Portal) {
    let (bob, other) = (portal.signed_in("bob").await, portal.signed_in("bob").await);
    let adam = Chromium::start(&portal).await;
    adam.sign_in("adam").await;
    find(&adam, "bob", "Bob Boatwright").await;
    adam.press("Sign out everywhere").await;
    adam.picture(&portal, "person-sign-out").await;
    adam.press("Sign out Bob Boatwright").await;
    adam.says("2 browsers of Bob Boatwright are signed out.").await;
    assert!(!bob.is_signed_in().await && !other.is_signed_in().await);
    bob.sign_in("bob@acme.example", "Harbour-Light-8").await.leads_to("/");
    adam.reload().await;
    adam.press("Disable").await;
    adam.picture(&portal, "person-disable").await;
    adam.press("Disable Bob Boatwright").await;
    adam.says("Bob Boatwright is disabled. 1 browser is signed out.").await;
    adam.picture(&portal, "person-disabled").await;
    assert!(!bob.is_signed_in().await);
    adam.open("/admin/users").await;
    adam.says("disabled").await;
    adam.picture(&portal, "people-disabled").await;
    adam.press("Audit").await;
    adam.arrives_at("/admin/audit").await;
    adam.says("Adam Alder disabled Bob Boatwright").await;
    adam.picture(&portal, "record").await;
    adam.open("/admin/users").await;
    adam.press("Bob Boatwright").await;
    adam.press("Enable").await;
    adam.press("Enable Bob Boatwright").await;
    adam.says("Bob Boatwright can sign in again.").await;
    adam.close().await;
    bob.sign_in("bob@acme.example", "Harbour-Light-8").await.leads_to("/");
}

async fn others_see_who_can_and_operators_see_all_accounts(portal: Portal) {
    portal
        .alter(query("update users set role = 'administrator' where name = 'cora'"))
        .await;
    let ann = Chromium::start(&portal).await;
    ann.sign_in("ann").await;
    ann.says_nothing_of("Administration").await;
    ann.open("/admin/users").await;
    ann.says("That is for administrators").await;
    ann.says("For Acme Boats that is up to: Adam Alder (adam@acme.example), Cora Caulker (office@acme.example).")
        .await;
    ann.picture(&portal, "error-403-administrators").await;
    ann.open("/operator/accounts").await;
    ann.says("Your provider's own staff can.").await;
    ann.picture(&portal, "error-403-operators").await;
    ann.close().await;

    let adam = Chromium::start(&portal).await;
    adam.sign_in("adam").await;
    find(&adam, "cora", "Cora Caulker").await;
    adam.says("Cora Caulker is an administrator like you.").await;
    adam.says_nothing_of("Make a temporary password").await;
    adam.picture(&portal, "person-equal").await;
    adam.close().await;

    let olivia = Chromium::start(&portal).await;
    sign_in(&olivia, "olivia", "Harbour-Light-4").await;
    olivia.arrives_at("/operator/accounts").await;
    olivia.says("Globex").await;
    olivia.picture(&portal, "accounts").await;
    olivia.type_into("Search accounts", "acme").await;
    olivia.press("Search").await;
    olivia.has(1, "tbody tr").await;
    olivia.says_nothing_of("Globex").await;
    olivia.type_into("Search accounts", "nobody like that").await;
    olivia.press("Search").await;
    olivia.says("No name or domain holds that.").await;
    olivia.picture(&portal, "accounts-none").await;
    olivia.close().await;
}
