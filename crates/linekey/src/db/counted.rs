//! How much a story's portal asked its database, for stories about what a page costs. Stories run side by side in one
//! process, each on a database of its own.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::Db;

static ASKED: Mutex<Option<HashMap<String, u64>>> = Mutex::new(None);

/// Statements outside transactions, and transactions, that were begun on `db` so far.
pub(crate) fn asked(db: &Db) -> u64 {
    with(name(db), |count| *count)
}

/// Counts one.
pub(super) fn count(db: &Db) {
    with(name(db), |count| *count += 1);
}

fn with<T>(name: String, done: impl FnOnce(&mut u64) -> T) -> T {
    let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
    done(asked.get_or_insert_default().entry(name).or_default())
}

fn name(db: &Db) -> String {
    match db {
        Db::Sqlite { readers, .. } => readers.file(),
        Db::Postgres(pool) => pool.connect_options().get_database().unwrap_or_default().to_owned(),
    }
}
