//! Stories of named attacks on permissions: rows 12, 13, 15 and 27 of the museum. What every route answers is a table of
//! its own, `docs/permissions.md`.

use crate::clock::MINUTE;
use crate::db::query;
use crate::error::Error;
use crate::ids::UserId;
use crate::password::typed::TypedPassword;
use crate::sign_in::confirm::confirm;
use crate::testing::{Browser, Portal, stories};

const NEW: &str = "Tidewater-Kestrel-1";

/// The id of one of the demo's people.
async fn id_of(p: &Portal, name: &str) -> String {
    let (id,): (String,) = query("select id from users where name = $1")
        .bind(name)
        .one(&p.app.db)
        .await
        .expect("one of the demo's people");
    id
}

/// The ids of someone's sessions.
async fn sessions_of(p: &Portal, name: &str) -> Vec<String> {
    let all = query("select s.id from sessions s join users u on u.id = s.user_id where u.name = $1 order by s.id");
    let all: Vec<(String,)> = all.bind(name).all(&p.app.db).await.expect("sessions");
    all.into_iter().map(|(id,)| id).collect()
}

/// A change of password that waits in a session of the browser's person.
async fn waiting_change(p: &Portal, browser: &Browser) -> String {
    p.alter(query("update sessions set authenticated_at = 0")).await;
    let place = browser.change_password(NEW).await.location().to_owned();
    p.alter(query("update sessions set authenticated_at = started_at"))
        .await;
    let (_, id) = place.split_once("/confirm?change=").expect("it waits");
    id.to_owned()
}

/// Users as far as no form of the portal may change them: every byte but the name that is shown and the time zone.
async fn standings(p: &Portal) -> Vec<String> {
    p.alter(query(
        "update users set display_name = '', display_key = '', time_zone = ''",
    ))
    .await;
    let all = p.dump_everything().await;
    let users = all.lines().filter(|row| row.starts_with("users: "));
    users.map(str::to_owned).collect()
}

/// Fields that no form has, by every name that a column, a type or another product gives them.
fn extra_fields(of: &str) -> Vec<(String, String)> {
    let now = "1";
    let plain = [
        ("role", "operator"),
        ("roles", "administrator"),
        ("is_admin", "true"),
        ("administrator", "on"),
        ("account", of),
        ("account_id", of),
        ("domain", "globex.example"),
        ("id", of),
        ("user", of),
        ("user_id", of),
        ("subject", of),
        ("actor", of),
        ("session", of),
        ("name", "root"),
        ("email", "mallory@evil.example"),
        ("email_key", "mallory@evil.example"),
        ("email_verified", "on"),
        ("email_verified_at", now),
        ("verified", "true"),
        ("must_change_at", ""),
        ("disabled_at", ""),
        ("enabled", "on"),
        ("password_hash", "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAA"),
        ("password_set_at", now),
        ("password_expires_at", "9999999999999"),
        ("expires_at", "9999999999999"),
        ("credential_epoch", "0"),
        ("epoch", "0"),
        ("factor", "none"),
        ("totp", "off"),
        ("authenticated_at", "9999999999999"),
        ("extension", "299"),
        ("sip_hashes", "00"),
        ("suspended_at", now),
        ("_method", "DELETE"),
    ];
    let mut all: Vec<_> = plain.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let wrapped = [
        "user[role]",
        "user.role",
        "role[]",
        "users[0][role]",
        "__proto__[role]",
        "Role",
        "display_name.role",
    ];
    all.extend(wrapped.map(|name| (name.to_owned(), "operator".to_owned())));
    all
}

/// Museum row 12: what no form has a field for, no form sets; not for oneself, not for somebody else.
async fn extra_fields_of_any_form_change_nothing(p: Portal) {
    let before = standings(&p).await;
    let gus = id_of(&p, "gus").await;
    let extra = extra_fields(&gus);
    let bob = id_of(&p, "bob").await;
    for (name, forms) in [
        (
            "ann",
            vec![
                "/account/settings",
                "/phones",
                "/confirm",
                "/account/password/check",
                "/account/sessions/end-others",
            ],
        ),
        ("adam", vec!["/account/settings", "/phones", "/confirm", "/sign-in"]),
        ("olivia", vec!["/account/settings", "/phones", "/confirm"]),
    ] {
        let browser = p.signed_in(name).await;
        let who = crate::demo::people()
            .into_iter()
            .find(|someone| someone.name == name)
            .expect("a person");
        for form in forms {
            for part in extra.chunks(20) {
                let phone = if form == "/phones" {
                    format!("Phone {}", part.len())
                } else {
                    String::new()
                };
                let mut fields = vec![
                    ("display_name", who.display_name),
                    ("time_zone", "Europe/Lisbon"),
                    ("label", phone.as_str()),
                    ("password", who.password),
                    ("new_password", NEW),
                ];
                // An extension that is not theirs is refused as such, and that is another story.
                let part = part.iter().filter(|(name, _)| form != "/phones" || name != "extension");
                fields.extend(part.map(|(name, value)| (name.as_str(), value.as_str())));
                let answer = browser.post(form, &fields).await;
                let fine = answer.status == 303 || answer.status == 200 || answer.status == 422;
                assert!(fine, "{form} as {name}: {} {}", answer.status, answer.text);
            }
        }
    }
    assert_eq!(standings(&p).await, before, "nothing of all that was set");
    let adam = p.signed_in("adam").await;
    for form in [
        format!("/admin/users/{bob}/sign-out"),
        format!("/admin/users/{bob}/disable"),
        format!("/admin/users/{bob}/enable"),
    ] {
        for part in extra.chunks(40) {
            let fields: Vec<_> = part
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            adam.post(&form, &fields).await.leads_to(&format!("/admin/users/{bob}"));
        }
    }
    assert_eq!(
        standings(&p).await,
        before,
        "bob is as he was, and nobody else was meant"
    );
}

/// Museum row 12: with the right to set a password comes no right to say what else becomes of it.
async fn extra_fields_of_a_password_set_for_somebody_change_nothing_else(p: Portal) {
    let adam = p.signed_in("adam").await;
    let (bob, gus) = (id_of(&p, "bob").await, id_of(&p, "gus").await);
    let page = format!("/admin/users/{bob}");
    let extra = extra_fields(&gus);
    for part in extra.chunks(40) {
        let mut fields = vec![
            ("temporary", "on"),
            ("must_change", "off"),
            ("new_password", "Mine-is-Known-9"),
        ];
        fields.extend(part.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        adam.post(&format!("{page}/password"), &fields).await.leads_to(&page);
        let as_meant = query(
            "select count(*) from users where name = 'bob' and role = 'user' and must_change_at is not null
                and password_expires_at < 9999999999999 and password_expires_at > 1 and disabled_at is null
                and email = 'office@acme.example' and password_hash not like '%AAAAAAAAAAA%'",
        );
        assert_eq!(p.count(as_meant).await, 1, "a temporary password is temporary");
    }
    let epoch = p
        .count(query("select credential_epoch from users where name = 'bob'"))
        .await;
    assert_eq!(epoch, 1 + i64::try_from(extra.chunks(40).count()).expect("a few"));
    p.browser()
        .sign_in("bob@acme.example", "Mine-is-Known-9")
        .await
        .says(422, "That name and password don't match.");
    // Whoever changes their own password does not choose whose, for how long, or whether it counts.
    let ann = p.signed_in("ann").await;
    let mut fields = vec![("new_password", NEW), ("confirm_password", NEW)];
    fields.extend(
        extra
            .iter()
            .take(40)
            .map(|(name, value)| (name.as_str(), value.as_str())),
    );
    ann.post("/account/password", &fields)
        .await
        .leads_to("/account/password/done");
    p.browser().sign_in("ann@acme.example", NEW).await.leads_to("/");
    p.browser()
        .sign_in("gus@globex.example", "Harbour-Light-3")
        .await
        .leads_to("/");
}

/// Museum row 13: whatever field or address holds an id of another account, nobody there notices.
async fn ids_of_another_account_reach_nobody_in_any_field(p: Portal) {
    let (gina, gus, adam) = (
        p.signed_in("gina").await,
        p.signed_in("gus").await,
        p.signed_in("adam").await,
    );
    let ann = p.signed_in("ann").await;
    let change = waiting_change(&p, &gina).await;
    let (her, his, mine) = (id_of(&p, "gina").await, id_of(&p, "gus").await, id_of(&p, "ann").await);
    let sessions = [sessions_of(&p, "gina").await, sessions_of(&p, "gus").await].concat();
    let before = p.dump_everything().await;
    for session in &sessions {
        for whose in [&her, &his, &mine] {
            adam.post(&format!("/admin/users/{whose}/sessions/{session}/end"), &[])
                .await
                .says(404, "Nothing is here");
        }
        for me in [&adam, &ann] {
            me.post(&format!("/account/sessions/{session}/end"), &[])
                .await
                .says(404, "Nothing is here");
        }
    }
    for whose in [&her, &his] {
        adam.get(&format!("/admin/users/{whose}"))
            .await
            .says(404, "Nothing is here");
        let list = adam.get(&format!("/admin/users?after={whose}")).await;
        assert!(!list.text.contains("Globe"), "{}", list.text);
        for act in ["password", "sign-out", "disable", "enable"] {
            let fields = [
                ("temporary", "on"),
                ("account", "globex.example"),
                ("account_id", whose.as_str()),
            ];
            for target in [
                format!("/admin/users/{whose}/{act}"),
                format!("/admin/users/{whose}/{act}?account={his}"),
            ] {
                adam.post(&target, &fields).await.says(404, "Nothing is here");
            }
        }
    }
    for me in [&adam, &ann, &gus] {
        me.get(&format!("/confirm?change={change}")).await.says(409, "");
        let fields = [("change", change.as_str()), ("password", "Harbour-Light-2")];
        assert_eq!(me.post("/confirm", &fields).await.status, 409);
    }
    assert_eq!(p.dump_everything().await, before, "not a byte changed");
    assert!(gina.is_signed_in().await && gus.is_signed_in().await);
}

/// Museum row 13: a session is ended for the person it belongs to, or not at all.
async fn a_session_is_found_under_its_own_person_alone(p: Portal) {
    let (ann, bob, adam) = (
        p.signed_in("ann").await,
        p.signed_in("bob").await,
        p.signed_in("adam").await,
    );
    let (ann_id, bob_id, adam_id) = (id_of(&p, "ann").await, id_of(&p, "bob").await, id_of(&p, "adam").await);
    let [of_ann, of_bob, of_adam] = ["ann", "bob", "adam"].map(|name| sessions_of(&p, name));
    let (of_ann, of_bob, of_adam) = (of_ann.await, of_bob.await, of_adam.await);
    let end = async |user: &str, session: &str| {
        let answer = adam
            .post(&format!("/admin/users/{user}/sessions/{session}/end"), &[])
            .await;
        answer.status.as_u16()
    };
    assert_eq!(end(&ann_id, &of_bob[0]).await, 404);
    assert_eq!(end(&bob_id, &of_ann[0]).await, 404);
    assert_eq!(end(&ann_id, &of_adam[0]).await, 404);
    assert_eq!(end(&adam_id, &of_ann[0]).await, 403, "on oneself there is no act");
    assert_eq!(end(&adam_id, &of_adam[0]).await, 403);
    assert!(ann.is_signed_in().await && bob.is_signed_in().await && adam.is_signed_in().await);
    assert_eq!(
        p.count(query("select count(*) from outbox")).await,
        0,
        "nobody was told of anything"
    );
    assert_eq!(
        end(&ann_id, &of_ann[0].to_uppercase()).await,
        303,
        "an id is an id in capitals too"
    );
    assert!(!ann.is_signed_in().await);
}

/// Museum row 15, as far as administrators go: after a password set for somebody, nothing older is worth anything.
async fn every_cookie_and_waiting_change_of_the_person_ends_with_a_password_set_for_them(p: Portal) {
    let browsers = [
        p.signed_in("ann").await,
        p.signed_in("ann").await,
        p.signed_in("ann").await,
    ];
    let thief = browsers[1].copy();
    let adam = p.signed_in("adam").await;
    let change = waiting_change(&p, &browsers[2]).await;
    let page = format!("/admin/users/{}", id_of(&p, "ann").await);
    let mut held = Vec::new();
    for browser in &browsers {
        held.push(p.who(browser).await);
    }
    adam.post(&format!("{page}/password"), &[("temporary", "on")])
        .await
        .leads_to(&page);
    for browser in browsers.iter().chain([&thief]) {
        browser
            .get("/account/settings")
            .await
            .leads_to("/sign-in?next=/account/settings&reason=over");
        assert_eq!(browser.post("/account/password/check", &[]).await.status, 401);
        browser
            .change_password("Another-One-22")
            .await
            .leads_to("/sign-in?next=/account/settings&reason=ended");
    }
    let fields = [("change", change.as_str()), ("password", "Harbour-Light-7")];
    browsers[2]
        .post("/confirm", &fields)
        .await
        .leads_to("/sign-in?reason=ended");
    assert_eq!(p.count(query("select count(*) from pending_changes")).await, 0);
    // Requests that were let in before, and go on only now.
    for me in &held {
        let own = TypedPassword::from("Harbour-Light-7");
        let confirmed = confirm(&p.app, me, &own, None).await.expect("an answer");
        assert!(
            !matches!(confirmed, crate::sign_in::confirm::Confirmed::Fresh(_)),
            "{confirmed:?}"
        );
        let new = TypedPassword::from(NEW);
        let changed = crate::password::change::change(&p.app, me, &new, &new, true).await;
        let done = matches!(changed, Ok(crate::password::change::Changed::Done(..)));
        assert!(!done, "the old session changes nothing");
    }
    assert!(sessions_of(&p, "ann").await.is_empty(), "none came back");
    assert_eq!(p.events("password-change").await, 0);
}

/// What someone holds who is about to be shut out: cookies, an open confirmation with its change, a request that was
/// let in before, and a sign-in of which the password is already known to be right.
struct Held {
    browsers: [Browser; 2],
    change: String,
    inside: crate::sessions::SignedIn,
}

async fn held_by_ann(p: &Portal) -> Held {
    let browsers = [p.signed_in("ann").await, p.signed_in("ann").await];
    let change = waiting_change(p, &browsers[0]).await;
    let inside = p.who(&browsers[0]).await;
    Held {
        browsers,
        change,
        inside,
    }
}

/// Nothing of it is worth anything, and nothing of it changes the password.
async fn is_worth_nothing(p: &Portal, held: &Held) {
    let hash = query("select credential_epoch from users where name = 'ann'");
    let epoch = p.count(hash).await;
    for browser in &held.browsers {
        for page in ["/", "/phones", "/account/settings", "/account/sessions"] {
            let answer = browser.get(page).await;
            assert!(
                answer.location().starts_with("/sign-in"),
                "{page}: {} {}",
                answer.status,
                answer.text
            );
        }
        for form in [
            "/account/password",
            "/account/settings",
            "/phones",
            "/account/sessions/end-others",
        ] {
            let answer = browser.post(form, &[("label", "Kitchen")]).await;
            assert!(answer.location().starts_with("/sign-in"), "{form}: {}", answer.status);
        }
        assert_eq!(browser.post("/account/password/suggest", &[]).await.status, 401);
    }
    let fields = [("change", held.change.as_str()), ("password", "Harbour-Light-7")];
    let answer = held.browsers[0].post("/confirm", &fields).await;
    assert!(answer.location().starts_with("/sign-in"), "{}", answer.status);
    p.browser()
        .sign_in("ann@acme.example", "Harbour-Light-7")
        .await
        .says(422, "That name and password don't match.");
    assert_eq!(
        p.count(query("select credential_epoch from users where name = 'ann'"))
            .await,
        epoch
    );
}

/// Museum row 27: all that someone disabled holds dies with the click, also what is under way.
async fn what_a_disabled_person_holds_dies_at_once(p: Portal) {
    let held = held_by_ann(&p).await;
    let adam = p.signed_in("adam").await;
    let page = format!("/admin/users/{}", id_of(&p, "ann").await);
    adam.post(&format!("{page}/disable"), &[]).await.leads_to(&page);
    is_worth_nothing(&p, &held).await;
    assert_eq!(p.count(query("select count(*) from pending_changes")).await, 0);
    assert!(sessions_of(&p, "ann").await.is_empty());
    under_way_comes_to_nothing(&p, &held).await;
    // Let in again, she has her password, and nothing else of what she held.
    adam.post(&format!("{page}/enable"), &[]).await.leads_to(&page);
    assert!(!held.browsers[0].is_signed_in().await && !held.browsers[1].is_signed_in().await);
    p.browser()
        .sign_in("ann@acme.example", "Harbour-Light-7")
        .await
        .leads_to("/");
}

/// Requests that were let in before, and come to their change only now.
async fn under_way_comes_to_nothing(p: &Portal, held: &Held) {
    let me = &held.inside;
    let new = TypedPassword::from(NEW);
    let changed = crate::password::change::change(&p.app, me, &new, &new, true).await;
    assert!(!matches!(changed, Ok(crate::password::change::Changed::Done(..))));
    let ended = crate::sessions::end::others(&p.app, me).await;
    assert!(matches!(ended, Err(Error::SessionEnded)), "{ended:?}");
    let owner = crate::users::profile::Owner {
        account: &me.person.account,
        user: &me.person.id,
        session: &me.session,
        browser: &me.browser,
        address: me.address,
    };
    let typed = crate::users::profile::Typed {
        display_name: "Mallory",
        time_zone: "UTC",
        email: None,
        without_email: false,
    };
    let new = crate::users::profile::check(typed, None).expect("a profile");
    let saved = crate::users::profile::save(&p.app, owner, &new).await;
    assert!(matches!(saved, Err(Error::SessionEnded)), "{saved:?}");
    let added = crate::phones::create::create(&p.app, me, "Kitchen", "").await;
    assert!(matches!(added, Err(Error::SessionEnded)), "no phone is added");
    let own = TypedPassword::from("Harbour-Light-7");
    let confirmed = confirm(&p.app, me, &own, None).await;
    assert!(!matches!(confirmed, Ok(crate::sign_in::confirm::Confirmed::Fresh(_))));
    assert_eq!(p.events("password-change").await + p.events("profile-change").await, 0);
}

/// Museum row 27: by the mark alone too, as the provider's own hand might set it, with the sessions still there.
async fn a_disabled_person_is_out_even_with_a_session_left(p: Portal) {
    let held = held_by_ann(&p).await;
    p.alter(query("update users set disabled_at = 1 where name = 'ann'"))
        .await;
    is_worth_nothing(&p, &held).await;
    under_way_comes_to_nothing(&p, &held).await;
}

/// Museum row 27: what goes for a person goes for everybody of a suspended account.
async fn what_the_people_of_a_suspended_account_hold_dies_at_once(p: Portal) {
    let held = held_by_ann(&p).await;
    let adam = p.signed_in("adam").await;
    p.alter(query(
        "update accounts set suspended_at = 1 where domain = 'acme.example'",
    ))
    .await;
    is_worth_nothing(&p, &held).await;
    let bob = id_of(&p, "bob").await;
    let answer = adam
        .post(&format!("/admin/users/{bob}/password"), &[("temporary", "on")])
        .await;
    assert!(answer.location().starts_with("/sign-in"), "{}", answer.status);
    assert!(p.signed_in("gina").await.is_signed_in().await, "the others go on");
    under_way_comes_to_nothing(&p, &held).await;
}

/// Museum row 27: a sign-in whose password was found right while its owner was being disabled starts no session.
async fn a_sign_in_under_way_ends_with_the_person(p: Portal) {
    let ann = UserId::new(id_of(&p, "ann").await);
    for _ in 0..8 {
        let adam = p.signed_in("adam").await;
        let browsers = [p.browser(), p.browser()];
        let [one, two] = &browsers;
        let disable = format!("/admin/users/{ann}/disable");
        let (_, _, disabled) = tokio::join!(
            one.sign_in("ann@acme.example", "Harbour-Light-7"),
            two.sign_in("ann@acme.example", "Harbour-Light-7"),
            adam.post(&disable, &[]),
        );
        assert_eq!(disabled.status, 303, "{}", disabled.text);
        for browser in &browsers {
            assert!(!browser.is_signed_in().await, "however the two fell together");
        }
        assert!(sessions_of(&p, "ann").await.is_empty());
        adam.post(&format!("/admin/users/{ann}/enable"), &[]).await;
        p.wait(16 * MINUTE);
    }
}

stories!(
    extra_fields_of_any_form_change_nothing,
    extra_fields_of_a_password_set_for_somebody_change_nothing_else,
    ids_of_another_account_reach_nobody_in_any_field,
    a_session_is_found_under_its_own_person_alone,
    every_cookie_and_waiting_change_of_the_person_ends_with_a_password_set_for_them,
    what_a_disabled_person_holds_dies_at_once,
    a_disabled_person_is_out_even_with_a_session_left,
    what_the_people_of_a_suspended_account_hold_dies_at_once,
    a_sign_in_under_way_ends_with_the_person,
);
