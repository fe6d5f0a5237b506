//! The Contact headers of a REGISTER (RFC 3261 sections 10.2 and 20.10).

use bytestring::ByteString;
use sipx_sip::headers::{Address, ContactValue};
use sipx_sip::{HeaderName, Headers};

use super::Host;

/// Longest contact URI that is kept.
pub(super) const MAX_URI: usize = 512;
const MAX_INSTANCE: usize = 255;
/// Contacts read from one request.
const MAX_CONTACTS: usize = 32;
/// What a value that is no number stands for (RFC 3261 section 20.10).
const MALFORMED_EXPIRES_S: u32 = 3600;

/// What the Contact headers of a REGISTER ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Contacts {
    /// No Contact: tell the bindings.
    Query,
    /// `*`: every binding of the address of record.
    Star,
    /// These bindings, at least one.
    List(Vec<Contact>),
}

/// One contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contact {
    /// The URI as written, printable ASCII without quotes and angle brackets.
    pub(crate) uri: ByteString,
    pub(crate) host: Host,
    /// The `expires` parameter in seconds.
    pub(crate) expires_s: Option<u32>,
    /// The `q` parameter in thousandths.
    pub(crate) q: Option<u16>,
    /// `+sip.instance` without quotes and angle brackets.
    pub(crate) instance: Option<String>,
}

/// A Contact that cannot be read or is of no use to a registrar: 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadContact;

pub(super) fn contacts(headers: &Headers) -> Result<Contacts, BadContact> {
    let mut list = Vec::new();
    let mut star = false;
    let mut any = false;
    for value in headers.typed_all::<ContactValue>() {
        if any && star || list.len() >= MAX_CONTACTS {
            return Err(BadContact);
        }
        match value.map_err(|_| BadContact)? {
            ContactValue::Wildcard if any => return Err(BadContact),
            ContactValue::Wildcard => star = true,
            ContactValue::Address(address) => list.push(contact(&address)?),
        }
        any = true;
    }
    if star {
        return Ok(Contacts::Star);
    }
    if list.is_empty() {
        let silent = headers.get(&HeaderName::Contact).is_none();
        return if silent { Ok(Contacts::Query) } else { Err(BadContact) };
    }
    Ok(Contacts::List(list))
}

/// Reads one contact of an answer or a request. Only SIP URIs: nothing else can be rung.
pub(super) fn contact(address: &Address) -> Result<Contact, BadContact> {
    let host = Host::of(address.uri.host().ok_or(BadContact)?);
    let uri = ByteString::try_from(address.uri.to_bytes()).map_err(|_| BadContact)?;
    if uri.len() > MAX_URI {
        return Err(BadContact);
    }
    let expires = address.params.iter().find(|p| p.is("expires"));
    Ok(Contact {
        uri,
        host,
        expires_s: expires.map(|p| delta_seconds(p.value.as_deref())),
        q: address.param("q").and_then(thousandths),
        instance: address.param("+sip.instance").and_then(instance),
    })
}

/// Seconds of an `expires`; more than fits is as much as fits.
pub(super) fn delta_seconds(value: Option<&[u8]>) -> u32 {
    let digits = value.unwrap_or_default().trim_ascii();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return MALFORMED_EXPIRES_S;
    }
    let add = |sum: u32, digit: &u8| sum.saturating_mul(10).saturating_add(u32::from(digit - b'0'));
    digits.iter().fold(0, add)
}

/// `0`, `0.5`, `1.000` in thousandths; `None` for what is no qvalue.
pub(super) fn thousandths(value: &[u8]) -> Option<u16> {
    let (whole, decimals) = match value.iter().position(|b| *b == b'.') {
        Some(dot) => (value.get(..dot)?, value.get(dot + 1..)?),
        None => (value, &[][..]),
    };
    if decimals.len() > 3 || !decimals.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let whole = match whole {
        b"0" => 0,
        b"1" => 1000,
        _ => return None,
    };
    let digits = decimals.iter().chain(b"000").take(3);
    let part = digits.fold(0, |sum: u16, digit| sum * 10 + u16::from(digit - b'0'));
    Some(whole + part).filter(|q| *q <= 1000)
}

pub(super) fn instance(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?.trim();
    let text = text.strip_prefix('<').unwrap_or(text);
    let text = text.strip_suffix('>').unwrap_or(text);
    let plain = |b: u8| (0x21..0x7f).contains(&b) && !b"<>\"\\".contains(&b);
    let good = !text.is_empty() && text.len() <= MAX_INSTANCE && text.bytes().all(plain);
    good.then(|| text.to_owned())
}
