//! The key file on disk: read only when nobody else can, made once, and replaced as a whole or not at all.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use zeroize::Zeroizing;

use super::ring::Ring;

pub(super) fn read(path: &Path) -> anyhow::Result<Ring> {
    let text = fs::read_to_string(path).map(Zeroizing::new).with_context(|| {
        format!(
            "the key file {} (keys.file) cannot be read; `linekey init` makes one for a new portal",
            path.display()
        )
    })?;
    refuse_if_open_to_others(path)?;
    Ring::parse(&text).with_context(|| format!("the key file {} is damaged", path.display()))
}

/// Makes the file; an existing one is never overwritten.
pub(super) fn create(path: &Path, ring: &Ring) -> anyhow::Result<()> {
    write_new(path, ring).with_context(|| format!("the key file {} cannot be made", path.display()))
}

/// Puts `ring` in the place of what the file holds. A crash leaves the one or the other.
pub(super) fn replace(path: &Path, ring: &Ring) -> anyhow::Result<()> {
    let next = beside(path);
    // Made new or not at all: it also keeps two commands from changing the file at once.
    write_new(&next, ring).with_context(|| {
        format!(
            "{} cannot be made; if no other `linekey keys` is running, remove it and try again",
            next.display()
        )
    })?;
    let replaced = keep_owner(path, &next).and_then(|()| fs::rename(&next, path));
    if replaced.is_err() {
        let _ = fs::remove_file(&next);
    }
    replaced.with_context(|| format!("the key file {} cannot be replaced; it is as it was", path.display()))?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(".new");
    name.into()
}

fn write_new(path: &Path, ring: &Ring) -> std::io::Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(ring.text().as_bytes())?;
    file.sync_all()
}

/// The server's user must be able to read what root wrote.
#[cfg(unix)]
fn keep_owner(old: &Path, new: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let (old, made) = (fs::metadata(old)?, fs::metadata(new)?);
    if (old.uid(), old.gid()) == (made.uid(), made.gid()) {
        return Ok(());
    }
    std::os::unix::fs::chown(new, Some(old.uid()), Some(old.gid()))
}

#[cfg(not(unix))]
fn keep_owner(_: &Path, _: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn refuse_if_open_to_others(path: &Path) -> anyhow::Result<()> {
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path)?.permissions());
    if mode & 0o077 != 0 {
        bail!(
            "the key file {} is open to others (mode {:o}); chmod 600 it",
            path.display(),
            mode & 0o777
        );
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_if_open_to_others(_: &Path) -> anyhow::Result<()> {
    Ok(())
}
