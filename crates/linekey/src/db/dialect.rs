//! Every real difference between SQLite and PostgreSQL, named: how each is opened, and what is checked first.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, bail};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Executor, PgConnection, PgPool};

use super::readers::Readers;
use super::writer::Writer;
use super::{Db, PoolSizes, query};

/// Every WAL version before this one can lose an acknowledged write when a write races a checkpoint.
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);
/// `server_version_num` of the oldest PostgreSQL that is tested.
pub const OLDEST_POSTGRES: i64 = 150_000;
/// How long a statement waits for SQLite's lock or for a reader, or a transaction for the one writer.
pub(super) const SQLITE_WAIT: Duration = Duration::from_secs(2);
/// How long a request waits for a connection before it is told that the database does not answer.
const POSTGRES_WAIT: Duration = Duration::from_secs(1);

/// Opens the SQLite file of an address (made when missing) with the settings that durability rests on, and reads them
/// back.
pub(super) async fn open_sqlite(url: &str, sizes: PoolSizes) -> anyhow::Result<Db> {
    let options = SqliteConnectOptions::from_str(url)
        .with_context(|| format!("database.url \"{url}\" is not of the form sqlite:PATH"))?;
    open_sqlite_file(options, file_of(url).as_deref(), sizes).await
}

/// The same of the file `path`, whatever its name is made of.
pub(super) async fn open_sqlite_path(path: &Path, sizes: PoolSizes) -> anyhow::Result<Db> {
    open_sqlite_file(SqliteConnectOptions::new().filename(path), Some(path), sizes).await
}

async fn open_sqlite_file(options: SqliteConnectOptions, path: Option<&Path>, sizes: PoolSizes) -> anyhow::Result<Db> {
    // Nothing is ever analysed: what was counted while a table was small would have it read as a whole once it is large.
    let options = options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(SQLITE_WAIT)
        .pragma("mmap_size", "0");
    if let Some(path) = path {
        refuse_if_anothers(path)?;
        make_private(path).with_context(|| format!("the database {} cannot be made", path.display()))?;
    }
    // KiB, and pages of 4 KiB: what a busy hour writes to again and again.
    let writing = options.clone().pragma("cache_size", "-8000");
    let writer = Writer::new(writing.pragma("wal_autocheckpoint", "4000"));
    let first = writer.hold().await;
    first.with_context(|| format!("the database {} cannot be opened", options.get_filename().display()))?;
    let reading = options.create_if_missing(false).pragma("query_only", "on");
    let readers = Readers::new(reading, sizes.connections);
    let db = Db::Sqlite { readers, writer };
    check_sqlite(&db).await?;
    Ok(db)
}

/// Opens a SQLite file that nobody writes to, as it lies there: nothing is changed and no file made beside it.
pub(super) async fn look_at(path: &Path) -> Result<Db, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .immutable(true);
    let writer = Writer::new(options.clone());
    writer.hold().await?;
    let readers = Readers::new(options, 1);
    Ok(Db::Sqlite { readers, writer })
}

/// Writes a copy of all that is committed at this moment into the empty file `path`. Others go on reading and writing.
pub(super) async fn copy_into(db: &Db, path: &Path) -> anyhow::Result<()> {
    let path = path.to_str().context("its name is not UTF-8")?;
    let Db::Sqlite { writer, .. } = db else {
        bail!("only a SQLite file is copied")
    };
    // In no transaction, together with nobody.
    writer.hold().await?.run(query("vacuum into $1").bind(path)).await?;
    Ok(())
}

/// What SQLite finds wrong in its file; nothing if the file is whole.
pub(super) async fn faults(db: &Db) -> Vec<String> {
    let found = async {
        let mut faults: Vec<(String,)> = query("select integrity_check from pragma_integrity_check")
            .all(db)
            .await?;
        faults.retain(|(fault,)| fault != "ok");
        let (lost,): (i64,) = query("select count(*) from pragma_foreign_key_check").one(db).await?;
        if lost > 0 {
            faults.push((format!("{lost} rows belong to nothing"),));
        }
        crate::error::Result::Ok(faults)
    };
    match found.await {
        Ok(faults) => faults.into_iter().map(|(fault,)| fault).collect(),
        Err(error) => vec![error.to_string()],
    }
}

/// How a SQLite file was found that is to be moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// It is one file now, and whole as far as SQLite could see.
    Whole,
    /// Somebody has it open.
    InUse,
    /// SQLite cannot open it, for this reason.
    Damaged(String),
}

/// Brings what lies in the log beside the SQLite file `path` into the file, and takes the log away.
pub async fn close_up(path: &Path) -> Closed {
    let options = SqliteConnectOptions::new()
        .filename(path)
        // Taken with the first read: whoever else has it open, if only to read, is noticed.
        .locking_mode(SqliteLockingMode::Exclusive)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(SQLITE_WAIT);
    let closed = async {
        let mut connection = options.connect().await?;
        let looked = Executor::execute(
            &mut connection,
            "begin immediate; rollback; pragma wal_checkpoint(truncate)",
        )
        .await;
        connection.close().await.and(looked)
    };
    match closed.await {
        Ok(_) => Closed::Whole,
        Err(sqlx::Error::Database(said)) if said.code().is_some_and(|code| is_busy(&code)) => Closed::InUse,
        Err(error) => Closed::Damaged(error.to_string()),
    }
}

/// `SQLITE_BUSY` and `SQLITE_LOCKED`; the low byte counts.
pub(super) fn is_busy(code: &str) -> bool {
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6))
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

/// A connection of its own to the server of `pool`, whose statements may take as long as they take: an index of a large
/// table is built in one, and other portals that start wait in one until it is.
pub(super) async fn connection_without_limit(pool: &PgPool) -> Result<PgConnection, sqlx::Error> {
    let options = pool.connect_options().as_ref().clone();
    options.options([("statement_timeout", "0")]).connect().await
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
        let Some(path) = file_of(url) else {
            return Ok(Self { _file: None });
        };
        let mut name = path.clone().into_os_string();
        name.push(".server");
        let mut options = File::options();
        options.create(true).truncate(false).write(true);
        // Another user who could open it could hold it too, and keep the server from starting.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options
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

/// What one user writes another cannot open: a command run as root would leave files behind that stop the server.
#[cfg(unix)]
fn refuse_if_anothers(path: &Path) -> anyhow::Result<()> {
    let Ok(file) = std::fs::metadata(path) else {
        return Ok(());
    };
    let owner = std::os::unix::fs::MetadataExt::uid(&file);
    let me = rustix::process::geteuid().as_raw();
    if owner != me {
        bail!(
            "the database {} belongs to user {owner}, and this is user {me}; run it as that user: sudo -u '#{owner}' \
             linekey ..",
            path.display()
        );
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_if_anothers(_: &Path) -> anyhow::Result<()> {
    Ok(())
}

/// The engine and its version.
pub(super) async fn engine(db: &Db) -> crate::error::Result<String> {
    let (name, version) = match db {
        Db::Sqlite { .. } => ("SQLite", query("select sqlite_version()")),
        Db::Postgres(_) => ("PostgreSQL", query("select current_setting('server_version')")),
    };
    let (version,): (String,) = version.one(db).await?;
    Ok(format!("{name} {version}"))
}

/// A trigger or view of an SQLite file, its kind and its name, if it has any: none is ours.
pub async fn foreign(db: &Db) -> crate::error::Result<Option<(String, String)>> {
    query("select type, name from sqlite_schema where type in ('trigger', 'view') order by name limit 1")
        .optional(db)
        .await
}

/// Whether migrations were ever applied here.
pub(super) async fn has_migrations(db: &Db) -> crate::error::Result<bool> {
    let found = match db {
        Db::Sqlite { .. } => query("select count(*) from sqlite_schema where name = '_sqlx_migrations'"),
        Db::Postgres(_) => {
            query("select count(*) from (select to_regclass('_sqlx_migrations') as found) t where found is not null")
        }
    };
    let (count,): (i64,) = found.one(db).await?;
    Ok(count > 0)
}

/// `url` without the password of a PostgreSQL address, and whether there was one. What is shown of an address that is
/// written wrongly must not hold its password either.
pub fn without_password(url: &str) -> (String, bool) {
    let Some((scheme, rest)) = url.split_once(':').filter(|(scheme, _)| scheme.starts_with("postgres")) else {
        return (url.to_owned(), false);
    };
    let slashes = rest.len() - rest.trim_start_matches('/').len();
    let (slashes, rest) = rest.split_at(slashes);
    // A password may hold an @ or a ? that should have been escaped: everything up to the last @ is the user's.
    let (user, place) = rest.rsplit_once('@').unwrap_or(("", rest));
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let (place, query) = place.split_once('?').unwrap_or((place, ""));
    // Whoever escapes a letter of the word hides it from the reader, not from the server.
    let is_password = |pair: &str| {
        let name = pair.split('=').next().unwrap_or_default();
        name.contains('%') || name.to_ascii_lowercase().contains("password")
    };
    let (secret, kept): (Vec<&str>, Vec<&str>) = query.split('&').partition(|pair| is_password(pair));
    if password.is_empty() && secret.is_empty() {
        return (url.to_owned(), false);
    }
    let mut bare = format!("{scheme}:{slashes}");
    if !name.is_empty() {
        bare += &format!("{name}@");
    }
    bare += place;
    let kept = kept.join("&");
    if !kept.is_empty() {
        bare += &format!("?{kept}");
    }
    (bare, true)
}

/// The file of a `sqlite:PATH` address; `None` for a server.
pub fn file_of(url: &str) -> Option<PathBuf> {
    crate::config::sqlite_file(url).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn the_password_of_an_address_is_found_wherever_it_stands() {
        for (url, bare) in [
            ("postgres://linekey:s3cret@db/linekey", "postgres://linekey@db/linekey"),
            (
                "postgres://linekey:a@b:c@db:5432/linekey?sslmode=require",
                "postgres://linekey@db:5432/linekey?sslmode=require",
            ),
            (
                "postgres://linekey@db/linekey?password=x&sslmode=require",
                "postgres://linekey@db/linekey?sslmode=require",
            ),
            ("postgres://lk:S3c?ret@db/linekey", "postgres://lk@db/linekey"),
            ("postgres:lk:s3cret@db/linekey", "postgres:lk@db/linekey"),
            ("postgres://lk@db/linekey?p%61ssword=s3cret", "postgres://lk@db/linekey"),
            (
                "postgresql://lk@db/linekey?sslpassword=s3cret",
                "postgresql://lk@db/linekey",
            ),
        ] {
            assert_eq!(without_password(url), (bare.to_owned(), true));
        }
        for url in [
            "postgres://linekey@db/linekey",
            "sqlite:linekey.db",
            "postgres:///linekey",
        ] {
            assert_eq!(without_password(url), (url.to_owned(), false));
        }
    }
}
