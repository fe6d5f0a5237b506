//! Everything that can be known of a new password before a transaction is open: the rules, the old password, the SIP
//! passwords, the hash. What a rule about a stored secret said is a [`SecretVerdict`], told only to who may know it.

use super::hash::HashedPassword;
use super::names::About;
use super::rules::{self, NewPassword, Refusal};
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
    /// Whether it refuses the password.
    pub fn refuses(self) -> bool {
        self.same_as_old || self.sip_password
    }

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

/// Judges what was typed by the rules that everyone may know.
///
/// # Errors
/// Why it may not be.
pub fn accept(
    app: &App,
    owner: &Owner<'_>,
    typed: &TypedPassword,
    confirmed: &TypedPassword,
) -> std::result::Result<NewPassword, Vec<Refusal>> {
    let new = rules::accept(app.config.password.policy, typed, &owner.about)?;
    if typed.same_as(confirmed) {
        Ok(new)
    } else {
        Err(vec![Refusal::Different])
    }
}

/// Judges it by the owner's stored secrets, and hashes it. The same work whatever they are.
pub(super) async fn judge(
    app: &App,
    owner: &Owner<'_>,
    typed: &TypedPassword,
    new: &NewPassword,
) -> Result<(HashedPassword, SecretVerdict)> {
    let old = store::hash_at(&app.db, owner.account, owner.user, owner.epoch).await?;
    let verified = app.hashes.verify(typed, old.as_ref()).await?;
    let sip_password = phones::equals_sip_password(app, owner.account, owner.user, new.reveal()).await?;
    let hash = app.hashes.hash(new).await?;
    let verdict = SecretVerdict {
        same_as_old: verified.matches,
        sip_password,
    };
    Ok((hash, verdict))
}

/// Counts, in the bucket of whoever asks, that they will learn how the stored secrets of the owner judge what they typed; the
/// seconds to wait if it is once too often. Counted before it is judged and whatever comes of it: who is told nothing while the right guess would
/// be refused, or ends their own session before a wrong one is saved, is a guesser. Setting a password clears it.
pub(super) async fn count_telling(app: &App, asker: Bucket<'_>) -> Result<Option<i64>> {
    Ok(match throttle::count(app, &[asker]).await? {
        Counted::Go { .. } => None,
        Counted::Wait(seconds) => Some(seconds),
    })
}
