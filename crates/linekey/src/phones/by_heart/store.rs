//! What the registrar asks: whose a SIP name is, and which phones are another now. Statements on `phones` and
//! `phone_changes`.

use crate::clock::Millis;
use crate::db::{Db, Tx, query};
use crate::error::Result;
use crate::ids::PhoneId;
use crate::phones::store::{Hashes, Which};

/// The phone of a SIP name, unless it is blocked, its user disabled or its account suspended.
pub(in crate::phones) async fn by_sip_name(db: &Db, sip_domain: &str, sip_name: &str) -> Result<Option<Hashes>> {
    query(
        "select p.id, p.sip_name, p.sip_domain, p.sip_hashes, p.generation, p.old_hashes, p.old_until, p.outdated_at,
                (select count(*) from phone_files f where f.phone_id = p.id) as links
           from phones p
           join users u on u.id = p.user_id
           join accounts a on a.id = p.account_id
          where p.sip_domain = $1 and p.sip_name = $2 and p.blocked_at is null and u.disabled_at is null
            and a.suspended_at is null",
    )
    .bind(sip_domain)
    .bind(sip_name)
    .optional(db)
    .await
}

/// The same by id.
pub(super) async fn by_id(db: &Db, phone: &PhoneId) -> Result<Option<Hashes>> {
    query(
        "select p.id, p.sip_name, p.sip_domain, p.sip_hashes, p.generation, p.old_hashes, p.old_until, p.outdated_at,
                (select count(*) from phone_files f where f.phone_id = p.id) as links
           from phones p
           join users u on u.id = p.user_id
           join accounts a on a.id = p.account_id
          where p.id = $1 and p.blocked_at is null and u.disabled_at is null and a.suspended_at is null",
    )
    .bind(phone)
    .optional(db)
    .await
}

/// The same of every phone behind `after`, by id, so many at most.
pub(super) async fn all(db: &Db, after: &str, limit: i64) -> Result<Vec<Hashes>> {
    query(
        "select p.id, p.sip_name, p.sip_domain, p.sip_hashes, p.generation, p.old_hashes, p.old_until, p.outdated_at,
                (select count(*) from phone_files f where f.phone_id = p.id) as links
           from phones p
           join users u on u.id = p.user_id
           join accounts a on a.id = p.account_id
          where p.id > $1 and p.blocked_at is null and u.disabled_at is null and a.suspended_at is null
          order by p.id limit $2",
    )
    .bind(after)
    .bind(limit)
    .all(db)
    .await
}

/// How many phones there are.
pub(super) async fn count(db: &Db) -> Result<i64> {
    let (count,): (i64,) = query("select count(*) as phones from phones").one(db).await?;
    Ok(count)
}

/// Tells registrars that these phones are others now, in the transaction that makes them so.
pub(in crate::phones) async fn tell(tx: &mut Tx, which: Which<'_>, at: Millis) -> Result<()> {
    query(
        "insert into phone_changes (phone_id, at)
         select id, cast($4 as bigint) from phones where account_id = $1 and user_id = $2 and ($3 = '' or id = $3)",
    )
    .bind(which.account)
    .bind(which.user)
    .bind(which.one())
    .bind(at)
    .run(tx)
    .await?;
    Ok(())
}

/// The same of one phone.
pub(in crate::phones) async fn tell_one(tx: &mut Tx, phone: &PhoneId, at: Millis) -> Result<()> {
    query("insert into phone_changes (phone_id, at) values ($1, $2)")
        .bind(phone)
        .bind(at)
        .run(tx)
        .await?;
    Ok(())
}

/// A phone that is another since.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Change {
    pub(super) seq: i64,
    pub(super) phone_id: PhoneId,
}

/// The changes behind `after`, and those since `since` once more: on PostgreSQL a lower number can be committed after a
/// higher one.
pub(super) async fn changes(db: &Db, after: i64, since: Millis) -> Result<Vec<Change>> {
    query(
        "select seq, phone_id from phone_changes where seq > $1
         union
         select seq, phone_id from phone_changes where at >= $2",
    )
    .bind(after)
    .bind(since)
    .all(db)
    .await
}

/// The number of the newest change.
pub(super) async fn newest(db: &Db) -> Result<i64> {
    let (newest,): (i64,) = query("select coalesce(max(seq), 0) as newest from phone_changes")
        .one(db)
        .await?;
    Ok(newest)
}

/// Forgets changes that every registrar has read.
pub(super) async fn forget(tx: &mut Tx, before: Millis) -> Result<()> {
    query("delete from phone_changes where at < $1")
        .bind(before)
        .run(tx)
        .await?;
    Ok(())
}
