//! Stories about signing in and out.

use crate::clock::{DAY, MINUTE, SECOND};
use crate::db::query;
use crate::ids::PendingId;
use crate::password::change::{self, Changed};
use crate::password::pending;
use crate::password::typed::TypedPassword;
use crate::sessions::SignedIn;
use crate::sign_in::confirm::{Confirmed, confirm};
use crate::testing::{Engine, Portal, stories};

async fn someone_signs_in_and_lands_on_their_phones(p: Portal) {
    let browser = p.browser();
    browser.get("/").await.leads_to("/sign-in");
    browser.get("/phones").await.leads_to("/sign-in?next=/phones");
    let form = browser.get("/sign-in?next=/account/sessions").await;
    form.says(200, "Sign in");
    assert!(form.text.contains("autocomplete=\"username\"") && form.text.contains("autocomplete=\"current-password\""));
    let fields = [
        ("username", "ann@acme.example"),
        ("password", "Harbour-Light-7"),
        ("next", "/account/sessions"),
    ];
    browser.post("/sign-in", &fields).await.leads_to("/account/sessions");
    browser.get("/").await.leads_to("/phones");
    browser.get("/sign-in").await.leads_to("/");
    assert_eq!(p.events("sign-in").await, 1);
}

async fn a_name_is_found_however_it_is_typed_and_nobody_is_mistaken_for_another(p: Portal) {
    for name in ["ANN@ACME.example", "  ann@acme.example ", "olivia", "OLIVIA"] {
        let password = if name.to_lowercase().contains("olivia") {
            "Harbour-Light-4"
        } else {
            "Harbour-Light-7"
        };
        p.browser().sign_in(name, password).await.leads_to("/");
    }
    let ann = p.signed_in("ann").await;
    ann.get("/account/settings").await.says(200, "Ann Archer");
    // A bare name works for operators alone, an e-mail only if exactly one verified user has it, look-alikes never.
    for (name, password) in [
        ("ann", "Harbour-Light-7"),
        ("office@acme.example", "Harbour-Light-8"),
        ("office@acme.example", "Harbour-Light-9"),
        ("ａｎｎ@acme.example", "Harbour-Light-7"),
        ("ann@acme.example.", "Harbour-Light-7"),
        ("ann@globex.example", "Harbour-Light-7"),
    ] {
        p.browser()
            .sign_in(name, password)
            .await
            .says(422, "That name and password don't match.");
    }
    for (becomes, name, password, status) in [
        (
            "email_key = 'bob@mail.example'",
            "Bob@MAIL.example",
            "Harbour-Light-8",
            303,
        ),
        ("email_verified_at = null", "bob@mail.example", "Harbour-Light-8", 422),
        (
            "email_verified_at = 1, email_key = 'ann@acme.example'",
            "ann@acme.example",
            "Harbour-Light-8",
            422,
        ),
        ("extension = null", "ann@acme.example", "Harbour-Light-7", 303),
    ] {
        let update: &'static str = format!("update users set {becomes} where name = 'bob'").leak();
        p.alter(query(update)).await;
        assert_eq!(p.browser().sign_in(name, password).await.status, status, "{becomes}");
    }
}

async fn every_refusal_is_the_same_page(p: Portal) {
    disable(&p, "cora").await;
    let browser = p.browser();
    let wrong = browser.sign_in("ann@acme.example", "wrong").await;
    for (name, password) in [
        ("nobody@acme.example", "wrong"),
        ("cora@acme.example", "Harbour-Light-9"),
        ("ann@acme.example", ""),
        ("", ""),
        ("nobody@nowhere.example", "Harbour-Light-7"),
    ] {
        let answer = browser.sign_in(name, password).await;
        assert_eq!(answer.status, 422);
        assert_eq!(
            answer.text.replace(name, ""),
            wrong.text.replace("ann@acme.example", ""),
            "{name}"
        );
        let names = |headers: &reqwest::header::HeaderMap| {
            headers
                .keys()
                .map(ToString::to_string)
                .collect::<std::collections::BTreeSet<_>>()
        };
        assert_eq!(names(&answer.headers), names(&wrong.headers));
    }
    let known = "select count(*) from audit_events where kind = 'sign-in' and subject_id is not null";
    assert_eq!(p.count(query(known)).await, 2, "ann's and cora's first");
}

async fn failures_cost_time_and_a_right_password_waits_like_a_wrong_one(p: Portal) {
    let browser = p.browser();
    for _ in 0..6 {
        assert_eq!(browser.sign_in("ann@acme.example", "wrong").await.status, 422);
    }
    let right = browser.sign_in("Ann@ACME.example", "Harbour-Light-7").await;
    let wrong = browser.sign_in("ann@acme.example", "wrong").await;
    assert_eq!(
        (right.status.as_u16(), wrong.status.as_u16()),
        (429, 429),
        "aliases share the count"
    );
    assert_eq!(right.header("retry-after"), "1");
    assert_eq!(
        right.text.to_lowercase(),
        wrong.text.to_lowercase(),
        "the answer is the same"
    );
    p.browser()
        .sign_in("gina@globex.example", "Harbour-Light-2")
        .await
        .leads_to("/");
    p.wait(SECOND);
    assert_eq!(browser.sign_in("ann@acme.example", "wrong").await.status, 422);
    assert_eq!(
        browser.sign_in("ann@acme.example", "wrong").await.header("retry-after"),
        "3"
    );
    p.wait(3 * SECOND);
    browser
        .sign_in("ann@acme.example", "Harbour-Light-7")
        .await
        .leads_to("/");
    assert_eq!(
        p.browser().sign_in("ann@acme.example", "wrong").await.status,
        422,
        "a success forgives"
    );
}

async fn a_hundred_guesses_at_once_are_not_all_judged(p: Portal) {
    let guesses = (0..100).map(|_| async { p.browser().sign_in("ann@acme.example", "wrong").await.status.as_u16() });
    let mut judged = 0;
    let mut tasks = Vec::new();
    for guess in guesses {
        tasks.push(guess);
    }
    for status in crate::testing::join_all(tasks).await {
        assert!(status == 422 || status == 429, "{status}");
        judged += usize::from(status == 422);
    }
    assert_eq!(judged, 6, "of 100");
}

async fn an_unknown_name_is_delayed_like_a_known_one(p: Portal) {
    let browser = p.browser();
    for _ in 0..6 {
        assert_eq!(browser.sign_in("nobody@acme.example", "wrong").await.status, 422);
    }
    assert_eq!(
        browser.sign_in("ＮＯＢＯＤＹ@acme.example", "wrong").await.status,
        429,
        "every spelling shares the count"
    );
    p.wait(DAY - MINUTE);
    assert_eq!(browser.sign_in("nobody@acme.example", "wrong").await.status, 422);
    let remembered = browser.sign_in("nobody@acme.example", "wrong").await;
    assert_eq!(remembered.header("retry-after"), "3", "for a day");
    p.wait(DAY);
    for _ in 0..6 {
        assert_eq!(browser.sign_in("nobody@acme.example", "wrong").await.status, 422);
    }
}

/// Museum row 29: after signing out nothing is left that would show a page.
async fn signing_out_really_ends(p: Portal) {
    let ann = p.signed_in("ann").await;
    let thief = ann.copy();
    assert_eq!(ann.get("/account/settings").await.header("cache-control"), "no-store");
    let out = ann.post("/sign-out", &[]).await;
    out.leads_to("/sign-in?reason=signed-out");
    assert_eq!(out.header("clear-site-data"), "\"cache\", \"storage\"");
    assert_eq!(ann.cookie("linekey"), None);
    ann.get("/sign-in?reason=signed-out")
        .await
        .says(200, "You are signed out.");
    let gone = thief.get("/account/settings").await;
    gone.leads_to("/sign-in?next=/account/settings&reason=over");
    assert_eq!(p.count(query("select count(*) from sessions")).await, 0);
    assert_eq!(p.events("sign-out").await, 1);
}

/// Museum row 28, second half: guesses at "Confirm it's you" are counted, across all browsers of the user.
async fn guesses_at_the_confirmation_are_counted(p: Portal) {
    let (one, two) = (p.signed_in("ann").await, p.signed_in("ann").await);
    p.wait(6 * MINUTE);
    let guess = [("next", "/phones"), ("password", "wrong")];
    for browser in [&one, &two, &one, &two, &one, &two] {
        browser
            .post("/confirm", &guess)
            .await
            .says(422, "That is not your current password.");
    }
    let right = [("next", "/phones"), ("password", "Harbour-Light-7")];
    let thief = one.copy();
    assert_eq!(one.post("/confirm", &right).await.status, 429);
    assert_eq!(two.post("/confirm", &guess).await.status, 429);
    p.wait(SECOND);
    one.post("/confirm", &right).await.leads_to("/phones");
    assert!(!thief.is_signed_in().await, "the session goes on under a new token");
    assert_eq!(
        p.events("confirm").await,
        3,
        "the first refusal, the first that costs time, and the success"
    );
    one.change_password("Tidewater-Kestrel-1")
        .await
        .leads_to("/account/password/done");
}

/// Museum row 33: no caller-supplied address leads out of the portal.
async fn after_signing_in_nobody_is_sent_elsewhere(p: Portal) {
    for next in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/%09/evil.example",
    ] {
        let fields = [
            ("username", "ann@acme.example"),
            ("password", "Harbour-Light-7"),
            ("next", next),
        ];
        let place = p.browser().post("/sign-in", &fields).await.location().to_owned();
        assert!(place == "/" || place == "/%09/evil.example", "{next} leads to {place}");
        let ann = p.signed_in("ann").await;
        let place = ann
            .post("/confirm", &[("next", next), ("password", "Harbour-Light-7")])
            .await
            .location()
            .to_owned();
        assert!(place == "/" || place == "/%09/evil.example", "{next} leads to {place}");
    }
    for next in [
        "https://evil.example/",
        "//evil.example",
        "/%5Cevil.example",
        "/%09/evil.example",
    ] {
        let place = format!("/sign-in?next={next}");
        let form = p.browser().get(&place).await;
        assert!(
            !form.says(200, "Sign in").text.contains("evil"),
            "{next} is not in the form"
        );
        p.signed_in("ann").await.get(&place).await.leads_to("/");
    }
}

async fn a_password_manager_finds_the_change_form(p: Portal) {
    let ann = p.signed_in("ann").await;
    ann.get("/.well-known/change-password")
        .await
        .leads_to("/account/settings#password");
    p.browser()
        .get("/.well-known/change-password")
        .await
        .leads_to("/account/settings#password");
    let probe = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200";
    assert_eq!(ann.get(probe).await.status, 404);
}

async fn a_disabled_user_is_out_at_once(p: Portal) {
    let ann = p.signed_in("ann").await;
    disable(&p, "ann").await;
    assert!(!ann.is_signed_in().await);
}

async fn a_hash_that_became_too_cheap_is_renewed_at_the_next_sign_in(p: Portal) {
    let hash = async |p: &Portal| {
        let (hash,): (String,) = query("select password_hash from users where name = 'ann'")
            .one(&p.app.db)
            .await
            .expect("a hash");
        hash
    };
    assert!(hash(&p).await.contains("m=64,t=1"));
    let p = p.restart_with(|config| config.hashing.passes = 2).await;
    p.browser().sign_in("ann@acme.example", "wrong").await.says(422, "");
    assert!(hash(&p).await.contains("m=64,t=1"), "a wrong password renews nothing");
    let other = p.signed_in("ann").await;
    let renewed = hash(&p).await;
    assert!(renewed.contains("m=64,t=2"), "{renewed}");
    p.signed_in("ann").await;
    assert_eq!(hash(&p).await, renewed, "once is enough");
    assert!(other.is_signed_in().await, "nothing ends, and nobody is told");
    assert_eq!(p.count(query("select count(*) from outbox")).await, 0);
}

async fn nobody_of_a_suspended_account_gets_in(p: Portal) {
    let (ann, gina) = (p.signed_in("ann").await, p.signed_in("gina").await);
    p.alter(query(
        "update accounts set suspended_at = 1 where domain = 'globex.example'",
    ))
    .await;
    assert!(!gina.is_signed_in().await);
    p.browser()
        .sign_in("gina@globex.example", "Harbour-Light-2")
        .await
        .says(422, "That name and password don't match.");
    let mut desk = p.phone("gina-desk", "globex.example").await;
    assert_eq!(desk.register().await.status, 401);
    assert!(ann.is_signed_in().await, "nobody else is out");
}

/// The count tells nobody which names exist: a name that nobody has waits under its other spellings too.
async fn the_count_does_not_tell_which_names_exist(p: Portal) {
    let spellings = [
        ("cora@acme.example", "ｃora@acme.example"),
        ("ghost@acme.example", "ｇhost@acme.example"),
        ("olivia", "olivia@quayside.example"),
        ("nobody", "nobody@quayside.example"),
    ];
    for (name, other) in spellings {
        let browser = p.browser();
        for _ in 0..6 {
            browser.sign_in(name, "wrong").await.says(422, "");
        }
        assert_eq!(browser.sign_in(other, "wrong").await.status, 429, "{other}");
    }
}

async fn disable(p: &Portal, name: &str) {
    p.alter(query("update users set disabled_at = 1 where name = $1").bind(name))
        .await;
}

const NEW: &str = "Tidewater-Kestrel-1";
const OLD: &str = "Harbour-Light-7";

async fn what_began_before_a_change_is_overtaken_by_it(p: Portal) {
    let (ann, other) = (p.signed_in("ann").await, p.signed_in("ann").await);
    p.wait(6 * MINUTE);
    let me = p.who(&other).await;
    let id = other.change_password(NEW).await.id_after("/confirm?change=");
    let waiting = pending::find(&p.app, &me, &PendingId::new(id.as_str())).await;
    let waiting = waiting.expect("an answer").expect("it waits");
    other.change_password("Tidewater-Kestrel-2").await;
    let replaced = change::commit(&p.app, &me, &waiting).await;
    assert!(
        matches!(replaced, Ok(Changed::Overtaken)),
        "what was replaced is not committed: {replaced:?}"
    );

    let id = ann
        .post("/account/password", &[("new_password", NEW), ("confirm_password", NEW)])
        .await
        .id_after("/confirm?change=");
    ann.post("/confirm", &[("change", &id), ("password", OLD)])
        .await
        .leads_to("/account/password/done");
    let confirmed = confirm(&p.app, &me, &NEW.into(), None).await;
    assert!(matches!(confirmed, Ok(Confirmed::Overtaken)), "{confirmed:?}");
    let late = TypedPassword::from("Tidewater-Kestrel-3");
    let fresh = SignedIn {
        authenticated_at: p.clock.now(),
        ..me
    };
    let other = p.browser();
    other.sign_in("ann@acme.example", NEW).await.leads_to("/");
    let changed = change::change(&p.app, &fresh, &late, &late, false).await;
    assert!(matches!(changed, Ok(Changed::Overtaken)), "{changed:?}");
    assert_eq!(p.events("password-change").await, 1);

    let me = p.who(&other).await;
    disable(&p, "ann").await;
    let confirmed = confirm(&p.app, &me, &NEW.into(), None).await;
    assert!(matches!(confirmed, Ok(Confirmed::Overtaken)), "{confirmed:?}");
    let changed = change::change(&p.app, &me, &late, &late, false).await;
    assert!(matches!(changed, Ok(Changed::Overtaken)), "{changed:?}");
}

stories!(
    the_count_does_not_tell_which_names_exist,
    what_began_before_a_change_is_overtaken_by_it,
    someone_signs_in_and_lands_on_their_phones,
    a_name_is_found_however_it_is_typed_and_nobody_is_mistaken_for_another,
    every_refusal_is_the_same_page,
    failures_cost_time_and_a_right_password_waits_like_a_wrong_one,
    a_hundred_guesses_at_once_are_not_all_judged,
    an_unknown_name_is_delayed_like_a_known_one,
    signing_out_really_ends,
    guesses_at_the_confirmation_are_counted,
    after_signing_in_nobody_is_sent_elsewhere,
    a_password_manager_finds_the_change_form,
    a_disabled_user_is_out_at_once,
    a_hash_that_became_too_cheap_is_renewed_at_the_next_sign_in,
    nobody_of_a_suspended_account_gets_in,
);

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_on_another_network_does_not_delay_the_owner() {
    let p = Portal::start_with(Engine::Sqlite, |config| {
        config.portal.trusted_proxies = vec!["127.0.0.1/32".parse().expect("a network")];
    })
    .await;
    let tried = async |address: &str, password: &str| {
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("x-forwarded-for", address),
        ];
        let body = format!("username=ann%40acme.example&password={password}").into_bytes();
        let answer = p
            .browser()
            .send(reqwest::Method::POST, "/sign-in", &headers, Some(body))
            .await;
        answer.status.as_u16()
    };
    for _ in 0..6 {
        assert_eq!(tried("203.0.113.7", "wrong").await, 422);
    }
    assert_eq!(tried("203.0.113.7", OLD).await, 429);
    assert_eq!(tried("203.0.113.8", OLD).await, 303);
}
