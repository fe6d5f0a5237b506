//! The phones as the registrar knows them: all of them in memory, sealed as they are stored, so that a registration asks no
//! database, and a name that nobody has costs what a phone's costs.
//!
//! What changes a phone says so in `phone_changes`, in its own transaction. Changes of this process are read before the next
//! answer, those of others within a fraction of a second.

pub(super) mod store;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use foldhash::HashMap;
use linekey_sip::{PhoneKey, STALE_MS};
use tokio::time::Instant;

use super::store::Hashes;
use crate::app::App;
use crate::clock::{HOUR, MINUTE, Millis};
use crate::db;
use crate::error::{Error, Result};
use crate::ids::PhoneId;

/// How often changes of other processes are looked for.
const EVERY: Duration = Duration::from_millis(200);
/// How old the last look may be for an answer from memory.
const FRESH: Duration = Duration::from_millis(STALE_MS.unsigned_abs());
/// How long nobody asks again after a look that failed.
const REST: Duration = Duration::from_secs(1);
/// Phones that are known by heart, about 800 bytes each; where there are more the database is asked each time.
const MOST: i64 = 200_000;
/// Phones that are read in one statement.
const BATCH: i64 = 2_000;
/// Changes of that many phones are read together with all others.
const MANY: usize = 500;
/// How long a change may take from its number to its commit.
const LATE: Millis = MINUTE;
/// How long changes are kept.
const KEPT: Millis = HOUR;

/// All phones that may register.
#[derive(Debug)]
pub(super) struct ByHeart {
    app: App,
    known: Mutex<Known>,
    looking: tokio::sync::Mutex<()>,
    /// [`db::commits`] before the last look.
    commits: AtomicU64,
    looked: Mutex<Option<Instant>>,
    /// When a look last failed.
    failed: Mutex<Option<Instant>>,
}

/// A phone that may register.
#[derive(Debug)]
pub(super) struct Phone {
    /// Its id, as the registrar knows it.
    pub(super) key: PhoneKey,
    pub(super) row: Hashes,
}

impl From<Hashes> for Phone {
    fn from(row: Hashes) -> Self {
        Self {
            key: PhoneKey(row.id.as_str().into()),
            row,
        }
    }
}

/// The database does not answer now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Away;

#[derive(Debug, Default)]
struct Known {
    /// By SIP domain and name.
    by_name: HashMap<String, HashMap<String, Arc<Phone>>>,
    by_id: HashMap<Arc<str>, Arc<Phone>>,
    /// Whether it is all of them.
    is_whole: bool,
    newest: i64,
    /// Numbers that were read and may come again.
    read: BTreeSet<i64>,
}

impl ByHeart {
    pub(super) fn new(app: App) -> Self {
        Self {
            app,
            known: Mutex::default(),
            looking: tokio::sync::Mutex::default(),
            commits: AtomicU64::new(0),
            looked: Mutex::default(),
            failed: Mutex::default(),
        }
    }

    /// The phone of a SIP name that may register, as it is now.
    ///
    /// # Errors
    /// [`Away`]: [`ByHeart::recall`] tells how it was.
    pub(super) async fn ask(&self, sip_domain: &str, sip_name: &str) -> std::result::Result<Option<Arc<Phone>>, Away> {
        if !self.is_current() {
            self.look_once().await?;
        }
        {
            let known = self.known();
            if known.is_whole {
                return Ok(known.get(sip_domain, sip_name));
            }
        }
        let found = store::by_sip_name(&self.app.db, sip_domain, sip_name).await;
        let found = found.map_err(|error| self.away(&error))?;
        let found = found.map(|row| Arc::new(Phone::from(row)));
        if let Some(phone) = &found {
            self.known().put(Arc::clone(phone));
        }
        Ok(found)
    }

    /// The phone of a SIP name, as it was when the database last answered.
    pub(super) fn recall(&self, sip_domain: &str, sip_name: &str) -> Option<Arc<Phone>> {
        self.known().get(sip_domain, sip_name)
    }

    /// The transaction of this number ([`db::Tx::commit_counted`]) changed nothing about what is known here. Whoever looked
    /// since has counted it already, and beside another one it says nothing.
    pub(super) fn is_unmoved_by(&self, commit: u64) {
        let _ = self
            .commits
            .compare_exchange(commit - 1, commit, Ordering::AcqRel, Ordering::Acquire);
    }

    /// Looks for what other processes changed, until it is aborted.
    pub(super) async fn run(self: Arc<Self>) {
        loop {
            {
                let _one_at_a_time = self.looking.lock().await;
                if let Err(error) = self.look().await {
                    self.away(&error);
                }
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    fn is_current(&self) -> bool {
        let looked = *self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        self.commits.load(Ordering::Acquire) == db::commits() && looked.is_some_and(|at| at.elapsed() < FRESH)
    }

    /// Looks, unless somebody did while this waited. While the database is away a look takes as long as the wait for it:
    /// one of many that wait is enough.
    async fn look_once(&self) -> std::result::Result<(), Away> {
        let _one_at_a_time = self.looking.lock().await;
        if self.is_current() {
            return Ok(());
        }
        let failed = *self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.is_some_and(|at| at.elapsed() < REST) {
            return Err(Away);
        }
        self.look().await.map_err(|error| self.away(&error))
    }

    fn away(&self, error: &Error) -> Away {
        tracing::error!(cause = %error, "the registrar gets no answer from the database");
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        Away
    }

    /// Reads what is new; at first all there is. The caller is the only one who looks.
    async fn look(&self) -> Result<()> {
        let commits = db::commits();
        let started = Instant::now();
        let (newest, is_first) = {
            let known = self.known();
            (known.newest, !known.is_whole && known.newest == 0)
        };
        if is_first {
            self.read_all().await?;
        } else {
            let since = self.app.clock.now() - LATE;
            let changes = store::changes(&self.app.db, newest, since).await?;
            self.read(changes).await?;
        }
        self.commits.store(commits, Ordering::Release);
        *self.looked.lock().unwrap_or_else(PoisonError::into_inner) = Some(started);
        Ok(())
    }

    async fn read(&self, changes: Vec<store::Change>) -> Result<()> {
        let (is_whole, mut phones) = {
            let known = self.known();
            let new = changes.iter().filter(|change| !known.read.contains(&change.seq));
            (
                known.is_whole,
                new.map(|change| change.phone_id.clone()).collect::<Vec<_>>(),
            )
        };
        phones.sort_by(|one, other| one.as_str().cmp(other.as_str()));
        phones.dedup();
        if phones.len() > MANY && is_whole {
            return self.read_all().await;
        }
        for phone in &phones {
            let found = store::by_id(&self.app.db, phone).await?;
            let mut known = self.known();
            known.forget(phone);
            if let Some(found) = found.filter(|_| is_whole) {
                known.put(Arc::new(found.into()));
            }
        }
        self.known().note(changes.iter().map(|change| change.seq));
        Ok(())
    }

    async fn read_all(&self) -> Result<()> {
        // What changes meanwhile is read once more.
        let newest = store::newest(&self.app.db).await?;
        let changes = store::changes(&self.app.db, newest, self.app.clock.now() - LATE).await?;
        let mut whole = Known {
            newest,
            ..Known::default()
        };
        whole.note(changes.iter().map(|change| change.seq));
        if store::count(&self.app.db).await? <= MOST {
            let mut after = String::new();
            loop {
                let phones = store::all(&self.app.db, &after, BATCH).await?;
                let Some(last) = phones.last() else { break };
                after = last.id.to_string();
                phones.into_iter().for_each(|phone| whole.put(Arc::new(phone.into())));
            }
            whole.is_whole = true;
        }
        // Above nothing, so that what there is is not read at every look.
        whole.newest = whole.newest.max(1);
        *self.known() = whole;
        Ok(())
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn get(&self, sip_domain: &str, sip_name: &str) -> Option<Arc<Phone>> {
        self.by_name.get(sip_domain)?.get(sip_name).cloned()
    }

    fn put(&mut self, phone: Arc<Phone>) {
        if self.by_id.len() >= usize::try_from(MOST).unwrap_or(usize::MAX) {
            return;
        }
        self.by_id.insert(Arc::clone(&phone.key.0), Arc::clone(&phone));
        let names = self.by_name.entry(phone.row.sip_domain.clone()).or_default();
        names.insert(phone.row.sip_name.clone(), phone);
    }

    fn forget(&mut self, phone: &PhoneId) {
        let Some(phone) = self.by_id.remove(phone.as_str()) else {
            return;
        };
        let Some(names) = self.by_name.get_mut(&phone.row.sip_domain) else {
            return;
        };
        // The name may be another phone's by now.
        if names
            .get(&phone.row.sip_name)
            .is_some_and(|named| named.key == phone.key)
        {
            names.remove(&phone.row.sip_name);
        }
        if names.is_empty() {
            self.by_name.remove(&phone.row.sip_domain);
        }
    }

    fn note(&mut self, seqs: impl Iterator<Item = i64>) {
        self.read = seqs.collect();
        self.newest = self.newest.max(self.read.last().copied().unwrap_or(0));
    }
}

/// Forgets changes of long ago; run now and then.
pub async fn sweep(app: &App) -> Result<()> {
    let mut tx = app.db.begin().await?;
    store::forget(&mut tx, app.clock.now() - KEPT).await?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(id: &str) -> Arc<Phone> {
        let row = Hashes {
            id: PhoneId::new(id),
            sip_name: "warehouse".to_owned(),
            sip_domain: "acme.example".to_owned(),
            sip_hashes: Vec::new(),
            generation: 1,
            old_hashes: None,
            old_until: None,
            outdated_at: None,
            links: 0,
        };
        Arc::new(row.into())
    }

    #[test]
    fn a_name_stays_with_the_phone_that_took_it_over() {
        let (before, after) = (phone("b"), phone("a"));
        let mut known = Known::default();
        known.put(Arc::clone(&before));
        known.put(Arc::clone(&after));
        known.forget(&before.row.id);
        let found = known.get("acme.example", "warehouse");
        assert!(found.is_some_and(|found| found.key == after.key));
        known.forget(&after.row.id);
        assert!(known.by_name.is_empty() && known.by_id.is_empty());
    }
}
