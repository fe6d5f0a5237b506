//! Transactions that end at the same time, and what one of them may do to the others.

use futures_util::FutureExt;
use futures_util::future::join_all;

use super::{Alone, Db, PoolSizes, query};
use crate::error::Result;
use crate::testing::{Engine, Portal};

crate::testing::stories! {
    each_of_many_at_once_is_told_its_own,
    what_one_breaks_is_not_the_loss_of_the_others,
    a_transaction_that_asks_something_is_one_like_any_other,
}

/// Adds a row as a transaction of its own, and says what was stored.
async fn add(db: &Db, name: &str, value: &str) -> Result<Vec<(String, String)>> {
    query("insert into portal (name, value) values ($1, $2) returning name, value")
        .bind(name)
        .bind(value)
        .all(Alone(db))
        .await
}

/// Adds two rows in a transaction that asks nothing.
async fn add_two(db: &Db, name: &str) -> Result<()> {
    let mut tx = db.begin_later().await?;
    for half in ["a", "b"] {
        query("insert into portal (name, value) values ($1, $2)")
            .bind(format!("{name}-{half}"))
            .bind(half)
            .later(&mut tx)
            .await?;
    }
    tx.commit().await
}

/// The names of the rows that were added.
async fn added(db: &Db) -> Vec<String> {
    let named = query("select name from portal where name like 'row-%' order by name");
    let found: Vec<(String,)> = named.all(db).await.expect("rows");
    found.into_iter().map(|(name,)| name).collect()
}

async fn each_of_many_at_once_is_told_its_own(p: Portal) {
    let db = &p.app.db;
    let names: Vec<_> = (100..161).map(|number| format!("row-{number}")).collect();
    let alone = join_all(names.iter().map(|name| add(db, name, &name[4..]))).await;
    for (name, said) in names.iter().zip(alone) {
        let said = said.expect("a row");
        assert_eq!(said, [(name.clone(), name[4..].to_owned())]);
    }
    // Reads and two kinds of writes, all at once.
    let found = names.iter().map(async |name| {
        let found = query("select value from portal where name = $1").bind(name.as_str());
        let found: Option<(String,)> = found.optional(Alone(db)).await.expect("a row");
        assert_eq!(found.map(|(value,)| value).as_deref(), Some(&name[4..]));
    });
    let changed = names.iter().enumerate().map(async |(at, name)| {
        let changed = query("update portal set value = 'x' || value where name in ($1, $2)")
            .bind(format!("none-{name}"))
            .bind(if at % 2 == 0 { name.as_str() } else { "nobody" });
        assert_eq!(changed.run(Alone(db)).await.expect("an update"), u64::from(at % 2 == 0));
    });
    let twos = names.iter().map(|name| add_two(db, name));
    tokio::join!(join_all(found), async {
        for two in join_all(twos).await {
            two.expect("two rows");
        }
    });
    join_all(changed).await;
    let mut all: Vec<_> = names
        .iter()
        .flat_map(|name| [name.clone(), format!("{name}-a"), format!("{name}-b")])
        .collect();
    all.sort();
    assert_eq!(added(db).await, all);
}

async fn what_one_breaks_is_not_the_loss_of_the_others(p: Portal) {
    let db = &p.app.db;
    add(db, "row-2", "is taken").await.expect("a row");
    add(db, "row-6-b", "is taken").await.expect("a row");
    let names: Vec<_> = (1..10).map(|number| format!("row-{number}")).collect();
    let alone = join_all(names.iter().map(|name| add(db, name, ""))).await;
    let failed: Vec<_> = alone.iter().map(Result::is_err).collect();
    assert_eq!(failed.iter().filter(|failed| **failed).count(), 1);
    assert!(failed[1], "the one that is there already");

    let twos = join_all(names.iter().map(|name| add_two(db, name))).await;
    let failed: Vec<_> = twos.iter().map(Result::is_err).collect();
    assert_eq!(failed.iter().filter(|failed| **failed).count(), 1);
    assert!(failed[5], "the one half of which is there already");
    let rows = added(db).await;
    assert!(!rows.contains(&"row-6-a".to_owned()), "all of it or nothing");
    assert_eq!(rows.len(), 9 + 8 * 2 + 1);

    let no_row = async {
        let mut tx = db.begin_later().await?;
        let none = query("update portal set value = '' where name = 'nobody'");
        none.later_once(&mut tx).await?;
        tx.commit().await
    };
    let (none, two) = tokio::join!(no_row, add_two(db, "row-after"));
    assert!(none.is_err());
    two.expect("two rows");
}

async fn a_transaction_that_asks_something_is_one_like_any_other(p: Portal) {
    let db = &p.app.db;
    let mut tx = db.begin_later().await.expect("a transaction");
    query("insert into portal (name, value) values ('row-1', '')")
        .later(&mut tx)
        .await
        .expect("later");
    let count = query("select count(*) as rows from portal where name = 'row-1'");
    let (count,): (i64,) = count.one(&mut tx).await.expect("a count");
    assert_eq!(count, 1);
    drop(tx);
    let mut dropped = db.begin_later().await.expect("a transaction");
    query("insert into portal (name, value) values ('row-1', '')")
        .later(&mut dropped)
        .await
        .expect("later");
    drop(dropped);
    if let Db::Sqlite { writer, .. } = db {
        // One that could not ask has failed: what follows it is not done either.
        let mut failed = db.begin_later().await.expect("a transaction");
        let held = super::tests::held(writer).await;
        assert!(query("update portal set value = value").run(&mut failed).await.is_err());
        drop(held);
        let row = query("insert into portal (name, value) values ('row-1', '')");
        assert!(row.later(&mut failed).await.is_err());
        assert!(failed.commit().await.is_err());
    }
    db.begin_later()
        .await
        .expect("a transaction")
        .commit()
        .await
        .expect("nothing to do");
    assert!(added(db).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn all_who_wait_while_another_process_writes_are_told() {
    let p = Portal::start(Engine::Sqlite).await;
    let db = &p.app.db;
    let url = &p.app.config.database.url;
    let other = Db::open(url, PoolSizes { connections: 2 })
        .await
        .expect("the same file");
    let mut holds = other.begin().await.expect("a transaction");
    let takes = query("update portal set value = value").run(&mut holds).await;
    takes.expect("the lock");
    let names: Vec<_> = (1..41).map(|number| format!("row-{number}")).collect();
    let told = join_all(names.iter().map(|name| add_two(db, name)));
    // Forty that wait one after the other, four at a time, would take twenty seconds.
    let told = tokio::time::timeout(std::time::Duration::from_secs(15), told).await;
    let told = told.expect("nobody waits after others");
    assert!(told.iter().all(Result::is_err));
    drop(holds);
    assert!(added(db).await.is_empty());
    add_two(db, "row").await.expect("two rows");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_gives_up_waiting_has_done_nothing() {
    let p = Portal::start(Engine::Sqlite).await;
    let db = &p.app.db;
    let Db::Sqlite { writer, .. } = db else {
        panic!("it was asked for")
    };
    let held = super::tests::held(writer).await;
    assert!(add_two(db, "row-given-up").now_or_never().is_none());
    drop(held);
    add_two(db, "row").await.expect("two rows");
    assert_eq!(added(db).await, ["row-a", "row-b"]);
}
