//! The key file on disk: read only when nobody else can, made once, and replaced as a whole or not at all.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use zeroize::Zeroizing;

use super::ring::Ring;
use crate::new_file::{NewFile, refuse_if_open_to_others, write_new};

pub(super) fn read(path: &Path) -> anyhow::Result<Ring> {
    let text = fs::read_to_string(path)
        .map(Zeroizing::new)
        .with_context(|| missing(path))?;
    refuse_if_open_to_others("the key file", path)?;
    Ring::parse(&text).with_context(|| format!("the key file {} is damaged", path.display()))
}

/// Makes the file; an existing one is never overwritten.
pub(super) fn create(path: &Path, ring: &Ring) -> anyhow::Result<()> {
    write_new(path, ring.text().as_bytes()).with_context(|| format!("the key file {} cannot be made", path.display()))
}

/// A file beside the key file that will take its place. Nobody else makes one as long as it is there: whoever reads the
/// key file under it loses nobody's change.
pub(super) struct Next {
    path: PathBuf,
    file: NewFile,
}

impl Next {
    pub(super) fn begin(path: &Path) -> anyhow::Result<Self> {
        // A link stays one: what it leads to is replaced.
        let path = fs::canonicalize(path).with_context(|| missing(path))?;
        let next = beside(&path);
        let file = NewFile::create(&next).with_context(|| {
            format!(
                "{} cannot be made; if no other `linekey keys` is running, remove it and try again",
                next.display()
            )
        })?;
        Ok(Self { path, file })
    }

    /// The keys that it will take the place of.
    pub(super) fn read(&self) -> anyhow::Result<Ring> {
        read(&self.path)
    }

    /// Writes what it will hold. A full disk is known here, before anything is changed.
    pub(super) fn write(&mut self, ring: &Ring) -> anyhow::Result<()> {
        self.file
            .write(ring.text().as_bytes())
            .and_then(|()| keep_owner(&self.path, self.file.path()))
            .with_context(|| {
                format!(
                    "{} cannot be written; the key file is as it was",
                    self.file.path().display()
                )
            })
    }

    /// Puts it in the place of the key file. A crash leaves the one or the other.
    pub(super) fn replace(self) -> anyhow::Result<()> {
        self.file.replace(&self.path).with_context(|| {
            format!(
                "the key file {} could not be replaced; `linekey keys list` says what it holds",
                self.path.display()
            )
        })
    }
}

fn missing(path: &Path) -> String {
    format!(
        "the key file {} (keys.file) cannot be read; `linekey init` makes one for a new portal",
        path.display()
    )
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(".new");
    name.into()
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
