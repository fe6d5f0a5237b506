//! `linekey phone`

use std::path::PathBuf;

use anyhow::bail;
use clap::Subcommand;

use super::table::{self, Row};
use super::user::{existing, find};
use super::{done, open};
use crate::app::App;
use crate::config::SipMode;
use crate::phones::create::Outcomes;
use crate::phones::create_for::create_for;
use crate::phones::live::{self, Listed};
use crate::phones::registrar;
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

pub(super) async fn run(command: PhoneCommand, file: Option<PathBuf>) -> anyhow::Result<()> {
    let app = open::portal(file).await?;
    match command {
        PhoneCommand::Add { user, label, extension } => add(&app, &user, &label, &extension).await?,
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
    let added = match create_for(app, &subject, label, extension).await? {
        Outcomes::Added(added) => added,
        Outcomes::Refused(refused) => {
            let said: Vec<_> = refused.iter().map(|refusal| refusal.text(&app.words, label)).collect();
            bail!("the phone is not added: {}", said.join(" "))
        }
    };
    let (host, port) = registrar::address(app);
    let server = match app.config.sip.mode {
        SipMode::Embedded => format!("{host}:{port}, UDP"),
        SipMode::Off => "no registrar runs here (sip.mode is off)".to_owned(),
    };
    super::say(&format!(
        "The phone {} of {} is added. Type into it:\n\n  server    {server}\n  user      {}\n  password  {}\n  domain    \
         {}\n\nThe SIP password is shown here and never again. It has nothing to do with the portal password.\n",
        label.trim(),
        subject.sign_in_name(),
        added.sip_name,
        *added.sip_password,
        added.sip_domain,
    ));
    Ok(())
}

fn row(listed: Listed) -> Row {
    let Listed {
        domain,
        user,
        phone,
        since,
        user_agent,
        address,
    } = listed;
    Row {
        object: serde_json::json!({
            "id": phone.id, "account": domain, "user": user, "label": phone.label,
            "address_of_record": phone.address_of_record, "extension": phone.extension,
            "state": phone.state.class(), "state_at": since.map(when::rfc3339), "user_agent": user_agent,
            "address": address.map(|address| address.to_string()),
        }),
        cells: vec![
            phone.label,
            user,
            phone.address_of_record,
            phone.extension.unwrap_or_default(),
            phone.state_text,
            phone.seen_text.unwrap_or_default(),
        ],
    }
}
