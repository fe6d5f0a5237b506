//! Sets a new password with a reset link.

use std::net::IpAddr;

use subtle::ConstantTimeEq;

use crate::app::App;
use crate::audit::{self, Outcome};
use crate::db::like::canonical;
use crate::error::Result;
use crate::links::{self, Link, Purpose};
use crate::password::prepare::{Owner, accept, count_telling, judge};
use crate::password::rules::Refusal;
use crate::password::set::{Cause, Set, reset_event, set};
use crate::password::store;
use crate::password::typed::TypedPassword;
use crate::throttle::{self, Bucket};
use crate::users::{self, Subject};

/// Whose password a link sets.
#[derive(Debug)]
pub struct Opened {
    link: Link,
    /// The one whose password it is, whatever the request says.
    pub subject: Subject,
}

/// What is typed beside the link.
#[derive(Debug)]
pub struct Typed<'a> {
    /// The address on file, as a confirmation.
    pub email: &'a str,
    /// The new password.
    pub new: &'a TypedPassword,
    /// The same again.
    pub confirmed: &'a TypedPassword,
}

/// From where it is done.
#[derive(Clone, Copy, Debug)]
pub struct From<'a> {
    /// The client's address.
    pub address: IpAddr,
    /// The browser, in words.
    pub browser: &'a str,
}

/// What came of it.
#[derive(Debug)]
pub enum Redeemed {
    /// The password is set and the link is used up.
    Done,
    /// That is not the address on file.
    WrongEmail,
    /// The password is refused, for these reasons.
    Refused(Vec<Refusal>),
    /// The link was used or voided, it is over, or too much was tried with it.
    Gone,
    /// Too many new passwords were refused for what they are: wait so many seconds.
    Wait(i64),
}

/// What the token of a reset link opens, if it is still good. Changes nothing.
pub async fn open(app: &App, token: &str) -> Result<Option<Opened>> {
    let Some(link) = links::open(app, Purpose::Reset, token).await? else {
        return Ok(None);
    };
    let subject = users::subject(app, &link.account, &link.user).await?;
    Ok(subject.map(|subject| Opened { link, subject }))
}

/// Sets the password of whom the link is for.
pub async fn redeem(app: &App, opened: &Opened, typed: Typed<'_>, from: From<'_>) -> Result<Redeemed> {
    let Opened { link, subject } = opened;
    // Counted before it is judged, or of fifty wrong ones at once all would be judged.
    if !links::count_try(app, link).await? {
        return Ok(Redeemed::Gone);
    }
    if !is_on_file(subject, typed.email) {
        record_refusal(app, subject, from).await?;
        return Ok(Redeemed::WrongEmail);
    }
    links::forgive_try(app, link).await?;
    let owner = Owner::of_subject(app, subject);
    let new = match accept(app, &owner, typed.new, typed.confirmed) {
        Ok(new) => new,
        Err(refused) => return Ok(Redeemed::Refused(refused)),
    };
    if let Some(seconds) = count_telling(app, Bucket::SecretRuleByLink(&subject.id)).await? {
        return Ok(Redeemed::Wait(seconds));
    }
    let (hash, verdict) = judge(app, &owner, typed.new, &new).await?;
    if verdict.refuses() {
        return Ok(Redeemed::Refused(verdict.refusals()));
    }
    let mut tx = app.db.begin().await?;
    // The user first, as everyone does. Of any number of posts at once one finds the link.
    if !store::hold(&mut tx, &subject.id, link.credential_epoch).await? || !links::spend(&mut tx, link).await? {
        return Ok(Redeemed::Gone);
    }
    let cause = Cause::Reset {
        subject,
        address: from.address,
        browser: from.browser,
    };
    let Set::Done { .. } = set(app, &mut tx, &hash, cause).await? else {
        return Ok(Redeemed::Gone);
    };
    let forgiven = [
        Bucket::SecretRule(&subject.id, &subject.id),
        Bucket::SecretRuleByLink(&subject.id),
    ];
    throttle::clear(app, &mut tx, &forgiven).await?;
    tx.commit().await?;
    Ok(Redeemed::Done)
}

/// Whether it is the address that the user's mail goes to. In constant time.
pub(super) fn is_on_file(subject: &Subject, typed: &str) -> bool {
    let of = |address: &str| links::hash_of(&canonical(address.trim()));
    let on_file = subject.verified_email();
    let same: bool = of(typed).ct_eq(&of(on_file.unwrap_or_default())).into();
    same && on_file.is_some()
}

/// Whoever holds the link did not know whose it is: that is on record. At most [`links::MOST_TRIES`] a link.
async fn record_refusal(app: &App, subject: &Subject, from: From<'_>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    audit::record(app, &mut tx, reset_event(subject, from.address, Outcome::Refused, 0)).await?;
    tx.commit().await
}
