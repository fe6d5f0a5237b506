//! Adds somebody at the provider's console, after everything about them has been looked at. They have no password yet:
//! whoever calls gives them one in the same transaction.

use super::create::NewUser;
use super::{Role, create, name, store};
use crate::accounts::{self, domain, name as shown};
use crate::app::App;
use crate::audit::{self, Event, Kind};
use crate::db::Tx;
use crate::error::Result;
use crate::ids::{AccountId, UserId};

/// The longest name in front of `@`, in characters.
pub const LONGEST_NAME: usize = 64;
/// The longest displayed name, in characters.
pub const LONGEST_DISPLAY_NAME: usize = super::profile::LONGEST_NAME;

/// Why somebody was not added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A name in front of `@` is letters, digits, and `.`, `-`, `_`, `'` or `+` behind the first of them.
    NameCharacters,
    /// It is longer than [`LONGEST_NAME`].
    NameTooLong,
    /// Somebody of the account has it, or for an operator another operator.
    NameTaken,
    /// The displayed name cannot be.
    DisplayName(shown::Refusal),
    /// The e-mail is no address.
    Email,
    /// An extension is 1 to 16 digits.
    Extension,
    /// There is no such time zone.
    TimeZone,
    /// Operators are the provider's own staff: they belong to this account, its own.
    OperatorElsewhere(String),
}

/// Looks at a name in front of `@`.
///
/// # Errors
/// With what is wrong with it.
pub fn check_name(name: &str) -> std::result::Result<(), Refusal> {
    let name = name::canonical(name);
    if name.chars().count() > LONGEST_NAME {
        return Err(Refusal::NameTooLong);
    }
    let good = |c: char| c.is_alphanumeric() || ".-_'+".contains(c);
    if !name.starts_with(char::is_alphanumeric) || !name.chars().all(good) {
        return Err(Refusal::NameCharacters);
    }
    Ok(())
}

/// Looks at everything that can be judged without a database.
///
/// # Errors
/// With the first thing that is wrong.
pub fn check(new: &NewUser<'_>) -> std::result::Result<(), Refusal> {
    check_name(new.name)?;
    if let Some(refusal) = shown::refusal(new.display_name, LONGEST_DISPLAY_NAME) {
        return Err(Refusal::DisplayName(refusal));
    }
    if new.email.is_some_and(|email| !is_address(email)) {
        return Err(Refusal::Email);
    }
    let is_extension = |text: &str| (1..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if new.extension.is_some_and(|extension| !is_extension(extension)) {
        return Err(Refusal::Extension);
    }
    if !crate::when::is_zone(new.time_zone) {
        return Err(Refusal::TimeZone);
    }
    Ok(())
}

/// Adds somebody to `account` as a part of `tx`, which the caller drops when they are refused.
pub async fn add_in(
    app: &App,
    tx: &mut Tx,
    account: &AccountId,
    new: NewUser<'_>,
) -> Result<std::result::Result<UserId, Refusal>> {
    if let Err(refusal) = check(&new) {
        return Ok(Err(refusal));
    }
    let name = name::canonical(new.name);
    if new.role == Role::Operator
        && let Some(provider) = accounts::provider_domain(tx).await?
        && accounts::by_domain(tx, &provider).await?.as_ref() != Some(account)
    {
        return Ok(Err(Refusal::OperatorElsewhere(provider)));
    }
    if store::is_name_taken(tx, account, &name, new.role).await? {
        return Ok(Err(Refusal::NameTaken));
    }
    let user = create::create(app, tx, account, new).await?;
    let detail = serde_json::json!({ "role": new.role.as_str() });
    audit::record(
        app,
        tx,
        Event::of_console(Kind::UserAdd, Some(account), Some(&user), detail),
    )
    .await?;
    Ok(Ok(user))
}

/// `local@domain`, in a form that mail servers take; whether anybody is there only a mail can tell.
fn is_address(email: &str) -> bool {
    let Some((local, host)) = email.rsplit_once('@') else {
        return false;
    };
    let good = |c: char| !c.is_whitespace() && !shown::is_hidden(c) && !"\"(),:;<>[\\]@".contains(c);
    // Dots stand between atoms (RFC 5322, dot-atom).
    let atoms = local.split('.').all(|atom| !atom.is_empty());
    let host = domain::check(host).is_ok_and(|domain| domain.eq_ignore_ascii_case(host));
    atoms && local.len() <= 64 && local.chars().all(good) && host
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_looked_at_before_they_are_added() {
        let ann = NewUser {
            role: Role::User,
            name: "ann",
            display_name: "Ann Archer",
            email: Some("ann.archer+x@acme.example"),
            email_verified: false,
            extension: Some("201"),
            time_zone: "Europe/Lisbon",
        };
        assert_eq!(check(&ann), Ok(()));
        let long = "a".repeat(65);
        for name in ["", "@", "ann@x", "a b", "-ann", "a\u{202e}b", "a\u{0}"] {
            assert_eq!(
                check(&NewUser { name, ..ann }),
                Err(Refusal::NameCharacters),
                "{name:?}"
            );
        }
        assert_eq!(check(&NewUser { name: &long, ..ann }), Err(Refusal::NameTooLong));
        for email in [
            "",
            "ann",
            "ann@",
            "@acme.example",
            "a b@acme.example",
            "ann@acme",
            "<ann@acme.example>",
        ] {
            let email = Some(email);
            assert_eq!(check(&NewUser { email, ..ann }), Err(Refusal::Email), "{email:?}");
        }
        for extension in ["", "2x", "12345678901234567"] {
            let extension = Some(extension);
            assert_eq!(check(&NewUser { extension, ..ann }), Err(Refusal::Extension));
        }
        let (display_name, time_zone) = ("Ann\nArcher", "Mars/Olympus");
        assert_eq!(
            check(&NewUser { display_name, ..ann }),
            Err(Refusal::DisplayName(shown::Refusal::Characters))
        );
        assert_eq!(check(&NewUser { time_zone, ..ann }), Err(Refusal::TimeZone));
    }
}
