//! The one connection that writes a SQLite file, and its transactions.
//!
//! It is a thread of sqlx's, and each word with it costs a way there and back, on which others use the processor and its
//! caches. What nobody waits for the answer of therefore travels with what comes next: `begin immediate` with the first
//! statement, [`Query::later`] with the next one, the last ones with `commit`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{FutureExt, TryStreamExt};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{ConnectOptions, Connection, Either, Executor, FromRow};
use tokio::sync::OwnedMutexGuard;

use super::dialect::SQLITE_WAIT;
use super::query::{Bound, Query};

/// Statements that wait at most: texts of many are many texts, each of which SQLite has to read once and to remember.
const MOST: usize = 16;

/// A connection that is opened when it is needed and kept. SQLite has one writer at a time, so a queue of ours beats its
/// BUSY. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Writer(Arc<Kept>);

#[derive(Debug)]
struct Kept {
    options: SqliteConnectOptions,
    connection: Arc<tokio::sync::Mutex<Option<SqliteConnection>>>,
    is_closed: AtomicBool,
}

/// The connection, for as long as nobody else has it.
#[derive(Debug)]
pub(crate) struct Held(OwnedMutexGuard<Option<SqliteConnection>>);

impl Writer {
    /// None is opened yet.
    pub(super) fn new(options: SqliteConnectOptions) -> Self {
        Self(Arc::new(Kept {
            options,
            connection: Arc::default(),
            is_closed: AtomicBool::new(false),
        }))
    }

    /// Waits until nobody else has the connection.
    ///
    /// # Errors
    /// When others have it for [`SQLITE_WAIT`], the file cannot be opened, or the writer is closed.
    pub(crate) async fn hold(&self) -> Result<Held, sqlx::Error> {
        let connection = Arc::clone(&self.0.connection).lock_owned();
        let mut connection = tokio::time::timeout(SQLITE_WAIT, connection)
            .await
            .map_err(|_| sqlx::Error::PoolTimedOut)?;
        if self.0.is_closed.load(Ordering::Acquire) {
            return Err(sqlx::Error::PoolClosed);
        }
        if connection.is_none() {
            *connection = Some(self.0.options.connect().await?);
        }
        Ok(Held(connection))
    }

    /// Closes the connection, which brings the log into the file; it is not opened again.
    pub(super) async fn close(&self) {
        self.0.is_closed.store(true, Ordering::Release);
        let connection = self.0.connection.lock().await.take();
        if let Some(connection) = connection {
            let _ = connection.close().await;
        }
    }
}

impl Held {
    /// The connection itself.
    ///
    /// # Errors
    /// When it was let go of after a failure.
    pub(crate) fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        self.0.as_mut().ok_or(sqlx::Error::WorkerCrashed)
    }

    /// Lets go of a connection that is of no use any more, as what it said tells.
    pub(super) fn after<T>(&mut self, said: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        let is_useless = match &said {
            Ok(_) => false,
            // SQLITE_ERROR: a rollback failed, and so would every transaction; or the schema is another. What SQLite
            // remembers of a text that fits no more must not be used again: sqlx dies of it at the second failure.
            Err(sqlx::Error::Database(error)) => error.code().as_deref() == Some("1"),
            Err(error) => matches!(error, sqlx::Error::WorkerCrashed),
        };
        if is_useless {
            self.0.take();
        }
        said
    }
}

/// A transaction, begun IMMEDIATE with its first statement: a deferred one is refused when it first writes beside another
/// writer. Dropped before it is committed it never happened.
#[derive(Debug)]
pub struct Writing {
    held: Held,
    state: State,
    /// What travels with the next statement, in order.
    waiting: Vec<Query>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing was said yet.
    Fresh,
    Begun,
    /// A statement failed, or nobody waited for its end. As on PostgreSQL, none follows it.
    Failed,
}

impl Writing {
    pub(super) fn new(held: Held) -> Self {
        Self {
            held,
            state: State::Fresh,
            waiting: Vec::new(),
        }
    }

    /// Runs this before the next statement, in one go.
    pub(super) async fn later(&mut self, statement: Query) -> Result<(), sqlx::Error> {
        self.waiting.push(statement);
        if self.waiting.len() < MOST {
            return Ok(());
        }
        let joined = self.joined(None)?;
        self.say(joined).await.map(drop)
    }

    /// The same, and fails unless it changes one row: what is behind it runs at once, and must not then.
    pub(super) async fn later_once(&mut self, statement: Query) -> Result<(), sqlx::Error> {
        self.waiting.push(statement);
        self.later(Query::of(
            "select 1 where json(case changes() when 1 then '1' else 'no row was changed' end) is null",
        ))
        .await
    }

    /// Runs the statement and says how many rows it changed.
    pub(super) async fn run(&mut self, statement: Query) -> Result<u64, sqlx::Error> {
        let joined = self.joined(Some(statement))?;
        self.say(joined).await
    }

    /// Runs them all, and says how many rows the last one changed.
    async fn say(&mut self, joined: Bound) -> Result<u64, sqlx::Error> {
        let changed = async {
            let (mut changed, mut open) = (0, joined.count);
            let mut said = self.held.connection()?.fetch_many(joined.statement());
            while let Some(part) = said.try_next().await? {
                if let Either::Left(result) = part {
                    (changed, open) = (result.rows_affected(), open.saturating_sub(1));
                }
            }
            // A thread that died in between says nothing more.
            if open == 0 {
                Ok(changed)
            } else {
                Err(sqlx::Error::WorkerCrashed)
            }
        };
        let changed = changed.await;
        self.ended(changed)
    }

    /// The row of the statement, if there is one.
    pub(super) async fn optional<T>(&mut self, statement: Query) -> Result<Option<T>, sqlx::Error>
    where
        T: for<'r> FromRow<'r, SqliteRow>,
    {
        let joined = self.joined(Some(statement))?;
        let row = self.held.connection()?.fetch_optional(joined.statement()).await;
        self.ended(row)?.map(|row| T::from_row(&row)).transpose()
    }

    /// All rows of the statement.
    pub(super) async fn all<T>(&mut self, statement: Query) -> Result<Vec<T>, sqlx::Error>
    where
        T: for<'r> FromRow<'r, SqliteRow>,
    {
        let joined = self.joined(Some(statement))?;
        let rows = self.held.connection()?.fetch_all(joined.statement()).await;
        self.ended(rows)?.iter().map(T::from_row).collect()
    }

    /// Makes it durable, all of it or nothing.
    pub(super) async fn commit(mut self) -> Result<(), sqlx::Error> {
        if self.state == State::Fresh && self.waiting.is_empty() {
            return Ok(());
        }
        let joined = self.joined(Some(Query::of("commit")))?;
        self.say(joined).await?;
        // Nothing is left to roll back.
        self.state = State::Fresh;
        Ok(())
    }

    /// What waits and this, as one. Until [`Writing::ended`] it counts as failed.
    fn joined(&mut self, last: Option<Query>) -> Result<Bound, sqlx::Error> {
        let begin = match self.state {
            State::Failed => return Err(sqlx::Error::Protocol("the transaction has failed".to_owned())),
            State::Fresh => Some(Query::of("begin immediate")),
            State::Begun => None,
        };
        self.state = State::Failed;
        Ok(Query::joined(
            begin.into_iter().chain(self.waiting.drain(..)).chain(last),
        ))
    }

    fn ended<T>(&mut self, said: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        if said.is_ok() {
            self.state = State::Begun;
        }
        self.held.after(said)
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if self.state == State::Fresh {
            return;
        }
        let Ok(connection) = self.held.connection() else { return };
        // It is on its way before anybody else has the connection, and nobody waits for its answer. Where nothing was begun,
        // or SQLite has rolled back by itself, on a full disk, it is refused.
        let rollback = Query::joined(std::iter::once(Query::of("rollback")));
        let _ = connection.execute(rollback.statement()).now_or_never();
    }
}
