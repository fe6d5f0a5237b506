//! Brings the schema up to date. The two folders hold files of the same names, and a test compares what they make.

use anyhow::{Context, bail};
use sqlx::migrate::{MigrateError, Migrator};

use super::{Db, dialect};

static SQLITE: Migrator = sqlx::migrate!("../../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../../migrations/postgres");

/// What bringing the schema up to date took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// The last migration before; `None` for a new database.
    pub from: Option<i64>,
    /// The last migration now.
    pub to: i64,
}

/// The last migration that this program knows.
pub fn newest_schema() -> i64 {
    SQLITE.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// Whether the schema is the one that this program knows, for whoever must not change it.
///
/// # Errors
/// When it is not, with what to do.
pub(super) async fn is_current(db: &Db) -> anyhow::Result<()> {
    let newest = newest_schema();
    match db.schema().await? {
        None => bail!("the database is empty; `linekey init` sets a portal up"),
        Some(schema) if schema > newest => bail!("{}", made_by_newer(schema)),
        Some(schema) if schema < newest => bail!(
            "the schema is at {schema}, this program needs {newest}: stop the server, back up, run `linekey migrate`"
        ),
        Some(_) => Ok(()),
    }
}

fn made_by_newer(schema: i64) -> String {
    format!(
        "this database was made by a newer Linekey (its schema is at {schema}); start that version, or restore a backup"
    )
}

/// Applies what is missing, each migration in a transaction of its own.
///
/// # Errors
/// When the schema was made by a newer Linekey, or a migration that was applied has changed since.
pub(super) async fn to_latest(db: &Db) -> anyhow::Result<Migrated> {
    let from = db.schema().await?;
    let done = match db {
        Db::Sqlite { writer, .. } => SQLITE.run(writer.hold().await?.connection()?).await,
        Db::Postgres(pool) => POSTGRES.run(&mut dialect::connection_without_limit(pool).await?).await,
    };
    match done {
        Err(MigrateError::VersionMissing(version)) => bail!("{}", made_by_newer(version)),
        other => other.context("the database's schema could not be brought up to date")?,
    }
    Ok(Migrated {
        from,
        to: newest_schema(),
    })
}
