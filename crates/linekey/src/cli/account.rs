//! `linekey account`

use std::path::PathBuf;

use anyhow::bail;
use clap::{ArgGroup, Subcommand};

use super::table::{self, Row};
use super::{done, open};
use crate::accounts::add::{self, LONGEST_NAME, Refusal, Wanted};
use crate::accounts::max_phones::{self, MOST};
use crate::accounts::sip_algorithm::{self, ALGORITHMS, Chosen};
use crate::accounts::{self, domain, name};
use crate::app::App;
use crate::when;

/// The columns of an account.
const HEAD: [&str; 6] = ["domain", "name", "users", "administrators", "phones", "state"];

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub(super) enum AccountCommand {
    /// Add an account: a customer organisation
    Add {
        /// What its people's sign-in names end in, such as acme.example
        domain: String,
        /// What it is called, such as "Acme Boats"
        #[arg(long)]
        name: String,
        /// The SIP domain of its phones, which never changes; by default the first part of DOMAIN in front of
        /// sip.domain_suffix
        #[arg(long, value_name = "DOMAIN")]
        sip_domain: Option<String>,
    },
    /// Show an account
    Show {
        /// Its domain, such as acme.example
        domain: String,
        /// One object, for programs
        #[arg(long)]
        json: bool,
    },
    /// Change how the phones of an account register, and how many it may have
    #[command(group(ArgGroup::new("what").required(true).multiple(true)))]
    Set {
        /// Its domain, such as acme.example
        domain: String,
        /// The digest with which phones prove their SIP password: md5, sha-256 or sha-512-256. Phones that do not know
        /// it cannot register any more; many know md5 alone
        #[arg(long, value_name = "ALGORITHM", group = "what")]
        sip_algorithm: Option<String>,
        /// How many phones it may have, 0 to 1000000; a new account may have 1000. Those it has stay
        #[arg(long, value_name = "N", group = "what", value_parser = clap::value_parser!(i64).range(0..=MOST))]
        max_phones: Option<i64>,
    },
    /// List the accounts
    List {
        /// One array of objects, for programs
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(command: AccountCommand, file: Option<PathBuf>) -> anyhow::Result<()> {
    let app = open::portal(file).await?;
    match command {
        AccountCommand::Add {
            domain,
            name,
            sip_domain,
        } => {
            let wanted = Wanted {
                name: &name,
                domain: &domain,
                sip_domain: sip_domain.as_deref(),
            };
            let added = match add::add(&app, wanted).await? {
                Ok(added) => added,
                Err(refusal) => bail!("the account is not added: {}", refused(&refusal)),
            };
            super::say(&format!(
                "{} is added. Its phones register at the SIP domain {}, which never changes: they would all have to be \
                 set up again.\nNext: linekey user add NAME@{} --name \"..\" --role administrator\n",
                added.domain, added.sip_domain, added.domain
            ));
        }
        AccountCommand::Show { domain, json } => show(&app, &domain, json).await?,
        AccountCommand::Set {
            domain,
            sip_algorithm,
            max_phones,
        } => {
            if let Some(algorithm) = sip_algorithm {
                let chosen = sip_algorithm::choose(&app, &domain, &algorithm).await?;
                super::say(&said(&domain, chosen)?);
            }
            if let Some(most) = max_phones {
                let chosen = max_phones::choose(&app, &domain, most).await?;
                super::say(&said_of_most(&domain, most, chosen)?);
            }
        }
        AccountCommand::List { json } => {
            let rows = accounts::all(&app.db).await?.into_iter().map(row).collect();
            table::print(&HEAD, rows, json, "There are no accounts.")?;
        }
    }
    done(app).await
}

async fn show(app: &App, domain: &str, json: bool) -> anyhow::Result<()> {
    let wanted = domain.trim().to_lowercase();
    let all = accounts::all(&app.db).await?;
    let Some(account) = all.into_iter().find(|account| account.domain == wanted) else {
        bail!("{}", nobody(domain));
    };
    let (sip_domain, algorithm) = (account.sip_domain.clone(), account.sip_algorithm.clone());
    let most = account.max_phones.to_string();
    let Row { object, cells } = row(account);
    if json {
        super::say(&format!("{object}\n"));
        return Ok(());
    }
    let facts = HEAD.into_iter().map(str::to_owned).zip(cells);
    let sip = [
        ("phones at most".to_owned(), most),
        ("sip domain".to_owned(), sip_domain),
        ("sip algorithm".to_owned(), algorithm),
    ];
    for (name, value) in facts.chain(sip) {
        super::say(&format!("{name:<15} {value}\n"));
    }
    Ok(())
}

fn said(domain: &str, chosen: Chosen) -> anyhow::Result<String> {
    Ok(match chosen {
        Chosen::Done(algorithm) => format!(
            "The phones of {domain} prove their SIP passwords with {algorithm} from now on; a running portal follows \
             within 5 seconds. Their SIP passwords stay. A phone that does not know {algorithm} is refused: look at \
             linekey phone list.\n"
        ),
        Chosen::Already(algorithm) => format!("The phones of {domain} use {algorithm} already.\n"),
        Chosen::NoAlgorithm => bail!(
            "there is no such algorithm; choose {}",
            ALGORITHMS.join(", ").to_lowercase()
        ),
        Chosen::NoAccount => bail!("{}", nobody(domain)),
    })
}

fn said_of_most(domain: &str, most: i64, chosen: max_phones::Chosen) -> anyhow::Result<String> {
    Ok(match chosen {
        max_phones::Chosen::Done { has } if has > most => format!(
            "The most phones that {domain} may have is {most} from now on. It has {has}: they stay, and none is added \
             until there is room.\n"
        ),
        max_phones::Chosen::Done { has } => {
            format!("The most phones that {domain} may have is {most} from now on. It has {has}.\n")
        }
        max_phones::Chosen::Already => format!("The most phones that {domain} may have is {most} already.\n"),
        max_phones::Chosen::OutOfRange => bail!("an account may have 0 to {MOST} phones"),
        max_phones::Chosen::NoAccount => bail!("{}", nobody(domain)),
    })
}

fn nobody(domain: &str) -> String {
    format!("there is no account {domain}; `linekey account list` shows all")
}

fn row(account: accounts::Counted) -> Row {
    let state = if account.suspended_at.is_some() {
        "suspended"
    } else {
        "active"
    };
    Row {
        object: serde_json::json!({
            "id": account.id, "domain": account.domain, "name": account.name, "sip_domain": account.sip_domain,
            "sip_algorithm": account.sip_algorithm, "users": account.users, "administrators": account.administrators,
            "phones": account.phones, "max_phones": account.max_phones,
            "state": state, "created_at": when::rfc3339(account.created_at),
        }),
        cells: vec![
            account.domain,
            account.name,
            account.users.to_string(),
            account.administrators.to_string(),
            account.phones.to_string(),
            state.to_owned(),
        ],
    }
}

/// Why there is no such account.
pub(super) fn refused(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Name(refusal) => wrong_name("its name", *refusal, LONGEST_NAME),
        Refusal::Domain(refusal) => wrong_domain("its domain", refusal),
        Refusal::SipDomain(refusal) => wrong_domain("its SIP domain", refusal),
        Refusal::DomainTaken(domain) => {
            format!("there is an account {domain} already; `linekey account list` shows it")
        }
        Refusal::SipDomainTaken(domain) => {
            format!("another account has the SIP domain {domain}; choose one with --sip-domain")
        }
    }
}

/// What is wrong with a domain.
pub(super) fn wrong_domain(what: &str, refusal: &domain::Refusal) -> String {
    match refusal {
        domain::Refusal::Form => {
            format!("{what} is not of the form acme.example: letters, digits and hyphens, with at least one dot")
        }
        domain::Refusal::TooLong => {
            format!("{what} is too long: at most 253 characters, and 63 between two dots")
        }
        domain::Refusal::NotAscii(Some(ascii)) => {
            format!("{what} has letters that phones and mail servers do not take; in ASCII it is {ascii}")
        }
        domain::Refusal::NotAscii(None) => format!("{what} has characters that no domain has"),
    }
}

/// What is wrong with a name.
pub(super) fn wrong_name(what: &str, refusal: name::Refusal, most: usize) -> String {
    match refusal {
        name::Refusal::Empty => format!("{what} is empty"),
        name::Refusal::TooLong => format!("{what} is longer than {most} characters"),
        name::Refusal::Characters => format!(
            "{what} has characters that nobody sees (control characters, or marks that turn the direction of writing)"
        ),
    }
}
