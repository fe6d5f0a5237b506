//! Stories of two administrators at one person's password in the same moment, and of one who is no administrator any
//! more when the moment comes.

use crate::clock::MINUTE;
use crate::db::query;
use crate::error::Error;
use crate::ids::UserId;
use crate::password::set_for_user::{NewPassword, SetFor, set_for_user};
use crate::password::typed::TypedPassword;
use crate::sessions::SignedIn;
use crate::sign_in::disable::{Switched, disable};
use crate::testing::{Browser, Portal, stories};
use crate::users::act::Whom;
use crate::users::permissions::Refusal;

const TEMPORARY: &[(&str, &str)] = &[("temporary", "on")];

async fn id_of(p: &Portal, name: &str) -> UserId {
    let (id,): (String,) = query("select id from users where name = $1")
        .bind(name)
        .one(&p.app.db)
        .await
        .expect("one of the demo's people");
    UserId::new(id)
}

/// How often Ann's password was set: by her epoch, the record, and the mails.
async fn told(p: &Portal) -> [i64; 3] {
    [
        p.count(query("select credential_epoch from users where name = 'ann'"))
            .await,
        p.count(query(
            "select count(*) from audit_events where kind = 'password-set' and outcome = 'done'",
        ))
        .await,
        p.count(query("select count(*) from outbox where kind = 'password-set'"))
            .await,
    ]
}

/// The temporary password that the next page shows, if it shows one.
async fn shown(browser: &Browser, page: &str) -> Option<String> {
    let text = browser.get(page).await.text;
    let (_, rest) = text.split_once("id=\"temporary\">")?;
    rest.split('<').next().map(str::to_owned)
}

/// Whether Ann gets in with it, from a network where nobody has tried lately.
async fn signs_in(p: &Portal, password: &str) -> bool {
    p.wait(16 * MINUTE);
    p.browser().sign_in("ann@acme.example", password).await.location() == "/"
}

async fn two_administrators_at_once_set_one_password_after_the_other_or_only_one(p: Portal) {
    p.alter(query("update users set role = 'administrator' where name = 'bob'"))
        .await;
    let page = format!("/admin/users/{}", id_of(&p, "ann").await);
    let act = format!("{page}/password");
    let (mut both, mut one) = (0, 0);
    let mut good_one = "Harbour-Light-7".to_owned();
    for round in 0..24 {
        let (adam, bob) = (p.signed_in("adam").await, p.signed_in("bob").await);
        let old = p.browser();
        old.sign_in("ann@acme.example", &good_one).await.leads_to("/");
        let before = told(&p).await;
        let typed = [
            ("new_password", "Tidewater-Kestrel-1"),
            ("confirm_password", "Tidewater-Kestrel-1"),
            ("must_change", "on"),
        ];
        let second = if round % 2 == 0 { TEMPORARY } else { &typed[..] };
        let (first, second) = tokio::join!(adam.post(&act, TEMPORARY), bob.post(&act, second));
        let mut known = Vec::new();
        let mut done = 0;
        for (answer, browser) in [(&first, &adam), (&second, &bob)] {
            if answer.status == 303 {
                answer.leads_to(&page);
                done += 1;
                known.push(
                    shown(browser, &page)
                        .await
                        .unwrap_or_else(|| "Tidewater-Kestrel-1".to_owned()),
                );
            } else {
                answer.says(409, "Somebody else was faster");
                assert_eq!(
                    shown(browser, &page).await,
                    None,
                    "who was too late is shown no password"
                );
            }
        }
        assert!(done > 0, "one of them wins");
        let after = told(&p).await;
        for (after, before) in after.iter().zip(before) {
            assert_eq!(
                after - before,
                done,
                "as many epochs, events and mails as were told that it is done"
            );
        }
        let mut good = 0_i64;
        for password in &known {
            if signs_in(&p, password).await {
                good += 1;
                good_one.clone_from(password);
            }
        }
        assert_eq!(good, 1, "one of the passwords that were shown is the one, and no other");
        assert!(!old.is_signed_in().await);
        (both, one) = (both + i64::from(done == 2), one + i64::from(done == 1));
    }
    println!(
        "{:?}: {both} rounds one after the other, {one} with one winner",
        p.engine
    );
}

/// A portal on which hashing takes long enough for something to happen meanwhile, and its hash threads busy already.
async fn slow(p: Portal) -> Portal {
    p.restart_with(|config| {
        config.hashing.memory_kib = 32 * 1024;
        config.hashing.passes = 4;
        config.hashing.threads = 1;
    })
    .await
}

/// Adam sets Ann's password; while it waits to be hashed, `meanwhile` happens.
async fn set_while(p: &Portal, adam: &SignedIn, meanwhile: crate::db::Query) -> Result<SetFor, Error> {
    let ann = id_of(p, "ann").await;
    let whom = Whom {
        account: &adam.person.account,
        id: &ann,
    };
    let mut busy = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let app = p.app.clone();
        busy.spawn(async move {
            app.hashes
                .verify(&TypedPassword::from("Not-of-anyone-1"), None)
                .await
                .is_ok()
        });
    }
    // All of them are in the queue before the act begins, so that what the act hashes comes after them.
    p.until(async || p.app.hashes.waiting() > 9).await;
    let act = set_for_user(&p.app, adam.actor(), whom, NewPassword::Temporary);
    let other = async {
        p.until(async || p.app.hashes.waiting() < 9).await;
        p.alter(meanwhile).await;
    };
    let (done, ()) = tokio::join!(act, other);
    busy.join_all().await;
    done
}

async fn who_stops_being_an_administrator_while_it_is_done_does_not_do_it(p: Portal) {
    let p = slow(p).await;
    let browser = p.signed_in("ann").await;
    let before = told(&p).await;
    let again = [
        ("disabled", "update users set disabled_at = 1 where name = 'adam'"),
        ("demoted", "update users set role = 'user' where name = 'adam'"),
        (
            "signed out",
            "delete from sessions where user_id in (select id from users where name = 'adam')",
        ),
        (
            "suspended",
            "update accounts set suspended_at = 1 where domain = 'acme.example'",
        ),
    ];
    for (how, meanwhile) in again {
        let adam = p.signed_in("adam").await;
        let me = p.who(&adam).await;
        let done = set_while(&p, &me, query(meanwhile)).await;
        match how {
            "demoted" => assert!(
                matches!(done, Ok(SetFor::Forbidden(Refusal::Higher))),
                "{how}: {done:?}"
            ),
            _ => assert!(matches!(done, Err(Error::SessionEnded)), "{how}: {done:?}"),
        }
        p.alter(query(
            "update users set disabled_at = null, role = 'administrator' where name = 'adam'",
        ))
        .await;
        p.alter(query("update accounts set suspended_at = null")).await;
    }
    assert_eq!(told(&p).await, before, "no password was set");
    assert!(browser.is_signed_in().await, "and nobody was signed out");
}

async fn who_rises_or_is_disabled_while_a_password_is_set_for_them_gets_none(p: Portal) {
    let p = slow(p).await;
    let adam = p.signed_in("adam").await;
    let me = p.who(&adam).await;
    let before = told(&p).await;
    let higher = set_while(
        &p,
        &me,
        query("update users set role = 'administrator' where name = 'ann'"),
    )
    .await;
    assert!(matches!(higher, Ok(SetFor::Forbidden(Refusal::Equal))), "{higher:?}");
    p.alter(query("update users set role = 'user' where name = 'ann'"))
        .await;
    let disabled = set_while(&p, &me, query("update users set disabled_at = 1 where name = 'ann'")).await;
    assert!(
        matches!(disabled, Ok(SetFor::Overtaken | SetFor::Disabled)),
        "{disabled:?}"
    );
    let after = told(&p).await;
    assert_eq!(after, before, "no password was set");
}

/// Two administrators who are each made less by the provider while they act: either the act was first, or it is not.
async fn an_act_and_the_end_of_its_actor_come_one_after_the_other(p: Portal) {
    let ann = id_of(&p, "ann").await;
    for _ in 0..16 {
        let adam = p.signed_in("adam").await;
        let me = p.who(&adam).await;
        let before = told(&p).await;
        let whom = Whom {
            account: &me.person.account,
            id: &ann,
        };
        let himself = Whom {
            account: &me.person.account,
            id: &me.person.id,
        };
        let (done, ended) = tokio::join!(
            set_for_user(&p.app, me.actor(), whom, NewPassword::Temporary),
            disable(&p.app, crate::users::Actor::Console, himself),
        );
        assert!(matches!(ended, Ok(Switched::Done(..))), "{ended:?}");
        let times = match done {
            Ok(SetFor::Done(_)) => 1,
            Err(Error::SessionEnded) => 0,
            other => panic!("neither done nor ended: {other:?}"),
        };
        let after = told(&p).await;
        assert_eq!(after, before.map(|count| count + times));
        p.alter(query("update users set disabled_at = null where name = 'adam'"))
            .await;
    }
}

stories!(
    two_administrators_at_once_set_one_password_after_the_other_or_only_one,
    who_stops_being_an_administrator_while_it_is_done_does_not_do_it,
    who_rises_or_is_disabled_while_a_password_is_set_for_them_gets_none,
    an_act_and_the_end_of_its_actor_come_one_after_the_other,
);
