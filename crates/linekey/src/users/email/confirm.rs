//! Confirms an address with the link that was mailed to it: exactly that address, for the change that still waits.
//!
//! The link alone confirms nothing: a scanner of mail may press its button, and a mistyped address has a reader too. Who
//! asked for it does, in a session or by typing the sign-in name, which the mail does not tell.

use std::net::IpAddr;

use serde::Deserialize;

use super::{Subject, WAITS, store, users};
use crate::app::App;
use crate::audit::{self, Event, Kind, Outcome};
use crate::clock::Millis;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::ids::UserId;
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

/// What came of it.
#[derive(Debug)]
pub enum Confirmed {
    /// The address is on file.
    Done,
    /// Nobody is signed in as whose address it would be, and no name was typed. That is no try.
    NameMissing(Box<Offer>),
    /// That is not whose address it would be; the link can be tried again.
    NameWrong(Box<Offer>),
    /// The link is used, over, tried too often, or was never made: nothing is done.
    Gone,
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
    Ok(open(app, token).await?.map(|(_, offer)| offer))
}

async fn open(app: &App, token: &str) -> Result<Option<(Link, Offer)>> {
    let Some(link) = links::open(app, Purpose::Email, token).await? else {
        return Ok(None);
    };
    let mailed = Mailed::of(&link)?;
    let Some(subject) = users::subject(&app.db, &link.account, &link.user).await? else {
        return Ok(None);
    };
    let waiting = store::waiting_by_id(&app.db, &link.user, &mailed.change, app.clock.now() - WAITS).await?;
    if !waiting.is_some_and(|waiting| mailed.is_of(&waiting, &subject)) {
        return Ok(None);
    }
    let email = mailed.email;
    Ok(Some((link, Offer { email, subject })))
}

/// Puts the address of the link on file, if it is whose it would be who is signed in as `me` or typed `username`.
pub async fn confirm(
    app: &App,
    token: &str,
    (me, username): (Option<&UserId>, &str),
    from: IpAddr,
) -> Result<Confirmed> {
    let Some((link, offer)) = open(app, token).await? else {
        return Ok(Confirmed::Gone);
    };
    let is_signed_in = me == Some(&offer.subject.id);
    if !is_signed_in && username.is_empty() {
        return Ok(Confirmed::NameMissing(Box::new(offer)));
    }
    // Counted before it is judged, or a hundred names at once would all be judged.
    if !links::count_try(app, &link).await? {
        return Ok(Confirmed::Gone);
    }
    if !is_signed_in && !offer.subject.is_called(username) {
        let mut tx = app.db.begin().await?;
        audit::record(app, &mut tx, event(&offer.subject, Outcome::Refused, from)).await?;
        tx.commit().await?;
        return Ok(Confirmed::NameWrong(Box::new(offer)));
    }
    put_on_file(app, &link, from).await
}

async fn put_on_file(app: &App, link: &Link, from: IpAddr) -> Result<Confirmed> {
    let mailed = Mailed::of(link)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    // The user first, as everyone does; whatever was read before may have changed.
    if !users::hold_row(&mut tx, &link.account, &link.user).await? || !links::spend(&mut tx, link).await? {
        return Ok(Confirmed::Gone);
    }
    let Some(subject) = users::subject(&mut tx, &link.account, &link.user).await? else {
        return Ok(Confirmed::Gone);
    };
    let Some(waiting) = store::waiting_by_id(&mut tx, &link.user, &mailed.change, now - WAITS).await? else {
        return Ok(Confirmed::Gone);
    };
    if !mailed.is_of(&waiting, &subject)
        || super::frozen(app, &mut tx, &subject).await?.is_some()
        || !store::put_done(&mut tx, &waiting.id, now).await?
    {
        return Ok(Confirmed::Gone);
    }
    store::put_email(&mut tx, &link.account, &link.user, Some(&mailed.email), Some(now)).await?;
    // What was mailed to the old address opens nothing any more, nor does what is still to be.
    mail::hold_back(&mut tx, &link.user).await?;
    links::void(&mut tx, &link.user, Purpose::Reset).await?;
    links::void(&mut tx, &link.user, Purpose::Email).await?;
    audit::record(app, &mut tx, event(&subject, Outcome::Done, from)).await?;
    tell_both(app, &mut tx, &subject, &waiting, now).await?;
    tx.commit().await?;
    Ok(Confirmed::Done)
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
fn event(subject: &Subject, outcome: Outcome, from: IpAddr) -> Event<'_> {
    Event {
        kind: Kind::EmailChange,
        outcome,
        account: Some(&subject.account),
        actor: None,
        subject: Some(&subject.id),
        session: None,
        address: Some(from),
        detail: serde_json::json!({}),
    }
}
