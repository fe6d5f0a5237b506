//! "Was this article helpful?": one vote a visitor, which they may change.

use std::net::IpAddr;

use super::{About, Voter, store};
use crate::app::App;
use crate::clock::DAY;
use crate::error::Result;
use crate::throttle::{self, Bucket, Counted};

/// What came of a vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voted {
    /// It is the visitor's vote now.
    Done,
    /// So many votes came from there that so many seconds must pass first.
    Wait(i64),
}

/// Counts a vote about an article that exists.
pub async fn vote(app: &App, voter: &Voter, about: About<'_>, helpful: bool, address: IpAddr) -> Result<Voted> {
    let known = known(app, voter, about).await?;
    if known.vote == Some(helpful) {
        return Ok(Voted::Done);
    }
    let path = about.path();
    // Whoever changes their mind takes nothing from what others of the network may do.
    let bucket = match known.vote {
        None => Bucket::Votes(&path, address),
        Some(_) => Bucket::VoteChanges(&known.hash),
    };
    if let Counted::Wait(seconds) = throttle::count(app, &[bucket]).await? {
        return Ok(Voted::Wait(seconds));
    }
    let today = app.clock.now().div_euclid(DAY);
    // The day alone: two votes of one moment would be seen to be one browser's.
    let now = today * DAY;
    let mut tx = app.db.begin().await?;
    if store::add_vote(&mut tx, &known.hash, about, helpful, (today, now)).await? {
        let (yes, no) = if helpful { (1, 0) } else { (0, 1) };
        store::count_votes(&mut tx, about, today, (yes, no)).await?;
    } else if let Some(day) = store::change_vote(&mut tx, &known.hash, helpful, now).await? {
        // It stays where it was counted, so that the days add up to as many votes as there are visitors.
        let moved = if helpful { (1, -1) } else { (-1, 1) };
        store::count_votes(&mut tx, about, day, moved).await?;
    }
    tx.commit().await?;
    Ok(Voted::Done)
}

/// How a visitor voted about an article, if they did.
pub async fn of(app: &App, voter: &Voter, about: About<'_>) -> Result<Option<bool>> {
    Ok(known(app, voter, about).await?.vote)
}

/// What is known of a visitor.
struct Known {
    /// By which their vote is, or will be, kept.
    hash: Vec<u8>,
    vote: Option<bool>,
}

async fn known(app: &App, voter: &Voter, about: About<'_>) -> Result<Known> {
    let hashes = voter.hashes(app, about);
    for hash in &hashes {
        if let Some(helpful) = store::vote_of(&app.db, hash).await? {
            return Ok(Known {
                hash: hash.clone(),
                vote: Some(helpful),
            });
        }
    }
    Ok(Known {
        hash: hashes.into_iter().next().unwrap_or_default(),
        vote: None,
    })
}
