//! Statements on `throttle`.

use crate::clock::Millis;
use crate::db::{Alone, Db, Tx, query};
use crate::error::Result;

/// A bucket as it stands.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Row {
    pub(super) failures: i64,
    pub(super) first_at: Millis,
    pub(super) last_at: Millis,
    pub(super) told_at: Option<Millis>,
}

/// A bucket that counts a try now.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Free {
    pub(super) bucket: Vec<u8>,
    pub(super) failures: i64,
    pub(super) told_at: Option<Millis>,
}

/// When failures are over, and how many are free.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    /// Free failures from before this moment are forgiven.
    pub(super) window: Millis,
    /// Failures that cost nothing.
    pub(super) free: i64,
}

/// Counts a try in two buckets, in each that still has free ones, and returns those: the usual case in one statement.
pub(super) async fn count_free_in_two(
    db: &Db,
    (one, other): (&[u8], &[u8]),
    terms: Terms,
    now: Millis,
) -> Result<Vec<Free>> {
    query(
        "insert into throttle (bucket, failures, first_at, last_at) values ($1, 1, $3, $3), ($2, 1, $3, $3)
         on conflict (bucket) do update
            set failures = case when throttle.last_at <= $4 then 1 else throttle.failures + 1 end,
                first_at = case when throttle.last_at <= $4 then excluded.first_at else throttle.first_at end,
                last_at = excluded.last_at
          where throttle.failures <= $5
         returning bucket, failures, told_at",
    )
    .bind(one)
    .bind(other)
    .bind(now)
    .bind(terms.window)
    .bind(terms.free)
    .all(Alone(db))
    .await
}

/// The same in one bucket.
pub(super) async fn count_free(db: &Db, bucket: &[u8], terms: Terms, now: Millis) -> Result<Vec<Free>> {
    query(
        "insert into throttle (bucket, failures, first_at, last_at) values ($1, 1, $2, $2)
         on conflict (bucket) do update
            set failures = case when throttle.last_at <= $3 then 1 else throttle.failures + 1 end,
                first_at = case when throttle.last_at <= $3 then excluded.first_at else throttle.first_at end,
                last_at = excluded.last_at
          where throttle.failures <= $4
         returning bucket, failures, told_at",
    )
    .bind(bucket)
    .bind(now)
    .bind(terms.window)
    .bind(terms.free)
    .all(Alone(db))
    .await
}

/// Takes back what [`count_free`] counted of a try that another bucket does not let through.
pub(super) async fn uncount(tx: &mut Tx, bucket: &[u8]) -> Result<()> {
    query("update throttle set failures = failures - 1 where bucket = $1 and failures > 0")
        .bind(bucket)
        .run(tx)
        .await?;
    Ok(())
}

/// The bucket, made when missing, and held until the transaction ends: the update that changes nothing takes
/// PostgreSQL's row lock, so that of two tries at once the second sees the first.
pub(super) async fn locked(tx: &mut Tx, key: &[u8], now: Millis) -> Result<Row> {
    query(
        "insert into throttle (bucket, failures, first_at, last_at) values ($1, 0, $2, $2)
         on conflict (bucket) do update set failures = throttle.failures
         returning failures, first_at, last_at, told_at",
    )
    .bind(key)
    .bind(now)
    .one(tx)
    .await
}

/// Writes the bucket's new count.
pub(super) async fn put(tx: &mut Tx, key: &[u8], failures: i64, first_at: Millis, last_at: Millis) -> Result<()> {
    query("update throttle set failures = $2, first_at = $3, last_at = $4 where bucket = $1")
        .bind(key)
        .bind(failures)
        .bind(first_at)
        .bind(last_at)
        .run(tx)
        .await?;
    Ok(())
}

/// Notes that the record tells of it now.
pub(super) async fn put_told(tx: &mut Tx, key: &[u8], now: Millis) -> Result<()> {
    query("update throttle set told_at = $2 where bucket = $1")
        .bind(key)
        .bind(now)
        .run(tx)
        .await?;
    Ok(())
}

/// Forgets the bucket.
pub(super) async fn remove(tx: &mut Tx, key: &[u8]) -> Result<()> {
    query("delete from throttle where bucket = $1")
        .bind(key)
        .run(tx)
        .await?;
    Ok(())
}

/// Forgets every bucket without a try since `before`.
pub(super) async fn remove_older(tx: &mut Tx, before: Millis) -> Result<()> {
    query("delete from throttle where last_at < $1")
        .bind(before)
        .run(tx)
        .await?;
    Ok(())
}
