//! A file that is made for this user alone: whole and on the disk, or not there at all; and whether a file is.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file that is being made. It goes when this is dropped, unless it is kept: a full disk leaves no part of it behind.
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
    file: File,
    is_kept: bool,
}

impl NewFile {
    /// Makes it, empty, with mode 0600.
    ///
    /// # Errors
    /// When something has that name already, or it cannot be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Self {
            path: path.to_owned(),
            file: options.open(path)?,
            is_kept: false,
        })
    }

    /// The same in place of what a process that was killed left behind. Nobody else takes the name while it is made: a
    /// second one is refused.
    ///
    /// # Errors
    /// With [`io::ErrorKind::WouldBlock`] when another process is making it; else as [`NewFile::create`].
    pub fn create_again(path: &Path) -> io::Result<Self> {
        if let Ok(left) = File::options().write(true).open(path) {
            left.try_lock()?;
            fs::remove_file(path)?;
        }
        let made = Self::create(path)?;
        made.file.try_lock()?;
        Ok(made)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes all of `bytes`, and waits until the disk has them.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.file.sync_all()
    }

    /// Writes all that `source` has left. Nothing is waited for: [`NewFile::sync`] does that.
    pub fn copy_from(&mut self, source: &mut File) -> io::Result<u64> {
        io::copy(source, &mut self.file)
    }

    /// Waits until the disk has all that was written into it, by whomever.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    /// Lets it stay. On return its name survives a loss of power.
    pub fn keep(mut self) -> io::Result<()> {
        sync_folder(&self.path)?;
        self.is_kept = true;
        Ok(())
    }

    /// Puts it in the place of the file `path` of the same folder. A crash leaves the one or the other.
    pub fn replace(mut self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)?;
        // From here on the name that it had is somebody else's to take.
        self.is_kept = true;
        sync_folder(path)
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Makes the file `path` with `bytes` in it; an existing one is never overwritten.
///
/// # Errors
/// As [`NewFile::create`], or when it cannot be written: then it is not there.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = NewFile::create(path)?;
    file.write(bytes)?;
    file.keep()
}

/// Refuses a secret that is not its owner's alone. `what` it is called.
///
/// # Errors
/// When others may read or write the file, or nobody knows.
#[cfg(unix)]
pub fn refuse_if_open_to_others(what: &str, path: &Path) -> anyhow::Result<()> {
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path)?.permissions());
    if mode & 0o077 != 0 {
        anyhow::bail!(
            "{what} {} is open to others (mode {:o}); chmod 600 it",
            path.display(),
            mode & 0o777
        );
    }
    Ok(())
}

/// Who may read a file is not known here.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn refuse_if_open_to_others(_: &str, _: &Path) -> anyhow::Result<()> {
    Ok(())
}

/// The name of a file is in its folder, and lost with the power until that is on the disk too.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_is_whole_or_not_there_and_overwrites_nothing() {
        let folder = crate::testing::Folder::new();
        let (path, other) = (folder.path().join("new"), folder.path().join("other"));
        let mut unfinished = NewFile::create(&path).expect("a new file");
        unfinished.write(b"half").expect("a part");
        drop(unfinished);
        assert!(!path.exists(), "what was not finished is gone");

        write_new(&path, b"whole").expect("a new file");
        assert!(write_new(&path, b"again").is_err());
        assert_eq!(fs::read(&path).expect("a file"), b"whole", "not even removed");

        let mut next = NewFile::create(&other).expect("a new file");
        next.write(b"next").expect("room");
        next.replace(&path).expect("the same folder");
        assert_eq!(fs::read(&path).expect("a file"), b"next");
        assert!(!other.exists());
    }
}
