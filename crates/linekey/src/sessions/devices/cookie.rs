//! What the cookie of a remembered browser holds: whose it is, by ids alone, under a MAC of the key file. Several people
//! may share a browser; it knows the last five of them.
//!
//! It proves that somebody signed in with this browser, and is worth no session. A copy is worth ten failures.

use data_encoding::BASE64URL_NOPAD;

use super::REMEMBERED;
use crate::app::App;
use crate::clock::Millis;
use crate::ids::{DeviceId, UserId};
use crate::keys::{Proof, Purpose};
use crate::users::MOST_ASKED;

/// People whom one browser knows.
const MOST: usize = MOST_ASKED;
/// The length of an id in it, a UUID's.
const ID: usize = 16;
/// The length of one person's entry: user, device, and when they signed in, milliseconds UTC.
const ENTRY: usize = 2 * ID + 8;

/// One person who signed in with a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Who.
    pub user: UserId,
    /// Their browser.
    pub device: DeviceId,
    /// When they last signed in with it.
    pub at: Millis,
}

/// What a cookie says, if it is one of ours: nobody otherwise, and nobody who did not sign in for long.
pub fn read(app: &App, cookie: &str) -> Vec<Known> {
    let known = || {
        let bytes = BASE64URL_NOPAD.decode(cookie.as_bytes()).ok()?;
        let count = usize::from(*bytes.first()?);
        let (entries, mac) = bytes.split_at_checked(1 + count * ENTRY)?;
        let proof = app.keys.verify_mac(Purpose::Device, entries, mac);
        (proof == Proof::Right).then(|| entries[1..].chunks_exact(ENTRY).filter_map(entry).collect::<Vec<_>>())
    };
    let since = app.clock.now() - REMEMBERED;
    let mut known = known().unwrap_or_default();
    known.retain(|known| known.at > since);
    known
}

/// What the cookie says from now on: `one` first, and of the `others` those who signed in last.
pub fn write(app: &App, one: &Known, others: &[Known]) -> String {
    let others = others.iter().filter(|other| other.user != one.user);
    let entries: Vec<_> = std::iter::once(one)
        .chain(others)
        .take(MOST)
        .filter_map(bytes)
        .collect();
    let count = u8::try_from(entries.len()).unwrap_or_default();
    let entries = [vec![count], entries.concat()].concat();
    let mac = app.keys.mac(Purpose::Device, &entries);
    BASE64URL_NOPAD.encode(&[entries, mac].concat())
}

fn bytes(known: &Known) -> Option<Vec<u8>> {
    let id = |text: &str| uuid::Uuid::try_parse(text).ok();
    let (user, device) = (id(known.user.as_str())?, id(known.device.as_str())?);
    Some([&user.as_bytes()[..], device.as_bytes(), &known.at.to_be_bytes()].concat())
}

fn entry(bytes: &[u8]) -> Option<Known> {
    let id = |at: usize| uuid::Uuid::from_slice(bytes.get(at..at + ID)?).ok();
    Some(Known {
        user: UserId::new(id(0)?.to_string()),
        device: DeviceId::new(id(ID)?.to_string()),
        at: Millis::from_be_bytes(bytes.get(2 * ID..)?.try_into().ok()?),
    })
}
