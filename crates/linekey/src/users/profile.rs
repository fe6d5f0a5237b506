//! Changes what a user may change of their own: the displayed name, the time zone, and the e-mail address, which is on
//! file once it is confirmed.

use std::net::IpAddr;

use super::email::{self, Came};
use super::{add, store};
use crate::accounts::name as shown;
use crate::app::App;
use crate::audit::{self, Event, Kind, Outcome};
use crate::clock::Millis;
use crate::error::Result;
use crate::ids::{AccountId, SessionId, UserId};

/// The longest displayed name, in characters.
pub const LONGEST_NAME: usize = 100;

/// What was wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// `display_name` is empty.
    NameEmpty,
    /// `display_name` is longer than [`LONGEST_NAME`].
    NameTooLong,
    /// `display_name` holds control characters or marks of direction.
    NameCharacters,
    /// `time_zone` is not in the IANA database.
    ZoneUnknown,
    /// `email` is no address.
    EmailForm,
    /// `email` is empty, and nobody said that the address is to be removed.
    EmailEmpty,
    /// Changes of the address are frozen until this moment.
    EmailFrozen(Millis),
    /// There were so many mails that so many seconds must pass first.
    EmailWait(i64),
}

/// Whose profile, and from where.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// Their account.
    pub account: &'a AccountId,
    /// They themselves.
    pub user: &'a UserId,
    /// The session they do it in.
    pub session: &'a SessionId,
    /// Their browser, in words.
    pub browser: &'a str,
    /// The address it comes from.
    pub address: IpAddr,
}

/// What was typed.
#[derive(Clone, Copy, Debug)]
pub struct Typed<'a> {
    /// The displayed name.
    pub display_name: &'a str,
    /// IANA name.
    pub time_zone: &'a str,
    /// The address, if the form had the field.
    pub email: Option<&'a str>,
    /// Whether they know what they lose without an address.
    pub without_email: bool,
}

/// What is wished for the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish<'a> {
    /// It stays.
    Stay,
    /// Another one, once that is confirmed.
    Another(&'a str),
    /// None.
    None,
}

/// A profile that may be saved.
#[derive(Clone, Copy, Debug)]
pub struct New<'a> {
    display_name: &'a str,
    time_zone: &'a str,
    /// Whoever wishes more than that it stays must have proven lately who they are.
    pub wish: Wish<'a>,
}

/// Looks at what was typed by somebody whose address on file is `email`.
///
/// # Errors
/// With all that is wrong.
pub fn check<'a>(typed: Typed<'a>, email: Option<&str>) -> std::result::Result<New<'a>, Vec<Refusal>> {
    let display_name = typed.display_name.trim();
    let mut refused = Vec::new();
    refused.extend(shown::refusal(display_name, LONGEST_NAME).map(|refusal| match refusal {
        shown::Refusal::Empty => Refusal::NameEmpty,
        shown::Refusal::TooLong => Refusal::NameTooLong,
        shown::Refusal::Characters => Refusal::NameCharacters,
    }));
    if !crate::when::is_zone(typed.time_zone) {
        refused.push(Refusal::ZoneUnknown);
    }
    let wish = match typed.email.map(str::trim) {
        Some(new) if new != email.unwrap_or_default() => match new {
            "" => Wish::None,
            new => Wish::Another(new),
        },
        _ => Wish::Stay,
    };
    match wish {
        Wish::None if !typed.without_email => refused.push(Refusal::EmailEmpty),
        Wish::Another(new) if !add::is_address(new) => refused.push(Refusal::EmailForm),
        _ => {}
    }
    if !refused.is_empty() {
        return Err(refused);
    }
    Ok(New {
        display_name,
        time_zone: typed.time_zone,
        wish,
    })
}

/// Saves the profile, and asks for the address or removes it; or says what is in the way, and does nothing.
pub async fn save(app: &App, owner: Owner<'_>, new: &New<'_>) -> Result<Option<Refusal>> {
    if let Wish::Another(address) = new.wish
        && let Some(seconds) = email::count(app, owner, address).await?
    {
        return Ok(Some(Refusal::EmailWait(seconds)));
    }
    let mut tx = app.db.begin().await?;
    store::hold(&mut tx, owner.user, owner.session).await?;
    store::set_profile(&mut tx, owner.account, owner.user, new.display_name, new.time_zone).await?;
    let event = Event {
        kind: Kind::ProfileChange,
        outcome: Outcome::Done,
        account: Some(owner.account),
        actor: Some(owner.user),
        subject: Some(owner.user),
        session: Some(owner.session),
        address: Some(owner.address),
        detail: serde_json::json!({}),
    };
    audit::record(app, &mut tx, event).await?;
    let came = match new.wish {
        Wish::Stay => Came::Done,
        Wish::Another(address) => email::ask(app, &mut tx, owner, address).await?,
        Wish::None => email::remove(app, &mut tx, owner).await?,
    };
    if let Came::Frozen(until) = came {
        return Ok(Some(Refusal::EmailFrozen(until)));
    }
    tx.commit().await?;
    Ok(None)
}
