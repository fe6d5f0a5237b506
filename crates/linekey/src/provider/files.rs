//! The files of a new portal: settings, key file, database. All are made, or none is left behind.

use std::fs::{self, DirBuilder};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::config::Config;
use crate::db;
use crate::keys::Keys;
use crate::new_file::write_new;
use crate::random::Random;

/// What was made so far; it goes when this is dropped, unless it is kept.
#[derive(Debug, Default)]
pub struct Files {
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

/// What of a new portal is there already, if anything: nothing is ever overwritten.
pub fn already(settings: &Path, config: &Config) -> Option<PathBuf> {
    let database = db::file_of(&config.database.url);
    let places = [Some(settings.to_owned()), database, Some(config.keys.file.clone())];
    places
        .into_iter()
        .flatten()
        .find(|path| path.symlink_metadata().is_ok())
}

impl Files {
    /// Makes the settings file with `text`, the key file and an empty SQLite file (all 0600, new folders 0700).
    ///
    /// # Errors
    /// When a file is there already, or cannot be made: then none is.
    pub fn make(settings: &Path, text: &str, config: &Config) -> anyhow::Result<Self> {
        if let Some(path) = already(settings, config) {
            bail!("{} is there already; nothing is overwritten", path.display());
        }
        let mut made = Self::default();
        let key = &config.keys.file;
        made.folder_of(key)?;
        Keys::create(key, &Random::default())?;
        made.files.push(key.clone());
        if let Some(database) = db::file_of(&config.database.url) {
            made.folder_of(&database)?;
            // Made here, so that nobody else's, made at this moment, is ever removed.
            write_new(&database, b"").with_context(|| format!("the database {} cannot be made", database.display()))?;
            for end in ["", "-wal", "-shm"] {
                let mut name = database.clone().into_os_string();
                name.push(end);
                made.files.push(name.into());
            }
        }
        made.folder_of(settings)?;
        write_new(settings, text.as_bytes()).with_context(|| format!("{} cannot be made", settings.display()))?;
        made.files.push(settings.to_owned());
        Ok(made)
    }

    /// Everything went well: the files stay.
    pub fn keep(&mut self) {
        self.files.clear();
        self.folders.clear();
    }

    fn folder_of(&mut self, file: &Path) -> anyhow::Result<()> {
        let missing: Vec<_> = file
            .ancestors()
            .skip(1)
            .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
            .collect();
        for folder in missing.into_iter().rev() {
            let mut builder = DirBuilder::new();
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder
                .create(folder)
                .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
            self.folders.push(folder.to_owned());
        }
        Ok(())
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        for file in &self.files {
            let _ = fs::remove_file(file);
        }
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}
