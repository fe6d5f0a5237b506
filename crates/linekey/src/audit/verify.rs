//! Verifies the record: every row, every link, every head; and names what is not as it was written.
//!
//! Reads page by page, beside a portal that goes on writing: memory stays flat however long the record is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::chain::{chain_of, of_row, of_tally};
use super::store::{self, Head, Row};
use super::walk::Walk;
use crate::app::App;
use crate::clock::{MINUTE, Millis};
use crate::error::Result;
use crate::keys::{Proof, Purpose};

/// Rows read at once.
const PAGE: i64 = 1_000;
/// Findings that are kept; the others are counted.
const KEPT: usize = 1_000;
/// How old an unsealed row may be, in milliseconds.
const PATIENCE: Millis = MINUTE;

/// A row of the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Its number in its chain.
    pub seq: Option<i64>,
    /// The event's id.
    pub id: String,
    /// When it was written.
    pub at: Millis,
}

impl Place {
    pub(super) fn of(row: &Row) -> Self {
        Self {
            seq: row.seq,
            id: row.id.clone(),
            at: row.at,
        }
    }
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The row is not what was written.
    Edited,
    /// The row was made with a key that the key file does not hold: nothing can be said about it.
    UnknownKey,
    /// The row is right, but this is not its place in the chain.
    Moved,
    /// The row is right, but belongs to another account's chain.
    Strayed,
    /// Rows are gone, before the one that is named.
    Deleted {
        /// The first number that is gone.
        from: i64,
        /// The last.
        to: i64,
        /// The row before, if there is one.
        before: Option<Place>,
    },
    /// The last rows are gone, behind the one that is named.
    CutOff {
        /// The number the chain once had come to.
        head: i64,
        /// When it had, if the head says so and not one that was kept elsewhere.
        at: Option<Millis>,
    },
    /// The head was changed, or made by somebody else.
    HeadForged,
    /// The head was sealed with a key that the key file does not hold.
    HeadUnknownKey,
    /// There are rows, but no head.
    HeadMissing,
    /// An older head was put back: rows go on behind it, to the one that is named.
    HeadBehind {
        /// Its number.
        head: i64,
    },
    /// The row is not the one that a head kept elsewhere speaks of.
    Rewritten,
    /// The number of rows of all chains is gone, or was changed by somebody without the key.
    TallyForged,
    /// Another number of rows was sealed than the heads speak of: an older head was put back, or a chain was taken away or
    /// begun anew without some of its rows.
    TallyDiffers {
        /// How many were sealed.
        sealed: i64,
        /// How many the heads speak of.
        heads: i64,
    },
}

/// Something that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub fault: Fault,
    /// In which chain.
    pub chain: String,
    /// At which row; none when the chain has no row.
    pub place: Option<Place>,
}

/// Rows of a chain that have waited for the sealer for more than a minute. No server runs, then, or it cannot write:
/// that says nothing against the record, but until they are sealed one that is removed leaves no trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The chain.
    pub chain: String,
    /// The account's domain.
    pub account: Option<String>,
    /// How many.
    pub rows: u64,
    /// The one that was written first.
    pub oldest: Place,
}

/// A head that was kept elsewhere. The form is that of a chain in `linekey audit verify --json`.
#[derive(Clone, Debug, Deserialize)]
pub struct KeptHead {
    /// The chain.
    pub chain: String,
    /// The number of its last row; none for a chain that had no head.
    pub seq: Option<i64>,
    /// The link of that row, in hexadecimal.
    pub link: Option<String>,
}

/// One chain as it was found.
#[derive(Clone, Debug, Serialize)]
pub struct Chain {
    /// The account's id, or `portal`.
    pub chain: String,
    /// The account's domain.
    pub account: Option<String>,
    /// How many sealed rows it has.
    pub rows: u64,
    /// The number of the last row, as the head says.
    pub seq: Option<i64>,
    /// The link of that row, in hexadecimal.
    pub link: Option<String>,
    /// When it was sealed.
    pub sealed_at: Option<Millis>,
}

/// What verifying came to.
#[derive(Debug, Default)]
pub struct Report {
    /// Every chain.
    pub chains: Vec<Chain>,
    /// Rows that the sealer has not come to yet.
    pub unsealed: u64,
    /// Where such rows have waited too long.
    pub waiting: Vec<Waiting>,
    /// What is wrong, at most a thousand.
    pub findings: Vec<Finding>,
    /// How much is wrong, beyond that.
    pub further: u64,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    fn add(&mut self, finding: Finding) {
        if self.findings.len() < KEPT {
            self.findings.push(finding);
        } else {
            self.further += 1;
        }
    }

    /// Compares the row that a head kept elsewhere speaks of with that head.
    fn compare(&mut self, kept: &KeptHead, row: &Row) {
        let link = data_encoding::HEXLOWER.encode(row.link.as_deref().unwrap_or_default());
        if kept.link.as_deref() != Some(&link) {
            self.add(Finding {
                fault: Fault::Rewritten,
                chain: kept.chain.clone(),
                place: Some(Place::of(row)),
            });
        }
    }

    /// The row that a head kept elsewhere speaks of is not there; the chain ends at `last`.
    fn cut_off_before(&mut self, kept: &KeptHead, last: Option<Place>) {
        if let Some(head) = kept.seq {
            self.add(Finding {
                fault: Fault::CutOff { head, at: None },
                chain: kept.chain.clone(),
                place: last,
            });
        }
    }
}

/// Verifies every chain, or `only` one, also against the heads that were kept elsewhere.
pub async fn verify(app: &App, only: Option<&str>, kept: Vec<KeptHead>) -> Result<Report> {
    let mut report = Report::default();
    let of_interest = |chain: &str| only.is_none_or(|only| only == chain);
    let named = kept.into_iter().filter(|kept| of_interest(&kept.chain));
    let mut kept: BTreeMap<_, _> = named.map(|kept| (kept.chain.clone(), kept)).collect();
    match only {
        Some(chain) => one(app, chain, kept.remove(chain), &mut report).await?,
        None => {
            let mut after = None;
            while let Some(chain) = store::next_chain(&app.db, after.as_deref()).await? {
                one(app, &chain, kept.remove(&chain), &mut report).await?;
                after = Some(chain);
            }
            tally(app, &mut report).await?;
        }
    }
    for gone in kept.values() {
        report.cut_off_before(gone, None);
    }
    for row in store::stray(&app.db, PAGE).await? {
        if of_interest(chain_of(row.account_id.as_deref())) {
            report.add(of_row_alone(Fault::Moved, &row));
        }
    }
    unsealed(app, only, &mut report).await?;
    Ok(report)
}

/// Compares how many rows were ever sealed with how many the heads speak of.
async fn tally(app: &App, report: &mut Report) -> Result<()> {
    let (tally, heads) = store::tally(&app.db).await?;
    let fault = match tally {
        None if heads == 0 => return Ok(()),
        None => Fault::TallyForged,
        Some(tally) => match app.keys.verify_mac(Purpose::Audit, &of_tally(tally.sealed), &tally.mac) {
            Proof::Right if tally.sealed == heads => return Ok(()),
            Proof::Right => Fault::TallyDiffers {
                sealed: tally.sealed,
                heads,
            },
            Proof::Wrong | Proof::UnknownKey => Fault::TallyForged,
        },
    };
    report.add(Finding {
        fault,
        chain: "tally".to_owned(),
        place: None,
    });
    Ok(())
}

/// Walks along one chain to its head.
async fn one(app: &App, chain: &str, mut kept: Option<KeptHead>, report: &mut Report) -> Result<()> {
    let mut walk = Walk::new(&app.keys, chain);
    // The head that was read before the page: the rows it speaks of are all in the page, or nowhere.
    let mut promised: Option<i64> = None;
    let head = loop {
        let page = store::sealed(&app.db, chain, walk.after(), PAGE).await?;
        for row in &page {
            walk.step(row, &mut |finding| report.add(finding));
            if let Some(kept) = kept.take_if(|kept| kept.seq == row.seq) {
                report.compare(&kept, row);
            }
        }
        if page.len() == usize::try_from(PAGE).unwrap_or_default() {
            continue;
        }
        let head = store::head(&app.db, chain).await?;
        let end = head.as_ref().map_or(0, |head| head.seq);
        if end <= walk.seq() || promised.is_some_and(|promised| walk.seq() < promised) {
            break head;
        }
        promised = Some(end);
    };
    let (rows, last) = (walk.rows, walk.last.clone());
    walk.end(head.as_ref(), &mut |finding| report.add(finding));
    if let Some(kept) = kept {
        report.cut_off_before(&kept, last);
    }
    let account = store::domain_of(&app.db, chain).await?;
    report.chains.push(told(chain, account, rows, head));
    Ok(())
}

fn told(chain: &str, account: Option<String>, rows: u64, head: Option<Head>) -> Chain {
    Chain {
        chain: chain.to_owned(),
        account,
        rows,
        seq: head.as_ref().map(|head| head.seq),
        sealed_at: head.as_ref().map(|head| head.sealed_at),
        link: head.map(|head| data_encoding::HEXLOWER.encode(&head.link)),
    }
}

/// Judges the rows that are not sealed yet, of every chain or `only` one.
async fn unsealed(app: &App, only: Option<&str>, report: &mut Report) -> Result<()> {
    if let Some(chain) = only {
        return unsealed_of(app, chain, report).await;
    }
    let mut after = String::new();
    while let Some(chain) = store::next_waiting(&app.db, &after).await? {
        unsealed_of(app, &chain, report).await?;
        after = chain;
    }
    Ok(())
}

/// Judges those of one chain, each by its own MAC.
async fn unsealed_of(app: &App, chain: &str, report: &mut Report) -> Result<()> {
    let (mut rows, mut oldest): (u64, Option<Place>) = (0, None);
    let mut after: Option<String> = None;
    let patient = app.clock.now() - PATIENCE;
    loop {
        let page = store::unnumbered(&app.db, chain, after.as_deref(), PAGE).await?;
        let Some(last) = page.last() else {
            break;
        };
        after = Some(last.id.clone());
        for row in &page {
            report.unsealed += 1;
            match app.keys.verify_mac(Purpose::Audit, &of_row(row), &row.mac) {
                Proof::Wrong => report.add(of_row_alone(Fault::Edited, row)),
                Proof::UnknownKey => report.add(of_row_alone(Fault::UnknownKey, row)),
                Proof::Right => {}
            }
            if row.at < patient {
                rows += 1;
                if oldest.as_ref().is_none_or(|oldest| row.at < oldest.at) {
                    oldest = Some(Place::of(row));
                }
            }
        }
    }
    if let Some(oldest) = oldest {
        report.waiting.push(Waiting {
            chain: chain.to_owned(),
            account: store::domain_of(&app.db, chain).await?,
            rows,
            oldest,
        });
    }
    Ok(())
}

fn of_row_alone(fault: Fault, row: &Row) -> Finding {
    Finding {
        fault,
        chain: chain_of(row.account_id.as_deref()).to_owned(),
        place: Some(Place::of(row)),
    }
}
