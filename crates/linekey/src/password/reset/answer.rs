//! Answers requests: finds whose address it is, and mails each of them a link. Any number of portals may run this.

use std::net::IpAddr;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;

use super::has_room;
use super::store::{self, Person, Request};
use crate::app::App;
use crate::audit::{self, Event, Kind, Outcome};
use crate::clock::{HOUR, Millis, SECOND};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::mail::{self, Mail};
use crate::throttle::{self, Again, Bucket, Counted};

/// Between two looks at a queue in which nothing waits.
const IDLE: Duration = Duration::from_millis(500);
/// After a failure of the database.
const REST: Duration = Duration::from_secs(5);
/// Requests that are taken at once.
const BATCH: i64 = 8;
/// How long they are a worker's own. Whatever a dead one leaves is taken again after this.
const CLAIM: Millis = 30 * SECOND;
/// A request that could not be answered for so long is forgotten: whoever asked has asked again.
const KEPT: Millis = HOUR;

/// Answers until it is aborted; a request at hand then waits for another portal, or for this one's next start.
pub async fn run(app: App) {
    loop {
        let pause = match round(&app).await {
            Ok(0) => IDLE,
            Ok(_) => continue,
            Err(error) => {
                tracing::warn!(cause = %error, "requests for reset links have to wait");
                REST
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Takes what is due, at most [`BATCH`], and answers it. Says how many requests it took.
pub(super) async fn round(app: &App) -> Result<usize> {
    let now = app.clock.now();
    if !store::is_due(&app.db, now).await? {
        return Ok(0);
    }
    let mut tx = app.db.begin().await?;
    let claimed = store::claim(&mut tx, now, now + CLAIM, BATCH).await?;
    tx.commit().await?;
    for request in &claimed {
        answer(app, request).await?;
    }
    Ok(claimed.len())
}

/// Removes requests that nobody could answer in time.
pub async fn sweep(app: &App) -> Result<()> {
    let mut tx = app.db.begin().await?;
    store::remove_older(&mut tx, app.clock.now() - KEPT).await?;
    tx.commit().await
}

async fn answer(app: &App, request: &Request) -> Result<()> {
    let address: IpAddr = request.address.parse().map_err(Error::defect)?;
    let people = store::whose_address(&app.db, &request.email_key).await?;
    if people.is_empty() {
        return answer_nobody(app, request, address).await;
    }
    let (mut mailed, mut over) = (Vec::new(), Vec::new());
    let of_all = [Bucket::ResetMailsFrom(address), Bucket::MailsTo(&request.email_key)];
    let may = is_within(app, &of_all).await?;
    for person in people {
        if may && has_room(app, &person.id).await? && is_within(app, &[Bucket::ResetMailsOf(&person.id)]).await? {
            warn_of_many(app, &person).await?;
            mailed.push(person);
        } else {
            over.push(person);
        }
    }
    let mut tx = app.db.begin().await?;
    if !store::remove(&mut tx, &request.id).await? {
        return Ok(());
    }
    // People who share a mailbox may have written it differently.
    for people in mailed.chunk_by(|one, next| one.email == next.email) {
        mail_to(app, &mut tx, people, request, address).await?;
    }
    for person in &over {
        if throttle::is_worth_telling(app, &mut tx, Again::ResetOver(&person.id)).await? {
            audit::record(app, &mut tx, event(Some(person), address, Outcome::Delayed)).await?;
        }
    }
    tx.commit().await
}

/// One mail to the one address that all of them have.
async fn mail_to(app: &App, tx: &mut Tx, people: &[Person], request: &Request, address: IpAddr) -> Result<()> {
    let Some(first) = people.first() else {
        return Ok(());
    };
    for person in people {
        audit::record(app, tx, event(Some(person), address, Outcome::Done)).await?;
    }
    let mail = Mail::Reset {
        people: people.iter().map(named).collect(),
        at: request.created_at,
        browser: request.browser.clone(),
        address: request.address.clone(),
        code_for: Some(BASE64URL_NOPAD.encode(&request.browser_hash)),
        by: None,
        not_me: false,
    };
    mail::send(app, tx, (&first.account_id, &first.id), &first.email, &mail).await
}

/// Nobody who may sign in has that address. Told once in a while, or a guesser would fill the record.
async fn answer_nobody(app: &App, request: &Request, address: IpAddr) -> Result<()> {
    let mut tx = app.db.begin().await?;
    if !store::remove(&mut tx, &request.id).await? {
        return Ok(());
    }
    if throttle::is_worth_telling(app, &mut tx, Again::ResetUnknown(address)).await? {
        audit::record(app, &mut tx, event(None, address, Outcome::Refused)).await?;
    }
    tx.commit().await
}

async fn is_within(app: &App, buckets: &[Bucket<'_>]) -> Result<bool> {
    let counted = throttle::count(app, buckets).await?;
    Ok(matches!(counted, Counted::Go { .. }))
}

/// Many people of one account, or of all, asking within an hour is worth a look. It keeps nobody out: a stranger who asks
/// for many must not keep the others from their own links.
async fn warn_of_many(app: &App, person: &Person) -> Result<()> {
    if !is_within(app, &[Bucket::ResetsOfAccount(&person.account_id)]).await? {
        tracing::warn!(
            account = person.domain,
            "unusually many reset links were asked for in this account"
        );
    }
    if !is_within(app, &[Bucket::ResetsOfPortal]).await? {
        tracing::warn!("unusually many reset links were asked for");
    }
    Ok(())
}

fn named(person: &Person) -> mail::Person {
    mail::Person {
        account: person.account_id.clone(),
        user: person.id.clone(),
        name: person.display_name.clone(),
        sign_in_name: person.role.sign_in_name(&person.name, &person.domain),
        epoch: Some(person.credential_epoch),
    }
}

fn event(person: Option<&Person>, address: IpAddr, outcome: Outcome) -> Event<'_> {
    Event {
        kind: Kind::ResetRequest,
        outcome,
        account: person.map(|person| &person.account_id),
        actor: None,
        subject: person.map(|person| &person.id),
        session: None,
        address: Some(address),
        detail: serde_json::json!({}),
    }
}
