//! `linekey phone`

mod changing;
mod setup;

use std::path::PathBuf;

use anyhow::bail;
use clap::Subcommand;

use super::table::{self, Row};
use super::user::{existing, find};
use super::{done, open};
use crate::app::App;
use crate::config::SipMode;
use crate::phones::create_for::{AddedFor, create_for};
use crate::phones::live::{self, Listed};
use crate::phones::provision::Kind;
use crate::phones::reached::reached;
use crate::phones::rotate::{LONGEST_OVERLAP, USUAL_OVERLAP};
use crate::users::Actor;
use crate::when;

/// What can be done with phones.
#[derive(Debug, Subcommand)]
pub(super) enum PhoneCommand {
    /// Add a phone, and show its SIP password once
    Add {
        /// Whose it is, such as ann@acme.example
        #[arg(value_name = "NAME@DOMAIN")]
        user: String,
        /// What it is called, such as Desk
        label: String,
        /// Its extension; by default the user's
        #[arg(long, value_name = "DIGITS", default_value = "", hide_default_value = true)]
        extension: String,
    },
    /// Give a phone a new SIP password, and show it once
    Rotate {
        /// Its address, such as ann-desk@acme.example; `phone list` shows it
        #[arg(value_name = "ADDRESS")]
        phone: String,
        /// How long the SIP password it has works on, until the new one is first used; 0 ends it at once
        #[arg(long, value_name = "HOURS", default_value_t = USUAL_OVERLAP, value_parser = clap::value_parser!(i64).range(0..=LONGEST_OVERLAP))]
        overlap: i64,
    },
    /// Make a link that sets a phone up, with a new SIP password, and print it once: whoever has it has the password
    Setup {
        /// Its address, such as ann-desk@acme.example; `phone list` shows it
        #[arg(value_name = "ADDRESS")]
        phone: String,
        /// Whose format: softphone (Linphone), yealink, polycom, grandstream or snom
        #[arg(long, value_name = "KIND", value_parser = setup::kind)]
        kind: Kind,
        /// How long the SIP password it has works on, until the new one is first used; 0 ends it at once
        #[arg(long, value_name = "HOURS", default_value_t = USUAL_OVERLAP, value_parser = clap::value_parser!(i64).range(0..=LONGEST_OVERLAP))]
        overlap: i64,
        /// Print a QR code of the link too, for a dark terminal
        #[arg(long, conflicts_with = "json")]
        qr: bool,
        /// One object, for programs
        #[arg(long)]
        json: bool,
    },
    /// End a phone's registrations; it may register again, unless --block says otherwise
    Disconnect {
        /// Its address, such as ann-desk@acme.example; `phone list` shows it
        #[arg(value_name = "ADDRESS")]
        phone: String,
        /// Do not let it register again, until `phone allow`
        #[arg(long)]
        block: bool,
    },
    /// Let a blocked phone register again
    Allow {
        /// Its address, such as ann-desk@acme.example
        #[arg(value_name = "ADDRESS")]
        phone: String,
    },
    /// Have the owner of a phone mailed when it is offline or connects again and again, or not any more
    Notices {
        /// Its address, such as ann-desk@acme.example
        #[arg(value_name = "ADDRESS")]
        phone: String,
        /// on or off
        #[arg(value_enum)]
        mail: Mailed,
    },
    /// Remove a phone: its SIP password is good for nothing any more
    Remove {
        /// Its address, such as ann-desk@acme.example
        #[arg(value_name = "ADDRESS")]
        phone: String,
    },
    /// Show one phone
    Show {
        /// Its address, such as ann-desk@acme.example
        #[arg(value_name = "ADDRESS")]
        phone: String,
        /// One object, for programs
        #[arg(long)]
        json: bool,
    },
    /// List phones and whether they are registered
    List {
        /// Of this account alone
        #[arg(long, value_name = "DOMAIN", conflicts_with = "user")]
        account: Option<String>,
        /// Of this user alone
        #[arg(long, value_name = "NAME@DOMAIN")]
        user: Option<String>,
        /// One array of objects, for programs
        #[arg(long)]
        json: bool,
    },
}

/// Whether there is mail about a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Mailed {
    /// There is.
    On,
    /// There is none.
    Off,
}

pub(super) async fn run(command: PhoneCommand, file: Option<PathBuf>) -> anyhow::Result<()> {
    let app = open::portal(file).await?;
    match command {
        PhoneCommand::Add { user, label, extension } => add(&app, &user, &label, &extension).await?,
        PhoneCommand::Rotate { phone, overlap } => changing::rotate(&app, &phone, overlap).await?,
        PhoneCommand::Setup {
            phone,
            kind,
            overlap,
            qr,
            json,
        } => setup::set_up(&app, &phone, kind, overlap, (qr, json)).await?,
        PhoneCommand::Disconnect { phone, block } => changing::disconnect(&app, &phone, block).await?,
        PhoneCommand::Allow { phone } => changing::allow(&app, &phone).await?,
        PhoneCommand::Notices { phone, mail } => changing::notices(&app, &phone, mail == Mailed::On).await?,
        PhoneCommand::Remove { phone } => changing::remove(&app, &phone).await?,
        PhoneCommand::Show { phone, json } => changing::show(&app, &phone, json).await?,
        PhoneCommand::List { account, user, json } => {
            let domain = existing(&app, account.as_deref()).await?;
            let user = match user {
                Some(user) => Some(find(&app, &user).await?.id),
                None => None,
            };
            let phones = live::in_accounts(&app, &domain, user.as_ref()).await?;
            let head = ["phone", "user", "address", "extension", "state (UTC)", "seen"];
            table::print(
                &head,
                phones.into_iter().map(row).collect(),
                json,
                "There are no phones.",
            )?;
        }
    }
    done(app).await
}

async fn add(app: &App, user: &str, label: &str, extension: &str) -> anyhow::Result<()> {
    let subject = find(app, user).await?;
    let added = match create_for(app, Actor::Console, &subject, label, extension).await? {
        AddedFor::Added(added) => added,
        AddedFor::Refused(refused) => {
            let name = subject.sign_in_name();
            let said = refused
                .iter()
                .map(|refusal| refusal.text_for_another(&app.words, label, &name));
            bail!("the phone is not added: {}", said.collect::<Vec<_>>().join(" "))
        }
        AddedFor::Forbidden(_) => bail!("the console may not do that"),
        AddedFor::Nobody => bail!("{} is gone", subject.sign_in_name()),
    };
    super::say(&format!(
        "The phone {} of {} is added. Type into it:\n\n{}\nThe SIP password is shown here and never again. It has nothing \
         to do with the portal password.\n",
        label.trim(),
        subject.sign_in_name(),
        settings(app, (&added.sip_name, &added.sip_domain), &added.sip_password),
    ));
    Ok(())
}

/// What is typed into a phone, line by line.
fn settings(app: &App, (name, domain): (&str, &str), sip_password: &str) -> String {
    let places: Vec<_> = reached(&app.config)
        .iter()
        .map(|place| format!("{}:{}, {}", place.server, place.port, place.transports("or")))
        .collect();
    let server = match app.config.sip.mode {
        SipMode::Embedded => places.join("\n            "),
        SipMode::Kamailio => "Kamailio's address (sip.mode is kamailio)".to_owned(),
        SipMode::Off => "no registrar runs here (sip.mode is off)".to_owned(),
    };
    format!("  server    {server}\n  user      {name}\n  password  {sip_password}\n  domain    {domain}\n")
}

fn row(listed: Listed) -> Row {
    Row {
        object: object(&listed),
        cells: vec![
            listed.phone.label,
            listed.user,
            listed.phone.address_of_record,
            listed.phone.extension.unwrap_or_default(),
            listed.phone.state_text,
            listed.phone.seen_text.unwrap_or_default(),
        ],
    }
}

/// A phone for programs.
fn object(listed: &Listed) -> serde_json::Value {
    let phone = &listed.phone;
    serde_json::json!({
        "id": phone.id, "account": listed.domain, "user": listed.user, "label": phone.label,
        "address_of_record": phone.address_of_record, "extension": phone.extension,
        "state": phone.state.class(), "state_at": listed.since.map(when::rfc3339), "user_agent": listed.user_agent,
        "address": listed.address.map(|address| address.to_string()),
        "old_sip_password_until": listed.old_until.map(when::rfc3339), "notices": phone.has_notices,
    })
}
