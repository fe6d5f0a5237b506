//! Sets the password of whoever holds a set-up link.

use std::net::IpAddr;

use crate::app::App;
use crate::error::Result;
use crate::links::{self, Link, Purpose};
use crate::password::prepare::{Owner, accept, count_telling, judge};
use crate::password::rules::Refusal;
use crate::password::set::{Cause, Set, set};
use crate::password::store;
use crate::password::typed::TypedPassword;
use crate::throttle::{self, Bucket};
use crate::users::{self, Subject, name};

/// Whose password a link sets.
#[derive(Debug)]
pub struct Opened {
    link: Link,
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
pub enum Chosen {
    /// The password is set and the link is used up.
    Done,
    /// The password is refused, for these reasons.
    Refused(Vec<Refusal>),
    /// The link was used or voided, or it is over.
    Gone,
    /// Too many new passwords were refused for what they are: wait so many seconds.
    Wait(i64),
}

/// What the token of a set-up link opens, if it is still good. Changes nothing.
pub async fn open(app: &App, token: &str) -> Result<Option<Opened>> {
    let Some(link) = links::open(app, Purpose::SetUp, token).await? else {
        return Ok(None);
    };
    let subject = users::subject(app, &link.account, &link.user).await?;
    Ok(subject.map(|subject| Opened { link, subject }))
}

/// Sets the password of whom the link is for. Whoever used a link that was mailed reads that mail: the address is theirs.
pub async fn choose(
    app: &App,
    opened: &Opened,
    (new, confirmed): (&TypedPassword, &TypedPassword),
    from: From<'_>,
) -> Result<Chosen> {
    let Opened { link, subject } = opened;
    let owner = Owner::of_subject(app, subject);
    let accepted = match accept(app, &owner, new, confirmed) {
        Ok(accepted) => accepted,
        Err(refused) => return Ok(Chosen::Refused(refused)),
    };
    if let Some(seconds) = count_telling(app, Bucket::SecretRuleByLink(&subject.id)).await? {
        return Ok(Chosen::Wait(seconds));
    }
    let (hash, verdict) = judge(app, &owner, new, &accepted).await?;
    if verdict.refuses() {
        return Ok(Chosen::Refused(verdict.refusals()));
    }
    let mut tx = app.db.begin().await?;
    // The user first, as everyone does. Of any number of posts at once one finds the link.
    if !store::hold(&mut tx, &subject.id, link.credential_epoch).await? || !links::spend(&mut tx, link).await? {
        return Ok(Chosen::Gone);
    }
    let invited = invited(link);
    let proven = invited.as_deref().filter(|key| is_of(subject, key));
    let cause = Cause::SetUp {
        subject,
        address: from.address,
        browser: from.browser,
        proven: proven.is_some(),
    };
    let Set::Done { .. } = set(app, &mut tx, &hash, cause).await? else {
        return Ok(Chosen::Gone);
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
    Ok(Chosen::Done)
}

/// The key of the address that the link was mailed to; a slip was handed over.
fn invited(link: &Link) -> Option<String> {
    let detail: serde_json::Value = serde_json::from_str(&link.detail).unwrap_or_default();
    detail["email"].as_str().map(str::to_owned)
}

/// Whether it is still the address on file.
fn is_of(subject: &Subject, key: &str) -> bool {
    subject
        .email
        .as_deref()
        .is_some_and(|email| name::canonical(email) == key)
}
