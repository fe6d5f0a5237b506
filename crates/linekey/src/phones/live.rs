//! What each phone of a user is doing at this moment, as stored by whoever holds the registrar.

use std::net::{IpAddr, SocketAddr};

use super::store::{self, Seen};
use super::view::{PhoneView, State};
use crate::app::App;
use crate::clock::Millis;
use crate::config::SipMode;
use crate::db::Tx;
use crate::error::Result;
use crate::ids::{AccountId, PhoneId, UserId};
use crate::sessions::Person;
use crate::when;

/// The phones of `person`, by label.
pub async fn of(app: &App, person: &Person) -> Result<Vec<PhoneView>> {
    of_user(app, (&person.account, &person.id), &person.time_zone).await
}

/// The phones of a user, by label, with times in `zone`.
pub async fn of_user(app: &App, (account, user): (&AccountId, &UserId), zone: &str) -> Result<Vec<PhoneView>> {
    let rows = store::seen_of_user(&app.db, account, user).await?;
    let phones = rows.chunk_by(|one, next| one.id == next.id);
    Ok(phones.map(|registrations| view_of(app, registrations, zone)).collect())
}

/// One phone of its registrations, as [`standing`] takes them, with times in `zone`.
pub(super) fn view_of(app: &App, registrations: &[Seen], zone: &str) -> PhoneView {
    view(app, registrations, &standing(app, registrations), zone)
}

/// The phone of that id that the user has, with times in `zone`.
pub async fn one_of_user(
    app: &App,
    owner: (&AccountId, &UserId),
    zone: &str,
    phone: &str,
) -> Result<Option<PhoneView>> {
    let phones = of_user(app, owner, zone).await?;
    Ok(phones.into_iter().find(|one| one.id == phone))
}

/// A phone with whose it is.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The domain of the account.
    pub domain: String,
    /// What its owner types to sign in.
    pub user: String,
    /// The phone, with times in UTC.
    pub phone: PhoneView,
    /// Since when its state is what it is, if that is known.
    pub since: Option<Millis>,
    /// What it says it is.
    pub user_agent: Option<String>,
    /// Where it was seen last.
    pub address: Option<IpAddr>,
    /// Until when the SIP password it had before works, if it does.
    pub old_until: Option<Millis>,
}

/// Whose a phone is.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Found {
    /// The phone.
    pub id: PhoneId,
    /// Of which account.
    #[sqlx(rename = "account_id")]
    pub account: AccountId,
    /// Of which user.
    #[sqlx(rename = "user_id")]
    pub user: UserId,
}

/// The phone of an address of record, such as `ann-desk@acme.example`. For commands, which may reach every phone.
pub async fn by_address(app: &App, address: &str) -> Result<Option<Found>> {
    let address = address.trim().strip_prefix("sip:").unwrap_or(address.trim());
    match address.split_once('@') {
        Some((name, domain)) => store::by_address(&app.db, &domain.to_lowercase(), name).await,
        None => Ok(None),
    }
}

/// The phones of the account of `domain` (with an empty one: of all), or of one user of it. For commands.
pub async fn in_accounts(app: &App, domain: &str, user: Option<&UserId>) -> Result<Vec<Listed>> {
    let rows = store::seen_in_accounts(&app.db, domain, user.map_or("", UserId::as_str)).await?;
    let mut listed = Vec::new();
    let mut rows = rows.into_iter().peekable();
    while let Some(first) = rows.next() {
        let mut registrations = vec![first.seen];
        while let Some(next) = rows.next_if(|next| next.seen.id == registrations[0].id) {
            registrations.push(next.seen);
        }
        let standing = standing(app, &registrations);
        listed.push(Listed {
            old_until: old_until(app, &registrations[0]),
            user: first.role.sign_in_name(&first.user_name, &first.domain),
            domain: first.domain,
            phone: view(app, &registrations, &standing, "UTC"),
            since: standing.since,
            user_agent: standing.latest.and_then(agent),
            address: standing.latest.and_then(address),
        });
    }
    Ok(listed)
}

/// What the registrations of a phone say of it.
#[derive(Clone, Copy)]
struct Standing<'a> {
    state: State,
    since: Option<Millis>,
    /// The registration that says so.
    latest: Option<&'a Seen>,
}

/// How a phone stands by its registrations, the latest refresh first. There is always a first: a phone without a
/// registration comes as one row.
fn standing<'a>(app: &App, registrations: &'a [Seen]) -> Standing<'a> {
    let now = app.clock.now();
    let live = |seen: &&Seen| seen.ended_at.is_none() && seen.expires_at.is_some_and(|until| until > now);
    let off_since = |seen: &Seen| seen.ended_at.or(seen.expires_at);
    let phone = &registrations[0];
    let (state, since, latest) = match registrations.iter().find(live) {
        // What is registered still ends within a second.
        _ if phone.blocked_at.is_some() => (State::Blocked, phone.blocked_at, None),
        // One that answers is enough.
        Some(seen) => match registrations.iter().filter(live).find(|seen| seen.silent_at.is_none()) {
            Some(answers) => (State::Registered, answers.registered_at, Some(answers)),
            None => (State::Silent, seen.silent_at, Some(seen)),
        },
        None if phone.outdated_at.is_some() => (State::Outdated, phone.outdated_at, Some(phone)),
        None => match registrations.iter().max_by_key(|seen| off_since(seen)) {
            Some(seen) if off_since(seen).is_some() => (State::Offline, off_since(seen), Some(seen)),
            _ => (State::NeverConnected, None, None),
        },
    };
    // Without a registrar here another node may have one, whose registrations are known; that a phone is offline is not.
    let (state, since) = match state {
        State::Offline | State::NeverConnected if app.config.sip.mode == SipMode::Off => (State::NotKnown, None),
        _ => (state, since),
    };
    Standing { state, since, latest }
}

/// One phone of its registrations, as [`standing`] takes them.
fn view(app: &App, registrations: &[Seen], standing: &Standing<'_>, zone: &str) -> PhoneView {
    let phone = &registrations[0];
    let Standing { state, since, latest } = *standing;
    PhoneView {
        id: phone.id.to_string(),
        label: phone.label.clone(),
        extension: phone.extension.clone(),
        address_of_record: format!("{}@{}", phone.sip_name, phone.sip_domain),
        state,
        state_text: state_text(app, state, since, zone),
        state_at: since.map(when::exact),
        seen_text: latest.and_then(|seen| seen_text(app, state, seen)),
        spans: spans(registrations, app.clock.now()),
        has_notices: phone.notices_since.is_some(),
        overlap_text: overlap_text(app, phone, standing, zone),
        link_text: link_text(app, phone, zone),
    }
}

fn spans(registrations: &[Seen], now: Millis) -> Vec<(Millis, Millis)> {
    let span = |seen: &Seen| {
        let until = seen.ended_at.or(seen.expires_at)?;
        Some((seen.registered_at?, until.min(now)))
    };
    registrations.iter().filter_map(span).collect()
}

/// Until when the SIP password it had before is good, if it is.
fn old_until(app: &App, phone: &Seen) -> Option<Millis> {
    phone.old_until.filter(|until| *until > app.clock.now())
}

/// Two SIP passwords are good: which the phone uses, and until when.
fn overlap_text(app: &App, phone: &Seen, standing: &Standing<'_>, zone: &str) -> Option<String> {
    let until = old_until(app, phone)?;
    let with_old = standing.state.is_registered()
        && standing
            .latest
            .and_then(|seen| seen.generation)
            .is_some_and(|made| made < phone.newest);
    let key = if with_old { "phone-overlap-old" } else { "phone-overlap" };
    Some(app.words.say_with(key, "until", when::minute(&app.words, until, zone)))
}

/// That a set-up link waits for the phone, if one does.
fn link_text(app: &App, phone: &Seen, zone: &str) -> Option<String> {
    let until = phone.link_until.filter(|until| *until > app.clock.now())?;
    let at = |at| when::minute(&app.words, at, zone);
    Some(match phone.link_fetched_at {
        Some(fetched) => {
            let arguments = [("until", at(until).into()), ("fetched", at(fetched).into())];
            app.words.say_all("phone-set-up-link-opened", arguments)
        }
        None => app.words.say_with("phone-set-up-link-waits", "until", at(until)),
    })
}

fn state_text(app: &App, state: State, at: Option<Millis>, zone: &str) -> String {
    let now = app.clock.now();
    let since = at.map(|at| when::short(&app.words, at, now, zone)).unwrap_or_default();
    match state {
        State::Registered => app.words.say_with("phone-registered", "since", since),
        State::Silent => app.words.say_with("phone-silent", "since", since),
        State::Offline => app.words.say_with("phone-offline", "since", since),
        State::NeverConnected => app.words.say("phone-never"),
        State::Outdated => app.words.say_with("phone-outdated", "since", since),
        State::Blocked => app.words.say_with("phone-blocked", "since", since),
        State::NotKnown => app.words.say("phone-unknown"),
    }
}

fn agent(seen: &Seen) -> Option<String> {
    seen.user_agent.clone().filter(|agent| !agent.is_empty())
}

fn address(seen: &Seen) -> Option<IpAddr> {
    ip(seen.received.as_deref()?)
}

fn ip(address: &str) -> Option<IpAddr> {
    let address: SocketAddr = address.parse().ok()?;
    Some(address.ip().to_canonical())
}

/// `Yealink T46U at 203.0.113.7`
fn seen_text(app: &App, state: State, seen: &Seen) -> Option<String> {
    let (agent, address) = match state {
        State::Outdated => (seen.outdated_agent.clone()?, ip(seen.outdated_from.as_deref()?)?),
        _ => (agent(seen)?, address(seen)?),
    };
    let address = address.to_string();
    Some(
        app.words
            .say_all("phone-seen", [("agent", agent.into()), ("address", address.into())]),
    )
}

/// Writes a registration that ended, for the demo's history: from when to when, milliseconds UTC.
pub async fn seed_offline(
    tx: &mut Tx,
    phone: &PhoneId,
    (sip_name, sip_domain): (&str, &str),
    (from, until): (Millis, Millis),
) -> Result<()> {
    let contact = format!("sip:{sip_name}@192.0.2.44:5060");
    let row = store::Registration {
        phone_id: phone.clone(),
        address_of_record: format!("sip:{sip_name}@{sip_domain}"),
        received: "192.0.2.44:5060".to_owned(),
        transport: "udp".to_owned(),
        call_id: format!("{sip_name}-before"),
        cseq: 1,
        instance: None,
        user_agent: "Linekey demo desk phone".to_owned(),
        q: None,
        generation: 1,
        registered_at: from,
        refreshed_at: until,
        expires_at: until,
        silent_at: None,
        contact,
    };
    store::put_registrations(tx, &super::rows::Rows::of([row])?).await
}
