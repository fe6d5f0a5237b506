//! Which settings of `[sip]` a Kamailio needs.

use anyhow::{Context, bail};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use url::Url;

use super::{Sip, SipMode, sqlite_file};

/// The shortest secret that nobody guesses.
const SHORTEST_SECRET: usize = 32;

impl Sip {
    /// With `mode = "kamailio"`: PostgreSQL, an address for calls, and a secret.
    pub(super) fn check_kamailio(&self, database: &str) -> anyhow::Result<()> {
        for url in &self.kamailio_rpc {
            check_rpc(url)?;
        }
        let secret = self.kamailio_token.expose_secret();
        if !secret.is_empty() && (secret.len() < SHORTEST_SECRET || !secret.bytes().all(|byte| byte.is_ascii_graphic()))
        {
            bail!("sip.kamailio_token: at least {SHORTEST_SECRET} ASCII characters without spaces");
        }
        if self.mode != SipMode::Kamailio {
            return Ok(());
        }
        if sqlite_file(database).is_some() {
            bail!(
                "sip.mode = \"kamailio\": Kamailio reads its credentials from PostgreSQL, and database.url is an SQLite \
                 file; use postgres://USER@HOST/NAME, or another sip.mode"
            );
        }
        if self.kamailio_rpc.is_empty() {
            bail!(
                "sip.kamailio_rpc: with sip.mode = \"kamailio\" at least one is needed, such as http://127.0.0.1:5080/rpc"
            );
        }
        if secret.is_empty() {
            bail!(
                "sip.kamailio_token: with sip.mode = \"kamailio\" one is needed, such as `openssl rand -hex 32` makes"
            );
        }
        Ok(())
    }
}

fn check_rpc(text: &str) -> anyhow::Result<()> {
    let allowed = || format!("sip.kamailio_rpc \"{text}\": allowed is http://HOST:PORT/PATH, in a network of your own");
    let url: Url = text.parse().with_context(allowed)?;
    let is_plain = url.scheme() == "http" && url.username().is_empty() && url.password().is_none();
    if !is_plain || url.query().is_some() || url.host().is_none() {
        bail!(allowed());
    }
    Ok(())
}

/// A text that is not printed.
pub(super) fn secret<'de, D: Deserializer<'de>>(input: D) -> Result<SecretString, D::Error> {
    String::deserialize(input).map(SecretString::from)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use crate::config::Config;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn said(text: &str) -> String {
        let read = Config::of_text(Path::new("linekey.toml"), text, &BTreeMap::new());
        read.map_or_else(
            |error| format!("{error:#}"),
            |config| format!("right: {:?}", config.sip),
        )
    }

    #[test]
    fn kamailio_needs_postgresql_an_address_and_a_secret_that_is_never_shown() {
        let on = |more: &str| {
            said(&format!(
                "[database]\nurl = \"postgres://a@b/c\"\n[sip]\nmode = \"kamailio\"\n{more}"
            ))
        };
        assert!(said("[sip]\nmode = \"kamailio\"\n").contains("from PostgreSQL"));
        assert!(on("").contains("at least one is needed"));
        let rpc = "kamailio_rpc = [\"http://10.0.0.5:5080/rpc\"]\n";
        assert!(on(rpc).contains("openssl rand"));
        assert!(on(&format!("{rpc}kamailio_token = \"short\"\n")).contains("at least 32"));
        let right = on(&format!("{rpc}kamailio_token = \"{SECRET}\"\n"));
        assert!(right.starts_with("right") && !right.contains(SECRET), "{right}");
        for url in ["https://a/rpc", "http://me:secret@a/rpc", "a:5080", ""] {
            assert!(
                on(&format!("kamailio_rpc = [\"{url}\"]\n")).contains("allowed is http://"),
                "{url}"
            );
        }
    }
}
