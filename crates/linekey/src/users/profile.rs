//! Changes what a user may change of their own: the displayed name and the time zone.

use std::net::IpAddr;

use super::store;
use crate::accounts::name as shown;
use crate::app::App;
use crate::audit::{self, Event, Kind, Outcome};
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
    /// The address it comes from.
    pub address: IpAddr,
}

/// Saves name and time zone, or says what is wrong with them.
pub async fn change(app: &App, owner: Owner<'_>, display_name: &str, time_zone: &str) -> Result<Vec<Refusal>> {
    let display_name = display_name.trim();
    let mut refused = Vec::new();
    refused.extend(shown::refusal(display_name, LONGEST_NAME).map(|refusal| match refusal {
        shown::Refusal::Empty => Refusal::NameEmpty,
        shown::Refusal::TooLong => Refusal::NameTooLong,
        shown::Refusal::Characters => Refusal::NameCharacters,
    }));
    if !crate::when::is_zone(time_zone) {
        refused.push(Refusal::ZoneUnknown);
    }
    if !refused.is_empty() {
        return Ok(refused);
    }
    let mut tx = app.db.begin().await?;
    store::hold(&mut tx, owner.user, owner.session).await?;
    store::set_profile(&mut tx, owner.account, owner.user, display_name, time_zone).await?;
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
    tx.commit().await?;
    Ok(refused)
}
