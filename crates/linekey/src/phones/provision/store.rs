//! Statements on `phone_files`.

use super::super::store::Which;
use crate::clock::Millis;
use crate::db::{Db, Tx, query};
use crate::error::Result;
use crate::ids::{AccountId, PhoneId, UserId};

/// What stands in a set-up file beside the credentials.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Names {
    pub(super) display_name: String,
    pub(super) extension: Option<String>,
}

/// How the owner of a phone is called, and the phone's extension.
pub(super) async fn names(tx: &mut Tx, phone: &PhoneId) -> Result<Names> {
    query("select u.display_name, p.extension from phones p join users u on u.id = p.user_id where p.id = $1")
        .bind(phone)
        .one(tx)
        .await
}

/// A link that was just made.
pub(super) struct New<'a> {
    pub(super) phone: &'a PhoneId,
    pub(super) account: &'a AccountId,
    pub(super) token_hash: [u8; 32],
    pub(super) kind: &'a str,
    pub(super) generation: i64,
    pub(super) sealed: &'a [u8],
    pub(super) created_at: Millis,
    pub(super) expires_at: Millis,
}

/// Adds the link of a phone that has none.
pub(super) async fn insert(tx: &mut Tx, new: New<'_>) -> Result<()> {
    query(
        "insert into phone_files (phone_id, account_id, token_hash, kind, generation, sealed, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(new.phone)
    .bind(new.account)
    .bind(&new.token_hash[..])
    .bind(new.kind)
    .bind(new.generation)
    .bind(new.sealed)
    .bind(new.created_at)
    .bind(new.expires_at)
    .run(tx)
    .await?;
    Ok(())
}

/// A link that works at this moment.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Open {
    pub(super) phone_id: PhoneId,
    pub(super) account_id: AccountId,
    pub(super) user_id: UserId,
    pub(super) kind: String,
    pub(super) sealed: Vec<u8>,
    pub(super) fetched_at: Option<Millis>,
}

/// The link of a token, if it works: its SIP password is the phone's newest, and the phone may register with it.
pub(super) async fn open(db: &Db, token_hash: &[u8; 32], now: Millis) -> Result<Option<Open>> {
    query(
        "select f.phone_id, f.account_id, p.user_id, f.kind, f.sealed, f.fetched_at
           from phone_files f
           join phones p on p.id = f.phone_id
           join users u on u.id = p.user_id
           join accounts a on a.id = p.account_id
          where f.token_hash = $1 and f.expires_at > $2 and f.generation = p.generation and p.blocked_at is null
            and u.disabled_at is null and a.suspended_at is null",
    )
    .bind(&token_hash[..])
    .bind(now)
    .optional(db)
    .await
}

/// Notes that a link was fetched for the first time. False: it was before, or it is gone.
pub(super) async fn put_fetched(tx: &mut Tx, token_hash: &[u8; 32], now: Millis) -> Result<bool> {
    let first = query("update phone_files set fetched_at = $2 where token_hash = $1 and fetched_at is null")
        .bind(&token_hash[..])
        .bind(now)
        .run(tx)
        .await?;
    Ok(first == 1)
}

/// Takes the links of these phones away.
pub(super) async fn remove_of(tx: &mut Tx, which: Which<'_>) -> Result<()> {
    query(
        "delete from phone_files
          where account_id = $1
            and phone_id in (select id from phones where account_id = $1 and user_id = $2 and ($3 = '' or id = $3))",
    )
    .bind(which.account)
    .bind(which.user)
    .bind(which.one())
    .run(tx)
    .await?;
    Ok(())
}

/// Takes the link of a phone away whose SIP password is in use.
pub(super) async fn remove_used(tx: &mut Tx, phone: &PhoneId, generation: i64) -> Result<()> {
    query("delete from phone_files where phone_id = $1 and generation = $2")
        .bind(phone)
        .bind(generation)
        .run(tx)
        .await?;
    Ok(())
}

/// Removes links that are over.
pub(super) async fn remove_older(tx: &mut Tx, now: Millis) -> Result<()> {
    query("delete from phone_files where expires_at <= $1")
        .bind(now)
        .run(tx)
        .await?;
    Ok(())
}
