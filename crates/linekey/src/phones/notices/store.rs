//! Statements on `phone_notices`, and on what is worth a notice.

use crate::clock::Millis;
use crate::db::{Db, Tx, query};
use crate::error::Result;
use crate::ids::{AccountId, PhoneId, UserId};
use crate::phones::store::Which;
use crate::users::Role;

/// A phone that its owner may have to be mailed about.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Worth {
    pub(super) id: PhoneId,
    pub(super) account_id: AccountId,
    pub(super) user_id: UserId,
    pub(super) label: String,
    pub(super) display_name: String,
    pub(super) name: String,
    #[sqlx(try_from = "String")]
    pub(super) role: Role,
    pub(super) domain: String,
    pub(super) email: String,
    /// When it ends, when it began, or how often it was: whatever the notice is about.
    pub(super) figure: i64,
}

/// Phones whose overlap ends after `now` and before `soon`, untold, of owners who can be mailed.
pub(super) async fn overlaps_ending(db: &Db, now: Millis, soon: Millis) -> Result<Vec<Worth>> {
    query(
        "select p.id, p.account_id, p.user_id, p.label, u.display_name, u.name, u.role, a.domain, u.email,
                p.old_until as figure
           from phones p join users u on u.id = p.user_id join accounts a on a.id = p.account_id
          where p.old_until > $1 and p.old_until <= $2 and p.overlap_told_at is null
            and u.disabled_at is null and u.email_verified_at is not null
          order by p.old_until limit 100",
    )
    .bind(now)
    .bind(soon)
    .all(db)
    .await
}

/// Notes that its owner is told of the overlap that ends at `until`. False: somebody else told it, or it is over.
pub(super) async fn put_overlap_told(tx: &mut Tx, phone: &PhoneId, until: Millis, now: Millis) -> Result<bool> {
    let told =
        query("update phones set overlap_told_at = $3 where id = $1 and old_until = $2 and overlap_told_at is null")
            .bind(phone)
            .bind(until)
            .bind(now)
            .run(tx)
            .await?;
    Ok(told == 1)
}

/// Phones with notices that are offline since before `before`, untold, and not mailed about since `quiet`.
pub(super) async fn offline(db: &Db, now: Millis, before: Millis, quiet: Millis) -> Result<Vec<Worth>> {
    query(
        "select p.id, p.account_id, p.user_id, p.label, u.display_name, u.name, u.role, a.domain, u.email,
                max(coalesce(r.ended_at, r.expires_at)) as figure
           from phone_notices n
           join phones p on p.id = n.phone_id
           join users u on u.id = p.user_id
           join accounts a on a.id = p.account_id
           join registrations r on r.phone_id = p.id
          where n.phone_id > '' and p.blocked_at is null and u.disabled_at is null
            and u.email_verified_at is not null and (n.mailed_at is null or n.mailed_at <= $3)
          group by p.id, p.account_id, p.user_id, p.label, u.display_name, u.name, u.role, a.domain, u.email,
                   n.told_offline_at, n.since
         having max(case when r.ended_at is null and r.expires_at > $1 then 1 else 0 end) = 0
            and max(coalesce(r.ended_at, r.expires_at)) <= $2
            and max(coalesce(r.ended_at, r.expires_at)) > coalesce(n.told_offline_at, n.since)
          order by p.id limit 100",
    )
    .bind(now)
    .bind(before)
    .bind(quiet)
    .all(db)
    .await
}

/// Phones with notices that connected anew `often` times or more since `since`, not mailed about since `quiet`.
pub(super) async fn flapping(db: &Db, since: Millis, quiet: Millis, often: i64) -> Result<Vec<Worth>> {
    query(
        "select p.id, p.account_id, p.user_id, p.label, u.display_name, u.name, u.role, a.domain, u.email,
                cast(sum(t.times) as bigint) as figure
           from phone_notices n
           join phones p on p.id = n.phone_id
           join users u on u.id = p.user_id
           join accounts a on a.id = p.account_id
           join phone_attempts t on t.phone_id = p.id
          where n.phone_id > '' and p.blocked_at is null and u.disabled_at is null
            and u.email_verified_at is not null and (n.mailed_at is null or n.mailed_at <= $2)
            and t.outcome = 'registered' and t.first_at > $1 and t.first_at >= n.since
          group by p.id, p.account_id, p.user_id, p.label, u.display_name, u.name, u.role, a.domain, u.email
         having sum(t.times) >= $3
          order by p.id limit 100",
    )
    .bind(since)
    .bind(quiet)
    .bind(often)
    .all(db)
    .await
}

/// Notes that a phone is mailed about, offline since `offline` if that is what it is. False: somebody else did it.
pub(super) async fn put_mailed(
    tx: &mut Tx,
    phone: &PhoneId,
    (now, quiet): (Millis, Millis),
    offline: Option<Millis>,
) -> Result<bool> {
    let told = query(
        "update phone_notices set mailed_at = $2, told_offline_at = coalesce($4, told_offline_at)
          where phone_id = $1 and (mailed_at is null or mailed_at <= $3)",
    )
    .bind(phone)
    .bind(now)
    .bind(quiet)
    .bind(offline)
    .run(tx)
    .await?;
    Ok(told == 1)
}

/// Has a phone's owner mailed from now on. False: they are already.
pub(super) async fn put(tx: &mut Tx, account: &AccountId, phone: &PhoneId, now: Millis) -> Result<bool> {
    let put = query(
        "insert into phone_notices (phone_id, account_id, since) values ($1, $2, $3) on conflict (phone_id) do nothing",
    )
    .bind(phone)
    .bind(account)
    .bind(now)
    .run(tx)
    .await?;
    Ok(put == 1)
}

/// Ends the notices of these phones, and says how many had them.
pub(in crate::phones) async fn remove(tx: &mut Tx, which: Which<'_>) -> Result<u64> {
    query(
        "delete from phone_notices
          where account_id = $1
            and phone_id in (select id from phones where account_id = $1 and user_id = $2 and ($3 = '' or id = $3))",
    )
    .bind(which.account)
    .bind(which.user)
    .bind(which.one())
    .run(tx)
    .await
}
