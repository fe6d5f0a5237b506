//! "This wasn't me": undoes the one event that a mail reported, for whoever has that mail and types the sign-in name.
//!
//! What it does can be lifted: a reset, an administrator or the console sets a password again. Phones are untouched.

pub mod pages;

use std::net::IpAddr;

use super::store;
use crate::app::App;
use crate::audit::{self, Event, Kind, Outcome};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::links::{self, Link, Purpose};
use crate::mail::{self, Happened, Mail, Person};
use crate::sessions;
use crate::users::email::undo;
use crate::users::{self, Subject};

/// What a link would do now.
#[derive(Debug)]
pub struct Offer {
    /// What its mail reported.
    pub happened: Happened,
    /// Whether the password stops working: not if somebody set another one since.
    pub password: bool,
    /// Whether there is a password now.
    pub has_password: bool,
    /// Whether the address on file is put back.
    pub email: bool,
    /// Whether there is an address that a reset link can go to.
    pub mailed: bool,
    subject: Subject,
}

impl Offer {
    /// The time zone of whose it is.
    pub fn zone(&self) -> &str {
        self.subject.time_zone.as_deref().unwrap_or("UTC")
    }
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// Whether the password stopped working.
    pub password: bool,
    /// Whether the address on file was put back.
    pub email: bool,
    /// Whether a mail with a reset link is on its way.
    pub mailed: bool,
}

/// What came of it.
#[derive(Debug)]
pub enum Undone {
    /// It is undone.
    Done(Done),
    /// That is not the sign-in name; the link can be tried again.
    WrongName(Box<Offer>),
    /// The link is used, over, tried too often, or was never made: nothing is done.
    Gone,
}

/// From where it was asked for.
#[derive(Clone, Copy, Debug)]
pub struct From<'a> {
    /// The address.
    pub address: IpAddr,
    /// The browser, in words.
    pub browser: &'a str,
}

/// What the link of `token` would do; changes nothing.
pub async fn look(app: &App, token: &str) -> Result<Option<Offer>> {
    Ok(open(app, token).await?.map(|(_, offer)| offer))
}

/// Undoes what the mail of this link reported, if `username` is the sign-in name of whose it is.
pub async fn undo(app: &App, token: &str, username: &str, from: From<'_>) -> Result<Undone> {
    let Some((link, offer)) = open(app, token).await? else {
        return Ok(Undone::Gone);
    };
    // Counted before it is judged, or a hundred names at once would all be judged.
    if !links::count_try(app, &link).await? {
        return Ok(Undone::Gone);
    }
    if !offer.subject.is_called(username) {
        let mut tx = app.db.begin().await?;
        audit::record(app, &mut tx, event(&offer.subject, Outcome::Refused, from, 0)).await?;
        tx.commit().await?;
        return Ok(Undone::WrongName(Box::new(offer)));
    }
    let happened = &offer.happened;
    let mut tx = app.db.begin().await?;
    // The user first, as everyone does; whatever was read before may have changed.
    if !users::hold_row(&mut tx, &link.account, &link.user).await? || !links::spend(&mut tx, &link).await? {
        return Ok(Undone::Gone);
    }
    let Some(subject) = users::subject_in(&mut tx, &link.account, &link.user).await? else {
        return Ok(Undone::Gone);
    };
    if undo::is_part_of_what_was_undone(&mut tx, &link.user, happened).await? {
        return Ok(Undone::Gone);
    }
    let email = undo::is_moved(&mut tx, &subject, happened).await?;
    let password = is_password_of(&subject, happened, email);
    let ended = sessions::end::all_in(&mut tx, &subject.id).await?;
    if password {
        store::disable(&mut tx, &subject.account, &subject.id).await?;
    }
    store::void_pending(&mut tx, &subject.id).await?;
    mail::hold_back(&mut tx, &subject.id).await?;
    // All but those of other events: each has its own mail, and whoever it was may hold one of them.
    links::void_for_new_password(&mut tx, &subject.id).await?;
    undo::undo(app, &mut tx, &subject, happened, email).await?;
    audit::record(app, &mut tx, event(&subject, Outcome::Done, from, ended)).await?;
    let mailed = send_reset(app, &mut tx, &link, from).await?;
    tx.commit().await?;
    Ok(Undone::Done(Done {
        password,
        email,
        mailed,
    }))
}

async fn open(app: &App, token: &str) -> Result<Option<(Link, Offer)>> {
    let Some(link) = links::open(app, Purpose::NotMe, token).await? else {
        return Ok(None);
    };
    let happened: Happened = serde_json::from_str(&link.detail).map_err(Error::defect)?;
    let Some(subject) = users::subject(app, &link.account, &link.user).await? else {
        return Ok(None);
    };
    if undo::is_part_of_what_was_undone(&app.db, &link.user, &happened).await? {
        return Ok(None);
    }
    let email = undo::is_moved(&app.db, &subject, &happened).await?;
    let offer = Offer {
        password: is_password_of(&subject, &happened, email),
        has_password: subject.password_set_at.is_some(),
        email,
        mailed: email || subject.verified_email().is_some(),
        happened,
        subject,
    };
    Ok(Some((link, offer)))
}

/// Whether the password there is now is the one that the event set, or was done with. Somebody may have set a good one
/// since, unless the address was moved: then the mail about that went elsewhere.
fn is_password_of(subject: &Subject, happened: &Happened, moved: bool) -> bool {
    subject.password_set_at.is_some() && (subject.credential_epoch == happened.epoch || moved)
}

/// Mails a reset link to the address that is on file now, which is the one from before the event if that was moved.
async fn send_reset(app: &App, tx: &mut Tx, link: &Link, from: From<'_>) -> Result<bool> {
    let subject = users::subject_in(&mut *tx, &link.account, &link.user).await?;
    let Some((subject, address)) = subject
        .as_ref()
        .and_then(|subject| Some((subject, subject.verified_email()?)))
    else {
        return Ok(false);
    };
    let person = Person {
        account: subject.account.clone(),
        user: subject.id.clone(),
        name: subject.display_name.clone(),
        sign_in_name: subject.sign_in_name(),
        epoch: Some(subject.credential_epoch),
    };
    let mail = Mail::Reset {
        people: vec![person],
        at: app.clock.now(),
        browser: from.browser.to_owned(),
        address: from.address.to_string(),
        code_for: None,
        by: None,
        not_me: true,
    };
    mail::send(app, tx, (&subject.account, &subject.id), address, &mail).await?;
    Ok(true)
}

/// Nobody is known to have done it but as the holder of the mail.
fn event<'a>(subject: &'a Subject, outcome: Outcome, from: From<'_>, ended: u64) -> Event<'a> {
    Event {
        kind: Kind::NotMe,
        outcome,
        account: Some(&subject.account),
        actor: None,
        subject: Some(&subject.id),
        session: None,
        address: Some(from.address),
        detail: serde_json::json!({ "sessions": ended }),
    }
}
