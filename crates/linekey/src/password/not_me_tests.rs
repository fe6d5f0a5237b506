//! Stories of "This wasn't me": rows 5, 9, 15 and 44 of the museum.

use crate::clock::{DAY, HOUR, MINUTE};
use crate::db::query;
use crate::mail::Letter;
use crate::testing::{Answer, Browser, Portal, join_all, stories};

const OWN: &str = "Harbour-Light-7";
const THIEFS: &str = "Stolen-Anchor-12";
const NEW: &str = "Tidewater-Kestrel-1";
const NAME: &str = "ann@acme.example";

/// Mails of the kind to the address, newest first, once there are `count` mails in all.
async fn mails(p: &Portal, count: usize, kind: &str, to: &str) -> Vec<Letter> {
    let all = p.mails(count).await.into_iter();
    all.filter(|mail| mail.kind == kind && mail.to == to).collect()
}

/// What was told to addresses that are nobody's any more.
async fn withdrawn(p: &Portal, count: usize) -> Vec<Letter> {
    let all = p.mails(count).await.into_iter();
    all.filter(|mail| mail.kind == "email-withdrawn").collect()
}

fn link_in(mail: &Letter, path: &str) -> String {
    let (_, rest) = mail
        .text
        .split_once(path)
        .unwrap_or_else(|| panic!("no {path}: {}", mail.text));
    format!("{path}{}", rest.lines().next().unwrap_or_default())
}

/// The button of the newest such mail.
async fn not_me(p: &Portal, count: usize, kind: &str) -> String {
    let mails = mails(p, count, kind, NAME).await;
    link_in(mails.first().expect("a mail"), "/not-me/")
}

async fn say(p: &Portal, link: &str, name: &str) -> Answer {
    p.browser().post(link, &[("username", name)]).await
}

/// Says so with the right name: a letter for each fact of the page that tells what was done.
async fn undone(p: &Portal, link: &str) -> String {
    let browser = p.browser();
    let sent = browser.post(link, &[("username", NAME)]).await;
    sent.leads_to("/not-me/done");
    let page = browser.get("/not-me/done").await;
    page.says(200, "Every browser was signed out.");
    let facts = [
        ("p", "The portal password no longer works."),
        ("e", "Your former e-mail address is back on file."),
        ("m", "A mail with a link to choose a new password is on its way to you."),
    ];
    let told = facts.into_iter().filter(|(_, said)| page.text.contains(said));
    told.map(|(letter, _)| letter).collect()
}

async fn change_email(p: &Portal, browser: &Browser, mails_before: usize, to: &str) {
    let fields = [
        ("display_name", "Ann Archer"),
        ("time_zone", "Europe/Lisbon"),
        ("email", to),
    ];
    browser
        .post("/account/settings", &fields)
        .await
        .leads_to("/account/settings?saved=email-asked");
    let mails = mails(p, mails_before + 1, "email-confirm", to).await;
    let link = link_in(mails.first().expect("a mail"), "/email/");
    say(p, &link, NAME).await.leads_to("/email/done");
}

async fn email(p: &Portal) -> (Option<String>, bool) {
    let row = query("select email, email_verified_at from users where name = 'ann'");
    let (email, since): (Option<String>, Option<i64>) = row.one(&p.app.db).await.expect("ann");
    (email, since.is_some())
}

/// Her page, for administrators.
async fn page_of_ann(p: &Portal) -> String {
    let id = query("select id from users where name = 'ann'");
    let (id,): (String,) = id.one(&p.app.db).await.expect("ann");
    format!("/admin/users/{id}")
}

async fn signs_in(p: &Portal, password: &str) -> bool {
    p.browser().sign_in(NAME, password).await.location() == "/"
}

/// Sets a password with the link of the newest reset mail, as its page does.
async fn reset_link_is_good(p: &Portal, count: usize, to: &str) -> bool {
    let mails = mails(p, count, "reset", to).await;
    let link = link_in(mails.first().expect("a reset mail"), "/reset-password/");
    let token = link.trim_start_matches("/reset-password/");
    let found = crate::links::open(&p.app, crate::links::Purpose::Reset, token).await;
    found.expect("an answer").is_some()
}

async fn whoever_says_so_ends_what_somebody_else_did(p: Portal) {
    let mut desk = p.phone("ann-desk", "acme.example").await;
    assert!(desk.is_registered().await);
    let phones = p.phone_bytes().await;
    let (home, thief) = (p.signed_in("ann").await, p.signed_in("ann").await);
    thief.change_password(THIEFS).await.leads_to("/account/password/done");
    assert!(!home.is_signed_in().await && thief.is_signed_in().await);
    let link = not_me(&p, 1, "password-changed").await;
    let before = p.dump_everything().await;
    let page = p.browser().get(&link).await;
    page.says(200, "Your portal password was changed:")
        .says(200, "The portal password stops working")
        .says(200, "Phones stay connected");
    assert!(
        !page.text.contains("ann@acme.example\""),
        "the name is asked for, not told"
    );
    p.browser().send(reqwest::Method::HEAD, &link, &[], None).await;
    assert_eq!(p.dump_everything().await, before, "looking changes nothing");

    let owner = p.browser();
    owner
        .post(&link, &[("username", " Ann@ACME.example ")])
        .await
        .leads_to("/not-me/done");
    owner
        .get("/not-me/done")
        .await
        .says(200, "Signed out everywhere")
        .says(200, "href=\"/sign-in\"")
        .says(200, "The portal password no longer works.")
        .says(200, "A mail with a link to choose a new password is on its way to you.");
    assert!(!thief.is_signed_in().await);
    assert!(!signs_in(&p, THIEFS).await && !signs_in(&p, OWN).await);
    p.browser()
        .sign_in(NAME, THIEFS)
        .await
        .says(422, "That name and password don't match.");
    assert!(reset_link_is_good(&p, 2, NAME).await);
    assert_eq!(p.events("not-me").await, 1);
    assert_eq!(p.phone_bytes().await, phones);
    assert!(desk.is_registered().await);
    let frozen = || query("select count(*) from users where frozen_until is not null");
    assert_eq!(p.count(frozen()).await, 1);
    // What the administrator sees.
    let adam = p.signed_in("adam").await;
    adam.get("/admin/users?q=archer").await.says(200, "no password");
    let person = page_of_ann(&p).await;
    adam.get(&person)
        .await
        .says(200, "None: nobody can sign in with a password until one is set.")
        .says(200, "“This wasn't me”: 1 browser was signed out");
    // The reset link leads back in, and lifts the freeze.
    let reset = mails(&p, 2, "reset", NAME).await;
    let reset = link_in(reset.first().expect("a reset mail"), "/reset-password/");
    let ann = p.browser();
    let flow = ann
        .get(&reset)
        .await
        .location()
        .rsplit('=')
        .next()
        .unwrap_or_default()
        .to_owned();
    let fields = [
        ("flow", flow.as_str()),
        ("email", NAME),
        ("new_password", NEW),
        ("confirm_password", NEW),
    ];
    ann.post("/reset-password/new", &fields)
        .await
        .leads_to("/sign-in?reset=done");
    assert!(signs_in(&p, NEW).await);
    assert_eq!(p.count(frozen()).await, 0);
    // Twice is nothing.
    say(&p, &link, NAME).await.says(410, "This link no longer works");
    p.browser().get(&link).await.says(410, "This link no longer works");
    assert!(signs_in(&p, NEW).await);
}

/// Museum row 44: a scanner's empty form, and somebody who shares the mailbox and guesses.
async fn without_the_sign_in_name_nothing_happens(p: Portal) {
    let ann = p.signed_in("ann").await;
    ann.change_password(NEW).await.leads_to("/account/password/done");
    let link = not_me(&p, 1, "password-changed").await;
    for _ in 0..10 {
        p.browser().get(&link).await.says(200, "This wasn't me");
        p.browser().post(&link, &[]).await.says(422, "Enter your sign-in name.");
        say(&p, &link, "  ").await.says(422, "Enter your sign-in name.");
    }
    let wrong = [
        "ann",
        "ann@globex.example",
        "bob@acme.example",
        "ann@acme.example.",
        "\u{ff41}nn@acme.example",
    ];
    for name in wrong {
        say(&p, &link, name).await.says(422, "That is not the sign-in name");
    }
    say(&p, &link, NAME).await.says(410, "This link no longer works");
    assert!(ann.is_signed_in().await && signs_in(&p, NEW).await);
    assert_eq!(p.events("not-me").await, 5, "each wrong name is on record");
    assert_eq!(p.mails(1).await.len(), 1);
}

/// Counted before they are judged.
async fn of_a_hundred_names_at_once_five_are_judged(p: Portal) {
    let ann = p.signed_in("ann").await;
    ann.change_password(NEW).await.leads_to("/account/password/done");
    let link = not_me(&p, 1, "password-changed").await;
    let tries = (0..100).map(|_| say(&p, &link, "bob@acme.example"));
    let judged = join_all(tries.collect())
        .await
        .into_iter()
        .filter(|answer| answer.status == 422);
    assert_eq!(judged.count(), 5);
}

async fn of_many_who_say_so_at_once_one_does_it(p: Portal) {
    let ann = p.signed_in("ann").await;
    ann.change_password(THIEFS).await.leads_to("/account/password/done");
    let link = not_me(&p, 1, "password-changed").await;
    let all = join_all((0..4).map(|_| say(&p, &link, NAME)).collect()).await;
    assert_eq!(all.iter().filter(|answer| answer.status == 303).count(), 1);
    assert_eq!(p.events("not-me").await, 1);
    assert_eq!(p.mails(2).await.len(), 2);
}

async fn a_password_that_was_set_since_stays(p: Portal) {
    let ann = p.signed_in("ann").await;
    ann.change_password(THIEFS).await.leads_to("/account/password/done");
    let link = not_me(&p, 1, "password-changed").await;
    ann.change_password(NEW).await.leads_to("/account/password/done");
    p.browser()
        .get(&link)
        .await
        .says(200, "Your portal password stays: another one was set since.");
    assert_eq!(undone(&p, &link).await, "m");
    assert!(!ann.is_signed_in().await, "every session ends");
    assert!(signs_in(&p, NEW).await);
    assert!(reset_link_is_good(&p, 3, NAME).await);
}

async fn where_there_is_no_password_none_is_said_to_stay(p: Portal) {
    let ann = p.signed_in("ann").await;
    ann.change_password(THIEFS).await.leads_to("/account/password/done");
    let link = not_me(&p, 1, "password-changed").await;
    p.alter(query(
        "update users set password_hash = null, password_set_at = null, credential_epoch = credential_epoch + 1
          where name = 'ann'",
    ))
    .await;
    let page = p.browser().get(&link).await;
    assert!(!page.text.contains("password stays"), "{}", page.text);
    page.says(200, "There is no portal password to stop.");
    assert_eq!(undone(&p, &link).await, "m");
    let mails = mails(&p, 2, "reset", NAME).await;
    let text = mails.first().expect("a reset mail").text.replace('\n', " ");
    assert!(text.contains("was used in a mail about your access"), "{text}");
    assert!(
        !text.contains("If you did not ask") && !text.contains("stays as it is"),
        "{text}"
    );
}

async fn a_change_of_address_is_put_back_and_the_thief_is_out(p: Portal) {
    let thief = p.signed_in("ann").await;
    change_email(&p, &thief, 0, "thief@evil.example").await;
    let link = not_me(&p, 3, "email-change").await;
    p.browser()
        .get(&link)
        .await
        .says(200, "Your e-mail address was changed:")
        .says(200, "ann@acme.example is your e-mail address again.");
    // The thief goes on: another password, whose mail goes to the new address, and another address yet.
    thief.change_password(THIEFS).await.leads_to("/account/password/done");
    change_email(&p, &thief, 4, "thief2@evil.example").await;
    let thiefs = mails(&p, 7, "email-change", "thief@evil.example").await;
    let thiefs = link_in(thiefs.first().expect("a mail"), "/not-me/");
    assert_eq!(email(&p).await, (Some("thief2@evil.example".to_owned()), true));

    assert_eq!(undone(&p, &link).await, "pem");
    assert_eq!(email(&p).await, (Some(NAME.to_owned()), true));
    assert!(!thief.is_signed_in().await && !signs_in(&p, THIEFS).await);
    assert!(reset_link_is_good(&p, 9, NAME).await);
    // The address that is nobody's any more is told so, and whose it was is not.
    let told = withdrawn(&p, 9).await;
    let to: Vec<_> = told.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, ["thief2@evil.example"]);
    for part in [&told[0].subject, &told[0].text, &told[0].html] {
        assert!(!part.contains("Ann") && !part.contains(NAME), "{part}");
    }
    // What the thief was mailed meanwhile undoes nothing.
    p.browser().get(&thiefs).await.says(410, "This link no longer works");
    say(&p, &thiefs, NAME).await.says(410, "This link no longer works");
    assert_eq!(email(&p).await, (Some(NAME.to_owned()), true));
}

/// Were the thief's own mail used first, the owner's still counts: it is about what came before.
async fn a_thief_who_says_so_first_gains_nothing(p: Portal) {
    let thief = p.signed_in("ann").await;
    change_email(&p, &thief, 0, "thief@evil.example").await;
    let owners = not_me(&p, 3, "email-change").await;
    change_email(&p, &thief, 3, "thief2@evil.example").await;
    let thiefs = mails(&p, 6, "email-change", "thief@evil.example").await;
    let thiefs = link_in(thiefs.first().expect("a mail"), "/not-me/");
    assert_eq!(undone(&p, &thiefs).await, "pem");
    assert_eq!(email(&p).await, (Some("thief@evil.example".to_owned()), true));
    assert!(reset_link_is_good(&p, 8, "thief@evil.example").await);
    assert_eq!(undone(&p, &owners).await, "em");
    assert_eq!(email(&p).await, (Some(NAME.to_owned()), true));
    assert!(
        !reset_link_is_good(&p, 10, "thief@evil.example").await,
        "what was mailed to the thief is void"
    );
    assert!(reset_link_is_good(&p, 10, NAME).await);
}

async fn an_address_that_was_changed_after_the_password_comes_back_with_it(p: Portal) {
    let thief = p.signed_in("ann").await;
    thief.change_password(THIEFS).await.leads_to("/account/password/done");
    let link = not_me(&p, 1, "password-changed").await;
    change_email(&p, &thief, 1, "thief@evil.example").await;
    assert_eq!(undone(&p, &link).await, "pem");
    assert_eq!(email(&p).await, (Some(NAME.to_owned()), true));
    assert!(reset_link_is_good(&p, 6, NAME).await);
    assert_eq!(withdrawn(&p, 6).await.len(), 1);
}

async fn an_address_that_an_administrator_put_on_file_since_stays(p: Portal) {
    let ann = p.signed_in("ann").await;
    change_email(&p, &ann, 0, "ann@home.example").await;
    let link = not_me(&p, 3, "email-change").await;
    p.alter(query(
        "update users set email = 'by-adam@acme.example', email_key = 'by-adam@acme.example', credential_epoch = 9
          where name = 'ann'",
    ))
    .await;
    assert_eq!(undone(&p, &link).await, "m");
    assert_eq!(email(&p).await, (Some("by-adam@acme.example".to_owned()), true));
}

async fn a_frozen_address_is_not_changed_until_the_freeze_is_over_or_lifted(p: Portal) {
    let ann = p.signed_in("ann").await;
    ann.change_password(THIEFS).await.leads_to("/account/password/done");
    let first = not_me(&p, 1, "password-changed").await;
    ann.change_password(NEW).await.leads_to("/account/password/done");
    assert_eq!(undone(&p, &first).await, "m");
    let wish = async |browser: &Browser, email: &str| {
        let fields = [
            ("display_name", "Ann Anchor"),
            ("time_zone", "Europe/Lisbon"),
            ("email", email),
            ("without_email", "on"),
        ];
        browser.post("/account/settings", &fields).await
    };
    let ann = p.browser();
    ann.sign_in(NAME, NEW).await.leads_to("/");
    for email in ["ann@home.example", ""] {
        let told = wish(&ann, email).await;
        told.says(422, "can't be changed until");
        assert!(told.at_field("email").contains("This wasn't me"));
    }
    ann.get("/account/settings").await.says(200, "Ann Archer");
    assert_eq!(p.events("email-ask").await + p.events("email-remove").await, 0);
    // Her own change of password does not lift it: a thief could do that too.
    ann.change_password("Seven-Lanterns-Out")
        .await
        .leads_to("/account/password/done");
    wish(&ann, "ann@home.example").await.says(422, "can't be changed until");
    // An administrator's does.
    let adam = p.signed_in("adam").await;
    let person = page_of_ann(&p).await;
    let fields = [("new_password", OWN), ("confirm_password", OWN), ("must_change", "off")];
    adam.post(&format!("{person}/password"), &fields)
        .await
        .leads_to(&person);
    let ann = p.browser();
    ann.sign_in(NAME, OWN).await.leads_to("/");
    wish(&ann, "ann@home.example")
        .await
        .leads_to("/account/settings?saved=email-asked");
}

async fn a_freeze_ends_by_itself_after_a_day(p: Portal) {
    let ann = p.signed_in("ann").await;
    ann.change_password(THIEFS).await.leads_to("/account/password/done");
    let first = not_me(&p, 1, "password-changed").await;
    ann.change_password(NEW).await.leads_to("/account/password/done");
    assert_eq!(undone(&p, &first).await, "m");
    for (wait, status) in [(DAY - MINUTE, 422), (MINUTE, 303)] {
        p.wait(wait);
        let ann = p.browser();
        ann.sign_in(NAME, NEW).await.leads_to("/");
        let fields = [
            ("display_name", "Ann"),
            ("time_zone", "UTC"),
            ("email", "ann@home.example"),
        ];
        assert_eq!(ann.post("/account/settings", &fields).await.status, status);
    }
}

/// What somebody else left waiting: a change of password, a change of address, a reset link and a mail still to leave.
async fn everything_that_waits_is_void(p: Portal) {
    let (thief, ann) = (p.signed_in("ann").await, p.signed_in("ann").await);
    ann.change_password(NEW).await.leads_to("/account/password/done");
    let link = not_me(&p, 1, "password-changed").await;
    drop(thief);
    let thief = p.browser();
    thief.sign_in(NAME, NEW).await.leads_to("/");
    let fields = [
        ("display_name", "Ann"),
        ("time_zone", "UTC"),
        ("email", "thief@evil.example"),
    ];
    thief
        .post("/account/settings", &fields)
        .await
        .leads_to("/account/settings?saved=email-asked");
    let mails = mails(&p, 2, "email-confirm", "thief@evil.example").await;
    let confirms = link_in(mails.first().expect("a mail"), "/email/");
    p.wait(6 * MINUTE);
    // A reset link that somebody asked for, in a mail that has to wait.
    p.alter(query(
        "insert into outbox (id, account_id, user_id, kind, to_address, parameters, created_at, due_at)
         select 'waits', account_id, id, 'reset', 'thief@evil.example', '{}', created_at, 9000000000000000
           from users where name = 'ann'",
    ))
    .await;
    let waiting = thief.change_password(THIEFS).await.location().to_owned();
    assert!(waiting.starts_with("/confirm?change="));
    assert_eq!(undone(&p, &link).await, "pm");
    assert_eq!(p.count(query("select count(*) from pending_changes")).await, 0);
    assert_eq!(p.count(query("select count(*) from email_changes")).await, 0);
    let told = withdrawn(&p, 4).await;
    let to: Vec<_> = told.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, ["thief@evil.example"], "it was asked for, and never confirmed");
    let still = query("select count(*) from outbox where id = 'waits' and due_at is not null");
    assert_eq!(p.count(still).await, 0);
    p.browser()
        .post(&confirms, &[("username", NAME)])
        .await
        .says(410, "This link no longer works");
    assert!(!thief.is_signed_in().await);
}

async fn the_link_is_good_for_three_days_and_for_its_user_while_they_may_sign_in(p: Portal) {
    let ann = p.signed_in("ann").await;
    ann.change_password(NEW).await.leads_to("/account/password/done");
    let link = not_me(&p, 1, "password-changed").await;
    p.wait(3 * DAY - HOUR);
    p.browser().get(&link).await.says(200, "This wasn't me");
    p.alter(query("update users set disabled_at = 1 where name = 'ann'"))
        .await;
    say(&p, &link, NAME).await.says(410, "This link no longer works");
    p.alter(query("update users set disabled_at = null where name = 'ann'"))
        .await;
    p.wait(HOUR);
    say(&p, &link, NAME).await.says(410, "This link no longer works");
    assert!(signs_in(&p, NEW).await);
}

/// A browser that its owner does not know: whoever signed in with it knows the password.
async fn a_sign_in_that_was_not_mine_ends_and_the_password_with_it(p: Portal) {
    p.alter(query("update users set new_browser_at = 0 where name = 'ann'"))
        .await;
    let thief = p.signed_in("ann").await;
    let link = not_me(&p, 1, "new-browser").await;
    p.browser()
        .get(&link)
        .await
        .says(200, "A new browser was signed in as you:");
    assert_eq!(undone(&p, &link).await, "pm");
    assert!(!thief.is_signed_in().await && !signs_in(&p, OWN).await);
}

/// Anybody can write an address, and send it to somebody else.
async fn what_was_done_is_told_to_the_browser_that_did_it_for_five_minutes(p: Portal) {
    let ann = p.signed_in("ann").await;
    ann.change_password(NEW).await.leads_to("/account/password/done");
    let link = not_me(&p, 1, "password-changed").await;
    for page in ["/not-me/done", "/not-me/done?did=pem"] {
        p.browser().get(page).await.leads_to("/sign-in");
    }
    let owner = p.browser();
    owner.post(&link, &[("username", NAME)]).await.leads_to("/not-me/done");
    for _ in 0..2 {
        owner.get("/not-me/done").await.says(200, "Signed out everywhere");
    }
    let carried = owner.cookie("linekey-flash").expect("it carries what was done");
    let forger = p.browser();
    forger.set_cookie("linekey-flash", &carried.replace(&carried[..4], "AAAA"));
    forger.get("/not-me/done").await.leads_to("/sign-in");
    p.browser().get("/not-me/done").await.leads_to("/sign-in");
    p.wait(5 * MINUTE);
    owner.get("/not-me/done").await.leads_to("/sign-in");
}

/// Once, at the field, which has the focus; nothing was about to be saved.
async fn a_wrong_name_is_said_once_at_its_field(p: Portal) {
    let ann = p.signed_in("ann").await;
    ann.change_password(NEW).await.leads_to("/account/password/done");
    let link = not_me(&p, 1, "password-changed").await;
    let again = say(&p, &link, "bob@acme.example").await;
    again.says(422, " autofocus");
    assert!(again.at_field("username").contains("That is not the sign-in name"));
    assert_eq!(again.text.matches("That is not the sign-in name").count(), 1);
    assert!(!again.text.contains("Nothing was saved yet"), "{}", again.text);
}

async fn without_an_address_the_page_says_whom_to_ask(p: Portal) {
    let ann = p.signed_in("ann").await;
    ann.change_password(NEW).await.leads_to("/account/password/done");
    let link = not_me(&p, 1, "password-changed").await;
    p.alter(query(
        "update users set email = null, email_key = null, email_verified_at = null where name = 'ann'",
    ))
    .await;
    p.browser()
        .get(&link)
        .await
        .says(200, "ask your administrator for a new password");
    let ann = p.browser();
    ann.post(&link, &[("username", NAME)]).await.leads_to("/not-me/done");
    ann.get("/not-me/done")
        .await
        .says(200, "Ask your administrator for a new password now.");
    assert_eq!(p.mails(1).await.len(), 1);
}

stories!(
    what_was_done_is_told_to_the_browser_that_did_it_for_five_minutes,
    a_wrong_name_is_said_once_at_its_field,
    where_there_is_no_password_none_is_said_to_stay,
    a_sign_in_that_was_not_mine_ends_and_the_password_with_it,
    whoever_says_so_ends_what_somebody_else_did,
    without_the_sign_in_name_nothing_happens,
    of_a_hundred_names_at_once_five_are_judged,
    of_many_who_say_so_at_once_one_does_it,
    a_password_that_was_set_since_stays,
    a_change_of_address_is_put_back_and_the_thief_is_out,
    a_thief_who_says_so_first_gains_nothing,
    an_address_that_was_changed_after_the_password_comes_back_with_it,
    an_address_that_an_administrator_put_on_file_since_stays,
    a_frozen_address_is_not_changed_until_the_freeze_is_over_or_lifted,
    a_freeze_ends_by_itself_after_a_day,
    everything_that_waits_is_void,
    the_link_is_good_for_three_days_and_for_its_user_while_they_may_sign_in,
    without_an_address_the_page_says_whom_to_ask,
);
