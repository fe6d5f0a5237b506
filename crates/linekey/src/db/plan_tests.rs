//! How SQLite finds what a statement asks for: by an index, or by reading a table from end to end.

use std::collections::{BTreeMap, BTreeSet};

use super::Db;
use super::tests::{OF_POSTGRES, held, statements};
use crate::testing::{Engine, Portal};

/// Tables that grow with people, phones and time.
const LARGE: [&str; 21] = [
    "accounts",
    "audit_events",
    "devices",
    "email_changes",
    "help_suggestions",
    "help_vote_days",
    "help_votes",
    "links",
    "outbox",
    "pending_changes",
    "phone_attempts",
    "phone_changes",
    "phone_files",
    "phone_networks",
    "phone_notices",
    "phone_spells",
    "phones",
    "registrations",
    "sessions",
    "throttle",
    "users",
];

/// The beginnings of the statements that read a large table from end to end, or in the order of an index until they have
/// enough, and why they may.
const WHOLE: [(&str, &str); 24] = [
    (
        "select sip_domain, sip_algorithm from accounts",
        "all SIP domains, at the start and every few seconds",
    ),
    ("select a.id, a.name, a.domain, a.sip_domain", "a list for a command"),
    ("select u.id, a.domain, u.name, u.display_name", "a list for a command"),
    ("select u.name as user_name", "a list for a command"),
    (
        "select count(*) as count from users where role",
        "whether somebody is the last one",
    ),
    ("select count(*) as phones from phones", "once at the start"),
    (
        "select phone_id, contact, address_of_record",
        "all registrations, at the start",
    ),
    (
        "select sealed_with, count(distinct id)",
        "which keys are in use, for a command",
    ),
    (
        "select id, sip_hashes, old_hashes from phones order by id desc",
        "the end of an index",
    ),
    (
        "select at, mac from audit_events order by id desc",
        "the end of an index",
    ),
    (
        "select e.id, e.at, e.account_id, d.domain",
        "one page of the record, the latest first",
    ),
    (
        "select category, article, case when day",
        "a row a day and article with votes, added up for operators",
    ),
    (
        "select category, article, day, helpful",
        "votes written out for operators",
    ),
    (
        "select id, category, article, text, email",
        "one page of suggestions, the latest first",
    ),
    (
        "select o.id, o.kind, o.to_address",
        "one page of mails, the latest first",
    ),
    ("select count(due_at) as waiting", "the mails that wait, by their index"),
    ("update outbox set kind = kind", "the mails that wait, by their index"),
    (
        "select (select count(*) from accounts) as accounts",
        "what a backup holds",
    ),
    (
        "delete from email_changes where done_at is null",
        "what a restored database forgets",
    ),
    ("delete from email_changes where asked_at", "swept now and then"),
    ("delete from pending_changes", "swept now and then; there are few"),
    ("delete from phone_", "swept now and then"),
    ("delete from help_suggestions", "swept now and then"),
    ("delete from sessions where last_seen_at", "swept now and then"),
];

/// The large tables that a statement reads from end to end.
async fn read_whole(db: &Db, sql: &str) -> BTreeSet<String> {
    let Db::Sqlite { writer, .. } = db else {
        panic!("this asks SQLite");
    };
    let explain = sqlx::AssertSqlSafe(format!("explain query plan {sql}"));
    #[expect(clippy::disallowed_methods, reason = "a statement about a statement")]
    let steps: Vec<(i64, i64, i64, String)> = sqlx::query_as(explain)
        .fetch_all(held(writer).await.connection().expect("open"))
        .await
        .unwrap_or_else(|error| panic!("SQLite explains {sql}: {error}"));
    let names = aliases(sql);
    let scanned = steps.iter().filter_map(|(.., step)| step.strip_prefix("SCAN "));
    let scanned = scanned.filter_map(|rest| names.get(rest.split(' ').next()?).cloned());
    scanned.filter(|table| LARGE.contains(&table.as_str())).collect()
}

/// Which table each name of a statement stands for.
fn aliases(sql: &str) -> BTreeMap<String, String> {
    let words: Vec<_> = sql
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
        .collect();
    let mut names = BTreeMap::new();
    for pair in words.windows(2) {
        let [table, alias] = pair else { continue };
        if LARGE.contains(table) {
            names.insert((*table).to_owned(), (*table).to_owned());
            names.entry((*alias).to_owned()).or_insert_with(|| (*table).to_owned());
        }
    }
    names
}

#[tokio::test]
async fn no_statement_reads_a_large_table_from_end_to_end_but_those_that_may() {
    let portal = Portal::start(Engine::Sqlite).await;
    let mut unused: BTreeSet<_> = WHOLE.iter().map(|(start, _)| *start).collect();
    let mut found = Vec::new();
    for (place, sql) in statements() {
        if place.ends_with(OF_POSTGRES) {
            continue;
        }
        let tables = read_whole(&portal.app.db, &sql).await;
        let flat = sql.split_whitespace().collect::<Vec<_>>().join(" ");
        let may = WHOLE.iter().find(|(start, _)| flat.starts_with(start));
        match may {
            Some((start, _)) if !tables.is_empty() => {
                unused.remove(start);
            }
            _ if tables.is_empty() => {}
            _ => found.push(format!("{tables:?} {place}: {flat}")),
        }
    }
    assert!(
        found.is_empty(),
        "these need an index, or a reason:\n{}",
        found.join("\n")
    );
    assert!(unused.is_empty(), "these read nothing whole any more: {unused:?}");
}

#[tokio::test]
async fn no_statistics_of_small_tables_mislead_it_later() {
    let portal = Portal::start(Engine::Sqlite).await.restart().await;
    let Db::Sqlite { writer, .. } = &portal.app.db else {
        panic!("this asks SQLite");
    };
    #[expect(clippy::disallowed_methods, reason = "the catalogue of SQLite alone")]
    let (tables,): (i64,) = sqlx::query_as("select count(*) from sqlite_schema where name = 'sqlite_stat1'")
        .fetch_one(held(writer).await.connection().expect("open"))
        .await
        .expect("the schema");
    assert_eq!(
        tables, 0,
        "a table's size when the portal last stopped decides how it is read"
    );
}
