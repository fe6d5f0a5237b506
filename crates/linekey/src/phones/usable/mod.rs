//! Phones as another SIP server has to know them: with the hashes that prove their SIP password, opened. Only those that
//! may register now: neither blocked, nor of somebody disabled, nor of a suspended account.

mod store;

use linekey_sip::digest::Ha1Set;

use super::rotate::KNOWN_FOR;
use super::sealed;
use crate::app::App;
use crate::clock::Millis;
use crate::error::{Error, Result};
use crate::ids::{AccountId, PhoneId};
use store::Row;

/// Phones that ring at once when somebody calls.
const MOST_RUNG: i64 = 50;

/// What a phone is called, by itself and by those who call.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Line {
    /// `ann-desk`
    pub sip_name: String,
    /// The realm that it registers in.
    pub sip_domain: String,
    /// The account's domain; its phones may have another one.
    pub domain: String,
    /// `201`
    pub extension: Option<String>,
    /// What its owner is called.
    pub display_name: String,
}

impl Line {
    /// `ann-desk@acme.example`
    pub fn address(&self) -> String {
        format!("{}@{}", self.sip_name, self.sip_domain)
    }
}

/// A phone that may register. Its hashes are as good as its SIP password.
#[derive(Clone, Debug)]
pub struct Usable {
    /// What it is called.
    pub line: Line,
    /// Of its newest SIP password.
    pub hashes: Ha1Set,
    /// Until when the SIP password before is good, milliseconds UTC; `None` if it is not.
    pub old_until: Option<Millis>,
}

/// A phone that asks, with what it may still prove to know.
pub(super) struct Asking {
    pub(super) id: PhoneId,
    pub(super) phone: Usable,
    pub(super) generation: i64,
    /// Of the SIP password before, as long as that is good.
    pub(super) former: Option<Ha1Set>,
    /// Whether a use of the newest one is news: the one before is good, or somebody was refused for using it.
    pub(super) is_changing: bool,
}

/// The phone of a SIP name, if it may register. One statement.
pub(super) async fn asking(app: &App, sip_domain: &str, sip_name: &str) -> Result<Option<Asking>> {
    let Some(row) = store::by_sip_name(&app.db, sip_domain, sip_name).await? else {
        return Ok(None);
    };
    let now = app.clock.now();
    let old = row.old_hashes.as_deref().filter(|_| row.is_overlapping(now));
    let former = old.and_then(|old| sealed::open_old(app, &row.id, old).ok());
    let (id, generation) = (row.id.clone(), row.generation);
    let is_changing = row.is_overlapping(now) || row.outdated_at.is_some();
    let Some(phone) = opened(app, row) else {
        tracing::error!(phone = id.as_str(), "the SIP hashes do not open with the key file");
        return Ok(None);
    };
    Ok(Some(Asking {
        id,
        phone,
        generation,
        former,
        is_changing,
    }))
}

/// The phone of a SIP name, if it may register, with the hashes of the SIP password before as far as they are known. One
/// statement.
pub(super) async fn with_former(
    app: &App,
    sip_domain: &str,
    sip_name: &str,
) -> Result<Option<(PhoneId, Option<Ha1Set>)>> {
    let row = store::by_sip_name(&app.db, sip_domain, sip_name).await?;
    let since = app.clock.now() - KNOWN_FOR;
    Ok(row.map(|row| {
        let old = row
            .old_hashes
            .filter(|_| row.old_until.is_some_and(|until| until >= since));
        let former = old.and_then(|old| sealed::open_old(app, &row.id, &old).ok());
        (row.id, former)
    }))
}

/// The phones that ring when somebody in `sip_domain` calls `called`: a SIP name or an extension. One statement.
pub(super) async fn rung(app: &App, sip_domain: &str, called: &str) -> Result<Vec<Line>> {
    store::rung(&app.db, sip_domain, called, MOST_RUNG).await
}

/// Every such phone of an account, by SIP name.
///
/// # Errors
/// When the hashes of one do not open: whoever took the others for all would lock its owner out.
pub async fn of_account(app: &App, account: &AccountId) -> Result<Vec<Usable>> {
    let rows = store::of_account(&app.db, account).await?;
    let opened = rows.into_iter().map(|row| {
        let name = row.line.address();
        opened(app, row).ok_or_else(|| Error::defect(format!("the SIP hashes of {name} do not open with the key file")))
    });
    opened.collect()
}

fn opened(app: &App, row: Row) -> Option<Usable> {
    let hashes = sealed::open(app, &row.id, &row.sip_hashes).ok()?;
    let is_overlapping = row.is_overlapping(app.clock.now());
    Some(Usable {
        hashes,
        old_until: row.old_until.filter(|_| is_overlapping),
        line: row.line,
    })
}
