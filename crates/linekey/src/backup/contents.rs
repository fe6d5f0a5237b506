//! What is in a copy, and whether it can be one.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, bail};
use sha2::{Digest, Sha256};

use super::store;
use crate::clock::Millis;
use crate::db::{self, Db};

/// The first migration that brought the heads of the audit record.
const HEADS_SINCE: i64 = 4;

/// What a copy holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// How many accounts, the provider's own included.
    pub accounts: i64,
    /// How many users.
    pub users: i64,
    /// How many phones.
    pub phones: i64,
    /// How many audit events.
    pub events: i64,
    /// When the last of them was written: what came after is not in it.
    pub last_event_at: Option<Millis>,
    /// Its last migration.
    pub schema: i64,
    /// The size of the file.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

/// Reads through the SQLite file `path`, which nobody writes to.
///
/// # Errors
/// When it is damaged, not Linekey's, or of a newer Linekey. `name` is what people call it.
pub(super) async fn examine(path: &Path, name: &Path) -> anyhow::Result<Contents> {
    let name = name.display();
    let db = Db::look_at(path)
        .await
        .with_context(|| format!("{name} is no SQLite database"))?;
    let examined = within(&db).await;
    db.close().await;
    let (schema, counted) = examined.with_context(|| format!("{name} cannot be used"))?;
    let (bytes, sha256) = digest(path).with_context(|| format!("{name} cannot be read"))?;
    Ok(Contents {
        accounts: counted.accounts,
        users: counted.users,
        phones: counted.phones,
        events: counted.events,
        last_event_at: counted.last_event_at,
        schema,
        bytes,
        sha256,
    })
}

async fn within(db: &Db) -> anyhow::Result<(i64, store::Counted)> {
    if let Some(fault) = db.faults().await.first() {
        bail!("it is damaged or cut off: {fault}");
    }
    let schema = match db.schema().await? {
        Some(schema) if schema > db::newest_schema() => bail!(
            "it was made by a newer Linekey (its schema is at {schema}, this program knows {}); use that version",
            db::newest_schema()
        ),
        Some(schema) => schema,
        None => bail!("it is a database, but not Linekey's"),
    };
    if db
        .kind()
        .await
        .context("it is a database, but not Linekey's")?
        .is_none()
    {
        bail!("no portal was set up in it");
    }
    // None is ours, and one could undo what a restore ends.
    if let Some((kind, name)) = db::dialect::foreign(db).await? {
        bail!("it has the {kind} {name:?}, which is not Linekey's; drop it if it is yours");
    }
    if schema >= HEADS_SINCE && store::chains_without_head(db).await? > 0 {
        bail!("a part of its audit record has no head: it is not what a portal wrote");
    }
    Ok((schema, store::count(db).await?))
}

/// The size of a file and its SHA-256.
fn digest(path: &Path) -> std::io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let mut sha256 = Sha256::new();
    let mut bytes = 0;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((bytes, data_encoding::HEXLOWER.encode(&sha256.finalize())));
        }
        sha256.update(&buffer[..read]);
        bytes += read as u64;
    }
}
