//! Everything that can be known of a new password before a transaction is open: the rules, the old password, the SIP
//! passwords, the hash. What a rule about a stored secret said is a [`SecretVerdict`], told only to who may know it.

use super::hash::HashedPassword;
use super::names::About;
use super::rules::{self, Refusal};
use super::store;
use super::typed::TypedPassword;
use crate::app::App;
use crate::error::Result;
use crate::ids::{AccountId, UserId};
use crate::phones;
use crate::sessions::Person;
use crate::throttle::{self, Bucket, Counted};
use crate::users::Subject;

/// What the rules about stored secrets said. Whoever learns it learns something about the old password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretVerdict {
    /// It is the password that the user has.
    pub same_as_old: bool,
    /// It is the SIP password of a phone of theirs.
    pub sip_password: bool,
}

impl SecretVerdict {
    /// The refusals it stands for.
    pub fn refusals(self) -> Vec<Refusal> {
        let said = [
            (self.same_as_old, Refusal::SameAsOld),
            (self.sip_password, Refusal::SipPassword),
        ];
        said.into_iter()
            .filter(|(refused, _)| *refused)
            .map(|(_, refusal)| refusal)
            .collect()
    }

    /// What whoever typed it may be told. Each telling is counted, before it is told: ten an hour are enough for a
    /// person and too few for a guesser.
    pub(super) async fn tell(self, app: &App, whom: &UserId) -> Result<Told> {
        let refusals = self.refusals();
        if refusals.is_empty() {
            return Ok(Told::Nothing);
        }
        Ok(match throttle::count(app, &[Bucket::SecretRule(whom)]).await? {
            Counted::Go { .. } => Told::Refused(refusals),
            Counted::Wait(seconds) => Told::Wait(seconds),
        })
    }

    /// One byte, for sealing.
    pub(super) fn to_byte(self) -> u8 {
        u8::from(self.same_as_old) | u8::from(self.sip_password) << 1
    }

    /// Of [`SecretVerdict::to_byte`].
    pub(super) fn of_byte(byte: u8) -> Self {
        Self {
            same_as_old: byte & 1 != 0,
            sip_password: byte & 2 != 0,
        }
    }
}

/// What is told of a [`SecretVerdict`].
#[derive(Debug)]
pub(super) enum Told {
    /// There is nothing against it.
    Nothing,
    /// It is refused, for these reasons.
    Refused(Vec<Refusal>),
    /// It was told too often: so many seconds must pass first.
    Wait(i64),
}

/// A new password, as far as it can be judged without asking who types it.
#[derive(Debug)]
pub enum Prepared {
    /// Rules that everyone may know refuse it.
    Refused(Vec<Refusal>),
    /// It may be set, unless the verdict says otherwise.
    Ready(HashedPassword, SecretVerdict),
}

/// Whose password is to be set.
#[derive(Debug)]
pub struct Owner<'a> {
    /// Their account.
    pub account: &'a AccountId,
    /// They themselves.
    pub user: &'a UserId,
    /// The epoch at which they were read.
    pub epoch: i64,
    /// The names that it may not contain.
    pub about: About,
}

impl<'a> Owner<'a> {
    /// Whoever asks, for themselves.
    pub fn of(app: &App, person: &'a Person) -> Self {
        Self {
            account: &person.account,
            user: &person.id,
            epoch: person.credential_epoch,
            about: about(app, person),
        }
    }

    /// Somebody who is helped.
    pub fn of_subject(app: &App, subject: &'a Subject) -> Self {
        Self {
            account: &subject.account,
            user: &subject.id,
            epoch: subject.credential_epoch,
            about: About {
                user_name: subject.name.clone(),
                sign_in_name: subject.sign_in_name(),
                email: subject.email.clone().unwrap_or_default(),
                account_name: subject.account_name.clone(),
                domain: subject.domain.clone(),
                brand: app.config.brand.name.clone(),
            },
        }
    }
}

/// The names that the password of `person` may not contain.
pub fn about(app: &App, person: &Person) -> About {
    About {
        user_name: person.name.clone(),
        sign_in_name: person.sign_in_name(),
        email: person.email.clone().unwrap_or_default(),
        account_name: person.account_name.clone(),
        domain: person.domain.clone(),
        brand: app.config.brand.name.clone(),
    }
}

/// Judges and hashes what was typed. The same work whatever the stored secrets are.
pub async fn prepare(
    app: &App,
    owner: &Owner<'_>,
    typed: &TypedPassword,
    confirmed: &TypedPassword,
) -> Result<Prepared> {
    let new = match rules::accept(app.config.password.policy, typed, &owner.about) {
        Err(refused) => return Ok(Prepared::Refused(refused)),
        Ok(_) if !typed.same_as(confirmed) => return Ok(Prepared::Refused(vec![Refusal::Different])),
        Ok(new) => new,
    };
    let old = store::hash_at(&app.db, owner.account, owner.user, owner.epoch).await?;
    let verified = app.hashes.verify(typed, old.as_ref()).await?;
    let sip_password = phones::equals_sip_password(app, owner.account, owner.user, new.reveal()).await?;
    let hash = app.hashes.hash(&new).await?;
    Ok(Prepared::Ready(
        hash,
        SecretVerdict {
            same_as_old: verified.matches,
            sip_password,
        },
    ))
}
