//! Ends registrations at Kamailio: first the SIP password is withdrawn, then the contacts that it made.

use super::rpc::{Call, Failure};
use super::{compare, store};
use crate::app::App;
use crate::error::Error;
use crate::phones::orders::store::Order;

/// Why an order has to wait.
#[derive(Debug, thiserror::Error)]
pub(in crate::phones) enum Waits {
    /// The database does not answer.
    #[error("{0}")]
    Database(#[from] Error),
    /// An instance does not.
    #[error("{0}")]
    Kamailio(#[from] Failure),
}

/// Carries out what a phone's owner, or an overlap that is over, asked for.
pub(in crate::phones) async fn carry_out(app: &App, order: &Order) -> Result<(), Waits> {
    let Some((name, domain)) = order.address.as_deref().and_then(|address| address.rsplit_once('@')) else {
        return Ok(());
    };
    let address = (name, domain);
    match order.below {
        0 | i64::MAX => Call::Remove(address).everywhere(app).await?,
        below => {
            let mut tx = app.db.begin().await?;
            store::withdraw_below(&mut tx, &order.phone_id, below).await?;
            let located = store::located(&mut tx, address, app.clock.now()).await?;
            tx.commit().await?;
            for older in located.iter().filter(|located| located.generation < below) {
                Call::RemoveContact(address, &older.contact).everywhere(app).await?;
            }
        }
    }
    compare::one(app, address).await?;
    Ok(())
}
