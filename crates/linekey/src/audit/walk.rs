//! One walk along a chain, row by row, and what it finds. Knows no database.
//!
//! A link proves that its row stood at its number behind the row before. Where one does not fit, the row itself is named;
//! the row behind it is judged by what the broken one should have been or by what follows, so that one that only stands
//! beside the damage is not accused.

use super::chain::{chain_of, of_link, of_row};
use super::store::{Head, Row};
use super::verify::{Fault, Finding, Place};
use crate::keys::{Keys, Proof, Purpose};

/// Where a walk along one chain has come to.
pub(super) struct Walk<'a> {
    keys: &'a Keys,
    chain: &'a str,
    /// The row it stands on.
    pub(super) last: Option<Place>,
    /// Rows walked past.
    pub(super) rows: u64,
    /// The link that the row it stands on bears; nothing before the first.
    link: Vec<u8>,
    /// The link that this row should bear, where it bears another.
    should: Option<Vec<u8>>,
    /// Whether the link it stands on was not proven by the row before.
    unproven: bool,
    /// A row whose link cannot be judged by the row before: it is right if the next one is linked to it.
    doubted: Option<Place>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(keys: &'a Keys, chain: &'a str) -> Self {
        Self {
            keys,
            chain,
            last: None,
            rows: 0,
            link: Vec::new(),
            should: None,
            unproven: false,
            doubted: None,
        }
    }

    /// The number of the row it stands on; 0 before the first.
    pub(super) fn seq(&self) -> i64 {
        self.last.as_ref().and_then(|last| last.seq).unwrap_or(0)
    }

    /// Where the next page begins.
    pub(super) fn after(&self) -> (i64, &str) {
        match &self.last {
            Some(last) => (last.seq.unwrap_or(0), &last.id),
            None => (i64::MIN, ""),
        }
    }

    /// Goes on to the next row.
    pub(super) fn step(&mut self, row: &Row, found: &mut impl FnMut(Finding)) {
        self.rows += 1;
        let place = Place::of(row);
        let seq = row.seq.unwrap_or(0);
        let named = self.judge_row(row, &place, found);
        if seq <= self.seq() {
            if !named {
                found(self.finding(Fault::Moved, place.clone()));
            }
            self.unproven = true;
        } else if seq > self.seq() + 1 {
            let (from, to) = (self.seq() + 1, seq - 1);
            let before = self.last.take();
            found(self.finding(Fault::Deleted { from, to, before }, place.clone()));
            (self.unproven, self.doubted) = (true, None);
            self.should = None;
        }
        self.judge_link(row, seq, &place, named, found);
        self.last = Some(place);
    }

    /// Whether the row is what was written, in the chain it was written for. True: it is named already.
    fn judge_row(&self, row: &Row, place: &Place, found: &mut impl FnMut(Finding)) -> bool {
        let fault = match self.keys.verify_mac(Purpose::Audit, &of_row(row), &row.mac) {
            Proof::Wrong => Fault::Edited,
            Proof::UnknownKey => Fault::UnknownKey,
            Proof::Right if chain_of(row.account_id.as_deref()) != self.chain => Fault::Strayed,
            Proof::Right => return false,
        };
        found(self.finding(fault, place.clone()));
        true
    }

    fn judge_link(&mut self, row: &Row, seq: i64, place: &Place, named: bool, found: &mut impl FnMut(Finding)) {
        let link = row.link.clone().unwrap_or_default();
        let fits = |before: &[u8]| {
            let message = of_link(before, self.chain, seq, &row.mac);
            self.keys.verify_mac(Purpose::Audit, &message, &link)
        };
        let follows = fits(&self.link);
        let proven = follows == Proof::Right || self.should.as_deref().is_some_and(|link| fits(link) == Proof::Right);
        if let Some(doubted) = self.doubted.take()
            && follows == Proof::Wrong
        {
            found(self.finding(Fault::Moved, doubted));
        }
        if proven {
            (self.should, self.unproven) = (None, false);
        } else {
            let fault = if follows == Proof::UnknownKey {
                Fault::UnknownKey
            } else {
                Fault::Moved
            };
            if self.unproven {
                self.should = None;
                self.doubted = (!named).then(|| place.clone());
            } else {
                let before = of_link(&self.link, self.chain, seq, &row.mac);
                self.should = Some(self.keys.mac(Purpose::Audit, &before));
                if !named {
                    found(self.finding(fault, place.clone()));
                }
            }
            self.unproven = true;
        }
        self.link = link;
    }

    /// Ends the walk at the chain's head.
    pub(super) fn end(mut self, head: Option<&Head>, found: &mut impl FnMut(Finding)) {
        let at_end = self.last.clone();
        let whole = |fault, place: Option<Place>| Finding {
            fault,
            chain: self.chain.to_owned(),
            place,
        };
        let Some(head) = head else {
            if at_end.is_some() {
                found(whole(Fault::HeadMissing, at_end));
            }
            return;
        };
        let message = super::chain::of_head(self.chain, head);
        match self.keys.verify_mac(Purpose::Audit, &message, &head.mac) {
            Proof::Wrong => return found(whole(Fault::HeadForged, at_end)),
            Proof::UnknownKey => return found(whole(Fault::HeadUnknownKey, at_end)),
            Proof::Right => {}
        }
        let seq = self.seq();
        if head.seq > seq {
            found(whole(
                Fault::CutOff {
                    head: head.seq,
                    at: Some(head.sealed_at),
                },
                at_end,
            ));
        } else if head.seq < seq {
            found(whole(Fault::HeadBehind { head: head.seq }, at_end));
        } else if head.link != self.link {
            match self.doubted.take() {
                Some(doubted) => found(whole(Fault::Moved, Some(doubted))),
                None if self.unproven => {}
                None => found(whole(Fault::Moved, at_end)),
            }
        }
    }

    fn finding(&self, fault: Fault, place: Place) -> Finding {
        Finding {
            fault,
            chain: self.chain.to_owned(),
            place: Some(place),
        }
    }
}
