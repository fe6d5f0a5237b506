//! Stories about "Confirm it's you", the change that waits for it, and what nobody learns on the way.

use crate::clock::{HOUR, MINUTE};
use crate::db::query;
use crate::testing::{Browser, Portal, join_all, stories};

const NEW: &str = "Tidewater-Kestrel-1";
const OLD: &str = "Harbour-Light-7";
const SIP: &str = "Demo-ann-desk-2026";

async fn a_stale_session_confirms_and_the_pending_change_survives(p: Portal) {
    let ann = p.signed_in("ann").await;
    let other = p.signed_in("ann").await;
    p.wait(6 * MINUTE);
    let asked = ann.change_password(NEW).await;
    let id = asked.id_after("/confirm?change=");
    p.browser().sign_in("ann@acme.example", NEW).await.says(422, "");
    p.wait(2 * MINUTE);
    let page = ann.get(&format!("/confirm?change={id}")).await;
    page.says(200, "You asked to change your password 2 minutes ago.");
    assert!(!page.text.contains(NEW));
    let wrong = [("change", id.as_str()), ("password", "Harbour-Light-6")];
    ann.post("/confirm", &wrong)
        .await
        .says(422, "That is not your current password.");
    let right = [("change", id.as_str()), ("password", OLD)];
    ann.post("/confirm", &right).await.leads_to("/account/password/done");
    assert!(!other.is_signed_in().await);
    p.browser().sign_in("ann@acme.example", NEW).await.leads_to("/");
    assert_eq!(
        p.count(query("select count(*) from throttle where failures > 0")).await,
        2,
        "a success forgives: only the two caps of strangers remember the wrong one"
    );
    assert_eq!(
        ann.post("/confirm", &right).await.status,
        409,
        "a change is committed once"
    );
}

async fn a_pending_change_ends_by_time_by_signing_out_and_by_another_change(p: Portal) {
    let ann = p.signed_in("ann").await;
    p.wait(6 * MINUTE);
    let late = ann.change_password(NEW).await.id_after("/confirm?change=");
    p.wait(5 * MINUTE);
    ann.post("/confirm", &[("change", &late), ("password", OLD)])
        .await
        .says(409, "no longer waiting");

    let replaced = ann.change_password(NEW).await.id_after("/confirm?change=");
    ann.change_password("Tidewater-Kestrel-2").await;
    ann.post("/confirm", &[("change", &replaced), ("password", OLD)])
        .await
        .says(409, "no longer waiting");

    let gina = p.signed_in("gina").await;
    p.wait(6 * MINUTE);
    gina.change_password(NEW).await;
    let newer = ann
        .change_password("Tidewater-Kestrel-2")
        .await
        .id_after("/confirm?change=");
    let elsewhere = p.signed_in("ann").await;
    let fields = [
        ("new_password", "Tidewater-Kestrel-3"),
        ("confirm_password", "Tidewater-Kestrel-3"),
    ];
    elsewhere
        .post("/account/password", &fields)
        .await
        .leads_to("/account/password/done");
    assert_eq!(
        p.count(query("select count(*) from pending_changes")).await,
        1,
        "voided, but for what is another's"
    );
    let gone = ann
        .post("/confirm", &[("change", &newer), ("password", "Tidewater-Kestrel-3")])
        .await;
    gone.says(409, "no longer waiting");

    for otherwise in [
        "update pending_changes set credential_epoch = credential_epoch - 1",
        "update pending_changes set policy = 'standards'",
    ] {
        let bound = ann
            .change_password("Tidewater-Kestrel-4")
            .await
            .id_after("/confirm?change=");
        p.alter(query(otherwise)).await;
        ann.post("/confirm", &[("change", &bound), ("password", "Tidewater-Kestrel-3")])
            .await
            .says(409, "no longer waiting");
    }
    ann.change_password("Tidewater-Kestrel-4").await;
    p.wait(6 * MINUTE);
    crate::jobs::sweep(&p.app).await.expect("a sweep");
    assert_eq!(p.count(query("select count(*) from pending_changes")).await, 0, "swept");

    ann.change_password("Tidewater-Kestrel-4").await;
    ann.post("/sign-out", &[]).await;
    assert_eq!(p.count(query("select count(*) from pending_changes")).await, 0);
    assert_eq!(
        p.events("password-change").await,
        1,
        "only the one of the other browser"
    );
}

/// Museum row 40: what a thief left pending is never committed by a confirmation of something else.
async fn a_planted_pending_change_is_not_committed_by_another_confirmation(p: Portal) {
    let ann = p.signed_in("ann").await;
    p.wait(6 * MINUTE);
    let thief = ann.copy();
    let planted = thief
        .change_password("Thiefs-Own-Kestrel-1")
        .await
        .id_after("/confirm?change=");
    ann.post("/confirm", &[("next", "/account/sessions"), ("password", OLD)])
        .await
        .leads_to("/account/sessions");
    p.browser()
        .sign_in("ann@acme.example", "Thiefs-Own-Kestrel-1")
        .await
        .says(422, "");
    assert_eq!(p.events("password-change").await, 0);

    let gina = p.signed_in("gina").await;
    let foreign = gina
        .post("/confirm", &[("change", &planted), ("password", "Harbour-Light-2")])
        .await;
    foreign.says(409, "no longer waiting");
    let second = p.signed_in("ann").await;
    second
        .post("/confirm", &[("change", &planted), ("password", OLD)])
        .await
        .says(409, "no longer waiting");
    assert_eq!(p.events("password-change").await, 0);
}

/// Museum row 39: a stolen session learns nothing about the old password from the checklist or from Save.
async fn a_stolen_session_learns_nothing_of_the_old_password(p: Portal) {
    let ann = p.signed_in("ann").await;
    p.wait(6 * MINUTE);
    let old = ann.post("/account/password/check", &[("new_password", OLD)]).await.text;
    let near = ann
        .post("/account/password/check", &[("new_password", "Harbour-Light-6")])
        .await
        .text;
    let sip = ann.post("/account/password/check", &[("new_password", SIP)]).await.text;
    let near_sip = ann
        .post("/account/password/check", &[("new_password", "Demo-ann-desk-2025")])
        .await
        .text;
    assert_eq!((old, sip), (near, near_sip), "the checklist evaluates no stored secret");

    let say = async |typed: &str| {
        let answer = ann.change_password(typed).await;
        let place = answer.location().to_owned();
        let id = answer.id_after("/confirm?change=");
        let page = ann.get(&place).await.text.replace(&id, "ID");
        (answer.status, place.replace(&id, "ID"), page)
    };
    let guessed_right = say(OLD).await;
    let guessed_wrong = say("Harbour-Light-6").await;
    assert_eq!(guessed_right, guessed_wrong, "Save answers alike");
    for sip in [SIP, "Demo-ann-softphone-2026"] {
        assert_eq!(
            say(sip).await,
            guessed_wrong,
            "for the SIP password of any phone as well"
        );
    }
    for _ in 0..12 {
        assert_eq!(
            say(OLD).await,
            guessed_right,
            "and goes on to, so that no counter tells either"
        );
    }
    let bytes = |rows: Vec<String>| rows.iter().map(String::len).collect::<Vec<_>>();
    let right = bytes(p.pending_bytes().await);
    say("Harbour-Light-6").await;
    assert_eq!(
        bytes(p.pending_bytes().await),
        right,
        "what waits looks alike in the database"
    );
    let verdicts = query("select count(distinct verdict) from pending_changes");
    let other = p.signed_in("ann").await;
    p.wait(6 * MINUTE);
    ann.change_password(OLD).await;
    other.change_password(OLD).await;
    assert_eq!(p.count(verdicts).await, 2, "one verdict is never sealed alike twice");

    for sip in [SIP, "Demo-ann-softphone-2026"] {
        let id = ann.change_password(sip).await.id_after("/confirm?change=");
        ann.post("/confirm", &[("change", &id), ("password", OLD)])
            .await
            .leads_to("/account/settings#password");
        ann.get("/account/settings").await.says(200, "SIP password");
        p.wait(6 * MINUTE);
    }
    let id = ann.change_password(OLD).await.id_after("/confirm?change=");
    let thief = ann.copy();
    let told = ann.post("/confirm", &[("change", &id), ("password", OLD)]).await;
    assert!(!thief.is_signed_in().await, "who proved it goes on under a new token");
    told.leads_to("/account/settings#password");
    ann.get("/account/settings").await.says(200, "password you have now");
    assert_eq!(p.events("password-change").await, 0);
}

async fn the_old_password_and_a_sip_password_are_refused_ten_times_an_hour(p: Portal) {
    let ann = p.signed_in("ann").await;
    for sip in [SIP, "Demo-ann-softphone-2026"] {
        ann.change_password(sip).await.says(422, "SIP password");
    }
    for _ in 0..8 {
        ann.change_password(OLD).await.says(422, "password you have now");
    }
    let waited = ann.change_password(OLD).await;
    assert_eq!(waited.status, 429);
    assert!(!waited.header("retry-after").is_empty());
    p.wait(HOUR - MINUTE);
    let ann = p.signed_in("ann").await;
    assert_eq!(ann.change_password(OLD).await.status, 429);
    p.wait(MINUTE);
    for _ in 0..10 {
        ann.change_password(OLD).await.says(422, "password you have now");
    }
    for typed in [OLD, SIP, NEW] {
        assert_eq!(ann.change_password(typed).await.status, 429, "the same whatever it is");
    }
    p.wait(HOUR);
    let ann = p.signed_in("ann").await;
    for _ in 0..9 {
        ann.change_password(OLD).await.says(422, "password you have now");
    }
    ann.change_password(NEW).await.leads_to("/account/password/done");
    assert_eq!(ann.change_password(NEW).await.status, 422, "a success forgives");
    let bob = p.signed_in("bob").await;
    bob.change_password(SIP).await.leads_to("/account/password/done");
}

/// Museum rows 23 and 39: who holds a fresh session, and ends it before a wrong guess is saved, has ten guesses too.
async fn a_hundred_guesses_at_the_old_password_at_once_are_not_all_judged(p: Portal) {
    let (ann, adam) = (p.signed_in("ann").await, p.signed_in("adam").await);
    let id = p.who(&ann).await.person.id;
    let page = format!("/admin/users/{id}/password");
    let typed = [("new_password", OLD), ("confirm_password", OLD), ("must_change", "on")];
    for guesses in 0..12 {
        let (own, for_her) = tokio::join!(ann.change_password(OLD), adam.post(&page, &typed));
        let judged = if guesses < 10 { 422 } else { 429 };
        assert_eq!(
            (own.status.as_u16(), for_her.status.as_u16()),
            (judged, judged),
            "{guesses}"
        );
    }
    let guesses = (0..100)
        .map(|_| ann.copy())
        .map(|ann| async move { ann.change_password(OLD).await.status });
    p.wait(HOUR);
    p.alter(query(
        "update sessions set authenticated_at = authenticated_at + 3600000",
    ))
    .await;
    let mut judged = 0;
    for status in join_all(guesses.collect()).await {
        judged += usize::from(status == 422);
    }
    assert_eq!(judged, 10, "of 100");
}

async fn a_session_goes_on_when_its_confirmation_has_to_wait(p: Portal) {
    let ann = p.signed_in("ann").await;
    for _ in 0..10 {
        ann.change_password(OLD).await.says(422, "password you have now");
    }
    p.wait(6 * MINUTE);
    let id = ann.change_password(OLD).await.id_after("/confirm?change=");
    let told = ann.post("/confirm", &[("change", &id), ("password", OLD)]).await;
    assert_eq!(told.status, 429, "the eleventh within the hour");
    assert!(
        ann.is_signed_in().await,
        "the renewed session's cookie came with the refusal"
    );
}

async fn saving_and_confirming_in_many_windows_at_once_is_never_a_failure(p: Portal) {
    let ann = p.signed_in("ann").await;
    let other = p.signed_in("ann").await;
    p.wait(6 * MINUTE);
    let id = ann.change_password(NEW).await.id_after("/confirm?change=");
    let fresh = p.signed_in("ann").await;
    let save = |browser: &Browser| {
        let browser = browser.copy();
        async move { browser.change_password("Tidewater-Kestrel-2").await.status.as_u16() }
    };
    let confirm = || {
        let (browser, id) = (ann.copy(), id.clone());
        async move {
            browser
                .post("/confirm", &[("change", &id), ("password", OLD)])
                .await
                .status
                .as_u16()
        }
    };
    let (a, b, c, d, e, f) = tokio::join!(
        save(&other),
        save(&other),
        save(&fresh),
        confirm(),
        confirm(),
        save(&fresh)
    );
    for status in [a, b, c, d, e, f] {
        assert!([303, 409, 422, 429].contains(&status), "{status}");
    }
    assert_eq!(p.events("password-change").await, 1, "one of them won");
}

stories!(
    a_stale_session_confirms_and_the_pending_change_survives,
    a_pending_change_ends_by_time_by_signing_out_and_by_another_change,
    a_planted_pending_change_is_not_committed_by_another_confirmation,
    a_stolen_session_learns_nothing_of_the_old_password,
    the_old_password_and_a_sip_password_are_refused_ten_times_an_hour,
    a_hundred_guesses_at_the_old_password_at_once_are_not_all_judged,
    a_session_goes_on_when_its_confirmation_has_to_wait,
    saving_and_confirming_in_many_windows_at_once_is_never_a_failure,
);
