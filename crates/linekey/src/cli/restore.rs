//! `linekey restore`

use std::path::{Path, PathBuf};

use anyhow::bail;

use super::backup::{count, figures, quoted};
use super::{Usage, open};
use crate::app;
use crate::backup::restore::{self, Restored, Wanted};
use crate::backup::{Settled, settle};
use crate::clock::Clock;
use crate::config::Config;
use crate::db;
use crate::keys::Keys;

#[derive(Debug, clap::Args)]
pub(super) struct RestoreArguments {
    /// The backup, made by `linekey backup`
    #[arg(required_unless_present = "after_pg_restore")]
    file: Option<PathBuf>,
    /// Put a database that is there aside, under another name
    #[arg(long)]
    replace: bool,
    /// Refuse a file with another SHA-256 than this, which `linekey backup` told
    #[arg(long, value_name = "HEX")]
    sha256: Option<String>,
    /// On PostgreSQL, after pg_restore and before any server starts: do the rest
    #[arg(long, conflicts_with_all = ["file", "replace", "sha256"])]
    after_pg_restore: bool,
}

/// Settings and key file must be there; the database need not.
pub(super) async fn run(arguments: RestoreArguments, settings: Option<PathBuf>) -> anyhow::Result<()> {
    let mut config = open::settings(settings)?.config;
    open::prepare(&mut config);
    let keys = Keys::read(&config.keys.file)?;
    match (db::file_of(&config.database.url), arguments.file) {
        (Some(database), Some(file)) => {
            let wanted = Wanted {
                file: &file,
                may_replace: arguments.replace,
                sha256: arguments.sha256.as_deref(),
            };
            let restored = restore::restore(config, keys, &database, wanted).await?;
            super::say(&told(&file, &database, &restored));
        }
        (None, Some(file)) => bail!("{}", with_pg_restore(&config.database.url, &file)),
        (Some(_), None) => bail!(Usage(
            "--after-pg-restore is for PostgreSQL; here `linekey restore FILE` does everything".to_owned()
        )),
        (None, None) => after_pg_restore(config, keys).await?,
    }
    Ok(())
}

async fn after_pg_restore(config: Config, keys: Keys) -> anyhow::Result<()> {
    let db = open::database(&config).await?;
    let settled = async {
        if db.schema().await?.is_none() {
            bail!("the database is empty; pg_restore comes first");
        }
        db.migrate().await?;
        settle(&app::assemble(config, keys, db.clone(), Clock::default())?).await
    };
    let settled = settled.await;
    db.close().await;
    super::say(&format!("The database is ready.\n\n{}", over(&settled?)));
    Ok(())
}

fn told(file: &Path, database: &Path, restored: &Restored) -> String {
    let contents = &restored.contents;
    let mut text = format!(
        "{} is restored from {}.\n\n{}",
        database.display(),
        file.display(),
        figures(contents)
    );
    if restored.schema != contents.schema {
        text += &format!("  now         schema {}\n", restored.schema);
    }
    if let Some(aside) = &restored.aside {
        text += &format!(
            "  before      {}, which you remove once nobody needs it\n",
            aside.display()
        );
    }
    format!("{text}\n{}", over(&restored.settled))
}

/// What is over, and what comes next.
fn over(settled: &Settled) -> String {
    let mut text = format!(
        "What came after the backup is gone: a password changed since is the old one again, and who was disabled since\n\
         may sign in again. `linekey audit verify --head`, with heads kept elsewhere, says what is missing.\n\n\
         So that nothing old comes alive: {} ended, {} taken away, {} forgotten, {} of a password\n\
         and {} dropped.\n\
         So that nothing is sent twice: {} given up.\n",
        count(settled.sessions, "session"),
        count(settled.links, "link"),
        count(settled.devices, "known browser"),
        count(settled.pending, "unconfirmed change"),
        match settled.addresses {
            1 => "1 unconfirmed e-mail address".to_owned(),
            addresses => format!("{addresses} unconfirmed e-mail addresses"),
        },
        count(settled.mails, "waiting mail"),
    );
    if settled.findings > 0 {
        text += &format!(
            "\nThe audit record in it is not as it was written: {}; `linekey audit verify` names them.\n",
            count(settled.findings, "finding")
        );
    }
    text += "\nNext:\n  linekey doctor\n  linekey serve\n";
    text
}

fn with_pg_restore(url: &str, file: &Path) -> String {
    format!(
        "the database is PostgreSQL's, whose own program restores it into an empty one. No server may run:\n\n  pg_restore \
         --single-transaction --exit-on-error --no-owner --dbname={} {}\n  linekey restore --after-pg-restore\n\nThe \
         second ends old sessions and links, and keeps mail from being sent twice",
        quoted(&db::without_password(url).0),
        quoted(&file.display().to_string()),
    )
}
