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

impl Row {
    /// Whether a clock wrote it that has gone back since.
    pub(super) fn is_ahead(&self, now: Millis) -> bool {
        self.first_at > now || self.last_at > now
    }

    /// The same with nothing after `now`: else what it costs would last as long as the clock was ahead.
    pub(super) fn until(self, now: Millis) -> Self {
        Self {
            first_at: self.first_at.min(now),
            last_at: self.last_at.min(now),
            ..self
        }
    }
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
    /// Free failures are forgiven when the last of them was before this moment.
    pub(super) window: Millis,
    /// Failures that cost nothing.
    pub(super) free: i64,
    /// Those of a cap when the first of them was before this one.
    pub(super) cap_window: Millis,
    /// Failures up to a cap that cost nothing.
    pub(super) cap_free: i64,
}

/// Counts a try in four buckets of which the last two are caps, in each that still has free ones, and returns those: the
/// usual case in one statement.
pub(super) async fn count_free_in_four(
    db: &Db,
    [name, user, name_cap, user_cap]: [&[u8]; 4],
    terms: Terms,
    now: Millis,
) -> Result<Vec<Free>> {
    query(
        "insert into throttle (bucket, failures, first_at, last_at)
         values ($1, 1, $5, $5), ($2, 1, $5, $5), ($3, 1, $5, $5), ($4, 1, $5, $5)
         on conflict (bucket) do update
            set failures = case when throttle.failures = 0
                                  or (excluded.bucket in ($1, $2) and throttle.last_at <= $6)
                                  or (excluded.bucket in ($3, $4) and throttle.first_at <= $8)
                                then 1 else throttle.failures + 1 end,
                first_at = case when throttle.failures = 0
                                  or (excluded.bucket in ($1, $2) and throttle.last_at <= $6)
                                  or (excluded.bucket in ($3, $4) and throttle.first_at <= $8)
                                then excluded.first_at else throttle.first_at end,
                last_at = excluded.last_at
          where (excluded.bucket in ($1, $2) and throttle.failures <= $7)
             or (excluded.bucket in ($3, $4) and throttle.failures <= $9)
         returning bucket, failures, told_at",
    )
    .bind(name)
    .bind(user)
    .bind(name_cap)
    .bind(user_cap)
    .bind(now)
    .bind(terms.window)
    .bind(terms.free)
    .bind(terms.cap_window)
    .bind(terms.cap_free)
    .all(Alone(db))
    .await
}

/// Forgets two of four buckets that were counted; of the last two, which are caps, takes one try back.
pub(super) async fn forgive_four(tx: &mut Tx, [name, user, name_cap, user_cap]: [&[u8]; 4], now: Millis) -> Result<()> {
    query(
        "insert into throttle (bucket, failures, first_at, last_at)
         values ($1, 0, $5, $5), ($2, 0, $5, $5), ($3, 0, $5, $5), ($4, 0, $5, $5)
         on conflict (bucket) do update
            set failures = case when excluded.bucket in ($3, $4) and throttle.failures > 0
                                then throttle.failures - 1 else 0 end,
                told_at = null",
    )
    .bind(name)
    .bind(user)
    .bind(name_cap)
    .bind(user_cap)
    .bind(now)
    .later(tx)
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

/// The last of the next 5,000 buckets behind `from`, if there is any.
pub(super) async fn end_of_part(db: &Db, from: &[u8]) -> Result<Option<Vec<u8>>> {
    let last: Option<(Vec<u8>,)> = query(
        "select bucket from (select bucket from throttle where bucket > $1 order by bucket limit 5000) part
          order by bucket desc limit 1",
    )
    .bind(from)
    .optional(db)
    .await?;
    Ok(last.map(|(bucket,)| bucket))
}

/// Forgets those of the buckets behind the first up to the second that had no try since `before`.
pub(super) async fn remove_older(tx: &mut Tx, (from, to): (&[u8], &[u8]), before: Millis) -> Result<()> {
    query("delete from throttle where bucket > $1 and bucket <= $2 and last_at < $3")
        .bind(from)
        .bind(to)
        .bind(before)
        .run(tx)
        .await?;
    Ok(())
}
