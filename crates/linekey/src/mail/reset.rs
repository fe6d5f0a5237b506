//! The mail "choose a new password": a link and a code for each user who has the address.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use super::letter::{Action, Content, Telling};
use super::{By, Mail, RESET, store};
use crate::clock::{HOUR, MINUTE, Millis};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::ids::{AccountId, UserId};
use crate::links::{Made, Purpose, Wanted, WantedCode, code};

/// How long a reset link is good.
pub const LINK_FOR: Millis = HOUR;
/// How long a reset code is good.
pub const CODE_FOR: Millis = 10 * MINUTE;

/// Somebody whose password can be reset.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Person {
    /// Of which account.
    pub account: AccountId,
    /// Who.
    pub user: UserId,
    /// `Ann Archer`
    pub name: String,
    /// `ann@acme.example`
    pub sign_in_name: String,
    /// Their credential epoch when it was asked for: a newer password makes it void. `None` in mails of releases that did
    /// not say.
    #[serde(default)]
    pub epoch: Option<i64>,
}

/// One link a person, in their order. `code_for` as in [`super::Mail::Reset`].
pub(super) fn links(people: &[Person], code_for: Option<&str>) -> Vec<Wanted> {
    let browser = code_for.map(|hash| BASE64URL_NOPAD.decode(hash.as_bytes()).unwrap_or_default());
    let code = browser.map(|hash| WantedCode {
        size: code::Size::Short,
        // What is no hash is nobody's browser.
        browser: Some(hash.try_into().unwrap_or_default()),
        lifetime: CODE_FOR,
    });
    let link = |person: &Person| Wanted {
        purpose: Purpose::Reset,
        account: person.account.clone(),
        user: person.user.clone(),
        lifetime: LINK_FOR,
        epoch: person.epoch,
        code: code.clone(),
        detail: serde_json::json!({}),
    };
    people.iter().map(link).collect()
}

/// Takes `user` out of the reset mails that wait. One in which others are left goes to those.
pub(super) async fn leave_out(tx: &mut Tx, user: &UserId) -> Result<()> {
    for row in store::hold_naming(tx, user, RESET).await? {
        // What cannot be read goes too: it may hold a link of theirs.
        let mut mail = serde_json::from_str(&row.parameters).ok();
        let first = match &mut mail {
            Some(Mail::Reset { people, .. }) => {
                people.retain(|person| person.user != *user);
                people.first().cloned()
            }
            _ => None,
        };
        let Some(first) = first else {
            store::remove(tx, &row.id).await?;
            continue;
        };
        let parameters = serde_json::to_string(&mail).map_err(Error::defect)?;
        store::pass_on(tx, &row.id, (&first.account, &first.user), &parameters).await?;
    }
    Ok(())
}

/// As [`super::Mail::whose`].
pub(super) fn whose(people: &[Person]) -> (Option<&str>, String) {
    let names: Vec<_> = people.iter().map(|person| person.sign_in_name.as_str()).collect();
    let name = match people {
        [person] => Some(person.name.as_str()),
        _ => None,
    };
    (name, names.join(", "))
}

/// What it says.
pub(super) fn content(
    telling: &Telling<'_>,
    people: &[Person],
    (at, browser, address): (Millis, &str, &str),
    (by, not_me): (Option<&By>, bool),
    made: &[Option<Made>],
) -> Content {
    let several = people.len() > 1;
    let action = |(person, made): (&Person, &Option<Made>)| {
        let made = made.as_ref()?;
        let mut after = vec![telling.words.say("mail-reset-once")];
        after.extend(
            made.code
                .as_ref()
                .map(|code| telling.say("mail-reset-code", "code", code.reveal())),
        );
        Some(Action {
            lead: if several {
                telling.named("mail-reset-for", &person.name, &person.sign_in_name)
            } else {
                String::new()
            },
            label: telling.words.say("mail-reset-button"),
            url: made.url.clone(),
            quiet: false,
            after,
        })
    };
    let when = if not_me { "mail-when" } else { "mail-reset-when" };
    Content {
        subject: telling.subject("mail-reset-subject"),
        what: match people {
            [person] => telling.named("mail-reset-what", &person.name, &person.sign_in_name),
            _ => telling.words.say("mail-reset-what-several"),
        },
        facts: match by {
            Some(by) => vec![
                telling.say("mail-reset-by", "by", &telling.by(by)),
                telling.say("mail-when", "when", &telling.moment(at)),
            ],
            None => vec![
                telling.say(when, "when", &telling.moment(at)),
                telling.say("mail-browser", "browser", browser),
                telling.say("mail-address", "address", address),
            ],
        },
        actions: people.iter().zip(made).filter_map(action).collect(),
        then: vec![
            match by {
                Some(by) => format!("{} {}", telling.words.say("mail-reset-until"), telling.not_expected(by)),
                None if not_me => telling.words.say("mail-reset-not-me"),
                None => telling.words.say("mail-reset-not-you"),
            },
            telling.words.say("mail-phones-untouched"),
        ],
    }
}
