//! The address of the mail server: `smtp://USER:PASSWORD@HOST:PORT?tls=WHEN`, or `smtps://`.

use std::net::IpAddr;

use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, de};
use url::Url;

/// What is allowed. It repeats nothing of what was written: there may be a password in it.
const ALLOWED: &str = "smtp_url: allowed is smtp://HOST, smtp://USER:PASSWORD@HOST:PORT or smtps://USER:PASSWORD@HOST, \
                       with %XX for what has a meaning in a URL (%40 for @), and ?tls=always or ?tls=never after smtp://";

/// When a connection is encrypted, before anything is said in it that matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// From its first byte.
    AtOnce,
    /// By STARTTLS; a server without it is sent nothing.
    StartTls,
    /// Never: the way there is trusted.
    Never,
}

/// A mail server, and who the portal is to it. Its `Debug` shows no password.
#[derive(Clone)]
pub struct SmtpUrl {
    /// Its name or address, in lower case and without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// When the connection is encrypted.
    pub tls: Tls,
    /// As whom the portal signs in there; nothing for not at all.
    pub user: Option<(String, SecretString)>,
}

impl std::fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SmtpUrl({self})")
    }
}

impl std::fmt::Display for SmtpUrl {
    /// The URL, `***` for the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = if self.tls == Tls::AtOnce { "smtps" } else { "smtp" };
        let user = self.user.as_ref().map(|(name, _)| format!("{name}:***@"));
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        write!(f, "{scheme}://{}{host}:{}", user.unwrap_or_default(), self.port)
    }
}

impl SmtpUrl {
    /// Whether its server is this machine.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// The password, for the connection alone.
    pub fn password(&self) -> Option<&str> {
        self.user.as_ref().map(|(_, password)| password.expose_secret())
    }
}

impl std::str::FromStr for SmtpUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(|_| ALLOWED)?;
        let host = url.host_str().unwrap_or_default().to_lowercase();
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let named = |byte: u8| byte.is_ascii_alphanumeric() || b".-:".contains(&byte);
        if host.is_empty() || !host.bytes().all(named) || !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(ALLOWED);
        }
        let decoded = |part: &str| {
            percent_decode_str(part)
                .decode_utf8()
                .map(String::from)
                .map_err(|_| ALLOWED)
        };
        let user = match (url.username(), url.password()) {
            ("", None) => None,
            (name, Some(password)) if !name.is_empty() => Some((decoded(name)?, decoded(password)?.into())),
            _ => return Err(ALLOWED),
        };
        let mut found = Self {
            host,
            port: 0,
            tls: Tls::Never,
            user,
        };
        found.tls = match (url.scheme(), url.query()) {
            ("smtps", None) => Tls::AtOnce,
            ("smtp", Some("tls=always")) => Tls::StartTls,
            ("smtp", Some("tls=never")) => Tls::Never,
            // What never leaves the machine needs no certificate.
            ("smtp", None) if found.is_loopback() => Tls::Never,
            ("smtp", None) => Tls::StartTls,
            _ => return Err(ALLOWED),
        };
        if found.tls == Tls::Never && found.user.is_some() && !found.is_loopback() {
            return Err("smtp_url: a password never crosses the network in clear; take ?tls=never away, or the user");
        }
        found.port = url.port().unwrap_or(match (found.tls, &found.user) {
            (Tls::AtOnce, _) => 465,
            (_, Some(_)) => 587,
            (_, None) => 25,
        });
        Ok(found)
    }
}

/// A server, or an empty text for none.
pub(super) fn optional<'de, D: Deserializer<'de>>(input: D) -> Result<Option<SmtpUrl>, D::Error> {
    let text = String::deserialize(input)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> SmtpUrl {
        text.parse().expect(text)
    }

    #[test]
    fn tls_and_port_are_what_is_safe_unless_something_else_is_said() {
        for (text, tls, port) in [
            ("smtp://mail.quayside.example", Tls::StartTls, 25),
            ("smtp://ann:x@mail.quayside.example", Tls::StartTls, 587),
            ("smtp://mail.quayside.example:2525?tls=never", Tls::Never, 2525),
            ("smtps://ann:x@mail.quayside.example", Tls::AtOnce, 465),
            ("smtp://localhost", Tls::Never, 25),
            ("smtp://127.0.0.1:1025", Tls::Never, 1025),
            ("smtp://[::1]:1025", Tls::Never, 1025),
            ("smtp://localhost?tls=always", Tls::StartTls, 25),
        ] {
            let url = read(text);
            assert_eq!((url.tls, url.port), (tls, port), "{text}");
        }
        assert_eq!(read("smtp://[::1]").host, "::1");
        assert_eq!(read("smtp://MAIL.example").host, "mail.example");
    }

    #[test]
    fn a_password_is_decoded_and_never_shown() {
        let url = read("smtps://portal%40quayside.example:H%40rbour%2FLight@mail.quayside.example");
        assert_eq!(url.password(), Some("H@rbour/Light"));
        assert_eq!(
            url.user.as_ref().map(|(name, _)| name.as_str()),
            Some("portal@quayside.example")
        );
        for shown in [format!("{url:?}"), url.to_string(), format!("{:?}", Some(&url))] {
            assert!(
                shown.contains("portal@quayside.example:***@mail.quayside.example:465"),
                "{shown}"
            );
            assert!(!shown.contains("rbour"), "{shown}");
        }
    }

    #[test]
    fn what_is_no_server_is_refused_without_repeating_it() {
        for wrong in [
            "mail.quayside.example",
            "http://mail.quayside.example",
            "smtp://",
            "smtp://:secret@mail.example",
            "smtp://ann@mail.example",
            "smtp://ann:secret@mail.example:99999",
            "smtp://ann:secret@mail.example/path",
            "smtp://ann:secret@mail.example?tls=maybe",
            "smtps://ann:secret@mail.example?tls=never",
            "smtp://ann:sec%FFret@mail.example",
            "smtp://ann:secret@mail example",
            "smtp://ann:secret@mail.example?tls=never",
        ] {
            let said = wrong.parse::<SmtpUrl>().expect_err(wrong);
            assert!(
                !said.contains("secret") && said.starts_with("smtp_url: "),
                "{wrong}: {said}"
            );
        }
    }
}
