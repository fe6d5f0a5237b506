//! Statements on `links`.

use super::{MOST_TRIES, Purpose, Wanted};
use crate::clock::Millis;
use crate::db::{Db, Tx, query};
use crate::error::Result;
use crate::ids::{AccountId, LinkId, UserId};

/// A link that is good at this moment.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Link {
    /// Its id.
    pub id: LinkId,
    /// Of which account.
    #[sqlx(rename = "account_id")]
    pub account: AccountId,
    /// For whom.
    #[sqlx(rename = "user_id")]
    pub user: UserId,
    /// The user's when it was made.
    pub credential_epoch: i64,
    /// What it is about beside the user, JSON.
    pub detail: String,
    /// When it was made.
    pub created_at: Millis,
    /// When it ends.
    pub expires_at: Millis,
}

/// A link whose code may be tried.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Coded {
    pub(super) token_hash: Vec<u8>,
    pub(super) code_mac: Vec<u8>,
}

/// What a new row holds beside what was wanted.
pub(super) struct NewRow<'a> {
    pub(super) id: &'a LinkId,
    pub(super) token_hash: [u8; 32],
    pub(super) code_mac: Option<Vec<u8>>,
    pub(super) now: Millis,
}

/// Adds a link for a user who may sign in, at their epoch. False: there is no such user,
/// or not at the epoch at which it was asked for.
pub(super) async fn insert(tx: &mut Tx, wanted: &Wanted, row: NewRow<'_>, mail: Option<&str>) -> Result<bool> {
    let code = wanted.code.as_ref();
    let added = query(
        "insert into links (id, account_id, user_id, purpose, token_hash, code_mac, code_expires_at, browser_hash,
                            credential_epoch, mail_id, detail, created_at, expires_at)
         select $1, u.account_id, u.id, $4, $5, $6, cast($7 as bigint), $8, u.credential_epoch, $9, $10,
                cast($11 as bigint), cast($12 as bigint)
           from users u join accounts a on a.id = u.account_id
          where u.account_id = $2 and u.id = $3 and u.disabled_at is null and a.suspended_at is null
            and (cast($13 as bigint) is null or u.credential_epoch = $13)",
    )
    .bind(row.id)
    .bind(&wanted.account)
    .bind(&wanted.user)
    .bind(wanted.purpose.as_str())
    .bind(row.token_hash.as_slice())
    .bind(row.code_mac.as_deref())
    .bind(code.map(|code| row.now + code.lifetime))
    .bind(code.and_then(|code| code.browser.as_ref()).map(<[u8; 32]>::as_slice))
    .bind(mail)
    .bind(wanted.detail.to_string())
    .bind(row.now)
    .bind(row.now + wanted.lifetime)
    .bind(wanted.epoch)
    .run(tx)
    .await?;
    Ok(added == 1)
}

/// The link of a token, for its own purpose, while it is good.
pub(super) async fn by_token(db: &Db, purpose: Purpose, token_hash: &[u8], now: Millis) -> Result<Option<Link>> {
    query(
        "select l.id, l.account_id, l.user_id, l.credential_epoch, l.detail, l.created_at, l.expires_at
           from links l join users u on u.id = l.user_id join accounts a on a.id = u.account_id
          where l.token_hash = $2 and l.purpose = $1 and l.expires_at > $3 and l.tries < $4
            and u.disabled_at is null and a.suspended_at is null
            and (l.purpose = 'not-me' or l.credential_epoch = u.credential_epoch)",
    )
    .bind(purpose.as_str())
    .bind(token_hash)
    .bind(now)
    .bind(MOST_TRIES)
    .optional(db)
    .await
}

/// Counts a try at every code of a browser that may still be tried, and returns those.
pub(super) async fn try_codes_of_browser(
    tx: &mut Tx,
    purpose: Purpose,
    browser_hash: &[u8],
    now: Millis,
    most: i64,
) -> Result<Vec<Coded>> {
    query(
        "update links set code_tries = code_tries + 1
          where browser_hash = $2 and purpose = $1 and code_expires_at > $3 and code_tries < $4 and code_mac is not null
         returning token_hash, code_mac",
    )
    .bind(purpose.as_str())
    .bind(browser_hash)
    .bind(now)
    .bind(most)
    .all(tx)
    .await
}

/// The codes of a user that work in any browser. Their tries are not counted: a stranger who knows the name could use them
/// all up, and the code is too long to be guessed.
pub(super) async fn codes_of_user(db: &Db, purpose: Purpose, user: &UserId, now: Millis) -> Result<Vec<Coded>> {
    query(
        "select token_hash, code_mac from links
          where user_id = $2 and purpose = $1 and code_expires_at > $3 and code_mac is not null and browser_hash is null",
    )
    .bind(purpose.as_str())
    .bind(user)
    .bind(now)
    .all(db)
    .await
}

/// Makes another link of one that is there: with another token, and no code.
pub(super) async fn copy(
    tx: &mut Tx,
    of: &LinkId,
    id: &LinkId,
    token_hash: &[u8],
    (now, until): (Millis, Millis),
) -> Result<bool> {
    let added = query(
        "insert into links (id, account_id, user_id, purpose, token_hash, credential_epoch, detail, created_at, expires_at)
         select $2, account_id, user_id, purpose, $3, credential_epoch, detail, cast($4 as bigint), cast($5 as bigint)
           from links where id = $1",
    )
    .bind(of)
    .bind(id)
    .bind(token_hash)
    .bind(now)
    .bind(until)
    .run(tx)
    .await?;
    Ok(added == 1)
}

/// Counts a confirmation, unless there were `most`.
pub(super) async fn count_try(tx: &mut Tx, id: &LinkId, most: i64) -> Result<bool> {
    let counted = query("update links set tries = tries + 1 where id = $1 and tries < $2")
        .bind(id)
        .bind(most)
        .run(tx)
        .await?;
    Ok(counted == 1)
}

/// How many mails hold a link of the user for a purpose that is not over. One that had to be mailed again counts once.
pub(super) async fn live_mails(db: &Db, user: &UserId, purpose: Purpose, now: Millis) -> Result<i64> {
    let (count,): (i64,) = query(
        "select count(distinct mail_id) as count from links where user_id = $1 and purpose = $2 and expires_at > $3",
    )
    .bind(user)
    .bind(purpose.as_str())
    .bind(now)
    .one(db)
    .await?;
    Ok(count)
}

/// When the last link of the user for this ends, if one is good.
pub(super) async fn open_until(db: &Db, user: &UserId, purpose: Purpose, now: Millis) -> Result<Option<Millis>> {
    let (until,): (Option<Millis>,) =
        query("select max(expires_at) as until from links where user_id = $1 and purpose = $2 and expires_at > $3")
            .bind(user)
            .bind(purpose.as_str())
            .bind(now)
            .one(db)
            .await?;
    Ok(until)
}

/// Takes back one confirmation.
pub(super) async fn uncount_try(tx: &mut Tx, id: &LinkId) -> Result<()> {
    query("update links set tries = tries - 1 where id = $1 and tries > 0")
        .bind(id)
        .run(tx)
        .await?;
    Ok(())
}

/// Takes a link away. False: it is gone already.
pub(super) async fn remove(tx: &mut Tx, id: &LinkId) -> Result<bool> {
    let removed = query("delete from links where id = $1").bind(id).run(tx).await?;
    Ok(removed == 1)
}

/// Takes the user's links of a purpose away.
pub(super) async fn remove_of(tx: &mut Tx, user: &UserId, purpose: Purpose) -> Result<u64> {
    query("delete from links where user_id = $1 and purpose = $2")
        .bind(user)
        .bind(purpose.as_str())
        .run(tx)
        .await
}

/// Takes the user's links of every other purpose away.
pub(super) async fn remove_but(tx: &mut Tx, user: &UserId, kept: Purpose) -> Result<u64> {
    query("delete from links where user_id = $1 and purpose <> $2")
        .bind(user)
        .bind(kept.as_str())
        .run(tx)
        .await
}

/// Takes all of the user's links away.
pub(super) async fn remove_all(tx: &mut Tx, user: &UserId) -> Result<u64> {
    query("delete from links where user_id = $1").bind(user).run(tx).await
}

/// Removes links that are over.
pub(super) async fn remove_older(tx: &mut Tx, now: Millis) -> Result<()> {
    query("delete from links where expires_at <= $1")
        .bind(now)
        .run(tx)
        .await?;
    Ok(())
}
