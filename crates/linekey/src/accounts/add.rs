//! Adds an account at the provider's console, after everything about it has been looked at.

use super::create::{self, NewAccount};
use super::{domain, name, store};
use crate::app::App;
use crate::audit::{self, Event, Kind};
use crate::db::Tx;
use crate::error::Result;
use crate::ids::AccountId;

/// The longest name of an account, in characters.
pub const LONGEST_NAME: usize = 100;

/// Why an account was not added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The name cannot be.
    Name(name::Refusal),
    /// The domain cannot be.
    Domain(domain::Refusal),
    /// The SIP domain cannot be.
    SipDomain(domain::Refusal),
    /// Another account has the domain.
    DomainTaken(String),
    /// Another account has the SIP domain.
    SipDomainTaken(String),
}

/// An account just added.
#[derive(Clone, Debug)]
pub struct Added {
    /// Its id.
    pub id: AccountId,
    /// What sign-in names end in.
    pub domain: String,
    /// The realm of its phones, for ever.
    pub sip_domain: String,
}

/// What an account is to be, as typed.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// `Acme Boats`
    pub name: &'a str,
    /// `acme.example`
    pub domain: &'a str,
    /// The realm of its phones; by default the domain's first label in front of `sip.domain_suffix`.
    pub sip_domain: Option<&'a str>,
}

/// Adds the account in a transaction of its own.
pub async fn add(app: &App, wanted: Wanted<'_>) -> Result<std::result::Result<Added, Refusal>> {
    let mut tx = app.db.begin().await?;
    let added = add_in(app, &mut tx, wanted).await?;
    if added.is_ok() {
        tx.commit().await?;
    }
    Ok(added)
}

/// Adds the account as a part of `tx`, which the caller drops when it is refused.
pub async fn add_in(app: &App, tx: &mut Tx, wanted: Wanted<'_>) -> Result<std::result::Result<Added, Refusal>> {
    let name = wanted.name.trim();
    if let Some(refusal) = name::refusal(name, LONGEST_NAME) {
        return Ok(Err(Refusal::Name(refusal)));
    }
    let domain = match domain::check(wanted.domain) {
        Ok(domain) => domain,
        Err(refusal) => return Ok(Err(Refusal::Domain(refusal))),
    };
    if store::by_domain(tx, &domain).await?.is_some() {
        return Ok(Err(Refusal::DomainTaken(domain)));
    }
    let sip_domain = match sip_domain(app, tx, &domain, wanted.sip_domain).await? {
        Ok(sip_domain) => sip_domain,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let new = NewAccount {
        name,
        domain: &domain,
        sip_domain: &sip_domain,
    };
    let id = create::create(app, tx, new).await?;
    let detail = serde_json::json!({ "domain": domain, "sip_domain": sip_domain });
    audit::record(app, tx, Event::of_console(Kind::AccountAdd, Some(&id), None, detail)).await?;
    Ok(Ok(Added { id, domain, sip_domain }))
}

/// The SIP domain that is wanted, or the first of `acme.<suffix>` and `acme-example.<suffix>` that is free.
async fn sip_domain(
    app: &App,
    tx: &mut Tx,
    domain: &str,
    wanted: Option<&str>,
) -> Result<std::result::Result<String, Refusal>> {
    let suffix = &app.config.sip.domain_suffix;
    let label = domain.split('.').next().unwrap_or_default();
    let candidates = match wanted {
        Some(wanted) => vec![wanted.to_owned()],
        None => vec![
            format!("{label}.{suffix}"),
            format!("{}.{suffix}", domain.replace('.', "-")),
        ],
    };
    let mut taken = String::new();
    for candidate in candidates {
        let candidate = match domain::check(&candidate) {
            Ok(candidate) => candidate,
            Err(refusal) => return Ok(Err(Refusal::SipDomain(refusal))),
        };
        if store::by_sip_domain(tx, &candidate).await?.is_none() {
            return Ok(Ok(candidate));
        }
        taken = candidate;
    }
    Ok(Err(Refusal::SipDomainTaken(taken)))
}
