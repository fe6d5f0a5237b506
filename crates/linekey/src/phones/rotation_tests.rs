//! Stories of new SIP passwords, and of phones that are disconnected, blocked and removed: on the page and on the wire.

use crate::clock::{DAY, HOUR};
use crate::db::query;
use crate::testing::{Answer, Browser, Portal, TestPhone, stories};

const DESK: (&str, &str) = ("ann-desk", "acme.example");
pub(super) const OLD: &str = "Demo-ann-desk-2026";

async fn desk_id(p: &Portal) -> String {
    let desk = query("select id from phones where sip_name = 'ann-desk'");
    let (id,): (String,) = desk.one(&p.app.db).await.expect("Ann's desk phone");
    id
}

pub(super) async fn desk_page(p: &Portal) -> String {
    format!("/phones/{}", desk_id(p).await)
}

pub(super) async fn desk(p: &Portal, sip_password: &str) -> TestPhone {
    TestPhone::with_password(p, DESK.0, DESK.1, sip_password).await
}

/// A new SIP password for the desk phone, as the page shows it once.
pub(super) async fn rotate(p: &Portal, ann: &Browser, hours: &str) -> String {
    let page = desk_page(p).await;
    act(p, ann, "rotate", &[("overlap_hours", hours)]).await.leads_to(&page);
    let shown = ann.get(&page).await;
    shown.says(200, "It is not shown again");
    let (_, rest) = shown.text.split_once("id=\"sip_password\">").expect("the SIP password");
    let new = rest.split('<').next().unwrap_or_default().to_owned();
    assert!(!ann.get(&page).await.text.contains(&new), "shown once");
    new
}

pub(super) async fn act(p: &Portal, browser: &Browser, act: &str, fields: &[(&str, &str)]) -> Answer {
    let id = desk_id(p).await;
    let path = match act {
        "rotate" => format!("/phones/{id}/rotate"),
        "disconnect" => format!("/phones/{id}/disconnect"),
        "allow" => format!("/phones/{id}/allow"),
        _ => format!("/phones/{id}/remove"),
    };
    browser.post(&path, fields).await
}

/// Registrations of the desk phone that are not over, as the database has them.
pub(super) async fn live(p: &Portal) -> i64 {
    p.count(query(
        "select count(*) from registrations r join phones f on f.id = r.phone_id
          where f.sip_name = 'ann-desk' and r.ended_at is null",
    ))
    .await
}

/// Waits until the registrar has done what it was told to do of phones.
pub(super) async fn orders_are_done(p: &Portal) {
    p.until(async || p.count(query("select count(*) from sip_orders")).await == 0)
        .await;
}

/// Waits until so many are live.
pub(super) async fn comes_to(p: &Portal, count: i64) {
    p.until(async || live(p).await == count).await;
}

async fn both_sip_passwords_register_until_the_new_one_is_first_used(p: Portal) {
    let ann = p.signed_in("ann").await;
    let mut old = desk(&p, OLD).await;
    assert!(old.is_registered().await);
    let new = rotate(&p, &ann, "24").await;
    assert_ne!(new, OLD);
    assert!(old.is_registered().await, "the overlap has begun");
    let page = desk_page(&p).await;
    ann.get(&page)
        .await
        .says(200, "It is connected with the SIP password it had, which works until");
    let until = query("select old_until from phones where sip_name = 'ann-desk'");
    let (until,): (i64,) = until.one(&p.app.db).await.expect("an overlap");
    let to_the_minute = crate::when::minute(&p.app.words, until, "Europe/Lisbon");
    ann.get(&page).await.says(200, &format!("works until {to_the_minute}"));
    let mut again = desk(&p, OLD).await;
    assert!(again.is_registered().await, "another device with the old one, too");
    let mut renewed = desk(&p, &new).await;
    assert!(renewed.is_registered().await);
    // From here on the old one is good for nothing, and what it registered is gone.
    comes_to(&p, 1).await;
    assert_eq!(old.register().await.status, 401);
    assert_eq!(again.register().await.status, 401);
    assert!(renewed.is_registered().await);
    orders_are_done(&p).await;
    assert_eq!(p.events("phone-rotate").await, 1);
    // A phone that still uses it is shown as that once the right one is gone.
    act(&p, &ann, "disconnect", &[]).await.leads_to(&page);
    comes_to(&p, 0).await;
    assert_eq!(old.register().await.status, 401);
    p.until(async || ann.get(&page).await.text.contains("Using an old SIP password"))
        .await;
    ann.get(&page).await.says(200, "Test phone 1.0 at 127.0.0.1");
    assert!(renewed.is_registered().await);
    p.until(async || ann.get(&page).await.text.contains("Registered now"))
        .await;
    comes_to(&p, 1).await;
    renewed.register().await;
    let outdated = || query("select count(*) from phones where outdated_at is not null");
    p.until(async || p.count(outdated()).await == 0).await;
}

async fn an_overlap_that_nobody_used_ends_by_itself(p: Portal) {
    let ann = p.signed_in("ann").await;
    let mut old = desk(&p, OLD).await;
    assert!(old.is_registered().await);
    let new = rotate(&p, &ann, "1").await;
    p.wait(HOUR - 1_000);
    assert!(old.is_registered().await);
    p.wait(2_000);
    comes_to(&p, 0).await;
    assert_eq!(old.register().await.status, 401);
    assert!(desk(&p, &new).await.is_registered().await);
}

async fn at_once_means_at_once(p: Portal) {
    let ann = p.signed_in("ann").await;
    let mut old = desk(&p, OLD).await;
    assert!(old.is_registered().await);
    let new = rotate(&p, &ann, "0").await;
    assert_eq!(old.register().await.status, 401);
    comes_to(&p, 0).await;
    let mut renewed = desk(&p, &new).await;
    assert!(renewed.is_registered().await);
}

async fn another_one_before_the_phone_knows_the_new_one_leaves_it_connected(p: Portal) {
    let ann = p.signed_in("ann").await;
    let mut phone = desk(&p, OLD).await;
    assert!(phone.is_registered().await);
    let lost = rotate(&p, &ann, "1").await;
    p.wait(HOUR / 2);
    let second = rotate(&p, &ann, "24").await;
    // The hours of the first are over, those of the second are not.
    p.wait(HOUR);
    assert!(phone.is_registered().await);
    assert_eq!(live(&p).await, 1);
    let page = desk_page(&p).await;
    ann.get(&page)
        .await
        .says(200, "It is connected with the SIP password it had, which works until");
    assert!(!desk(&p, &lost).await.is_registered().await, "nobody has it");
    // A third one ends sooner than the second would have.
    let third = rotate(&p, &ann, "1").await;
    assert!(!desk(&p, &second).await.is_registered().await);
    p.wait(HOUR + 1_000);
    comes_to(&p, 0).await;
    assert_eq!(phone.register().await.status, 401);
    p.until(async || ann.get(&page).await.text.contains("Using an old SIP password"))
        .await;
    let mut renewed = desk(&p, &third).await;
    assert!(renewed.is_registered().await);
    // Of two in a row, the one that was used stays; at once means at once here, too.
    let lost = rotate(&p, &ann, "24").await;
    let last = rotate(&p, &ann, "24").await;
    assert!(renewed.is_registered().await);
    let now = rotate(&p, &ann, "0").await;
    comes_to(&p, 0).await;
    assert_eq!(renewed.register().await.status, 401);
    for sip_password in [&lost, &last] {
        assert!(!desk(&p, sip_password).await.is_registered().await);
    }
    assert!(desk(&p, &now).await.is_registered().await);
    comes_to(&p, 1).await;
}

async fn hours_that_are_none_change_nothing(p: Portal) {
    let ann = p.signed_in("ann").await;
    let before = p.dump_everything().await;
    for hours in ["", "-1", "169", "24.5", "a day", "99999999999999999999", "\u{661}"] {
        act(&p, &ann, "rotate", &[("overlap_hours", hours)])
            .await
            .says(422, "Choose 0 to 168 hours.");
    }
    assert_eq!(p.dump_everything().await, before);
    assert!(desk(&p, OLD).await.is_registered().await);
}

async fn whoever_is_disconnected_comes_back_and_whoever_is_blocked_does_not(p: Portal) {
    let ann = p.signed_in("ann").await;
    let page = desk_page(&p).await;
    let mut phone = desk(&p, OLD).await;
    assert!(phone.is_registered().await);
    act(&p, &ann, "disconnect", &[]).await.leads_to(&page);
    ann.get(&page).await.says(200, "Desk is disconnected.");
    comes_to(&p, 0).await;
    assert!(phone.is_registered().await);
    act(&p, &ann, "disconnect", &[("block", "on")]).await.leads_to(&page);
    assert_eq!(phone.register().await.status, 401);
    comes_to(&p, 0).await;
    ann.get(&page).await.says(200, "Blocked since");
    act(&p, &ann, "allow", &[]).await.leads_to(&page);
    orders_are_done(&p).await;
    p.wait(3_000);
    assert!(phone.is_registered().await);
    assert_eq!(
        (p.events("phone-disconnect").await, p.events("phone-allow").await),
        (2, 1)
    );
}

async fn a_phone_that_is_removed_is_gone_from_the_registrar_too(p: Portal) {
    let ann = p.signed_in("ann").await;
    let mut phone = desk(&p, OLD).await;
    assert!(phone.is_registered().await);
    assert_eq!(p.registrations(), 1);
    act(&p, &ann, "remove", &[]).await.leads_to("/phones");
    ann.get("/phones").await.says(200, "Desk is removed.");
    p.until(async || p.registrations() == 0).await;
    assert_eq!(phone.register().await.status, 401);
    orders_are_done(&p).await;
    assert_eq!(
        p.count(query(
            "select count(*) from phones where label = 'Desk' and sip_name = 'ann-desk'"
        ))
        .await,
        0
    );
    assert_eq!(p.events("phone-remove").await, 1);
}

async fn nobody_does_anything_to_somebody_elses_phone(p: Portal) {
    let before = p.phone_bytes().await;
    for name in ["bob", "gina", "adam", "olivia"] {
        let browser = p.signed_in(name).await;
        for verb in ["rotate", "disconnect", "allow", "remove"] {
            let answer = act(&p, &browser, verb, &[("overlap_hours", "0")]).await;
            answer.says(404, "Nothing is here");
        }
    }
    assert_eq!(p.phone_bytes().await, before);
}

/// A retired SIP password is known for a month, and then it is any wrong one.
async fn an_old_sip_password_is_forgotten_after_a_month(p: Portal) {
    let ann = p.signed_in("ann").await;
    rotate(&p, &ann, "0").await;
    assert_eq!(desk(&p, OLD).await.register().await.status, 401);
    let outdated = || query("select count(*) from phones where outdated_at is not null");
    p.until(async || p.count(outdated()).await == 1).await;
    let known = || query("select count(*) from phones where old_hashes is not null");
    crate::jobs::sweep(&p.app).await.expect("a database");
    assert_eq!(p.count(known()).await, 1);
    p.wait(31 * DAY);
    crate::jobs::sweep(&p.app).await.expect("a database");
    assert_eq!(p.count(known()).await, 0);
    // Nobody could tell any more that it stopped using it.
    assert_eq!(p.count(outdated()).await, 0);
}

/// The portal refuses as its password what is, or just was, the SIP password of a phone.
async fn a_sip_password_that_was_replaced_is_no_portal_password(p: Portal) {
    let ann = p.signed_in("ann").await;
    let (first, second) = (rotate(&p, &ann, "0").await, rotate(&p, &ann, "24").await);
    let me = p.who(&ann).await;
    let equals = async |typed: &str| {
        let person = &me.person;
        super::equals_sip_password(&p.app, &person.account, &person.id, typed)
            .await
            .expect("a database")
    };
    assert!(equals(&first).await, "the one before");
    assert!(equals(&second).await);
    assert!(!equals(OLD).await, "the one before that is nobody's any more");
}

stories!(
    both_sip_passwords_register_until_the_new_one_is_first_used,
    an_overlap_that_nobody_used_ends_by_itself,
    at_once_means_at_once,
    another_one_before_the_phone_knows_the_new_one_leaves_it_connected,
    hours_that_are_none_change_nothing,
    whoever_is_disconnected_comes_back_and_whoever_is_blocked_does_not,
    a_phone_that_is_removed_is_gone_from_the_registrar_too,
    nobody_does_anything_to_somebody_elses_phone,
    an_old_sip_password_is_forgotten_after_a_month,
    a_sip_password_that_was_replaced_is_no_portal_password,
);
