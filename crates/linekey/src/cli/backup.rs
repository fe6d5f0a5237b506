//! `linekey backup`

use std::path::{Path, PathBuf};

use anyhow::bail;

use super::{done, open};
use crate::app;
use crate::backup::{Contents, make};
use crate::clock::Clock;
use crate::db;
use crate::keys::Keys;
use crate::when;

/// With `sip.mode = "kamailio"` these rows open phones without the key file; the portal makes them anew as it starts.
const WITHOUT_HA1S: &str = "--exclude-table-data=kamailio.credential";

#[derive(Debug, clap::Args)]
pub(super) struct BackupArguments {
    /// Where to write it
    file: PathBuf,
    /// Replace a file of that name
    #[arg(long)]
    force: bool,
}

/// Beside a server of an older version too: a backup is what comes before an upgrade.
pub(super) async fn run(arguments: BackupArguments, settings: Option<PathBuf>) -> anyhow::Result<()> {
    let mut config = open::settings(settings)?.config;
    open::prepare(&mut config);
    if db::file_of(&config.database.url).is_none() {
        bail!("{}", with_pg_dump(&config.database.url, &arguments.file));
    }
    let keys = Keys::read(&config.keys.file)?;
    let db = open::database(&config).await?;
    let app = app::assemble(config, keys, db, Clock::default())?;
    let made = make::make(&app, &arguments.file, arguments.force).await;
    let key = app.config.keys.file.display().to_string();
    done(app).await?;
    super::say(&format!(
        "The backup is made and was read through.\n\n  file        {}\n{}\nThe key file {key} is not in it. Keep a copy \
         of that in another place: without it the SIP\npasswords are lost, and whoever has both can use them. `linekey \
         restore` takes both.\n",
        arguments.file.display(),
        figures(&made?),
    ));
    Ok(())
}

/// What is in a backup, a line each.
pub(super) fn figures(contents: &Contents) -> String {
    let last = contents.last_event_at.map_or_else(|| "none".to_owned(), when::exact);
    format!(
        "  holds       {}, {}, {}, {}\n  last event  {last}\n  schema      {}\n  size        {} bytes\n  SHA-256     {}\n",
        count(contents.accounts, "account"),
        count(contents.users, "user"),
        count(contents.phones, "phone"),
        count(contents.events, "audit event"),
        contents.schema,
        contents.bytes,
        contents.sha256,
    )
}

/// `1 user`, `2 users`
pub(super) fn count(number: impl TryInto<u64>, what: &str) -> String {
    let number = number.try_into().unwrap_or_default();
    match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}

fn with_pg_dump(url: &str, file: &Path) -> String {
    format!(
        "the database is PostgreSQL's, whose own program copies it; beside servers that run, without its password on the \
         line (that is asked for, or read from ~/.pgpass):\n\n  (umask 077; pg_dump --format=custom {WITHOUT_HA1S} \
         --file={} --dbname={})\n\nThe key file is not in it. Keep a copy of that in another place",
        quoted(&file.display().to_string()),
        quoted(&db::without_password(url).0),
    )
}

/// As a shell takes it for one word.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:@=,+".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_one_word_to_a_shell_and_a_password_is_not_shown() {
        assert_eq!(quoted("/srv/backup-1.db"), "/srv/backup-1.db");
        assert_eq!(quoted("Bob's $HOME"), r"'Bob'\''s $HOME'");
        let said = with_pg_dump("postgres://lk:S3cret@db/linekey?sslmode=require", Path::new("a b"));
        assert!(
            said.contains("--file='a b' --dbname='postgres://lk@db/linekey?sslmode=require'"),
            "{said}"
        );
        assert!(said.contains(" --exclude-table-data=kamailio.credential "), "{said}");
        assert!(!said.contains("S3cret"));
    }
}
