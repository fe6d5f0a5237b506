//! Takes a request for a reset link. Whether anybody has the address is not even looked at here: the row that waits is
//! the same, and so is the work.

use std::net::IpAddr;

use super::store;
use crate::app::App;
use crate::db::like::canonical;
use crate::error::Result;
use crate::links;
use crate::throttle::{self, Bucket, Counted};
use crate::words::is_hidden;

/// The longest address that is looked at, in bytes (RFC 5321 allows 254).
const LONGEST: usize = 320;
/// What stands between addresses, around them or in front of them, and in no address that anyone has.
const OF_LISTS: &str = ",;:<>()[]\"\\";

/// An address that was typed, in the form in which it is compared. Nothing is ever mailed to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedAddress(String);

impl TypedAddress {
    /// Of whatever was typed; `None` if that cannot be one address, whoever has which.
    pub fn new(typed: &str) -> Option<Self> {
        let typed = typed.trim_matches(' ');
        let (local, domain) = typed.split_once('@')?;
        let is_odd = |c: char| c.is_whitespace() || is_hidden(c) || OF_LISTS.contains(c);
        if typed.len() > LONGEST
            || local.is_empty()
            || domain.is_empty()
            || domain.contains('@')
            || typed.contains(is_odd)
        {
            return None;
        }
        // What folds into ASCII, as the Kelvin sign does into k, is no letter of an address that somebody has.
        let folds = |c: char| !c.is_ascii() && canonical(c.encode_utf8(&mut [0; 4])).contains(|c: char| c.is_ascii());
        let is_lookalike = typed.contains(folds);
        Some(Self(if is_lookalike {
            typed.to_owned()
        } else {
            canonical(typed)
        }))
    }

    /// The form in which it is compared.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// From where somebody asks.
#[derive(Clone, Copy, Debug)]
pub struct From<'a> {
    /// The client's address.
    pub address: IpAddr,
    /// The browser, in words, for the mail.
    pub browser: &'a str,
    /// The browser's cookie for resets: the code works there alone.
    pub cookie: &'a str,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requested {
    /// It waits to be answered.
    Waits,
    /// Too many came from that network: so many seconds must pass first.
    Wait(i64),
}

/// Lets the request wait for `answer`.
pub async fn request(app: &App, address: &TypedAddress, from: From<'_>) -> Result<Requested> {
    if let Counted::Wait(seconds) = throttle::count(app, &[Bucket::ResetRequests(from.address)]).await? {
        return Ok(Requested::Wait(seconds));
    }
    let row = store::NewRequest {
        id: &app.new_id(),
        email_key: address.as_str(),
        browser_hash: links::hash_of(from.cookie),
        browser: from.browser,
        address: from.address,
        at: app.clock.now(),
    };
    store::insert(&app.db, row).await?;
    Ok(Requested::Waits)
}

#[cfg(test)]
mod tests {
    use super::TypedAddress;

    fn typed(text: &str) -> Option<String> {
        TypedAddress::new(text).map(|address| address.0)
    }

    #[test]
    fn one_address_is_taken_as_people_write_it() {
        for text in ["ann@acme.example", " Ann@ACME.example  ", "ANN@acme.EXAMPLE"] {
            assert_eq!(typed(text).as_deref(), Some("ann@acme.example"));
        }
        assert_eq!(typed("J\u{00d6}RG@x.example"), typed("jo\u{0308}rg@x.example"));
    }

    /// Museum row 2.
    #[test]
    fn lists_names_and_lines_are_no_address() {
        for text in [
            "",
            "@",
            "ann",
            "ann@",
            "@acme.example",
            "ann@acme.example,eve@evil.example",
            "ann@acme.example;eve@evil.example",
            "ann@acme.example eve@evil.example",
            "ann@acme.example\r\nBcc: eve@evil.example",
            "ann@acme.example\n",
            "ann@acme.example\teve@evil.example",
            "Ann <ann@acme.example>",
            "<ann@acme.example>",
            "\"ann\"@acme.example",
            "mailto:ann@acme.example",
            "group:ann@acme.example;",
            "ann@acme.example@evil.example",
            "ann@acme.example(eve@evil.example)",
            "ann@acme.example\u{202e}",
            "ann@[127.0.0.1]",
        ] {
            assert_eq!(typed(text), None, "{text:?}");
        }
        assert_eq!(typed(&format!("ann@{}.example", "x".repeat(400))), None);
    }

    /// Museum row 3.
    #[test]
    fn what_only_looks_alike_is_another_address() {
        for text in [
            "an\u{0131}@acme.example",
            "\u{ff41}nn@acme.example",
            "ann@acme.examp\u{ff4c}e",
            "\u{0430}nn@acme.example",
            "ann@acme.example.",
            "ann@acme\u{3002}example",
        ] {
            assert_ne!(typed(text).as_deref(), Some("ann@acme.example"), "{text}");
        }
        assert_ne!(
            typed("\u{212a}im@acme.example"),
            typed("kim@acme.example"),
            "the Kelvin sign"
        );
        assert_ne!(
            typed("m\u{0130}ke@acme.example"),
            typed("mike@acme.example"),
            "the dotted I"
        );
        assert_ne!(
            typed("gro\u{00df}@acme.example"),
            typed("gross@acme.example"),
            "sharp s"
        );
    }
}
