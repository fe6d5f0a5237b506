//! Signs someone in by name and password.
//!
//! Unknown, disabled, without a password, empty: the same answer, after the same work.

use std::net::IpAddr;

use crate::app::App;
use crate::audit::{self, Event, Kind, Outcome};
use crate::error::Result;
use crate::ids::SessionId;
use crate::password::hash::HashedPassword;
use crate::password::typed::TypedPassword;
use crate::password::{self, rehash};
use crate::sessions::{self, SignedIn, Token};
use crate::throttle::{self, Again, Bucket, Counted};
use crate::users::name::TypedName;
use crate::users::{Candidate, by_sign_in_name};

/// What came of it.
#[derive(Debug)]
pub enum Outcomes {
    /// A session was started; its token is for the cookie.
    SignedIn(SessionId, Token),
    /// That name and password don't match.
    Refused,
    /// It was the right password, but a temporary one whose time is over. Whoever reads this knew it.
    Expired,
    /// So many seconds must pass first, whether the password was right or not.
    Wait(i64),
}

/// From where someone signs in.
#[derive(Clone, Copy, Debug)]
pub struct From<'a> {
    /// The client's address.
    pub address: IpAddr,
    /// The User-Agent header.
    pub user_agent: &'a str,
    /// A session of this browser that the new one replaces.
    pub replaces: Option<&'a SignedIn>,
}

/// Tries to sign in.
pub async fn sign_in(app: &App, name: &TypedName, typed: &TypedPassword, from: From<'_>) -> Result<Outcomes> {
    let meant = meant(by_sign_in_name(&app.db, name).await?);
    let mut buckets = vec![Bucket::Name(&name.canonical, from.address)];
    buckets.extend(meant.as_ref().map(|user| Bucket::User(&user.id, from.address)));
    let given_new = meant.as_ref().and_then(|user| user.must_change_at);
    let told = match throttle::count_since(app, &buckets, given_new).await? {
        Counted::Go { failures, telling } => telling.then_some(failures),
        Counted::Wait(seconds) => return Ok(Outcomes::Wait(seconds)),
    };
    let open = meant
        .as_ref()
        .filter(|user| user.disabled_at.is_none() && user.suspended_at.is_none());
    let stored = open
        .and_then(|user| user.password_hash.clone())
        .map(HashedPassword::from_store);
    let verified = app.hashes.verify(typed, stored.as_ref()).await?;
    let Some(user) = open.filter(|_| verified.matches) else {
        refuse(app, meant.as_ref(), from, (&buckets, told)).await?;
        return Ok(Outcomes::Refused);
    };
    if user.password_expires_at.is_some_and(|at| at <= app.clock.now()) {
        refuse(app, meant.as_ref(), from, (&buckets, told)).await?;
        return Ok(Outcomes::Expired);
    }
    // A queue that is full now only means that the hash is renewed another time.
    let renewed = app.hashes.renew(typed, verified).await.unwrap_or_default();

    let mut tx = app.db.begin().await?;
    throttle::clear(app, &mut tx, &buckets).await?;
    if !password::hold(&mut tx, &user.id, user.credential_epoch).await? {
        // The password was changed while this one was being verified: what was right a moment ago is not any more.
        return Ok(Outcomes::Refused);
    }
    if let Some(renewed) = renewed {
        rehash(&mut tx, &user.id, user.credential_epoch, &renewed).await?;
    }
    if let Some(old) = from.replaces {
        sessions::end::replaced(app, &mut tx, old, &user.id).await?;
    }
    let whose = (&user.account_id, &user.id);
    let started = sessions::start::start(app, &mut tx, whose, from.user_agent, from.address).await?;
    let event = Event {
        actor: Some(&user.id),
        session: Some(&started.id),
        detail: serde_json::json!({ "sessions": started.ended }),
        ..event(Some(user), from.address, Outcome::Done)
    };
    audit::record(app, &mut tx, event).await?;
    tx.commit().await?;
    Ok(Outcomes::SignedIn(started.id, started.token))
}

/// Whom a name means: a full name always wins; an e-mail counts if exactly one verified user has it.
fn meant(mut candidates: Vec<Candidate>) -> Option<Candidate> {
    if let Some(at) = candidates.iter().position(|candidate| candidate.rank == 0) {
        return Some(candidates.swap_remove(at));
    }
    if candidates.len() == 1 { candidates.pop() } else { None }
}

/// Puts the refusal on record if its failure, the how manyth it is, is one to be told.
async fn refuse(
    app: &App,
    meant: Option<&Candidate>,
    from: From<'_>,
    (buckets, told): (&[Bucket<'_>], Option<i64>),
) -> Result<()> {
    let Some(failures) = told else {
        return Ok(());
    };
    let outcome = if failures > app.config.throttle.free_failures {
        Outcome::Delayed
    } else {
        Outcome::Refused
    };
    let mut tx = app.db.begin().await?;
    throttle::told(app, &mut tx, buckets).await?;
    let again = Again::Unknown(from.address);
    if meant.is_none() && !throttle::is_worth_telling(app, &mut tx, again).await? {
        return Ok(());
    }
    audit::record(app, &mut tx, event(meant, from.address, outcome)).await?;
    tx.commit().await
}

fn event(user: Option<&Candidate>, address: IpAddr, outcome: Outcome) -> Event<'_> {
    Event {
        kind: Kind::SignIn,
        outcome,
        account: user.map(|user| &user.account_id),
        actor: None,
        subject: user.map(|user| &user.id),
        session: None,
        address: Some(address),
        detail: serde_json::json!({}),
    }
}
