//! Changes of the key file while the portal goes on: a new key, the key that seals, and the end of an old one. Each is on
//! record before it is done, and the file is kept from others from before the record until it is.

use crate::app::App;
use crate::audit::{self, Event, Kind};
use crate::error::Result;
use crate::ids::PhoneId;
use crate::keys::{Change, Changed, KeyId, NewKey};
use crate::phones::reseal;

/// Why a key is not retired.
#[derive(Debug)]
pub enum Retired {
    /// It is, and so many phones were sealed anew.
    Done(u64),
    /// It is the key that seals.
    InUse,
    /// There is no such key.
    NoSuchKey,
    /// What it sealed for these phones does not open: without it nobody could even look into that.
    Damaged(Vec<PhoneId>),
}

/// Appends a new key, which opens.
///
/// # Errors
/// When the file cannot be replaced, or the database does not answer.
pub async fn add(app: &App) -> anyhow::Result<KeyId> {
    let key = NewKey::new(&app.random);
    let id = key.id();
    let mut change = Change::begin(&app.config.keys.file)?;
    change.add(key)?;
    record(app, Kind::KeyAdd, id).await?;
    change.finish()?;
    Ok(id)
}

/// Lets `id` seal from now on, in every server that reads the file after this.
///
/// # Errors
/// When the file cannot be replaced, or the database does not answer.
pub async fn put_first(app: &App, id: KeyId) -> anyhow::Result<Changed> {
    let mut change = Change::begin(&app.config.keys.file)?;
    let changed = change.put_first(id)?;
    if changed == Changed::Done {
        record(app, Kind::KeyUse, id).await?;
        change.finish()?;
    }
    Ok(changed)
}

/// Seals anew what `id` sealed and is kept, then takes it out of the key file. What lives for minutes (a change of
/// password that waits, a page's flash) lapses. It may be stopped and started again. `progress` hears how many phones
/// are done.
///
/// # Errors
/// When the file cannot be read or replaced, or the database does not answer.
pub async fn retire(app: &App, id: KeyId, progress: &dyn Fn(u64)) -> anyhow::Result<Retired> {
    app.keys.reload()?;
    match app.keys.ids().iter().position(|key| *key == id) {
        None => return Ok(Retired::NoSuchKey),
        Some(0) => return Ok(Retired::InUse),
        Some(_) => {}
    }
    let resealed = reseal::reseal(app, id, progress).await?;
    if !resealed.damaged.is_empty() {
        return Ok(Retired::Damaged(resealed.damaged));
    }
    // Sealing may have taken long: somebody may have put the key first meanwhile, or taken it away.
    let mut change = Change::begin(&app.config.keys.file)?;
    match change.retire(id)? {
        Changed::NoSuchKey => return Ok(Retired::NoSuchKey),
        Changed::IsFirst => return Ok(Retired::InUse),
        Changed::Done => {}
    }
    record(app, Kind::KeyRetire, id).await?;
    change.finish()?;
    Ok(Retired::Done(resealed.done))
}

async fn record(app: &App, kind: Kind, id: KeyId) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let detail = serde_json::json!({ "key": id.to_string() });
    audit::record(app, &mut tx, Event::of_console(kind, None, None, detail)).await?;
    tx.commit().await
}
