//! The key file and the database, and whether they belong together.

use super::Check;
use crate::app::App;
use crate::audit;
use crate::cli::open;
use crate::clock::{MINUTE, Millis};
use crate::config::Config;
use crate::db::{self, Db};
use crate::keys::Keys;
use crate::phones;
use crate::phones::freeswitch::access::Access;
use crate::when;

/// 2026-11-01: no machine that runs this has an earlier day.
const MADE: Millis = 1_793_491_200_000;

pub(super) fn key_file(config: &Config) -> (Check, Option<Keys>) {
    match Keys::read(&config.keys.file) {
        Ok(keys) => {
            let (open, retired) = (keys.ids().len(), keys.retired().len());
            let found = format!("{}, {open} in use, {retired} retired", config.keys.file.display());
            (Check::ok("key file", found), Some(keys))
        }
        Err(error) => {
            let is_there = config.keys.file.exists();
            let what_to_do = match is_there {
                true => "make it what it should be, or restore its copy: without it the SIP passwords are lost",
                false => "restore it from where its copy is kept: without it the SIP passwords are lost",
            };
            (Check::failed("key file", format!("{error:#}"), what_to_do), None)
        }
    }
}

/// Whether the password of FreeSWITCH can be read, if it is to ask.
pub(super) fn freeswitch(config: &Config) -> Option<Check> {
    match Access::read(&config.freeswitch) {
        Ok(access) => access.map(|_| {
            let found = format!("may ask for phones as {}", config.freeswitch.user);
            Check::ok("freeswitch", found)
        }),
        Err(error) => {
            let what_to_do = "do what it says, or empty freeswitch.user and freeswitch.password_file";
            Some(Check::failed("freeswitch", format!("{error:#}"), what_to_do))
        }
    }
}

/// Whether it answers, what it is, and whether it can be used; the database only if it can.
pub(super) async fn database(config: &Config) -> (Vec<Check>, Option<Db>) {
    let shown = db::without_password(&config.database.url).0;
    let db = match open::database(config).await {
        Ok(db) => db,
        Err(error) => {
            let what_to_do = match db::file_of(&config.database.url) {
                Some(_) => format!("do what it says, or correct database.url ({shown})"),
                None => format!(
                    "start the database, or correct database.url ({shown}); if its password is in \
                     LINEKEY_DATABASE__URL, that variable must be set here too"
                ),
            };
            return (vec![Check::failed("database", format!("{error:#}"), what_to_do)], None);
        }
    };
    let engine = db.engine().await.unwrap_or_else(|error| error.to_string());
    let mut checks = vec![Check::ok("database", format!("{shown}, {engine}"))];
    let (check, usable) = schema(&db).await;
    checks.push(check);
    if !usable {
        db.close().await;
        return (checks, None);
    }
    checks.push(match db.is_writable().await {
        true => Check::ok("writes", "a transaction was written"),
        false => Check::failed(
            "writes",
            "the database takes no writes",
            "look for a full disk, a read-only file or server, or another program that holds its lock",
        ),
    });
    checks.push(match db.kind().await.ok().flatten().as_deref() {
        Some("demo") => Check::failed("portal", "this is a demo's database", "`linekey init` makes a real one"),
        Some(_) => Check::ok("portal", "set up"),
        None => Check::warning(
            "portal",
            "no provider was set up in it",
            "`linekey init` sets a portal up",
        ),
    });
    (checks, Some(db))
}

/// Whether the schema is what this program expects; only then is anything else asked of the database.
async fn schema(db: &Db) -> (Check, bool) {
    const NAME: &str = "schema";
    let newest = db::newest_schema();
    let check = match db.schema().await {
        Ok(Some(schema)) if schema == newest => return (Check::ok(NAME, format!("{schema}, up to date")), true),
        Ok(Some(schema)) if schema > newest => Check::failed(
            NAME,
            format!("{schema}, made by a newer Linekey; this one knows {newest}"),
            "install the newer version, or restore a backup",
        ),
        Ok(Some(schema)) => Check::warning(
            NAME,
            format!("{schema}; this version brings {newest}"),
            "`linekey migrate`, or start `linekey serve`, which does it; make a backup before",
        ),
        Ok(None) => Check::failed(NAME, "the database is empty", "`linekey init` sets a portal up"),
        Err(error) => Check::failed(NAME, error.to_string(), "see what the database says"),
    };
    (check, false)
}

/// Whether it is the key file of this database.
pub(super) async fn key_opens(app: &App) -> Check {
    const NAME: &str = "key fits";
    let what_to_do = "use the key file that belongs to this database; phones cannot register without it";
    match phones::newest_opens(app).await {
        Ok(Some(true)) => return Check::ok(NAME, "it opens what is sealed in the database"),
        Ok(Some(false)) => {
            return Check::failed(NAME, "what is sealed in the database does not open with it", what_to_do);
        }
        Ok(None) => {}
        Err(error) => return Check::failed(NAME, error.to_string(), "see what the database says"),
    }
    match audit::latest(app).await {
        Ok(Some((_, Some(id)))) if !app.keys.ids().contains(&id) && !app.keys.retired().contains(&id) => Check::failed(
            NAME,
            format!("the last audit event was made with the key {id}, which it does not hold"),
            what_to_do,
        ),
        _ => Check::ok(NAME, "nothing is sealed yet; the audit events were made with it"),
    }
}

/// Whether the clock can be believed: sessions, links and audit events live by it.
pub(super) async fn clock(app: &App) -> Check {
    const NAME: &str = "clock";
    let now = app.clock.now();
    let what_to_do = "set the clock and keep it by NTP (timedatectl set-ntp true)";
    if now < MADE {
        return Check::failed(
            NAME,
            format!("{} is before this version was made", when::exact(now)),
            what_to_do,
        );
    }
    match audit::latest(app).await {
        Ok(Some((at, _))) if at > now + 5 * MINUTE => {
            let found = format!("{}, but an audit event is from {}", when::exact(now), when::exact(at));
            Check::failed(NAME, found, what_to_do)
        }
        _ => Check::ok(NAME, when::exact(now)),
    }
}
