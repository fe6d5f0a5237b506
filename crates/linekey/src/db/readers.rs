//! The connections that only read a SQLite file.
//!
//! Each is a thread of sqlx's, and each word with it costs a way there and back. sqlx's own pool asks a connection that
//! is handed out or comes back whether it still lives, which would make three ways of one; a file does not hang up.

use std::sync::{Arc, Mutex, PoisonError};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::dialect::SQLITE_WAIT;

/// Connections that are opened when they are needed and kept. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Readers(Arc<Kept>);

#[derive(Debug)]
struct Kept {
    options: SqliteConnectOptions,
    idle: Mutex<Vec<SqliteConnection>>,
    room: Semaphore,
}

/// A connection in use by one statement. One that is not put back is closed.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    pub(super) connection: SqliteConnection,
    _room: SemaphorePermit<'a>,
}

impl Readers {
    /// Room for `most` connections; none is opened yet.
    pub(super) fn new(options: SqliteConnectOptions, most: u32) -> Self {
        Self(Arc::new(Kept {
            options,
            idle: Mutex::default(),
            room: Semaphore::new(usize::try_from(most).unwrap_or(Semaphore::MAX_PERMITS)),
        }))
    }

    /// The connection that was used last, whose pages are at hand, or a new one.
    ///
    /// # Errors
    /// When all stay in use for [`SQLITE_WAIT`], the file cannot be opened, or the readers are closed.
    pub(super) async fn take(&self) -> Result<Reader<'_>, sqlx::Error> {
        let room = tokio::time::timeout(SQLITE_WAIT, self.0.room.acquire())
            .await
            .map_err(|_| sqlx::Error::PoolTimedOut)?
            .map_err(|_| sqlx::Error::PoolClosed)?;
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.0.options.connect().await?,
        };
        Ok(Reader {
            connection,
            _room: room,
        })
    }

    /// Keeps a connection for the next statement. Only one whose statement ended well: what one that was given up
    /// half-way, or that failed, is at, nobody knows.
    pub(super) fn put_back(&self, reader: Reader<'_>) {
        if !self.0.room.is_closed() {
            self.idle().push(reader.connection);
        }
    }

    /// Closes the connections; none is handed out any more.
    pub(super) async fn close(&self) {
        self.0.room.close();
        let idle = std::mem::take(&mut *self.idle());
        for connection in idle {
            let _ = connection.close().await;
        }
    }

    /// The file, for stories.
    #[cfg(test)]
    pub(super) fn file(&self) -> String {
        self.0.options.get_filename().display().to_string()
    }

    /// The list is changed by one call at a time, so a poisoned lock is as good as any.
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<SqliteConnection>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
