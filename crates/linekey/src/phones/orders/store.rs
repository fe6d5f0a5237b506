//! Statements about what registrars have to end.

use crate::clock::Millis;
use crate::db::{Db, Tx, query};
use crate::error::Result;
use crate::ids::PhoneId;
use crate::phones::store::Which;

/// Has a registrar end registrations of these phones at `due_at`, or before if that was asked for already.
pub(in crate::phones) async fn order(tx: &mut Tx, which: Which<'_>, below: i64, due_at: Millis) -> Result<()> {
    query(
        "insert into sip_orders (phone_id, below, due_at, address)
         select id, cast($4 as bigint), cast($5 as bigint), sip_name || '@' || sip_domain from phones
          where account_id = $1 and user_id = $2 and ($3 = '' or id = $3)
         on conflict (phone_id, below) do update set due_at = excluded.due_at
          where sip_orders.due_at > excluded.due_at",
    )
    .bind(which.account)
    .bind(which.user)
    .bind(which.one())
    .bind(below)
    .bind(due_at)
    .run(tx)
    .await?;
    Ok(())
}

/// What is not due yet of what was asked for of a phone is due at `due_at`.
pub(in crate::phones) async fn move_all(tx: &mut Tx, phone: &PhoneId, now: Millis, due_at: Millis) -> Result<()> {
    query("update sip_orders set due_at = $2 where phone_id = $1 and due_at > $3")
        .bind(phone)
        .bind(due_at)
        .bind(now)
        .run(tx)
        .await?;
    Ok(())
}

/// Registrations that a registrar has to end.
#[derive(Debug, sqlx::FromRow)]
pub(in crate::phones) struct Order {
    pub(in crate::phones) phone_id: PhoneId,
    pub(in crate::phones) below: i64,
    pub(in crate::phones) due_at: Millis,
    /// Of the phone, which may be gone.
    pub(in crate::phones) address: Option<String>,
}

/// The orders that are due, the oldest first.
pub(in crate::phones) async fn due(db: &Db, now: Millis, limit: i64) -> Result<Vec<Order>> {
    query("select phone_id, below, due_at, address from sip_orders where due_at <= $1 order by due_at limit $2")
        .bind(now)
        .bind(limit)
        .all(db)
        .await
}

/// An order is done, unless it was given again meanwhile.
pub(in crate::phones) async fn remove(tx: &mut Tx, order: &Order) -> Result<()> {
    query("delete from sip_orders where phone_id = $1 and below = $2 and due_at = $3")
        .bind(&order.phone_id)
        .bind(order.below)
        .bind(order.due_at)
        .run(tx)
        .await?;
    Ok(())
}
