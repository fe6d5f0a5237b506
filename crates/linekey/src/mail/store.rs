//! Statements on `outbox`, and on whom a mail goes to.

use super::letter::Reader;
use super::outbox::{Counts, Listed};
use crate::clock::Millis;
use crate::db::{Db, Tx, query};
use crate::error::Result;
use crate::ids::{AccountId, UserId};

/// A mail that was taken from the outbox, to be delivered until the claim ends.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Claimed {
    pub(super) id: String,
    pub(super) account_id: AccountId,
    pub(super) user_id: UserId,
    pub(super) to_address: String,
    pub(super) parameters: String,
    pub(super) created_at: Millis,
    /// Until when it is tried; nothing in rows of releases that did not say.
    pub(super) tried_until: Option<Millis>,
    /// How often it was taken, this time included. A mark of an earlier claim changes nothing.
    pub(super) tries: i64,
}

/// Adds a mail, due at once, to be tried until `until`.
#[expect(
    clippy::too_many_arguments,
    reason = "one a column; a struct would only name them twice"
)]
pub(super) async fn insert(
    tx: &mut Tx,
    id: &str,
    account: &AccountId,
    user: &UserId,
    kind: &str,
    to: &str,
    parameters: &str,
    (at, until): (Millis, Millis),
) -> Result<()> {
    query(
        "insert into outbox (id, account_id, user_id, kind, to_address, parameters, created_at, due_at, tried_until)
         values ($1, $2, $3, $4, $5, $6, $7, $7, $8)",
    )
    .bind(id)
    .bind(account)
    .bind(user)
    .bind(kind)
    .bind(to)
    .bind(parameters)
    .bind(at)
    .bind(until)
    .later(tx)
    .await
}

/// Whether a mail is due. A read, so that a worker with nothing to do takes nobody's turn to write.
pub(super) async fn is_due(db: &Db, now: Millis) -> Result<bool> {
    let first: Option<(String,)> = query("select id from outbox where due_at <= $1 limit 1")
        .bind(now)
        .optional(db)
        .await?;
    Ok(first.is_some())
}

/// Takes at most `most` mails that are due, until `until`. The outer condition is asked again once another worker's
/// claim is committed; without it two of them would take the same mail on PostgreSQL.
pub(super) async fn claim(tx: &mut Tx, now: Millis, until: Millis, most: i64) -> Result<Vec<Claimed>> {
    query(
        "update outbox set due_at = $2, claimed_until = $2, tries = tries + 1
          where id in (select id from outbox where due_at <= $1 order by due_at limit $3) and due_at <= $1
         returning id, account_id, user_id, to_address, parameters, created_at, tried_until, tries",
    )
    .bind(now)
    .bind(until)
    .bind(most)
    .all(tx)
    .await
}

/// Lengthens a claim until `until`, and holds the row until the transaction ends: its parameters, from which somebody may
/// have been taken out. `None`: it is no longer this worker's, or was withdrawn.
pub(super) async fn hold(tx: &mut Tx, mail: &Claimed, until: Millis) -> Result<Option<String>> {
    let held: Option<(String,)> = query(
        "update outbox set due_at = $3, claimed_until = $3 where id = $1 and tries = $2 and due_at is not null
         returning parameters",
    )
    .bind(mail.id.as_str())
    .bind(mail.tries)
    .bind(until)
    .optional(tx)
    .await?;
    Ok(held.map(|(parameters,)| parameters))
}

/// The transport has it, and said `reply`. Whoever holds the claim by now: nobody is to send it again.
pub(super) async fn delivered(tx: &mut Tx, mail: &Claimed, now: Millis, reply: Option<&str>) -> Result<()> {
    query(
        "update outbox set delivered_at = $2, due_at = null, claimed_until = null, last_error = null, reply = $3
          where id = $1 and delivered_at is null",
    )
    .bind(mail.id.as_str())
    .bind(now)
    .bind(reply)
    .run(tx)
    .await?;
    Ok(())
}

/// It failed: to be taken again at `due`, or never. False: it is no longer this worker's.
pub(super) async fn failed(tx: &mut Tx, mail: &Claimed, due: Option<Millis>, why: &str) -> Result<bool> {
    let marked =
        query("update outbox set due_at = $3, claimed_until = null, last_error = $4 where id = $1 and tries = $2 and delivered_at is null")
            .bind(mail.id.as_str())
            .bind(mail.tries)
            .bind(due)
            .bind(why)
            .run(tx)
            .await?;
    Ok(marked == 1)
}

/// Takes mails of one kind to a user away that have not been delivered.
pub(super) async fn withdraw(tx: &mut Tx, user: &UserId, kind: &str) -> Result<()> {
    query("delete from outbox where user_id = $1 and kind = $2 and delivered_at is null")
        .bind(user)
        .bind(kind)
        .run(tx)
        .await?;
    Ok(())
}

/// A mail that waits, with what it says.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Naming {
    pub(super) id: String,
    pub(super) parameters: String,
}

/// Holds the mails of one kind that are a user's, or in which they may be one of several, until they are delivered.
pub(super) async fn hold_naming(tx: &mut Tx, user: &UserId, kind: &str) -> Result<Vec<Naming>> {
    query(
        "update outbox set kind = kind
          where kind = $2 and delivered_at is null and (user_id = $3 or parameters like $1)
         returning id, parameters",
    )
    .bind(format!("%\"{}\"%", user.as_str()))
    .bind(kind)
    .bind(user)
    .all(tx)
    .await
}

/// Takes one mail away.
pub(super) async fn remove(tx: &mut Tx, id: &str) -> Result<()> {
    query("delete from outbox where id = $1").bind(id).run(tx).await?;
    Ok(())
}

/// Has a mail say `parameters`, and be `user`'s.
pub(super) async fn pass_on(
    tx: &mut Tx,
    id: &str,
    (account, user): (&AccountId, &UserId),
    parameters: &str,
) -> Result<()> {
    query("update outbox set account_id = $2, user_id = $3, parameters = $4 where id = $1")
        .bind(id)
        .bind(account)
        .bind(user)
        .bind(parameters)
        .run(tx)
        .await?;
    Ok(())
}

/// Takes every mail to a user away.
pub(super) async fn remove_of_user(tx: &mut Tx, user: &UserId) -> Result<()> {
    query("delete from outbox where user_id = $1")
        .bind(user)
        .run(tx)
        .await?;
    Ok(())
}

/// Has a mail that was tried, or held back by a restore, taken at once, unless it is delivered or somebody is at it: whose it is.
pub(super) async fn make_due(tx: &mut Tx, id: &str, now: Millis, until: Millis) -> Result<Option<(AccountId, UserId)>> {
    query(
        "update outbox set due_at = $2, tried_until = $3
          where id = $1 and (tries > 0 or last_error is not null) and delivered_at is null
            and (claimed_until is null or claimed_until <= $2)
         returning account_id, user_id",
    )
    .bind(id)
    .bind(now)
    .bind(until)
    .optional(tx)
    .await
}

/// Mails older than `before`, newest first; of one state, or all. For operators alone.
pub(super) async fn listed(db: &Db, state: &str, before: &str, limit: i64) -> Result<Vec<Listed>> {
    query(
        "select o.id, o.kind, o.to_address, a.name as account, o.created_at, o.due_at, o.claimed_until, o.tries,
                o.delivered_at, o.last_error, o.reply
           from outbox o join accounts a on a.id = o.account_id
          where ($1 = '' or ($1 = 'waiting' and o.due_at is not null)
                 or ($1 = 'delivered' and o.delivered_at is not null)
                 or ($1 = 'given-up' and o.due_at is null and o.delivered_at is null))
            and ($2 = '' or o.id < $2)
          order by o.id desc limit $3",
    )
    .bind(state)
    .bind(before)
    .bind(limit)
    .all(db)
    .await
}

/// How many mails wait and were given up. For operators alone.
pub(super) async fn counts(db: &Db) -> Result<Counts> {
    query(
        "select count(due_at) as waiting, count(*) - count(coalesce(due_at, delivered_at)) as given_up from outbox
          where delivered_at is null",
    )
    .one(db)
    .await
}

/// Removes mails from before `before` with which there is nothing left to do.
pub(super) async fn remove_done(tx: &mut Tx, before: Millis) -> Result<u64> {
    query("delete from outbox where due_at is null and created_at < $1")
        .bind(before)
        .run(tx)
        .await
}

/// What the words of a mail to `user` depend on.
pub(super) async fn reader(db: &Db, account: &AccountId, user: &UserId) -> Result<Reader> {
    let zone: Option<(Option<String>,)> = query("select time_zone from users where account_id = $1 and id = $2")
        .bind(account)
        .bind(user)
        .optional(db)
        .await?;
    let administrators: Vec<(String,)> = query(
        "select display_name from users
          where account_id = $1 and id <> $2 and role = 'administrator' and disabled_at is null
          order by display_name, id limit 3",
    )
    .bind(account)
    .bind(user)
    .all(db)
    .await?;
    Ok(Reader {
        time_zone: zone.and_then(|(zone,)| zone),
        administrators: administrators.into_iter().map(|(name,)| name).collect(),
    })
}
