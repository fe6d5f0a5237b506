//! Every real difference between SQLite and PostgreSQL, named: how each is opened, and what is checked first.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, bail};
use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::{Db, PoolSizes, query};

/// Every WAL version before this one can lose an acknowledged write when a write races a checkpoint.
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);
/// `server_version_num` of the oldest PostgreSQL that is tested.
const OLDEST_POSTGRES: i64 = 150_000;
/// How long a statement waits for SQLite's lock, or a transaction for the one writer.
const SQLITE_WAIT: Duration = Duration::from_secs(2);
/// How long a request waits for a connection before it is told that the database does not answer.
const POSTGRES_WAIT: Duration = Duration::from_secs(1);

/// Opens a SQLite file (made when missing) with the settings that durability rests on, and reads them back.
pub(super) async fn open_sqlite(url: &str, sizes: PoolSizes) -> anyhow::Result<Db> {
    let options = SqliteConnectOptions::from_str(url)
        .with_context(|| format!("database.url \"{url}\" is not of the form sqlite:PATH"))?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(SQLITE_WAIT)
        .pragma("mmap_size", "0")
        .optimize_on_close(true, None);
    let pool = |connections| {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(SQLITE_WAIT)
            .after_release(|connection, _| {
                Box::pin(async move {
                    // A full disk makes SQLite roll back by itself, after which sqlx still counts a transaction and the
                    // connection would refuse every other one. The ping waits until the rollback has been tried.
                    connection.ping().await?;
                    Ok(!connection.is_in_transaction())
                })
            })
    };
    if let Some(path) = sqlite_path(url) {
        make_private(&path).with_context(|| format!("the database {} cannot be made", path.display()))?;
    }
    let writer = pool(1)
        .connect_with(options.clone())
        .await
        .with_context(|| format!("the database {url} cannot be opened"))?;
    let readers =
        pool(sizes.connections).connect_lazy_with(options.create_if_missing(false).pragma("query_only", "on"));
    let db = Db::Sqlite { readers, writer };
    check_sqlite(&db).await?;
    Ok(db)
}

async fn check_sqlite(db: &Db) -> anyhow::Result<()> {
    let mut tx = db.begin().await?;
    let (version,): (String,) = query("select sqlite_version()").one(&mut tx).await?;
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0_u32));
    let mut part = || parts.next().unwrap_or(0);
    let found = (part(), part(), part());
    if found < OLDEST_SQLITE {
        bail!("SQLite {version} can lose acknowledged writes; Linekey needs 3.51.3 or newer");
    }
    let (journal,): (String,) = query("pragma journal_mode").one(&mut tx).await?;
    let (synchronous,): (i64,) = query("pragma synchronous").one(&mut tx).await?;
    let (foreign_keys,): (i64,) = query("pragma foreign_keys").one(&mut tx).await?;
    if journal != "wal" || synchronous != 2 || foreign_keys != 1 {
        bail!(
            "SQLite did not take its settings (journal_mode={journal}, synchronous={synchronous}, \
             foreign_keys={foreign_keys}); is the file on a network drive?"
        );
    }
    Ok(())
}

/// Connects to a PostgreSQL server. The limits travel with each connection, so that a forgotten transaction ends.
pub(super) async fn open_postgres(url: &str, sizes: PoolSizes) -> anyhow::Result<Db> {
    let options = PgConnectOptions::from_str(url)
        .context("database.url is neither sqlite:PATH nor postgres://USER@HOST/NAME")?
        .application_name("linekey")
        .options([
            ("statement_timeout", "30s"),
            ("idle_in_transaction_session_timeout", "30s"),
        ]);
    let pool = PgPoolOptions::new()
        .max_connections(sizes.connections)
        .acquire_timeout(POSTGRES_WAIT)
        .connect_with(options)
        .await
        .context("the PostgreSQL server of database.url does not answer")?;
    let db = Db::Postgres(pool);
    let (version,): (i64,) = query("select current_setting('server_version_num')::bigint")
        .one(&db)
        .await?;
    if version < OLDEST_POSTGRES {
        bail!("PostgreSQL {} is too old; Linekey needs 15 or newer", version / 10_000);
    }
    Ok(db)
}

/// Held by the one server of a SQLite file for as long as it runs. Commands need none.
#[derive(Debug)]
pub struct ServerLock {
    _file: Option<File>,
}

impl ServerLock {
    /// Takes the lock of the file behind `url`. PostgreSQL is made for several servers and needs none.
    ///
    /// # Errors
    /// When another server holds it.
    pub fn take(url: &str) -> anyhow::Result<Self> {
        let Some(path) = sqlite_path(url) else {
            return Ok(Self { _file: None });
        };
        let mut name = path.clone().into_os_string();
        name.push(".server");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&name)
            .with_context(|| format!("{} cannot be written", Path::new(&name).display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: Some(file) }),
            Err(TryLockError::WouldBlock) => {
                bail!("another Linekey server is running on {}; stop it first", path.display())
            }
            Err(TryLockError::Error(error)) => Err(error).context("the server's lock cannot be taken"),
        }
    }
}

/// Makes the file for this user alone; the log beside it gets the same mode from SQLite.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut options = File::options();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// The file of a `sqlite:PATH` address.
fn sqlite_path(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    Some(PathBuf::from(path.split('?').next().unwrap_or(path)))
}
