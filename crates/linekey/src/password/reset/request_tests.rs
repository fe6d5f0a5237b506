//! Asking for a reset link, and what comes of it.

use std::time::Duration;

use reqwest::StatusCode;
use tokio::time::Instant;

use super::answer;
use super::tests::{NEW, OLD, choose, flow_of, follow, form};
use crate::clock::{HOUR, MINUTE};
use crate::db::query;
use crate::mail::Letter;
use crate::testing::{Answer, Browser, Portal, join_all, stories};

pub(super) async fn ask(browser: &Browser, email: &str) -> Answer {
    browser.post("/reset-password", &[("email", email)]).await
}

/// The newest mail, once so many are delivered; asked for by `email`.
pub(super) async fn asked(p: &Portal, browser: &Browser, email: &str, count: usize) -> Letter {
    ask(browser, email).await.leads_to("/reset-password/sent");
    p.mails(count).await.remove(0)
}

/// The paths of a mail's links, in their order.
pub(super) fn links_in(p: &Portal, mail: &Letter) -> Vec<String> {
    let origin = p.app.config.portal.public_url.origin();
    let lines = mail.text.lines().filter_map(|line| line.strip_prefix(origin));
    lines
        .filter(|path| path.starts_with("/reset-password/"))
        .map(str::to_owned)
        .collect()
}

/// The codes in a mail, in their order.
pub(super) fn codes_in(mail: &Letter) -> Vec<String> {
    let lines = mail
        .text
        .lines()
        .filter_map(|line| line.split_once("within 10 minutes: "));
    lines.map(|(_, code)| code.trim().to_owned()).collect()
}

pub(super) async fn type_code(browser: &Browser, email: &str, code: &str) -> Answer {
    browser
        .post("/reset-password/code", &[("email", email), ("code", code)])
        .await
}

/// Waits until nobody waits for an answer.
pub(super) async fn all_answered(p: &Portal) {
    p.until(async || p.count(query("select count(*) from reset_requests")).await == 0)
        .await;
}

pub(super) async fn reset_mails(p: &Portal) -> i64 {
    p.count(query("select count(*) from outbox where kind = 'reset'")).await
}

async fn the_stored_address_is_mailed_with_a_link_for_each_who_has_it(p: Portal) {
    p.alter(query(
        "update users set email = 'Office@Acme.example' where name in ('bob', 'cora')",
    ))
    .await;
    let browser = p.browser();
    let mail = asked(&p, &browser, " OFFICE@acme.example ", 1).await;
    assert_eq!(mail.to, "Office@Acme.example");
    assert!(
        mail.text
            .contains("For Bob Boatwright, who signs in as bob@acme.example")
    );
    assert!(
        mail.text
            .contains("For Cora Caulker, who signs in as cora@acme.example")
    );
    let links = links_in(&p, &mail);
    assert_eq!((links.len(), codes_in(&mail).len()), (2, 2), "{}", mail.text);
    let flow = follow(&browser, &links[1]).await;
    form(&browser, &flow).await.says(200, "For Cora Caulker");
    choose(&browser, &flow, "office@acme.example", NEW)
        .await
        .leads_to("/sign-in?reset=done");
    p.browser().sign_in("cora@acme.example", NEW).await.leads_to("/");
    assert_eq!(p.events("reset-request").await, 2, "one for each");
}

async fn two_who_write_one_address_differently_get_a_mail_each(p: Portal) {
    p.alter(query(
        "update users set email = 'Office@Acme.example' where name = 'cora'",
    ))
    .await;
    ask(&p.browser(), "office@acme.example").await;
    let mut mails = p.mails(2).await;
    mails.sort_by(|one, other| one.to.cmp(&other.to));
    let to: Vec<_> = mails.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, ["Office@Acme.example", "office@acme.example"]);
    assert!(!mails[0].text.contains("bob@") && !mails[1].text.contains("cora@"));
}

async fn what_is_no_address_is_said_at_once_and_asks_for_nothing(p: Portal) {
    let browser = p.browser();
    for text in ["", "ann", "ann@acme.example,eve@evil.example", "Ann <ann@acme.example>"] {
        let again = ask(&browser, text).await;
        assert_eq!(again.status, 422, "{text}");
        assert!(again.at_field("email").contains("Enter one e-mail address"));
    }
    assert_eq!(p.count(query("select count(*) from reset_requests")).await, 0);
    browser.get("/reset-password").await.says(200, "Reset password");
    browser.get("/sign-in").await.says(200, "href=\"/reset-password\"");
}

async fn nothing_is_mailed_to_who_may_not_sign_in_or_never_confirmed_the_address(p: Portal) {
    let browser = p.browser();
    for change in [
        "update users set disabled_at = 1 where name = 'ann'",
        "update users set disabled_at = null, email_verified_at = null where name = 'ann'",
        "update users set email_verified_at = 1 where name = 'ann'",
    ] {
        p.alter(query(change)).await;
        if change.ends_with("email_verified_at = 1 where name = 'ann'") {
            p.alter(query("update accounts set suspended_at = 1")).await;
        }
        ask(&browser, "ann@acme.example").await.leads_to("/reset-password/sent");
        all_answered(&p).await;
    }
    assert_eq!(reset_mails(&p).await, 0);
    assert_eq!(
        p.events("reset-request").await,
        1,
        "told once in a while, as of an address that nobody has"
    );
    p.alter(query("update accounts set suspended_at = null")).await;
    ask(&browser, "ann@acme.example").await;
    all_answered(&p).await;
    assert_eq!(reset_mails(&p).await, 1);
}

async fn one_address_gets_five_mails_an_hour_and_its_links_keep_working(p: Portal) {
    let (browser, stranger) = (p.browser(), p.browser());
    let mail = asked(&p, &browser, "ann@acme.example", 1).await;
    for _ in 0..6 {
        ask(&stranger, "ann@acme.example")
            .await
            .leads_to("/reset-password/sent");
        all_answered(&p).await;
    }
    assert_eq!(reset_mails(&p).await, 5);
    assert_eq!(p.mails(5).await.len(), 5);
    let told = query("select count(*) from audit_events where kind = 'reset-request' and outcome = 'delayed'");
    assert_eq!(p.count(told).await, 1);
    let flow = follow(&browser, &links_in(&p, &mail)[0]).await;
    form(&browser, &flow).await.says(200, "For Ann Archer");
    p.wait(HOUR);
    ask(&browser, "ann@acme.example").await;
    all_answered(&p).await;
    assert_eq!(reset_mails(&p).await, 6);
}

async fn five_links_of_one_user_are_good_at_once_and_a_new_one_voids_none(p: Portal) {
    let p = p.restart_with(|config| config.mail.per_address_hour = 50).await;
    let browser = p.browser();
    for count in 1..=6 {
        ask(&browser, "ann@acme.example").await;
        all_answered(&p).await;
        p.mails(count.min(5)).await;
    }
    assert_eq!(reset_mails(&p).await, 5);
    for mail in p.mails(5).await {
        let flow = follow(&browser, &links_in(&p, &mail)[0]).await;
        assert_eq!(form(&browser, &flow).await.status, 200);
    }
}

async fn one_network_may_have_twenty_mailed_and_may_ask_sixty_times(p: Portal) {
    // As if fifteen others had been mailed before.
    let address = std::net::IpAddr::from([127, 0, 0, 1]);
    for _ in 0..19 {
        crate::throttle::count(&p.app, &[crate::throttle::Bucket::ResetMailsFrom(address)])
            .await
            .expect("a count");
    }
    let browser = p.browser();
    ask(&browser, "ann@acme.example").await;
    all_answered(&p).await;
    ask(&browser, "adam@acme.example").await;
    all_answered(&p).await;
    assert_eq!(reset_mails(&p).await, 1);
    for _ in 2..60 {
        crate::throttle::count(&p.app, &[crate::throttle::Bucket::ResetRequests(address)])
            .await
            .expect("a count");
    }
    for email in ["ann@acme.example", "nobody@nowhere.example"] {
        let refused = ask(&browser, email).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert_ne!(refused.header("retry-after"), "");
    }
}

async fn a_request_waits_for_a_worker_and_two_of_them_answer_it_once(p: Portal) {
    p.without_jobs();
    let browser = p.browser();
    ask(&browser, "ann@acme.example").await.leads_to("/reset-password/sent");
    p.wait(MINUTE);
    assert!(p.count(query("select count(*) from reset_requests")).await <= 1);
    let rounds = (0..4).map(|_| answer::round(&p.app)).collect();
    for answered in join_all(rounds).await {
        answered.expect("an answer");
    }
    all_answered(&p).await;
    assert_eq!(reset_mails(&p).await, 1);
}

async fn a_request_that_nobody_can_answer_is_forgotten(p: Portal) {
    p.without_jobs();
    ask(&p.browser(), "ann@acme.example").await;
    p.alter(query("update reset_requests set due_at = due_at + 86400000"))
        .await;
    p.wait(HOUR - MINUTE);
    answer::sweep(&p.app).await.expect("a sweep");
    p.wait(2 * MINUTE);
    answer::sweep(&p.app).await.expect("a sweep");
    all_answered(&p).await;
}

async fn a_code_opens_the_link_in_the_browser_that_asked(p: Portal) {
    let browser = p.browser();
    let mail = asked(&p, &browser, "ann@acme.example", 1).await;
    let code = &codes_in(&mail)[0];
    let wrong = type_code(&p.browser(), "ann@acme.example", code).await;
    wrong.says(422, " autofocus");
    assert!(wrong.at_field("code").contains("That code doesn't fit that address"));
    assert!(!wrong.text.contains("is on its way"), "{}", wrong.text);
    type_code(&browser, "adam@acme.example", code)
        .await
        .says(422, "That code doesn't fit that address");
    let opened = type_code(&browser, "Ann@acme.example", &code.to_lowercase().replace('-', " ")).await;
    assert_eq!(opened.header("referrer-policy"), "no-referrer");
    let flow = flow_of(&opened);
    choose(&browser, &flow, "ann@acme.example", NEW)
        .await
        .leads_to("/sign-in?reset=done");
    p.browser().sign_in("ann@acme.example", NEW).await.leads_to("/");
    let link = follow(&browser, &links_in(&p, &mail)[0]).await;
    form(&browser, &link).await.says(410, super::tests::GONE);
}

async fn after_five_tries_or_ten_minutes_no_code_works_but_the_link_does(p: Portal) {
    let browser = p.browser();
    let mail = asked(&p, &browser, "ann@acme.example", 1).await;
    for _ in 0..5 {
        assert_eq!(type_code(&browser, "ann@acme.example", "2222-2222").await.status, 422);
    }
    assert_eq!(
        type_code(&browser, "ann@acme.example", &codes_in(&mail)[0])
            .await
            .status,
        422
    );
    let later = asked(&p, &browser, "ann@acme.example", 2).await;
    p.wait(10 * MINUTE);
    assert_eq!(
        type_code(&browser, "ann@acme.example", &codes_in(&later)[0])
            .await
            .status,
        422
    );
    let flow = follow(&browser, &links_in(&p, &mail)[0]).await;
    assert_eq!(form(&browser, &flow).await.status, 200);
    let missing = type_code(&browser, " ", "").await;
    assert!(missing.status == 422 && !missing.at_field("email").is_empty() && !missing.at_field("code").is_empty());
}

/// No answer is earlier than the deadline, whatever there was to do; that it is not later is measured, not tested.
async fn every_answer_takes_as_long_as_the_deadline(p: Portal) {
    let browser = p.browser();
    p.alter(query("update users set disabled_at = 1 where name = 'adam'"))
        .await;
    for email in ["ann@acme.example", "adam@acme.example", "nobody@nowhere.example"] {
        let began = Instant::now();
        ask(&browser, email).await.leads_to("/reset-password/sent");
        assert!(began.elapsed() >= Duration::from_millis(400), "{email}");
        let began = Instant::now();
        assert_eq!(type_code(&browser, email, "2222-2222").await.status, 422);
        assert!(began.elapsed() >= Duration::from_millis(400), "{email}");
    }
}

/// Museum row 20: what failed sign-ins cost stays, or a reset would be a way around it.
async fn a_new_password_does_not_end_a_delay(p: Portal) {
    let browser = p.browser();
    for _ in 0..6 {
        browser.sign_in("ann@acme.example", "x").await;
    }
    assert_eq!(browser.sign_in("ann@acme.example", OLD).await.status, 429);
    let flow = super::tests::opened(&p, &browser, "ann").await;
    choose(&browser, &flow, "ann@acme.example", NEW)
        .await
        .leads_to("/sign-in?reset=done");
    assert_eq!(browser.sign_in("ann@acme.example", NEW).await.status, 429);
}

stories!(
    the_stored_address_is_mailed_with_a_link_for_each_who_has_it,
    two_who_write_one_address_differently_get_a_mail_each,
    what_is_no_address_is_said_at_once_and_asks_for_nothing,
    nothing_is_mailed_to_who_may_not_sign_in_or_never_confirmed_the_address,
    one_address_gets_five_mails_an_hour_and_its_links_keep_working,
    five_links_of_one_user_are_good_at_once_and_a_new_one_voids_none,
    one_network_may_have_twenty_mailed_and_may_ask_sixty_times,
    a_request_waits_for_a_worker_and_two_of_them_answer_it_once,
    a_request_that_nobody_can_answer_is_forgotten,
    a_code_opens_the_link_in_the_browser_that_asked,
    after_five_tries_or_ten_minutes_no_code_works_but_the_link_does,
    every_answer_takes_as_long_as_the_deadline,
    a_new_password_does_not_end_a_delay,
);
