//! Statements on the phones that may register.

use super::Line;
use crate::clock::Millis;
use crate::db::{Db, query};
use crate::error::Result;
use crate::ids::{AccountId, PhoneId};

/// A phone with its sealed hashes.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: PhoneId,
    #[sqlx(flatten)]
    pub(super) line: Line,
    pub(super) sip_hashes: Vec<u8>,
    pub(super) generation: i64,
    pub(super) old_hashes: Option<Vec<u8>>,
    pub(super) old_until: Option<Millis>,
    pub(super) outdated_at: Option<Millis>,
}

impl Row {
    /// Whether the SIP password before is good beside the newest.
    pub(super) fn is_overlapping(&self, now: Millis) -> bool {
        self.old_hashes.is_some() && self.old_until.is_some_and(|until| until > now)
    }
}

/// The phone of a SIP name, found by the index of both.
pub(super) async fn by_sip_name(db: &Db, sip_domain: &str, sip_name: &str) -> Result<Option<Row>> {
    query(
        "select p.id, p.sip_name, p.sip_domain, a.domain, p.extension, u.display_name, p.sip_hashes, p.generation,
                p.old_hashes, p.old_until, p.outdated_at
           from phones p
           join users u on u.id = p.user_id
           join accounts a on a.id = p.account_id
          where p.sip_domain = $1 and p.sip_name = $2 and p.blocked_at is null and u.disabled_at is null
            and a.suspended_at is null",
    )
    .bind(sip_domain)
    .bind(sip_name)
    .optional(db)
    .await
}

/// The phones of an account, by SIP name.
pub(super) async fn of_account(db: &Db, account: &AccountId) -> Result<Vec<Row>> {
    query(
        "select p.id, p.sip_name, p.sip_domain, a.domain, p.extension, u.display_name, p.sip_hashes, p.generation,
                p.old_hashes, p.old_until, p.outdated_at
           from phones p
           join users u on u.id = p.user_id
           join accounts a on a.id = p.account_id
          where p.account_id = $1 and p.blocked_at is null and u.disabled_at is null and a.suspended_at is null
          order by p.sip_name",
    )
    .bind(account)
    .all(db)
    .await
}

/// The phones that somebody rings: the one of a SIP name, and those of an extension, each found by an index.
pub(super) async fn rung(db: &Db, sip_domain: &str, called: &str, limit: i64) -> Result<Vec<Line>> {
    query(
        "select p.sip_name, p.sip_domain, a.domain, p.extension, u.display_name
           from phones p
           join users u on u.id = p.user_id
           join accounts a on a.id = p.account_id
          where p.id in (select n.id from phones n where n.sip_domain = $1 and n.sip_name = $2
                         union all
                         select e.id from phones e where e.sip_domain = $1 and e.extension = $2)
            and p.blocked_at is null and u.disabled_at is null and a.suspended_at is null
          order by p.sip_name limit $3",
    )
    .bind(sip_domain)
    .bind(called)
    .bind(limit)
    .all(db)
    .await
}
