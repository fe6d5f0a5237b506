//! The phones of an account, for its administrators: all of them page by page, or those that a search and a state fit, and
//! how many are in each state.

#[cfg(all(test, feature = "outside"))]
mod browser_tests;
pub mod pages;
mod store;
#[cfg(test)]
mod tests;

use self::store::{Asked, Row};
use super::live;
use super::view::{PhoneView, State};
use crate::app::App;
use crate::config::SipMode;
use crate::db::like;
use crate::error::Result;
use crate::ids::{AccountId, PhoneId, UserId};
use crate::users::Role;

/// Phones on one page: with long names and many more it would weigh more than any page shall.
pub const PAGE: usize = 20;

/// The states in the order in which they are offered.
const STATES: [State; 7] = [
    State::Registered,
    State::Silent,
    State::Outdated,
    State::Offline,
    State::NotKnown,
    State::NeverConnected,
    State::Blocked,
];

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Sought<'a> {
    /// In whose account.
    pub account: &'a AccountId,
    /// What sign-in names of the account end in.
    pub domain: &'a str,
    /// Held by the phone's label, address or extension, by its owner's name or sign-in name, or by what it says it is and
    /// where it was seen. Empty: anything.
    pub text: &'a str,
    /// In this state alone.
    pub state: Option<State>,
    /// Behind this phone.
    pub after: Option<&'a PhoneId>,
    /// For times.
    pub zone: &'a str,
}

/// A phone with whose it is.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The phone.
    pub phone: PhoneView,
    /// Its owner.
    pub owner: UserId,
    /// `Ann Archer`
    pub owner_name: String,
    /// What the owner may do.
    pub owner_role: Role,
}

/// A page of phones.
#[derive(Debug)]
pub struct Found {
    /// At most [`PAGE`], by their owners' displayed names and then by label.
    pub phones: Vec<Listed>,
    /// Where the next page begins: behind this phone. `None` on the last.
    pub next: Option<PhoneId>,
    /// How many phones the text fits in each state there is one in, whatever state is looked for.
    pub counts: Vec<(State, i64)>,
}

/// Looks for phones.
pub async fn find(app: &App, sought: Sought<'_>) -> Result<Found> {
    let limit = i64::try_from(PAGE).unwrap_or(i64::MAX) + 1;
    let is_off = app.config.sip.mode == SipMode::Off;
    // Without a registrar here nobody can say that a phone is offline.
    let known = |state: State| if is_off { State::NotKnown } else { state }.class();
    let pattern = like::anywhere(sought.text);
    let asked = Asked {
        account: sought.account,
        domain: sought.domain,
        pattern: &pattern,
        now: app.clock.now(),
        offline: known(State::Offline),
        never: known(State::NeverConnected),
    };
    let counted = store::counts(&app.db, asked).await?;
    let count = |state: State| {
        let found = counted.iter().find(|(class, _)| class == state.class());
        found.map(|(_, count)| (state, *count))
    };
    let state = sought.state.map_or("", State::class);
    let rows = store::page(&app.db, asked, (state, sought.after, limit)).await?;
    let mut phones: Vec<_> = rows
        .chunk_by(|one, next| one.seen.id == next.seen.id)
        .map(|rows| listed(app, rows, sought.zone))
        .collect();
    let more = phones.len() > PAGE;
    phones.truncate(PAGE);
    let last = phones.last().filter(|_| more);
    Ok(Found {
        next: last.and_then(|last| PhoneId::parse(&last.phone.id)),
        phones,
        counts: STATES.into_iter().filter_map(count).collect(),
    })
}

/// The state of this class.
pub fn state_of(class: &str) -> Option<State> {
    STATES.into_iter().find(|state| state.class() == class)
}

/// One phone of its rows, one for each registration.
fn listed(app: &App, rows: &[Row], zone: &str) -> Listed {
    let registrations: Vec<_> = rows.iter().map(|row| row.seen.clone()).collect();
    Listed {
        phone: live::view_of(app, &registrations, zone),
        owner: rows[0].user_id.clone(),
        owner_name: rows[0].owner_name.clone(),
        owner_role: rows[0].role,
    }
}
