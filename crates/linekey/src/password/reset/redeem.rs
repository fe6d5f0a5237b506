//! Sets a new password with a reset link.

use subtle::ConstantTimeEq;

use crate::app::App;
use crate::audit::{self, Outcome};
use crate::db::like::canonical;
use crate::error::Result;
use crate::links::{self, Purpose};
use crate::password::by_link::{self, ByLink, From, Opened, set_by_link};
use crate::password::set::{Cause, reset_event};
use crate::password::typed::TypedPassword;
use crate::users::Subject;

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

/// What came of it.
#[derive(Debug)]
pub enum Redeemed {
    /// That is not the address on file.
    WrongEmail,
    /// It is, and this came of the password.
    Set(ByLink),
}

/// What the token of a reset link opens, if it is still good. Changes nothing.
pub async fn open(app: &App, token: &str) -> Result<Option<Opened>> {
    by_link::open(app, Purpose::Reset, token).await
}

/// Sets the password of whom the link is for.
pub async fn redeem(app: &App, opened: &Opened, typed: Typed<'_>, from: From<'_>) -> Result<Redeemed> {
    let Opened { link, subject } = opened;
    // Counted before it is judged, or of fifty wrong ones at once all would be judged.
    if !links::count_try(app, link).await? {
        return Ok(Redeemed::Set(ByLink::Gone));
    }
    if !is_on_file(subject, typed.email) {
        record_refusal(app, subject, from).await?;
        return Ok(Redeemed::WrongEmail);
    }
    links::forgive_try(app, link).await?;
    let cause = Cause::Reset {
        subject,
        address: from.address,
        browser: from.browser,
    };
    let set = set_by_link(app, opened, (typed.new, typed.confirmed), cause, None).await?;
    Ok(Redeemed::Set(set))
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
