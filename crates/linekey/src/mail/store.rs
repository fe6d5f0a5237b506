//! Statements on `outbox`.

use crate::clock::Millis;
use crate::db::{Db, Tx, query};
use crate::error::Result;
use crate::ids::{AccountId, UserId};

/// A mail that waits.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) to_address: String,
    pub(super) parameters: String,
    pub(super) created_at: Millis,
}

/// Adds a mail.
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
    at: Millis,
) -> Result<()> {
    query(
        "insert into outbox (id, account_id, user_id, kind, to_address, parameters, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(id)
    .bind(account)
    .bind(user)
    .bind(kind)
    .bind(to)
    .bind(parameters)
    .bind(at)
    .run(tx)
    .await?;
    Ok(())
}

/// The newest mails, newest first.
pub(super) async fn newest(db: &Db, limit: i64) -> Result<Vec<Row>> {
    query("select id, to_address, parameters, created_at from outbox order by created_at desc, id desc limit $1")
        .bind(limit)
        .all(db)
        .await
}
