//! The two engines, SQLite and PostgreSQL, behind one face: one text of each statement runs on both.
//!
//! Owns pools, transactions and the start-up checks. What differs between the engines is in [`dialect`] alone.

#[cfg(test)]
pub(crate) mod counted;
pub mod dialect;
pub mod like;
mod migrate;
#[cfg(test)]
mod plan_tests;
mod query;
mod readers;
#[cfg(test)]
mod tests;
mod together;
#[cfg(test)]
mod together_tests;
mod writer;

pub use dialect::{Closed, ServerLock, close_up, file_of, without_password};
pub use migrate::{Migrated, newest_schema};
pub use query::{Alone, FromAnyRow, Query, Value, Via, query};
pub use readers::Readers;
pub use writer::{Writer, Writing};

use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::{PgPool, Postgres};

use crate::error::{Error, Result};

/// How many connections a portal keeps open.
#[derive(Clone, Copy, Debug)]
pub struct PoolSizes {
    /// Connections that read, on SQLite; on PostgreSQL all connections.
    pub connections: u32,
}

/// The database of this portal. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Db {
    /// One file: any number of readers and one writer.
    Sqlite {
        /// Connections that only read.
        readers: Readers,
        /// The one connection that writes.
        writer: Writer,
    },
    /// A server.
    Postgres(PgPool),
}

/// A transaction that may write. Dropped without [`Tx::commit`] it never happened.
#[derive(Debug)]
pub enum Tx {
    /// On SQLite.
    Sqlite(Writing),
    /// On PostgreSQL, at READ COMMITTED.
    Postgres(sqlx::Transaction<'static, Postgres>),
}

impl Db {
    /// Opens the database at `url` (`sqlite:PATH` or `postgres://..`), checks the engine's version and settings, and
    /// brings the schema up to date.
    ///
    /// # Errors
    /// When the engine is too old, its settings did not take, or the schema is newer than this program.
    pub async fn open(url: &str, sizes: PoolSizes) -> anyhow::Result<Self> {
        let db = Self::connect(url, sizes).await?;
        db.migrate().await?;
        Ok(db)
    }

    /// Opens the database at `url` and checks the engine, but leaves the schema as it is.
    ///
    /// # Errors
    /// When the engine is too old, or its settings did not take.
    pub async fn connect(url: &str, sizes: PoolSizes) -> anyhow::Result<Self> {
        if url.starts_with("sqlite:") {
            dialect::open_sqlite(url, sizes).await
        } else {
            dialect::open_postgres(url, sizes).await
        }
    }

    /// Opens the SQLite file `path`, whatever its name is made of, as [`Db::connect`] does.
    ///
    /// # Errors
    /// As [`Db::connect`].
    pub async fn connect_file(path: &std::path::Path, sizes: PoolSizes) -> anyhow::Result<Self> {
        dialect::open_sqlite_path(path, sizes).await
    }

    /// Opens a SQLite file that nobody writes to, to read it: nothing is changed, and no file made beside it.
    ///
    /// # Errors
    /// When it is no SQLite file.
    pub async fn look_at(path: &std::path::Path) -> Result<Self> {
        Ok(dialect::look_at(path).await?)
    }

    /// Writes a copy of a SQLite database, as it is at one moment, into the empty file `path`. Others go on reading and
    /// writing meanwhile.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn copy_into(&self, path: &std::path::Path) -> anyhow::Result<()> {
        dialect::copy_into(self, path).await
    }

    /// What SQLite finds wrong in its file; nothing if the file is whole.
    pub async fn faults(&self) -> Vec<String> {
        dialect::faults(self).await
    }

    /// Brings the schema up to date and says what that took.
    ///
    /// # Errors
    /// When the schema is newer than this program, or a migration fails: then it has changed nothing.
    pub async fn migrate(&self) -> anyhow::Result<Migrated> {
        migrate::to_latest(self).await
    }

    /// Checks that the schema is the one that this program knows. A command beside a running server must not bring it up
    /// to date: that server, of an older version, could not start again.
    ///
    /// # Errors
    /// When it is older or newer, with what to do.
    pub async fn is_current(&self) -> anyhow::Result<()> {
        migrate::is_current(self).await
    }

    /// What runs the database: `SQLite 3.51.3`, `PostgreSQL 17.2`.
    pub async fn engine(&self) -> Result<String> {
        dialect::engine(self).await
    }

    /// The number of the last migration that was applied; `None` for a database that Linekey has not seen.
    pub async fn schema(&self) -> Result<Option<i64>> {
        if !dialect::has_migrations(self).await? {
            return Ok(None);
        }
        let (version,): (Option<i64>,) = query("select max(version) as version from _sqlx_migrations")
            .one(self)
            .await?;
        Ok(version)
    }

    /// Begins a transaction that may write.
    pub async fn begin(&self) -> Result<Tx> {
        #[cfg(test)]
        counted::count(self);
        Ok(match self {
            Self::Sqlite { writer, .. } => Tx::Sqlite(Writing::new(writer.hold().await?)),
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// The same for one that asks nothing before its commit, and says little: on SQLite it is committed together with others
    /// that are like it and end at the same time. The first statement whose answer somebody waits for, and the sixteenth,
    /// make it like any other. Whoever is gone before the commit has ended may have done it, and [`commits`] is as it was.
    pub async fn begin_later(&self) -> Result<Tx> {
        match self {
            Self::Sqlite { writer, .. } => {
                #[cfg(test)]
                counted::count(self);
                Ok(Tx::Sqlite(Writing::away(writer.clone())))
            }
            Self::Postgres(_) => self.begin().await,
        }
    }

    /// Whether a transaction can write at this moment: one does.
    pub async fn is_writable(&self) -> bool {
        let wrote = async {
            let mut tx = self.begin().await?;
            query(
                "insert into portal (name, value) values ('probe', 'written')
                 on conflict (name) do update set value = excluded.value",
            )
            .run(&mut tx)
            .await?;
            tx.commit().await
        };
        wrote.await.is_ok()
    }

    /// What this database is for, such as `demo`; nothing for one that was just made.
    pub async fn kind(&self) -> Result<Option<String>> {
        let row: Option<(String,)> = query("select value from portal where name = 'kind'")
            .optional(self)
            .await?;
        Ok(row.map(|(kind,)| kind))
    }

    /// Closes every connection; on SQLite this also checkpoints the log into the file.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    /// Says what this database is for, once and for all.
    pub async fn mark(&mut self, kind: &str) -> Result<()> {
        query("insert into portal (name, value) values ('kind', $1)")
            .bind(kind)
            .run(self)
            .await?;
        Ok(())
    }

    /// Makes everything since [`Db::begin`] durable, all of it or nothing.
    ///
    /// # Errors
    /// [`Error::Unknown`] when the server was lost before it answered: it may have done it.
    pub async fn commit(self) -> Result<()> {
        self.commit_counted().await.map(|_| ())
    }

    /// The same, and what [`commits`] became by it.
    ///
    /// # Errors
    /// Those of [`Tx::commit`].
    pub async fn commit_counted(self) -> Result<u64> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => match tx.commit().await {
                Err(said @ sqlx::Error::Database(_)) => return Err(said.into()),
                Err(lost) => return Err(Error::Unknown(lost)),
                Ok(()) => {}
            },
        }
        Ok(COMMITS.fetch_add(1, Ordering::AcqRel) + 1)
    }
}

static COMMITS: AtomicU64 = AtomicU64::new(0);

/// Transactions that this process has committed. Who knows something by heart looks again once it is another number.
pub fn commits() -> u64 {
    COMMITS.load(Ordering::Acquire)
}
