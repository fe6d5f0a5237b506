//! Statements on `accounts`.

use super::create::NewAccount;
use crate::clock::Millis;
use crate::db::{Db, Tx, query};
use crate::error::Result;
use crate::ids::AccountId;

/// Adds an account.
pub(super) async fn insert(tx: &mut Tx, id: &AccountId, new: &NewAccount<'_>, now: Millis) -> Result<()> {
    query("insert into accounts (id, name, domain, sip_domain, created_at) values ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(new.name)
        .bind(new.domain)
        .bind(new.sip_domain)
        .bind(now)
        .run(tx)
        .await?;
    Ok(())
}

/// Every SIP domain of the portal with its challenge algorithm. For the registrar alone.
pub async fn sip_domains(db: &Db) -> Result<Vec<(String, String)>> {
    query("select sip_domain, sip_algorithm from accounts where suspended_at is null")
        .all(db)
        .await
}

/// The account of a domain.
pub async fn by_domain(tx: &mut Tx, domain: &str) -> Result<Option<AccountId>> {
    let row: Option<(AccountId,)> = query("select id from accounts where domain = $1")
        .bind(domain)
        .optional(tx)
        .await?;
    Ok(row.map(|(id,)| id))
}
