//! `linekey keys`

use std::io::IsTerminal;
use std::path::PathBuf;

use anyhow::bail;
use clap::Subcommand;

use super::table::{self, Row};
use super::{done, open};
use crate::app::App;
use crate::keys::{Changed, KeyId};
use crate::phones::reseal;
use crate::provider::keys::{self, Retired};

const EVERYWHERE: &str = "\
A server that reads this file knows it within a second. A server on another machine has a copy of its own: copy the file
there first.
";

/// How the key file changes: add a key, let every server read it, use it, let every server read that, retire the old.
#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Append a new key to the key file, which opens and does not seal yet
    Add,
    /// Let a key seal from now on; every server must know it by then
    Use {
        /// The key, by its first eight digits
        id: KeyId,
    },
    /// Seal anew what a key sealed, then take it out of the key file
    Retire {
        /// The key, by its first eight digits
        id: KeyId,
    },
    /// List the keys and what is sealed with them
    List {
        /// One array of objects, for programs
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(command: KeysCommand, file: Option<PathBuf>) -> anyhow::Result<()> {
    let app = open::portal(file).await?;
    match command {
        KeysCommand::Add => {
            let id = keys::add(&app).await?;
            super::say(&format!(
                "The key {id} is added to {}. It opens; it seals nothing yet.\n{EVERYWHERE}\
                 Only then: linekey keys use {id}\n",
                app.config.keys.file.display()
            ));
        }
        KeysCommand::Use { id } => {
            match keys::put_first(&app, id).await? {
                Changed::Done => {}
                Changed::IsFirst => bail!("{id} is the first key already, the one that seals"),
                Changed::NoSuchKey => bail!("{}", no_such_key(id)),
            }
            let old = app.keys.ids().into_iter().find(|other| *other != id);
            let old = old.map_or_else(|| "ID".to_owned(), |old| old.to_string());
            super::say(&format!(
                "The key {id} seals from now on; the others still open.\n{EVERYWHERE}\
                 Delays after failed sign-ins begin anew.\nOnly then: linekey keys retire {old}\n"
            ));
        }
        KeysCommand::Retire { id } => retire(&app, id).await?,
        KeysCommand::List { json } => list(&app, json).await?,
    }
    done(app).await
}

async fn retire(app: &App, id: KeyId) -> anyhow::Result<()> {
    let shows = std::io::stderr().is_terminal();
    let progress = |so_far| {
        if shows {
            super::complain(&format!("{so_far} phones are sealed with the first key"));
        }
    };
    // A server of this machine that has not read the file since `keys use` would go on sealing with the old key.
    tokio::time::sleep(crate::jobs::KEYS_EVERY * 3).await;
    let resealed = match keys::retire(app, id, &progress).await? {
        Retired::Done(resealed) => resealed,
        Retired::NoSuchKey => bail!("{}", no_such_key(id)),
        Retired::InUse => {
            bail!("{id} is the key in use: `linekey keys add` and `linekey keys use` put another in its place first")
        }
        Retired::Damaged(phones) => {
            let phones: Vec<_> = phones.iter().map(ToString::to_string).collect();
            bail!(
                "the key {id} stays: the SIP hashes of these phones are sealed with it and do not open, so they were \
                 damaged or moved. Restore them from a backup and try again: {}",
                phones.join(", ")
            )
        }
    };
    super::say(&format!(
        "{resealed} phones were sealed anew, and the key {id} is taken out of {}.\nWhat verifies the audit events it \
         made stays in the file. Whoever has not confirmed a change of password yet saves it once more.\n\
         Copy the file to servers that have one of their own. Destroy the copies of the old key file, but keep \
         one as long as a backup that was made with it.\n",
        app.config.keys.file.display()
    ));
    Ok(())
}

async fn list(app: &App, json: bool) -> anyhow::Result<()> {
    let counted = reseal::count_by_key(app).await?;
    let phones = |id| {
        let of_key = counted.iter().filter(|(key, _)| *key == Some(id));
        of_key.map(|(_, phones)| phones).sum::<i64>()
    };
    let row = |id: KeyId, state: &str, words: &str| Row {
        cells: vec![id.to_string(), words.to_owned(), phones(id).to_string()],
        object: serde_json::json!({ "id": id.to_string(), "state": state, "phones": phones(id) }),
    };
    let mut rows = Vec::new();
    for (at, id) in app.keys.ids().into_iter().enumerate() {
        rows.push(match at {
            0 => row(id, "in_use", "seals and opens"),
            _ => row(id, "opens", "opens"),
        });
    }
    for id in app.keys.retired() {
        rows.push(row(id, "retired", "retired: verifies audit events"));
    }
    table::print(&["key", "what it does", "phones sealed with it"], rows, json, "")
}

fn no_such_key(id: KeyId) -> String {
    format!("the key file holds no key {id}; `linekey keys list` names them")
}
