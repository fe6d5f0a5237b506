//! The machine: who may read the files, what a hash costs here, how much room is left.

use std::path::{Path, PathBuf};

use super::Check;
use crate::app::App;
use crate::clock::Millis;
use crate::config::Config;
use crate::db;
use crate::password::hash::Cost;
use crate::password::typed::TypedPassword;

/// How long hashes are measured.
const MEASURED: Millis = 400;
/// Free bytes below which a database is in danger, and below which it soon is.
const LITTLE: u64 = 100 << 20;
const ENOUGH: u64 = 1 << 30;

pub(super) fn public_url(config: &Config) -> Check {
    let url = &config.portal.public_url;
    match url.is_secure() {
        true => Check::ok("public url", url.origin()),
        false => Check::warning(
            "public url",
            format!("{} reaches this machine alone", url.origin()),
            "for anyone else: a reverse proxy with TLS, and portal.public_url = \"https://..\"",
        ),
    }
}

/// The folders of key file and database, each once.
pub(super) fn folders(config: &Config) -> Vec<Check> {
    let database = db::file_of(&config.database.url);
    let files = [Some(config.keys.file.clone()), database].into_iter().flatten();
    let mut folders: Vec<_> = files.map(|file| folder_of(&file)).collect();
    folders.dedup();
    folders.iter().map(|folder| of_folder(folder)).collect()
}

fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

#[cfg(unix)]
fn of_folder(folder: &Path) -> Check {
    use std::os::unix::fs::MetadataExt;
    const NAME: &str = "folder";
    let shown = folder.display();
    let found = match std::fs::metadata(folder) {
        Ok(found) => found,
        Err(error) => return Check::failed(NAME, format!("{shown}: {error}"), "make it, or correct the settings"),
    };
    let me = rustix::process::geteuid().as_raw();
    let (owner, mode) = (found.uid(), found.mode() & 0o777);
    if owner != me {
        return Check::failed(
            NAME,
            format!("{shown} belongs to user {owner}, and this is user {me}"),
            format!("run linekey as the user that it belongs to, or `chown {me} {shown}`"),
        );
    }
    match mode & 0o022 {
        0 => Check::ok(NAME, format!("{shown}, mode {mode:o}")),
        _ => Check::warning(
            NAME,
            format!("others may change what is in {shown} (mode {mode:o})"),
            format!("chmod 700 {shown}"),
        ),
    }
}

#[cfg(not(unix))]
fn of_folder(folder: &Path) -> Check {
    Check::ok("folder", folder.display().to_string())
}

/// What one sign-in costs here. One thread measures; a portal hashes on all of `hashing.threads`.
pub(super) async fn hashing(app: &App) -> Check {
    const NAME: &str = "hashing";
    let typed = TypedPassword::from("measured");
    let start = app.clock.now();
    let mut hashes = 0;
    while app.clock.now() - start < MEASURED {
        if let Err(error) = app.hashes.verify(&typed, None).await {
            return Check::failed(NAME, error.to_string(), "there is too little memory for [hashing]");
        }
        hashes += 1;
    }
    let each = (app.clock.now() - start) / hashes;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let a_second = i64::try_from(cores).unwrap_or(1) * 1000 / each.max(1);
    let found = format!("{each} ms a password; {cores} cores bear {a_second} sign-ins a second");
    let hashing = &app.config.hashing;
    let cost = Cost {
        memory_kib: hashing.memory_kib,
        passes: hashing.passes,
        lanes: hashing.lanes,
    };
    if !cost.meets_owasp() {
        return Check::warning(
            NAME,
            format!("{found}; a hash costs less than OWASP's minimum"),
            "raise hashing.memory_kib and hashing.passes; hashes are renewed at each next sign-in",
        );
    }
    match each {
        0..25 => Check::ok(
            NAME,
            format!("{found}; hashing.passes = {} would be borne", 2 * hashing.passes),
        ),
        25..400 => Check::ok(NAME, found),
        _ => Check::warning(
            NAME,
            found,
            "sign-ins are slow here; look at what else runs, or lower hashing.passes",
        ),
    }
}

/// Free room where the data grows.
#[cfg(unix)]
pub(super) fn disk(config: &Config) -> Check {
    const NAME: &str = "disk";
    let Some(file) = db::file_of(&config.database.url) else {
        return Check::ok(NAME, "the data is on the database's server");
    };
    let folder = folder_of(&file);
    let Ok(room) = rustix::fs::statvfs(&folder) else {
        let what_to_do = "make the folder, or correct database.url";
        return Check::failed(NAME, format!("{} cannot be looked at", folder.display()), what_to_do);
    };
    let free = room.f_bavail.saturating_mul(room.f_frsize);
    let found = format!("{} MiB free in {}", free >> 20, folder.display());
    match free {
        0..LITTLE => Check::failed(NAME, found, "make room: on a full disk nothing can be changed"),
        LITTLE..ENOUGH => Check::warning(NAME, found, "make room soon"),
        _ => Check::ok(NAME, found),
    }
}

#[cfg(not(unix))]
pub(super) fn disk(_: &Config) -> Check {
    Check::ok("disk", "not looked at on this system")
}
