//! Statements on `users`, those about passwords aside.

use super::Role;
use super::create::NewUser;
use super::name::TypedName;
use crate::clock::Millis;
use crate::db::{Db, Tx, query};
use crate::error::{Error, Result};
use crate::ids::{AccountId, SessionId, UserId};

/// Someone who may be meant by a typed sign-in name.
#[derive(Debug, sqlx::FromRow)]
pub struct Candidate {
    /// 0 by full name or as an operator, 1 by e-mail.
    pub rank: i64,
    /// The user.
    pub id: UserId,
    /// Their account.
    pub account_id: AccountId,
    /// Their role.
    #[sqlx(try_from = "String")]
    pub role: Role,
    /// Their password, if they have one.
    pub password_hash: Option<String>,
    /// Rises with every password.
    pub credential_epoch: i64,
    /// Since when they may not sign in.
    pub disabled_at: Option<Millis>,
    /// Since when nobody of the account may.
    pub suspended_at: Option<Millis>,
}

/// Everyone whom a typed name may mean. One statement whoever it means, so that the time tells nothing.
pub async fn by_sign_in_name(db: &Db, name: &TypedName) -> Result<Vec<Candidate>> {
    let (local, domain) = name.parts();
    query(
        "select cast(0 as bigint) as rank, u.id, u.account_id, u.role, u.password_hash, u.credential_epoch,
                u.disabled_at, a.suspended_at
           from accounts a join users u on u.account_id = a.id
          where a.domain = $1 and u.name = $2
         union all
         select cast(0 as bigint) as rank, u.id, u.account_id, u.role, u.password_hash, u.credential_epoch,
                u.disabled_at, a.suspended_at
           from users u join accounts a on a.id = u.account_id
          where u.role = 'operator' and u.name = $3
         union all
         select cast(1 as bigint) as rank, u.id, u.account_id, u.role, u.password_hash, u.credential_epoch,
                u.disabled_at, a.suspended_at
           from users u join accounts a on a.id = u.account_id
          where u.email_key = $3 and u.email_verified_at is not null
          order by rank limit 4",
    )
    .bind(domain.unwrap_or_default())
    .bind(local)
    .bind(name.canonical.as_str())
    .all(db)
    .await
}

/// Holds the user's row until the transaction ends, for something done in `session`. Everything that changes a user's
/// sessions, password or phones begins here, so that two of them come one after the other and never wait for each
/// other in a circle. The update that changes nothing is that lock on PostgreSQL.
///
/// # Errors
/// [`Error::SessionEnded`] when the session has ended meanwhile: what was let in is let out again.
pub async fn hold(tx: &mut Tx, user: &UserId, session: &SessionId) -> Result<()> {
    let held = query("update users set credential_epoch = credential_epoch where id = $1 and disabled_at is null")
        .bind(user)
        .run(&mut *tx)
        .await?;
    // Asked only now: whoever held the row before may have ended the session.
    let live: Option<(SessionId,)> = query("select id from sessions where id = $1 and user_id = $2")
        .bind(session)
        .bind(user)
        .optional(tx)
        .await?;
    if held == 1 && live.is_some() {
        Ok(())
    } else {
        Err(Error::SessionEnded)
    }
}

/// Adds a user without a password.
pub(super) async fn insert(
    tx: &mut Tx,
    id: &UserId,
    account: &AccountId,
    new: &NewUser<'_>,
    name: &str,
    email_key: Option<&str>,
    now: Millis,
) -> Result<()> {
    query(
        "insert into users (id, account_id, role, name, display_name, email, email_key, email_verified_at, extension,
                            time_zone, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(id)
    .bind(account)
    .bind(new.role.as_str())
    .bind(name)
    .bind(new.display_name)
    .bind(new.email)
    .bind(email_key)
    .bind((new.email.is_some() && new.email_verified).then_some(now))
    .bind(new.extension)
    .bind(new.time_zone)
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

/// Writes what the owner may change.
pub(super) async fn set_profile(
    tx: &mut Tx,
    account: &AccountId,
    user: &UserId,
    display_name: &str,
    time_zone: &str,
) -> Result<()> {
    query("update users set display_name = $3, time_zone = $4 where account_id = $1 and id = $2")
        .bind(account)
        .bind(user)
        .bind(display_name)
        .bind(time_zone)
        .run(tx)
        .await?;
    Ok(())
}

/// How many users an account has.
pub async fn count_of_account(db: &Db, account: &AccountId) -> Result<i64> {
    let (count,): (i64,) = query("select count(*) as count from users where account_id = $1")
        .bind(account)
        .one(db)
        .await?;
    Ok(count)
}
