//! What the contacts of one REGISTER change (RFC 3261 section 10.3, steps 6 to 8). Pure: it plans,
//! [`crate::register`] carries out, and a plan is carried out whole or not at all.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::ask::{BindingChange, PhoneKey, Removal, SavedBinding, Transport};
use crate::bindings::removal;
use crate::codec::{Contact, Contacts, Host, same_uri};
use crate::settings::Settings;

/// Below this a registrar may not refuse a time as too short (RFC 3261 section 10.3, step 7).
const ALWAYS_LONG_ENOUGH_S: u32 = 3600;

/// One authenticated REGISTER, without its contacts.
#[derive(Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) phone: &'a PhoneKey,
    pub(crate) generation: i64,
    pub(crate) sip_name: &'a str,
    pub(crate) sip_domain: &'a str,
    pub(crate) source: SocketAddr,
    pub(crate) transport: Transport,
    /// The Via names another address than the source.
    pub(crate) via_is_translated: bool,
    pub(crate) call_id: &'a str,
    pub(crate) cseq: u32,
    pub(crate) user_agent: &'a str,
    /// The `Expires` header.
    pub(crate) expires_s: Option<u32>,
    pub(crate) now_ms: i64,
    /// Thousandths, 0 to 100, by which granted times are shortened, so that phones that began
    /// together do not stay together.
    pub(crate) jitter: u32,
}

impl Ask<'_> {
    /// Whether this is the address of record.
    fn is_for(&self, address_of_record: &str) -> bool {
        let user_and_domain = address_of_record
            .strip_prefix("sip:")
            .and_then(|rest| rest.split_once('@'));
        user_and_domain == Some((self.sip_name, self.sip_domain))
    }
}

/// Why a request changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// `*` without `Expires: 0`.
    StarWithoutZero,
    /// A time below the minimum, and not zero.
    TooBrief,
    /// The request is older than what the binding holds.
    OutOfOrder,
}

/// What is to become of the bindings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// All bindings of the phone afterwards.
    pub(crate) bindings: Vec<Arc<SavedBinding>>,
    /// To be stored before the answer: new, changed and removed bindings.
    pub(crate) durable: Vec<BindingChange>,
    /// To be stored soon: bindings that only live longer.
    pub(crate) refreshes: Vec<BindingChange>,
    /// Contacts that were not there before.
    pub(crate) first_contacts: usize,
}

/// Plans the changes to `current`, the bindings of the phone that are not over.
pub(crate) fn plan(
    mut current: Vec<Arc<SavedBinding>>,
    contacts: &Contacts,
    ask: &Ask<'_>,
    settings: &Settings,
) -> Result<Plan, Refusal> {
    let mut plan = Plan::default();
    match contacts {
        Contacts::Query => {}
        Contacts::Star if ask.expires_s != Some(0) => return Err(Refusal::StarWithoutZero),
        Contacts::Star => {
            for binding in current.drain(..) {
                in_order(&binding, ask)?;
                plan.durable.push(removal(&binding, ask.now_ms, Removal::Unregistered));
            }
        }
        Contacts::List(list) => {
            // Against the bindings as they were: a request that names a contact twice is no replay.
            for contact in list {
                for binding in current.iter().filter(|binding| is_same(binding, contact)) {
                    in_order(binding, ask)?;
                }
            }
            for contact in list {
                apply(&mut current, &mut plan, contact, ask, settings)?;
            }
            make_room(&mut current, &mut plan, ask, settings);
        }
    }
    plan.bindings = current;
    Ok(plan)
}

/// The same contact URI, or another contact of the same device.
fn is_same(binding: &SavedBinding, contact: &Contact) -> bool {
    let same_device = binding.instance.is_some() && binding.instance == contact.instance;
    same_device || same_uri(&binding.contact, &contact.uri)
}

/// With the same Call-ID the CSeq must be higher.
fn in_order(binding: &SavedBinding, ask: &Ask<'_>) -> Result<(), Refusal> {
    let older = *binding.call_id == *ask.call_id && ask.cseq <= binding.cseq;
    if older { Err(Refusal::OutOfOrder) } else { Ok(()) }
}

fn apply(
    current: &mut Vec<Arc<SavedBinding>>,
    plan: &mut Plan,
    contact: &Contact,
    ask: &Ask<'_>,
    settings: &Settings,
) -> Result<(), Refusal> {
    let granted_s = granted(contact, ask, settings)?;
    let same: Vec<_> = current.extract_if(.., |binding| is_same(binding, contact)).collect();
    // What this very request said of them before counts no more.
    let is_said_again = |change: &BindingChange| same.iter().any(|old| change.key() == (&old.phone, &old.contact));
    plan.refreshes.retain(|change| !is_said_again(change));
    if granted_s == 0 {
        plan.durable.extend(
            same.into_iter()
                .map(|old| removal(&old, ask.now_ms, Removal::Unregistered)),
        );
        return Ok(());
    }
    let kept = same.iter().find(|old| *old.contact == *contact.uri).cloned();
    for old in same.into_iter().filter(|old| *old.contact != *contact.uri) {
        plan.durable.push(removal(&old, ask.now_ms, Removal::Replaced));
    }
    let new = Arc::new(binding(contact, kept.as_deref(), granted_s, ask));
    match kept {
        Some(old) if is_pure_refresh(&old, &new) => plan.refreshes.push(BindingChange::Refresh(Arc::clone(&new))),
        Some(_) => plan.durable.push(BindingChange::Put(Arc::clone(&new))),
        None => {
            plan.first_contacts += 1;
            plan.durable.push(BindingChange::Put(Arc::clone(&new)));
        }
    }
    // Most phones have one, and it stays.
    current.reserve_exact(1);
    current.push(new);
    Ok(())
}

/// The seconds granted: what was asked for or less, never more.
fn granted(contact: &Contact, ask: &Ask<'_>, settings: &Settings) -> Result<u32, Refusal> {
    let asked = contact
        .expires_s
        .or(ask.expires_s)
        .unwrap_or(settings.default_expires_s);
    if asked == 0 {
        return Ok(0);
    }
    if asked < settings.min_expires_s && asked < ALWAYS_LONG_ENOUGH_S {
        return Err(Refusal::TooBrief);
    }
    let translated = ask.via_is_translated || matches!(contact.host, Host::Ip(ip) if ip != ask.source.ip());
    let mut longest = asked.min(settings.max_expires_s);
    if translated && ask.transport == Transport::Udp {
        longest = longest.min(settings.nat_expires_s);
    }
    let shorter = longest - longest / 1000 * ask.jitter - longest % 1000 * ask.jitter / 1000;
    // Below the minimum the phone's next request would be refused, so jitter stops there.
    Ok(shorter.max(settings.min_expires_s.min(longest)).max(1))
}

fn binding(contact: &Contact, old: Option<&SavedBinding>, granted_s: u32, ask: &Ask<'_>) -> SavedBinding {
    // A refresh tells most of it again.
    let kept = |text: &str, old: Option<&Arc<str>>| match old {
        Some(old) if **old == *text => Arc::clone(old),
        _ => text.into(),
    };
    let same_place = old.filter(|old| old.received == ask.source && old.transport == ask.transport);
    SavedBinding {
        phone: ask.phone.clone(),
        address_of_record: match old.map(|old| &old.address_of_record) {
            Some(old) if ask.is_for(old) => Arc::clone(old),
            _ => format!("sip:{}@{}", ask.sip_name, ask.sip_domain).into(),
        },
        contact: kept(&contact.uri, old.map(|old| &old.contact)),
        received: ask.source,
        transport: ask.transport,
        call_id: kept(ask.call_id, old.map(|old| &old.call_id)),
        cseq: ask.cseq,
        instance: contact.instance.clone(),
        user_agent: kept(ask.user_agent, old.map(|old| &old.user_agent)),
        q: contact.q,
        since_ms: old.map_or(ask.now_ms, |old| old.since_ms),
        refreshed_ms: ask.now_ms,
        expires_ms: ask.now_ms.saturating_add(i64::from(granted_s) * 1000),
        generation: ask.generation,
        // That it reaches us does not say that we reach it.
        silent_since_ms: same_place.and_then(|old| old.silent_since_ms),
    }
}

/// Whether the two differ in nothing but the request that made them and their times.
fn is_pure_refresh(old: &SavedBinding, new: &SavedBinding) -> bool {
    // Every field is named, so that a new one is thought of here.
    let SavedBinding {
        phone,
        address_of_record,
        contact,
        received,
        transport,
        call_id: _,
        cseq: _,
        instance,
        user_agent,
        q,
        since_ms,
        refreshed_ms: _,
        expires_ms: _,
        generation,
        silent_since_ms,
    } = old;
    let place = (contact, received, transport) == (&new.contact, &new.received, &new.transport);
    let device = (phone, address_of_record, instance) == (&new.phone, &new.address_of_record, &new.instance);
    let state = (since_ms, generation, silent_since_ms) == (&new.since_ms, &new.generation, &new.silent_since_ms);
    let told = (user_agent, q) == (&new.user_agent, &new.q);
    place && device && state && told
}

/// Above the limit the contact that was refreshed longest ago goes: the phone is never refused.
fn make_room(current: &mut Vec<Arc<SavedBinding>>, plan: &mut Plan, ask: &Ask<'_>, settings: &Settings) {
    while current.len() > settings.contacts_per_phone.max(1) {
        let oldest = current
            .iter()
            .enumerate()
            .min_by_key(|(_, binding)| binding.refreshed_ms);
        let Some((at, _)) = oldest else { return };
        let gone = current.remove(at);
        // It may have come with this very request; then there is nothing to store of it.
        plan.refreshes
            .retain(|change| change.key() != (&gone.phone, &gone.contact));
        plan.durable
            .retain(|change| change.key() != (&gone.phone, &gone.contact));
        plan.durable.push(removal(&gone, ask.now_ms, Removal::Replaced));
    }
}
