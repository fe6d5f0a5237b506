//! REGISTER as phones write it, read in one pass. Whatever is written in another way, folded, escaped, abbreviated or wrong,
//! is `None` here and left to the parser crate, which knows all of RFC 3261. What this reads that reads alike; a test holds
//! the two against each other.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use bytes::Bytes;
use bytestring::ByteString;

use super::contact::{Contact, Contacts, MAX_URI, delta_seconds, instance, thousandths};
use super::request::{
    Echo, MAX_AUTHORIZATIONS, MAX_CALL_ID, MAX_USER_AGENT, Method, Request, Via, without_server_parameters,
};
use super::{Host, LIMITS};
use crate::digest::is_token;

/// Parameters of a URI; phones write three.
const MAX_URI_PARAMS: usize = 8;

/// The headers that are looked at, as RFC 3261 spells them.
#[derive(Default)]
struct Headers<'a> {
    via: Option<&'a [u8]>,
    from: Option<&'a [u8]>,
    to: Option<&'a [u8]>,
    call_id: Option<&'a [u8]>,
    cseq: Option<&'a [u8]>,
    contact: Option<&'a [u8]>,
    expires: Option<&'a [u8]>,
    user_agent: Option<&'a [u8]>,
    content_length: Option<&'a [u8]>,
    authorizations: Vec<&'a [u8]>,
}

/// Names of headers that another spelling would hide from [`Headers`], or that ask for more than this reads.
const HEEDED: [&[u8]; 11] = [
    b"Via",
    b"From",
    b"To",
    b"Call-ID",
    b"CSeq",
    b"Contact",
    b"Expires",
    b"User-Agent",
    b"Content-Length",
    b"Authorization",
    b"Require",
];

/// Reads a REGISTER of the ordinary form.
pub(super) fn read(datagram: &Bytes) -> Option<Request> {
    let mut rest: &[u8] = datagram;
    let target = line(&mut rest)?.strip_prefix(b"REGISTER ")?.strip_suffix(b" SIP/2.0")?;
    let target = sip_uri(target)?;
    let headers = headers(rest)?;
    if !matches!(headers.content_length, None | Some(b"0")) {
        return None;
    }
    let (from, to) = (headers.from?, headers.to?);
    name_addr(from)?;
    let to_address = name_addr(to)?;
    let call_id = headers
        .call_id
        .filter(|id| id.len() <= MAX_CALL_ID && !id.contains(&b' '))?;
    let cseq = headers.cseq?;
    let (via, top_via, received) = via(headers.via?, datagram)?;
    let text = |value: &[u8]| text(value, datagram);
    Some(Request {
        method: Method::Register,
        fault: None,
        target: Some(target.host.kept(datagram)?),
        to_user: Some(text(to_address.uri.user?)?),
        to_host: Some(to_address.uri.host.kept(datagram)?),
        call_id: text(call_id)?,
        cseq: sequence(cseq)?,
        echo: Echo {
            top_via,
            rport: via.rport,
            received,
            vias: Vec::new(),
            from: datagram.slice_ref(from),
            to: datagram.slice_ref(to),
            to_has_tag: params(to_address.params)
                .find(|param| param.is_named("tag"))
                .is_some_and(|param| param.value.is_some()),
            call_id: datagram.slice_ref(call_id),
            cseq: datagram.slice_ref(cseq),
        },
        via,
        authorizations: headers.authorizations.into_iter().map(text).collect::<Option<_>>()?,
        contacts: Ok(match headers.contact {
            Some(value) => Contacts::List(vec![contact(value, datagram)?]),
            None => Contacts::Query,
        }),
        expires_s: match headers.expires {
            Some(value) => Some(seconds(value)?),
            None => None,
        },
        required: Vec::new(),
        user_agent: match headers.user_agent {
            Some(value) => text(value.get(..MAX_USER_AGENT).unwrap_or(value))?,
            None => ByteString::new(),
        },
    })
}

/// The host of a `sip:` URI of the ordinary form.
pub(super) fn uri_host(uri: &Bytes) -> Option<Host> {
    sip_uri(uri)?.host.kept(uri)
}

/// The address that such a URI names; none where it names a host.
pub(super) fn uri_address(uri: &[u8]) -> Option<SocketAddr> {
    let uri = sip_uri(uri)?;
    match uri.host {
        HostText::Ip(ip) => Some(SocketAddr::new(ip, uri.port.unwrap_or(5060))),
        HostText::Name(_) => None,
    }
}

/// A part of the datagram as text.
fn text(part: &[u8], datagram: &Bytes) -> Option<ByteString> {
    ByteString::try_from(datagram.slice_ref(part)).ok()
}

/// The next line, of printable ASCII alone.
fn line<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (line, after) = rest.split_at_checked(memchr::memchr(b'\r', rest)?)?;
    *rest = after.strip_prefix(b"\r\n")?;
    // Without an end before the end, so that the compiler looks at many at once.
    let is_printable = line.iter().fold(true, |all, b| all & (0x20..0x7f).contains(b));
    is_printable.then_some(line)
}

/// The headers, up to the empty line.
fn headers(mut rest: &[u8]) -> Option<Headers<'_>> {
    let mut found = Headers::default();
    for _ in 0..=LIMITS.max_headers {
        let line = line(&mut rest)?;
        if line.is_empty() {
            return Some(found);
        }
        let colon = line.iter().position(|b| *b == b':')?;
        let (name, value) = (line.get(..colon)?, line.get(colon + 1..)?);
        let value = value.trim_ascii_start();
        if line.len() > LIMITS.max_header_bytes || value.is_empty() || value.ends_with(b" ") {
            return None;
        }
        let slot = match name {
            b"Via" => &mut found.via,
            b"From" => &mut found.from,
            b"To" => &mut found.to,
            b"Call-ID" => &mut found.call_id,
            b"CSeq" => &mut found.cseq,
            b"Contact" => &mut found.contact,
            b"Expires" => &mut found.expires,
            b"User-Agent" => &mut found.user_agent,
            b"Content-Length" => &mut found.content_length,
            b"Authorization" if found.authorizations.len() < MAX_AUTHORIZATIONS => {
                found.authorizations.push(value);
                continue;
            }
            _ if name.len() <= 1 || HEEDED.iter().any(|heeded| heeded.eq_ignore_ascii_case(name)) => return None,
            _ if !name.iter().all(|b| is_token(*b)) => return None,
            _ => continue,
        };
        if slot.replace(value).is_some() {
            return None;
        }
    }
    None
}

/// A URI: scheme `sip`, no password, no escapes, no headers.
struct SipUri<'a> {
    text: &'a [u8],
    user: Option<&'a [u8]>,
    host: HostText<'a>,
    port: Option<u16>,
}

/// A host as it is written.
enum HostText<'a> {
    Ip(IpAddr),
    Name(&'a [u8]),
}

impl HostText<'_> {
    /// The host, of this datagram.
    fn kept(&self, datagram: &Bytes) -> Option<Host> {
        Some(match self {
            Self::Ip(ip) => Host::Ip(*ip),
            Self::Name(name) if name.iter().any(u8::is_ascii_uppercase) => {
                Host::Name(String::from_utf8(name.to_ascii_lowercase()).ok()?.into())
            }
            Self::Name(name) => Host::Name(text(name, datagram)?),
        })
    }
}

fn sip_uri(uri: &[u8]) -> Option<SipUri<'_>> {
    let rest = uri.strip_prefix(b"sip:")?;
    let (user, rest) = match rest.iter().position(|b| *b == b'@') {
        Some(at) => (Some(rest.get(..at)?), rest.get(at + 1..)?),
        None => (None, rest),
    };
    if user.is_some_and(|user| user.is_empty() || !user.iter().all(is_simple)) {
        return None;
    }
    let (host_port, uri_params) = rest.split_at(rest.iter().position(|b| *b == b';').unwrap_or(rest.len()));
    // No quotes in those of a URI.
    are_params(uri_params)?;
    for (index, param) in params(uri_params).enumerate() {
        // A name that comes twice is wrong (RFC 3261 section 19.1.1).
        let mut before = params(uri_params).take(index);
        if index >= MAX_URI_PARAMS || before.any(|other| other.name.eq_ignore_ascii_case(param.name)) {
            return None;
        }
        if !param.part.iter().all(|b| is_simple(b) || b"=~:".contains(b)) {
            return None;
        }
    }
    let (host, port) = self::host_port(host_port)?;
    Some(SipUri {
        text: uri,
        user,
        host,
        port,
    })
}

fn host_port(text: &[u8]) -> Option<(HostText<'_>, Option<u16>)> {
    let (host, port) = match text.iter().position(|b| *b == b':') {
        Some(colon) => (text.get(..colon)?, Some(text.get(colon + 1..)?)),
        None => (text, None),
    };
    let port = match port {
        Some(digits) if digits.len() <= 5 && digits.iter().all(u8::is_ascii_digit) => {
            Some(std::str::from_utf8(digits).ok()?.parse().ok()?)
        }
        Some(_) => return None,
        None => None,
    };
    // The last label of a name begins with a letter.
    if host.last()?.is_ascii_digit() && host.iter().all(|b| b.is_ascii_digit() || *b == b'.') {
        let ip: Ipv4Addr = std::str::from_utf8(host).ok()?.parse().ok()?;
        return Some((HostText::Ip(ip.into()), port));
    }
    is_name(host).then_some((HostText::Name(host), port))
}

/// RFC 3261 section 25.1, `hostname` without the dot of the root: labels of letters, digits and, within, hyphens; the last
/// begins with a letter.
fn is_name(host: &[u8]) -> bool {
    let (mut before, mut first) = (b'.', b'0');
    for byte in host {
        match (before, byte) {
            (b'.', b) if b.is_ascii_alphanumeric() => first = *b,
            (b'.', _) | (b'-', b'.') => return false,
            (_, b) if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.') => {}
            _ => return false,
        }
        before = *byte;
    }
    before.is_ascii_alphanumeric() && first.is_ascii_alphabetic()
}

/// `"Display name" <uri>;params`, the name in quotes, bare or not there.
struct NameAddr<'a> {
    uri: SipUri<'a>,
    params: &'a [u8],
}

fn name_addr(value: &[u8]) -> Option<NameAddr<'_>> {
    let rest = match value.strip_prefix(b"\"") {
        Some(quoted) => {
            let end = quoted.iter().position(|b| *b == b'"')?;
            let (name, rest) = (quoted.get(..end)?, quoted.get(end + 1..)?);
            if name.contains(&b'\\') {
                return None;
            }
            rest.trim_ascii_start().strip_prefix(b"<")?
        }
        None => {
            let open = value.iter().position(|b| *b == b'<')?;
            let (name, rest) = (value.get(..open)?, value.get(open + 1..)?);
            if !name.iter().all(|b| is_token(*b) || *b == b' ') {
                return None;
            }
            rest
        }
    };
    let close = rest.iter().position(|b| *b == b'>')?;
    let params = rest.get(close + 1..)?;
    are_params(params)?;
    Some(NameAddr {
        uri: sip_uri(rest.get(..close)?)?,
        params,
    })
}

/// `;name`, `;name=value` or `;name="value"`.
#[derive(Clone, Copy)]
struct Param<'a> {
    /// As written, without the semicolon.
    part: &'a [u8],
    name: &'a [u8],
    /// Without quotes.
    value: Option<&'a [u8]>,
}

impl Param<'_> {
    fn is_named(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

fn param<'a>(rest: &mut &'a [u8]) -> Option<Param<'a>> {
    let all = rest.strip_prefix(b";")?;
    let token = |text: &[u8]| text.iter().position(|b| !is_token(*b)).unwrap_or(text.len());
    let (name, after) = all.split_at(token(all));
    let (value, after) = match after.strip_prefix(b"=") {
        None => (None, after),
        Some(text) => match text.strip_prefix(b"\"") {
            Some(quoted) => {
                let end = quoted.iter().position(|b| *b == b'"')?;
                (
                    Some(quoted.get(..end).filter(|text| !text.contains(&b'\\'))?),
                    quoted.get(end + 1..)?,
                )
            }
            None => {
                let (value, after) = text.split_at(token(text));
                (Some(value).filter(|value| !value.is_empty()).map(Some)?, after)
            }
        },
    };
    if name.is_empty() {
        return None;
    }
    let part = all.get(..all.len() - after.len())?;
    *rest = after;
    Some(Param { part, name, value })
}

/// Whether the text is parameters to its end.
fn are_params(mut text: &[u8]) -> Option<()> {
    while !text.is_empty() {
        param(&mut text)?;
    }
    Some(())
}

fn params(mut text: &[u8]) -> impl Iterator<Item = Param<'_>> {
    std::iter::from_fn(move || param(&mut text))
}

/// The only Via; what an answer repeats of it, and whether it says `received`.
fn via(value: &[u8], datagram: &Bytes) -> Option<(Via, Bytes, bool)> {
    let rest = value.strip_prefix(b"SIP/2.0/")?;
    let (transport, rest) = (rest.get(..4)?, rest.get(4..)?);
    if !matches!(transport, b"UDP " | b"TCP " | b"TLS ") {
        return None;
    }
    let (host_port, via_params) = rest.split_at(rest.iter().position(|b| *b == b';').unwrap_or(rest.len()));
    let (host, port) = self::host_port(host_port)?;
    let (mut branch, mut rports, mut received) = (None, 0_usize, false);
    are_params(via_params)?;
    for param in params(via_params) {
        if param.is_named("rport") {
            rports += 1;
        } else if param.is_named("received") {
            param.value?;
            received = true;
        } else if param.is_named("branch") && branch.is_none() {
            branch = Some(datagram.slice_ref(param.value.unwrap_or_default()));
        }
    }
    let top_via = match value.strip_suffix(b";rport") {
        _ if rports == 0 && !received => datagram.slice_ref(value),
        // As most phones write it.
        Some(before) if rports == 1 && !received => datagram.slice_ref(before),
        _ => without_server_parameters(value).into(),
    };
    let via = Via {
        host: host.kept(datagram)?,
        port,
        branch: branch.unwrap_or_default(),
        rport: rports > 0,
    };
    Some((via, top_via, received))
}

/// The number of a CSeq of REGISTER.
fn sequence(value: &[u8]) -> Option<u32> {
    let digits = value.strip_suffix(b" REGISTER")?;
    let number = seconds(digits)?;
    (digits.len() <= 10 && i32::try_from(number).is_ok()).then_some(number)
}

/// A number; more than fits is as much as fits.
fn seconds(digits: &[u8]) -> Option<u32> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| delta_seconds(Some(digits)))
}

/// The only contact.
fn contact(value: &[u8], datagram: &Bytes) -> Option<Contact> {
    let NameAddr { uri, params: tail } = name_addr(value)?;
    let named = |name| params(tail).find(|param| param.is_named(name));
    if uri.text.len() > MAX_URI {
        return None;
    }
    Some(Contact {
        uri: text(uri.text, datagram)?,
        host: uri.host.kept(datagram)?,
        expires_s: named("expires").map(|param| delta_seconds(param.value)),
        q: named("q").and_then(|param| thousandths(param.value?)),
        instance: named("+sip.instance").and_then(|param| instance(param.value?)),
    })
}

/// What needs no escape anywhere in a URI, and is none.
#[inline]
fn is_simple(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'+')
}
