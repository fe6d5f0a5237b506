//! A request: what the registrar looks at, and what an answer repeats.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use bytestring::ByteString;
use sipx_sip::headers::{self, CSeq, CallId, From, To};
use sipx_sip::{HeaderName, Headers, TypedHeader, message};

use super::contact::{BadContact, Contacts, contacts, delta_seconds};
use super::{Host, clean};

/// Longest Call-ID that is accepted.
pub(super) const MAX_CALL_ID: usize = 255;
/// Longest `User-Agent` that is kept.
pub(super) const MAX_USER_AGENT: usize = 255;
/// Authorization headers that are looked at.
pub(super) const MAX_AUTHORIZATIONS: usize = 8;

/// The method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Register,
    Options,
    /// Never answered (RFC 3261 section 17).
    Ack,
    Other,
}

/// The top Via: where the answer goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Via {
    pub(crate) host: Host,
    pub(crate) port: Option<u16>,
    pub(crate) branch: Bytes,
    /// RFC 3581: the sender asks to be answered where it sent from.
    pub(crate) rport: bool,
}

/// The header fields that every answer repeats (RFC 3261 section 8.2.6.2), free of line breaks and
/// control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Echo {
    /// The top Via without `received` and `rport`.
    pub(crate) top_via: Bytes,
    pub(crate) rport: bool,
    pub(crate) received: bool,
    /// The Vias below it, in order.
    pub(crate) vias: Vec<Bytes>,
    pub(crate) from: Bytes,
    pub(crate) to: Bytes,
    pub(crate) to_has_tag: bool,
    pub(crate) call_id: Bytes,
    pub(crate) cseq: Bytes,
}

/// A request with every mandatory header in readable form.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Why it cannot be carried out whatever it asks, as status and reason.
    pub(crate) fault: Option<(u16, &'static str)>,
    /// The host of the Request-URI; `None` if its scheme is not SIP.
    pub(crate) target: Option<Host>,
    /// The user of the To URI, escapes resolved.
    pub(crate) to_user: Option<ByteString>,
    /// The host of the To URI; `None` if its scheme is not SIP.
    pub(crate) to_host: Option<Host>,
    pub(crate) call_id: ByteString,
    /// The CSeq number; 0 if there is a fault in it.
    pub(crate) cseq: u32,
    pub(crate) via: Via,
    pub(crate) echo: Echo,
    /// The `Authorization` values, at most eight; those that are no text, or hold control characters,
    /// are left out.
    pub(crate) authorizations: Vec<ByteString>,
    /// What the `Contact` headers ask for.
    pub(crate) contacts: Result<Contacts, BadContact>,
    /// The `Expires` header in seconds.
    pub(crate) expires_s: Option<u32>,
    /// The option tags of `Require` (RFC 3261 section 8.2.2.3).
    pub(crate) required: Vec<String>,
    /// The `User-Agent`, cleaned, at most 255 characters.
    pub(crate) user_agent: ByteString,
}

fn method(message: &message::Request) -> Method {
    match message.method {
        sipx_sip::Method::Register => Method::Register,
        sipx_sip::Method::Options => Method::Options,
        sipx_sip::Method::Ack => Method::Ack,
        _ => Method::Other,
    }
}

impl Request {
    /// Of a message that was read out of `datagram`.
    pub(super) fn new(message: &message::Request, datagram: &Bytes) -> Result<Self, &'static str> {
        let headers = &message.headers;
        let via = typed::<headers::Via>(headers, "unreadable Via")?;
        let from = single(datagram, headers, &HeaderName::From, "From missing or repeated")?;
        typed::<From>(headers, "unreadable From")?;
        let to = single(datagram, headers, &HeaderName::To, "To missing or repeated")?;
        let to_address = typed::<To>(headers, "unreadable To")?;
        let call_id = single(datagram, headers, &HeaderName::CallId, "Call-ID missing or repeated")?;
        typed::<CallId>(headers, "unreadable Call-ID")?;
        if call_id.len() > MAX_CALL_ID || !call_id.iter().all(|b| (0x21..0x7f).contains(b)) {
            return Err("unreadable Call-ID");
        }
        let cseq = single(datagram, headers, &HeaderName::CSeq, "CSeq missing or repeated")?;
        let number = match headers.typed::<CSeq>() {
            Some(Ok(cseq)) if cseq.method == message.method => Some(cseq.sequence),
            _ => None,
        };
        let (top_via, vias) = via_values(datagram, headers)?;
        let rport = via.rport().is_some();
        let received = via.received().is_some();
        Ok(Self {
            method: method(message),
            fault: fault(message, number),
            target: message.uri.host().map(Host::of),
            to_user: to_address
                .uri
                .decoded_user()
                .and_then(|user| String::from_utf8(user).ok())
                .map(ByteString::from),
            to_host: to_address.uri.host().map(Host::of),
            call_id: clean(&call_id, MAX_CALL_ID).into(),
            cseq: number.unwrap_or_default(),
            echo: Echo {
                top_via,
                rport,
                received,
                vias,
                from,
                to,
                to_has_tag: to_address.tag().is_some(),
                call_id,
                cseq,
            },
            via: Via {
                host: Host::of(&via.host),
                port: via.port,
                branch: Bytes::copy_from_slice(via.branch().unwrap_or_default()),
                rport,
            },
            authorizations: authorizations(headers),
            contacts: contacts(headers),
            expires_s: expires_s(headers),
            required: required(headers),
            user_agent: user_agent(headers),
        })
    }

    /// Whether the phone is behind a NAT as far as its Via tells: it names another address than
    /// the one it sends from.
    pub(crate) fn via_is_translated(&self, source: IpAddr) -> bool {
        matches!(self.via.host, Host::Ip(ip) if ip != source)
    }

    /// Whether the answer must report the source (RFC 3261 section 18.2.1).
    pub(crate) fn reports_source(&self, source: IpAddr) -> bool {
        self.via.host != Host::Ip(source)
    }

    /// The port that the answer goes to over UDP (RFC 3261 section 18.2.2, RFC 3581 section 4). The
    /// address is always the one the request came from, never `maddr`, which could be a third
    /// party's.
    ///
    /// Without `rport` it is the port of the Via, unless the Via names another address: then a NAT
    /// is between, and the Via's port means nothing on this side of it.
    pub(crate) fn reply_port(&self, source: SocketAddr) -> u16 {
        if self.via.rport || self.via_is_translated(source.ip()) {
            return source.port();
        }
        self.via.port.unwrap_or(5060)
    }
}

/// The first header of this name, which must be there.
fn typed<T: TypedHeader>(headers: &Headers, why: &'static str) -> Result<T, &'static str> {
    headers.typed::<T>().and_then(Result::ok).ok_or(why)
}

fn authorizations(headers: &Headers) -> Vec<ByteString> {
    let values = headers.get_all(&HeaderName::Authorization);
    let texts = values.filter_map(|header| String::from_utf8(header.value().into_owned()).ok());
    texts
        .filter(|text| !text.contains(char::is_control))
        .take(MAX_AUTHORIZATIONS)
        .map(ByteString::from)
        .collect()
}

fn expires_s(headers: &Headers) -> Option<u32> {
    let value = headers.value(&HeaderName::Expires)?;
    Some(delta_seconds(Some(&value)))
}

fn user_agent(headers: &Headers) -> ByteString {
    let value = headers.value(&HeaderName::UserAgent);
    value
        .map(|value| clean(&value, MAX_USER_AGENT).into())
        .unwrap_or_default()
}

fn required(headers: &Headers) -> Vec<String> {
    let rows = headers.get_all(&HeaderName::Require);
    let tags = rows.flat_map(|row| {
        row.value()
            .split(|b| *b == b',')
            .map(|t| clean(t, 64))
            .collect::<Vec<_>>()
    });
    tags.map(|tag| tag.trim().to_owned())
        .filter(|tag| !tag.is_empty())
        .take(8)
        .collect()
}

/// Faults that have an answer of their own (RFC 3261 sections 8.1.1.5, 19.1.1 and 21.5.6).
fn fault(message: &message::Request, cseq: Option<u32>) -> Option<(u16, &'static str)> {
    if !message.version.is_supported() {
        Some((505, "Version Not Supported"))
    } else if message.uri.has_headers() {
        Some((400, "Headers In Request-URI"))
    } else if cseq.is_none() {
        Some((400, "Bad CSeq"))
    } else {
        None
    }
}

fn single(datagram: &Bytes, headers: &Headers, name: &HeaderName, why: &'static str) -> Result<Bytes, &'static str> {
    let mut rows = headers.get_all(name);
    match (rows.next(), rows.next()) {
        (Some(only), None) => printable(datagram, only.value()),
        _ => Err(why),
    }
}

/// A value as a part of the datagram that it was read out of, unless it was folded.
fn printable(datagram: &Bytes, value: Cow<'_, [u8]>) -> Result<Bytes, &'static str> {
    if !is_printable(&value) {
        return Err("control characters");
    }
    Ok(match value {
        Cow::Borrowed(part) => datagram.slice_ref(part),
        Cow::Owned(unfolded) => unfolded.into(),
    })
}

/// The top Via without the parameters that the server sets, and the Vias below it.
fn via_values(datagram: &Bytes, headers: &Headers) -> Result<(Bytes, Vec<Bytes>), &'static str> {
    let rows = headers.get_all(&HeaderName::Via);
    let mut values = rows.map(|header| printable(datagram, header.value()));
    let first = values.next().ok_or("no Via")??;
    let end = headers::first_hop_end(&first);
    let top = without_server_parameters(first.get(..end).unwrap_or(&[])).into();
    let below = first.get(end + 1..).map(|rest| Ok(first.slice_ref(rest.trim_ascii())));
    let vias: Result<_, _> = below.into_iter().chain(values).collect();
    Ok((top, vias?))
}

/// Takes `received` and `rport` out of a Via value: a sender must not choose what we report.
pub(super) fn without_server_parameters(via: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(via.len());
    for (index, part) in split_outside_quotes(via).into_iter().enumerate() {
        let name = part.split(|b| *b == b'=').next().unwrap_or_default().trim_ascii();
        if index > 0 && (name.eq_ignore_ascii_case(b"received") || name.eq_ignore_ascii_case(b"rport")) {
            continue;
        }
        if index > 0 {
            kept.push(b';');
        }
        kept.extend_from_slice(part.trim_ascii());
    }
    kept
}

fn split_outside_quotes(value: &[u8]) -> Vec<&[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    let separators = |byte: &u8| {
        match *byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b';' => return !quoted,
            _ => {}
        }
        false
    };
    value.split(separators).collect()
}

fn is_printable(value: &[u8]) -> bool {
    value.iter().all(|&b| b == b'\t' || (b >= 0x20 && b != 0x7f))
}
