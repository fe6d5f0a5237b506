//! Stories about changing a portal password.

use crate::config::Config;
use crate::db::query;
use crate::sessions::SignedIn;
use crate::testing::{Browser, Engine, Portal, TestPhone, stories};

use super::change::{Changed, change};
use super::pages;
use super::typed::TypedPassword;

const NEW: &str = "Tidewater-Kestrel-1";
const OLD: &str = "Harbour-Light-7";

async fn the_old_password_is_refused_and_the_new_one_accepted_at_once(p: Portal) {
    let ann = p.signed_in("ann").await;
    let other = p.signed_in("ann").await;
    let before = ann.cookie("linekey");
    ann.change_password(NEW).await.leads_to("/account/password/done");
    assert_ne!(ann.cookie("linekey"), before, "the session goes on under a new token");
    let done = ann.get("/account/password/done").await;
    done.says(200, "1 other browser was signed out.")
        .says(200, "This browser stays signed in.");
    assert!(!other.is_signed_in().await, "every other session ends");
    p.browser()
        .sign_in("ann@acme.example", OLD)
        .await
        .says(422, "That name and password don't match.");
    p.browser().sign_in("ann@acme.example", NEW).await.leads_to("/");
    assert_eq!(p.events("password-change").await, 1);
    let mails = p.mails(1).await;
    assert_eq!(
        (mails[0].kind.as_str(), mails[0].to.as_str()),
        ("password-changed", "ann@acme.example")
    );
    let all = format!("{mails:?}");
    assert!(!all.contains(NEW) && !all.contains(OLD));
}

async fn the_token_from_before_a_change_is_worth_nothing(p: Portal) {
    let ann = p.signed_in("ann").await;
    let thief = ann.copy();
    ann.change_password(NEW).await.leads_to("/account/password/done");
    assert!(!thief.is_signed_in().await);
    assert!(ann.is_signed_in().await);
}

/// Museum row 36, second half: a portal change leaves registrations untouched, to the byte.
async fn changing_the_portal_password_leaves_the_phone_registered(p: Portal) {
    let mut desk = p.phone("ann-desk", "acme.example").await;
    let mut softphone = p.phone("ann-softphone", "acme.example").await;
    assert!(desk.is_registered().await && softphone.is_registered().await);
    let ann = p.signed_in("ann").await;
    let settings = ann.get("/account/settings").await;
    settings
        .says(200, "Your phones stay connected: 2 of 3 are registered now.")
        .says(200, "Registered now")
        .says(200, "Offline since");
    let before = p.phone_bytes().await;
    assert!(before.len() >= 7, "four phones and three registrations: {before:?}");
    ann.change_password(NEW).await.leads_to("/account/password/done");
    ann.get("/account/password/done")
        .await
        .says(200, "Your phones stay connected: 2 of 3 are registered now.");
    assert_eq!(p.phone_bytes().await, before);
    assert!(desk.is_registered().await, "the same SIP password still registers");
    let portal_password = TestPhone::with_password(&p, "ann-desk", "acme.example", NEW)
        .await
        .register()
        .await;
    assert_eq!(portal_password.status, 401, "the portal password is no SIP password");
}

/// Museum row 36, first half: nothing in a dump of the database is a password, or works as one.
async fn a_dump_of_the_database_holds_no_usable_password(p: Portal) {
    let ann = p.signed_in("ann").await;
    ann.change_password(NEW).await.leads_to("/account/password/done");
    let added = ann.post("/phones", &[("label", "Kitchen")]).await;
    let kitchen = ann.get(added.location()).await;
    let (_, rest) = kitchen
        .text
        .split_once("id=\"sip_password\">")
        .expect("the SIP password is shown");
    let sip_password = rest.split('<').next().expect("it ends").to_owned();
    let token = ann.cookie("linekey").expect("a session");
    let raw_token = data_encoding::BASE64URL_NOPAD
        .decode(token.as_bytes())
        .expect("base64url");
    let raw_token = data_encoding::HEXLOWER.encode(&raw_token);
    let ha1s: Vec<String> = linekey_sip::digest::Algorithm::ALL
        .into_iter()
        .flat_map(|algorithm| {
            ["ann-kitchen", "ann-kitchen@acme.example"]
                .map(|name| linekey_sip::digest::Ha1::of(algorithm, name, "acme.example", &sip_password).reveal_hex())
        })
        .collect();
    let everything = p.dump_everything().await.to_lowercase();
    assert!(everything.contains("ann-kitchen"), "the dump holds what is no secret");
    for secret in [NEW, OLD, sip_password.as_str(), token.as_str()]
        .into_iter()
        .chain(ha1s.iter().map(String::as_str))
        .chain([raw_token.as_str()])
    {
        let hex = data_encoding::HEXLOWER.encode(secret.as_bytes());
        assert!(!everything.contains(&secret.to_lowercase()), "{secret} is in the dump");
        assert!(!everything.contains(&hex), "{secret} is in the dump, in hexadecimal");
    }
}

async fn what_breaks_a_rule_is_said_at_the_field_and_changes_nothing(p: Portal) {
    let (ann, _other) = (p.signed_in("ann").await, p.signed_in("ann").await);
    let before = p.dump_everything().await;
    let long = format!("Aa{}", "x".repeat(255));
    let cases = [
        ("Short-1", "Use at least 8 characters."),
        ("tidewater-kestrel", "Use at least 1 uppercase letter."),
        ("TIDEWATER-KESTREL", "Use at least 1 lowercase letter."),
        ("Password1", "on lists that attackers try first"),
        ("My-Acme-Boats-9", "Leave out your sign-in name"),
        (long.as_str(), "Use at most 256 characters."),
        ("", "Enter a new password."),
        ("Tide\twater-Kestrel", "Leave out tabs"),
    ];
    for (typed, said) in cases {
        let answer = ann
            .post(
                "/account/password",
                &[("new_password", typed), ("confirm_password", typed)],
            )
            .await;
        assert_eq!(answer.status, 422);
        let at_field = answer.at_field("new_password");
        assert!(
            at_field.contains(said),
            "the message stands at the field: {typed:?}: {at_field}"
        );
        let ticked = answer.text.contains("value=\"on\" checked");
        assert!(!ticked, "the form's other input is kept: the box was not ticked");
        assert!(
            typed.is_empty() || !answer.text.contains(typed),
            "a password never comes back"
        );
    }
    let differ = [
        ("new_password", NEW),
        ("confirm_password", "Tidewater-Kestrel-2"),
        ("sign_out_others", "on"),
    ];
    let answer = ann.post("/account/password", &differ).await;
    assert_eq!(answer.status, 422);
    assert!(
        answer
            .at_field("confirm_password")
            .contains("The two passwords don't match.")
    );
    assert!(answer.text.contains("value=\"on\" checked"), "the box stays ticked");
    assert_eq!(p.dump_everything().await, before, "nothing changed");
}

/// Museum row 28: a confirmation that is missing, empty, repeated or sent as a list changes nothing.
async fn a_confirmation_that_is_missing_or_a_list_is_refused(p: Portal) {
    let ann = p.signed_in("ann").await;
    ann.post("/account/password", &[("new_password", NEW)])
        .await
        .says(422, "");
    ann.post("/account/password", &[("new_password", NEW), ("confirm_password", "")])
        .await
        .says(422, "");
    ann.post(
        "/account/password",
        &[("new_password", NEW), ("confirm_password[]", NEW)],
    )
    .await
    .says(422, "");
    let twice = [
        ("new_password", NEW),
        ("confirm_password", NEW),
        ("confirm_password", NEW),
    ];
    assert_eq!(ann.post("/account/password", &twice).await.status, 400);
    assert_eq!(p.events("password-change").await, 0);
}

async fn a_password_with_any_of_the_persons_names_is_refused(p: Portal) {
    let cora = p.signed_in("cora").await;
    p.alter(query(
        "update accounts set name = 'Pelican Yachts', domain = 'ab.example' where domain = 'acme.example'",
    ))
    .await;
    for name in ["Cora", "Office", "Pelican-Yachts", "ab.example", "Quayside"] {
        let typed = format!("My-{name}-Mooring-9");
        cora.change_password(&typed)
            .await
            .says(422, "Leave out your sign-in name");
        let checked = cora
            .post("/account/password/check", &[("new_password", &typed)])
            .await
            .text;
        let json: serde_json::Value = serde_json::from_str(&checked).expect("JSON");
        let rules = json["rules"].as_array().expect("rules");
        let broken: Vec<_> = rules.iter().filter(|rule| rule["met"] == false).collect();
        assert!(broken.len() == 1 && broken[0]["id"] == "name", "{typed}: {checked}");
    }
    cora.change_password("My-Other-Mooring-9")
        .await
        .leads_to("/account/password/done");
}

async fn of_two_changes_at_once_one_wins_and_the_other_is_told(p: Portal) {
    let (one, two) = (p.signed_in("ann").await, p.signed_in("ann").await);
    // Both have been let in before either has changed anything: what two requests at once come to at worst.
    let (first, second) = (p.who(&one).await, p.who(&two).await);
    let save = async |me: &SignedIn, new: &str| {
        let typed = TypedPassword::from(new);
        change(&p.app, me, &typed, &typed, false)
            .await
            .expect("the database answers")
    };
    let won = save(&first, "Tidewater-Kestrel-1").await;
    assert!(matches!(won, Changed::Done(_, 0)), "{won:?}");
    let lost = save(&second, "Tidewater-Kestrel-2").await;
    assert!(matches!(lost, Changed::Overtaken), "{lost:?}");
    assert_eq!(pages::answer(&p.app, &second, lost, None).status(), 409);
    p.browser()
        .sign_in("ann@acme.example", "Tidewater-Kestrel-1")
        .await
        .leads_to("/");
    assert_eq!(p.events("password-change").await, 1);
    assert_eq!(p.count(query("select count(*) from outbox")).await, 1);
}

async fn a_storm_of_changes_leaves_one_password_and_a_record_of_each(p: Portal) {
    let browsers = [
        p.signed_in("ann").await,
        p.signed_in("ann").await,
        p.signed_in("ann").await,
    ];
    let storm = async |browser: &Browser, letter: char| {
        let mut saved = 0;
        for n in 0..4 {
            let new = format!("Tidewater-Kestrel-{letter}{n}");
            let answer = browser
                .post(
                    "/account/password",
                    &[("new_password", &new), ("confirm_password", &new)],
                )
                .await;
            match answer.status.as_u16() {
                303 => saved += 1,
                409 => {
                    answer.says(409, "Sign in with the new one.");
                }
                other => panic!("{other}: {}", answer.text),
            }
        }
        saved
    };
    let [a, b, c] = &browsers;
    let (a, b, c) = tokio::join!(storm(a, 'a'), storm(b, 'b'), storm(c, 'c'));
    assert!(a + b + c >= 1);
    assert_eq!(
        p.events("password-change").await,
        a + b + c,
        "an event for each that was acknowledged, and no other"
    );
    assert_eq!(p.count(query("select count(*) from outbox")).await, a + b + c);
    let epoch = query("select credential_epoch from users where name = 'ann'");
    assert_eq!(p.count(epoch).await, 1 + a + b + c);
}

async fn the_box_left_unticked_keeps_the_other_browsers(p: Portal) {
    let ann = p.signed_in("ann").await;
    let other = p.signed_in("ann").await;
    let fields = [("new_password", NEW), ("confirm_password", NEW)];
    ann.post("/account/password", &fields)
        .await
        .leads_to("/account/password/done");
    ann.get("/account/password/done")
        .await
        .says(200, "1 other browser stays signed in");
    assert!(other.is_signed_in().await);
}

async fn a_password_that_was_set_for_someone_is_changed_before_anything_else(p: Portal) {
    let ann = p.signed_in("ann").await;
    p.alter(query("update users set must_change_at = 1 where name = 'ann'"))
        .await;
    for path in ["/", "/phones", "/account/sessions"] {
        ann.get(path).await.leads_to("/account/settings#password");
    }
    ann.post("/phones", &[("label", "Kitchen")])
        .await
        .leads_to("/account/settings#password");
    let profile = [("display_name", "Ann"), ("time_zone", "UTC")];
    ann.post("/account/settings", &profile)
        .await
        .leads_to("/account/settings#password");
    ann.get("/account/settings")
        .await
        .says(200, "Your password was set for you.");
    assert_eq!(
        ann.post("/account/password/check", &[("new_password", "x")])
            .await
            .status,
        200
    );
    ann.change_password(NEW).await.leads_to("/account/password/done");
    assert_eq!(ann.get("/phones").await.status, 200);
}

async fn the_checklist_the_suggestion_and_the_form_tell_the_same_rules(p: Portal) {
    let ann = p.signed_in("ann").await;
    let checked = ann
        .post("/account/password/check", &[("new_password", "abcdefgh")])
        .await;
    let json: serde_json::Value = serde_json::from_str(&checked.text).expect("JSON");
    let ids: Vec<_> = json["rules"]
        .as_array()
        .expect("rules")
        .iter()
        .map(|rule| rule["id"].as_str().expect("an id"))
        .collect();
    assert_eq!(
        ids,
        ["length", "lowercase", "uppercase", "common", "name", "characters"]
    );
    assert!(json["strength"].as_u64().is_some_and(|strength| strength <= 4));
    let form = ann.get("/account/settings").await.text;
    for id in ids {
        assert!(form.contains(&format!("data-rule=\"{id}\"")), "{id}");
    }
    assert!(!form.contains("maxlength"), "a paste is never cut");
    assert!(
        form.contains("passwordrules=\"minlength: 8; required: lower; required: upper; allowed: ascii-printable;\"")
    );
    let suggested = ann.post("/account/password/suggest", &[]).await.text;
    let json: serde_json::Value = serde_json::from_str(&suggested).expect("JSON");
    ann.change_password(json["passphrase"].as_str().expect("a passphrase"))
        .await
        .leads_to("/account/password/done");
    let signed_out = p
        .browser()
        .post("/account/password/check", &[("new_password", "x")])
        .await;
    assert_eq!(signed_out.status, 401);
}

/// What a key file seals is lost with it; the portal password is not among that.
async fn a_lost_key_file_does_not_keep_anyone_from_changing_the_password(p: Portal) {
    let file = p.app.config.keys.file.clone();
    std::fs::remove_file(&file).expect("the key file");
    crate::keys::Keys::create(&file, &p.app.random).expect("another key file");
    let p = p.restart().await;
    let ann = p.signed_in("ann").await;
    ann.change_password(NEW).await.leads_to("/account/password/done");
    assert_eq!(
        p.phone("ann-desk", "acme.example").await.register().await.status,
        401,
        "her phones are set up again"
    );
}

stories!(
    a_lost_key_file_does_not_keep_anyone_from_changing_the_password,
    the_old_password_is_refused_and_the_new_one_accepted_at_once,
    the_token_from_before_a_change_is_worth_nothing,
    changing_the_portal_password_leaves_the_phone_registered,
    a_dump_of_the_database_holds_no_usable_password,
    what_breaks_a_rule_is_said_at_the_field_and_changes_nothing,
    a_confirmation_that_is_missing_or_a_list_is_refused,
    a_password_with_any_of_the_persons_names_is_refused,
    of_two_changes_at_once_one_wins_and_the_other_is_told,
    a_storm_of_changes_leaves_one_password_and_a_record_of_each,
    the_box_left_unticked_keeps_the_other_browsers,
    a_password_that_was_set_for_someone_is_changed_before_anything_else,
    the_checklist_the_suggestion_and_the_form_tell_the_same_rules,
);

#[tokio::test(flavor = "multi_thread")]
async fn under_the_standards_policy_every_change_is_confirmed_and_length_is_all_that_counts() {
    let p = Portal::start_with(Engine::Sqlite, |config: &mut Config| {
        config.password.policy = crate::password::rules::Profile::Standards;
    })
    .await;
    let ann = p.signed_in("ann").await;
    ann.change_password("Tidewater-1").await.says(422, "15 characters");
    let id = ann
        .change_password("all lowercase is fine here")
        .await
        .id_after("/confirm?change=");
    ann.post("/confirm", &[("change", &id), ("password", OLD)])
        .await
        .leads_to("/account/password/done");
    p.browser()
        .sign_in("ann@acme.example", "all lowercase is fine here")
        .await
        .leads_to("/");
}
