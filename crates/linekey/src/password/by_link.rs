//! Sets the password of whom a link is for, which is used up in the same transaction: what a reset link and a set-up link
//! have in common. Whether whoever holds it may is asked before, by `reset` and `set_up`.

use std::net::IpAddr;

use super::prepare::{Owner, accept, count_telling, judge};
use super::rules::Refusal;
use super::set::{Cause, Set, set};
use super::store;
use super::typed::TypedPassword;
use crate::app::App;
use crate::error::Result;
use crate::links::{self, Link, Purpose};
use crate::throttle::{self, Bucket};
use crate::users::{self, Subject};

/// Whose password a link sets.
#[derive(Debug)]
pub struct Opened {
    pub(super) link: Link,
    /// The one whose password it is, whatever the request says.
    pub subject: Subject,
}

/// From where it is done.
#[derive(Clone, Copy, Debug)]
pub struct From<'a> {
    /// The client's address.
    pub address: IpAddr,
    /// The browser, in words.
    pub browser: &'a str,
}

/// What came of it.
#[derive(Debug)]
pub enum ByLink {
    /// The password is set and the link is used up.
    Done,
    /// The password is refused, for these reasons.
    Refused(Vec<Refusal>),
    /// The link was used or voided, it is over, or too much was tried with it.
    Gone,
    /// Too many new passwords were refused for what they are: wait so many seconds.
    Wait(i64),
}

/// What the token of a link for `purpose` opens, if it is still good. Changes nothing.
pub(super) async fn open(app: &App, purpose: Purpose, token: &str) -> Result<Option<Opened>> {
    let Some(link) = links::open(app, purpose, token).await? else {
        return Ok(None);
    };
    let subject = users::subject(app, &link.account, &link.user).await?;
    Ok(subject.map(|subject| Opened { link, subject }))
}

/// Sets it, for `cause`. `proven` is the key of an address on file that the link was mailed to: it is theirs.
pub(super) async fn set_by_link(
    app: &App,
    Opened { link, subject }: &Opened,
    (new, confirmed): (&TypedPassword, &TypedPassword),
    cause: Cause<'_>,
    proven: Option<&str>,
) -> Result<ByLink> {
    let owner = Owner::of_subject(app, subject);
    let accepted = match accept(app, &owner, new, confirmed) {
        Ok(accepted) => accepted,
        Err(refused) => return Ok(ByLink::Refused(refused)),
    };
    if let Some(seconds) = count_telling(app, Bucket::SecretRuleByLink(&subject.id)).await? {
        return Ok(ByLink::Wait(seconds));
    }
    let (hash, verdict) = judge(app, &owner, new, &accepted).await?;
    if verdict.refuses() {
        return Ok(ByLink::Refused(verdict.refusals()));
    }
    let mut tx = app.db.begin().await?;
    // The user first, as everyone does. Of any number of posts at once one finds the link.
    if !store::hold(&mut tx, &subject.id, link.credential_epoch).await? || !links::spend(&mut tx, link).await? {
        return Ok(ByLink::Gone);
    }
    let Set::Done { .. } = set(app, &mut tx, &hash, cause).await? else {
        return Ok(ByLink::Gone);
    };
    if let Some(key) = proven {
        users::prove_email::prove_email(app, &mut tx, (&subject.account, &subject.id), key).await?;
    }
    let forgiven = [
        Bucket::SecretRule(&subject.id, &subject.id),
        Bucket::SecretRuleByLink(&subject.id),
    ];
    throttle::clear(app, &mut tx, &forgiven).await?;
    tx.commit().await?;
    Ok(ByLink::Done)
}
