//! What must not come alive again with an old copy, whichever program put it there.

use anyhow::{Context, bail};

use super::store;
use crate::app::App;
use crate::audit::{self, Event, Kind, verify};
use crate::error::Result;
use crate::phones::{self, reseal};

/// What a mail that is not sent any more says why.
const NOT_SENT: &str = "a backup was restored before it was sent";

/// What was over, and how the copy was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Sessions that were ended.
    pub sessions: u64,
    /// Links and codes that were taken away, those that set phones up among them.
    pub links: u64,
    /// Browsers that were known, and are strangers again.
    pub devices: u64,
    /// Changes of a password that waited to be confirmed.
    pub pending: u64,
    /// New e-mail addresses that waited to be confirmed.
    pub addresses: u64,
    /// Mails that waited, and are not sent.
    pub mails: u64,
    /// How much is wrong with the audit record.
    pub findings: u64,
}

/// Checks that the key file opens what is sealed, then takes away what was good when the copy was made and must not be
/// good again: what ended since would come alive, and mail that was sent since would be sent twice.
///
/// # Errors
/// When the key file is not the one of this database: then nothing is changed.
pub async fn settle(app: &App) -> anyhow::Result<Settled> {
    key_fits(app).await?;
    let report = verify::verify(app, None, Vec::new()).await?;
    let mut settled = end(app).await?;
    settled.findings = report.findings.len() as u64 + report.further;
    Ok(settled)
}

async fn end(app: &App) -> Result<Settled> {
    let mut tx = app.db.begin().await?;
    store::remove_reset_requests(&mut tx).await?;
    let settled = Settled {
        // Before the sessions, which would take them along uncounted.
        pending: store::remove_pending(&mut tx).await?,
        sessions: store::end_sessions(&mut tx).await?,
        links: store::remove_links(&mut tx).await? + store::remove_phone_links(&mut tx).await?,
        devices: store::forget_devices(&mut tx).await?,
        addresses: store::remove_waiting_addresses(&mut tx).await?,
        mails: store::give_up_mail(&mut tx, NOT_SENT).await?,
        findings: 0,
    };
    let detail = serde_json::json!({
        "sessions": settled.sessions,
        "links": settled.links,
        "devices": settled.devices,
        "pending": settled.pending,
        "addresses": settled.addresses,
        "mails": settled.mails,
    });
    audit::record(app, &mut tx, Event::of_console(Kind::Restore, None, None, detail)).await?;
    tx.commit().await?;
    Ok(settled)
}

/// # Errors
/// When something is sealed with a key that the key file does not hold, with the name of that key.
async fn key_fits(app: &App) -> anyhow::Result<()> {
    let file = app.keys.path().display();
    let opens = app.keys.ids();
    for (key, phones) in reseal::count_by_key(app).await? {
        let key = key.context("a phone has no SIP hashes")?;
        if !opens.contains(&key) {
            bail!(
                "the key {key} is needed, with which the SIP passwords of {phones} phones are sealed, and {file} does not \
                 hold it: put the copy of the key file there that was made with this backup"
            );
        }
    }
    if phones::newest_opens(app).await? == Some(false) {
        bail!("the SIP password of the newest phone does not open with {file}: the backup was changed");
    }
    match audit::latest(app).await? {
        Some((_, Some(key))) if !opens.contains(&key) && !app.keys.retired().contains(&key) => bail!(
            "the key {key} is needed, with which the last audit event was written, and {file} does not hold it: put the \
             copy of the key file there that was made with this backup"
        ),
        _ => Ok(()),
    }
}
