//! Statements on passwords and on changes that wait. Only `set` and `pending` call what writes a hash, and only `not_me`
//! what takes one away.

use super::hash::HashedPassword;
use super::set::Lasting;
use crate::clock::Millis;
use crate::db::{Db, Query, Tx, query};
use crate::error::Result;
use crate::ids::{AccountId, PendingId, SessionId, UserId};

/// The user's password, if one is set and still the one of `epoch`.
pub async fn hash_at(db: &Db, account: &AccountId, user: &UserId, epoch: i64) -> Result<Option<HashedPassword>> {
    let row: Option<(Option<String>,)> =
        query("select password_hash from users where account_id = $1 and id = $2 and credential_epoch = $3")
            .bind(account)
            .bind(user)
            .bind(epoch)
            .optional(db)
            .await?;
    Ok(row.and_then(|(hash,)| hash).map(HashedPassword::from_store))
}

/// Sets a password if the user is still at the epoch that was read. False: somebody else was faster.
pub(super) async fn put_hash(
    tx: &mut Tx,
    (account, user, epoch): (&AccountId, &UserId, i64),
    hash: &HashedPassword,
    now: Millis,
    lasting: Lasting,
) -> Result<bool> {
    let changed = query(
        "update users
            set password_hash = $4, password_set_at = $5, credential_epoch = credential_epoch + 1,
                must_change_at = $6, password_expires_at = $7
          where account_id = $1 and id = $2 and credential_epoch = $3 and disabled_at is null",
    )
    .bind(account)
    .bind(user)
    .bind(epoch)
    .bind(hash.as_str())
    .bind(now)
    .bind(lasting.must_change.then_some(now))
    .bind(lasting.expires_at)
    .run(tx)
    .await?;
    Ok(changed == 1)
}

/// Takes the password away: nothing signs in until another one is set. The caller holds the user.
pub(super) async fn disable(tx: &mut Tx, account: &AccountId, user: &UserId) -> Result<()> {
    query(
        "update users
            set password_hash = null, password_set_at = null, credential_epoch = credential_epoch + 1,
                must_change_at = null, password_expires_at = null
          where account_id = $1 and id = $2",
    )
    .bind(account)
    .bind(user)
    .run(tx)
    .await?;
    Ok(())
}

/// Replaces the hash of the same password by a costlier one, unless the password has changed.
pub(super) async fn put_rehash(tx: &mut Tx, user: &UserId, epoch: i64, hash: &HashedPassword) -> Result<()> {
    query("update users set password_hash = $3 where id = $1 and credential_epoch = $2")
        .bind(user)
        .bind(epoch)
        .bind(hash.as_str())
        .run(tx)
        .await?;
    Ok(())
}

/// Whether the user is still at `epoch` and may sign in; holds the row until the transaction ends, so that a change at
/// the same moment comes wholly before or wholly after it. The update that changes nothing is that lock on PostgreSQL.
pub async fn hold(tx: &mut Tx, user: &UserId, epoch: i64) -> Result<bool> {
    Ok(holding(user, epoch).run(tx).await? == 1)
}

/// The same, with what follows: the transaction fails if it is not so any more.
pub async fn hold_later(tx: &mut Tx, user: &UserId, epoch: i64) -> Result<()> {
    holding(user, epoch).later_once(tx).await
}

fn holding(user: &UserId, epoch: i64) -> Query {
    query(
        "update users set credential_epoch = credential_epoch
          where id = $1 and credential_epoch = $2 and disabled_at is null
            and exists (select 1 from accounts a where a.id = users.account_id and a.suspended_at is null)",
    )
    .bind(user)
    .bind(epoch)
}

/// A change that waits for a confirmation.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct PendingRow {
    pub(super) id: PendingId,
    pub(super) password_hash: String,
    pub(super) verdict: Vec<u8>,
    pub(super) credential_epoch: i64,
    pub(super) policy: String,
    pub(super) sign_out_others: i64,
    pub(super) created_at: Millis,
}

/// Keeps a change for its session, in place of any that waited. The caller holds the user, so the session is live.
pub(super) async fn put_pending(
    tx: &mut Tx,
    (account, user, session): (&AccountId, &UserId, &SessionId),
    row: &PendingRow,
) -> Result<()> {
    query(
        "insert into pending_changes (id, session_id, account_id, user_id, password_hash, verdict, credential_epoch,
                                      policy, sign_out_others, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (session_id) do update
            set id = excluded.id, password_hash = excluded.password_hash, verdict = excluded.verdict,
                credential_epoch = excluded.credential_epoch, policy = excluded.policy,
                sign_out_others = excluded.sign_out_others, created_at = excluded.created_at",
    )
    .bind(&row.id)
    .bind(session)
    .bind(account)
    .bind(user)
    .bind(row.password_hash.as_str())
    .bind(row.verdict.as_slice())
    .bind(row.credential_epoch)
    .bind(row.policy.as_str())
    .bind(row.sign_out_others)
    .bind(row.created_at)
    .run(tx)
    .await?;
    Ok(())
}

/// The change with this id, if it waits for this session.
pub(super) async fn pending(db: &Db, user: &UserId, session: &SessionId, id: &PendingId) -> Result<Option<PendingRow>> {
    query(
        "select id, password_hash, verdict, credential_epoch, policy, sign_out_others, created_at
           from pending_changes where id = $1 and session_id = $2 and user_id = $3",
    )
    .bind(id)
    .bind(session)
    .bind(user)
    .optional(db)
    .await
}

/// Takes the change away. False: it was taken or replaced meanwhile.
pub(super) async fn remove_pending(tx: &mut Tx, session: &SessionId, id: &PendingId) -> Result<bool> {
    let removed = query("delete from pending_changes where id = $1 and session_id = $2")
        .bind(id)
        .bind(session)
        .run(tx)
        .await?;
    Ok(removed == 1)
}

/// Voids every change that waits for the user.
pub(super) async fn void_pending(tx: &mut Tx, user: &UserId) -> Result<()> {
    query("delete from pending_changes where user_id = $1")
        .bind(user)
        .run(tx)
        .await?;
    Ok(())
}

/// Removes changes that nobody confirmed in time.
pub(super) async fn remove_pending_older(tx: &mut Tx, before: Millis) -> Result<()> {
    query("delete from pending_changes where created_at < $1")
        .bind(before)
        .run(tx)
        .await?;
    Ok(())
}
