//! `linekey user`

mod coming;
mod leaving;
mod show;

use std::path::PathBuf;

use anyhow::bail;
use clap::{Subcommand, ValueEnum};

use super::account::wrong_name;
use super::table::{self, Row};
use super::{ask, done, open};
use crate::app::App;
use crate::clock::Millis;
use crate::password::add_user::{self, Outcome};
use crate::password::reset::send::{self, Sent};
use crate::password::rules;
use crate::password::set_for_user::{NewPassword, SetFor, set_for_user};
use crate::sign_in::disable::{self, Switched};
use crate::users::act::Whom;
use crate::users::add::{LONGEST_DISPLAY_NAME, LONGEST_NAME, Refusal};
use crate::users::create::NewUser;
use crate::users::{self, Actor, InAccount, Role, Subject};
use crate::when;
use crate::words::Words;

/// What can be done with users.
#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Add a user: with a temporary password, which is shown once and must be changed at the first sign-in, or --invite
    Add(AddArguments),
    /// Set a password for somebody: a random one, shown once, that must be changed within 72 hours
    SetPassword {
        /// Whose, such as ann@acme.example, or an operator's bare name
        #[arg(value_name = "NAME@DOMAIN")]
        user: String,
        /// Read the password from standard input instead of making a random one
        #[arg(long)]
        stdin: bool,
        /// The password lasts and need not be changed; without --stdin it is asked for
        #[arg(long)]
        keep: bool,
    },
    /// Show the link and the code of a set-up slip, once: somebody chooses a password with it, within 72 hours
    SetupSlip {
        /// Whose, such as ann@acme.example, or an operator's bare name
        #[arg(value_name = "NAME@DOMAIN")]
        user: String,
    },
    /// End every session of somebody; their password and their phones stay as they are
    SignOut {
        /// Whose, such as ann@acme.example
        #[arg(value_name = "NAME@DOMAIN")]
        user: String,
    },
    /// Remove somebody and their phones for good; `disable` can be undone
    Remove {
        /// Whom, such as ann@acme.example
        #[arg(value_name = "NAME@DOMAIN")]
        user: String,
        /// Do not ask for the name to be typed again
        #[arg(long)]
        yes: bool,
    },
    /// Show one user with their phones and sessions
    Show {
        /// Whom, such as ann@acme.example, or an operator's bare name
        #[arg(value_name = "NAME@DOMAIN")]
        user: String,
        /// One object, for programs
        #[arg(long)]
        json: bool,
    },
    /// Mail somebody a reset link, by which they choose a new password within 60 minutes
    SendReset {
        /// Whom, such as ann@acme.example, or an operator's bare name
        #[arg(value_name = "NAME@DOMAIN")]
        user: String,
    },
    /// Keep somebody from signing in; ends their sessions and disconnects their phones
    Disable {
        /// Whom, such as ann@acme.example
        #[arg(value_name = "NAME@DOMAIN")]
        user: String,
    },
    /// Let somebody sign in again
    Enable {
        /// Whom, such as ann@acme.example
        #[arg(value_name = "NAME@DOMAIN")]
        user: String,
    },
    /// List users
    List {
        /// Of this account alone
        #[arg(long, value_name = "DOMAIN")]
        account: Option<String>,
        /// One array of objects, for programs
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct AddArguments {
    /// The sign-in name, such as ann@acme.example
    #[arg(value_name = "NAME@DOMAIN")]
    user: String,
    /// What they are called, such as "Ann Archer"
    #[arg(long)]
    name: String,
    /// Where mail to them goes
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// The address is known to be theirs: it is mailed, and signs in while nobody else has it
    #[arg(long, requires = "email")]
    email_verified: bool,
    /// What they may do
    #[arg(long, value_enum, default_value = "user")]
    role: RoleArgument,
    /// Their extension: 1 to 16 digits
    #[arg(long, value_name = "DIGITS")]
    extension: Option<String>,
    /// The time zone of the times they see
    #[arg(long, default_value = "UTC", value_name = "ZONE")]
    time_zone: String,
    /// Read the temporary password from standard input instead of making a random one
    #[arg(long)]
    stdin: bool,
    /// No password: mail them a link to choose one, good once and for 72 hours
    #[arg(long, requires = "email", conflicts_with_all = ["stdin", "email_verified"])]
    invite: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleArgument {
    /// Their own password, sessions and phones
    User,
    /// The people of their account
    Administrator,
    /// The provider's staff
    Operator,
}

impl From<RoleArgument> for Role {
    fn from(role: RoleArgument) -> Self {
        match role {
            RoleArgument::User => Self::User,
            RoleArgument::Administrator => Self::Administrator,
            RoleArgument::Operator => Self::Operator,
        }
    }
}

pub(super) async fn run(command: UserCommand, file: Option<PathBuf>) -> anyhow::Result<()> {
    let app = open::portal(file).await?;
    match command {
        UserCommand::Add(arguments) => add(&app, &arguments).await?,
        UserCommand::SetPassword { user, stdin, keep } => set_password(&app, &user, stdin, keep).await?,
        UserCommand::SetupSlip { user } => coming::slip(&app, &find(&app, &user).await?).await?,
        UserCommand::SignOut { user } => leaving::sign_out(&app, &find(&app, &user).await?).await?,
        UserCommand::Remove { user, yes } => leaving::remove(&app, &find(&app, &user).await?, yes).await?,
        UserCommand::Show { user, json } => show::show(&app, &find(&app, &user).await?, json).await?,
        UserCommand::SendReset { user } => send_reset(&app, &user).await?,
        UserCommand::Disable { user } => {
            let whom = find(&app, &user).await?;
            say_switched(disable::disable(&app, Actor::Console, of(&whom)).await?, true)?;
        }
        UserCommand::Enable { user } => {
            let whom = find(&app, &user).await?;
            say_switched(disable::enable(&app, Actor::Console, of(&whom)).await?, false)?;
        }
        UserCommand::List { account, json } => list(&app, account.as_deref(), json).await?,
    }
    done(app).await
}

async fn add(app: &App, arguments: &AddArguments) -> anyhow::Result<()> {
    let (name, domain) = split(&arguments.user)?;
    let new = NewUser {
        role: arguments.role.into(),
        name,
        display_name: arguments.name.trim(),
        email: arguments.email.as_deref(),
        email_verified: arguments.email_verified,
        extension: arguments.extension.as_deref(),
        time_zone: &arguments.time_zone,
    };
    if arguments.invite {
        return coming::invite(app, domain, new).await;
    }
    let given = match arguments.stdin {
        true => Some(ask::new_password(true, |_| Ok(()))?),
        false => None,
    };
    let added = match add_user::add_user(app, domain, new, given.as_ref()).await? {
        Outcome::Added(added) => added,
        Outcome::NoSuchAccount => bail!("{}", no_account(domain)),
        Outcome::Refused(refusal) => bail!("the user is not added: {}", refused(&refusal)),
        Outcome::Password(refusals) => bail!("the user is not added: {}", refused_password(&refusals)),
    };
    super::say(&format!(
        "{} is added and signs in as {} at {}/\n{}",
        arguments.name.trim(),
        added.sign_in_name,
        app.config.portal.public_url.origin(),
        temporary(added.temporary.as_ref(), Some(added.valid_until)),
    ));
    Ok(())
}

async fn set_password(app: &App, user: &str, stdin: bool, keep: bool) -> anyhow::Result<()> {
    let whom = find(app, user).await?;
    let given = match stdin || keep {
        true => Some(ask::new_password(stdin, |_| Ok(()))?),
        false => None,
    };
    let new = match &given {
        None => NewPassword::Temporary,
        Some(typed) => NewPassword::Typed {
            typed,
            confirmed: typed,
            must_change: !keep,
        },
    };
    let set = match set_for_user(app, Actor::Console, of(&whom), new).await? {
        SetFor::Done(set) => set,
        SetFor::Refused(refused) => bail!("the password is refused: {}", refused_password(&refused)),
        SetFor::Disabled => bail!("{user} is disabled and may not sign in; `linekey user enable {user}` comes first"),
        SetFor::Overtaken => bail!("somebody else set another password a moment ago; try again if it is still wanted"),
        SetFor::Nobody => bail!("{}", nobody(user)),
        SetFor::Forbidden(_) | SetFor::Wait(_) => bail!("the console may not do that"),
    };
    super::say(&format!(
        "The password of {} is set; {}. Their phones stay connected.\n{}",
        set.subject.sign_in_name(),
        sessions_ended(set.ended),
        temporary(set.temporary.as_ref(), set.lasting.expires_at)
    ));
    Ok(())
}

async fn send_reset(app: &App, user: &str) -> anyhow::Result<()> {
    let whom = find(app, user).await?;
    let subject = match send::send_reset(app, Actor::Console, of(&whom)).await? {
        Sent::Done(subject) => subject,
        Sent::NoAddress(_) => {
            bail!(
                "{user} has no confirmed e-mail address; `linekey user setup-slip {user}` makes a link and a code to hand over"
            )
        }
        Sent::Disabled(_) => bail!("{user} is disabled and may not sign in; `linekey user enable {user}` comes first"),
        Sent::Wait(seconds) => bail!(
            "{user} got as many reset links as one address gets within an hour, and those still work; try again in {}",
            app.words.wait(seconds)
        ),
        Sent::Nobody => bail!("{}", nobody(user)),
        Sent::Forbidden(_) => bail!("the console may not do that"),
    };
    super::say(&format!(
        "A reset link is on its way to {}, for {}. It leaves within a second while a server runs. Their password stays as \
         it is until they use it.\n",
        subject.verified_email().unwrap_or_default(),
        subject.sign_in_name()
    ));
    Ok(())
}

fn say_switched(switched: Switched, disabled: bool) -> anyhow::Result<()> {
    let text = match (switched, disabled) {
        (Switched::Done(subject, ended), true) => format!(
            "{} may not sign in any more; {}. Their phones are disconnected.\n",
            subject.sign_in_name(),
            sessions_ended(ended)
        ),
        (Switched::Done(subject, _), false) => format!(
            "{} may sign in again, with the password from before, and their phones may register.\n",
            subject.sign_in_name()
        ),
        (Switched::Already(subject), true) => format!("{} is disabled already.\n", subject.sign_in_name()),
        (Switched::Already(subject), false) => format!("{} is not disabled.\n", subject.sign_in_name()),
        (Switched::Nobody | Switched::Forbidden(_), _) => {
            bail!("they are gone; `linekey user list` names who is there")
        }
    };
    super::say(&text);
    Ok(())
}

fn sessions_ended(count: u64) -> String {
    match count {
        0 => "nobody was signed in".to_owned(),
        1 => "one session ended".to_owned(),
        _ => format!("{count} sessions ended"),
    }
}

/// Who signs in as `name`.
pub(super) async fn find(app: &App, name: &str) -> anyhow::Result<Subject> {
    match users::by_full_name(app, name).await? {
        Some(subject) => Ok(subject),
        None => bail!("{}", nobody(name)),
    }
}

fn of(subject: &Subject) -> Whom<'_> {
    Whom {
        account: &subject.account,
        id: &subject.id,
    }
}

fn nobody(name: &str) -> String {
    format!("nobody signs in as {name}; `linekey user list` names who is there")
}

fn no_account(domain: &str) -> String {
    format!(
        "there is no account {domain}; `linekey account list` names them, `linekey account add {domain} --name ..` adds it"
    )
}

/// `ann@acme.example` in two.
fn split(sign_in_name: &str) -> anyhow::Result<(&str, &str)> {
    match sign_in_name.trim().rsplit_once('@') {
        Some((name, domain)) if !name.is_empty() && !domain.is_empty() => Ok((name, domain)),
        _ => bail!(super::Usage(format!(
            "\"{sign_in_name}\" is not of the form NAME@DOMAIN, such as ann@acme.example"
        ))),
    }
}

/// What is said of a password that was just set: shown if it is random, and how long it is good for.
fn temporary(random: Option<&crate::password::typed::TypedPassword>, valid_until: Option<i64>) -> String {
    let shown = random.and_then(|password| password.reveal());
    let shown = shown.map(|password| format!("\n  password  {password}\n\nIt is shown here and never again. "));
    let lasts = match valid_until {
        Some(until) => format!(
            "It must be changed at the first sign-in, before {}.\n",
            when::exact(until)
        ),
        None => "It lasts until it is changed.\n".to_owned(),
    };
    shown.unwrap_or_default() + lasts.as_str()
}

async fn list(app: &App, account: Option<&str>, json: bool) -> anyhow::Result<()> {
    let domain = existing(app, account).await?;
    let people = users::in_accounts(&app.db, &domain).await?;
    let head = ["sign-in name", "name", "role", "extension", "phones", "state"];
    table::print(
        &head,
        people.into_iter().map(row).collect(),
        json,
        "There are no users.",
    )
}

/// The domain of an account that is there, or empty for all. A typing error must not look like an empty account.
pub(super) async fn existing(app: &App, account: Option<&str>) -> anyhow::Result<String> {
    let Some(domain) = account else {
        return Ok(String::new());
    };
    match crate::accounts::named(&app.db, &domain.trim().to_ascii_lowercase()).await? {
        Some(account) => Ok(account.domain),
        None => bail!("there is no account {domain}; `linekey account list` names them"),
    }
}

fn row(person: InAccount) -> Row {
    let sign_in_name = person.role.sign_in_name(&person.name, &person.domain);
    let (state, words) = state(person.disabled_at, person.password_set_at, person.must_change_at);
    Row {
        object: serde_json::json!({
            "id": person.id, "account": person.domain, "name": person.name, "sign_in_name": sign_in_name,
            "display_name": person.display_name, "email": person.email,
            "email_verified": person.email_verified_at.is_some(), "role": person.role,
            "extension": person.extension, "phones": person.phones, "state": state,
            "created_at": when::rfc3339(person.created_at),
        }),
        cells: vec![
            sign_in_name,
            person.display_name,
            person.role.as_str().to_owned(),
            person.extension.unwrap_or_default(),
            person.phones.to_string(),
            words.to_owned(),
        ],
    }
}

/// What a user's state is called, for programs and for people.
fn state(
    disabled_at: Option<Millis>,
    password_set_at: Option<Millis>,
    must_change_at: Option<Millis>,
) -> (&'static str, &'static str) {
    match (disabled_at, password_set_at, must_change_at) {
        (Some(_), ..) => ("disabled", "disabled"),
        (None, None, _) => ("no_password", "has no password"),
        (None, Some(_), Some(_)) => ("must_change", "must change the password"),
        (None, Some(_), None) => ("active", "active"),
    }
}

/// Why there is no such user.
pub(super) fn refused(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NameCharacters => {
            "the name before the @ is letters and digits, and . - _ ' + behind the first of them".to_owned()
        }
        Refusal::NameTooLong => format!("the name before the @ is longer than {LONGEST_NAME} characters"),
        Refusal::NameTaken => "somebody has that sign-in name already; `linekey user list` shows whom".to_owned(),
        Refusal::DisplayName(refusal) => wrong_name("their name", *refusal, LONGEST_DISPLAY_NAME),
        Refusal::Email => "the e-mail is not of the form ann@acme.example".to_owned(),
        Refusal::Extension => "an extension is 1 to 16 digits".to_owned(),
        Refusal::TimeZone => "there is no such time zone; they are written like Europe/Lisbon".to_owned(),
        Refusal::NoAddress => "an invitation needs the --email that it goes to".to_owned(),
        Refusal::MailWait(seconds) => format!(
            "that address got as many mails as one address gets within an hour; try again in {}, or leave out --invite",
            Words::english().wait(*seconds)
        ),
        Refusal::Role => "the role is not theirs to give".to_owned(),
        Refusal::OperatorElsewhere(domain) => {
            format!("operators are the provider's own staff and belong to its account: NAME@{domain}")
        }
    }
}

/// What the rules say against a password.
pub(super) fn refused_password(refused: &[rules::Refusal]) -> String {
    let words = Words::english();
    let said: Vec<_> = refused.iter().map(|refusal| refusal.text_for_another(&words)).collect();
    said.join(" ")
}
