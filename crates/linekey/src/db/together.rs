//! Transactions that wait for the one writer of a SQLite file at the same time, as one.
//!
//! Each alone would be a way to the writer's thread and back and a write that reaches the disk. People who sign in at the
//! same time come in groups, since the threads that hash do, and what is the same for all of them goes there once. Nobody
//! is told of anything before it is durable, and what one of them breaks is not the others' loss.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sqlx::FromRow;
use sqlx::sqlite::SqliteRow;
use tokio::sync::oneshot;

use super::dialect;
use super::query::Query;
use super::writer::{Held, Said, Writer};

/// How many go together at most: each number makes a text of its own, which SQLite reads once and remembers.
const MOST: usize = 4;

/// The transactions that wait.
#[derive(Debug, Default)]
pub(super) struct Queue(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    transactions: VecDeque<Waits>,
    /// Whether somebody runs them.
    is_served: bool,
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

    /// Whether nothing waits, and whoever runs what waits may end.
    fn is_over(&self) -> bool {
        let mut waiting = self.waiting();
        waiting.is_served = !waiting.transactions.is_empty();
        !waiting.is_served
    }

    /// Those that are run next: the first, and others of the same statements; nobody, when all have given up.
    fn next(&self) -> Vec<Waits> {
        let transactions = &mut self.waiting().transactions;
        // Whoever has given up waiting wants nothing any more.
        transactions.retain(|waits| !waits.told.is_closed());
        let mut next = Vec::from_iter(transactions.pop_front());
        let mut at = 0;
        while next.len() < MOST && at < transactions.len() {
            if transactions[at].is_like(&next[0]) {
                next.extend(transactions.remove(at));
            } else {
                at += 1;
            }
        }
        next
    }

    /// All that wait.
    fn all(&self) -> Vec<Waits> {
        self.waiting().transactions.drain(..).collect()
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
        let is_served = {
            let mut waiting = self.queue().waiting();
            waiting.transactions.push_back(Waits { statements, told });
            std::mem::replace(&mut waiting.is_served, true)
        };
        if !is_served {
            tokio::spawn(serve(Serving(Some(self.clone()))));
        }
        said.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
    }
}

/// Whoever runs what waits. If it ends before it is through, with its runtime or by a defect, nobody waits for it for ever.
struct Serving(Option<Writer>);

impl Drop for Serving {
    fn drop(&mut self) {
        if let Some(writer) = &self.0 {
            let mut waiting = writer.queue().waiting();
            waiting.transactions.clear();
            waiting.is_served = false;
        }
    }
}

/// Runs what waits until nothing does.
async fn serve(mut serving: Serving) {
    let Some(writer) = serving.0.clone() else { return };
    loop {
        // Whoever is about to come comes first.
        tokio::task::yield_now().await;
        if writer.queue().is_over() {
            serving.0 = None;
            return;
        }
        let goes_on = match writer.hold().await {
            Ok(held) => run(&writer, held, writer.queue().next()).await,
            Err(error) => {
                fail(writer.queue().all(), error);
                true
            }
        };
        if !goes_on {
            fail(writer.queue().all(), sqlx::Error::PoolTimedOut);
        }
    }
}

/// Runs these and tells each. False: another process writes for as long as anybody is to wait, or nobody can write, and
/// whoever waits is to hear of it now, not after others.
async fn run(writer: &Writer, held: Held, next: Vec<Waits>) -> bool {
    let statements = next.iter().map(|waits| waits.statements.clone()).collect();
    match held.whole(statements).await {
        Ok(said) => {
            for (waits, said) in next.into_iter().zip(said) {
                let _ = waits.told.send(Ok(said));
            }
            true
        }
        // All was rolled back. Whose fault it was shows when each is on its own.
        Err(error) if is_of_one(&error) && next.len() > 1 => {
            let mut next = next.into_iter();
            while let Some(alone) = next.next() {
                let goes_on = match writer.hold().await {
                    Ok(held) => Box::pin(run(writer, held, vec![alone])).await,
                    Err(error) => {
                        fail(vec![alone], error);
                        false
                    }
                };
                if !goes_on {
                    fail(next.collect(), sqlx::Error::PoolTimedOut);
                    return false;
                }
            }
            true
        }
        Err(error) => {
            let goes_on = is_of_one(&error);
            fail(next, error);
            goes_on
        }
    }
}

/// Whether another transaction need not meet this error too.
fn is_of_one(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(said) if !said.code().is_some_and(|code| dialect::is_busy(&code)))
}

fn fail(waits: Vec<Waits>, error: sqlx::Error) {
    let errors = std::iter::once(error).chain(std::iter::repeat_with(|| sqlx::Error::PoolTimedOut));
    for (waits, error) in waits.into_iter().zip(errors) {
        let _ = waits.told.send(Err(error));
    }
}
