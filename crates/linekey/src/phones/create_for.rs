//! Adds a phone for somebody at the provider's console, where everything may be chosen.

use super::create::{Outcomes, Owner, Wanted, add_in};
use crate::accounts;
use crate::app::App;
use crate::audit::{self, Kind, Outcome};
use crate::error::{Error, Result};
use crate::users::{self, Actor, Subject};

/// Adds a phone of `subject`. Without an extension it gets theirs.
pub async fn create_for(app: &App, subject: &Subject, label: &str, extension: &str) -> Result<Outcomes> {
    let wanted = match Wanted::of(label, extension, subject.extension.as_deref(), true) {
        Ok(wanted) => wanted,
        Err(refused) => return Ok(Outcomes::Refused(refused)),
    };
    let mut tx = app.db.begin().await?;
    if !users::hold_row(&mut tx, &subject.account, &subject.id).await? {
        return Err(Error::defect("somebody who was just found is gone"));
    }
    let sip_domain = accounts::sip_domain_of(&mut tx, &subject.account).await?;
    let owner = Owner {
        account: &subject.account,
        user: &subject.id,
        sip_domain: &sip_domain,
    };
    let added = match add_in(app, &mut tx, (owner, &subject.name), wanted).await? {
        Ok(added) => added,
        Err(refusal) => return Ok(Outcomes::Refused(vec![refusal])),
    };
    let detail = serde_json::json!({ "phone": added.id });
    let event = Actor::Console.event(Kind::PhoneAdd, Outcome::Done, subject, detail);
    audit::record(app, &mut tx, event).await?;
    tx.commit().await?;
    Ok(Outcomes::Added(added))
}
