//! Reads what a Kamailio has registered into `registrations`: of one address when it tells that something happened there,
//! and of all where they differ once a minute, since what is told may be lost.

use std::time::Duration;

use linekey_sip::{Event as SipEvent, PhoneKey};

use super::rpc;
use super::store::{self, Known, Located, Phone};
use crate::app::App;
use crate::clock::Millis;
use crate::db::Tx;
use crate::error::Result;
use crate::phones::events;
use crate::phones::history::store::keep_spells;
use crate::phones::overlap;
use crate::phones::provision;
use crate::phones::rows::{OnePhone, Rows};
use crate::phones::store as phones;

/// Between two full compares.
const EVERY: Duration = Duration::from_secs(60);
/// Addresses that are read at once.
const BATCH: i64 = 500;

/// Compares until it is aborted.
pub(super) async fn run(app: App) {
    loop {
        if let Err(error) = round(&app).await {
            tracing::warn!(cause = %error, "what is registered at Kamailio is not known for a minute");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// One full compare.
pub(super) async fn round(app: &App) -> Result<()> {
    let mut tx = app.db.begin().await?;
    store::put_domains(&mut tx).await?;
    tx.commit().await?;
    let mut after = (String::new(), String::new());
    loop {
        let batch = store::differing(&app.db, (&after.0, &after.1), app.clock.now(), BATCH).await?;
        let Some(last) = batch.last() else {
            return Ok(());
        };
        after = (last.name.clone(), last.domain.clone());
        for address in &batch {
            one(app, (&address.name, &address.domain)).await?;
        }
    }
}

/// Reads what is registered under one address, and has Kamailio forget what no good SIP password stands behind.
pub(super) async fn one(app: &App, address: (&str, &str)) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let phone = store::phone(&mut tx, address).await?;
    let (good, bad): (Vec<_>, Vec<_>) = store::located(&mut tx, address, now)
        .await?
        .into_iter()
        .partition(|located| located.may && phone.is_some());
    if let Some(phone) = phone {
        let Brought { changed, new } = bring_up(&mut tx, (&phone, address), &good, now).await?;
        tx.commit().await?;
        if changed {
            app.news.tell(&phone.id);
        }
        for located in new {
            if let Err(error) = keep_first(app, &phone, located).await {
                tracing::warn!(cause = %error, "what a phone did is not told of");
            }
        }
    } else {
        drop(tx);
    }
    for located in bad {
        let forgotten = rpc::Call::RemoveContact(address, &located.contact)
            .everywhere(app)
            .await;
        if let Err(error) = forgotten {
            tracing::warn!(cause = %error, "a contact that may not be registered waits for the next compare");
        }
    }
    Ok(())
}

/// What came of a look at an address.
struct Brought<'a> {
    /// Whether anything began or ended.
    changed: bool,
    /// What was not registered before.
    new: Vec<&'a Located>,
}

/// The past of the phone shows that it registered, and from where.
async fn keep_first(app: &App, phone: &Phone, located: &Located) -> Result<()> {
    let Ok(source) = received(located).parse() else {
        return Ok(());
    };
    let event = SipEvent::FirstContact {
        phone: PhoneKey(phone.id.as_str().into()),
        generation: located.generation,
        source,
        user_agent: located.user_agent.clone(),
        at_ms: located.modified_at,
    };
    events::keep(app, &event).await
}

async fn bring_up<'a>(
    tx: &mut Tx,
    (phone, address): (&Phone, (&str, &str)),
    good: &'a [Located],
    now: Millis,
) -> Result<Brought<'a>> {
    let known = store::known(tx, &phone.id, now).await?;
    let (mut changed, mut begun) = (false, Vec::new());
    for over in known.iter().filter(|known| !is_among(good, known)) {
        phones::end_registration(tx, &phone.id, &over.contact, now).await?;
        changed = true;
    }
    for (nth, located) in good.iter().enumerate() {
        if good[..nth].iter().any(|longer| longer.contact == located.contact) {
            continue;
        }
        let before = known.iter().find(|known| known.contact == located.contact);
        if before.is_none() {
            let phone_id = &phone.id;
            let new = Rows::of([OnePhone { phone_id }])?;
            keep_spells(tx, &new, now).await?;
            phones::forget_ended(tx, &new, now).await?;
            if located.generation == phone.generation {
                provision::used(tx, phone_id, phone.generation).await?;
            }
            begun.push(located);
            changed = true;
        }
        if before.is_none_or(|before| before.expires_at != located.expires_at) {
            let row = row(phone, address, located, before);
            phones::put_registrations(tx, &Rows::of([row])?).await?;
        }
    }
    let is_newest = |located: &Located| located.generation == phone.generation;
    let is_awaited = phone.outdated_at.is_some() || phone.old_until.is_some_and(|until| until > now);
    if is_awaited && good.iter().any(is_newest) {
        overlap::end(tx, &phone.id, phone.generation, now).await?;
        store::withdraw_below(tx, &phone.id, phone.generation).await?;
        changed = true;
    }
    Ok(Brought { changed, new: begun })
}

fn is_among(good: &[Located], known: &Known) -> bool {
    good.iter().any(|located| located.contact == known.contact)
}

fn row(phone: &Phone, (name, domain): (&str, &str), located: &Located, before: Option<&Known>) -> phones::Registration {
    let refreshed_at = located.modified_at;
    phones::Registration {
        phone_id: phone.id.clone(),
        contact: located.contact.clone(),
        address_of_record: format!("sip:{name}@{domain}"),
        received: received(located),
        transport: transport(located.socket.as_deref()),
        call_id: located.call_id.clone(),
        cseq: located.cseq,
        instance: located.instance.clone(),
        user_agent: located.user_agent.clone(),
        q: Some(located.q).filter(|q| *q >= 0),
        generation: located.generation,
        registered_at: before.map_or(refreshed_at, |before| before.registered_at),
        refreshed_at,
        expires_at: located.expires_at,
        silent_at: None,
    }
}

/// Where the phone is: where its request came from, or else what it calls itself.
fn received(located: &Located) -> String {
    source(located.received.as_deref().unwrap_or(&located.contact))
}

/// `203.0.113.7:5060` of `sip:ann-desk@203.0.113.7:5060;transport=tcp`.
fn source(uri: &str) -> String {
    let uri = uri.split_once(':').map_or(uri, |(_, rest)| rest);
    let uri = uri.split([';', '?', '>']).next().unwrap_or_default();
    let host = uri.rsplit_once('@').map_or(uri, |(_, host)| host);
    let has_port = host
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    if has_port {
        host.to_owned()
    } else {
        format!("{host}:5060")
    }
}

/// `udp` of `udp:192.0.2.1:5060`.
fn transport(socket: Option<&str>) -> String {
    let named = socket.and_then(|socket| socket.split_once(':'));
    named.map_or("udp", |(transport, _)| transport).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_of_a_contact_is_its_address_with_a_port() {
        assert_eq!(source("sip:203.0.113.7:5071;transport=tcp"), "203.0.113.7:5071");
        assert_eq!(source("sip:ann-desk@203.0.113.7"), "203.0.113.7:5060");
        assert_eq!(source("sip:ann@[2001:db8::7]:5062"), "[2001:db8::7]:5062");
    }
}
