//! Stories of people who come and go: added by an administrator, and removed for good.

use crate::clock::MINUTE;
use crate::db::query;
use crate::ids::{AccountId, UserId};
use crate::links;
use crate::testing::{Answer, Browser, Portal, join_all, stories};
use crate::users::set_up_slip;

const DORA: [(&str, &str); 4] = [
    ("name", "dora"),
    ("display_name", "Dora Deck"),
    ("email", "dora@home.example"),
    ("extension", "207"),
];

/// The page of somebody, `/admin/users/{id}`.
async fn page_of(p: &Portal, name: &str) -> String {
    let (id,): (String,) = query("select id from users where name = $1")
        .bind(name)
        .one(&p.app.db)
        .await
        .expect("a person");
    format!("/admin/users/{id}")
}

async fn add(adam: &Browser, changed: &[(&str, &str)]) -> Answer {
    let kept = DORA
        .into_iter()
        .filter(|(name, _)| changed.iter().all(|(other, _)| other != name));
    let fields: Vec<_> = kept.chain(changed.iter().copied()).collect();
    adam.post("/admin/users", &fields).await
}

async fn count(p: &Portal, name: &str) -> i64 {
    p.count(query("select count(*) from users where name = $1").bind(name))
        .await
}

async fn an_administrator_adds_somebody_who_then_gets_in_with_a_temporary_password(p: Portal) {
    let adam = p.signed_in("adam").await;
    adam.get("/admin/users").await.says(200, "href=\"/admin/users/new\"");
    adam.get("/admin/users/new").await.says(200, "@acme.example");
    let added = add(&adam, &[("name", " Dora@ACME.example ")]).await;
    assert_eq!(added.status, 303, "{}", added.text);
    let page = added.location().to_owned();
    adam.get(&page)
        .await
        .says(200, "Dora Deck is added. Nobody can sign in as them yet")
        .says(200, "extension 207")
        .says(200, "Adam Alder added Dora Deck");
    adam.post(&format!("{page}/password"), &[("temporary", "on")])
        .await
        .leads_to(&page);
    let shown = adam.get(&page).await;
    let (_, rest) = shown.text.split_once("id=\"temporary\">").expect("it is shown");
    let temporary = rest.split('<').next().expect("a password");
    p.browser().sign_in("dora@acme.example", temporary).await.leads_to("/");
    assert_eq!(
        p.count(query("select count(*) from outbox")).await,
        0,
        "nobody was mailed"
    );
    adam.get("/admin/audit?kind=user-add")
        .await
        .says(200, "Adam Alder added Dora Deck");
}

async fn everything_that_is_wrong_is_said_at_its_field_and_the_input_stays(p: Portal) {
    let adam = p.signed_in("adam").await;
    let all = [
        ("name", "-d@evil"),
        ("display_name", ""),
        ("email", "dora"),
        ("extension", "2x7"),
        ("invite", "on"),
    ];
    let again = add(&adam, &all).await;
    again.says(422, "Nothing was saved yet").says(422, "value=\"2x7\"");
    for (field, said) in [
        ("name", "Use letters and digits"),
        ("display_name", "Enter their name."),
        ("email", "not an e-mail address"),
        ("extension", "1 to 16 digits"),
    ] {
        assert!(
            again.at_field(field).contains(said),
            "{field}: {}",
            again.at_field(field)
        );
    }
    for (field, value, said) in [
        ("name", "", "Enter a sign-in name"),
        ("name", "ann", "Somebody has that sign-in name already."),
        ("name", "ANN@acme.example", "Somebody has that sign-in name already."),
        ("name", &"d".repeat(65), "at most 64"),
        ("display_name", &"D".repeat(101), "too long"),
        ("display_name", "Dora\u{202e}Deck", "control characters"),
        ("display_name", "Dora\nDeck", "control characters"),
        (
            "email",
            "dora@home.example\r\nBcc: eve@evil.example",
            "not an e-mail address",
        ),
        (
            "email",
            "Dora <dora@home.example>, eve@evil.example",
            "not an e-mail address",
        ),
    ] {
        let again = add(&adam, &[(field, value)]).await;
        assert_eq!(again.status, 422, "{value}");
        assert!(
            again.at_field(field).contains(said),
            "{value}: {}",
            again.at_field(field)
        );
    }
    let endless = "x".repeat(500_000);
    for field in ["name", "display_name", "email", "extension"] {
        assert_eq!(add(&adam, &[(field, &endless)]).await.status, 413, "{field}");
    }
    let long = "x".repeat(60_000);
    let again = add(&adam, &[("display_name", &long)]).await;
    assert!(again.status == 422 && again.text.len() < 20_000);
    assert_eq!(p.events("user-add").await, 0);
}

/// The box for an invitation is ticked from the start, and not everybody has an e-mail.
async fn without_an_e_mail_somebody_is_added_and_no_invitation_is_said_to_be_sent(p: Portal) {
    let adam = p.signed_in("adam").await;
    let added = add(&adam, &[("email", " "), ("invite", "on")]).await;
    assert_eq!(added.status, 303, "{}", added.text);
    adam.get(added.location())
        .await
        .says(200, "Dora Deck is added. No invitation was sent: there is no e-mail.");
    assert_eq!(p.count(query("select count(*) from outbox")).await, 0);
}

/// Nobody is told of a password that there is not.
async fn whoever_has_no_password_is_not_told_that_it_works_again(p: Portal) {
    let adam = p.signed_in("adam").await;
    let given = [("email", "dora@home.example")];
    assert_eq!(add(&adam, &given).await.status, 303);
    p.alter(query("update users set email_verified_at = 1 where name = 'dora'"))
        .await;
    let dora = page_of(&p, "dora").await;
    adam.post(&format!("{dora}/disable"), &[]).await.leads_to(&dora);
    adam.get(&dora).await.says(200, "There is no password to sign in with");
    adam.post(&format!("{dora}/enable"), &[]).await.leads_to(&dora);
    adam.get(&dora)
        .await
        .says(200, "Dora Deck is enabled, and has no password yet");
    let mails = p.mails(2).await;
    let told = mails.iter().find(|mail| mail.kind == "enabled").expect("a mail");
    assert!(
        told.text.contains("You have no portal password at the moment"),
        "{}",
        told.text
    );
}

/// Nobody has to choose among five buttons that look alike.
async fn the_act_that_helps_a_person_in_is_put_first(p: Portal) {
    let adam = p.signed_in("adam").await;
    let leads = async |name: &str| {
        let page = adam.get(&page_of(&p, name).await).await;
        let firsts = page.text.split("<summary class=\"button first\">").skip(1);
        let firsts: Vec<_> = firsts.filter_map(|rest| rest.split("</summary>").next()).collect();
        firsts.join(", ")
    };
    assert_eq!(leads("ann").await, "Send reset link");
    assert_eq!(add(&adam, &[("email", "dora@home.example")]).await.status, 303);
    assert_eq!(leads("dora").await, "Send the invitation again");
    p.alter(query("update users set email = null where name = 'dora'"))
        .await;
    assert_eq!(leads("dora").await, "Print a set-up slip");
}

/// Whose password was taken away proves who they are with a reset link, not with whatever address is on file.
async fn whoever_had_a_password_is_not_invited(p: Portal) {
    let (adam, bob) = (p.signed_in("adam").await, page_of(&p, "bob").await);
    p.alter(query(
        "update users set password_hash = null, password_set_at = null, credential_epoch = credential_epoch + 1
          where name = 'bob'",
    ))
    .await;
    adam.post(&format!("{bob}/invite"), &[])
        .await
        .says(403, "has a password, or had one");
    assert_eq!(p.count(query("select count(*) from outbox")).await, 0);
}

/// Invitations, reset links and confirmations to one address share its hour.
async fn five_mails_an_hour_go_to_one_address(p: Portal) {
    let adam = p.signed_in("adam").await;
    let invited = [("invite", "on"), ("email", "dora@home.example")];
    assert_eq!(add(&adam, &invited).await.status, 303);
    let dora = page_of(&p, "dora").await;
    for _ in 0..3 {
        adam.post(&format!("{dora}/invite"), &[]).await.leads_to(&dora);
    }
    // The fifth, by another act, in another case.
    let another = [("name", "dan"), ("invite", "on"), ("email", "Dora@HOME.example")];
    assert_eq!(add(&adam, &another).await.status, 303);
    let again = adam.post(&format!("{dora}/invite"), &[]).await;
    again.says(422, "got as many mails as one address gets within an hour");
    let third = [("name", "dina"), ("invite", "on"), ("email", "dora@home.example")];
    let refused = add(&adam, &third).await;
    assert!(refused.at_field("email").contains("as many mails"), "{}", refused.text);
    assert_eq!(count(&p, "dina").await, 0);
    p.wait(61 * MINUTE);
    let adam = p.signed_in("adam").await;
    adam.post(&format!("{dora}/invite"), &[]).await.leads_to(&dora);
}

/// Museum row 30.
async fn a_name_that_is_markup_is_a_name(p: Portal) {
    let adam = p.signed_in("adam").await;
    let name = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
    let added = add(&adam, &[("display_name", name), ("invite", "on")]).await;
    let page = added.location().to_owned();
    let slip = format!("{page}/setup-slip");
    let mut shown = vec![adam.get(&page).await, adam.get("/admin/users").await];
    let mail = &p.mails(1).await[0];
    assert!(!mail.html.contains("<script>") && !mail.subject.contains("script"));
    adam.post(&slip, &[]).await.leads_to(&slip);
    shown.push(adam.get(&slip).await);
    shown.push(adam.get("/admin/audit").await);
    adam.post(&format!("{page}/remove"), &[]).await.leads_to("/admin/users");
    shown.push(adam.get("/admin/users").await);
    shown.push(adam.get("/admin/audit").await);
    let refused = add(&adam, &[("display_name", name), ("name", name), ("email", name)]).await;
    assert_eq!(refused.status, 422);
    shown.push(refused);
    for page in shown {
        assert!(!page.text.contains("<script>alert") && !page.text.contains("<img src=x"));
        assert!(page.text.contains("alert"), "the name is shown");
    }
}

/// Museum rows 12 and 13: what role, whose account, and who may at all.
async fn nobody_is_added_above_ones_rank_or_elsewhere(p: Portal) {
    let (adam, gus) = (p.signed_in("adam").await, p.signed_in("gus").await);
    for role in ["operator", "Administrator", "root", "1", "user,operator", "\u{ff55}ser"] {
        let again = add(&adam, &[("role", role)]).await;
        assert_eq!(again.status, 422, "{role}");
        assert!(again.at_field("role").contains("Choose one of the two."), "{role}");
    }
    let (account,): (String,) = query("select account_id from users where name = 'gus'")
        .one(&p.app.db)
        .await
        .expect("gus");
    let extra = [
        ("account", account.as_str()),
        ("account_id", account.as_str()),
        ("domain", "globex.example"),
        ("email_verified", "on"),
        ("email_verified_at", "1"),
        ("password", "Harbour-Light-1"),
        ("password_hash", "x"),
        ("must_change", "off"),
        ("id", "0198c0de-0000-7000-8000-00000000beef"),
        ("role", "administrator"),
    ];
    assert_eq!(add(&adam, &extra).await.status, 303);
    let dora = query(
        "select count(*) from users u join accounts a on a.id = u.account_id
          where u.name = 'dora' and a.domain = 'acme.example' and u.role = 'administrator'
            and u.email_verified_at is null and u.password_hash is null",
    );
    assert_eq!(p.count(dora).await, 1);
    for name in ["ann", "olivia"] {
        let browser = p.signed_in(name).await;
        assert_eq!(add(&browser, &[("name", "eve")]).await.status, 403, "{name}");
    }
    let bob = page_of(&p, "bob").await;
    let id = bob.trim_start_matches("/admin/users/");
    for act in [
        format!("/admin/users/{id}/remove"),
        format!("/admin/users/{id}/setup-slip"),
        format!("/admin/users/{id}/invite"),
    ] {
        gus.post(&act, &[]).await.says(404, "Nothing is here");
        for name in ["ann", "olivia"] {
            let answer = p.signed_in(name).await.post(&act, &[]).await;
            assert_eq!(answer.status, 403, "{name} {act}");
        }
    }
    gus.get(&format!("{bob}/setup-slip")).await.says(404, "Nothing is here");
    let (own, equal) = (page_of(&p, "adam").await, page_of(&p, "dora").await);
    for act in ["remove", "setup-slip", "invite"] {
        adam.post(&format!("{own}/{act}"), &[]).await.says(403, "That is you.");
        adam.post(&format!("{equal}/{act}"), &[])
            .await
            .says(403, "is an administrator like you");
    }
    assert_eq!((count(&p, "bob").await, count(&p, "eve").await), (1, 0));
    assert_eq!(p.count(query("select count(*) from links")).await, 0);
}

async fn a_stale_session_proves_who_it_is_first(p: Portal) {
    let (adam, page) = (p.signed_in("adam").await, page_of(&p, "bob").await);
    p.wait(6 * MINUTE);
    adam.get("/admin/users/new").await.says(200, "Your own password");
    add(&adam, &[]).await.says(422, "Enter your own password");
    add(&adam, &[("your_password", "Harbour-Light-7")])
        .await
        .says(422, "That is not your own password.")
        .says(422, "value=\"dora\"");
    for act in ["remove", "setup-slip", "invite"] {
        adam.post(&format!("{page}/{act}"), &[])
            .await
            .says(422, "Enter your own password");
    }
    assert_eq!((count(&p, "bob").await, count(&p, "dora").await), (1, 0));
    let right = ("your_password", "Harbour-Light-1");
    assert_eq!(add(&adam, &[right]).await.status, 303);
    assert!(adam.is_signed_in().await, "with the session's new token");
}

async fn two_who_add_the_same_person_at_once_add_one(p: Portal) {
    p.alter(query("update users set role = 'administrator' where name = 'bob'"))
        .await;
    let (adam, bob) = (p.signed_in("adam").await, p.signed_in("bob").await);
    for round in 0..5 {
        let name = format!("dora{round}");
        let fields = [("name", name.as_str())];
        let answers = join_all(vec![add(&adam, &fields), add(&bob, &fields), add(&adam, &fields)]).await;
        let added = answers.iter().filter(|answer| answer.status == 303).count();
        let refused = answers.iter().filter(|answer| answer.status == 422).count();
        assert_eq!((added, refused, count(&p, &name).await), (1, 2, 1));
    }
    assert_eq!(p.events("user-add").await, 5);
}

async fn somebody_removed_is_gone_with_all_that_is_theirs_but_for_the_record(p: Portal) {
    let mut desk = p.phone("ann-desk", "acme.example").await;
    assert!(desk.is_registered().await);
    let (ann, adam) = (p.signed_in("ann").await, p.signed_in("adam").await);
    p.wait(6 * MINUTE);
    ann.change_password("Tidewater-Kestrel-1").await;
    let page = page_of(&p, "ann").await;
    let id = page.trim_start_matches("/admin/users/").to_owned();
    let proof = [("your_password", "Harbour-Light-1")];
    adam.get(&page).await.says(200, "deletes Ann Archer and 3 phones");
    adam.post(&format!("{page}/setup-slip"), &proof).await;
    p.mails(1).await;
    adam.post(&format!("{page}/remove"), &[]).await.leads_to("/admin/users");
    adam.get("/admin/users")
        .await
        .says(200, "Ann Archer and 3 phones are removed.");
    assert!(!ann.is_signed_in().await);
    adam.get(&page).await.says(404, "Nothing is here");
    adam.post(&format!("{page}/remove"), &[])
        .await
        .says(404, "Nothing is here");
    p.browser()
        .sign_in("ann@acme.example", "Harbour-Light-7")
        .await
        .says(422, "That name and password don't match.");
    assert!(
        !desk.is_registered().await,
        "the registrar refuses it at its next refresh"
    );
    for table in [
        "sessions",
        "links",
        "outbox",
        "phones",
        "pending_changes",
        "registrations",
        "users",
    ] {
        let everything = p.dump_everything().await;
        let left = everything.lines().filter(|row| row.starts_with(&format!("{table}:")));
        assert_eq!(left.filter(|row| row.contains(&id)).count(), 0, "{table}");
    }
    let record = adam.get("/admin/audit").await;
    record
        .says(200, "Adam Alder removed Ann Archer")
        .says(200, "ann@acme.example");
    adam.get(&format!("/admin/audit?user={id}"))
        .await
        .says(200, "Only what Ann Archer did");
    p.signed_in("gus")
        .await
        .get(&format!("/admin/audit?user={id}"))
        .await
        .says(404, "Nothing is here");
    // The name is free, for somebody else.
    let again = add(&adam, &[("name", "ann"), ("display_name", "Ann Other")]).await;
    assert_eq!(again.status, 303, "{}", again.text);
    let other = adam.get(again.location()).await;
    assert!(!other.text.contains("Adam Alder removed"), "it is not her record");
    adam.get("/admin/audit")
        .await
        .says(200, "Adam Alder removed Ann Archer");
}

async fn two_who_remove_the_same_person_at_once_remove_them_once(p: Portal) {
    p.alter(query("update users set role = 'administrator' where name = 'bob'"))
        .await;
    let (adam, bob, page) = (
        p.signed_in("adam").await,
        p.signed_in("bob").await,
        page_of(&p, "ann").await,
    );
    let remove = format!("{page}/remove");
    let answers = join_all(vec![
        adam.post(&remove, &[]),
        bob.post(&remove, &[]),
        adam.post(&remove, &[]),
    ])
    .await;
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 404, 404]);
    assert_eq!(p.events("user-remove").await, 1);
}

async fn removing_somebody_who_is_changing_their_password_comes_before_or_after(p: Portal) {
    let (ann, adam, page) = (
        p.signed_in("ann").await,
        p.signed_in("adam").await,
        page_of(&p, "ann").await,
    );
    let mut desk = p.phone("ann-desk", "acme.example").await;
    let remove = format!("{page}/remove");
    let (other, slip) = (p.browser(), format!("{page}/setup-slip"));
    let (changed, removed, signed_in, made, _) = tokio::join!(
        ann.change_password("Tidewater-Kestrel-1"),
        adam.post(&remove, &[]),
        other.sign_in("ann@acme.example", "Harbour-Light-7"),
        adam.post(&slip, &[]),
        desk.register(),
    );
    removed.leads_to("/admin/users");
    for answer in [changed, signed_in, made] {
        assert!(!answer.status.is_server_error(), "{}", answer.text);
    }
    assert_eq!(count(&p, "ann").await, 0);
    assert!(!ann.is_signed_in().await && !other.is_signed_in().await);
    let left = query("select count(*) from phones where sip_name like 'ann-%'");
    assert_eq!(p.count(left).await, 0);
}

/// Whoever adds something of the person's at the same moment, as the mail worker does without holding them, comes before.
async fn removing_somebody_waits_for_what_is_just_being_added(p: Portal) {
    let (adam, page) = (p.signed_in("adam").await, page_of(&p, "ann").await);
    let found = query("select account_id, id from users where name = 'ann'");
    let (account, user): (AccountId, UserId) = found.one(&p.app.db).await.expect("ann");
    let mut tx = p.app.db.begin().await.expect("a transaction");
    let wanted = set_up_slip::wanted(&account, &user);
    links::make(&p.app, &mut tx, &wanted, None).await.expect("a link");
    let act = format!("{page}/remove");
    let added = async {
        #[cfg(feature = "outside")]
        if p.engine == crate::testing::Engine::Postgres {
            let waits =
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
            p.until(async || p.count(query(waits)).await > 0).await;
        }
        tx.commit().await.expect("a commit");
    };
    let (removed, ()) = tokio::join!(adam.post(&act, &[]), added);
    removed.leads_to("/admin/users");
    assert_eq!(count(&p, "ann").await, 0);
    assert_eq!(p.count(query("select count(*) from links")).await, 0);
}

/// A table that comes to refer to users must be emptied by `sign_in/remove.rs`: then it belongs in this list.
async fn every_table_that_refers_to_users_is_emptied_of_somebody_removed(p: Portal) {
    let known = [
        "devices",
        "email_changes",
        "links",
        "outbox",
        "pending_changes",
        "phones",
        "sessions",
    ];
    let found: Vec<(String,)> = match p.engine {
        crate::testing::Engine::Sqlite => {
            query(
                "select distinct m.name from sqlite_schema m join pragma_foreign_key_list(m.name) f
                  where m.type = 'table' and f.\"table\" = 'users' order by m.name",
            )
            .all(&p.app.db)
            .await
        }
        #[cfg(feature = "outside")]
        crate::testing::Engine::Postgres => {
            query(
                "select distinct cast(conrelid as regclass)::text as name from pg_constraint
                  where contype = 'f' and confrelid = cast('users' as regclass) order by name",
            )
            .all(&p.app.db)
            .await
        }
    }
    .expect("the schema");
    let found: Vec<_> = found.iter().map(|(name,)| name.as_str()).collect();
    assert_eq!(found, known);
}

stories!(
    an_administrator_adds_somebody_who_then_gets_in_with_a_temporary_password,
    everything_that_is_wrong_is_said_at_its_field_and_the_input_stays,
    without_an_e_mail_somebody_is_added_and_no_invitation_is_said_to_be_sent,
    whoever_has_no_password_is_not_told_that_it_works_again,
    the_act_that_helps_a_person_in_is_put_first,
    whoever_had_a_password_is_not_invited,
    five_mails_an_hour_go_to_one_address,
    a_name_that_is_markup_is_a_name,
    nobody_is_added_above_ones_rank_or_elsewhere,
    a_stale_session_proves_who_it_is_first,
    two_who_add_the_same_person_at_once_add_one,
    somebody_removed_is_gone_with_all_that_is_theirs_but_for_the_record,
    two_who_remove_the_same_person_at_once_remove_them_once,
    removing_somebody_who_is_changing_their_password_comes_before_or_after,
    removing_somebody_waits_for_what_is_just_being_added,
    every_table_that_refers_to_users_is_emptied_of_somebody_removed,
);
