//! `linekey migrate`

use std::path::PathBuf;

use super::open;
use crate::db::Migrated;

/// Brings the schema up to date. `serve` does the same when it starts; this is for those who want to do it before.
pub(super) async fn run(file: Option<PathBuf>) -> anyhow::Result<()> {
    let mut config = open::settings(file)?.config;
    open::prepare(&mut config);
    let db = open::database(&config).await?;
    let migrated = db.migrate().await;
    db.close().await;
    super::say(&match migrated? {
        Migrated { from: None, to } => format!("the database was empty; its schema is at {to} now\n"),
        Migrated { from: Some(from), to } if from == to => format!("the schema is up to date, at {to}\n"),
        Migrated { from: Some(from), to } => format!("the schema was at {from} and is at {to} now\n"),
    });
    Ok(())
}
