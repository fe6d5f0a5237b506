//! Makes a copy the database. What was there before keeps another name.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::contents::examine;
use super::place::{beside, exchange, is_there, parts, remove_sides, same, sides};
use super::{Contents, Settled, settle};
use crate::app;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::{Closed, Db, PoolSizes, ServerLock, close_up, newest_schema};
use crate::keys::Keys;
use crate::new_file::NewFile;
use crate::when;

/// What is to be restored, and how.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The copy.
    pub file: &'a Path,
    /// Whether a database that is there may be put aside.
    pub may_replace: bool,
    /// What its SHA-256 must be, in hexadecimal, if that was kept.
    pub sha256: Option<&'a str>,
}

/// What was restored.
#[derive(Debug)]
pub struct Restored {
    /// What the copy held.
    pub contents: Contents,
    /// The last migration now.
    pub schema: i64,
    /// What was over.
    pub settled: Settled,
    /// What the database that was there is called now.
    pub aside: Option<PathBuf>,
}

/// Puts the copy into the place of the SQLite database `database` of these settings: checked, brought up to date, settled
/// and on the disk before it takes that name.
///
/// # Errors
/// When a portal runs, a database is there, or the copy or the key file is not right: then all is as it was.
pub async fn restore(config: Config, keys: Keys, database: &Path, wanted: Wanted<'_>) -> anyhow::Result<Restored> {
    // A link stays one: what it leads to is replaced.
    let database = fs::canonicalize(database).unwrap_or_else(|_| database.to_owned());
    refuse_wrong_places(&database, wanted)?;
    let _lock = ServerLock::take(&config.database.url)?;
    let new = copy(wanted.file, &database)?;
    let contents = examine(new.path(), wanted.file).await?;
    if let Some(sha256) = wanted
        .sha256
        .filter(|kept| !kept.eq_ignore_ascii_case(&contents.sha256))
    {
        bail!(
            "the SHA-256 of {} is {}, and not {sha256}: it is another file, or was changed",
            wanted.file.display(),
            contents.sha256
        );
    }
    let clock = Clock::default();
    let now = clock.now();
    let settled = bring_up(config, keys, new.path(), clock).await?;
    let aside = beside(&database, format!(".replaced-{}", compact(now)));
    let was_there = !parts(&database).is_empty();
    if was_there {
        free(&database).await?;
    }
    put_in_place(new, &database, &aside).await?;
    Ok(Restored {
        contents,
        schema: newest_schema(),
        settled,
        aside: was_there.then_some(aside),
    })
}

fn refuse_wrong_places(database: &Path, wanted: Wanted<'_>) -> anyhow::Result<()> {
    let file = wanted.file;
    if !file.is_file() {
        bail!("there is no backup {}", file.display());
    }
    if same(database, file) {
        bail!("{} is the database itself", file.display());
    }
    if let Some(side) = sides(file).first() {
        bail!(
            "{} lies beside it: {} is a database in use, and no backup; `linekey backup` makes one of it",
            side.display(),
            file.display()
        );
    }
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    if !folder.is_dir() {
        bail!(
            "there is no folder {} for the database; make it first",
            folder.display()
        );
    }
    refuse_root(folder)?;
    match parts(database).first() {
        Some(part) if !wanted.may_replace => bail!(
            "{} is there already; --replace puts it aside, under another name",
            part.display()
        ),
        _ => Ok(()),
    }
}

/// What root wrote the server's user could not open.
#[cfg(unix)]
fn refuse_root(folder: &Path) -> anyhow::Result<()> {
    let owner = std::os::unix::fs::MetadataExt::uid(&fs::metadata(folder)?);
    if rustix::process::geteuid().is_root() && owner != 0 {
        bail!(
            "the folder {} belongs to user {owner}; run it as that user: sudo -u '#{owner}' linekey restore ..",
            folder.display()
        );
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_root(_: &Path) -> anyhow::Result<()> {
    Ok(())
}

/// Copies `file` beside the database, for this user alone. What is checked and used from here on nobody else changes.
fn copy(file: &Path, database: &Path) -> anyhow::Result<NewFile> {
    let path = beside(database, ".restoring");
    let copied = || -> io::Result<NewFile> {
        // The server's lock is ours: whatever lies there was left by a restore that was killed.
        let mut new = NewFile::create_again(&path)?;
        remove_sides(&path)?;
        new.copy_from(&mut File::open(file)?)?;
        Ok(new)
    };
    copied().with_context(|| format!("{} cannot be copied to {}", file.display(), path.display()))
}

/// Lets the copy be the database, once all of it is on the disk.
async fn put_in_place(new: NewFile, database: &Path, aside: &Path) -> anyhow::Result<()> {
    let path = new.path().to_owned();
    // What is left in a log beside it would be lost.
    if close_up(&path).await != Closed::Whole {
        bail!("{} is in use by another program", path.display());
    }
    remove_sides(&path)?;
    new.sync()?;
    exchange(new, database, aside)
        .with_context(|| format!("{} could not take the place of {}", path.display(), database.display()))
}

/// Brings the copy's schema up to date and settles it.
async fn bring_up(mut config: Config, keys: Keys, copy: &Path, clock: Clock) -> anyhow::Result<Settled> {
    config.database.url = format!("sqlite:{}", copy.display());
    let db = Db::connect_file(copy, PoolSizes { connections: 2 }).await?;
    let settled = async {
        db.migrate().await?;
        settle(&app::assemble(config, keys, db.clone(), clock)?).await
    };
    let settled = settled.await;
    db.close().await;
    settled
}

/// Makes sure that nobody has the old database open, and that all of it is in one file.
async fn free(database: &Path) -> anyhow::Result<()> {
    if !is_there(database) {
        return Ok(());
    }
    match close_up(database).await {
        Closed::InUse => bail!(
            "{} is in use by another program, such as a command of linekey; wait until it has ended",
            database.display()
        ),
        Closed::Whole => {
            remove_sides(database).with_context(|| format!("what lies beside {} cannot be removed", database.display()))
        }
        // It is put aside as it is, with its log: somebody may want to look into it.
        Closed::Damaged(_) => Ok(()),
    }
}

/// `20261123T080211123Z`
fn compact(at: crate::clock::Millis) -> String {
    when::rfc3339(at).chars().filter(char::is_ascii_alphanumeric).collect()
}
