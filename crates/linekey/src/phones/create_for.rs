//! Adds a phone for somebody else: by an administrator of theirs, or at the provider's console.

use super::create::{Added, Owner, Refusal, Wanted, add_in};
use crate::accounts;
use crate::app::App;
use crate::audit::{self, Kind, Outcome};
use crate::error::Result;
use crate::users::act::{self, Begun, Whom};
use crate::users::permissions::{self, Act};
use crate::users::{Actor, Subject};

/// What came of it.
#[derive(Debug)]
pub enum AddedFor {
    /// It is added.
    Added(Added),
    /// It is not, for these reasons.
    Refused(Vec<Refusal>),
    /// It is not the actor's to do.
    Forbidden(permissions::Refusal),
    /// There is nobody with that id in the account any more.
    Nobody,
}

/// Adds a phone of `subject`, whose extension may be chosen. Without one it gets theirs.
pub async fn create_for(
    app: &App,
    actor: Actor<'_>,
    subject: &Subject,
    label: &str,
    extension: &str,
) -> Result<AddedFor> {
    let whom = Whom {
        account: &subject.account,
        id: &subject.id,
    };
    let (mut tx, subject) = match act::begin(app, actor, Act::Phones, whom).await? {
        Begun::May(tx, subject) => (tx, subject),
        Begun::Refused(refusal) => return Ok(AddedFor::Forbidden(refusal)),
        Begun::Nobody => return Ok(AddedFor::Nobody),
    };
    let wanted = match Wanted::of(label, extension, subject.extension.as_deref(), true) {
        Ok(wanted) => wanted,
        Err(refused) => return Ok(AddedFor::Refused(refused)),
    };
    let sip_domain = accounts::sip_domain_of(&mut tx, &subject.account).await?;
    let owner = Owner {
        account: &subject.account,
        user: &subject.id,
        sip_domain: &sip_domain,
    };
    let added = match add_in(app, &mut tx, (owner, &subject.name), wanted).await? {
        Ok(added) => added,
        Err(refusal) => return Ok(AddedFor::Refused(vec![refusal])),
    };
    let detail = serde_json::json!({ "phone": added.id, "label": wanted.label });
    let event = actor.event(Kind::PhoneAdd, Outcome::Done, &subject, detail);
    audit::record(app, &mut tx, event).await?;
    tx.commit().await?;
    Ok(AddedFor::Added(added))
}
