//! The one connection that writes a SQLite file, and its transactions.
//!
//! It is a thread of sqlx's, and each word with it costs a way there and back, on which others use the processor and its
//! caches. What nobody waits for the answer of therefore travels with what comes next: `begin immediate` with the first
//! statement, [`Query::later`] with the next one, the last ones with `commit`. Transactions that ask nothing before their
//! commit travel together ([`super::together`]).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::{FutureExt, StreamExt, TryStreamExt};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{ConnectOptions, Connection, Either, Executor, FromRow};
use tokio::sync::{Notify, OwnedMutexGuard};

use super::dialect::SQLITE_WAIT;
use super::query::{Bound, Query};
use super::together::Queue;

/// Statements that wait at most: texts of many are many texts, each of which SQLite has to read once and to remember.
const MOST: usize = 16;
/// How long nobody listens to statements on their way to a commit, if SQLite does not come to it: one of them failed,
/// another process writes, or they say more than is [`BUFFERED`].
const QUIET: Duration = Duration::from_millis(10);
/// What SQLite's thread may say before anybody listens: of each statement, and each row. Four transactions of 16 and more.
const BUFFERED: usize = 128;

/// A connection that is opened when it is needed and kept. SQLite has one writer at a time, so a queue of ours beats its
/// BUSY. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Writer(Arc<Kept>);

#[derive(Debug)]
struct Kept {
    options: SqliteConnectOptions,
    connection: Arc<tokio::sync::Mutex<Option<SqliteConnection>>>,
    is_closed: AtomicBool,
    /// Told when SQLite is about to commit.
    committing: Arc<Notify>,
    /// Transactions that ask nothing, for [`Writer::together`].
    queue: Queue,
}

/// The connection, for as long as nobody else has it.
#[derive(Debug)]
pub(crate) struct Held {
    connection: OwnedMutexGuard<Option<SqliteConnection>>,
    committing: Arc<Notify>,
}

impl Writer {
    /// None is opened yet.
    pub(super) fn new(options: SqliteConnectOptions) -> Self {
        Self(Arc::new(Kept {
            options: options.row_buffer_size(BUFFERED),
            connection: Arc::default(),
            is_closed: AtomicBool::new(false),
            committing: Arc::default(),
            queue: Queue::default(),
        }))
    }

    pub(super) fn queue(&self) -> &Queue {
        &self.0.queue
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
        let committing = Arc::clone(&self.0.committing);
        if connection.is_none() {
            let mut opened = self.0.options.connect().await?;
            let told = Arc::clone(&committing);
            opened.lock_handle().await?.set_commit_hook(move || {
                told.notify_one();
                true
            });
            *connection = Some(opened);
        }
        Ok(Held { connection, committing })
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
        self.connection.as_mut().ok_or(sqlx::Error::WorkerCrashed)
    }

    /// Runs a statement that must be in no transaction.
    pub(super) async fn run(mut self, statement: Query) -> Result<(), sqlx::Error> {
        let joined = Query::joined(std::iter::once(statement));
        let said = self.connection()?.execute(joined.statement()).await;
        self.after(said).map(drop)
    }

    /// Runs these transactions, of one statement at least each, as one, and says what the last statement of each did.
    pub(super) async fn whole(mut self, transactions: Vec<Vec<Query>>) -> Result<Vec<Said>, sqlx::Error> {
        if let [alone] = &transactions[..]
            && alone.len() == 1
        {
            // A transaction by itself.
            let said = self.say(Query::joined(transactions.into_iter().flatten())).await;
            return self.after(said);
        }
        let mut tx = Writing::new(self);
        // `begin immediate` comes before them.
        let mut ends = Vec::with_capacity(transactions.len());
        for statements in transactions {
            tx.waiting.extend(statements);
            ends.push(tx.waiting.len());
        }
        let mut said = tx.end().await?;
        let last = |end| said.get_mut(end).map(std::mem::take).ok_or(sqlx::Error::WorkerCrashed);
        ends.into_iter().map(last).collect()
    }

    /// Runs them all, and says what each did.
    async fn say(&mut self, joined: Bound) -> Result<Vec<Said>, sqlx::Error> {
        let (count, commits) = (joined.count, joined.commits);
        let committing = Arc::clone(&self.committing);
        let mut parts = self.connection()?.fetch_many(joined.statement());
        let mut first = None;
        if commits {
            // What an earlier commit told nobody.
            let _ = committing.notified().now_or_never();
            // The first look sends them. SQLite's thread says something of each statement, and whoever listened would be
            // woken by each, for nothing.
            match parts.next().now_or_never() {
                Some(part) => first = part.transpose()?,
                None => drop(tokio::time::timeout(QUIET, committing.notified()).await),
            }
        }
        let (mut said, mut rows) = (Vec::with_capacity(count), Vec::new());
        loop {
            let part = match first.take() {
                Some(part) => Some(part),
                None => parts.try_next().await?,
            };
            match part {
                Some(Either::Right(row)) => rows.push(row),
                Some(Either::Left(result)) => said.push(Said {
                    changed: result.rows_affected(),
                    rows: std::mem::take(&mut rows),
                }),
                None => break,
            }
        }
        // A thread that died in between says nothing more.
        if said.len() == count {
            Ok(said)
        } else {
            Err(sqlx::Error::WorkerCrashed)
        }
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
            self.connection.take();
        }
        said
    }
}

/// What a statement did.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// How many rows it changed.
    pub(super) changed: u64,
    /// The rows it returned.
    pub(super) rows: Vec<SqliteRow>,
}

/// A transaction, begun IMMEDIATE with its first statement: a deferred one is refused when it first writes beside another
/// writer. Dropped before it is committed it never happened.
#[derive(Debug)]
pub struct Writing {
    place: Place,
    state: State,
    /// What travels with the next statement, in order.
    waiting: Vec<Query>,
}

/// Where it is.
#[derive(Debug)]
enum Place {
    /// At the connection.
    Held(Held),
    /// Not there yet: it asks nothing before its commit, or has not yet.
    Away(Writer),
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
        Self::at(Place::Held(held))
    }

    /// One that takes the connection when it first asks something. If it never does, it is committed together with
    /// others that are like it.
    pub(super) fn away(writer: Writer) -> Self {
        Self::at(Place::Away(writer))
    }

    fn at(place: Place) -> Self {
        Self {
            place,
            state: State::Fresh,
            waiting: Vec::new(),
        }
    }

    async fn held(&mut self) -> Result<&mut Held, sqlx::Error> {
        if let Place::Away(writer) = &self.place {
            self.place = Place::Held(writer.hold().await?);
        }
        match &mut self.place {
            Place::Held(held) => Ok(held),
            Place::Away(_) => Err(sqlx::Error::WorkerCrashed),
        }
    }

    /// Runs this before the next statement, in one go.
    pub(super) async fn later(&mut self, statement: Query) -> Result<(), sqlx::Error> {
        if self.state == State::Failed {
            return Err(has_failed());
        }
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
        let said = self.say(joined).await?;
        Ok(said.last().map_or(0, |said| said.changed))
    }

    /// Runs them all, and says what each did.
    async fn say(&mut self, joined: Bound) -> Result<Vec<Said>, sqlx::Error> {
        let said = async { self.held().await?.say(joined).await };
        let said = said.await;
        self.ended(said)
    }

    /// The row of the statement, if there is one.
    pub(super) async fn optional<T>(&mut self, statement: Query) -> Result<Option<T>, sqlx::Error>
    where
        T: for<'r> FromRow<'r, SqliteRow>,
    {
        let joined = self.joined(Some(statement))?;
        let row = self
            .held()
            .await?
            .connection()?
            .fetch_optional(joined.statement())
            .await;
        self.ended(row)?.map(|row| T::from_row(&row)).transpose()
    }

    /// All rows of the statement.
    pub(super) async fn all<T>(&mut self, statement: Query) -> Result<Vec<T>, sqlx::Error>
    where
        T: for<'r> FromRow<'r, SqliteRow>,
    {
        let joined = self.joined(Some(statement))?;
        let rows = self.held().await?.connection()?.fetch_all(joined.statement()).await;
        self.ended(rows)?.iter().map(T::from_row).collect()
    }

    /// Makes it durable, all of it or nothing.
    pub(super) async fn commit(mut self) -> Result<(), sqlx::Error> {
        if self.state == State::Fresh && self.waiting.is_empty() {
            return Ok(());
        }
        if let (State::Fresh, Place::Away(writer)) = (self.state, &self.place) {
            return writer.together(std::mem::take(&mut self.waiting)).await.map(drop);
        }
        self.end().await.map(drop)
    }

    /// Commits, and says what each statement did that waited.
    async fn end(mut self) -> Result<Vec<Said>, sqlx::Error> {
        let joined = self.joined(Some(Query::of("commit")))?;
        let said = self.say(joined).await?;
        // Nothing is left to roll back.
        self.state = State::Fresh;
        Ok(said)
    }

    /// What waits and this, as one. Until [`Writing::ended`] it counts as failed.
    fn joined(&mut self, last: Option<Query>) -> Result<Bound, sqlx::Error> {
        let begin = match self.state {
            State::Failed => return Err(has_failed()),
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
        match &mut self.place {
            Place::Held(held) => held.after(said),
            Place::Away(_) => said,
        }
    }
}

fn has_failed() -> sqlx::Error {
    sqlx::Error::Protocol("the transaction has failed".to_owned())
}

impl Drop for Writing {
    fn drop(&mut self) {
        if self.state == State::Fresh {
            return;
        }
        let Place::Held(held) = &mut self.place else { return };
        let Ok(connection) = held.connection() else { return };
        // It is on its way before anybody else has the connection, and nobody waits for its answer. Where nothing was begun,
        // or SQLite has rolled back by itself, on a full disk, it is refused.
        let rollback = Query::joined(std::iter::once(Query::of("rollback")));
        let _ = connection.execute(rollback.statement()).now_or_never();
    }
}
