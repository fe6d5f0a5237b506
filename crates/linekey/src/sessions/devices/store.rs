//! Statements on `devices`.

use crate::clock::Millis;
use crate::db::{Alone, Db, Tx, query};
use crate::error::Result;
use crate::ids::{AccountId, DeviceId, SessionId, UserId};

/// One browser in a user's list.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Listed {
    /// Its id.
    pub(super) id: DeviceId,
    /// What it calls itself.
    pub(super) user_agent: String,
    /// Where it signed in from last.
    pub(super) address: String,
    /// When it first signed in.
    pub(super) first_at: Millis,
    /// When it last did.
    pub(super) last_at: Millis,
    /// Tries in it since.
    pub(super) failures: i64,
    /// The session that asks, if it is in this browser.
    pub(super) session_id: Option<SessionId>,
}

/// The browsers that are remembered as the user's, the one used last first, as `session` sees them.
pub(super) async fn of_user(db: &Db, user: &UserId, session: &SessionId, since: Millis) -> Result<Vec<Listed>> {
    query(
        "select d.id, d.user_agent, d.address, d.first_at, d.last_at, d.failures, s.id as session_id
           from devices d left join sessions s on s.device_id = d.id and s.id = $2
          where d.user_id = $1 and d.last_at > $3
          order by d.last_at desc, d.id desc",
    )
    .bind(user)
    .bind(session)
    .bind(since)
    .all(db)
    .await
}

/// Counts a try, unless there were `most` since the last sign-in. False: there were, or the browser is forgotten.
pub(super) async fn count(db: &Db, user: &UserId, device: &DeviceId, most: i64) -> Result<bool> {
    let counted: Vec<(i64,)> = query(
        "update devices set failures = failures + 1 where id = $1 and user_id = $2 and failures < $3
         returning failures",
    )
    .bind(device)
    .bind(user)
    .bind(most)
    .all(Alone(db))
    .await?;
    Ok(!counted.is_empty())
}

/// Remembers a browser that signs in now, and forgives its failures.
pub(super) async fn put(
    tx: &mut Tx,
    device: &DeviceId,
    (account, user): (&AccountId, &UserId),
    (user_agent, address): (&str, &str),
    now: Millis,
) -> Result<()> {
    query(
        "insert into devices (id, account_id, user_id, user_agent, address, first_at, last_at, failures)
         values ($1, $2, $3, $4, $5, $6, $6, 0)
         on conflict (id) do update
            set user_agent = excluded.user_agent, address = excluded.address, last_at = excluded.last_at, failures = 0
          where devices.user_id = excluded.user_id",
    )
    .bind(device)
    .bind(account)
    .bind(user)
    .bind(user_agent)
    .bind(address)
    .bind(now)
    .later(tx)
    .await
}

/// Forgets one browser of the user.
pub(super) async fn remove(tx: &mut Tx, user: &UserId, device: &DeviceId) -> Result<u64> {
    query("delete from devices where user_id = $1 and id = $2")
        .bind(user)
        .bind(device)
        .run(tx)
        .await
}

/// Forgets the user's browsers but the `newest` ones used last.
pub(super) async fn keep_newest(tx: &mut Tx, user: &UserId, newest: i64) -> Result<()> {
    query(
        "delete from devices
          where user_id = $1
            and id not in (select id from devices where user_id = $1 order by last_at desc, id desc limit $2)",
    )
    .bind(user)
    .bind(newest)
    .run(tx)
    .await?;
    Ok(())
}

/// Forgets every browser of the user.
pub(super) async fn remove_all(tx: &mut Tx, user: &UserId) -> Result<()> {
    query("delete from devices where user_id = $1")
        .bind(user)
        .run(tx)
        .await?;
    Ok(())
}

/// Forgets every browser of the user that has no session of theirs.
pub(super) async fn remove_signed_out(tx: &mut Tx, user: &UserId) -> Result<()> {
    query(
        "delete from devices
          where user_id = $1
            and id not in (select device_id from sessions where user_id = $1 and device_id is not null)",
    )
    .bind(user)
    .run(tx)
    .await?;
    Ok(())
}

/// Forgets every browser that nobody signed in with since `before`.
pub(super) async fn remove_older(tx: &mut Tx, before: Millis) -> Result<()> {
    query("delete from devices where last_at <= $1")
        .bind(before)
        .run(tx)
        .await?;
    Ok(())
}
