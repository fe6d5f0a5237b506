//! Makes a copy of a SQLite database beside a portal that runs on it.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::Contents;
use super::contents::examine;
use super::place::{beside, is_there, same};
use crate::app::App;
use crate::audit::{self, Event, Kind};
use crate::db;
use crate::new_file::NewFile;

/// Copies the whole database into `file` (mode 0600), reads the copy through, and only then gives it its name. A file of
/// that name stays, unless it may be replaced.
///
/// # Errors
/// When there is no room, the copy is not whole, or it may not have that name: then there is none.
pub async fn make(app: &App, file: &Path, may_replace: bool) -> anyhow::Result<Contents> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        bail!("there is no folder {}; make it first", folder.display());
    }
    refuse_ours(app, file)?;
    let free = |file: &Path| match is_there(file) && !may_replace {
        true => bail!("{} is there already; --force replaces it", file.display()),
        false => Ok(()),
    };
    free(file)?;
    let part = begin(file)?;
    app.db
        .copy_into(part.path())
        .await
        .with_context(|| format!("{} could not be written", part.path().display()))?;
    part.sync()?;
    let contents = examine(part.path(), file).await?;
    free(file)?;
    part.replace(file)
        .with_context(|| format!("{} could not be written", file.display()))?;
    record(app, &contents)
        .await
        .context("the backup is made, but the audit record could not say so")?;
    Ok(contents)
}

/// The file that the copy is written to first, for this user alone.
fn begin(file: &Path) -> anyhow::Result<NewFile> {
    let path = beside(file, ".part");
    match NewFile::create_again(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
            bail!("another backup to {} is under way", file.display())
        }
        made => made.with_context(|| format!("{} cannot be made", path.display())),
    }
}

/// A copy must never take the place of what it is a copy of, or of what opens it.
fn refuse_ours(app: &App, file: &Path) -> anyhow::Result<()> {
    let database = db::file_of(&app.config.database.url);
    let ours: Vec<PathBuf> = database.into_iter().chain([app.config.keys.file.clone()]).collect();
    match ours.iter().find(|ours| same(ours, file)) {
        Some(ours) => bail!("{} is the portal's own; name another file", ours.display()),
        None => Ok(()),
    }
}

async fn record(app: &App, contents: &Contents) -> crate::error::Result<()> {
    let mut tx = app.db.begin().await?;
    let detail = serde_json::json!({ "bytes": contents.bytes, "sha256": contents.sha256 });
    audit::record(app, &mut tx, Event::of_console(Kind::Backup, None, None, detail)).await?;
    tx.commit().await
}
