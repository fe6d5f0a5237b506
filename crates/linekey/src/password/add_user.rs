//! Adds somebody with a temporary password, at the provider's console: both or neither.

use super::names::About;
use super::rules;
use super::set;
use super::set_for_user::TEMPORARY_FOR;
use super::suggest::suggest;
use super::typed::TypedPassword;
use crate::accounts;
use crate::app::App;
use crate::clock::Millis;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::users::Actor;
use crate::users::add::{self, Refusal};
use crate::users::create::NewUser;
use crate::users::name;

/// What came of it.
#[derive(Debug)]
pub enum Outcome {
    /// They are added.
    Added(Added),
    /// There is no account of that domain.
    NoSuchAccount,
    /// They cannot be, for this reason.
    Refused(Refusal),
    /// The rules refuse the password that was given.
    Password(Vec<rules::Refusal>),
}

/// Somebody just added.
#[derive(Debug)]
pub struct Added {
    /// Who.
    pub id: UserId,
    /// What they type to sign in.
    pub sign_in_name: String,
    /// The random password, to be shown once; `None` when one was given.
    pub temporary: Option<TypedPassword>,
    /// When the password stops signing in unless it is changed, milliseconds UTC.
    pub valid_until: Millis,
}

/// Adds `new` to the account of `domain`. Without a `password` a random one is made. Either must be changed at the
/// first sign-in, within [`TEMPORARY_FOR`].
pub async fn add_user(app: &App, domain: &str, new: NewUser<'_>, password: Option<&TypedPassword>) -> Result<Outcome> {
    if let Err(refusal) = add::check(&new) {
        return Ok(Outcome::Refused(refusal));
    }
    let Some(account) = accounts::named(&app.db, &name::canonical(domain)).await? else {
        return Ok(Outcome::NoSuchAccount);
    };
    let profile = app.config.password.policy;
    let about = about(&app.config.brand.name, &account.name, &account.domain, &new);
    let random = match password {
        Some(_) => None,
        None => suggest(profile, &about, &|bytes| app.random.fill(bytes)),
    };
    let typed = password
        .or(random.as_ref())
        .ok_or_else(|| Error::defect("no suggestion met the rules"))?;
    let hash = match rules::accept(profile, typed, &about) {
        Ok(accepted) => app.hashes.hash(&accepted).await?,
        Err(refused) => return Ok(Outcome::Password(refused)),
    };
    let valid_until = app.clock.now() + TEMPORARY_FOR;
    let mut tx = app.db.begin().await?;
    let id = match add::add_in(app, &mut tx, Actor::Console, &account.id, new).await? {
        Ok(id) => id,
        Err(refusal) => return Ok(Outcome::Refused(refusal)),
    };
    let lasting = set::Lasting {
        must_change: true,
        expires_at: Some(valid_until),
    };
    set::first(app, &mut tx, (&account.id, &id), &hash, lasting).await?;
    tx.commit().await?;
    Ok(Outcome::Added(Added {
        id,
        sign_in_name: new.role.sign_in_name(&name::canonical(new.name), &account.domain),
        temporary: random,
        valid_until,
    }))
}

/// The names that the password of somebody who is not there yet may not contain.
pub fn about(brand: &str, account_name: &str, domain: &str, new: &NewUser<'_>) -> About {
    let user_name = name::canonical(new.name);
    About {
        sign_in_name: format!("{user_name}@{domain}"),
        user_name,
        email: new.email.unwrap_or_default().to_owned(),
        account_name: account_name.to_owned(),
        domain: domain.to_owned(),
        brand: brand.to_owned(),
    }
}
