//! Stories about what an old copy brings back, and what it must not. The commands are told in `tests/commands`.

use super::{make, settle};
use crate::audit::{seal::Sealer, verify};
use crate::clock::{DAY, HOUR, MINUTE};
use crate::db::{Db, PoolSizes, query};
use crate::ids::{AccountId, UserId};
use crate::keys::Keys;
use crate::links::{self, Purpose, Wanted};
use crate::testing::{Engine, Folder, Portal, join_all, stories};

/// What becomes of each table when a copy is restored. A new one needs a line, and a thought: what in it was good when the
/// copy was made, and must not be good again?
const TABLES: &[(&str, &str)] = &[
    ("accounts", "stays"),
    ("audit_events", "stays"),
    ("audit_heads", "stays"),
    ("audit_tally", "stays"),
    ("devices", "over: they may have been forgotten since"),
    (
        "email_changes",
        "those that wait are over: they may have been called off since",
    ),
    ("help_suggestions", "stays"),
    ("help_vote_days", "stays"),
    ("help_votes", "stays"),
    ("links", "over: they may have been used since"),
    ("outbox", "given up: they may have been sent since"),
    ("pending_changes", "over, with their sessions"),
    ("phone_attempts", "stays"),
    ("phone_changes", "stays: a registrar that starts reads every phone"),
    ("phone_files", "over: the phone may have been set up since"),
    ("phone_networks", "stays"),
    ("phone_notices", "stays"),
    ("phone_spells", "stays"),
    ("phones", "stays"),
    ("portal", "stays"),
    (
        "registrations",
        "stays: phones refresh them, and what is past its end has ended",
    ),
    ("removed_users", "stays: who was removed since is back"),
    ("reset_requests", "over: they were answered since"),
    ("sessions", "over: they may have been ended since"),
    ("sip_orders", "stays: whoever was to be disconnected is, once more"),
    ("throttle", "stays: a quarter of an hour forgets it"),
    ("users", "stays"),
];

async fn verified(p: &Portal) -> verify::Report {
    verify::verify(&p.app, None, Vec::new()).await.expect("a database")
}

async fn what_was_good_then_is_not_good_again(p: Portal) {
    let mut desk = p.phone("ann-desk", "acme.example").await;
    assert!(desk.is_registered().await);
    let (ann, bob) = (p.signed_in("ann").await, p.signed_in("bob").await);
    let (account, user): (AccountId, UserId) = query("select account_id, id from users where name = 'ann'")
        .one(&p.app.db)
        .await
        .expect("one of the demo's people");
    let wanted = Wanted {
        purpose: Purpose::Reset,
        account,
        user,
        lifetime: HOUR,
        epoch: None,
        code: None,
        detail: serde_json::json!({}),
    };
    let mut tx = p.app.db.begin().await.expect("a transaction");
    let link = links::make(&p.app, &mut tx, &wanted, None).await.expect("a link");
    tx.commit().await.expect("a commit");
    let link = link.expect("ann may sign in").url;
    let token = link.rsplit('/').next().expect("an address");
    assert!(
        links::open(&p.app, Purpose::Reset, token)
            .await
            .expect("a database")
            .is_some()
    );
    p.wait(6 * MINUTE);
    let waiting = ann
        .change_password("Tidewater-Kestrel-1")
        .await
        .id_after("/confirm?change=");
    bob.change_password("Tidewater-Kestrel-2").await;
    // A new address that waits, and one that is on file.
    p.alter(query(
        "insert into email_changes (id, account_id, user_id, browser, address, asked_at, done_at)
         select 'waits', account_id, id, 'x', 'x', 1, cast(null as bigint) from users where name = 'ann'
         union all select 'is done', account_id, id, 'x', 'x', 1, 2 from users where name = 'bob'",
    ))
    .await;
    // A mail that waits, and one that was delivered.
    p.alter(query(
        "insert into outbox (id, account_id, user_id, kind, to_address, parameters, created_at, due_at)
                   select 'waits', account_id, id, 'reset', 'x@acme.example', '{}', 1, 9000000000000 from users
                    where name = 'ann'",
    ))
    .await;
    p.alter(query(
        "insert into outbox (id, account_id, user_id, kind, to_address, parameters, created_at, delivered_at)
                   select 'is out', account_id, id, 'reset', 'x@acme.example', '{}', 1, 2 from users
                    where name = 'ann'",
    ))
    .await;
    p.alter(query(
        "insert into phone_files (phone_id, account_id, token_hash, kind, generation, sealed, created_at, expires_at)
         select id, account_id, sip_hashes, 'snom', 1, sip_hashes, 1, 9000000000000 from phones
          where sip_name = 'ann-desk'",
    ))
    .await;

    let settled = settle(&p.app).await.expect("it is this portal's");
    assert_eq!(
        (settled.sessions, settled.links, settled.pending, settled.mails),
        (2, 2, 2, 1),
        "{settled:?}"
    );
    assert_eq!(
        (settled.devices, settled.findings),
        (2, 0),
        "both browsers are strangers again"
    );
    assert_eq!(p.count(query("select count(*) from devices")).await, 0);
    assert_eq!(p.count(query("select count(*) from phone_files")).await, 0);
    assert!(!ann.is_signed_in().await && !bob.is_signed_in().await);
    assert!(
        links::open(&p.app, Purpose::Reset, token)
            .await
            .expect("a database")
            .is_none()
    );
    let fields = [("change", waiting.as_str()), ("password", "Harbour-Light-7")];
    ann.post("/confirm", &fields).await;
    p.browser()
        .sign_in("ann@acme.example", "Tidewater-Kestrel-1")
        .await
        .says(422, "");
    let kept = query("select count(*) from email_changes where id = 'is done'");
    assert_eq!((settled.addresses, p.count(kept).await), (1, 1));
    let due = query("select count(*) from outbox where due_at is not null");
    assert_eq!(p.count(due).await, 0);
    let why: Vec<(String, Option<String>)> =
        query("select id, last_error from outbox where created_at = 1 order by id")
            .all(&p.app.db)
            .await
            .expect("mails");
    assert_eq!(why[0], ("is out".to_owned(), None));
    assert!(
        why[1]
            .1
            .as_deref()
            .is_some_and(|why| why.contains("backup was restored"))
    );

    assert!(desk.is_registered().await, "phones notice nothing");
    p.signed_in("ann").await;
    assert_eq!(p.events("restore").await, 1);
    p.without_jobs();
    Sealer::default().pass(&p.app).await.expect("a database");
    assert!(verified(&p).await.is_sound());
}

async fn a_registration_that_has_ended_meanwhile_is_told_as_ended(p: Portal) {
    let mut desk = p.phone("ann-desk", "acme.example").await;
    assert!(desk.is_registered().await);
    settle(&p.app).await.expect("it is this portal's");
    let p = p.restart().await;
    let page = p.signed_in("ann").await.get("/phones").await.plain();
    assert!(page.contains("Registered"), "it is kept until its time: {page}");
    p.wait(DAY);
    let page = p.signed_in("ann").await.get("/phones").await.plain();
    assert!(!page.contains("Registered now"), "{page}");
    assert!(page.contains("Offline"), "{page}");
}

async fn nothing_is_settled_without_the_right_key_or_without_its_event(p: Portal) {
    let ann = p.signed_in("ann").await;
    p.alter(query("alter table audit_events rename to gone")).await;
    assert!(settle(&p.app).await.is_err());
    p.alter(query("alter table gone rename to audit_events")).await;
    assert!(ann.is_signed_in().await, "nothing is changed that is not on record");

    let wrong = Folder::new();
    let path = wrong.path().join("linekey.key");
    Keys::create(&path, &p.app.random).expect("a new key file");
    let mut app = p.app.clone();
    app.keys = std::sync::Arc::new(Keys::read(&path).expect("a key file"));
    let needed = p.app.keys.ids()[0];
    let refused = settle(&app).await.expect_err("another portal's key");
    assert!(
        refused.to_string().contains(&format!("the key {needed} is needed")),
        "{refused}"
    );
    // Without a phone, the record tells.
    p.alter(query("delete from registrations")).await;
    p.alter(query("delete from phone_spells")).await;
    p.alter(query("delete from phones")).await;
    let refused = settle(&app).await.expect_err("another portal's key");
    assert!(refused.to_string().contains("the last audit event"), "{refused}");
    assert!(ann.is_signed_in().await);
    settle(&p.app).await.expect("it is this portal's");
}

async fn a_changed_copy_is_told_by_what_is_sealed_in_it(p: Portal) {
    p.signed_in("ann").await;
    p.alter(query(
        "update audit_events set detail = '{}', outcome = 'refused' where kind = 'sign-in'",
    ))
    .await;
    let settled = settle(&p.app).await.expect("phones are as they were");
    assert_eq!(
        settled.findings, 1,
        "the record says so, and nobody is kept from a restore by it"
    );
    p.alter(query(
        "update phones set sip_hashes = (select p.sip_hashes from phones p order by id limit 1)
          where id = (select max(id) from phones)",
    ))
    .await;
    let refused = settle(&p.app).await.expect_err("hashes of another row");
    assert!(refused.to_string().contains("was changed"), "{refused}");
}

stories!(
    a_changed_copy_is_told_by_what_is_sealed_in_it,
    a_registration_that_has_ended_meanwhile_is_told_as_ended,
    nothing_is_settled_without_the_right_key_or_without_its_event,
    what_was_good_then_is_not_good_again,
);

#[tokio::test(flavor = "multi_thread")]
async fn every_table_has_a_word_on_what_becomes_of_it() {
    let p = Portal::start(Engine::Sqlite).await;
    let found: Vec<(String,)> = query(
        "select name from sqlite_schema where type = 'table' and name not like 'sqlite%' and name <> '_sqlx_migrations'
          order by name",
    )
    .all(&p.app.db)
    .await
    .expect("the schema");
    let found: Vec<_> = found.iter().map(|(name,)| name.as_str()).collect();
    let told: Vec<_> = TABLES.iter().map(|(name, _)| *name).collect();
    assert_eq!(found, told, "each table needs a line in TABLES");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_beside_people_who_work_is_of_one_moment() {
    let p = Portal::start(Engine::Sqlite).await;
    let folder = Folder::new();
    let working = async |name: &str, times: usize| {
        let browser = p.signed_in(name).await;
        for number in 0..times {
            let display = format!("{name} {number:04}");
            let fields = [("display_name", display.as_str()), ("time_zone", "UTC")];
            assert_eq!(browser.post("/account/settings", &fields).await.status, 303);
        }
    };
    // Another process, as the command is.
    let mut beside = p.app.clone();
    beside.db = Db::connect(&p.app.config.database.url, PoolSizes { connections: 2 })
        .await
        .expect("the same file");
    let copying = async || {
        for number in 0..5 {
            let path = folder.path().join(format!("{number}.db"));
            make::make(&beside, &path, false).await.expect("a copy");
            let copy = Db::look_at(&path).await.expect("whole");
            // The number in the name is how often it was saved, which the record tells too.
            let torn: (i64,) = query(
                "select count(*) from users u where u.display_name like '% 0%'
                    and cast(substr(u.display_name, -4) as integer) + 1 <>
                        (select count(*) from audit_events e where e.subject_id = u.id and e.kind = 'profile-change')",
            )
            .one(&copy)
            .await
            .expect("a count");
            assert_eq!(torn.0, 0);
            copy.close().await;
        }
    };
    let mut all: Vec<std::pin::Pin<Box<dyn Future<Output = ()> + '_>>> = vec![Box::pin(copying())];
    for name in ["ann", "bob", "gina"] {
        all.push(Box::pin(working(name, 40)));
    }
    join_all(all).await;
    assert_eq!(p.events("backup").await, 5);
    assert!(verified(&p).await.is_sound());
}
