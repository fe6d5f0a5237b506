//! Stories of browsers that are remembered: the cookie, the list, the mail, and what forgets them.

use crate::clock::{DAY, HOUR};
use crate::db::query;
use crate::testing::{Browser, Engine, Portal, stories};

const ANN: &str = "ann@acme.example";
const OLD: &str = "Harbour-Light-7";
const NEW: &str = "Tidewater-Kestrel-1";
const COOKIE: &str = "linekey-device";

/// How many browsers are remembered as somebody's.
async fn remembered(p: &Portal, name: &str) -> i64 {
    let count = query("select count(*) from devices d join users u on u.id = d.user_id where u.name = $1");
    p.count(count.bind(name)).await
}

/// Failures in all remembered browsers together.
async fn failures(p: &Portal) -> i64 {
    p.count(query(
        "select cast(coalesce(sum(failures), 0) as bigint) as failures from devices",
    ))
    .await
}

/// A browser with the cookie of another one, signed in or not.
fn with_cookie_of(p: &Portal, browser: &Browser) -> Browser {
    let other = p.browser();
    other.set_cookie(COOKIE, &browser.cookie(COOKIE).expect("it is remembered"));
    other
}

async fn wrong(browser: &Browser, times: usize) {
    for _ in 0..times {
        browser
            .sign_in(ANN, "wrong")
            .await
            .says(422, "That name and password don't match.");
    }
}

/// Mails about new browsers that were sent or wait.
async fn told(p: &Portal) -> i64 {
    p.count(query("select count(*) from outbox where kind = 'new-browser'"))
        .await
}

async fn a_browser_is_remembered_over_signing_out_and_known_when_it_comes_back(p: Portal) {
    let ann = p.signed_in("ann").await;
    let before = ann.cookie(COOKIE).expect("a cookie");
    ann.post("/sign-out", &[]).await.leads_to("/sign-in?reason=signed-out");
    assert_eq!(ann.cookie(COOKIE).as_ref(), Some(&before), "signing out keeps it");
    p.wait(HOUR);
    ann.sign_in(ANN, OLD).await.leads_to("/");
    assert_ne!(ann.cookie(COOKIE), Some(before), "it lasts from the last sign-in on");
    assert_eq!(remembered(&p, "ann").await, 1, "the same browser");
    p.wait(179 * DAY);
    ann.sign_in(ANN, OLD).await.leads_to("/");
    assert_eq!(remembered(&p, "ann").await, 1);
    p.wait(181 * DAY);
    ann.sign_in(ANN, OLD).await.leads_to("/");
    assert_eq!(remembered(&p, "ann").await, 2, "after half a year it is a new one");
    crate::jobs::sweep(&p.app).await.expect("a sweep");
    assert_eq!(remembered(&p, "ann").await, 1, "and the old one goes");
}

async fn people_who_share_a_browser_are_each_remembered_up_to_five(p: Portal) {
    let browser = p.browser();
    let people = crate::demo::people();
    for someone in people.iter().take(6) {
        browser
            .sign_in(&someone.sign_in_name(), someone.password)
            .await
            .leads_to("/");
    }
    for someone in people.iter().skip(1).take(5) {
        browser
            .sign_in(&someone.sign_in_name(), someone.password)
            .await
            .leads_to("/");
        assert_eq!(remembered(&p, someone.name).await, 1, "{}", someone.name);
    }
    let length = browser.cookie(COOKIE).expect("a cookie").len();
    assert!(length < 400, "{length}");
    let first = &people[0];
    browser
        .sign_in(&first.sign_in_name(), first.password)
        .await
        .leads_to("/");
    assert_eq!(remembered(&p, first.name).await, 2, "of the sixth it knew nothing");
}

/// Whatever a cookie claims: without the key file's MAC it is nobody's.
async fn a_cookie_that_is_not_ours_is_worth_nothing(p: Portal) {
    let ann = p.signed_in("ann").await;
    let real = ann.cookie(COOKIE).expect("a cookie");
    let last = if real.ends_with('A') { "B" } else { "A" };
    let forged = [
        String::new(),
        "AA".to_owned(),
        "x".repeat(3000),
        format!("{}{last}", &real[..real.len() - 1]),
        format!("B{}", &real[1..]),
        real[..real.len() - 4].to_owned(),
        p.signed_in("gina").await.cookie(COOKIE).expect("a cookie"),
    ];
    for cookie in forged {
        let browser = p.browser();
        browser.set_cookie(COOKIE, &cookie);
        browser.sign_in(ANN, "wrong").await.says(422, "don't match");
        p.alter(query("delete from throttle")).await;
        assert_eq!(failures(&p).await, 0, "{cookie} is no browser of hers");
    }
    let copied = with_cookie_of(&p, &ann);
    wrong(&copied, 1).await;
    assert_eq!(failures(&p).await, 1, "the real one is");
}

/// Whoever copied the cookie has ten tries, and is a stranger then; so is its owner until the password was right.
async fn a_copied_cookie_is_worth_ten_failures(p: Portal) {
    let p = p.telling_of_new_browsers().await;
    let ann = p.signed_in("ann").await;
    let thief = with_cookie_of(&p, &ann);
    wrong(&thief, 10).await;
    wrong(&thief, 6).await;
    assert_eq!(thief.sign_in(ANN, OLD).await.status, 429, "like any stranger from here");
    ann.get("/account/sessions").await.says(200, "Not trusted");
    assert_eq!(told(&p).await, 0);
    p.wait(HOUR);
    ann.sign_in(ANN, OLD).await.leads_to("/");
    assert_eq!(told(&p).await, 1, "a browser that is not trusted is a new one");
    assert_eq!(remembered(&p, "ann").await, 1, "in place of the one that was copied");
    p.wait(HOUR);
    wrong(&ann, 9).await;
    ann.sign_in(ANN, OLD).await.leads_to("/");
    wrong(&ann, 10).await;
    assert_eq!(
        failures(&p).await,
        10,
        "a sign-in forgives the nine, and the thief's copy counts for nobody"
    );
}

async fn a_hundred_guesses_at_once_in_a_known_browser_are_not_all_judged(p: Portal) {
    let ann = p.signed_in("ann").await;
    let guesses = (0..100).map(|_| async { with_cookie_of(&p, &ann).sign_in(ANN, "wrong").await.status.as_u16() });
    let answers = crate::testing::join_all(guesses.collect()).await;
    let judged = answers.iter().filter(|status| **status == 422).count();
    assert_eq!(judged, 10 + 6, "ten as the browser, six as a stranger");
}

async fn a_new_browser_is_told_by_mail_once_a_day_and_the_first_one_is_not(p: Portal) {
    let p = p.telling_of_new_browsers().await;
    let first = p.signed_in("ann").await;
    first.sign_in(ANN, OLD).await.leads_to("/");
    assert_eq!(told(&p).await, 0, "not the first, nor a known one");
    p.signed_in("ann").await;
    assert_eq!(told(&p).await, 1);
    p.signed_in("ann").await;
    p.wait(DAY - HOUR);
    p.signed_in("ann").await;
    assert_eq!(told(&p).await, 1, "one a day");
    p.wait(2 * HOUR);
    p.signed_in("ann").await;
    assert_eq!(told(&p).await, 2);
    p.alter(query("update users set email_verified_at = null where name = 'cora'"))
        .await;
    p.signed_in("cora").await;
    p.signed_in("cora").await;
    assert_eq!(told(&p).await, 2, "nobody's address is used that is not verified");
    let mails = p.mails(2).await;
    let mail = &mails[0];
    assert_eq!((mail.kind.as_str(), mail.to.as_str()), ("new-browser", ANN));
    assert!(
        mail.text.contains("Firefox on Linux") && mail.text.contains("127.0.0.1"),
        "{}",
        mail.text
    );
}

async fn two_new_browsers_at_once_are_told_in_one_mail(p: Portal) {
    let p = p.telling_of_new_browsers().await;
    p.signed_in("ann").await;
    let browsers: Vec<_> = (0..6).map(|_| p.browser()).collect();
    crate::testing::join_all(browsers.iter().map(|browser| browser.sign_in(ANN, OLD)).collect()).await;
    assert_eq!(told(&p).await, 1);
    assert_eq!(remembered(&p, "ann").await, 7);
}

/// A mail that cannot be written is no reason to be silent: then there is no sign-in either.
async fn a_new_browser_is_told_with_its_sign_in_or_does_not_sign_in(p: Portal) {
    let p = p.telling_of_new_browsers().await;
    p.signed_in("ann").await;
    let before = p.dump_everything().await;
    match p.engine {
        Engine::Sqlite => {
            p.alter(query(
                "create trigger no_mail before insert on outbox begin select raise(abort, 'no mail'); end",
            ))
            .await;
        }
        #[cfg(feature = "outside")]
        Engine::Postgres => {
            p.alter(query("alter table outbox add check (kind <> 'new-browser')"))
                .await
        }
    }
    let refused = p.browser().sign_in(ANN, OLD).await;
    assert!(refused.status.is_server_error(), "{}", refused.status);
    assert_eq!(p.dump_everything().await, before);
}

async fn somebody_sees_the_browsers_that_are_remembered_and_forgets_one(p: Portal) {
    let (ann, phone) = (p.signed_in("ann").await, p.signed_in("ann").await);
    let gina = p.signed_in("gina").await;
    phone.post("/sign-out", &[]).await;
    let list = ann.get("/account/sessions").await;
    list.says(200, "Remembered browsers").says(200, "you get a mail");
    assert_eq!(list.text.matches("/forget\"").count(), 2);
    let forms: Vec<_> = list.text.split("/account/sessions/devices/").skip(1).collect();
    let id = &forms[1][..36];
    let forget = format!("/account/sessions/devices/{id}/forget");
    assert_eq!(gina.post(&forget, &[]).await.status, 404, "nobody else's");
    assert_eq!(ann.get(&forget).await.status, 405);
    assert_eq!(remembered(&p, "ann").await, 2);
    ann.post(&forget, &[]).await.leads_to("/account/sessions");
    ann.get("/account/sessions").await.says(
        200,
        "That browser is forgotten. When it signs in again, it counts as a new one.",
    );
    assert_eq!(ann.post(&forget, &[]).await.status, 404, "once");
    assert_eq!(p.events("browser-forgotten").await, 1);
    wrong(&phone, 1).await;
    assert_eq!(failures(&p).await, 0, "its cookie is worth nothing any more");
    p.alter(query("update users set email_verified_at = null where name = 'cora'"))
        .await;
    let cora = p.signed_in("cora").await.get("/account/sessions").await;
    assert!(
        !cora.text.contains("you get a mail"),
        "to no address that is not verified"
    );
}

/// A browser of a thief is remembered too. What ends every session ends that as well; one's own change keeps the browser
/// that made it.
async fn whoever_sets_a_password_anew_forgets_the_browsers(p: Portal) {
    let (ann, other) = (p.signed_in("ann").await, p.signed_in("ann").await);
    ann.post("/account/password", &[("new_password", NEW), ("confirm_password", NEW)])
        .await
        .leads_to("/account/password/done");
    assert_eq!(remembered(&p, "ann").await, 2, "nobody was to be signed out");
    ann.change_password("Tidewater-Kestrel-2")
        .await
        .leads_to("/account/password/done");
    assert_eq!(remembered(&p, "ann").await, 1);
    wrong(&other, 1).await;
    wrong(&ann, 1).await;
    assert_eq!(failures(&p).await, 1, "this one is left");

    let adam = p.signed_in("adam").await;
    let page = page_of(&p, "ann").await;
    adam.post(&format!("{page}/sign-out"), &[]).await.leads_to(&page);
    assert_eq!(remembered(&p, "ann").await, 1, "being signed out is no suspicion");
    let typed = [("new_password", NEW), ("confirm_password", NEW)];
    adam.post(&format!("{page}/password"), &typed).await;
    assert_eq!(remembered(&p, "ann").await, 0);
}

async fn the_twenty_first_browser_is_remembered_in_place_of_the_one_unused_longest(p: Portal) {
    let first = p.signed_in("ann").await;
    for _ in 0..20 {
        p.signed_in("ann").await;
    }
    assert_eq!(remembered(&p, "ann").await, 20);
    wrong(&first, 1).await;
    assert_eq!(failures(&p).await, 0, "the first is forgotten");
}

/// A dump of the table opens no browser's bucket: without the key file nobody makes the cookie.
async fn the_database_holds_no_cookie(p: Portal) {
    let ann = p.signed_in("ann").await;
    let cookie = ann.cookie(COOKIE).expect("a cookie");
    assert!(!p.dump_everything().await.contains(&cookie));
}

/// The page of one of the demo's people, for administrators.
async fn page_of(p: &Portal, name: &str) -> String {
    let found = query("select id from users where name = $1").bind(name);
    let (id,): (String,) = found.one(&p.app.db).await.expect("one of the demo's people");
    format!("/admin/users/{id}")
}

stories!(
    a_browser_is_remembered_over_signing_out_and_known_when_it_comes_back,
    people_who_share_a_browser_are_each_remembered_up_to_five,
    a_cookie_that_is_not_ours_is_worth_nothing,
    a_copied_cookie_is_worth_ten_failures,
    a_hundred_guesses_at_once_in_a_known_browser_are_not_all_judged,
    a_new_browser_is_told_by_mail_once_a_day_and_the_first_one_is_not,
    two_new_browsers_at_once_are_told_in_one_mail,
    a_new_browser_is_told_with_its_sign_in_or_does_not_sign_in,
    somebody_sees_the_browsers_that_are_remembered_and_forgets_one,
    whoever_sets_a_password_anew_forgets_the_browsers,
    the_twenty_first_browser_is_remembered_in_place_of_the_one_unused_longest,
    the_database_holds_no_cookie,
);

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_the_cookie_belongs_to_the_host_alone_for_half_a_year() {
    let p = Portal::start_with(Engine::Sqlite, |config| {
        config.portal.public_url = "https://portal.example".parse().expect("an origin");
    })
    .await;
    let answer = p.browser().sign_in(ANN, OLD).await;
    let cookies = answer.headers.get_all("set-cookie").iter();
    let cookie = cookies
        .filter_map(|cookie| cookie.to_str().ok())
        .find(|cookie| cookie.starts_with("__Host-linekey-device="))
        .expect("a cookie");
    for part in [
        "; Path=/",
        "; HttpOnly",
        "; SameSite=Lax",
        "; Secure",
        "; Max-Age=15552000",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"));
}
