//! Makes an empty database a portal: the provider's own account, its first operator, and the mark that says so, all in
//! one transaction.

use crate::accounts::add::{self, Wanted};
use crate::accounts::{self, domain, name};
use crate::app::App;
use crate::audit::{self, Event, Kind};
use crate::error::Result;
use crate::links::{self, Made};
use crate::password;
use crate::password::add_user::about;
use crate::password::rules;
use crate::password::set::Lasting;
use crate::password::typed::TypedPassword;
use crate::users::add as user;
use crate::users::create::NewUser;
use crate::users::set_up_slip;
use crate::users::{Actor, Role};

/// What [`crate::db::Db::kind`] says of a portal.
const KIND: &str = "portal";
/// The longest name of a provider, in characters: it is the brand on every page.
pub const LONGEST_NAME: usize = 60;

/// What the first operator and the provider are called, as typed.
#[derive(Clone, Copy, Debug)]
pub struct First<'a> {
    /// `Quayside Telecom`
    pub provider: &'a str,
    /// `quayside.example`, the domain of the provider's own account.
    pub domain: &'a str,
    /// What the operator signs in with: `olivia`.
    pub operator: &'a str,
    /// `Olivia Quay`
    pub display_name: &'a str,
    /// Their portal password; without one they get a link to choose it.
    pub password: Option<&'a TypedPassword>,
}

/// Why nothing was set up.
#[derive(Debug)]
pub enum Refusal {
    /// The database is one already: a portal's or a demo's.
    Already(String),
    /// The provider's name cannot be.
    Provider(name::Refusal),
    /// The provider's account cannot be.
    Account(add::Refusal),
    /// The operator cannot be.
    Operator(user::Refusal),
    /// The rules refuse the password.
    Password(Vec<rules::Refusal>),
}

/// Looks at everything that can be judged without a database.
///
/// # Errors
/// With the first thing that is wrong.
pub fn check(brand: &str, profile: rules::Profile, first: First<'_>) -> std::result::Result<(), Refusal> {
    if let Some(refusal) = name::refusal(first.provider.trim(), LONGEST_NAME) {
        return Err(Refusal::Provider(refusal));
    }
    let domain = domain::check(first.domain).map_err(|refusal| Refusal::Account(add::Refusal::Domain(refusal)))?;
    let new = operator(first);
    user::check(&new).map_err(Refusal::Operator)?;
    let about = about(brand, first.provider, &domain, &new);
    match first.password {
        Some(password) => rules::accept(profile, password, &about)
            .map(drop)
            .map_err(Refusal::Password),
        None => Ok(()),
    }
}

/// Sets the portal up. With a password it returns `None`; else the link and the code with which the operator chooses one.
pub async fn set_up(app: &App, first: First<'_>) -> Result<std::result::Result<Option<Made>, Refusal>> {
    if let Err(refusal) = check(&app.config.brand.name, app.config.password.policy, first) {
        return Ok(Err(refusal));
    }
    if let Some(kind) = app.db.kind().await? {
        return Ok(Err(Refusal::Already(kind)));
    }
    let new = operator(first);
    let about = about(&app.config.brand.name, first.provider, first.domain, &new);
    let hash = match first.password {
        Some(typed) => match rules::accept(app.config.password.policy, typed, &about) {
            Ok(password) => Some(app.hashes.hash(&password).await?),
            Err(refused) => return Ok(Err(Refusal::Password(refused))),
        },
        None => None,
    };
    let mut tx = app.db.begin().await?;
    tx.mark(KIND).await?;
    audit::seal::begin(app, &mut tx).await?;
    let wanted = Wanted {
        name: first.provider,
        domain: first.domain,
        sip_domain: None,
    };
    let account = match add::add_in(app, &mut tx, wanted).await? {
        Ok(account) => account,
        Err(refusal) => return Ok(Err(Refusal::Account(refusal))),
    };
    accounts::set_provider(&mut tx, &account.id).await?;
    let user = match user::add_in(app, &mut tx, Actor::Console, &account.id, new).await? {
        Ok(user) => user,
        Err(refusal) => return Ok(Err(Refusal::Operator(refusal))),
    };
    let made = match hash {
        Some(hash) => {
            password::set::first(app, &mut tx, (&account.id, &user), &hash, Lasting::default()).await?;
            None
        }
        None => links::make(app, &mut tx, &set_up_slip::wanted(&account.id, &user), None).await?,
    };
    let event = Event::of_console(Kind::PortalSetUp, Some(&account.id), Some(&user), serde_json::json!({}));
    audit::record(app, &mut tx, event).await?;
    tx.commit().await?;
    Ok(Ok(made))
}

fn operator(first: First<'_>) -> NewUser<'_> {
    NewUser {
        role: Role::Operator,
        name: first.operator.trim(),
        display_name: first.display_name.trim(),
        email: None,
        email_verified: false,
        extension: None,
        time_zone: "UTC",
    }
}
