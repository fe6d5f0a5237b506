//! Confirms an address with the link that was mailed to it: exactly that address, for the change that still waits.

use std::net::IpAddr;

use serde::Deserialize;

use super::{Subject, WAITS, store, users};
use crate::app::App;
use crate::audit::{self, Event, Kind, Outcome};
use crate::clock::Millis;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::links::{self, Link, Purpose};
use crate::mail::{self, Mail};

/// What a link would confirm.
#[derive(Debug)]
pub struct Offer {
    /// The address, as written.
    pub email: String,
    /// Whose it would be.
    pub subject: Subject,
}

/// What stands in a link's detail: what its mail was sent to, and for which change.
#[derive(Debug, Deserialize)]
struct Mailed {
    change: String,
    email: String,
}

impl Mailed {
    fn of(link: &Link) -> Result<Self> {
        serde_json::from_str(&link.detail).map_err(Error::defect)
    }

    /// Whether it is this change, and nothing else came on file since it was asked for.
    fn is_of(&self, waiting: &store::Waiting, subject: &Subject) -> bool {
        waiting.new_email == self.email && waiting.old_email == subject.email
    }
}

/// What the link of `token` would confirm; changes nothing. `None`: it is used, over, or was never made.
pub async fn look(app: &App, token: &str) -> Result<Option<Offer>> {
    let Some(link) = links::open(app, Purpose::Email, token).await? else {
        return Ok(None);
    };
    let mailed = Mailed::of(&link)?;
    let Some(subject) = users::subject(&app.db, &link.account, &link.user).await? else {
        return Ok(None);
    };
    let waiting = store::waiting_by_id(&app.db, &link.user, &mailed.change, app.clock.now() - WAITS).await?;
    let live = waiting.is_some_and(|waiting| mailed.is_of(&waiting, &subject));
    Ok(live.then_some(Offer {
        email: mailed.email,
        subject,
    }))
}

/// Puts the address of the link on file. `None`: the link is used, over, or was never made, and nothing is done.
pub async fn confirm(app: &App, token: &str, from: IpAddr) -> Result<Option<Offer>> {
    let Some(link) = links::open(app, Purpose::Email, token).await? else {
        return Ok(None);
    };
    let mailed = Mailed::of(&link)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    // The user first, as everyone does; whatever was read before may have changed.
    if !users::hold_row(&mut tx, &link.account, &link.user).await? || !links::spend(&mut tx, &link).await? {
        return Ok(None);
    }
    let Some(subject) = users::subject(&mut tx, &link.account, &link.user).await? else {
        return Ok(None);
    };
    let Some(waiting) = store::waiting_by_id(&mut tx, &link.user, &mailed.change, now - WAITS).await? else {
        return Ok(None);
    };
    if !mailed.is_of(&waiting, &subject)
        || super::frozen(app, &mut tx, &subject).await?.is_some()
        || !store::put_done(&mut tx, &waiting.id, now).await?
    {
        return Ok(None);
    }
    store::put_email(&mut tx, &link.account, &link.user, Some(&mailed.email), Some(now)).await?;
    // What was mailed to the old address opens nothing any more, nor does what is still to be.
    mail::hold_back(&mut tx, &link.user).await?;
    links::void(&mut tx, &link.user, Purpose::Reset).await?;
    links::void(&mut tx, &link.user, Purpose::Email).await?;
    audit::record(app, &mut tx, event(&subject, from)).await?;
    tell_both(app, &mut tx, &subject, &waiting, now).await?;
    tx.commit().await?;
    Ok(Some(Offer {
        email: mailed.email,
        subject,
    }))
}

async fn tell_both(app: &App, tx: &mut Tx, subject: &Subject, done: &store::Waiting, now: Millis) -> Result<()> {
    let asked = mail::Asked {
        at: now,
        browser: done.browser.clone(),
        address: done.address.clone(),
    };
    super::tell_old(app, tx, subject, Some(&done.new_email), asked).await?;
    let confirmed = Mail::EmailConfirmed {
        name: subject.display_name.clone(),
        sign_in_name: subject.sign_in_name(),
        at: now,
    };
    mail::send(app, tx, (&subject.account, &subject.id), &done.new_email, &confirmed).await
}

/// Nobody is known to have done it but as the holder of the link.
fn event(subject: &Subject, from: IpAddr) -> Event<'_> {
    Event {
        kind: Kind::EmailChange,
        outcome: Outcome::Done,
        account: Some(&subject.account),
        actor: None,
        subject: Some(&subject.id),
        session: None,
        address: Some(from),
        detail: serde_json::json!({}),
    }
}
