//! Makes a user.

use super::{Role, name, store};
use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::ids::{AccountId, UserId};

/// What a user is made of. Without a password nobody can sign in as them.
#[derive(Clone, Copy, Debug)]
pub struct NewUser<'a> {
    /// What they may do.
    pub role: Role,
    /// The part of the sign-in name before `@`; unique in the account.
    pub name: &'a str,
    /// `Ann Archer`
    pub display_name: &'a str,
    /// Where mail goes. Several users may share one.
    pub email: Option<&'a str>,
    /// Whether the address is known to be theirs: only then it signs in and is mailed.
    pub email_verified: bool,
    /// `201`
    pub extension: Option<&'a str>,
    /// IANA name, `Europe/Lisbon`.
    pub time_zone: &'a str,
}

/// Makes the user and returns the id. `None`: somebody has the name.
pub async fn create(app: &App, tx: &mut Tx, account: &AccountId, new: NewUser<'_>) -> Result<Option<UserId>> {
    let id = UserId::new(app.new_id());
    let email_key = new.email.map(name::canonical);
    let made = store::insert(
        tx,
        &id,
        account,
        &new,
        &name::canonical(new.name),
        email_key.as_deref(),
        app.clock.now(),
    )
    .await?;
    Ok(made.then_some(id))
}
