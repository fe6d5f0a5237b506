//! The sealer: numbers the rows of each chain and links each to the one before, moments after they were written.
//!
//! An event commits without a place in its chain, or simultaneous changes of an account would wait for each other. Any
//! number of sealers may run at once, and die anywhere: the head's row is the lock of its chain, and a batch commits
//! whole or not at all. What was cut off or forged is never sealed over: a chain whose head is not ours rests, and
//! `verify` says why.

use std::collections::{BTreeMap, BTreeSet};

use super::chain::{of_head, of_link, of_tally};
use super::store::{self, Head, Unsealed};
use crate::app::App;
use crate::clock::{MINUTE, Millis};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::keys::{Proof, Purpose};

/// Rows that one transaction seals at most: SQLite's one writer is free again after some milliseconds.
const BATCH: i64 = 500;
/// How long a chain rests that cannot be sealed, in milliseconds.
const REST: Millis = MINUTE;

/// Seals, pass by pass, and remembers which chains rest.
#[derive(Debug, Default)]
pub struct Sealer {
    resting: BTreeMap<String, Millis>,
}

/// Why a chain cannot be sealed.
#[derive(Clone, Copy, Debug)]
enum Broken {
    /// It has rows but no head.
    HeadMissing,
    /// The head's MAC is wrong.
    HeadForged,
    /// The key file lacks the key that the head was sealed with.
    UnknownKey,
    /// There are rows behind the head.
    RowsBehind,
}

impl Sealer {
    /// Seals whatever is committed and unsealed, batch by batch, and says how many rows that were.
    pub async fn pass(&mut self, app: &App) -> Result<u64> {
        let now = app.clock.now();
        self.resting.retain(|_, since| now - *since < REST);
        let mut sealed = 0;
        let (mut chain, mut id) = (String::new(), String::new());
        loop {
            // Outside any transaction: as long as there is nothing to do, nobody's writing waits for this.
            let seen = store::unsealed(&app.db, (&chain, &id), BATCH).await?;
            let Some(last) = seen.last() else {
                return Ok(sealed);
            };
            let chains = seen.iter().map(|row| row.chain.as_str());
            let chains: BTreeSet<_> = chains.filter(|chain| !self.rests(chain)).collect();
            if !chains.is_empty() {
                let range = ((&chain[..], &id[..]), (&last.chain[..], &last.id[..]));
                sealed += self.batch(app, chains, range).await?;
            }
            if seen.len() < usize::try_from(BATCH).unwrap_or_default() {
                return Ok(sealed);
            }
            if !self.rests(&last.chain) {
                (chain, id) = (last.chain.clone(), last.id.clone());
                continue;
            }
            // However much waits in a chain that rests: a page of it is all that is read.
            let Some(next) = store::next_waiting(&app.db, &last.chain).await? else {
                return Ok(sealed);
            };
            (chain, id) = (next, String::new());
        }
    }

    /// Seals the rows of `chains` behind the first place of `range` up to the second, each a chain and an id: all of it
    /// or, if this node dies, nothing.
    pub(super) async fn batch(
        &mut self,
        app: &App,
        chains: BTreeSet<&str>,
        range: ((&str, &str), (&str, &str)),
    ) -> Result<u64> {
        let mut tx = app.db.begin().await?;
        let mut heads = BTreeMap::new();
        // In the order of their names, as every sealer takes them: nobody waits for another in a circle.
        for chain in chains {
            match held(app, &mut tx, chain).await? {
                Ok(head) => {
                    heads.insert(chain, head);
                }
                Err(why) => {
                    tracing::error!(
                        chain,
                        ?why,
                        "a chain of the audit record is not sealed; see linekey audit verify"
                    );
                    self.resting.insert(chain.to_owned(), app.clock.now());
                }
            }
        }
        // Read again, now that the heads are held: another sealer may have been faster.
        let rows = store::still_unsealed(&mut tx, range.0, range.1, BATCH).await?;
        let (sealed, moved) = number(app, &mut tx, &rows, &mut heads).await?;
        for (chain, head) in heads {
            if moved.contains(chain) {
                put(app, &mut tx, chain, head).await?;
            } else if head.seq == 0 {
                // Rows that were committed in between took the place of this chain's first in the batch. A head that
                // nobody sealed would pass for a forged one.
                store::drop_new_head(&mut tx, chain).await?;
            }
        }
        if sealed > 0 {
            if !count(app, &mut tx, sealed).await? {
                tracing::error!("the audit record is not sealed: its tally was changed; see linekey audit verify");
                for chain in moved {
                    self.resting.insert(chain.to_owned(), app.clock.now());
                }
                return Ok(0);
            }
            tx.commit().await?;
        }
        Ok(sealed)
    }

    fn rests(&self, chain: &str) -> bool {
        self.resting.contains_key(chain)
    }
}

/// Gives each row of a chain that is held its number and link. Says how many, and which chains went on.
async fn number<'a>(
    app: &App,
    tx: &mut Tx,
    rows: &'a [Unsealed],
    heads: &mut BTreeMap<&str, Head>,
) -> Result<(u64, BTreeSet<&'a str>)> {
    let mut sealed = 0;
    let mut moved = BTreeSet::new();
    for row in rows {
        let chain = row.chain.as_str();
        let Some(head) = heads.get_mut(chain) else {
            continue;
        };
        head.seq += 1;
        let message = of_link(&head.link, chain, head.seq, &row.mac);
        head.link = app.keys.mac(Purpose::Audit, &message);
        store::seal(tx, &row.id, chain, head.seq, &head.link).await?;
        moved.insert(chain);
        sealed += 1;
    }
    Ok((sealed, moved))
}

/// Counts `more` rows of any chains. False: the tally is not ours.
async fn count(app: &App, tx: &mut Tx, more: u64) -> Result<bool> {
    let Some(tally) = store::hold_tally(tx).await? else {
        return Ok(false);
    };
    let proof = app.keys.verify_mac(Purpose::Audit, &of_tally(tally.sealed), &tally.mac);
    if proof != Proof::Right {
        return Ok(false);
    }
    put_tally(app, tx, tally.sealed + i64::try_from(more).map_err(Error::defect)?).await?;
    Ok(true)
}

async fn put_tally(app: &App, tx: &mut Tx, sealed: i64) -> Result<()> {
    store::put_tally(tx, sealed, &app.keys.mac(Purpose::Audit, &of_tally(sealed))).await
}

/// Begins the tally of a record that has no row yet, in the transaction that sets the portal up. No other place makes one:
/// a record that was taken apart could be sealed anew without some of its rows.
pub async fn begin(app: &App, tx: &mut Tx) -> Result<()> {
    put_tally(app, tx, 0).await
}

/// Moves the head of `chain` to where its rows end now.
async fn put(app: &App, tx: &mut Tx, chain: &str, mut head: Head) -> Result<()> {
    head.sealed_at = app.clock.now();
    head.mac = app.keys.mac(Purpose::Audit, &of_head(chain, &head));
    store::put_head(tx, chain, &head).await
}

/// The head of `chain`, held until the transaction ends. A new chain gets an empty one, as its lock, which must not stay
/// so.
async fn held(app: &App, tx: &mut Tx, chain: &str) -> Result<std::result::Result<Head, Broken>> {
    let head = match store::hold_head(tx, chain).await? {
        Some(head) => head,
        None if store::last_number(tx, chain).await?.is_none() => {
            let new = store::new_head(tx, chain).await?;
            if new.seq == 0 && new.mac.is_empty() {
                return Ok(Ok(new));
            }
            new
        }
        // Another sealer may have begun this chain between the two questions.
        None => match store::hold_head(tx, chain).await? {
            Some(head) => head,
            None => return Ok(Err(Broken::HeadMissing)),
        },
    };
    match app.keys.verify_mac(Purpose::Audit, &of_head(chain, &head), &head.mac) {
        Proof::Wrong => return Ok(Err(Broken::HeadForged)),
        Proof::UnknownKey => return Ok(Err(Broken::UnknownKey)),
        Proof::Right => {}
    }
    // Fewer rows than the head says were cut off: what follows is linked to the head, and the gap stays to be seen.
    if store::last_number(tx, chain).await?.is_some_and(|last| last > head.seq) {
        return Ok(Err(Broken::RowsBehind));
    }
    Ok(Ok(head))
}
