//! A bounded pool of threads for work that must never run on the async threads.
//!
//! Owns the queue and the threads; a full queue refuses at once instead of letting people wait without end. Knows
//! nothing of what the jobs do: the state of each thread and the jobs come from the caller. A thread with nothing to do
//! gives its state back, and whoever has a page to show goes first.

use std::collections::VecDeque;
use std::io;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

/// How far the threads step back behind the others of the process (see nice(2)): a third of their share of a core where
/// both want it. A job takes milliseconds and its caller waits anyway; a page takes a tenth of one.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 5;

/// Results that a thread hands over together while jobs wait. What follows each of them takes a tenth of a job, and twice
/// that on a core whose caches a job has just filled.
const TOGETHER: usize = 4;

/// The pool did not do the job: its queue is full, or the job failed half-way. The door answers 503 with `Retry-After`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too much work at once")]
pub struct Overloaded;

/// Threads that each own a state `S` and do one job at a time, oldest job first. A thread that has had nothing to do for
/// a while drops its state, and makes another for its next job. Dropping the pool ends each thread after the job it is
/// at.
pub struct Pool<S> {
    shared: Arc<Shared<S>>,
}

struct Shared<S> {
    queue: Mutex<Queue<S>>,
    wake: Condvar,
    room: usize,
    rest_after: Duration,
}

struct Queue<S> {
    jobs: VecDeque<Box<dyn Job<S>>>,
    closed: bool,
}

impl<S: 'static> Pool<S> {
    /// Starts `threads` threads named `name`, each with a state of its own from `make`, which it drops after
    /// `rest_after` without a job; `room` jobs may wait.
    ///
    /// # Errors
    /// The system refused a thread; those already started end again.
    pub fn start<M>(
        name: &str,
        threads: NonZeroUsize,
        room: NonZeroUsize,
        rest_after: Duration,
        make: M,
    ) -> io::Result<Self>
    where
        M: Fn() -> S + Send + Sync + 'static,
    {
        let queue = Mutex::new(Queue {
            jobs: VecDeque::with_capacity(room.get()),
            closed: false,
        });
        let pool = Self {
            shared: Arc::new(Shared {
                queue,
                wake: Condvar::new(),
                room: room.get(),
                rest_after,
            }),
        };
        let make = Arc::new(make);
        for _ in 0..threads.get() {
            let (shared, make) = (Arc::clone(&pool.shared), Arc::clone(&make));
            thread::Builder::new()
                .name(name.to_owned())
                .spawn(move || shared.work(&*make))?;
        }
        Ok(pool)
    }

    /// Waits for a thread to do `job` and gives its result. If the caller stops waiting before the job has begun,
    /// no thread does it.
    ///
    /// # Errors
    /// [`Overloaded`], at once when the queue is full, or when the job panicked.
    pub async fn run<T, F>(&self, job: F) -> Result<T, Overloaded>
    where
        T: Send + 'static,
        F: FnOnce(&mut S) -> T + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.shared.put(Box::new(Asked { job, answer }))?;
        answered.await.map_err(|_| Overloaded)
    }

    /// How many jobs wait for a thread, those whose caller went away included.
    pub fn waiting(&self) -> usize {
        self.shared.queue().jobs.len()
    }
}

impl<S> Drop for Pool<S> {
    fn drop(&mut self) {
        let mut queue = self.shared.queue();
        queue.closed = true;
        queue.jobs.clear();
        self.shared.wake.notify_all();
    }
}

impl<S> Shared<S> {
    /// Jobs run outside the lock, so a panic cannot leave the queue half-changed: a poisoned lock is as good as any.
    fn queue(&self) -> MutexGuard<'_, Queue<S>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, job: Box<dyn Job<S>>) -> Result<(), Overloaded> {
        let mut queue = self.queue();
        if queue.jobs.len() >= self.room {
            // Or a flood of callers that hang up at once would keep everybody else out.
            queue.jobs.retain(|job| !job.abandoned());
        }
        if queue.jobs.len() >= self.room {
            return Err(Overloaded);
        }
        queue.jobs.push_back(job);
        self.wake.notify_one();
        Ok(())
    }

    fn work(&self, make: &dyn Fn() -> S) {
        step_back();
        let mut state = None;
        let mut done: Vec<Box<dyn FnOnce() + Send>> = Vec::with_capacity(TOGETHER);
        loop {
            // Whoever has results never waits, or others would wait for them.
            let waiting = if done.is_empty() {
                None
            } else {
                self.queue().jobs.pop_front()
            };
            let next = match waiting {
                Some(job) if done.len() < TOGETHER => Next::Job(job),
                waiting => {
                    done.drain(..).for_each(|hand_over| hand_over());
                    waiting.map_or_else(|| self.next(state.is_some()), Next::Job)
                }
            };
            match next {
                Next::Job(job) if job.abandoned() => {}
                Next::Job(job) => {
                    let work = || job.run(state.get_or_insert_with(make));
                    match catch_unwind(AssertUnwindSafe(work)) {
                        Ok(hand_over) => done.push(hand_over),
                        Err(_) => {
                            tracing::error!("a job of the work pool panicked; its thread goes on with a new state");
                            state = None;
                        }
                    }
                }
                Next::Rest => state = None,
                Next::End => return,
            }
        }
    }

    /// What a thread does next, as soon as there is something to do. One that `holds` a state may also be told to rest.
    fn next(&self, holds: bool) -> Next<S> {
        let idle = |queue: &mut Queue<S>| queue.jobs.is_empty() && !queue.closed;
        let (mut queue, waited_enough) = if holds {
            let waited = self.wake.wait_timeout_while(self.queue(), self.rest_after, idle);
            let (queue, waited) = waited.unwrap_or_else(PoisonError::into_inner);
            (queue, waited.timed_out())
        } else {
            let queue = self.wake.wait_while(self.queue(), idle);
            (queue.unwrap_or_else(PoisonError::into_inner), false)
        };
        match queue.jobs.pop_front() {
            Some(job) => Next::Job(job),
            None if waited_enough => Next::Rest,
            None => Next::End,
        }
    }
}

enum Next<S> {
    Job(Box<dyn Job<S>>),
    /// There has been no job for so long that the state is worth more to others.
    Rest,
    /// The pool was dropped.
    End,
}

/// Lets the rest of the process go first. Linux counts this by thread; others would slow down the whole process.
fn step_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::warn!(cause = %error, "the work pool runs at the priority of everything else");
    }
}

trait Job<S>: Send {
    fn abandoned(&self) -> bool;
    /// Does it, and gives what hands the result over.
    fn run(self: Box<Self>, state: &mut S) -> Box<dyn FnOnce() + Send>;
}

struct Asked<T, F> {
    job: F,
    answer: oneshot::Sender<T>,
}

impl<S, T: Send + 'static, F: FnOnce(&mut S) -> T + Send> Job<S> for Asked<T, F> {
    fn abandoned(&self) -> bool {
        self.answer.is_closed()
    }

    fn run(self: Box<Self>, state: &mut S) -> Box<dyn FnOnce() + Send> {
        let Self { job, answer } = *self;
        let result = job(state);
        // The caller may have gone away meanwhile; then nobody needs the result.
        Box::new(move || drop(answer.send(result)))
    }
}

#[cfg(test)]
#[path = "work_tests.rs"]
mod tests;
