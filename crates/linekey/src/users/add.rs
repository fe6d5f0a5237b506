//! Adds somebody to an account, after everything about them has been looked at. They have no password yet: they choose one
//! with an invitation or a set-up slip, or whoever calls gives them one in the same transaction.

use super::create::NewUser;
use super::invite::{self, Invited};
use super::{Actor, Role, create, name, permissions, store};
use crate::accounts::{self, Named, domain, name as shown};
use crate::app::App;
use crate::audit::{self, Kind, Outcome};
use crate::db::Tx;
use crate::error::Result;
use crate::ids::{AccountId, UserId};
use crate::throttle;

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
    /// It is not the actor's to add somebody of that role.
    Role,
    /// An invitation needs an address to go to.
    NoAddress,
    /// That address got as many mails as one gets within an hour: an invitation waits so many seconds.
    MailWait(i64),
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
    match problems(new).into_iter().next() {
        Some(refusal) => Err(refusal),
        None => Ok(()),
    }
}

/// Everything that is wrong with somebody who is to be added, as far as that can be judged without a database.
pub fn problems(new: &NewUser<'_>) -> Vec<Refusal> {
    let is_extension = |text: &str| (1..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let found = [
        check_name(new.name).err(),
        shown::refusal(new.display_name, LONGEST_DISPLAY_NAME).map(Refusal::DisplayName),
        (new.email.is_some_and(|email| !is_address(email))).then_some(Refusal::Email),
        (new.extension.is_some_and(|extension| !is_extension(extension))).then_some(Refusal::Extension),
        (!crate::when::is_zone(new.time_zone)).then_some(Refusal::TimeZone),
    ];
    found.into_iter().flatten().collect()
}

/// What came of adding somebody.
#[derive(Debug)]
pub enum Added {
    /// They are there, without a password yet.
    Done(UserId),
    /// They are not, for these reasons.
    Refused(Vec<Refusal>),
}

/// Adds somebody without a password to `account`, and with `invite` mails them how to choose one.
///
/// # Errors
/// [`crate::error::Error::SessionEnded`] when the actor's session has ended meanwhile.
pub async fn add(app: &App, actor: Actor<'_>, account: &Named, new: NewUser<'_>, invite: bool) -> Result<Added> {
    let mut refused = problems(&new);
    let may = |role| permissions::may_add(role, new.role);
    if actor.person().is_some_and(|person| !may(person.role)) {
        refused.push(Refusal::Role);
    }
    if invite && new.email.is_none() {
        refused.push(Refusal::NoAddress);
    }
    if !refused.is_empty() {
        return Ok(Added::Refused(refused));
    }
    if let Some(email) = new.email.filter(|_| invite)
        && let Some(seconds) = throttle::count_mail(app, email, None).await?
    {
        return Ok(Added::Refused(vec![Refusal::MailWait(seconds)]));
    }
    let mut tx = app.db.begin().await?;
    if let Some(person) = actor.person() {
        store::hold(&mut tx, person.id, person.session).await?;
        if !may(store::role_of(&mut tx, person.account, person.id).await?) {
            return Ok(Added::Refused(vec![Refusal::Role]));
        }
    }
    let user = match add_in(app, &mut tx, actor, &account.id, new).await? {
        Ok(user) => user,
        Err(refusal) => return Ok(Added::Refused(vec![refusal])),
    };
    if let Some(email) = new.email.filter(|_| invite) {
        let whom = Invited {
            account: &account.id,
            user: &user,
            name: new.display_name,
            sign_in_name: new.role.sign_in_name(&name::canonical(new.name), &account.domain),
            account_name: &account.name,
            email,
            // Nobody has set a password yet.
            epoch: 0,
        };
        invite::send_in(app, &mut tx, actor, whom).await?;
    }
    tx.commit().await?;
    Ok(Added::Done(user))
}

/// Adds somebody to `account` as a part of `tx`, which the caller drops when they are refused.
pub async fn add_in(
    app: &App,
    tx: &mut Tx,
    actor: Actor<'_>,
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
    // Somebody else may add the same one at this moment.
    let Some(user) = create::create(app, tx, account, new).await? else {
        return Ok(Err(Refusal::NameTaken));
    };
    let detail = serde_json::json!({ "role": new.role.as_str() });
    let event = actor.event_about(Kind::UserAdd, Outcome::Done, (account, &user), detail);
    audit::record(app, tx, event).await?;
    Ok(Ok(user))
}

/// `local@domain`, in a form that mail servers take; whether anybody is there only a mail can tell.
///
/// Written so that what compares equal to it differs in the case of ASCII letters alone: a Kelvin sign, which lower case
/// makes a `k`, would be mailed elsewhere than it is looked up (CVE-2019-19844).
pub fn is_address(email: &str) -> bool {
    let Some((local, host)) = email.rsplit_once('@') else {
        return false;
    };
    let good = |c: char| !c.is_whitespace() && !shown::is_hidden(c) && !"\"(),:;<>[\\]@".contains(c);
    // Dots stand between atoms (RFC 5322, dot-atom).
    let atoms = local.split('.').all(|atom| !atom.is_empty());
    let host = domain::check(host).is_ok_and(|domain| domain.eq_ignore_ascii_case(host));
    let plain = name::canonical(email) == email.to_ascii_lowercase();
    atoms && plain && local.len() <= 64 && local.chars().all(good) && host
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
            "\u{212a}im@acme.example",
            "\u{130}an@acme.example",
            "ann@acme.example.",
            "ann@\u{ff41}cme.example",
            "ann@acme\u{3002}example",
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
