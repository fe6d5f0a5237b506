//! A registration as the registrar knows it and as the database keeps it.

use linekey_sip::{PhoneKey, SavedBinding, Transport};

use super::store::{Refreshed, Registration};
use crate::ids::PhoneId;

/// For the database.
pub(super) fn row_of(binding: &SavedBinding) -> Registration {
    Registration {
        phone_id: PhoneId::new(binding.phone.0.to_string()),
        contact: binding.contact.to_string(),
        address_of_record: binding.address_of_record.to_string(),
        received: binding.received.to_string(),
        transport: binding.transport.as_str().to_owned(),
        call_id: binding.call_id.to_string(),
        cseq: binding.cseq.into(),
        instance: binding.instance.clone(),
        user_agent: binding.user_agent.to_string(),
        q: binding.q.map(i64::from),
        generation: binding.generation,
        registered_at: binding.since_ms,
        refreshed_at: binding.refreshed_ms,
        expires_at: binding.expires_ms,
        silent_at: binding.silent_since_ms,
    }
}

/// What is another when it was refreshed, for the database.
pub(super) fn refreshed(binding: &SavedBinding) -> Refreshed<'_> {
    Refreshed {
        phone_id: &binding.phone.0,
        contact: &binding.contact,
        call_id: &binding.call_id,
        cseq: binding.cseq.into(),
        refreshed_at: binding.refreshed_ms,
        expires_at: binding.expires_ms,
        silent_at: binding.silent_since_ms,
    }
}

/// For the registrar; `None` for a row that no registrar of ours wrote.
pub(super) fn of_row(row: Registration) -> Option<SavedBinding> {
    Some(SavedBinding {
        phone: PhoneKey(row.phone_id.as_str().into()),
        address_of_record: row.address_of_record.into(),
        contact: row.contact.into(),
        received: row.received.parse().ok()?,
        transport: match row.transport.as_str() {
            "udp" => Transport::Udp,
            "tcp" => Transport::Tcp,
            "tls" => Transport::Tls,
            _ => return None,
        },
        call_id: row.call_id.into(),
        cseq: row.cseq.try_into().ok()?,
        instance: row.instance,
        user_agent: row.user_agent.into(),
        q: row.q.and_then(|q| q.try_into().ok()),
        since_ms: row.registered_at,
        refreshed_ms: row.refreshed_at,
        expires_ms: row.expires_at,
        generation: row.generation,
        silent_since_ms: row.silent_at,
    })
}
