//! `linekey export`

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};

use super::backup::count;
use super::user::existing;
use super::{Usage, complain, done, open};
use crate::accounts::{self, Named};
use crate::app::App;
use crate::export::asterisk::{Form, Hashes, LONGEST_CONTEXT, Wish};
use crate::export::{Exported, asterisk, freeswitch};
use crate::new_file;

/// For whom.
#[derive(Debug, Subcommand)]
pub(super) enum ExportCommand {
    /// For Asterisk: SQL for the tables of PJSIP realtime, or sections of pjsip.conf
    Asterisk {
        #[command(flatten)]
        to: To,
        /// What to write
        #[arg(long, value_enum, default_value_t = Format::Sql)]
        format: Format,
        /// Hashes for Asterisk before 20.12, 21.7 and 22.2: md5_cred instead of password_digest
        #[arg(long)]
        md5_cred: bool,
        /// The context of phones that Asterisk does not know yet; by default the account's domain
        #[arg(long, value_name = "NAME")]
        context: Option<String>,
    },
    /// For FreeSWITCH: a file of its folder directory; a FreeSWITCH that asks the portal needs none
    Freeswitch {
        #[command(flatten)]
        to: To,
    },
}

/// Whose phones, and where they are written.
#[derive(Debug, Args)]
pub(super) struct To {
    /// The account, such as acme.example
    #[arg(long, value_name = "DOMAIN")]
    account: String,
    /// A new file, readable by you alone; by default standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Format {
    Sql,
    Conf,
}

pub(super) async fn run(command: ExportCommand, file: Option<PathBuf>) -> anyhow::Result<()> {
    let app = open::portal(file).await?;
    match command {
        ExportCommand::Asterisk {
            to,
            format,
            md5_cred,
            context,
        } => {
            let account = named(&app, &to).await?;
            let context = context.as_deref().unwrap_or(&account.domain);
            let plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
            if context.is_empty() || context.len() > LONGEST_CONTEXT || !context.chars().all(plain) {
                let told =
                    format!("a context is 1 to {LONGEST_CONTEXT} letters, digits, and . - _; --context names one");
                return Err(Usage(told).into());
            }
            let wish = Wish {
                form: match format {
                    Format::Sql => Form::Sql,
                    Format::Conf => Form::Conf,
                },
                hashes: if md5_cred { Hashes::Md5 } else { Hashes::Digests },
                context,
            };
            hand_out(&asterisk::export(&app, &account, wish).await?, &to, "Asterisk")?;
        }
        ExportCommand::Freeswitch { to } => {
            let account = named(&app, &to).await?;
            hand_out(&freeswitch::export(&app, &account).await?, &to, "FreeSWITCH")?;
        }
    }
    done(app).await
}

async fn named(app: &App, to: &To) -> anyhow::Result<Named> {
    // A file that cannot be made is known before anything is put on record.
    if let Some(file) = to.output.as_deref().filter(|file| file.exists()) {
        bail!("{}", taken(file));
    }
    let domain = existing(app, Some(&to.account)).await?;
    let account = accounts::named(&app.db, &domain).await?;
    account.with_context(|| format!("there is no account {domain}"))
}

fn taken(file: &Path) -> String {
    format!("{} is there already; remove it, or name another file", file.display())
}

/// The file to where it was asked for, and what is to be known of it to standard error, where no program takes it in.
fn hand_out(exported: &Exported, to: &To, whom: &str) -> anyhow::Result<()> {
    match &to.output {
        Some(file) => new_file::write_new(file, exported.text.as_bytes()).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => anyhow::anyhow!(taken(file)),
            _ => anyhow::Error::new(error).context(format!("{} cannot be written", file.display())),
        })?,
        None => super::say(&exported.text),
    }
    complain(&format!(
        "{} for {whom}, with hashes that are as good as their SIP passwords: whoever has the file can register and call. It \
         is on record.",
        match exported.phones {
            1 => "One phone".to_owned(),
            phones => count(phones, "phone"),
        }
    ));
    if exported.overlapping > 0 {
        complain(&format!(
            "{} being given a new SIP password: {whom} knows the new one alone, as soon as it has this.",
            match exported.overlapping {
                1 => "One of them is".to_owned(),
                more => format!("{more} of them are"),
            }
        ));
    }
    for address in &exported.left_out {
        complain(&format!(
            "{address} is left out: its name is longer than {whom} has room for."
        ));
    }
    Ok(())
}
