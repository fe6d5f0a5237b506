//! From text and variables to a [`Config`], with errors that name the place.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use anyhow::{anyhow, bail};
use serde::{Deserialize, Deserializer, de};
use toml::{Table, Value};

use super::{Config, PublicUrl, Sender};

/// What every variable of ours begins with.
const PREFIX: &str = "LINEKEY_";

/// The settings of `text`, which is the file `name`, overridden by `variables`.
pub(super) fn read(name: &str, text: &str, variables: &BTreeMap<String, String>) -> anyhow::Result<Config> {
    // The file alone first: only this pass can name a line.
    let config: Config = toml::from_str(text).map_err(|error| anyhow!("{name}: {}", told(&error, text)))?;
    let overrides: Vec<_> = variables.iter().filter(|(key, _)| key.starts_with(PREFIX)).collect();
    if overrides.is_empty() {
        return Ok(config);
    }
    let mut table: Table = toml::from_str(text)?;
    let mut merged = config;
    for (variable, value) in overrides {
        let Some((section, key)) = variable[PREFIX.len()..].split_once("__") else {
            bail!("the variable {variable} is not of the form LINEKEY_SECTION__KEY");
        };
        let (section, key) = (section.to_lowercase(), key.to_lowercase());
        let section = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
        let Some(section) = section.as_table_mut() else {
            bail!("the variable {variable}: there is no such section");
        };
        section.insert(key, typed(value));
        merged = table
            .clone()
            .try_into()
            .map_err(|error: toml::de::Error| anyhow!("the variable {variable}: {}", error.message()))?;
    }
    Ok(merged)
}

/// What is wrong with the file, with the line in question; without it where it may hold a password.
fn told(error: &toml::de::Error, text: &str) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let (start, number) = (
        before.rfind('\n').map_or(0, |at| at + 1),
        before.matches('\n').count() + 1,
    );
    let line = text[start..].lines().next().unwrap_or_default();
    if line.contains('@') || line.contains("url") {
        return format!("line {number}: {}", error.message());
    }
    error.to_string().trim_end().to_owned()
}

/// A variable's text as the TOML value it looks like: number, true, false, a list, else a string.
fn typed(text: &str) -> Value {
    let looks_typed = text.starts_with('[') || text.parse::<i64>().is_ok() || text == "true" || text == "false";
    let parsed = looks_typed
        .then(|| toml::from_str::<Table>(&format!("value = {text}")).ok())
        .flatten();
    parsed
        .and_then(|mut table| table.remove("value"))
        .unwrap_or_else(|| Value::String(text.to_owned()))
}

/// An address, or an empty text for none.
pub(super) fn optional_address<'de, D: Deserializer<'de>>(input: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(input)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse()
        .map(Some)
        .map_err(|_| de::Error::custom(format!("\"{text}\" is not an address such as 127.0.0.1:9464")))
}

impl<'de> Deserialize<'de> for PublicUrl {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input)?.parse().map_err(de::Error::custom)
    }
}

impl std::str::FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let origin = text.strip_suffix('/').unwrap_or(text);
        let (secure, rest) = if let Some(rest) = origin.strip_prefix("https://") {
            (true, rest)
        } else if let Some(rest) = origin.strip_prefix("http://") {
            (false, rest)
        } else {
            return Err(format!(
                "public_url \"{text}\" begins with neither https:// nor http://"
            ));
        };
        let host = host(rest)
            .ok_or_else(|| format!("public_url \"{text}\" is not an origin such as https://portal.example"))?;
        let loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        if !secure && !loopback {
            return Err(format!(
                "public_url \"{text}\" is plain HTTP: passwords would cross the network in clear; https:// is needed"
            ));
        }
        Ok(Self {
            origin: origin.to_owned(),
            secure,
        })
    }
}

impl<'de> Deserialize<'de> for Sender {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input)?.parse().map_err(de::Error::custom)
    }
}

impl std::str::FromStr for Sender {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse()
            .map(Self)
            .map_err(|_| format!("\"{text}\" is not a sender such as Quayside <portal@quayside.example>"))
    }
}

/// The host of `portal.example`, `portal.example:8443` or `[::1]:8080`, in lower case; `None` for anything else.
fn host(authority: &str) -> Option<&str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            address.parse::<Ipv6Addr>().ok()?;
            (address, port)
        }
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let named = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:".contains(&byte);
    let port_ok = port.is_empty() || port.strip_prefix(':')?.parse::<u16>().is_ok();
    (!host.is_empty() && host.bytes().all(named) && port_ok).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str, variables: &[(&str, &str)]) -> anyhow::Result<Config> {
        let variables = variables
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        let config = read("linekey.toml", text, &variables)?;
        config.check()?;
        Ok(config)
    }

    fn refusal(text: &str, variables: &[(&str, &str)]) -> String {
        with(text, variables).expect_err("must be refused").to_string()
    }

    #[test]
    fn an_unknown_key_stops_the_start_with_its_line_and_what_is_allowed() {
        let message = refusal("[session]\nidle = 600\nfresh_fro = 10\n", &[]);
        assert!(
            message.contains("linekey.toml") && message.contains("line 3"),
            "{message}"
        );
        assert!(
            message.contains("fresh_fro") && message.contains("fresh_for"),
            "{message}"
        );
    }

    #[test]
    fn a_variable_wins_over_the_file_and_an_unknown_one_stops_the_start() {
        let config = with("[session]\nidle = 600\n", &[("LINEKEY_SESSION__IDLE", "900")]).expect("both are right");
        assert_eq!(config.session.idle, 900);
        assert!(refusal("", &[("LINEKEY_SESSION__IDEL", "9")]).contains("LINEKEY_SESSION__IDEL"));
        assert!(refusal("", &[("LINEKEY_SESION__IDLE", "9")]).contains("LINEKEY_SESION__IDLE"));
        assert!(refusal("", &[("LINEKEY_DEBUG", "1")]).contains("LINEKEY_SECTION__KEY"));
        let lists = with("", &[("LINEKEY_PORTAL__LISTEN", "[\"127.0.0.1:1\", \"[::1]:1\"]")]).expect("a list");
        assert_eq!(lists.portal.listen.len(), 2);
    }

    #[test]
    fn a_value_out_of_range_stops_the_start() {
        assert!(refusal("[session]\nfresh_for = 4000\n", &[]).contains("from 0 to 3600"));
        assert!(refusal("[password]\npolicy = \"lax\"\n", &[]).contains("classic"));
        assert!(refusal("[throttle]\nladder = []\n", &[]).contains("throttle.ladder"));
    }

    #[test]
    fn a_brands_colour_is_six_hexadecimal_digits() {
        let config = with("[brand]\naccent = \"#FFD400\"\n", &[]).expect("a colour");
        assert_eq!(config.brand.accent.to_string(), "#ffd400");
        let config = with("", &[("LINEKEY_BRAND__ACCENT", "#123456")]).expect("a colour");
        assert_eq!(config.brand.accent.to_string(), "#123456");
        for wrong in [
            "teal",
            "#fff",
            "0a6b77",
            "#0a6b7",
            "#0a6b777",
            "#gggggg",
            "",
            "#\u{e9}abcd",
        ] {
            let message = refusal(&format!("[brand]\nname = \"x\"\naccent = \"{wrong}\"\n"), &[]);
            assert!(
                message.contains("line 3") && message.contains("such as #0a6b77"),
                "{message}"
            );
        }
        let message = refusal("", &[("LINEKEY_BRAND__ACCENT", "123456")]);
        assert!(
            message.contains("LINEKEY_BRAND__ACCENT") && message.contains("such as #0a6b77"),
            "{message}"
        );
    }

    #[test]
    fn a_sender_that_is_none_or_a_transport_that_does_not_exist_stops_the_start() {
        let right = with(
            "[mail]\nfrom = \"Quayside <portal@quayside.example>\"\nfolder = \"out\"\n",
            &[],
        );
        assert_eq!(right.expect("a sender").mail.folder, std::path::Path::new("out"));
        let message = refusal("[mail]\nfrom = \"Quayside\"\n", &[]);
        assert!(
            message.contains("line 2") && message.contains("Quayside <portal@"),
            "{message}"
        );
        assert!(with("", &[("LINEKEY_MAIL__FROM", "portal@quayside.example")]).is_ok());
        assert!(refusal("", &[("LINEKEY_MAIL__TRANSPORT", "pigeon")]).contains("folder"));
        assert!(refusal("[mail]\nfolder = \"\"\n", &[]).contains("mail.folder"));
        assert!(refusal("[brand]\nsupport_email = \"call us\"\n", &[]).contains("brand.support_email"));
    }

    #[test]
    fn a_mail_server_that_is_none_stops_the_start_and_its_password_is_not_repeated() {
        let right = "[mail]\ntransport = \"smtp\"\nsmtp_url = \"smtps://ann:secret@mail.quayside.example\"\n";
        let config = with(right, &[]).expect("a server");
        assert!(!format!("{config:?}").contains("secret"));
        for wrong in [
            "[mail]\nsmtp_url = \"smtp:/ann:secret@mail\"\n",
            "[mail]\nsmtp_url = \"smtp://ann:secret@mail\" x\n",
            "[mail]\nsmtp_url = \"smtp://ann:secret@mail\nfolder = \"x\"\n",
            "[mail]\nsmpt_url = \"smtp://ann:secret@mail\"\n",
        ] {
            let message = refusal(wrong, &[]);
            assert!(message.contains("line 2"), "{message}");
            assert!(!message.contains("secret"), "{message}");
        }
        let message = refusal("", &[("LINEKEY_MAIL__SMTP_URL", "smtp:secret@mail")]);
        assert!(
            message.contains("LINEKEY_MAIL__SMTP_URL") && message.contains("smtps://USER"),
            "{message}"
        );
        assert!(!message.contains("secret"), "{message}");
        assert!(refusal("[mail]\ntransport = \"smtp\"\n", &[]).contains("mail.smtp_url"));
        assert!(refusal("[mail]\nper_address_hour = 0\n", &[]).contains("from 1 to 1000"));
    }

    #[test]
    fn plain_http_is_for_loopback_only() {
        for right in [
            "https://portal.example",
            "http://localhost:8080/",
            "http://[::1]:8080",
            "http://127.0.0.1",
        ] {
            assert!(right.parse::<PublicUrl>().is_ok(), "{right}");
        }
        for wrong in [
            "http://portal.example",
            "portal.example",
            "https://a@b",
            "https://portal.example/x",
            "ftp://x",
            "https://",
            "https://Portal.example",
            "https://x:99999",
            "https://[::1",
        ] {
            assert!(wrong.parse::<PublicUrl>().is_err(), "{wrong}");
        }
    }
}
