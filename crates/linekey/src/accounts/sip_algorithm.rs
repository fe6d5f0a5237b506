//! Chooses with which digest the phones of an account prove their SIP password (RFC 8760).
//!
//! One challenge only: phones in use fail where two are sent, and many know nothing but MD5. All hashes are stored from
//! the beginning, so no SIP password changes; a phone that cannot answer the new challenge is refused.

use super::store;
use crate::app::App;
use crate::audit::{self, Event, Kind};
use crate::error::Result;

/// The algorithms that can be chosen, as RFC 8760 spells them; the first is what a new account has.
pub const ALGORITHMS: [&str; 3] = ["MD5", "SHA-256", "SHA-512-256"];

/// What became of the choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// It holds from now on; a running registrar follows within 5 s.
    Done(&'static str),
    /// It was so before.
    Already(&'static str),
    /// There is no such algorithm.
    NoAlgorithm,
    /// There is no account of that domain.
    NoAccount,
}

/// Has the account of `domain` use `typed`, in any case.
pub async fn choose(app: &App, domain: &str, typed: &str) -> Result<Chosen> {
    let named = |name: &&&str| name.eq_ignore_ascii_case(typed.trim());
    let Some(algorithm) = ALGORITHMS.iter().find(named).copied() else {
        return Ok(Chosen::NoAlgorithm);
    };
    let mut tx = app.db.begin().await?;
    let Some(account) = store::by_domain(&mut tx, &domain.trim().to_lowercase()).await? else {
        return Ok(Chosen::NoAccount);
    };
    store::hold(&mut tx, &account).await?;
    let before = store::sip_algorithm_of(&mut tx, &account).await?;
    if before == algorithm {
        return Ok(Chosen::Already(algorithm));
    }
    store::set_sip_algorithm(&mut tx, &account, algorithm).await?;
    let detail = serde_json::json!({ "before": before, "algorithm": algorithm });
    let event = Event::of_console(Kind::AccountSipAlgorithm, Some(&account), None, detail);
    audit::record(app, &mut tx, event).await?;
    tx.commit().await?;
    Ok(Chosen::Done(algorithm))
}
