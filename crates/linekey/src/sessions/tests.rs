//! Stories about sessions: limits, the list, ending.

use super::end;
use crate::clock::{HOUR, MINUTE, SECOND};
use crate::db::query;
use crate::error::Error;
use crate::testing::{Engine, Portal, stories};

async fn a_session_ends_when_it_is_idle_and_when_it_is_old(p: Portal) {
    let (ann, adam) = (p.signed_in("ann").await, p.signed_in("adam").await);
    p.wait(29 * MINUTE);
    assert!(ann.is_signed_in().await && adam.is_signed_in().await);
    p.wait(31 * MINUTE);
    assert!(ann.is_signed_in().await, "a user's lasts 12 hours without a request");
    assert!(!adam.is_signed_in().await, "an administrator's 30 minutes");
    p.wait(12 * HOUR);
    assert!(!ann.is_signed_in().await);

    let ann = p.signed_in("ann").await;
    for _ in 0..61 {
        assert!(ann.is_signed_in().await);
        p.wait(11 * HOUR + 50 * MINUTE);
    }
    assert!(
        !ann.is_signed_in().await,
        "used all the time it still ends after 30 days"
    );
    let (adam, olivia) = (p.signed_in("adam").await, p.signed_in("olivia").await);
    for _ in 0..29 {
        assert!(adam.is_signed_in().await && olivia.is_signed_in().await);
        p.wait(25 * MINUTE);
    }
    assert!(
        !adam.is_signed_in().await && !olivia.is_signed_in().await,
        "an administrator's and an operator's end after 12 hours"
    );
    p.signed_in("olivia").await;
    p.signed_in("ann").await;
    p.wait(31 * MINUTE);
    crate::jobs::sweep(&p.app).await.expect("a sweep");
    let left = query("select count(*) from sessions s join users u on u.id = s.user_id where u.role <> 'user'");
    assert_eq!(p.count(left).await, 0, "each row goes by the limits of its role");
    assert_eq!(p.count(query("select count(*) from sessions")).await, 1);
    p.wait(30 * 24 * HOUR);
    crate::jobs::sweep(&p.app).await.expect("a sweep");
    assert_eq!(
        p.count(query("select count(*) from sessions")).await,
        0,
        "and the row goes"
    );
}

async fn someone_sees_their_sessions_and_ends_one_or_all_others(p: Portal) {
    let ann = p.signed_in("ann").await;
    let (one, two, gina) = (
        p.signed_in("ann").await,
        p.signed_in("ann").await,
        p.signed_in("gina").await,
    );
    let list = ann.get("/account/sessions").await;
    list.says(200, "Firefox on Linux")
        .says(200, "The portal's own computer")
        .says(200, "This browser");
    assert_eq!(
        list.text.matches("/end\"").count(),
        2,
        "an End button for each of the others"
    );
    let id = list.id_after("/account/sessions/");
    ann.post(&format!("/account/sessions/{id}/end"), &[])
        .await
        .leads_to("/account/sessions");
    ann.get("/account/sessions")
        .await
        .says(200, "That browser is signed out.");
    assert_eq!(
        i32::from(one.is_signed_in().await) + i32::from(two.is_signed_in().await),
        1
    );
    ann.post("/account/sessions/end-others", &[])
        .await
        .leads_to("/account/sessions");
    ann.get("/account/sessions")
        .await
        .says(200, "1 other browser is signed out.");
    assert!(!one.is_signed_in().await && !two.is_signed_in().await && ann.is_signed_in().await);
    assert!(gina.is_signed_in().await, "nobody else's");
    assert_eq!(p.events("sessions-ended").await, 2);
    let this_one = p.signed_in("ann").await.get("/account/sessions").await;
    let id = this_one.id_after("/account/sessions/");
    assert_eq!(
        ann.post(&format!("/account/sessions/{id}/end"), &[]).await.status,
        404,
        "that is signing out"
    );
    assert!(ann.is_signed_in().await);
}

async fn another_users_session_cannot_be_ended(p: Portal) {
    let (ann, gina) = (p.signed_in("ann").await, p.signed_in("gina").await);
    let _ann_again = p.signed_in("ann").await;
    let id = ann.get("/account/sessions").await.id_after("/account/sessions/");
    let answer = gina.post(&format!("/account/sessions/{id}/end"), &[]).await;
    assert_eq!(answer.status, 404);
    assert_eq!(p.events("sessions-ended").await, 0);
    assert_eq!(ann.get("/account/sessions").await.text.matches("/end\"").count(), 1);
}

async fn the_twenty_first_session_ends_the_one_unused_longest(p: Portal) {
    let first = p.signed_in("ann").await;
    let second = p.signed_in("ann").await;
    p.wait(2 * MINUTE);
    assert!(
        first.is_signed_in().await,
        "used again, so it is not the one unused longest"
    );
    for _ in 0..19 {
        p.signed_in("ann").await;
    }
    assert!(first.is_signed_in().await);
    assert!(!second.is_signed_in().await);
    assert_eq!(p.count(query("select count(*) from sessions")).await, 20);
}

async fn signing_in_again_replaces_the_browsers_session(p: Portal) {
    let ann = p.signed_in("ann").await;
    let before = ann.cookie("linekey");
    ann.sign_in("ann@acme.example", "Harbour-Light-7").await.leads_to("/");
    assert_ne!(ann.cookie("linekey"), before);
    assert_eq!(p.count(query("select count(*) from sessions")).await, 1);
}

async fn sessions_and_registrations_survive_a_restart(p: Portal) {
    let ann = p.signed_in("ann").await;
    let mut desk = p.phone("ann-desk", "acme.example").await;
    assert!(desk.is_registered().await);
    let cookie = ann.cookie("linekey").expect("a session");
    let p = p.restart().await;
    let ann = p.browser();
    ann.set_cookie("linekey", &cookie);
    ann.get("/phones").await.says(200, "Registered now");
    assert!(desk.is_registered().await, "the phone notices nothing");
}

/// A request that was let in before its session ended changes nothing any more.
async fn what_an_ended_session_still_holds_is_let_out_again(p: Portal) {
    let (thief, owner) = (p.signed_in("ann").await, p.signed_in("ann").await);
    let let_in = p.who(&thief).await;
    owner
        .post("/account/sessions/end-others", &[])
        .await
        .leads_to("/account/sessions");
    let ended = |error: &Error| matches!(error, Error::SessionEnded);
    assert!(end::others(&p.app, &let_in).await.is_err_and(|error| ended(&error)));
    let phone = crate::phones::create::create(&p.app, &let_in, "Boathouse", "").await;
    assert!(phone.is_err_and(|error| ended(&error)));
    let page = axum::response::IntoResponse::into_response(Error::SessionEnded);
    assert_eq!(
        (page.status().as_u16(), &page.headers()["location"]),
        (303, &"/sign-in?reason=ended".parse().expect("a value"))
    );
    assert!(owner.is_signed_in().await);
    assert_eq!(p.events("phone-add").await, 0);
}

async fn whoever_saves_after_the_session_ended_is_told_and_comes_back_to_the_form(p: Portal) {
    let ann = p.signed_in("ann").await;
    p.signed_in("ann").await.post("/account/sessions/end-others", &[]).await;
    let lost = ann.change_password("Tidewater-Kestrel-1").await;
    lost.leads_to("/sign-in?next=/account/settings&reason=ended");
    ann.get(lost.location())
        .await
        .says(200, "so what you sent last was not saved");
}

async fn an_id_that_is_none_leads_nowhere(p: Portal) {
    let ann = p.signed_in("ann").await;
    for id in ["%00", "x", "%F0%9F%93%9E", "00000000-0000-0000-0000-000000000000"] {
        assert_eq!(
            ann.post(&format!("/account/sessions/{id}/end"), &[]).await.status,
            404,
            "{id}"
        );
        assert_eq!(ann.get(&format!("/phones/{id}")).await.status, 404, "{id}");
        assert_eq!(
            ann.get(&format!("/confirm?change={}", id.replace("%00", "0")))
                .await
                .status,
            409,
            "{id}"
        );
    }
}

async fn sessions_that_look_alike_are_told_apart(p: Portal) {
    let ann = p.signed_in("ann").await;
    for _ in 0..2 {
        p.wait(2 * SECOND);
        p.signed_in("ann").await;
    }
    let list = ann.get("/account/sessions").await.text;
    let mut since: Vec<_> = list
        .split("Signed in since <time")
        .skip(1)
        .filter_map(|rest| rest.split('>').nth(1)?.split('<').next())
        .collect();
    since.sort_unstable();
    since.dedup();
    assert_eq!(since.len(), 3, "{since:?}");
    let mut buttons: Vec<_> = list
        .split("<span class=\"unseen\">")
        .filter_map(|rest| {
            rest.split('<')
                .next()?
                .strip_prefix("Firefox on Linux, Signed in since ")
        })
        .collect();
    buttons.sort_unstable();
    buttons.dedup();
    assert_eq!(buttons.len(), 2, "each names what it ends: {buttons:?}");
}

stories!(
    sessions_that_look_alike_are_told_apart,
    what_an_ended_session_still_holds_is_let_out_again,
    an_id_that_is_none_leads_nowhere,
    whoever_saves_after_the_session_ended_is_told_and_comes_back_to_the_form,
    a_session_ends_when_it_is_idle_and_when_it_is_old,
    someone_sees_their_sessions_and_ends_one_or_all_others,
    another_users_session_cannot_be_ended,
    the_twenty_first_session_ends_the_one_unused_longest,
    signing_in_again_replaces_the_browsers_session,
    sessions_and_registrations_survive_a_restart,
);

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_cookies_belong_to_the_host_alone_and_http_is_never_used_again() {
    let p = Portal::start_with(Engine::Sqlite, |config| {
        config.portal.public_url = "https://portal.example".parse().expect("an origin");
    })
    .await;
    let answer = p.browser().sign_in("ann@acme.example", "Harbour-Light-7").await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-linekey="), "{cookie}");
    for part in ["; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"));
    assert!(answer.header("strict-transport-security").starts_with("max-age="));
}
