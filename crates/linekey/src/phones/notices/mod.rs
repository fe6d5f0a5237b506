//! Mail to the owner of a phone: that it is offline for long or connects again and again, if they asked for it, and that an
//! overlap of SIP passwords ends though the newest was never used.

pub(super) mod store;

use std::time::Duration;

use self::store::Worth;
use super::act::{Begun, By, begin};
use super::disconnect::Done;
use super::store::Which;
use crate::app::App;
use crate::audit::Kind;
use crate::clock::{HOUR, MINUTE, Millis};
use crate::config::SipMode;
use crate::db::Tx;
use crate::error::Result;
use crate::ids::PhoneId;
use crate::mail::{self, Mail, PhoneNews};

/// How often it is looked for something to tell.
const EVERY: Duration = Duration::from_secs(15);
/// How long before its end an overlap is told of.
pub(super) const BEFORE: Millis = 2 * HOUR;
/// How long a phone is offline before that is told: a restart takes a few minutes.
const OFFLINE_FOR: Millis = 10 * MINUTE;
/// The least between two mails about one phone.
const QUIET: Millis = HOUR;
/// New connections within an hour that are told: each is one after the phone was gone, or from elsewhere.
const OFTEN: i64 = 6;

/// Has the owner of `phone` mailed about it, or not any more.
pub async fn switch(app: &App, by: By<'_>, phone: &PhoneId, on: bool) -> Result<Done> {
    let mut doing = match begin(app, by, phone).await? {
        Begun::May(doing) => doing,
        Begun::Refused(refusal) => return Ok(Done::Forbidden(refusal)),
        Begun::NoPhone => return Ok(Done::NoPhone),
    };
    let which = Which {
        account: &doing.account,
        user: &doing.user,
        phone: Some(&doing.phone.id),
    };
    let is_new = if on {
        store::put(&mut doing.tx, &doing.account, &doing.phone.id, app.clock.now()).await?
    } else {
        store::remove(&mut doing.tx, which).await? == 1
    };
    if !is_new {
        return Ok(Done::Already(doing.phone.label));
    }
    doing
        .record(app, by, Kind::PhoneNotices, serde_json::json!({ "on": on }))
        .await?;
    doing.tx.commit().await?;
    Ok(Done::Done(doing.phone.label))
}

/// Mails whoever is to be told, until it is aborted.
pub async fn run(app: App) {
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(error) = round(&app).await {
            tracing::warn!(cause = %error, "notices about phones have to wait");
        }
    }
}

/// Mails whoever is to be told now.
pub async fn round(app: &App) -> Result<()> {
    let now = app.clock.now();
    for worth in store::overlaps_ending(&app.db, now, now + BEFORE).await? {
        let mut tx = app.db.begin().await?;
        let until = worth.figure;
        if store::put_overlap_told(&mut tx, &worth.id, until, now).await? {
            worth.send(app, &mut tx, PhoneNews::OverlapEnds { until }).await?;
            tx.commit().await?;
        }
    }
    // Without a registrar nobody knows.
    if app.config.sip.mode == SipMode::Off {
        return Ok(());
    }
    let quiet = now - QUIET;
    for worth in store::offline(&app.db, now, now - OFFLINE_FOR, quiet).await? {
        let mut tx = app.db.begin().await?;
        let since = worth.figure;
        if store::put_mailed(&mut tx, &worth.id, (now, quiet), Some(since)).await? {
            worth.send(app, &mut tx, PhoneNews::Offline { since }).await?;
            tx.commit().await?;
        }
    }
    for worth in store::flapping(&app.db, now - HOUR, quiet, OFTEN).await? {
        let mut tx = app.db.begin().await?;
        let (times, at) = (worth.figure, now);
        if store::put_mailed(&mut tx, &worth.id, (now, quiet), None).await? {
            worth.send(app, &mut tx, PhoneNews::Flapping { times, at }).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

impl Worth {
    async fn send(&self, app: &App, tx: &mut Tx, news: PhoneNews) -> Result<()> {
        let mail = Mail::Phone {
            news,
            label: self.label.clone(),
            phone: self.id.clone(),
            name: self.display_name.clone(),
            sign_in_name: self.role.sign_in_name(&self.name, &self.domain),
        };
        mail::send(app, tx, (&self.account_id, &self.user_id), &self.email, &mail).await
    }
}
