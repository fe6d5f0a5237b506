//! Changes of one's own e-mail address: asked for in a session, done by the link that was mailed to the new one.
//!
//! Owns what waits, and the freeze that "This wasn't me" puts on such changes. The form that asks is the profile's.

#[cfg(all(test, feature = "outside"))]
mod browser_tests;
pub mod confirm;
pub mod pages;
mod store;
#[cfg(test)]
mod tests;
pub mod undo;

use super::profile::Owner;
use super::{Subject, store as users};
use crate::app::App;
use crate::audit::{self, Event, Kind, Outcome};
use crate::clock::{DAY, Millis};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::links::{self, Purpose};
use crate::mail::{self, Did, Happened, Mail, NotMe};
use crate::throttle::{self, Bucket};

/// How long a change waits.
const WAITS: Millis = DAY;
/// How long a change can be undone, and some time more.
const KEPT: Millis = 4 * DAY;

/// What came of a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// It is done, or its mail is on its way.
    Done,
    /// Changes of the address are frozen until this moment, milliseconds UTC.
    Frozen(Millis),
    /// There were so many mails that so many seconds must pass first.
    Wait(i64),
    /// There is nothing to confirm or to cancel.
    Nothing,
}

/// Whether a change that was asked for at `since` still waits.
pub fn still_waits(app: &App, since: Millis) -> bool {
    app.clock.now() - since < WAITS
}

/// Counts a mail to `email` before it is made. So many seconds must pass first, if there were too many.
pub(super) async fn count(app: &App, owner: Owner<'_>, email: &str) -> Result<Option<i64>> {
    throttle::count_mail(app, email, Some(Bucket::EmailOf(owner.user))).await
}

/// Asks for `new` in place of the address on file: keeps the change and mails the new address. The caller holds the
/// user, counted the mail, and drops `tx` unless it is done.
pub(super) async fn ask(app: &App, tx: &mut Tx, owner: Owner<'_>, new: &str) -> Result<Came> {
    let subject = subject(tx, owner).await?;
    if let Some(until) = frozen(app, tx, &subject).await? {
        return Ok(Came::Frozen(until));
    }
    // Only what was asked for last waits, and only its links work.
    store::remove_waiting(tx, owner.user).await?;
    links::void(tx, owner.user, Purpose::Email).await?;
    let (id, address, now) = (app.new_id(), owner.address.to_string(), app.clock.now());
    let change = store::NewChange {
        id: &id,
        account: owner.account,
        user: owner.user,
        old: subject.email.as_deref(),
        new: Some(new),
        browser: owner.browser,
        address: &address,
        now,
        done_at: None,
    };
    store::put(tx, change).await?;
    tell(app, tx, owner, &subject, (&id, new)).await?;
    Ok(Came::Done)
}

/// Takes the address off file. The caller holds the user, and drops `tx` unless it is done.
pub(super) async fn remove(app: &App, tx: &mut Tx, owner: Owner<'_>) -> Result<Came> {
    let subject = subject(tx, owner).await?;
    if let Some(until) = frozen(app, tx, &subject).await? {
        return Ok(Came::Frozen(until));
    }
    store::remove_waiting(tx, owner.user).await?;
    mail::hold_back(tx, owner.user).await?;
    links::void(tx, owner.user, Purpose::Email).await?;
    links::void(tx, owner.user, Purpose::Reset).await?;
    store::put_email(tx, owner.account, owner.user, None, None).await?;
    let (id, address, now) = (app.new_id(), owner.address.to_string(), app.clock.now());
    let change = store::NewChange {
        id: &id,
        account: owner.account,
        user: owner.user,
        old: subject.email.as_deref(),
        new: None,
        browser: owner.browser,
        address: &address,
        now,
        done_at: Some(now),
    };
    store::put(tx, change).await?;
    record(app, tx, owner, Kind::EmailRemove).await?;
    let asked = mail::Asked {
        at: now,
        browser: owner.browser.to_owned(),
        address,
    };
    tell_old(app, tx, &subject, None, asked).await?;
    Ok(Came::Done)
}

/// Mails the link once more; or a first one, to an address on file that nobody has confirmed.
pub async fn again(app: &App, owner: Owner<'_>) -> Result<Came> {
    let waits = store::waiting(&app.db, owner.user, app.clock.now() - WAITS).await?;
    let on_file = users::subject(&app.db, owner.account, owner.user).await?;
    let on_file = on_file.filter(|subject| subject.email_verified_at.is_none());
    let Some(email) = waits
        .map(|waiting| waiting.new_email)
        .or_else(|| on_file.and_then(|subject| subject.email))
    else {
        return Ok(Came::Nothing);
    };
    if let Some(seconds) = count(app, owner, &email).await? {
        return Ok(Came::Wait(seconds));
    }
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    users::hold(&mut tx, owner.user, owner.session).await?;
    let subject = subject(&mut tx, owner).await?;
    let came = match store::waiting(&mut tx, owner.user, now - WAITS).await? {
        Some(waiting) if waiting.new_email == email => match frozen(app, &mut tx, &subject).await? {
            Some(until) => Came::Frozen(until),
            None => {
                store::put_asked(&mut tx, &waiting.id, now).await?;
                tell(app, &mut tx, owner, &subject, (&waiting.id, &email)).await?;
                Came::Done
            }
        },
        None if subject.email.as_deref() == Some(&email) && subject.email_verified_at.is_none() => {
            ask(app, &mut tx, owner, &email).await?
        }
        _ => Came::Nothing,
    };
    if came == Came::Done {
        tx.commit().await?;
    }
    Ok(came)
}

/// Takes back what waits.
pub async fn cancel(app: &App, owner: Owner<'_>) -> Result<Came> {
    let mut tx = app.db.begin().await?;
    users::hold(&mut tx, owner.user, owner.session).await?;
    if store::remove_waiting(&mut tx, owner.user).await? == 0 {
        return Ok(Came::Nothing);
    }
    // The mail first: a worker that is making its link at this moment is waited for.
    mail::withdraw_confirmations(&mut tx, owner.user).await?;
    links::void(&mut tx, owner.user, Purpose::Email).await?;
    record(app, &mut tx, owner, Kind::EmailCancel).await?;
    tx.commit().await?;
    Ok(Came::Done)
}

/// Voids what waits: its link is void too, since whoever asked for it may have known the old password.
pub async fn void(tx: &mut Tx, user: &UserId) -> Result<()> {
    store::remove_waiting(tx, user).await?;
    Ok(())
}

/// Forgets every change of a user who is removed.
pub async fn forget(tx: &mut Tx, user: &UserId) -> Result<()> {
    store::remove_all(tx, user).await
}

/// Lifts the freeze: somebody who may has given the user a password, or they proved that the mailbox is theirs.
pub async fn thaw(tx: &mut Tx, user: &UserId) -> Result<()> {
    store::thaw(tx, user).await
}

/// Removes changes that nobody confirmed, and those too old to be undone; run now and then.
pub async fn sweep(app: &App) -> Result<()> {
    let mut tx = app.db.begin().await?;
    store::remove_older(&mut tx, app.clock.now() - KEPT).await?;
    tx.commit().await
}

async fn subject(tx: &mut Tx, owner: Owner<'_>) -> Result<Subject> {
    let subject = users::subject(tx, owner.account, owner.user).await?;
    subject.ok_or(Error::SessionEnded)
}

/// Until when changes of the user's address are frozen, if they are now.
async fn frozen(app: &App, tx: &mut Tx, subject: &Subject) -> Result<Option<Millis>> {
    let until = store::freeze_of(tx, &subject.id).await?.frozen_until;
    Ok(until.filter(|until| *until > app.clock.now()))
}

/// Mails the link that confirms, and records that it was asked for.
async fn tell(
    app: &App,
    tx: &mut Tx,
    owner: Owner<'_>,
    subject: &Subject,
    (change, email): (&str, &str),
) -> Result<()> {
    record(app, tx, owner, Kind::EmailAsk).await?;
    let mail = Mail::EmailConfirm {
        account: subject.account.clone(),
        user: subject.id.clone(),
        change: change.to_owned(),
        email: email.to_owned(),
        name: subject.display_name.clone(),
        sign_in_name: subject.sign_in_name(),
        asked: mail::Asked {
            at: app.clock.now(),
            browser: owner.browser.to_owned(),
            address: owner.address.to_string(),
        },
    };
    mail::send(app, tx, (&subject.account, &subject.id), email, &mail).await
}

/// Tells the address that was on file, if it was known to be the user's. `subject` is the user as before, `asked.at` when
/// it was done, as [`store::put_done`] noted it.
async fn tell_old(app: &App, tx: &mut Tx, subject: &Subject, new: Option<&str>, asked: mail::Asked) -> Result<()> {
    let Some((old, since)) = subject.verified_email().zip(subject.email_verified_at) else {
        return Ok(());
    };
    let happened = Happened {
        did: Did::ChangeEmail,
        at: asked.at,
        epoch: subject.credential_epoch,
        email: old.to_owned(),
        email_verified_at: since,
    };
    let mail = Mail::EmailChanged {
        new: new.map(str::to_owned),
        name: subject.display_name.clone(),
        sign_in_name: subject.sign_in_name(),
        asked,
        not_me: NotMe {
            account: subject.account.clone(),
            user: subject.id.clone(),
            happened,
        },
    };
    mail::send(app, tx, (&subject.account, &subject.id), old, &mail).await
}

async fn record(app: &App, tx: &mut Tx, owner: Owner<'_>, kind: Kind) -> Result<()> {
    let event = Event {
        kind,
        outcome: Outcome::Done,
        account: Some(owner.account),
        actor: Some(owner.user),
        subject: Some(owner.user),
        session: Some(owner.session),
        address: Some(owner.address),
        detail: serde_json::json!({}),
    };
    audit::record(app, tx, event).await
}
