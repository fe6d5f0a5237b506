//! Signs someone in by name and password.
//!
//! Unknown, disabled, without a password, empty: the same answer, after the same work.

use std::net::IpAddr;

use crate::app::App;
use crate::audit::{self, Event, Kind, Outcome};
use crate::error::{Error, Result};
use crate::ids::DeviceId;
use crate::password::hash::HashedPassword;
use crate::password::typed::TypedPassword;
use crate::password::{self, rehash};
use crate::sessions::devices::remember::{SigningIn, remember};
use crate::sessions::devices::{self, Known};
use crate::sessions::{self, SignedIn, Token};
use crate::throttle::{self, Again, Bucket, Counted};
use crate::users::name::TypedName;
use crate::users::{Among, Candidate, by_sign_in_name};

/// What came of it.
#[derive(Debug)]
pub enum Outcomes {
    /// A session was started; its token is for one cookie, the browser as it is remembered for another.
    SignedIn(Token, Known),
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
    /// Who signed in with this browser before.
    pub known: &'a [Known],
}

/// How a try was counted.
enum Counting<'a> {
    /// For a browser that is remembered as the user's.
    Device(DeviceId),
    /// For a stranger's.
    Stranger {
        buckets: [Bucket<'a>; 4],
        costs: bool,
        telling: bool,
    },
}

/// Tries to sign in.
pub async fn sign_in(app: &App, name: &TypedName, typed: &TypedPassword, from: From<'_>) -> Result<Outcomes> {
    let devices: Vec<_> = from.known.iter().map(|known| &known.device).collect();
    let among = Among {
        devices: &devices,
        since: app.clock.now() - devices::REMEMBERED,
        most_failures: devices::MOST_FAILURES,
    };
    let meant = meant(by_sign_in_name(&app.db, name, among).await?);
    let counting = match count(app, name, meant.as_ref(), from).await? {
        Ok(counting) => counting,
        Err(seconds) => return Ok(Outcomes::Wait(seconds)),
    };
    let open = meant
        .as_ref()
        .filter(|user| user.disabled_at.is_none() && user.suspended_at.is_none());
    let stored = open
        .and_then(|user| user.password_hash.clone())
        .map(HashedPassword::from_store);
    let verified = app.hashes.verify(typed, stored.as_ref()).await?;
    let Some(user) = open.filter(|_| verified.matches) else {
        refuse(app, meant.as_ref(), from, &counting).await?;
        return Ok(Outcomes::Refused);
    };
    if user.password_expires_at.is_some_and(|at| at <= app.clock.now()) {
        refuse(app, meant.as_ref(), from, &counting).await?;
        return Ok(Outcomes::Expired);
    }
    // A queue that is full now only means that the hash is renewed another time.
    let renewed = app.hashes.renew(typed, verified).await.unwrap_or_default();
    match start(app, user, from, &counting, renewed.as_ref()).await {
        // The password was changed while this one was being verified: what was right a moment ago is not any more.
        Err(error) if matches!(error, Error::Defect(_)) && !is_still(app, user).await? => Ok(Outcomes::Refused),
        other => other,
    }
}

/// Whether somebody has the password that was verified, and may sign in.
async fn is_still(app: &App, user: &Candidate) -> Result<bool> {
    let mut tx = app.db.begin().await?;
    password::hold(&mut tx, &user.id, user.credential_epoch).await
}

/// Counts the try before it is judged. Seconds: it is not judged until they have passed.
async fn count<'a>(
    app: &App,
    name: &'a TypedName,
    meant: Option<&'a Candidate>,
    from: From<'_>,
) -> Result<std::result::Result<Counting<'a>, i64>> {
    if let Some((user, device)) = meant.and_then(|user| Some((&user.id, user.device.as_ref()?)))
        && devices::count(app, user, device).await?
    {
        return Ok(Ok(Counting::Device(device.clone())));
    }
    let buckets = name.buckets(meant.map(|user| (&user.id, user.role)), from.address);
    let given_new = meant.and_then(|user| user.must_change_at);
    Ok(match throttle::count_since(app, &buckets, given_new).await? {
        Counted::Go { costs, telling } => Ok(Counting::Stranger {
            buckets,
            costs,
            telling,
        }),
        Counted::Wait(seconds) => Err(seconds),
    })
}

/// Starts the session of somebody whose password was right, all of it or nothing.
///
/// # Errors
/// Also when it is not right any more.
async fn start(
    app: &App,
    user: &Candidate,
    from: From<'_>,
    counting: &Counting<'_>,
    renewed: Option<&HashedPassword>,
) -> Result<Outcomes> {
    let mut tx = app.db.begin_later().await?;
    let device = match counting {
        Counting::Device(device) => Some(device),
        Counting::Stranger { buckets, .. } => {
            throttle::clear(app, &mut tx, buckets).await?;
            None
        }
    };
    password::hold_later(&mut tx, &user.id, user.credential_epoch).await?;
    if let Some(renewed) = renewed {
        rehash(&mut tx, &user.id, user.credential_epoch, renewed).await?;
    }
    if let Some(old) = from.replaces {
        sessions::end::replaced(app, &mut tx, old, &user.id).await?;
    }
    let signing_in = SigningIn {
        account: &user.account_id,
        user: &user.id,
        device,
        devices: user.devices,
        told_at: user.new_browser_at,
        is_told: user.email_verified_at.is_some(),
        user_agent: from.user_agent,
        address: from.address,
    };
    let known = remember(app, &mut tx, signing_in, from.known).await?;
    let whose = (&user.account_id, &user.id);
    let browser = (&known.device, from.user_agent, from.address);
    let started = sessions::start::start(app, &mut tx, whose, user.sessions, browser).await?;
    let event = Event {
        actor: Some(&user.id),
        session: Some(&started.id),
        detail: serde_json::json!({ "sessions": started.ended, "new_browser": device.is_none() }),
        ..event(Some(user), from.address, Outcome::Done)
    };
    audit::record(app, &mut tx, event).await?;
    tx.commit().await?;
    Ok(Outcomes::SignedIn(started.token, known))
}

/// Whom a name means: a full name always wins; an e-mail counts if exactly one verified user has it.
fn meant(mut candidates: Vec<Candidate>) -> Option<Candidate> {
    if let Some(at) = candidates.iter().position(|candidate| candidate.rank == 0) {
        return Some(candidates.swap_remove(at));
    }
    if candidates.len() == 1 { candidates.pop() } else { None }
}

/// Puts the refusal on record if its failure is one to be told. In a remembered browser each is: there are ten at most.
async fn refuse(app: &App, meant: Option<&Candidate>, from: From<'_>, counting: &Counting<'_>) -> Result<()> {
    if let Counting::Stranger { telling: false, .. } = counting {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    let outcome = match counting {
        Counting::Device(_) => Outcome::Refused,
        Counting::Stranger { buckets, costs, .. } => {
            throttle::told(app, &mut tx, buckets).await?;
            let again = Again::Unknown(from.address);
            if meant.is_none() && !throttle::is_worth_telling(app, &mut tx, again).await? {
                // As long as a record takes, or the time would tell which names exist.
                return tx.commit().await;
            }
            if *costs { Outcome::Delayed } else { Outcome::Refused }
        }
    };
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
