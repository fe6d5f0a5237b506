//! Reading SIP messages. This module and its children are the only ones that know the parser
//! crate (see `docs/adr/0003-sip-codec.md`); everything they hand out is our own type.
//!
//! Reading never fails loudly: what is not a request that can be answered is [`Read::Nothing`].

mod contact;
mod plain;
#[cfg(test)]
mod plain_tests;
mod request;
mod response;
#[cfg(test)]
mod torture;

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use bytestring::ByteString;
use sipx_sip::parser::{Limits, parse_datagram};
use sipx_sip::{Message, Uri, uri};

pub(crate) use contact::{BadContact, Contact, Contacts};
pub(crate) use request::{Echo, Method, Request};
pub(crate) use response::{Response, ResponseTime};

/// The largest datagram that is read; a REGISTER of a real phone has 400 to 1500 bytes.
pub(crate) const MAX_DATAGRAM: usize = 8192;
/// The smallest that could hold the six mandatory headers.
const MIN_DATAGRAM: usize = 64;
const LIMITS: Limits = Limits {
    max_message_bytes: MAX_DATAGRAM,
    max_body_bytes: MAX_DATAGRAM,
    max_headers: 64,
    max_header_bytes: 2048,
    max_folding_lines: 8,
};

/// What a datagram turned out to be.
#[derive(Debug)]
pub(crate) enum Read {
    /// A request with all that an answer needs.
    Request(Box<Request>),
    /// A response.
    Response(Box<Response>),
    /// Something that gets no answer, with the reason for the debug log.
    Nothing(&'static str),
}

/// Reads one datagram.
pub(crate) fn read(datagram: &[u8]) -> Read {
    if datagram.len() < MIN_DATAGRAM {
        return Read::Nothing("keep-alive or fragment");
    }
    if datagram.len() > MAX_DATAGRAM {
        return Read::Nothing("too large");
    }
    if !datagram.first().is_some_and(u8::is_ascii_graphic) {
        return Read::Nothing("not SIP");
    }
    let datagram = Bytes::copy_from_slice(datagram);
    match plain::read(&datagram) {
        Some(request) => Read::Request(Box::new(request)),
        None => thoroughly(&datagram),
    }
}

/// Whether a datagram is read in the ordinary form, which must not be another reading than the thorough one.
#[cfg(any(test, feature = "fuzz"))]
pub(crate) fn is_plain(datagram: &[u8]) -> bool {
    let datagram = Bytes::copy_from_slice(datagram);
    let Some(plain) = plain::read(&datagram) else {
        return false;
    };
    match thoroughly(&datagram) {
        Read::Request(request) => assert_eq!(plain, *request, "{}", String::from_utf8_lossy(&datagram)),
        other => panic!("{other:?} of {}", String::from_utf8_lossy(&datagram)),
    }
    true
}

/// Reads whatever RFC 3261 allows.
fn thoroughly(datagram: &Bytes) -> Read {
    match parse_datagram(datagram.clone(), &LIMITS) {
        Ok(Message::Request(message)) => match Request::new(&message, datagram) {
            Ok(request) => Read::Request(Box::new(request)),
            Err(why) => Read::Nothing(why),
        },
        Ok(Message::Response(message)) => {
            Response::new(message).map_or(Read::Nothing("unreadable response"), |r| Read::Response(Box::new(r)))
        }
        Err(_) => Read::Nothing("syntax"),
    }
}

/// The host of a URI or of a Via.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    /// A name, in lower case, without the dot of the root at its end.
    Name(ByteString),
    /// An address; an IPv4 address written in IPv6 is an IPv4 address.
    Ip(IpAddr),
}

impl Host {
    fn of(host: &uri::Host) -> Self {
        match host {
            uri::Host::Ip(ip) => Self::Ip(ip.to_canonical()),
            uri::Host::Name(name) => {
                let mut name = String::from_utf8_lossy(name.as_bytes()).to_ascii_lowercase();
                if name.ends_with('.') {
                    name.pop();
                }
                Self::Name(name.into())
            }
        }
    }
}

/// The host of a `sip:` or `sips:` URI; `None` for any other text.
pub(crate) fn uri_host(text: &ByteString) -> Option<Host> {
    plain::uri_host(text.as_bytes()).or_else(|| uri_host_thoroughly(text.as_bytes()))
}

fn uri_host_thoroughly(text: &Bytes) -> Option<Host> {
    Uri::parse(text.clone()).ok()?.host().map(Host::of)
}

/// The address that a `sip:` or `sips:` URI names; `None` for a host name and any other text.
pub(crate) fn uri_address(text: &str) -> Option<SocketAddr> {
    plain::uri_address(text.as_bytes()).or_else(|| uri_address_thoroughly(&Bytes::copy_from_slice(text.as_bytes())))
}

fn uri_address_thoroughly(text: &Bytes) -> Option<SocketAddr> {
    let uri = Uri::parse(text.clone()).ok()?;
    match uri.host().map(Host::of)? {
        Host::Ip(ip) => Some(SocketAddr::new(ip, uri.port().unwrap_or(5060))),
        Host::Name(_) => None,
    }
}

/// Whether the ordinary reading of a URI, where there is one, is the thorough one.
#[cfg(any(test, feature = "fuzz"))]
pub(crate) fn uri_reads_alike(text: &ByteString) -> bool {
    let bytes = text.as_bytes();
    let host = plain::uri_host(bytes).is_none_or(|host| uri_host_thoroughly(bytes) == Some(host));
    host && plain::uri_address(bytes).is_none_or(|address| uri_address_thoroughly(bytes) == Some(address))
}

/// Whether two contact URIs are the same by RFC 3261 section 19.1.4.
pub(crate) fn same_uri(a: &str, b: &str) -> bool {
    let parse = |text: &str| Uri::parse(Bytes::copy_from_slice(text.as_bytes()));
    a == b || matches!((parse(a), parse(b)), (Ok(a), Ok(b)) if a.equivalent(&b))
}

/// Text of a stranger made fit for logs, storage and pages: bounded, without control characters and those that turn the
/// direction of what stands beside them.
pub(crate) fn clean(raw: &[u8], max_chars: usize) -> String {
    let turns =
        |c| matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let text = String::from_utf8_lossy(raw);
    text.chars()
        .filter(|c| !c.is_control() && !turns(*c))
        .take(max_chars)
        .collect()
}
