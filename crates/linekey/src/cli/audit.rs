//! `linekey audit`: shows the record of who did what, and proves that it is whole.

mod findings;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::table::{self, Row};
use super::{Usage, open};
use crate::app::App;
use crate::audit::Kind;
use crate::audit::read::{self, Filter, Listed};
use crate::audit::verify::{self, KeptHead};
use crate::clock::Millis;
use crate::ids::{AccountId, UserId};
use crate::users::name::TypedName;
use crate::{accounts, users, when};

#[derive(Debug, clap::Subcommand)]
pub(super) enum AuditCommand {
    /// Show what happened, newest first
    List(ListArguments),
    /// Prove that no row was edited, moved or removed, as far as the heads tell; exit code 1 if one was
    Verify(VerifyArguments),
}

#[derive(Debug, clap::Args)]
pub(super) struct ListArguments {
    /// Only what happened in this account
    #[arg(long, value_name = "DOMAIN")]
    account: Option<String>,
    /// Only what this person did, or what was done to them
    #[arg(long, value_name = "NAME@DOMAIN")]
    user: Option<String>,
    /// Only this kind, such as password-change
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Only from this moment on: 2026-11-01, or 2026-11-01T08:00:00Z
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// At most this many
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=1_000_000))]
    limit: i64,
    /// One JSON array instead of a table
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct VerifyArguments {
    /// Only the chain of this account
    #[arg(long, value_name = "DOMAIN")]
    account: Option<String>,
    /// JSON instead of text; kept elsewhere, it is what --head compares with
    #[arg(long)]
    json: bool,
    /// Compare with heads that were kept elsewhere: a file made by `linekey audit verify --json`
    #[arg(long, value_name = "FILE")]
    head: Option<PathBuf>,
}

/// Runs one of the commands.
pub(super) async fn run(command: AuditCommand, settings: Option<PathBuf>) -> anyhow::Result<()> {
    match command {
        AuditCommand::List(arguments) => list(arguments, settings).await,
        AuditCommand::Verify(arguments) => verify(arguments, settings).await,
    }
}

async fn list(arguments: ListArguments, settings: Option<PathBuf>) -> anyhow::Result<()> {
    let kind = kind(arguments.kind.as_deref())?;
    let since = since(arguments.since.as_deref())?;
    let app = open::portal(settings).await?;
    let account = account(&app, arguments.account.as_deref()).await?;
    let person = person(&app, arguments.user.as_deref()).await?;
    let filter = Filter {
        person: person.as_ref(),
        kind,
        since,
        before: None,
    };
    let events = match &account {
        Some(account) => read::of_account(&app.db, account, &filter, arguments.limit).await?,
        None => read::of_everyone(&app.db, &filter, arguments.limit).await?,
    };
    app.db.close().await;
    let head = ["when", "kind", "outcome", "who", "whom", "from"];
    let rows = events.into_iter().map(row).collect();
    table::print(&head, rows, arguments.json, "There are no such events.")
}

/// What `--kind` names, as it is stored.
fn kind(kind: Option<&str>) -> anyhow::Result<Option<&'static str>> {
    let Some(kind) = kind else {
        return Ok(None);
    };
    let known = Kind::ALL.iter().map(|kind| kind.as_str());
    let Some(found) = known.clone().find(|known| *known == kind) else {
        let known = known.collect::<Vec<_>>().join(", ");
        bail!(Usage(format!(
            "--kind {kind}: there is no such kind; there are {known}"
        )))
    };
    Ok(Some(found))
}

/// The moment that `--since` names; the beginning of all without it.
fn since(text: Option<&str>) -> anyhow::Result<Millis> {
    let Some(text) = text else {
        return Ok(0);
    };
    match when::parse(text) {
        Some(since) => Ok(since),
        None => bail!(Usage(format!("--since {text}: a date such as 2026-11-01 is needed"))),
    }
}

async fn account(app: &App, domain: Option<&str>) -> anyhow::Result<Option<AccountId>> {
    let Some(domain) = domain else {
        return Ok(None);
    };
    let found = accounts::named(&app.db, &domain.to_lowercase()).await?;
    Ok(Some(found.with_context(|| format!("there is no account {domain}"))?.id))
}

async fn person(app: &App, name: Option<&str>) -> anyhow::Result<Option<UserId>> {
    let Some(name) = name else {
        return Ok(None);
    };
    let meant = users::by_sign_in_name(&app.db, &TypedName::new(name), users::Among::none()).await?;
    let exact = meant.into_iter().find(|candidate| candidate.rank == 0);
    Ok(Some(exact.with_context(|| format!("nobody signs in as {name}"))?.id))
}

fn row(event: Listed) -> Row {
    let detail: Value = serde_json::from_str(&event.detail).unwrap_or_else(|_| json!(event.detail));
    let of_console = event.is_of_console();
    let (actor, subject) = (event.actor.or(event.actor_id), event.subject.or(event.subject_id));
    Row {
        object: json!({
            "id": event.id,
            "at": when::rfc3339(event.at),
            "account": &event.account,
            "kind": event.kind,
            "outcome": event.outcome,
            "actor": actor,
            "subject": subject,
            "session": event.session_id,
            "address": event.address,
            "detail": detail,
            "seq": event.seq,
        }),
        cells: vec![
            when::exact(event.at),
            event.kind,
            event.outcome,
            actor.unwrap_or_else(|| {
                if of_console {
                    "console".to_owned()
                } else {
                    String::new()
                }
            }),
            subject.or(event.account).unwrap_or_default(),
            event.address.unwrap_or_default(),
        ],
    }
}

async fn verify(arguments: VerifyArguments, settings: Option<PathBuf>) -> anyhow::Result<()> {
    let kept = match &arguments.head {
        Some(file) => kept_heads(file)?,
        None => Vec::new(),
    };
    let app = open::portal(settings).await?;
    let account = account(&app, arguments.account.as_deref()).await?;
    let report = verify::verify(&app, account.as_ref().map(AccountId::as_str), kept).await?;
    app.db.close().await;
    if arguments.json {
        super::say(&format!("{:#}\n", findings::as_json(&report)));
    } else {
        super::say(&findings::as_text(&report));
    }
    match report.findings.len() as u64 + report.further {
        0 => Ok(()),
        1 => bail!("the audit record is not as it was written: 1 finding"),
        found => bail!("the audit record is not as it was written: {found} findings"),
    }
}

fn kept_heads(file: &Path) -> anyhow::Result<Vec<KeptHead>> {
    #[derive(serde::Deserialize)]
    struct Kept {
        chains: Vec<KeptHead>,
    }
    let text = std::fs::read_to_string(file).with_context(|| format!("--head {} cannot be read", file.display()))?;
    let kept: Kept = serde_json::from_str(&text).with_context(|| {
        format!(
            "--head {} was not made by `linekey audit verify --json`",
            file.display()
        )
    })?;
    Ok(kept.chains)
}
