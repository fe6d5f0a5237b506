//! Seals the hashes of phones anew, so that a key can be retired. The hashes stay what they are, and phones notice
//! nothing. It may be stopped and started again at any point: what is done is done.

use super::by_heart::store::tell_one;
use super::{sealed, store};
use crate::app::App;
use crate::error::Result;
use crate::ids::PhoneId;
use crate::keys::KeyId;

/// Phones in one transaction: a server beside it never waits long.
const BATCH: i64 = 500;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resealed {
    /// How many phones are sealed with the first key now.
    pub done: u64,
    /// Those whose hashes do not open: damaged, or moved from another row.
    pub damaged: Vec<PhoneId>,
}

/// Seals everything that the key `old` sealed with the first key. `progress` hears how many are done.
pub async fn reseal(app: &App, old: KeyId, progress: &dyn Fn(u64)) -> Result<Resealed> {
    let mut resealed = Resealed {
        done: 0,
        damaged: Vec::new(),
    };
    let mut after = String::new();
    loop {
        let mut tx = app.db.begin().await?;
        let batch = store::sealed_with(&mut tx, old.as_bytes(), &after, BATCH).await?;
        let Some(last) = batch.last() else {
            return Ok(resealed);
        };
        after = last.id.to_string();
        for phone in batch {
            tell_one(&mut tx, &phone.id, app.clock.now()).await?;
            let is_of_old_key = |sealed: &[u8]| KeyId::of(sealed) == Some(old);
            if let Some(before) = phone.old_hashes.filter(|before| is_of_old_key(before)) {
                // One that does not open authenticates nobody, and is not even recognised.
                let opened = sealed::open_old(app, &phone.id, &before).ok();
                let new = opened.map(|hashes| sealed::seal_old(app, &phone.id, &hashes));
                store::reseal_old(&mut tx, &phone.id, &before, new.as_deref()).await?;
            }
            if !is_of_old_key(&phone.sip_hashes) {
                continue;
            }
            match sealed::open(app, &phone.id, &phone.sip_hashes) {
                Ok(hashes) => {
                    let new = sealed::seal(app, &phone.id, &hashes);
                    store::reseal(&mut tx, &phone.id, &phone.sip_hashes, &new).await?;
                    resealed.done += 1;
                }
                Err(_) => resealed.damaged.push(phone.id),
            }
        }
        tx.commit().await?;
        progress(resealed.done);
    }
}

/// How many phones each key seals.
pub async fn count_by_key(app: &App) -> Result<Vec<(Option<KeyId>, i64)>> {
    let counted = store::count_by_key(&app.db).await?;
    Ok(counted
        .into_iter()
        .map(|(id, phones)| (KeyId::of(&id), phones))
        .collect())
}
