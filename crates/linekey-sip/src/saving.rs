//! Making bindings durable: one writer, one call to the host at a time, everything that waits in
//! one batch. New, changed and removed bindings are waited for; refreshes follow within seconds.

use std::collections::hash_map::Entry;
use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use foldhash::HashMap;
use tokio::sync::{Notify, oneshot};

use crate::ask::{BindingChange, Directory, PhoneKey, Unavailable};

/// Changes of which somebody waits; more are refused with 503.
const MAX_WAITING: usize = 16_384;
/// Changes handed to the host in one call, unless one request alone brings more.
const BATCH: usize = 1024;

type Key = (PhoneKey, Arc<str>);

/// What waits to be stored.
#[derive(Debug)]
pub(crate) struct Saving {
    queue: Mutex<Queue>,
    wake: Notify,
    healthy: AtomicBool,
    lag: Duration,
}

#[derive(Debug, Default)]
struct Queue {
    jobs: VecDeque<Job>,
    /// Refreshes and expiries, the latest for each binding.
    behind: HashMap<Key, BindingChange>,
    closing: bool,
    closed: bool,
}

#[derive(Debug)]
struct Job {
    changes: Vec<BindingChange>,
    done: oneshot::Sender<Result<(), Unavailable>>,
}

impl Saving {
    pub(crate) fn new(lag_ms: u64) -> Self {
        Self {
            queue: Mutex::default(),
            wake: Notify::new(),
            healthy: AtomicBool::new(true),
            lag: Duration::from_millis(lag_ms.clamp(1, 2000)),
        }
    }

    /// Stores these changes and waits until they are durable. The caller holds the phone's lock.
    pub(crate) async fn durable(&self, changes: Vec<BindingChange>) -> Result<(), Unavailable> {
        let (done, stored) = oneshot::channel();
        {
            let mut queue = self.queue();
            if queue.closed || queue.jobs.len() >= MAX_WAITING {
                return Err(Unavailable);
            }
            // What waited for these bindings is older than this.
            for change in &changes {
                queue.behind.remove(&owned_key(change));
            }
            queue.jobs.push_back(Job { changes, done });
        }
        self.wake.notify_one();
        stored.await.unwrap_or(Err(Unavailable))
    }

    /// Stores these changes soon. The caller holds the phone's lock.
    pub(crate) fn behind(&self, changes: Vec<BindingChange>) {
        let mut queue = self.queue();
        for change in changes {
            match queue.behind.entry(owned_key(&change)) {
                Entry::Occupied(mut older) => {
                    // What the older one changes is still to be stored.
                    let is_refresh = matches!(older.get(), BindingChange::Refresh(_));
                    older.insert(if is_refresh { change } else { change.whole() });
                }
                Entry::Vacant(free) => {
                    free.insert(change);
                }
            }
        }
    }

    /// Whether the writer has ended.
    pub(crate) fn is_closed(&self) -> bool {
        self.queue().closed
    }

    /// Whether the last save succeeded.
    pub(crate) fn is_healthy(&self) -> bool {
        self.healthy.load(Ordering::Relaxed)
    }

    /// Changes that are not stored yet.
    pub(crate) fn waiting(&self) -> usize {
        let queue = self.queue();
        queue.behind.len() + queue.jobs.iter().map(|job| job.changes.len()).sum::<usize>()
    }

    /// Asks the writer to store what waits and to end.
    pub(crate) fn close(&self) {
        self.queue().closing = true;
        self.wake.notify_one();
    }

    /// The writer. Ends after [`Saving::close`]; the error means that something was left over.
    pub(crate) async fn write(self: Arc<Self>, directory: Arc<impl Directory>) -> Result<(), Unavailable> {
        let _closed = CloseOnDrop(&self);
        let mut pause = tokio::time::interval(self.lag);
        pause.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let due = tokio::select! {
                _ = pause.tick() => true,
                () = self.wake.notified() => false,
            };
            let closing = self.queue().closing;
            let stored = self.store(&*directory, due || closing).await;
            if closing && self.queue().jobs.is_empty() {
                return stored;
            }
        }
    }

    /// Stores every job, and what waits behind if it is `due`.
    async fn store(&self, directory: &impl Directory, due: bool) -> Result<(), Unavailable> {
        let mut due = due;
        loop {
            let (jobs, behind) = self.take(due);
            if jobs.is_empty() && behind.is_empty() {
                return Ok(());
            }
            let (mut batch, mut waiting) = (Vec::new(), Vec::new());
            for job in jobs {
                batch.extend(job.changes);
                waiting.push(job.done);
            }
            batch.extend(behind.iter().cloned());
            let stored = directory.save(batch).await;
            if self.healthy.swap(stored.is_ok(), Ordering::Relaxed) != stored.is_ok() {
                match stored {
                    Ok(()) => tracing::info!("bindings are stored again"),
                    Err(Unavailable) => tracing::warn!("bindings cannot be stored; refreshes wait"),
                }
            }
            for done in waiting {
                // Nobody waits any more when the registrar was stopped meanwhile.
                let _ = done.send(stored);
            }
            if stored.is_err() {
                self.put_back(behind);
                due = false;
                if self.queue().jobs.is_empty() {
                    return stored;
                }
            }
        }
    }

    fn take(&self, due: bool) -> (Vec<Job>, Vec<BindingChange>) {
        let mut queue = self.queue();
        let (mut jobs, mut size) = (Vec::new(), 0);
        while let Some(job) = queue.jobs.front() {
            size += job.changes.len();
            if size > BATCH && !jobs.is_empty() {
                break;
            }
            jobs.extend(queue.jobs.pop_front());
        }
        let room = if due { BATCH.saturating_sub(size) } else { 0 };
        let behind = queue.behind.extract_if(|_, _| true).take(room);
        let behind = behind.map(|(_, change)| change).collect();
        (jobs, behind)
    }

    /// After a failure: what has not been overtaken by something newer waits again.
    fn put_back(&self, changes: Vec<BindingChange>) {
        let mut queue = self.queue();
        let Queue { jobs, behind, .. } = &mut *queue;
        let overtaken: HashSet<_> = jobs
            .iter()
            .flat_map(|job| &job.changes)
            .map(BindingChange::key)
            .collect();
        for change in changes.into_iter().filter(|change| !overtaken.contains(&change.key())) {
            match behind.entry(owned_key(&change)) {
                Entry::Occupied(mut newer) if !matches!(change, BindingChange::Refresh(_)) => {
                    let whole = newer.get().clone().whole();
                    newer.insert(whole);
                }
                Entry::Occupied(_) => {}
                Entry::Vacant(free) => {
                    free.insert(change);
                }
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn owned_key(change: &BindingChange) -> Key {
    let (phone, contact) = change.key();
    (phone.clone(), Arc::clone(contact))
}

/// Nobody may wait for a writer that is gone, however it went.
struct CloseOnDrop<'a>(&'a Saving);

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        let mut queue = self.0.queue();
        queue.closed = true;
        queue.jobs.clear();
    }
}
