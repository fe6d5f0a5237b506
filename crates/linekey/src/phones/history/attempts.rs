//! Tries to register, as the registrar tells them: equal ones are counted together and written a few times a second, so
//! that a phone which tries for ever, or a stranger, costs a row an hour.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use linekey_sip::{Event as SipEvent, Why};

use super::networks;
use super::store::{self, Attempt};
use crate::app::App;
use crate::clock::{HOUR, Millis};
use crate::error::Result;
use crate::ids::PhoneId;
use crate::phones::by_heart::store::tell_one;
use crate::phones::rows::{OnePhone, Rows};
use crate::phones::store::{by_address, put_outdated};

/// Rows kept of one phone.
pub(super) const MOST: i64 = 50;
/// Rows that may wait to be written; beyond it new ones are dropped.
const WAITING: usize = 2_000;

/// What came of a try. The text is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::phones) enum Tried {
    Registered,
    WrongPassword,
    OldPassword,
    WrongDomain,
    ExpiredNonce,
    UnknownAlgorithm,
    WrongAddress,
    NotAllowed,
    /// No try: a request that the SIP password proved, from a phone that was not registered.
    NotRegistered,
}

impl Tried {
    const ALL: [Self; 9] = [
        Self::Registered,
        Self::WrongPassword,
        Self::OldPassword,
        Self::WrongDomain,
        Self::ExpiredNonce,
        Self::UnknownAlgorithm,
        Self::WrongAddress,
        Self::NotAllowed,
        Self::NotRegistered,
    ];

    /// The stored text; with `attempt-` in front, the key of the sentence.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::WrongPassword => "wrong-password",
            Self::OldPassword => "old-password",
            Self::WrongDomain => "wrong-domain",
            Self::ExpiredNonce => "expired-nonce",
            Self::UnknownAlgorithm => "unknown-algorithm",
            Self::WrongAddress => "wrong-address",
            Self::NotAllowed => "not-allowed",
            Self::NotRegistered => "not-registered",
        }
    }

    /// What a row says; `None` for one of a later version.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tried| tried.as_str() == text)
    }
}

/// Which tries are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Equal {
    phone: PhoneId,
    tried: Tried,
    address: IpAddr,
    hour: i64,
}

#[derive(Clone, Debug)]
struct Counted {
    source: SocketAddr,
    user_agent: String,
    first_at: Millis,
    last_at: Millis,
    times: i64,
}

/// Tries that wait to be written.
#[derive(Debug, Default)]
pub(in crate::phones) struct Attempts {
    waiting: HashMap<Equal, Counted>,
}

impl Attempts {
    pub(in crate::phones) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Counts a try that the registrar tells of; of a name that is no phone's nothing is kept.
    pub(in crate::phones) async fn note(&mut self, app: &App, event: &SipEvent) -> Result<()> {
        let (source, user_agent, at) = match event {
            SipEvent::FirstContact {
                source,
                user_agent,
                at_ms,
                ..
            }
            | SipEvent::WrongAddressOfRecord {
                source,
                user_agent,
                at_ms,
                ..
            }
            | SipEvent::Refused {
                source,
                user_agent,
                at_ms,
                ..
            } => (*source, user_agent, *at_ms),
        };
        if let Some((phone, tried)) = meant(app, event).await? {
            self.count(phone, tried, (source, user_agent), at);
        }
        Ok(())
    }

    /// Counts what the phone itself is known to have done, from where and as what.
    pub(in crate::phones) fn count(
        &mut self,
        phone: PhoneId,
        tried: Tried,
        (source, user_agent): (SocketAddr, &str),
        at: Millis,
    ) {
        let equal = Equal {
            phone,
            tried,
            address: source.ip().to_canonical(),
            hour: at / HOUR,
        };
        if self.waiting.len() >= WAITING && !self.waiting.contains_key(&equal) {
            return;
        }
        let counted = self.waiting.entry(equal).or_insert_with(|| Counted {
            source,
            user_agent: String::new(),
            first_at: at,
            last_at: at,
            times: 0,
        });
        counted.source = source;
        user_agent.clone_into(&mut counted.user_agent);
        counted.last_at = at;
        counted.times += 1;
    }

    /// Writes what waits, and tells the pages that show it.
    pub(in crate::phones) async fn write(&mut self, app: &App) -> Result<()> {
        let mut all: Vec<_> = self.waiting.iter().collect();
        // In one order, so that no two writers wait for each other in a circle.
        all.sort_by_key(|(equal, _)| equal.phone.as_str());
        let rows = Rows::of(all.iter().map(row))?;
        let mut phones: Vec<_> = all.iter().map(|(equal, _)| &equal.phone).collect();
        phones.dedup();
        let each = Rows::of(phones.iter().map(|phone_id| OnePhone { phone_id }))?;
        let of = |tried| all.iter().filter(move |(equal, _)| equal.tried == tried);
        let places: Vec<_> = of(Tried::Registered)
            .map(|(equal, counted)| (&equal.phone, equal.address, counted.last_at))
            .collect();
        let mut tx = app.db.begin().await?;
        store::put_attempts(&mut tx, &rows).await?;
        store::trim_attempts(&mut tx, &each, MOST).await?;
        networks::note(app, &mut tx, &places).await?;
        for (equal, counted) in of(Tried::OldPassword) {
            let from = counted.source.to_string();
            tell_one(&mut tx, &equal.phone, app.clock.now()).await?;
            put_outdated(&mut tx, &equal.phone, (&from, &counted.user_agent), counted.last_at).await?;
        }
        tx.commit().await?;
        phones.into_iter().for_each(|phone| app.news.tell(phone));
        self.waiting.clear();
        Ok(())
    }
}

fn row<'a>((equal, counted): &(&'a Equal, &'a Counted)) -> Attempt<'a> {
    Attempt {
        phone_id: &equal.phone,
        outcome: equal.tried.as_str(),
        address: equal.address.to_string(),
        hour: equal.hour,
        user_agent: &counted.user_agent,
        first_at: counted.first_at,
        last_at: counted.last_at,
        times: counted.times,
    }
}

/// Whose try it is, and what came of it.
async fn meant(app: &App, event: &SipEvent) -> Result<Option<(PhoneId, Tried)>> {
    let (name, sip_domain, why) = match event {
        SipEvent::FirstContact { phone, .. } => {
            return Ok(Some((PhoneId::new(phone.0.to_string()), Tried::Registered)));
        }
        SipEvent::WrongAddressOfRecord { phone, .. } => {
            return Ok(Some((PhoneId::new(phone.0.to_string()), Tried::WrongAddress)));
        }
        SipEvent::Refused {
            phone: Some(phone),
            why,
            ..
        } => {
            let tried = match why {
                Why::OutdatedPassword => Tried::OldPassword,
                _ => Tried::WrongPassword,
            };
            return Ok(Some((PhoneId::new(phone.0.to_string()), tried)));
        }
        SipEvent::Refused {
            phone: None,
            name,
            sip_domain,
            why,
            ..
        } => (name, sip_domain, why),
    };
    let name = name.strip_suffix(&format!("@{sip_domain}")).unwrap_or(name);
    if let Some(phone) = by_address(&app.db, sip_domain, name).await? {
        let tried = match why {
            Why::ExpiredNonce => Tried::ExpiredNonce,
            Why::UnknownAlgorithm => Tried::UnknownAlgorithm,
            Why::ForeignHost => Tried::WrongDomain,
            // Its SIP password was not even looked at: it is blocked, its user disabled, or its account suspended.
            Why::WrongPassword | Why::OutdatedPassword => Tried::NotAllowed,
        };
        return Ok(Some((phone.id, tried)));
    }
    // A name that one phone alone has is that phone's, set up for a domain that is not its own.
    let (name, domain) = name
        .split_once('@')
        .map_or((name, None), |(name, domain)| (name, Some(domain)));
    let mut others = store::by_sip_name(&app.db, name).await?;
    others.retain(|phone| domain.is_none_or(|domain| phone.sip_domain == domain));
    Ok(match &others[..] {
        [only] => Some((only.id.clone(), Tried::WrongDomain)),
        _ => None,
    })
}
