//! Stories about administrators: whom they find, what they do for people, and what they may not.

use crate::clock::{HOUR, MINUTE};
use crate::db::query;
use crate::testing::{Browser, Portal, stories};

const TEMPORARY: &[(&str, &str)] = &[("temporary", "on")];

/// The page of one of the demo's people, `/admin/users/{id}`.
async fn page_of(p: &Portal, name: &str) -> String {
    let (id,): (String,) = query("select id from users where name = $1")
        .bind(name)
        .one(&p.app.db)
        .await
        .expect("one of the demo's people");
    format!("/admin/users/{id}")
}

/// Makes a temporary password and reads it from the page that shows it once.
async fn temporary_password(adam: &Browser, page: &str) -> String {
    adam.post(&format!("{page}/password"), TEMPORARY).await.leads_to(page);
    let shown = adam.get(page).await;
    let (_, rest) = shown.text.split_once("id=\"temporary\">").expect("it is shown");
    rest.split('<').next().expect("a password").to_owned()
}

async fn an_administrator_finds_people_of_the_account_and_nobody_elses(p: Portal) {
    let adam = p.signed_in("adam").await;
    adam.get("/admin").await.leads_to("/admin/users");
    let all = adam.get("/admin/users").await;
    for name in ["Ann Archer", "Bob Boatwright", "Cora Caulker", "Adam Alder"] {
        all.says(200, name);
    }
    assert!(!all.text.contains("Gina"), "another account's person is not listed");
    for (typed, found, not) in [
        ("ARCHER", "Ann Archer", "Bob Boatwright"),
        ("bob%40acme.example", "Bob Boatwright", "Ann Archer"),
        ("office@", "Cora Caulker", "Ann Archer"),
        ("202", "Bob Boatwright", "Ann Archer"),
        ("%25", "Nobody found", "Ann Archer"),
    ] {
        let page = adam.get(&format!("/admin/users?q={typed}")).await;
        page.says(200, found);
        assert!(!page.text.contains(not), "{typed} does not find {not}");
    }
}

async fn a_temporary_password_ends_the_old_one_and_must_be_changed_before_anything_else(p: Portal) {
    let mut desk = p.phone("ann-desk", "acme.example").await;
    desk.register().await;
    let before = p.phone_bytes().await;
    let ann = p.signed_in("ann").await;
    let adam = p.signed_in("adam").await;
    let page = page_of(&p, "ann").await;
    let temporary = temporary_password(&adam, &page).await;
    assert!(!adam.get(&page).await.text.contains(&temporary), "it is shown once");

    assert!(!ann.is_signed_in().await, "the person's sessions have ended");
    let browser = p.browser();
    browser
        .sign_in("ann@acme.example", "Harbour-Light-7")
        .await
        .says(422, "That name and password don't match.");
    browser.sign_in("ann@acme.example", &temporary).await.leads_to("/");
    for elsewhere in ["/", "/phones", "/account/sessions"] {
        browser.get(elsewhere).await.leads_to("/account/settings#password");
    }
    browser.change_password("Tidewater-Kestrel-1").await;
    browser.get("/phones").await.says(200, "Desk");
    p.browser()
        .sign_in("ann@acme.example", &temporary)
        .await
        .says(422, "That name and password don't match.");
    assert_eq!(p.phone_bytes().await, before, "no phone noticed any of it");
    let told = query(
        "select count(*) from audit_events e join users a on a.id = e.actor_id join users s on s.id = e.subject_id
          where e.kind = 'password-set' and e.outcome = 'done' and a.name = 'adam' and s.name = 'ann'",
    );
    assert_eq!(p.count(told).await, 1);
    let mailed = query("select count(*) from outbox where kind = 'password-set' and to_address = 'ann@acme.example'");
    assert_eq!(p.count(mailed).await, 1);
}

async fn a_temporary_password_is_over_after_three_days(p: Portal) {
    let adam = p.signed_in("adam").await;
    let temporary = temporary_password(&adam, &page_of(&p, "ann").await).await;
    p.wait(72 * HOUR);
    p.browser()
        .sign_in("ann@acme.example", &temporary)
        .await
        .says(422, "That temporary password has expired.");
    p.browser()
        .sign_in("ann@acme.example", "Not-the-one-1")
        .await
        .says(422, "That name and password don't match.");
}

async fn who_guessed_too_often_gets_in_with_the_password_that_was_set(p: Portal) {
    let ann = p.browser();
    for _ in 0..8 {
        ann.sign_in("ann@acme.example", "Forgotten-1").await;
    }
    ann.sign_in("ann@acme.example", "Harbour-Light-7")
        .await
        .says(429, "Too many tries.");
    let adam = p.signed_in("adam").await;
    let temporary = temporary_password(&adam, &page_of(&p, "ann").await).await;
    ann.sign_in("ann@acme.example", &temporary).await.leads_to("/");
}

async fn a_typed_password_may_last_if_somebody_says_so(p: Portal) {
    let adam = p.signed_in("adam").await;
    let page = page_of(&p, "ann").await;
    for must_change in ["", "true", "ON", "0"] {
        let fields = [
            ("new_password", "Tidewater-Kestrel-2"),
            ("confirm_password", "Tidewater-Kestrel-2"),
            ("must_change", must_change),
        ];
        let fields = if must_change.is_empty() {
            &fields[..2]
        } else {
            &fields[..]
        };
        p.alter(query("update users set password_hash = null where name = 'ann'"))
            .await;
        adam.post(&format!("{page}/password"), fields).await.leads_to(&page);
        adam.get(&page).await.says(200, "must be changed at the next sign-in.");
    }
    let fields = [
        ("new_password", "Tidewater-Kestrel-1"),
        ("confirm_password", "Tidewater-Kestrel-1"),
        ("must_change", "off"),
    ];
    adam.post(&format!("{page}/password"), &fields).await.leads_to(&page);
    adam.get(&page).await.says(200, "It lasts until Ann Archer changes it.");
    p.wait(72 * HOUR);
    let ann = p.browser();
    ann.sign_in("ann@acme.example", "Tidewater-Kestrel-1")
        .await
        .leads_to("/");
    ann.get("/phones").await.says(200, "Desk");
}

async fn in_a_session_that_is_not_fresh_the_own_password_is_asked_for(p: Portal) {
    let (ann, adam) = (p.signed_in("ann").await, p.signed_in("adam").await);
    let page = page_of(&p, "ann").await;
    let session = p.who(&ann).await.session;
    p.wait(6 * MINUTE);
    let end = format!("sessions/{session}/end");
    for act in ["password", "sign-out", "disable", "enable", &end] {
        adam.post(&format!("{page}/{act}"), TEMPORARY)
            .await
            .says(422, "Enter your own password");
    }
    for act in ["password", "sign-out", "disable"] {
        let wrong = [("temporary", "on"), ("your_password", "Harbour-Light-7")];
        adam.post(&format!("{page}/{act}"), &wrong)
            .await
            .says(422, "That is not your own password.");
    }
    assert!(ann.is_signed_in().await);
    let acts = "select count(*) from audit_events where kind in ('password-set', 'user-disable', 'signed-out')";
    assert_eq!(p.count(query(acts)).await, 0);
    let right = [("temporary", "on"), ("your_password", "Harbour-Light-1")];
    adam.post(&format!("{page}/password"), &right).await.leads_to(&page);
    adam.get(&page).await.says(200, "It is shown only now");
}

/// Whoever set it knows it: nothing that began with it outlives it, and it proves nothing after its time.
async fn a_temporary_password_leaves_nothing_behind(p: Portal) {
    let adam = p.signed_in("adam").await;
    let page = page_of(&p, "ann").await;
    let temporary = temporary_password(&adam, &page).await;
    let (ann, other) = (p.browser(), p.browser());
    for browser in [&ann, &other] {
        browser.sign_in("ann@acme.example", &temporary).await.leads_to("/");
    }
    let kept = [
        ("new_password", "Tidewater-Kestrel-1"),
        ("confirm_password", "Tidewater-Kestrel-1"),
    ];
    ann.post("/account/password", &kept)
        .await
        .leads_to("/account/password/done");
    assert!(
        ann.is_signed_in().await && !other.is_signed_in().await,
        "asked for or not"
    );

    let temporary = temporary_password(&p.signed_in("adam").await, &page).await;
    p.wait(71 * HOUR);
    let ann = p.browser();
    ann.sign_in("ann@acme.example", &temporary).await.leads_to("/");
    p.wait(2 * HOUR);
    let change = ann
        .change_password("Tidewater-Kestrel-2")
        .await
        .id_after("/confirm?change=");
    ann.post("/confirm", &[("change", &change), ("password", &temporary)])
        .await
        .says(422, "That temporary password has expired.");
}

/// A proof gives the session a new token: it reaches the browser with every answer, whatever the act comes to.
async fn whoever_proved_who_they_are_stays_signed_in_whatever_comes_of_the_act(p: Portal) {
    p.alter(query("update users set disabled_at = 1 where name = 'cora'"))
        .await;
    let (of_ann, of_cora) = (page_of(&p, "ann").await, page_of(&p, "cora").await);
    let nobody = format!("{of_ann}/sessions/0198c0de-0000-7000-8000-000000000000/end");
    let own = ("your_password", "Harbour-Light-1");
    let short = [("new_password", "short"), ("confirm_password", "short"), own];
    for (path, fields, status, says) in [
        (
            format!("{of_cora}/password"),
            vec![TEMPORARY[0], own],
            403,
            "Enable Cora Caulker first.",
        ),
        (nobody, vec![own], 404, "Nothing is here"),
        (
            format!("{of_ann}/password"),
            short.to_vec(),
            422,
            "Nothing was saved yet",
        ),
    ] {
        let adam = p.signed_in("adam").await;
        p.wait(6 * MINUTE);
        let answer = adam.post(&path, &fields).await;
        answer.says(status, says);
        assert!(
            !answer.text.contains("name=\"your_password\""),
            "{path}: proven just now"
        );
        assert!(adam.is_signed_in().await, "{path}");
        assert!(
            !adam.get(&of_ann).await.text.contains("name=\"your_password\""),
            "{path}"
        );
    }
}

async fn what_is_not_ones_to_do_is_on_record_once_in_ten_minutes(p: Portal) {
    p.alter(query("update users set role = 'administrator' where name = 'bob'"))
        .await;
    let (adam, of_bob) = (p.signed_in("adam").await, page_of(&p, "bob").await);
    let refused = || query("select count(*) from audit_events where outcome = 'refused'");
    let mut told = 0;
    for minutes in [0, 1, 8, 2] {
        p.wait(minutes * MINUTE);
        adam.get("/operator/accounts").await.says(403, "staff");
        for act in ["password", "disable"] {
            adam.post(&format!("{of_bob}/{act}"), TEMPORARY)
                .await
                .says(403, "Bob Boatwright is an administrator like you.");
        }
        if minutes != 1 && minutes != 8 {
            told += 3;
        }
        assert_eq!(p.count(refused()).await, told, "after {minutes} more minutes");
    }
}

/// Museum row 27: what a disabled user holds dies at once.
async fn someone_disabled_is_out_at_once_and_can_be_let_in_again(p: Portal) {
    let (ann, adam) = (p.signed_in("ann").await, p.signed_in("adam").await);
    let mut desk = p.phone("ann-desk", "acme.example").await;
    assert!(desk.is_registered().await);
    let before = p.registrations();
    let page = page_of(&p, "ann").await;
    adam.post(&format!("{page}/disable"), &[]).await.leads_to(&page);
    adam.get(&page)
        .await
        .says(200, "Ann Archer is disabled. 1 browser is signed out.");
    // The phone does not have to ask first.
    p.until(async || p.registrations() == before - 1).await;
    assert_eq!(desk.register().await.status, 401);
    assert!(!ann.is_signed_in().await);
    p.browser()
        .sign_in("ann@acme.example", "Harbour-Light-7")
        .await
        .says(422, "That name and password don't match.");
    adam.post(&format!("{page}/password"), TEMPORARY)
        .await
        .says(403, "Enable Ann Archer first.");
    adam.post(&format!("{page}/enable"), &[]).await.leads_to(&page);
    p.browser()
        .sign_in("ann@acme.example", "Harbour-Light-7")
        .await
        .leads_to("/");
    assert_eq!((p.events("user-disable").await, p.events("user-enable").await), (1, 1));
}

async fn an_administrator_ends_one_session_or_all(p: Portal) {
    let (one, other, adam) = (
        p.signed_in("ann").await,
        p.signed_in("ann").await,
        p.signed_in("adam").await,
    );
    let page = page_of(&p, "ann").await;
    let session = adam.get(&page).await.id_after(&format!("{page}/sessions/"));
    adam.post(&format!("{page}/sessions/{session}/end"), &[])
        .await
        .leads_to(&page);
    let left = [one.is_signed_in().await, other.is_signed_in().await];
    assert_eq!(left.iter().filter(|signed_in| **signed_in).count(), 1);
    adam.post(&format!("{page}/sign-out"), &[]).await.leads_to(&page);
    assert!(!one.is_signed_in().await && !other.is_signed_in().await);
}

/// Museum row 13: across accounts there is nobody, upwards and sideways it is refused.
async fn administrators_act_on_people_of_their_account_alone(p: Portal) {
    let adam = p.signed_in("adam").await;
    p.alter(query("update users set role = 'administrator' where name = 'bob'"))
        .await;
    for (name, status, said) in [
        ("gina", 404, "Nothing is here"),
        ("gus", 404, "Nothing is here"),
        ("olivia", 404, "Nothing is here"),
        ("bob", 403, "is an administrator like you"),
        ("adam", 403, "That is you."),
    ] {
        let page = page_of(&p, name).await;
        for act in ["password", "sign-out", "disable", "enable"] {
            let answer = adam.post(&format!("{page}/{act}"), TEMPORARY).await;
            answer.says(status, said);
        }
    }
    let done = query("select count(*) from audit_events where outcome = 'done' and kind not in ('sign-in')");
    assert_eq!(p.count(done).await, 0, "nothing was done to anyone");
}

async fn the_record_of_the_account_is_there_to_read(p: Portal) {
    let (_ann, adam, gus) = (
        p.signed_in("ann").await,
        p.signed_in("adam").await,
        p.signed_in("gus").await,
    );
    let page = page_of(&p, "ann").await;
    adam.post(&format!("{page}/disable"), &[]).await.leads_to(&page);
    let all = adam.get("/admin/audit").await;
    all.says(200, "Adam Alder disabled Ann Archer").says(200, "Signed in");
    adam.get("/admin/audit?kind=user-disable")
        .await
        .says(200, "Adam Alder disabled Ann Archer");
    let id = page.trim_start_matches("/admin/users/");
    let hers = adam.get(&format!("/admin/audit?user={id}")).await;
    hers.says(200, "Only what Ann Archer did")
        .says(200, "Adam Alder disabled Ann Archer");
    adam.get(&page).await.says(200, "Adam Alder disabled Ann Archer");
    let theirs = gus.get("/admin/audit").await;
    theirs.says(200, "Signed in");
    assert!(
        !theirs.text.contains("Ann Archer"),
        "another account's record is not shown"
    );
    gus.get(&format!("/admin/audit?user={id}"))
        .await
        .says(404, "Nothing is here");
}

async fn operators_see_all_accounts_and_others_learn_who_can(p: Portal) {
    let olivia = p.signed_in("olivia").await;
    olivia.get("/operator").await.leads_to("/operator/accounts");
    let all = olivia.get("/operator/accounts").await;
    all.says(200, "Acme Boats").says(200, "Globex").says(200, "Adam Alder");
    olivia.get("/operator/accounts?q=globex").await.says(200, "Gus Globe");
    let ann = p.signed_in("ann").await;
    for _ in 0..3 {
        ann.get("/admin/users").await.says(403, "Adam Alder");
        ann.get("/operator/accounts")
            .await
            .says(403, "Your provider's own staff");
    }
    ann.get("/account/settings")
        .await
        .says(200, "Your administrator at Acme Boats: Adam Alder (adam@acme.example).");
    assert_eq!(
        p.events("forbidden").await,
        2,
        "a stream of refusals is one event a page"
    );
}

stories!(
    an_administrator_finds_people_of_the_account_and_nobody_elses,
    a_temporary_password_ends_the_old_one_and_must_be_changed_before_anything_else,
    a_temporary_password_is_over_after_three_days,
    who_guessed_too_often_gets_in_with_the_password_that_was_set,
    a_typed_password_may_last_if_somebody_says_so,
    in_a_session_that_is_not_fresh_the_own_password_is_asked_for,
    a_temporary_password_leaves_nothing_behind,
    whoever_proved_who_they_are_stays_signed_in_whatever_comes_of_the_act,
    what_is_not_ones_to_do_is_on_record_once_in_ten_minutes,
    someone_disabled_is_out_at_once_and_can_be_let_in_again,
    an_administrator_ends_one_session_or_all,
    administrators_act_on_people_of_their_account_alone,
    the_record_of_the_account_is_there_to_read,
    operators_see_all_accounts_and_others_learn_who_can,
);
