//! Statements on `throttle`.

use crate::clock::Millis;
use crate::db::{Tx, query};
use crate::error::Result;

/// A bucket as it stands.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Row {
    pub(super) failures: i64,
    pub(super) first_at: Millis,
    pub(super) last_at: Millis,
    pub(super) told_at: Option<Millis>,
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
