//! Makes an account.

use super::store;
use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::ids::AccountId;

/// What an account is made of.
#[derive(Clone, Copy, Debug)]
pub struct NewAccount<'a> {
    /// `Acme Boats`
    pub name: &'a str,
    /// What sign-in names end in: `acme.example`.
    pub domain: &'a str,
    /// The realm of its phones, for ever; unique in the portal.
    pub sip_domain: &'a str,
}

/// Makes the account and returns its id.
pub async fn create(app: &App, tx: &mut Tx, new: NewAccount<'_>) -> Result<AccountId> {
    let id = AccountId::new(app.new_id());
    store::insert(tx, &id, &new, app.clock.now()).await?;
    Ok(id)
}
