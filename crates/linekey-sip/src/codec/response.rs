//! A response, as the client reads it.

use sipx_sip::headers::{CSeq, ContactValue};
use sipx_sip::{HeaderName, message};

use super::contact::{Contact, contact};

/// A response with what the client needs of it.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) call_id: String,
    pub(crate) cseq: u32,
    message: message::Response,
}

impl Response {
    pub(super) fn new(message: message::Response) -> Option<Self> {
        let call_id = message.headers.value(&HeaderName::CallId)?;
        let call_id = String::from_utf8(call_id.into_owned()).ok()?;
        let cseq = message.headers.typed::<CSeq>()?.ok()?.sequence;
        Some(Self {
            status: message.status.code(),
            call_id,
            cseq,
            message,
        })
    }

    /// The `WWW-Authenticate` values.
    pub(crate) fn challenges(&self) -> Vec<String> {
        let values = self.message.headers.get_all(&HeaderName::WwwAuthenticate);
        values
            .filter_map(|header| String::from_utf8(header.value().into_owned()).ok())
            .collect()
    }

    /// The contacts; unreadable ones are left out.
    pub(crate) fn contacts(&self) -> Vec<Contact> {
        let values = self.message.headers.typed_all::<ContactValue>();
        let addresses = values.filter_map(|value| match value {
            Ok(ContactValue::Address(address)) => contact(&address).ok(),
            _ => None,
        });
        addresses.collect()
    }

    /// `Min-Expires` or `Retry-After`, in seconds.
    pub(crate) fn seconds(&self, header: ResponseTime) -> Option<u32> {
        let name = match header {
            ResponseTime::MinExpires => HeaderName::MinExpires,
            ResponseTime::RetryAfter => HeaderName::RetryAfter,
        };
        let value = self.message.headers.value(&name)?;
        let digits = std::str::from_utf8(&value).ok()?;
        let digits = digits.split([' ', ';', '(']).next()?;
        digits.parse().ok()
    }
}

/// Headers that hold a number of seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ResponseTime {
    MinExpires,
    RetryAfter,
}
