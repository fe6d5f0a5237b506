//! `linekey user sign-out` and `remove`.

use anyhow::bail;

use super::super::{Usage, ask};
use super::{nobody, of, sessions_ended};
use crate::app::App;
use crate::sessions::end::{self, EndedFor};
use crate::sign_in::remove::{self, Removed};
use crate::users::{Actor, Role, Subject};

/// Ends every session of somebody.
pub(super) async fn sign_out(app: &App, whom: &Subject) -> anyhow::Result<()> {
    let name = whom.sign_in_name();
    match end::for_user(app, Actor::Console, of(whom), None).await? {
        EndedFor::Done(_, ended) => super::super::say(&format!(
            "{}. {name} can sign in again with the same password, and their phones stay connected.\n",
            capital(&sessions_ended(ended)),
        )),
        EndedFor::Forbidden(_) => bail!("the console may not do that"),
        EndedFor::Nobody => bail!("{}", nobody(&name)),
    }
    Ok(())
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// Removes somebody for good, once their sign-in name was typed, or with `yes` at once.
pub(super) async fn remove(app: &App, whom: &Subject, yes: bool) -> anyhow::Result<()> {
    let name = whom.sign_in_name();
    if !yes {
        confirm(&name)?;
    }
    let (subject, phones) = match remove::remove(app, Actor::Console, of(whom)).await? {
        Removed::Done(subject, phones) => (subject, phones),
        Removed::Last(subject) => bail!("{}", last(&subject)),
        Removed::Forbidden(_) => bail!("the console may not do that"),
        Removed::Nobody => bail!("{}", nobody(&name)),
    };
    let phones = match phones {
        0 => String::new(),
        1 => " One phone went with them and is disconnected.".to_owned(),
        _ => format!(" {phones} phones went with them and are disconnected."),
    };
    super::super::say(&format!(
        "{} ({name}) is removed and signed out everywhere.{phones} The name is free; `linekey audit list` goes on naming \
         them.\n",
        subject.display_name
    ));
    Ok(())
}

fn confirm(name: &str) -> anyhow::Result<()> {
    if !ask::is_terminal() {
        bail!(Usage(format!(
            "removing {name} can't be undone, and there is no terminal to ask on; give --yes"
        )));
    }
    super::super::complain(&format!(
        "{name} is signed out everywhere and removed with every phone of theirs. It can't be undone; `linekey user disable \
         {name}` can."
    ));
    ask::text("Type the sign-in name to remove them", None, |typed| {
        match typed == name {
            true => Ok(()),
            false => Err(format!("that is not {name}; nothing is done yet")),
        }
    })
}

/// Why nobody of their rank would be left.
fn last(subject: &Subject) -> String {
    let name = subject.sign_in_name();
    match subject.role {
        Role::Operator => format!("{name} is the last operator who may sign in; add another first"),
        Role::User | Role::Administrator => format!(
            "{name} is the last administrator of {} who may sign in; add another first",
            subject.account_name
        ),
    }
}
