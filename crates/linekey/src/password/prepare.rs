//! Everything that can be known of a new password before a transaction is open: the rules, the old password, the SIP
//! passwords, the hash. What a rule about a stored secret said is a [`SecretVerdict`], told only to who may know it.

use super::hash::HashedPassword;
use super::names::About;
use super::rules::{self, Refusal};
use super::store;
use super::typed::TypedPassword;
use crate::app::App;
use crate::error::Result;
use crate::phones;
use crate::sessions::Person;

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

/// A new password, as far as it can be judged without asking who types it.
#[derive(Debug)]
pub enum Prepared {
    /// Rules that everyone may know refuse it.
    Refused(Vec<Refusal>),
    /// It may be set, unless the verdict says otherwise.
    Ready(HashedPassword, SecretVerdict),
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
pub async fn prepare(app: &App, person: &Person, typed: &TypedPassword, confirmed: &TypedPassword) -> Result<Prepared> {
    let about = about(app, person);
    let new = match rules::accept(app.config.password.policy, typed, &about) {
        Err(refused) => return Ok(Prepared::Refused(refused)),
        Ok(_) if !typed.same_as(confirmed) => return Ok(Prepared::Refused(vec![Refusal::Different])),
        Ok(new) => new,
    };
    let old = store::hash_at(&app.db, &person.account, &person.id, person.credential_epoch).await?;
    let verified = app.hashes.verify(typed, old.as_ref()).await?;
    let sip_password = phones::equals_sip_password(app, &person.account, &person.id, new.reveal()).await?;
    let hash = app.hashes.hash(&new).await?;
    Ok(Prepared::Ready(
        hash,
        SecretVerdict {
            same_as_old: verified.matches,
            sip_password,
        },
    ))
}
