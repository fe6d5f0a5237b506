//! What both engines must agree on, and what happens when one of them fails.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use sqlx::{Column, Executor, Statement};

use super::writer::Held;
use super::{Db, PoolSizes, ServerLock, Writer, query};
use crate::testing::{Engine, Folder, Portal};

/// The connection that writes, for what no statement of ours does.
pub(super) async fn held(writer: &Writer) -> Held {
    writer.hold().await.expect("nobody has it for long")
}

/// Every literal given to `query(..)` outside tests, with its place. What only one engine knows is in `dialect`.
pub(super) fn statements() -> Vec<(String, String)> {
    fn files(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("our own sources") {
            let path = entry.expect("our own sources").path();
            if path.is_dir() && !path.ends_with("testing") {
                files(&path, found);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                found.push(path);
            }
        }
    }
    let mut paths = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut paths);
    let mut statements = Vec::new();
    for path in paths {
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        let of_tests = path.components().any(|part| part.as_os_str() == "routes_tests");
        if name.ends_with("tests") || of_tests || name == "dialect" {
            continue;
        }
        let text = fs::read_to_string(&path).expect("our own sources");
        for (at, _) in text.match_indices("query(") {
            let rest = text[at + "query(".len()..].trim_start();
            let Some(literal) = rest.strip_prefix('"') else {
                continue;
            };
            let sql = literal.split('"').next().expect("a literal ends");
            assert!(!sql.contains('\\'), "{}: a statement is plain text", path.display());
            statements.push((path.display().to_string(), sql.to_owned()));
        }
    }
    assert!(statements.len() > 30, "the search finds the statements");
    statements
}

/// Where the statements on the schema stand that PostgreSQL alone has.
pub(super) const OF_POSTGRES: &str = "phones/kamailio/store.rs";

/// What an engine says of each statement: its place, parameters and columns.
async fn prepared(db: &Db) -> Vec<(String, usize, Vec<String>)> {
    let mut said = Vec::new();
    let has = |place: &str| !place.ends_with(OF_POSTGRES) || !matches!(db, Db::Sqlite { .. });
    for (place, sql) in statements().into_iter().filter(|(place, _)| has(place)) {
        let text = sqlx::AssertSqlSafe(sql.clone());
        let (parameters, columns) = match db {
            Db::Sqlite { writer, .. } => {
                let mut held = held(writer).await;
                let statement = held
                    .connection()
                    .expect("open")
                    .prepare(sqlx::SqlSafeStr::into_sql_str(text))
                    .await;
                let statement = statement.unwrap_or_else(|error| panic!("{place}: SQLite refuses {sql}: {error}"));
                (count(statement.parameters()), names(statement.columns()))
            }
            Db::Postgres(pool) => {
                let statement = pool.prepare(sqlx::SqlSafeStr::into_sql_str(text)).await;
                let statement = statement.unwrap_or_else(|error| panic!("{place}: PostgreSQL refuses {sql}: {error}"));
                (count(statement.parameters()), names(statement.columns()))
            }
        };
        let highest = (1..=20).filter(|n| sql.contains(&format!("${n}"))).max().unwrap_or(0);
        assert_eq!(parameters, highest, "{place}: {sql}");
        said.push((sql, parameters, columns));
    }
    said
}

fn count<T>(parameters: Option<sqlx::Either<&[T], usize>>) -> usize {
    match parameters {
        Some(sqlx::Either::Left(types)) => types.len(),
        Some(sqlx::Either::Right(count)) => count,
        None => 0,
    }
}

fn names(columns: &[impl Column]) -> Vec<String> {
    columns.iter().map(|column| column.name().to_owned()).collect()
}

/// Tables, columns, types, nullability, and the names of indexes, in words that both engines share.
#[expect(
    clippy::disallowed_methods,
    reason = "the catalogues of the engines have different names"
)]
async fn schema(db: &Db) -> BTreeSet<String> {
    let rows: Vec<(String,)> = match db {
        Db::Sqlite { writer, .. } => sqlx::query_as(
            "select m.name || '.' || c.name || ' ' || replace(replace(lower(c.type), 'integer', 'bigint'), 'blob', 'bytea')
                    || case c.\"notnull\" when 1 then ' not null' else '' end
               from sqlite_schema m, pragma_table_info(m.name) c
              where m.type = 'table' and m.name not like 'sqlite%' and m.name <> '_sqlx_migrations'
             union all select 'index ' || name from sqlite_schema where type = 'index' and sql is not null",
        )
        .fetch_all(held(writer).await.connection().expect("open"))
        .await
        .expect("the schema"),
        Db::Postgres(pool) => sqlx::query_as(
            "select table_name || '.' || column_name || ' ' || data_type
                    || case is_nullable when 'NO' then ' not null' else '' end
               from information_schema.columns where table_schema = 'public' and table_name <> '_sqlx_migrations'
             union all
             select 'index ' || indexname from pg_indexes
              where schemaname = 'public' and indexname not like '%_pkey' and indexname not like '%_key'",
        )
        .fetch_all(pool)
        .await
        .expect("the schema"),
    };
    rows.into_iter().map(|(line,)| line).collect()
}

#[tokio::test]
async fn every_statement_prepares_and_the_schemas_agree() {
    let sqlite = Portal::start(Engine::Sqlite).await;
    let prepared_on_sqlite = prepared(&sqlite.app.db).await;
    let sqlite_schema = schema(&sqlite.app.db).await;
    assert!(
        sqlite_schema.contains("users.credential_epoch bigint not null"),
        "{sqlite_schema:?}"
    );
    #[cfg(feature = "outside")]
    {
        let postgres = Portal::start(Engine::Postgres).await;
        let mut prepared_on_postgres = prepared(&postgres.app.db).await;
        let of_postgres: BTreeSet<String> = statements()
            .into_iter()
            .filter_map(|(place, sql)| place.ends_with(OF_POSTGRES).then_some(sql))
            .collect();
        prepared_on_postgres.retain(|(sql, ..)| !of_postgres.contains(sql));
        for (ours, theirs) in prepared_on_postgres.iter().zip(&prepared_on_sqlite) {
            assert_eq!(ours, theirs);
        }
        assert_eq!(schema(&postgres.app.db).await, sqlite_schema);
    }
    assert!(!prepared_on_sqlite.is_empty());
}

#[tokio::test]
async fn an_accounts_events_are_listed_by_indexes_however_the_list_is_narrowed() {
    let portal = Portal::start(Engine::Sqlite).await;
    let is_list = |sql: &str| sql.contains("from audit_events") && sql.contains("= $1 and subject_id = $2");
    let lists: Vec<_> = statements().into_iter().filter(|(_, sql)| is_list(sql)).collect();
    let [(_, sql)] = &lists[..] else {
        panic!("one statement lists an account's events: {lists:?}");
    };
    let plan = plan(&portal.app.db, sql).await;
    for index in [
        "audit_events_by_account (account_id=? AND at>? AND at<?)",
        "audit_events_by_kind (<expr>=? AND kind=? AND at>? AND at<?)",
        "audit_events_by_subject (subject_id=? AND at>? AND at<?)",
        "audit_events_by_actor (actor_id=? AND at>? AND at<?)",
    ] {
        assert!(plan.iter().any(|step| step.ends_with(index)), "{index}: {plan:#?}");
    }
    let walked =
        |step: &&String| *step == "SCAN e" || step.starts_with("SCAN e ") || step.contains("SCAN audit_events");
    assert_eq!(plan.iter().find(walked), None, "{plan:#?}");
}

#[tokio::test]
async fn what_waits_for_the_sealer_is_found_by_its_index() {
    let portal = Portal::start(Engine::Sqlite).await;
    let asks = |sql: &str| sql.starts_with("select") && sql.contains("where seq is null");
    let statements: Vec<_> = statements().into_iter().filter(|(_, sql)| asks(sql)).collect();
    assert!(statements.len() >= 4, "{statements:?}");
    for (_, sql) in statements {
        let plan = plan(&portal.app.db, &sql).await;
        let sought = "SEARCH audit_events USING INDEX audit_events_waiting (<expr>";
        assert!(plan.iter().all(|step| step.starts_with(sought)), "{sql}: {plan:?}");
    }
}

#[tokio::test]
async fn the_phones_that_ring_are_found_by_indexes() {
    let portal = Portal::start(Engine::Sqlite).await;
    let statements = statements();
    let asks = |sql: &&String| sql.contains("e.sip_domain = $1 and e.extension = $2");
    let sql = statements
        .iter()
        .map(|(_, sql)| sql)
        .find(asks)
        .expect("a call's statement");
    let plan = plan(&portal.app.db, sql).await;
    for found in [
        "(sip_domain=? AND sip_name=?)",
        "phones_by_extension (sip_domain=? AND extension=?)",
    ] {
        assert!(plan.iter().any(|step| step.ends_with(found)), "{found}: {plan:#?}");
    }
    assert!(!plan.iter().any(|step| step.starts_with("SCAN")), "{plan:#?}");
}

/// How SQLite goes about a statement, step by step.
#[expect(
    clippy::disallowed_methods,
    reason = "the plan of a statement is no statement of ours"
)]
async fn plan(db: &Db, sql: &str) -> Vec<String> {
    let Db::Sqlite { writer, .. } = db else {
        panic!("the steps are told in SQLite's words");
    };
    let explained = sqlx::AssertSqlSafe(format!("explain query plan {sql}"));
    let mut held = held(writer).await;
    let explained = sqlx::query_as(explained).fetch_all(held.connection().expect("open"));
    let steps: Vec<(i64, i64, i64, String)> = explained.await.expect("a plan");
    steps.into_iter().map(|(.., step)| step).collect()
}

#[tokio::test]
async fn a_second_server_on_one_file_is_refused_and_a_newer_schema_too() {
    let folder = Folder::new();
    let url = format!("sqlite:{}", folder.path().join("linekey.db").display());
    let lock = ServerLock::take(&url).expect("the first");
    assert!(
        ServerLock::take(&url)
            .expect_err("the second")
            .to_string()
            .contains("another Linekey server")
    );
    drop(lock);
    ServerLock::take(&url).expect("the lock ends with its server");

    let db = Db::open(&url, PoolSizes { connections: 2 }).await.expect("a new file");
    let mut tx = db.begin().await.expect("a transaction");
    query("insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'x', 1, x'00', 0)")
        .run(&mut tx)
        .await
        .expect("a row");
    tx.commit().await.expect("a commit");
    db.close().await;
    let refused = Db::open(&url, PoolSizes { connections: 2 })
        .await
        .expect_err("a newer schema");
    assert!(refused.to_string().contains("newer Linekey"), "{refused:#}");
}

crate::testing::stories! {
    what_nobody_waits_for_is_written_with_what_follows_or_not_at_all,
}

/// Adds a row, later.
async fn add(tx: &mut super::Tx, name: &str) {
    let added = query("insert into portal (name, value) values ($1, $2)")
        .bind(name)
        .bind(name);
    let _ = added.later(tx).await;
}

async fn what_nobody_waits_for_is_written_with_what_follows_or_not_at_all(p: Portal) {
    let rows = async || {
        let named = query("select name from portal where name like 'row-%' order by name");
        let found: Vec<(String,)> = named.all(&p.app.db).await.expect("rows");
        found.into_iter().map(|(name,)| name).collect::<Vec<_>>()
    };
    let begin = async || p.app.db.begin().await.expect("a transaction");
    let mut dropped = begin().await;
    add(&mut dropped, "row-dropped").await;
    drop(dropped);
    let mut seen = begin().await;
    add(&mut seen, "row-seen").await;
    let count = query("select count(*) as rows from portal where name = $1").bind("row-seen");
    let (count,): (i64,) = count.one(&mut seen).await.expect("a count");
    assert_eq!(count, 1, "what waits comes before what follows");
    drop(seen);
    assert!(rows().await.is_empty());

    // One that changes nothing, and one that breaks a rule, take all of theirs along.
    let mut nothing = begin().await;
    add(&mut nothing, "row-beside").await;
    let changed = query("update portal set value = 'x' where name = 'nobody'")
        .later_once(&mut nothing)
        .await;
    assert!(changed.is_err() || nothing.commit().await.is_err());
    let mut twice = begin().await;
    add(&mut twice, "row-twice").await;
    add(&mut twice, "row-twice").await;
    let next = query("update portal set value = value where name = 'kind'")
        .run(&mut twice)
        .await;
    assert!(next.is_err());
    add(&mut twice, "row-behind").await;
    let _ = twice.commit().await;
    assert!(rows().await.is_empty());

    let mut many = begin().await;
    let names: Vec<_> = (100..150).map(|number| format!("row-{number}")).collect();
    for name in &names {
        add(&mut many, name).await;
    }
    let renamed = query("update portal set value = 'last' where name = $1").bind("row-149");
    renamed.later_once(&mut many).await.expect("one row");
    many.commit().await.expect("a commit");
    assert_eq!(rows().await, names);
    let (value,): (String,) = query("select value from portal where name = 'row-149'")
        .one(&p.app.db)
        .await
        .expect("the last");
    assert_eq!(value, "last");
}

/// Asks for a change while the database fails, and checks what is said.
async fn is_told(ann: &crate::testing::Browser, new: &str) {
    let answer = ann.change_password(new).await;
    answer.says(503, "Nothing was changed");
    assert!(!answer.header("retry-after").is_empty());
    assert!(
        !answer.text.contains("sqlite") && !answer.text.contains("database is"),
        "no internals"
    );
}

#[expect(clippy::disallowed_methods, reason = "a failing database is made outside the portal")]
async fn pragma(p: &Portal, text: &'static str) {
    let Db::Sqlite { writer, .. } = &p.app.db else {
        panic!("SQLite alone has pragmas")
    };
    let mut held = held(writer).await;
    let connection = held.connection().expect("open");
    sqlx::query(text).execute(connection).await.expect("a pragma");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_database_is_said_and_recovers() {
    let p = Portal::start(Engine::Sqlite).await;
    let ann = p.signed_in("ann").await;
    let before = p.dump_everything().await;
    pragma(&p, "pragma query_only = on").await;
    is_told(&ann, "Tidewater-Kestrel-1").await;
    assert_eq!(
        p.browser().sign_in("ann@acme.example", "Harbour-Light-7").await.status,
        503
    );
    assert_eq!(ann.get("/phones").await.status, 200, "pages that only read go on");
    pragma(&p, "pragma query_only = off").await;
    assert_eq!(p.dump_everything().await, before);
    ann.change_password("Tidewater-Kestrel-1")
        .await
        .leads_to("/account/password/done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_database_is_said_and_recovers() {
    let p = Portal::start(Engine::Sqlite).await;
    let ann = p.signed_in("ann").await;
    pragma(&p, "pragma max_page_count = 1").await;
    let mut refused = false;
    for n in 0..200 {
        let before = p.dump_everything().await;
        let answer = ann.change_password(&format!("Tidewater-Kestrel-{n}")).await;
        if answer.status == 503 {
            answer.says(503, "Nothing was changed");
            assert_eq!(p.dump_everything().await, before, "nothing half-written");
            refused = true;
            break;
        }
        answer.leads_to("/account/password/done");
    }
    assert!(refused, "a database that may not grow is full before long");
    pragma(&p, "pragma max_page_count = 1073741823").await;
    ann.change_password("Tidewater-Kestrel-last")
        .await
        .leads_to("/account/password/done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_database_is_said_and_recovers() {
    let p = Portal::start(Engine::Sqlite).await;
    let ann = p.signed_in("ann").await;
    let other = Db::open(&p.app.config.database.url, PoolSizes { connections: 2 })
        .await
        .expect("the same file");
    let before = p.dump_everything().await;
    let mut holds = other.begin().await.expect("a transaction");
    let takes = query("update portal set value = value").run(&mut holds).await;
    takes.expect("the lock");
    is_told(&ann, "Tidewater-Kestrel-1").await;
    drop(holds);
    assert_eq!(p.dump_everything().await, before);
    ann.change_password("Tidewater-Kestrel-1")
        .await
        .leads_to("/account/password/done");
}

#[cfg(feature = "outside")]
#[tokio::test(flavor = "multi_thread")]
async fn a_postgresql_that_went_away_is_said_and_recovers() {
    let wire = crate::testing::Wire::to_postgres().await;
    let through = wire.address();
    let p = Portal::start_with(Engine::Postgres, |config| {
        let (_, name) = config
            .database
            .url
            .rsplit_once('/')
            .expect("an address ends in a database");
        config.database.url = format!("postgres://postgres@{through}/{name}");
    })
    .await;
    let ann = p.signed_in("ann").await;
    let mut desk = p.phone("ann-desk", "acme.example").await;
    assert!(desk.is_registered().await);
    wire.cut().await;
    let answer = ann.change_password("Tidewater-Kestrel-1").await;
    answer.says(503, "Nothing was changed");
    assert_eq!(ann.get("/phones").await.status, 503);
    assert!(desk.is_registered().await, "a phone that is registered stays so");
    let mut softphone = p.phone("ann-softphone", "acme.example").await;
    assert_eq!(
        softphone.register().await.status,
        503,
        "one that is not is told to come back"
    );
    wire.mend().await;
    ann.change_password("Tidewater-Kestrel-2")
        .await
        .leads_to("/account/password/done");
    assert!(desk.is_registered().await);
    p.browser()
        .sign_in("ann@acme.example", "Tidewater-Kestrel-2")
        .await
        .leads_to("/");
}

#[cfg(feature = "outside")]
#[tokio::test(flavor = "multi_thread")]
async fn what_a_migration_takes_is_not_limited_and_what_a_request_takes_is() {
    let p = Portal::start(Engine::Postgres).await;
    let Db::Postgres(pool) = &p.app.db else {
        panic!("it was asked for")
    };
    let limit = "select current_setting('statement_timeout')";
    let mut connection = super::dialect::connection_without_limit(pool)
        .await
        .expect("a connection");
    let row = connection.fetch_one(limit).await.expect("a row");
    assert_eq!(sqlx::Row::get::<String, _>(&row, 0), "0");
    let row = pool.fetch_one(limit).await.expect("a row");
    assert_eq!(sqlx::Row::get::<String, _>(&row, 0), "30s");
}
