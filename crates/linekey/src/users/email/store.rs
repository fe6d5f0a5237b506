//! Statements on changes of e-mail addresses, and on what "This wasn't me" freezes.

use crate::clock::Millis;
use crate::db::{Tx, Via, query};
use crate::error::Result;
use crate::ids::{AccountId, UserId};
use crate::users::name::canonical;

/// A change of an address that waits for its confirmation.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Waiting {
    /// Its id, which the link in the mail names.
    pub(super) id: String,
    /// The address on file when it was asked for, as written.
    pub(super) old_email: Option<String>,
    /// The address that was asked for, as written.
    pub(super) new_email: String,
    /// The browser it was asked for with, in words.
    pub(super) browser: String,
    /// Where the request came from.
    pub(super) address: String,
}

/// What "This wasn't me" left behind.
#[derive(Clone, Copy, Debug, Default, sqlx::FromRow)]
pub(super) struct Freeze {
    /// Until when the address cannot be changed.
    pub(super) frozen_until: Option<Millis>,
    /// From when on everything was undone that the user reports as not theirs.
    pub(super) undone_from: Option<Millis>,
    /// Until when: it was said then.
    pub(super) undone_at: Option<Millis>,
}

/// A change that is to be kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewChange<'a> {
    pub(super) id: &'a str,
    pub(super) account: &'a AccountId,
    pub(super) user: &'a UserId,
    pub(super) old: Option<&'a str>,
    /// `None`: the address is removed.
    pub(super) new: Option<&'a str>,
    pub(super) browser: &'a str,
    pub(super) address: &'a str,
    pub(super) now: Millis,
    /// `None` while it waits.
    pub(super) done_at: Option<Millis>,
}

/// The change that waits for the user and was asked for after `after`.
pub(super) async fn waiting(via: impl Into<Via<'_>>, user: &UserId, after: Millis) -> Result<Option<Waiting>> {
    query(
        "select id, old_email, new_email, browser, address from email_changes
          where user_id = $1 and asked_at > $2 and done_at is null and new_email is not null",
    )
    .bind(user)
    .bind(after)
    .optional(via)
    .await
}

/// The change with this id, if it waits for the user and was asked for after `after`.
pub(super) async fn waiting_by_id(
    via: impl Into<Via<'_>>,
    user: &UserId,
    id: &str,
    after: Millis,
) -> Result<Option<Waiting>> {
    query(
        "select id, old_email, new_email, browser, address from email_changes
          where user_id = $1 and id = $2 and asked_at > $3 and done_at is null and new_email is not null",
    )
    .bind(user)
    .bind(id)
    .bind(after)
    .optional(via)
    .await
}

/// Keeps a change. The caller holds the user, and took away what waited.
pub(super) async fn put(tx: &mut Tx, change: NewChange<'_>) -> Result<()> {
    query(
        "insert into email_changes (id, account_id, user_id, old_email, new_email, browser, address, asked_at, done_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(change.id)
    .bind(change.account)
    .bind(change.user)
    .bind(change.old)
    .bind(change.new)
    .bind(change.browser)
    .bind(change.address)
    .bind(change.now)
    .bind(change.done_at)
    .run(tx)
    .await?;
    Ok(())
}

/// Notes that the change was asked for again.
pub(super) async fn put_asked(tx: &mut Tx, id: &str, now: Millis) -> Result<()> {
    query("update email_changes set asked_at = $2 where id = $1 and done_at is null")
        .bind(id)
        .bind(now)
        .run(tx)
        .await?;
    Ok(())
}

/// Notes that the change is done. False: it does not wait any more.
pub(super) async fn put_done(tx: &mut Tx, id: &str, now: Millis) -> Result<bool> {
    let done = query("update email_changes set done_at = $2 where id = $1 and done_at is null")
        .bind(id)
        .bind(now)
        .run(tx)
        .await?;
    Ok(done == 1)
}

/// Takes away what waits for the user, and says how many that were.
pub(super) async fn remove_waiting(tx: &mut Tx, user: &UserId) -> Result<u64> {
    query("delete from email_changes where user_id = $1 and done_at is null")
        .bind(user)
        .run(tx)
        .await
}

/// Takes away every change of the user, waiting or done.
pub(super) async fn remove_all(tx: &mut Tx, user: &UserId) -> Result<()> {
    query("delete from email_changes where user_id = $1")
        .bind(user)
        .run(tx)
        .await?;
    Ok(())
}

/// Puts an address on file, or none.
pub(super) async fn put_email(
    tx: &mut Tx,
    account: &AccountId,
    user: &UserId,
    email: Option<&str>,
    verified_at: Option<Millis>,
) -> Result<()> {
    query("update users set email = $3, email_key = $4, email_verified_at = $5 where account_id = $1 and id = $2")
        .bind(account)
        .bind(user)
        .bind(email)
        .bind(email.map(canonical).as_deref())
        .bind(verified_at)
        .run(tx)
        .await?;
    Ok(())
}

/// Whether the user themselves put `email`, or none, on file since `since`.
pub(super) async fn was_put_since(
    via: impl Into<Via<'_>>,
    user: &UserId,
    email: Option<&str>,
    since: Millis,
) -> Result<bool> {
    let (count,): (i64,) = query(
        "select count(*) as count from email_changes
          where user_id = $1 and done_at >= $2 and coalesce(new_email, '') = $3",
    )
    .bind(user)
    .bind(since)
    .bind(email.unwrap_or_default())
    .one(via)
    .await?;
    Ok(count > 0)
}

/// What "This wasn't me" left behind for the user.
pub(super) async fn freeze_of(via: impl Into<Via<'_>>, user: &UserId) -> Result<Freeze> {
    let row = query("select frozen_until, undone_from, undone_at from users where id = $1")
        .bind(user)
        .optional(via)
        .await?;
    Ok(row.unwrap_or_default())
}

/// Freezes changes of the address, and notes what was undone.
pub(super) async fn put_freeze(tx: &mut Tx, user: &UserId, freeze: Freeze) -> Result<()> {
    query("update users set frozen_until = $2, undone_from = $3, undone_at = $4 where id = $1")
        .bind(user)
        .bind(freeze.frozen_until)
        .bind(freeze.undone_from)
        .bind(freeze.undone_at)
        .run(tx)
        .await?;
    Ok(())
}

/// Lifts the freeze.
pub(super) async fn thaw(tx: &mut Tx, user: &UserId) -> Result<()> {
    query("update users set frozen_until = null where id = $1 and frozen_until is not null")
        .bind(user)
        .run(tx)
        .await?;
    Ok(())
}

/// Removes changes that were asked for in vain, or done, before `before`.
pub(super) async fn remove_older(tx: &mut Tx, before: Millis) -> Result<()> {
    query("delete from email_changes where asked_at < $1 and coalesce(done_at, 0) < $1")
        .bind(before)
        .run(tx)
        .await?;
    Ok(())
}
