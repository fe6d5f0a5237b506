//! What the product is built from: `deny.toml`, enforced without another program.
//!
//! Licences and bans are checked on what is really built here, with all features and for tests too; sources on the
//! whole of `Cargo.lock`, other platforms included. Advisories are not: their database is another download.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

#[derive(Deserialize)]
struct Deny {
    licenses: Licences,
    bans: Bans,
}

#[derive(Deserialize)]
struct Licences {
    allow: Vec<String>,
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    spec: String,
    reason: String,
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    source: Option<String>,
}

fn read<T: for<'de> Deserialize<'de>>(name: &str) -> T {
    let text = std::fs::read_to_string(Path::new(ROOT).join(name)).expect("a file of this repository");
    toml::from_str(&text).expect("TOML of the expected shape")
}

/// Every package that is built on this machine, with its version and licence.
fn packages() -> BTreeMap<(String, String), String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--locked",
            "--offline",
            "--workspace",
            "--all-features",
            "--edges",
            "normal,build,dev",
        ])
        .args(["--prefix", "none", "--no-dedupe", "--format", "{p}|{l}"])
        .current_dir(ROOT)
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "cargo tree: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let lines = String::from_utf8(output.stdout).expect("names and licences are UTF-8");
    let package = |line: &str| {
        let (package, licence) = line.split_once('|')?;
        let (name, version) = package.split_once(" v")?;
        let version = version.split(' ').next().unwrap_or_default();
        Some(((name.to_owned(), version.to_owned()), licence.to_owned()))
    };
    let packages: BTreeMap<_, _> = lines.lines().filter_map(package).collect();
    assert!(
        packages.len() > 100,
        "cargo tree lists only {} packages",
        packages.len()
    );
    packages
}

/// Whether an SPDX expression (annex D of SPDX 2.3; `/` is crates.io's older way to say OR) can be met with licences
/// that `allowed` names. `X WITH Y` is a licence of its own.
fn can_be_met(expression: &str, allowed: &dyn Fn(&str) -> bool) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let met = any_of(&mut rest, allowed);
    met && rest.is_empty()
}

fn any_of(words: &mut &[&str], allowed: &dyn Fn(&str) -> bool) -> bool {
    let mut met = all_of(words, allowed);
    while let Some((&"OR", rest)) = words.split_first() {
        *words = rest;
        met |= all_of(words, allowed);
    }
    met
}

fn all_of(words: &mut &[&str], allowed: &dyn Fn(&str) -> bool) -> bool {
    let mut met = one(words, allowed);
    while let Some((&"AND", rest)) = words.split_first() {
        *words = rest;
        met &= one(words, allowed);
    }
    met
}

fn one(words: &mut &[&str], allowed: &dyn Fn(&str) -> bool) -> bool {
    let Some((&first, rest)) = words.split_first() else {
        return false;
    };
    *words = rest;
    if first == "(" {
        let met = any_of(words, allowed);
        let Some((&")", rest)) = words.split_first() else {
            return false;
        };
        *words = rest;
        return met;
    }
    if let [with, exception, rest @ ..] = *words
        && *with == "WITH"
    {
        *words = rest;
        return allowed(&format!("{first} WITH {exception}"));
    }
    allowed(first)
}

#[test]
fn licence_expressions_are_read_as_spdx_says() {
    let allowed = |licence: &str| ["MIT", "ISC", "Apache-2.0"].contains(&licence);
    for right in [
        "MIT",
        "GPL-3.0 OR MIT",
        "MIT/GPL-3.0",
        "ISC AND (MIT OR GPL-3.0)",
        "GPL-3.0 OR ISC AND MIT",
    ] {
        assert!(can_be_met(right, &allowed), "{right}");
    }
    for wrong in [
        "",
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "(MIT OR GPL-3.0",
        "MIT ISC",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        assert!(!can_be_met(wrong, &allowed), "{wrong}");
    }
}

#[test]
fn every_crate_has_a_licence_that_deny_toml_allows() {
    let deny: Deny = read("deny.toml");
    let mut wrong = String::new();
    for ((name, version), licence) in packages() {
        let exception = deny.licenses.exceptions.iter().find(|exception| exception.name == name);
        let allowed = |asked: &str| {
            let of_all = deny.licenses.allow.iter();
            of_all
                .chain(exception.iter().flat_map(|exception| &exception.allow))
                .any(|allowed| allowed == asked)
        };
        if !can_be_met(&licence, &allowed) {
            wrong += &format!("\n  {name} {version}: \"{licence}\"");
        }
    }
    assert!(wrong.is_empty(), "licences that deny.toml does not allow:{wrong}");
}

#[test]
fn no_banned_crate_is_built() {
    let deny: Deny = read("deny.toml");
    let numbers = |version: &str| -> Vec<u64> { version.split('.').map_while(|part| part.parse().ok()).collect() };
    let mut wrong = String::new();
    for ban in deny.bans.deny {
        let (banned, below) = match ban.spec.split_once('@') {
            Some((name, below)) => (
                name,
                Some(below.strip_prefix('<').expect("this test reads name@<version only")),
            ),
            None => (ban.spec.as_str(), None),
        };
        for (name, version) in packages().into_keys().filter(|(name, _)| name == banned) {
            if below.is_none_or(|below| numbers(&version) < numbers(below)) {
                wrong += &format!("\n  {name} {version}: {}", ban.reason);
            }
        }
    }
    assert!(wrong.is_empty(), "crates that deny.toml bans:{wrong}");
}

#[test]
fn every_crate_comes_from_crates_io() {
    let lock: Lock = read("Cargo.lock");
    let mut wrong = String::new();
    for package in lock.package {
        let is_ours = package.source.is_none() && Path::new(ROOT).join("crates").join(&package.name).is_dir();
        if !is_ours && package.source.as_deref() != Some(CRATES_IO) {
            wrong += &format!(
                "\n  {}: {}",
                package.name,
                package.source.as_deref().unwrap_or("a folder")
            );
        }
    }
    assert!(wrong.is_empty(), "crates from elsewhere:{wrong}");
}
