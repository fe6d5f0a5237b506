//! The parts of removing somebody that are about their own row. The act is `sign_in`'s, which reaches what is theirs.

use super::{Role, Subject, store};
use crate::accounts;
use crate::app::App;
use crate::db::Tx;
use crate::error::Result;

/// Whether nobody would be left to help the account, or for an operator to run the portal. Asked while the subject's row
/// is held.
pub async fn is_last_of_rank(tx: &mut Tx, subject: &Subject) -> Result<bool> {
    if subject.role == Role::User || subject.disabled_at.is_some() {
        return Ok(false);
    }
    // Two who are removed at once would each be the other's reason.
    accounts::hold(tx, &subject.account).await?;
    Ok(store::others_of_role(tx, &subject.account, &subject.id, subject.role).await? == 0)
}

/// Lets nobody begin to add something of the user's, before what there is is removed.
pub async fn lock_out(tx: &mut Tx, subject: &Subject) -> Result<()> {
    store::lock_out(tx, &subject.account, &subject.id).await
}

/// Takes the user's row away, once nothing refers to it; the record goes on naming them, and the name is free.
pub async fn row(app: &App, tx: &mut Tx, subject: &Subject) -> Result<()> {
    store::remove(tx, subject, app.clock.now()).await
}
