//! Transactions that wait for the one writer of a SQLite file at the same time, as one.
//!
//! Each alone would be a way to the writer's thread and back and a write that reaches the disk. People who sign in at the
//! same time come in groups, since the threads that hash do, and what is the same for all of them goes there once. Nobody
//! is told of anything before it is durable, and what one of them breaks is not the others' loss.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sqlx::FromRow;
use sqlx::error::DatabaseError;
use sqlx::sqlite::SqliteRow;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::dialect;
use super::query::Query;
use super::writer::{Held, Said, Writer, Writing};

/// How many go together at most: each number makes a text of its own, which SQLite reads once and remembers.
const MOST: usize = 4;

/// The transactions that wait.
#[derive(Debug, Default)]
pub(super) struct Queue(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    transactions: VecDeque<Waits>,
    /// Who runs them. Ended, if it ended before it was through.
    runner: Option<JoinHandle<()>>,
}

/// One of them, and who is to hear what its last statement said.
#[derive(Debug)]
struct Waits {
    statements: Vec<Query>,
    told: oneshot::Sender<Result<Said, sqlx::Error>>,
}

impl Waits {
    fn is_like(&self, other: &Self) -> bool {
        self.statements.len() == other.statements.len()
            && (self.statements.iter().zip(&other.statements)).all(|(one, other)| one.is_like(other))
    }
}

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those that are run next: the first, and others of the same statements. None: the runner has ended.
    fn next(&self) -> Option<Vec<Waits>> {
        let mut waiting = self.waiting();
        let waiting = &mut *waiting;
        // Whoever has given up waiting wants nothing any more.
        waiting.transactions.retain(|waits| !waits.told.is_closed());
        let Some(first) = waiting.transactions.pop_front() else {
            waiting.runner = None;
            return None;
        };
        let mut next = vec![first];
        let mut at = 0;
        while next.len() < MOST && at < waiting.transactions.len() {
            if waiting.transactions[at].is_like(&next[0]) {
                next.extend(waiting.transactions.remove(at));
            } else {
                at += 1;
            }
        }
        Some(next)
    }
}

impl Writer {
    /// Runs the statement as a transaction of its own and says how many rows it changed.
    pub(super) async fn run(&self, statement: Query) -> Result<u64, sqlx::Error> {
        Ok(self.together(vec![statement]).await?.changed)
    }

    /// The row of the statement, a transaction of its own, if there is one.
    pub(super) async fn optional<T>(&self, statement: Query) -> Result<Option<T>, sqlx::Error>
    where
        T: for<'r> FromRow<'r, SqliteRow>,
    {
        let said = self.together(vec![statement]).await?;
        said.rows.first().map(T::from_row).transpose()
    }

    /// All rows of the statement, a transaction of its own.
    pub(super) async fn all<T>(&self, statement: Query) -> Result<Vec<T>, sqlx::Error>
    where
        T: for<'r> FromRow<'r, SqliteRow>,
    {
        self.together(vec![statement])
            .await?
            .rows
            .iter()
            .map(T::from_row)
            .collect()
    }

    /// Runs the statements as one transaction and says what the last one did.
    pub(super) async fn together(&self, statements: Vec<Query>) -> Result<Said, sqlx::Error> {
        let (told, said) = oneshot::channel();
        {
            let mut waiting = self.queue().waiting();
            waiting.transactions.push_back(Waits { statements, told });
            if waiting.runner.as_ref().is_none_or(JoinHandle::is_finished) {
                waiting.runner = Some(tokio::spawn(serve(self.clone())));
            }
        }
        said.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
    }
}

/// Runs what waits until nothing does.
async fn serve(writer: Writer) {
    loop {
        // Whoever is about to come comes first.
        tokio::task::yield_now().await;
        let held = writer.hold().await;
        let Some(next) = writer.queue().next() else { return };
        match held {
            Ok(held) => run(&writer, held, next).await,
            Err(error) => fail(next, error),
        }
    }
}

async fn run(writer: &Writer, held: Held, mut next: Vec<Waits>) {
    // Others' statements are kept for when each has to be tried on its own.
    let statements = if next.len() == 1 {
        next.iter_mut()
            .map(|waits| std::mem::take(&mut waits.statements))
            .collect()
    } else {
        next.iter().map(|waits| waits.statements.clone()).collect()
    };
    match Writing::new(held).whole(statements).await {
        Ok(said) => {
            for (waits, said) in next.into_iter().zip(said) {
                let _ = waits.told.send(Ok(said));
            }
        }
        // All was rolled back. Whose fault it was shows when each is on its own.
        Err(sqlx::Error::Database(said)) if next.len() > 1 && !is_busy(&*said) => {
            for waits in next {
                let said = match writer.hold().await {
                    Ok(held) => Writing::new(held).whole(vec![waits.statements]).await,
                    Err(error) => Err(error),
                };
                let _ = waits.told.send(said.map(|mut said| said.pop().unwrap_or_default()));
            }
        }
        Err(error) => fail(next, error),
    }
}

/// Another process writes for so long that nobody should wait for it a second time.
fn is_busy(said: &dyn DatabaseError) -> bool {
    said.code().is_some_and(|code| dialect::is_busy(&code))
}

fn fail(waits: Vec<Waits>, error: sqlx::Error) {
    let errors = std::iter::once(error).chain(std::iter::repeat_with(|| sqlx::Error::PoolTimedOut));
    for (waits, error) in waits.into_iter().zip(errors) {
        let _ = waits.told.send(Err(error));
    }
}
