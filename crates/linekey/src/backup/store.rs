//! Statements on a copy as a whole. What a feature's rows mean is in that feature; here they are counted, or over.

use crate::clock::Millis;
use crate::db::{Db, Tx, query};
use crate::error::Result;

/// How much is in a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Counted {
    pub(super) accounts: i64,
    pub(super) users: i64,
    pub(super) phones: i64,
    pub(super) events: i64,
    pub(super) last_event_at: Option<Millis>,
}

/// Reads through the tables that matter most.
pub(super) async fn count(db: &Db) -> Result<Counted> {
    query(
        "select (select count(*) from accounts) as accounts,
                (select count(*) from users) as users,
                (select count(*) from phones) as phones,
                (select count(*) from audit_events) as events,
                (select max(at) from audit_events) as last_event_at",
    )
    .one(db)
    .await
}

/// Chains of the audit record that have rows and no head.
pub(super) async fn chains_without_head(db: &Db) -> Result<i64> {
    let (chains,): (i64,) = query(
        "select count(*) as chains from (select distinct chain from audit_events where chain is not null) c
          where not exists (select 1 from audit_heads h where h.chain = c.chain)",
    )
    .one(db)
    .await?;
    Ok(chains)
}

/// Ends every session.
pub(super) async fn end_sessions(tx: &mut Tx) -> Result<u64> {
    query("delete from sessions").run(tx).await
}

/// Takes every link and code away.
pub(super) async fn remove_links(tx: &mut Tx) -> Result<u64> {
    query("delete from links").run(tx).await
}

/// Takes every set-up link of a phone away.
pub(super) async fn remove_phone_links(tx: &mut Tx) -> Result<u64> {
    query("delete from phone_files").run(tx).await
}

/// Forgets every browser that somebody signed in with before.
pub(super) async fn forget_devices(tx: &mut Tx) -> Result<u64> {
    query("delete from devices").run(tx).await
}

/// Takes every request for a reset link away that was not answered when the copy was made.
pub(super) async fn remove_reset_requests(tx: &mut Tx) -> Result<()> {
    query("delete from reset_requests").run(tx).await?;
    Ok(())
}

/// Takes every new e-mail address away that waits to be confirmed. One that is on file stays on record, to be undone.
pub(super) async fn remove_waiting_addresses(tx: &mut Tx) -> Result<u64> {
    query("delete from email_changes where done_at is null").run(tx).await
}

/// Takes every change away that waits to be confirmed.
pub(super) async fn remove_pending(tx: &mut Tx) -> Result<u64> {
    query("delete from pending_changes").run(tx).await
}

/// Gives up every mail that waits to be sent: most of them were, after the copy was made.
pub(super) async fn give_up_mail(tx: &mut Tx, why: &str) -> Result<u64> {
    query("update outbox set due_at = null, last_error = $1 where due_at is not null")
        .bind(why)
        .run(tx)
        .await
}
