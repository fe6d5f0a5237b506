//! Somebody to whom something is done, as they are at that moment.

use super::name::TypedName;
use super::permissions::Standing;
use super::{Role, store};
use crate::app::App;
use crate::clock::Millis;
use crate::db::Tx;
use crate::error::Result;
use crate::ids::{AccountId, UserId};

/// A user, with what those who help them need to know.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Subject {
    /// Who.
    pub id: UserId,
    /// Of which account.
    #[sqlx(rename = "account_id")]
    pub account: AccountId,
    /// What they may do.
    #[sqlx(try_from = "String")]
    pub role: Role,
    /// The part of the sign-in name before `@`.
    pub name: String,
    /// `Ann Archer`
    pub display_name: String,
    /// As written, verified or not.
    pub email: Option<String>,
    /// Since when the address is known to be theirs.
    pub email_verified_at: Option<Millis>,
    /// `201`
    pub extension: Option<String>,
    /// IANA name.
    pub time_zone: Option<String>,
    /// When the password was set; `None` if there is none.
    pub password_set_at: Option<Millis>,
    /// When it stops signing in, for a temporary one.
    pub password_expires_at: Option<Millis>,
    /// Since when it must be changed before anything else.
    pub must_change_at: Option<Millis>,
    /// Rises with every password.
    pub credential_epoch: i64,
    /// Since when they may not sign in.
    pub disabled_at: Option<Millis>,
    /// `Acme Boats`
    pub account_name: String,
    /// `acme.example`
    pub domain: String,
}

impl Subject {
    /// What they type to sign in.
    pub fn sign_in_name(&self) -> String {
        self.role.sign_in_name(&self.name, &self.domain)
    }

    /// Whether `typed` is their whole sign-in name.
    pub fn is_called(&self, typed: &str) -> bool {
        TypedName::new(typed) == TypedName::new(&self.sign_in_name())
    }

    /// Where mail goes, if that is known to be theirs.
    pub fn verified_email(&self) -> Option<&str> {
        self.email.as_deref().filter(|_| self.email_verified_at.is_some())
    }

    /// As permissions see them.
    pub fn standing(&self) -> Standing<'_> {
        Standing {
            id: &self.id,
            account: &self.account,
            role: self.role,
        }
    }
}

/// The user `id` of `account`.
pub async fn find(app: &App, account: &AccountId, id: &UserId) -> Result<Option<Subject>> {
    store::subject(&app.db, account, id).await
}

/// The same, as they are in a transaction.
pub async fn find_in(tx: &mut Tx, account: &AccountId, id: &UserId) -> Result<Option<Subject>> {
    store::subject(tx, account, id).await
}

/// Whoever signs in as `name`: `ann@acme.example`, or the bare name of an operator. For commands, which may reach
/// everyone.
pub async fn by_full_name(app: &App, name: &str) -> Result<Option<Subject>> {
    let typed = TypedName::new(name);
    store::by_full_name(&app.db, &typed).await
}
