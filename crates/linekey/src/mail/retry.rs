//! A mail is tried at once, whether it waits or was given up. Who may have it so is `users`' to know.

use super::{deliver, store};
use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::ids::{AccountId, UserId};

/// Has the mail `id` tried within a second, and for three days more: whose it is. `None`: it is delivered, being sent at
/// this moment, or gone.
pub async fn retry(app: &App, tx: &mut Tx, id: &str) -> Result<Option<(AccountId, UserId)>> {
    let now = app.clock.now();
    store::make_due(tx, id, now, now + deliver::TRIED_FOR).await
}
