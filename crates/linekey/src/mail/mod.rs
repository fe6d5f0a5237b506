//! Mail that reports a change: put into the outbox in the change's own transaction.
//!
//! Owns the outbox and how each mail reads. Delivery is not built yet; the demo shows what would be sent.

mod password_changed;
mod store;

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::clock::Millis;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::ids::{AccountId, UserId};

/// A mail as what it says, without its words: harmless parameters only, never a token.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Mail {
    /// "Your password was changed."
    PasswordChanged {
        /// `Ann Archer`
        name: String,
        /// `ann@acme.example`
        sign_in_name: String,
        /// When, milliseconds UTC.
        at: Millis,
        /// The browser it was done with.
        browser: String,
        /// The address it came from.
        address: String,
    },
}

impl Mail {
    /// The stored text of the kind, as in `/demo/mail.json`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::PasswordChanged { .. } => "password-changed",
        }
    }
}

/// A mail as it will be read.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The outbox row.
    pub id: String,
    /// [`Mail::kind`].
    pub kind: &'static str,
    /// The one address it goes to.
    pub to: String,
    /// Names the portal.
    pub subject: String,
    /// The plain-text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// When the change happened, milliseconds UTC.
    pub at: Millis,
}

/// Puts `mail` to `to` into the outbox, in the transaction of the change it reports.
pub async fn send(app: &App, tx: &mut Tx, (account, user): (&AccountId, &UserId), to: &str, mail: &Mail) -> Result<()> {
    let parameters = serde_json::to_string(mail).map_err(Error::defect)?;
    store::insert(
        tx,
        &app.new_id(),
        account,
        user,
        mail.kind(),
        to,
        &parameters,
        app.clock.now(),
    )
    .await
}

/// The newest mails of the whole portal, at most `limit`, newest first. For the demo's page alone.
pub async fn newest(app: &App, limit: i64) -> Result<Vec<Letter>> {
    let rows = store::newest(&app.db, limit).await?;
    rows.into_iter().map(|row| letter(app, row)).collect()
}

fn letter(app: &App, row: store::Row) -> Result<Letter> {
    let mail: Mail = serde_json::from_str(&row.parameters).map_err(Error::defect)?;
    let (subject, text, html) = match &mail {
        Mail::PasswordChanged { .. } => password_changed::render(app, &mail)?,
    };
    Ok(Letter {
        id: row.id,
        kind: mail.kind(),
        to: row.to_address,
        subject,
        text,
        html,
        at: row.created_at,
    })
}
