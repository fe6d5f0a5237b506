//! Statements on `audit_events`. There is no update and no delete.

use super::Event;
use crate::db::{Tx, query};
use crate::error::Result;
use crate::ids::{AccountId, SessionId, UserId};

/// Appends one event.
pub(super) async fn insert(tx: &mut Tx, id: &str, at: i64, event: &Event<'_>, mac: &[u8]) -> Result<()> {
    let address = event.address.map(|address| address.to_string());
    query(
        "insert into audit_events
            (id, at, account_id, kind, outcome, actor_id, subject_id, session_id, address, detail, mac)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(id)
    .bind(at)
    .bind(event.account.map(AccountId::as_str))
    .bind(event.kind.as_str())
    .bind(event.outcome.as_str())
    .bind(event.actor.map(UserId::as_str))
    .bind(event.subject.map(UserId::as_str))
    .bind(event.session.map(SessionId::as_str))
    .bind(address.as_deref())
    .bind(event.detail.to_string())
    .bind(mac)
    .run(tx)
    .await?;
    Ok(())
}
