//! The bindings in memory. The registrar owns them; what is stored follows.

use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foldhash::HashMap;

use crate::ask::{BindingChange, PhoneKey, Removal, STALE_MS, SavedBinding};

const STRIPES: u64 = 1024;
/// How long a request can be under way that looked its credential up before that was withdrawn.
const UNDER_WAY_MS: i64 = 10_000;

/// Every binding, by phone.
#[derive(Debug)]
pub(crate) struct Bindings {
    phones: Mutex<HashMap<PhoneKey, Held>>,
    /// One writer per phone at a time, also while it waits for a save; phones share the locks.
    stripes: Vec<tokio::sync::Mutex<()>>,
    hasher: foldhash::fast::RandomState,
    /// Of phones whose older SIP passwords were just withdrawn: the least generation that is good, and from when on what is
    /// asked for is no answer of before.
    withdrawn: Mutex<HashMap<PhoneKey, (i64, i64)>>,
}

/// What is held of one phone.
#[derive(Debug)]
struct Held {
    /// [`mark`] of its key: all phones are looked at every second, and here that leads nowhere else.
    mark: u32,
    /// When the first of the list is over, for the same reason; set with it.
    ends_ms: i64,
    /// Never empty.
    list: Vec<Arc<SavedBinding>>,
}

impl Held {
    fn of(phone: &PhoneKey, list: Vec<Arc<SavedBinding>>) -> Self {
        Self {
            mark: mark(phone),
            ends_ms: first_end(&list),
            list,
        }
    }

    fn set(&mut self, list: Vec<Arc<SavedBinding>>) {
        self.ends_ms = first_end(&list);
        self.list = list;
    }
}

fn first_end(list: &[Arc<SavedBinding>]) -> i64 {
    list.iter().map(|binding| binding.expires_ms).min().unwrap_or(i64::MAX)
}

/// FNV-1a of a key.
fn mark(phone: &PhoneKey) -> u32 {
    let mixed = |sum: u32, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    phone.0.bytes().fold(0x811C_9DC5, mixed)
}

impl Bindings {
    /// Begins with what was stored, less what is over.
    pub(crate) fn new(stored: Vec<SavedBinding>, now_ms: i64) -> Self {
        let mut phones: HashMap<_, Held> = HashMap::default();
        for binding in stored.into_iter().filter(|binding| binding.expires_ms > now_ms) {
            let phone = binding.phone.clone();
            let held = phones
                .entry(phone)
                .or_insert_with_key(|phone| Held::of(phone, Vec::new()));
            held.ends_ms = held.ends_ms.min(binding.expires_ms);
            // Most phones have one.
            held.list.reserve_exact(1);
            held.list.push(Arc::new(binding));
        }
        Self {
            phones: Mutex::new(phones),
            stripes: (0..STRIPES).map(|_| tokio::sync::Mutex::new(())).collect(),
            hasher: foldhash::fast::RandomState::default(),
            withdrawn: Mutex::default(),
        }
    }

    /// Admits no request with a SIP password older than `below` that is under way. The caller holds the phone's lock.
    pub(crate) fn withdraw(&self, phone: &PhoneKey, below: i64, now_ms: i64) {
        let mut withdrawn = self.withdrawn.lock().unwrap_or_else(PoisonError::into_inner);
        withdrawn.retain(|_, (_, since_ms)| since_ms.saturating_add(UNDER_WAY_MS) > now_ms);
        withdrawn.insert(phone.clone(), (below, now_ms.saturating_add(STALE_MS)));
    }

    /// Whether the SIP password of `generation` was withdrawn since it was asked for. The caller holds the phone's lock.
    pub(crate) fn is_withdrawn(&self, phone: &PhoneKey, generation: i64, asked_ms: i64) -> bool {
        let withdrawn = self.withdrawn.lock().unwrap_or_else(PoisonError::into_inner);
        let known = withdrawn.get(phone);
        known.is_some_and(|(below, since_ms)| generation < *below && asked_ms < *since_ms)
    }

    /// Waits until nobody else changes this phone's bindings.
    pub(crate) async fn lock(&self, phone: &PhoneKey) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        let hash = usize::try_from(self.hasher.hash_one(phone) % STRIPES).unwrap_or(0);
        match self.stripes.get(hash) {
            Some(stripe) => Some(stripe.lock().await),
            None => None,
        }
    }

    /// The bindings of a phone, the ones that are over included.
    pub(crate) fn all_of(&self, phone: &PhoneKey) -> Vec<Arc<SavedBinding>> {
        self.phones()
            .get(phone)
            .map(|held| held.list.clone())
            .unwrap_or_default()
    }

    /// The bindings of a phone that are not over.
    pub(crate) fn of(&self, phone: &PhoneKey, now_ms: i64) -> Vec<Arc<SavedBinding>> {
        let mut bindings = self.all_of(phone);
        bindings.retain(|binding| binding.expires_ms > now_ms);
        bindings
    }

    /// Replaces the bindings of a phone. The caller holds its lock.
    pub(crate) fn set(&self, phone: &PhoneKey, bindings: Vec<Arc<SavedBinding>>) {
        let mut phones = self.phones();
        if bindings.is_empty() {
            phones.remove(phone);
        } else if let Some(old) = phones.get_mut(phone) {
            old.set(bindings);
        } else {
            phones.insert(phone.clone(), Held::of(phone, bindings));
        }
    }

    /// Phones with a binding that is over.
    pub(crate) fn overdue(&self, now_ms: i64) -> Vec<PhoneKey> {
        let phones = self.phones();
        let overdue = phones.iter().filter(|(_, held)| held.ends_ms <= now_ms);
        overdue.map(|(phone, _)| phone.clone()).collect()
    }

    /// Takes out what is over and tells the changes. The caller holds the phone's lock.
    pub(crate) fn expire(&self, phone: &PhoneKey, now_ms: i64) -> Vec<BindingChange> {
        let over = {
            let mut phones = self.phones();
            let Some(held) = phones.get_mut(phone).filter(|held| held.ends_ms <= now_ms) else {
                return Vec::new();
            };
            let is_over = |binding: &mut Arc<SavedBinding>| binding.expires_ms <= now_ms;
            let over: Vec<_> = held.list.extract_if(.., is_over).collect();
            held.ends_ms = first_end(&held.list);
            if held.list.is_empty() {
                phones.remove(phone);
            }
            over
        };
        over.into_iter()
            .map(|binding| removal(&binding, binding.expires_ms, Removal::Expired))
            .collect()
    }

    /// The bindings that `fits` is true of, of phones whose mark is due: marks are spread evenly, and always the same.
    pub(crate) fn due(
        &self,
        is_due: impl Fn(u32) -> bool,
        fits: impl Fn(&SavedBinding) -> bool,
    ) -> Vec<Arc<SavedBinding>> {
        let phones = self.phones();
        phones
            .values()
            .filter(|held| is_due(held.mark))
            .flat_map(|held| &held.list)
            .filter(|binding| fits(binding))
            .cloned()
            .collect()
    }

    /// Notes whether the phone answers what is sent to this contact; the change, if it is one. The caller holds the phone's
    /// lock.
    pub(crate) fn note_silence(&self, phone: &PhoneKey, contact: &str, since_ms: Option<i64>) -> Option<BindingChange> {
        let mut phones = self.phones();
        let binding = phones
            .get_mut(phone)?
            .list
            .iter_mut()
            .find(|binding| *binding.contact == *contact)?;
        if binding.silent_since_ms.is_some() == since_ms.is_some() {
            return None;
        }
        Arc::make_mut(binding).silent_since_ms = since_ms;
        Some(BindingChange::Put(Arc::clone(binding)))
    }

    /// Bindings held.
    pub(crate) fn len(&self) -> usize {
        self.phones().values().map(|held| held.list.len()).sum()
    }

    fn phones(&self) -> MutexGuard<'_, HashMap<PhoneKey, Held>> {
        self.phones.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The change that removes a binding.
pub(crate) fn removal(binding: &SavedBinding, at_ms: i64, cause: Removal) -> BindingChange {
    BindingChange::Remove {
        phone: binding.phone.clone(),
        contact: binding.contact.clone(),
        at_ms,
        cause,
    }
}
