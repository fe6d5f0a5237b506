//! Statements on `sessions`.

use crate::clock::Millis;
use crate::db::{Db, Query, Tx, query};
use crate::error::Result;
use crate::ids::{AccountId, DeviceId, SessionId, UserId};
use crate::users::Role;

/// A session with its user and account: all that a page needs to know of who asks.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Row {
    pub(super) session_id: SessionId,
    pub(super) started_at: Millis,
    pub(super) last_seen_at: Millis,
    pub(super) authenticated_at: Millis,
    pub(super) user_id: UserId,
    pub(super) account_id: AccountId,
    #[sqlx(try_from = "String")]
    pub(super) role: Role,
    pub(super) name: String,
    pub(super) display_name: String,
    pub(super) email: Option<String>,
    pub(super) email_verified_at: Option<Millis>,
    pub(super) extension: Option<String>,
    pub(super) time_zone: Option<String>,
    pub(super) password_set_at: Option<Millis>,
    pub(super) password_expires_at: Option<Millis>,
    pub(super) credential_epoch: i64,
    pub(super) must_change_at: Option<Millis>,
    pub(super) account_name: String,
    pub(super) domain: String,
    pub(super) sip_domain: String,
    pub(super) sip_algorithm: String,
    pub(super) administrators: Option<String>,
    pub(super) waiting_email: Option<String>,
    pub(super) waiting_since: Option<Millis>,
}

/// The session of a token, unless its user is disabled or its account suspended.
pub(super) async fn by_session(db: &Db, token_hash: &[u8]) -> Result<Option<Row>> {
    query(
        "select s.id as session_id, s.started_at, s.last_seen_at, s.authenticated_at, u.id as user_id, u.account_id,
                u.role, u.name, u.display_name, u.email, u.email_verified_at, u.extension, u.time_zone,
                u.password_set_at, u.password_expires_at, u.credential_epoch, u.must_change_at,
                a.name as account_name, a.domain, a.sip_domain, a.sip_algorithm,
                (select string_agg(d.display_name || case when d.email_verified_at is null then '' else ' (' || d.email || ')' end,
                                   ', ' order by d.display_key) from users d
                  where d.account_id = u.account_id and d.role = 'administrator' and d.disabled_at is null)
                    as administrators,
                c.new_email as waiting_email, c.asked_at as waiting_since
           from sessions s
           join users u on u.id = s.user_id
           join accounts a on a.id = u.account_id
           left join email_changes c on c.user_id = u.id and c.done_at is null
          where s.token_hash = $1 and u.disabled_at is null and a.suspended_at is null",
    )
    .bind(token_hash)
    .optional(db)
    .await
}

/// A session, as far as its limits go.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Limited {
    #[sqlx(try_from = "String")]
    pub(super) role: Role,
    pub(super) started_at: Millis,
    pub(super) last_seen_at: Millis,
}

/// The session of an id, unless its user is disabled or its account suspended.
pub(super) async fn standing(db: &Db, session: &SessionId) -> Result<Option<Limited>> {
    query(
        "select u.role, s.started_at, s.last_seen_at from sessions s
           join users u on u.id = s.user_id
           join accounts a on a.id = u.account_id
          where s.id = $1 and u.disabled_at is null and a.suspended_at is null",
    )
    .bind(session)
    .optional(db)
    .await
}

/// One session in a user's list.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Listed {
    /// Its id.
    pub(super) id: SessionId,
    /// What the browser calls itself.
    pub(super) user_agent: String,
    /// Where it signed in from.
    pub(super) address: String,
    /// When it signed in.
    pub(super) started_at: Millis,
    /// When it was last seen, to the minute.
    pub(super) last_seen_at: Millis,
}

/// The user's sessions within their limits, the one seen last first.
pub(super) async fn of_user(db: &Db, user: &UserId, seen_after: Millis, started_after: Millis) -> Result<Vec<Listed>> {
    query(
        "select id, user_agent, address, started_at, last_seen_at from sessions
          where user_id = $1 and last_seen_at > $2 and started_at > $3
          order by last_seen_at desc, id desc",
    )
    .bind(user)
    .bind(seen_after)
    .bind(started_after)
    .all(db)
    .await
}

/// Adds a session whose password was proven just now.
pub(super) async fn insert(
    tx: &mut Tx,
    id: &SessionId,
    (account, user, device): (&AccountId, &UserId, &DeviceId),
    token_hash: &[u8],
    (user_agent, address): (&str, &str),
    now: Millis,
) -> Result<()> {
    query(
        "insert into sessions (id, account_id, user_id, token_hash, user_agent, address, started_at, last_seen_at,
                               authenticated_at, device_id)
         values ($1, $2, $3, $4, $5, $6, $7, $7, $7, $8)",
    )
    .bind(id)
    .bind(account)
    .bind(user)
    .bind(token_hash)
    .bind(user_agent)
    .bind(address)
    .bind(now)
    .bind(device)
    .later(tx)
    .await
}

/// Gives a session another token. False: it has ended, or its account was suspended.
pub(super) async fn set_token(
    tx: &mut Tx,
    id: &SessionId,
    token_hash: &[u8],
    now: Millis,
    authenticated_at: Option<Millis>,
) -> Result<bool> {
    let changed = query(
        "update sessions
            set token_hash = $2, last_seen_at = $3, authenticated_at = coalesce($4, authenticated_at)
          where id = $1
            and exists (select 1 from accounts a where a.id = sessions.account_id and a.suspended_at is null)",
    )
    .bind(id)
    .bind(token_hash)
    .bind(now)
    .bind(authenticated_at)
    .run(tx)
    .await?;
    Ok(changed > 0)
}

/// Notes that the session was used.
pub(super) async fn touch(tx: &mut Tx, id: &SessionId, now: Millis) -> Result<()> {
    query("update sessions set last_seen_at = $2 where id = $1 and last_seen_at < $2")
        .bind(id)
        .bind(now)
        .run(tx)
        .await?;
    Ok(())
}

/// Ends the user's sessions but the `newest` ones used last, and says how many.
pub(super) async fn keep_newest(tx: &mut Tx, user: &UserId, newest: i64) -> Result<u64> {
    keeping(user, newest).run(tx).await
}

/// The same, with what follows.
pub(super) async fn keep_newest_later(tx: &mut Tx, user: &UserId, newest: i64) -> Result<()> {
    keeping(user, newest).later(tx).await
}

fn keeping(user: &UserId, newest: i64) -> Query {
    query(
        "delete from sessions
          where user_id = $1
            and id not in (select id from sessions where user_id = $1 order by last_seen_at desc, id desc limit $2)",
    )
    .bind(user)
    .bind(newest)
}

/// Ends one session of the user.
pub(super) async fn remove(tx: &mut Tx, user: &UserId, id: &SessionId) -> Result<u64> {
    query("delete from sessions where user_id = $1 and id = $2")
        .bind(user)
        .bind(id)
        .run(tx)
        .await
}

/// Ends every session of the user but one.
pub(super) async fn remove_others(tx: &mut Tx, user: &UserId, keep: &SessionId) -> Result<u64> {
    query("delete from sessions where user_id = $1 and id <> $2")
        .bind(user)
        .bind(keep)
        .run(tx)
        .await
}

/// Ends every session of the user.
pub(super) async fn remove_all(tx: &mut Tx, user: &UserId) -> Result<u64> {
    query("delete from sessions where user_id = $1")
        .bind(user)
        .run(tx)
        .await
}

/// Ends every session past the limits of a user, and those of administrators and operators past theirs. A limit is the
/// moments since which it must have been seen and started.
pub(super) async fn remove_expired(tx: &mut Tx, user: (Millis, Millis), staff: (Millis, Millis)) -> Result<()> {
    query(
        "delete from sessions
          where last_seen_at <= $1 or started_at <= $2
             or ((last_seen_at <= $3 or started_at <= $4)
                 and user_id in (select id from users where role <> 'user'))",
    )
    .bind(user.0)
    .bind(user.1)
    .bind(staff.0)
    .bind(staff.1)
    .run(tx)
    .await?;
    Ok(())
}
