//! What a Kamailio reports of a phone that it refused, or that called without being registered. Unlike a registration this
//! stands in no table, so it is taken as it is told.

use std::net::{IpAddr, SocketAddr};

use linekey_sip::digest::{self, Algorithm, Asked, Ha1Set, NameForm};
use linekey_sip::{Event as SipEvent, Nth, PhoneKey, Why};
use serde::Deserialize;

use super::store;
use crate::app::App;
use crate::error::Result;
use crate::ids::PhoneId;
use crate::phones::store::by_address;
use crate::phones::{events, usable};

/// Wrong answers of one phone from one address after which Kamailio gives no more, as in its sample configuration.
const LAST: u32 = 20;
/// Longest text that is kept of a report, in characters.
const LONGEST: usize = 255;

/// What happened.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum What {
    /// The digest is of no SIP password that is good, or the phone may not register.
    WrongPassword,
    /// It proved its own SIP password for the address of another.
    WrongAddress,
    /// It answers for another domain than it asks in.
    WrongDomain,
    /// It proved its SIP password for a call, and is not registered.
    NotRegistered,
}

/// A report: `{"what": "wrong-password", "name": "ann-desk", "domain": "acme.example", "address": "203.0.113.7",
/// "port": 5060, "agent": "Yealink", "method": "REGISTER", "authorization": "Digest ...", "times": 1}`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Report {
    what: What,
    /// The SIP name that was proven, or claimed.
    name: String,
    domain: String,
    /// Where it came from; an IPv6 address with or without brackets.
    address: String,
    port: u16,
    /// `User-Agent`
    #[serde(default)]
    agent: String,
    /// Of the request, for the digest.
    #[serde(default)]
    method: String,
    /// The header that was wrong.
    #[serde(default)]
    authorization: String,
    /// How many wrong ones of this phone from this address there were lately, this one among them.
    #[serde(default)]
    times: u32,
}

impl Report {
    /// Reads one; else why it is none.
    pub(super) fn read(text: &str) -> std::result::Result<(Self, SocketAddr), String> {
        let mut report: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let address = report.address.trim_matches(['[', ']']);
        let address: IpAddr = address
            .parse()
            .map_err(|_| format!("`address` is no IP address: {address:?}"))?;
        let source = SocketAddr::new(address.to_canonical(), report.port);
        for text in [&mut report.name, &mut report.domain, &mut report.agent] {
            *text = text.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
        }
        Ok((report, source))
    }

    /// Keeps it where the phone's page and the record show it; of a name that is no phone's nothing.
    pub(super) async fn keep(self, app: &App, source: SocketAddr) -> Result<()> {
        match self.what {
            What::WrongPassword => {
                let known = usable::with_former(app, &self.domain, &self.name).await?;
                let is_old = |former: &Ha1Set| self.is_made_with(former);
                let why = match &known {
                    Some((_, Some(former))) if is_old(former) => Why::OutdatedPassword,
                    _ => Why::WrongPassword,
                };
                let phone = known.map(|(id, _)| PhoneKey(id.as_str().into()));
                events::keep(app, &self.refused(app, source, (phone, why))).await
            }
            What::WrongDomain => events::keep(app, &self.refused(app, source, (None, Why::ForeignHost))).await,
            What::WrongAddress | What::NotRegistered => {
                let Some(phone) = by_address(&app.db, &self.domain, &self.name).await? else {
                    return Ok(());
                };
                if let What::NotRegistered = self.what {
                    // Another instance may hold its registration.
                    if is_live(app, &phone.id).await? {
                        return Ok(());
                    }
                    return events::keep_unregistered(app, &phone.id, (source, &self.agent)).await;
                }
                let event = SipEvent::WrongAddressOfRecord {
                    phone: PhoneKey(phone.id.as_str().into()),
                    wanted: String::new(),
                    source,
                    user_agent: self.agent,
                    at_ms: app.clock.now(),
                };
                events::keep(app, &event).await
            }
        }
    }

    fn refused(self, app: &App, source: SocketAddr, (phone, why): (Option<PhoneKey>, Why)) -> SipEvent {
        SipEvent::Refused {
            phone,
            name: self.name,
            sip_domain: self.domain,
            source,
            user_agent: self.agent,
            why,
            nth: match self.times {
                0 | 1 => Nth::First,
                LAST => Nth::Last,
                _ => Nth::Further,
            },
            at_ms: app.clock.now(),
        }
    }

    /// Whether these hashes make the digest that was sent. Kamailio has checked its nonce.
    fn is_made_with(&self, hashes: &Ha1Set) -> bool {
        let Some(sent) = digest::parse_authorization(&self.authorization) else {
            return false;
        };
        let Some(algorithm) = sent.algorithm.map_or(Some(Algorithm::Md5), Algorithm::parse) else {
            return false;
        };
        let form = match sent.username.rsplit_once('@') {
            Some((_, domain)) if domain == self.domain => NameForm::WithDomain,
            _ => NameForm::Plain,
        };
        let asked = Asked {
            method: &self.method,
            uri: sent.uri,
            nonce: sent.nonce,
            nc: sent.nc.unwrap_or_default(),
            cnonce: sent.cnonce.unwrap_or_default(),
        };
        let ha1 = hashes.get(algorithm, form);
        match sent.qop {
            Some(_) => digest::verify(algorithm, ha1, &asked, sent.response),
            None => digest::verify_without_qop(algorithm, ha1, &asked, sent.response),
        }
    }
}

async fn is_live(app: &App, phone: &PhoneId) -> Result<bool> {
    let mut tx = app.db.begin().await?;
    let known = store::known(&mut tx, phone, app.clock.now()).await?;
    tx.commit().await?;
    Ok(!known.is_empty())
}
