//! Ends a phone's registrations; and blocks it, so that it does not come back, or allows it again.

use super::act::{Begun, By, begin};
use super::by_heart::store::{tell, tell_one};
use super::kamailio;
use super::orders::{self, Ending};
use super::provision;
use super::store::{self, Which};
use crate::app::App;
use crate::audit::Kind;
use crate::db::Tx;
use crate::error::Result;
use crate::ids::{AccountId, PhoneId, UserId};
use crate::users::permissions::Refusal;

/// What came of an act on a phone.
#[derive(Debug)]
pub enum Done {
    /// It is done, to the phone of this label.
    Done(String),
    /// It is so already.
    Already(String),
    /// It is not the actor's to do.
    Forbidden(Refusal),
    /// The owner has no such phone.
    NoPhone,
}

/// Ends the registrations of `phone` within a second. It may register again at once, unless it is blocked.
pub async fn disconnect(app: &App, by: By<'_>, phone: &PhoneId, block: bool) -> Result<Done> {
    let mut doing = match begin(app, by, phone).await? {
        Begun::May(doing) => doing,
        Begun::Refused(refusal) => return Ok(Done::Forbidden(refusal)),
        Begun::NoPhone => return Ok(Done::NoPhone),
    };
    if doing.phone.blocked_at.is_some() {
        return Ok(Done::Already(doing.phone.label));
    }
    let now = app.clock.now();
    let ending = if block { Ending::ForGood } else { Ending::All };
    if block {
        store::put_blocked(&mut doing.tx, &doing.phone.id, Some(now)).await?;
        doing.void_link().await?;
        doing.publish(app).await?;
    }
    doing.order(app, ending, now).await?;
    let detail = serde_json::json!({ "blocked": block });
    doing.record(app, by, Kind::PhoneDisconnect, detail).await?;
    doing.tx.commit().await?;
    Ok(Done::Done(doing.phone.label))
}

/// Ends the registrations and the set-up links of every phone of a user who may not register any more, in the transaction of the change that
/// reports it.
pub async fn all_in(app: &App, tx: &mut Tx, account: &AccountId, user: &UserId) -> Result<()> {
    let phone = None;
    let which = Which { account, user, phone };
    provision::void(tx, which).await?;
    kamailio::publish(app, tx, which).await?;
    orders::order(app, tx, which, Ending::ForGood, app.clock.now()).await
}

/// Lets the phones of a user register who may again, in the transaction of the change that reports it.
pub async fn allow_all_in(app: &App, tx: &mut Tx, account: &AccountId, user: &UserId) -> Result<()> {
    let phone = None;
    let which = Which { account, user, phone };
    kamailio::publish(app, tx, which).await?;
    tell(tx, which, app.clock.now()).await
}

/// Lets a blocked phone register again, with the SIP password it has.
pub async fn allow(app: &App, by: By<'_>, phone: &PhoneId) -> Result<Done> {
    let mut doing = match begin(app, by, phone).await? {
        Begun::May(doing) => doing,
        Begun::Refused(refusal) => return Ok(Done::Forbidden(refusal)),
        Begun::NoPhone => return Ok(Done::NoPhone),
    };
    if doing.phone.blocked_at.is_none() {
        return Ok(Done::Already(doing.phone.label));
    }
    store::put_blocked(&mut doing.tx, &doing.phone.id, None).await?;
    tell_one(&mut doing.tx, &doing.phone.id, app.clock.now()).await?;
    doing.publish(app).await?;
    doing.record(app, by, Kind::PhoneAllow, serde_json::json!({})).await?;
    doing.tx.commit().await?;
    Ok(Done::Done(doing.phone.label))
}
