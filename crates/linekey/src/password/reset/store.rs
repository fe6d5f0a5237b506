//! Statements on `reset_requests`, and on who has an address.

use std::net::IpAddr;

use crate::clock::Millis;
use crate::db::{Alone, Db, Tx, query};
use crate::error::Result;
use crate::ids::{AccountId, UserId};
use crate::users::Role;

/// A request as it comes in.
pub(super) struct NewRequest<'a> {
    pub(super) id: &'a str,
    pub(super) email_key: &'a str,
    pub(super) browser_hash: [u8; 32],
    pub(super) browser: &'a str,
    pub(super) address: IpAddr,
    pub(super) at: Millis,
}

/// A request that was taken, to be answered until the claim ends.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Request {
    pub(super) id: String,
    pub(super) email_key: String,
    pub(super) browser_hash: Vec<u8>,
    pub(super) browser: String,
    pub(super) address: String,
    pub(super) created_at: Millis,
}

/// Somebody whose address was asked about.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Person {
    pub(super) id: UserId,
    pub(super) account_id: AccountId,
    #[sqlx(try_from = "String")]
    pub(super) role: Role,
    pub(super) name: String,
    pub(super) display_name: String,
    pub(super) domain: String,
    /// As it was written when it was stored: the only one that is mailed.
    pub(super) email: String,
    pub(super) credential_epoch: i64,
}

/// Adds a request, due at once.
pub(super) async fn insert(db: &Db, new: NewRequest<'_>) -> Result<()> {
    query(
        "insert into reset_requests (id, email_key, browser_hash, browser, address, created_at, due_at)
         values ($1, $2, $3, $4, $5, $6, $6)",
    )
    .bind(new.id)
    .bind(new.email_key)
    .bind(new.browser_hash.as_slice())
    .bind(new.browser)
    .bind(new.address.to_string())
    .bind(new.at)
    .run(Alone(db))
    .await?;
    Ok(())
}

/// Whether a request is due. A read, so that a worker with nothing to do takes nobody's turn to write.
pub(super) async fn is_due(db: &Db, now: Millis) -> Result<bool> {
    let first: Option<(String,)> = query("select id from reset_requests where due_at <= $1 limit 1")
        .bind(now)
        .optional(db)
        .await?;
    Ok(first.is_some())
}

/// Takes at most `most` requests that are due, until `until`; the outer condition as for the outbox.
pub(super) async fn claim(tx: &mut Tx, now: Millis, until: Millis, most: i64) -> Result<Vec<Request>> {
    query(
        "update reset_requests set due_at = $2
          where id in (select id from reset_requests where due_at <= $1 order by due_at limit $3) and due_at <= $1
         returning id, email_key, browser_hash, browser, address, created_at",
    )
    .bind(now)
    .bind(until)
    .bind(most)
    .all(tx)
    .await
}

/// Takes a request away. False: somebody else answered it.
pub(super) async fn remove(tx: &mut Tx, id: &str) -> Result<bool> {
    let removed = query("delete from reset_requests where id = $1")
        .bind(id)
        .run(tx)
        .await?;
    Ok(removed == 1)
}

/// Removes requests that nobody could answer.
pub(super) async fn remove_older(tx: &mut Tx, before: Millis) -> Result<()> {
    query("delete from reset_requests where created_at < $1")
        .bind(before)
        .run(tx)
        .await?;
    Ok(())
}

/// Everyone who may sign in and whose confirmed address it is, by the address as written.
pub(super) async fn whose_address(db: &Db, email_key: &str) -> Result<Vec<Person>> {
    query(
        "select u.id, u.account_id, u.role, u.name, u.display_name, a.domain, u.email, u.credential_epoch
           from users u join accounts a on a.id = u.account_id
          where u.email_key = $1 and u.email_verified_at is not null and u.disabled_at is null
            and a.suspended_at is null
          order by u.email, a.domain, u.name",
    )
    .bind(email_key)
    .all(db)
    .await
}
