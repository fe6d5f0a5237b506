//! Opens a portal for a command: its settings, its key file and its database, beside a server that may be running.

use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::app::{self, App};
use crate::clock::Clock;
use crate::config::{Config, LogLevel};
use crate::db::{self, Db};
use crate::keys::Keys;

/// Settings, and the file that they come from.
pub(super) struct Settings {
    pub(super) config: Config,
    /// `None`: no file was named and there is no `linekey.toml` here.
    pub(super) file: Option<PathBuf>,
}

/// Reads the settings of `--config`, or of `linekey.toml` if that is here.
pub(super) fn settings(file: Option<PathBuf>) -> anyhow::Result<Settings> {
    let file = file.or_else(|| Path::new(Config::FILE).exists().then(|| PathBuf::from(Config::FILE)));
    let config = Config::load(file.as_deref(), &super::variables())?;
    Ok(Settings { config, file })
}

/// The portal that `init` made, with its schema as it is. A SQLite file that is missing is not made: it would be an empty
/// portal in a wrong place.
pub(super) async fn portal(file: Option<PathBuf>) -> anyhow::Result<App> {
    let mut config = settings(file)?.config;
    prepare(&mut config);
    there_is_a_database(&config)?;
    let keys = Keys::read(&config.keys.file)?;
    let db = database(&config).await?;
    db.is_current().await?;
    app::assemble(config, keys, db, Clock::default())
}

/// The database alone, with its schema as it is.
pub(super) async fn database(config: &Config) -> anyhow::Result<Db> {
    there_is_a_database(config)?;
    let sizes = db::PoolSizes { connections: 2 };
    Db::connect(&config.database.url, sizes).await
}

/// # Errors
/// When the SQLite file of the settings is missing.
pub(super) fn there_is_a_database(config: &Config) -> anyhow::Result<()> {
    match db::file_of(&config.database.url) {
        Some(path) if !path.exists() => bail!(
            "there is no database {}; `linekey init` makes one, `--config FILE` names the settings of another place, and a \
             backup is put there before anything is started",
            path.display()
        ),
        _ => Ok(()),
    }
}

/// A command needs few connections, hashes one password at most, and tells what is wrong and nothing else.
pub(super) fn prepare(config: &mut Config) {
    config.database.connections = 2;
    config.hashing.threads = 1;
    config.log.level = LogLevel::Error;
    super::log(&config.log);
}
