//! Where SQL may stand, how it is written, and which statements only one place may make.

use super::none_breaks;
use super::paths::named;
use super::rust::{Source, portal};
use super::tree::{files_ending, line_of};

/// A statement: its place in the source, and its text.
type Statement<'a> = (usize, &'a str);

/// Calls of `db::query(..)`: the place behind the parenthesis. Clippy keeps everyone from sqlx's own.
fn calls(source: &Source) -> Vec<usize> {
    let found = source.words("query").filter(|at| {
        let before = source.bare[..*at].trim_end();
        !before.ends_with('.')
            && !before.ends_with("fn")
            && !before.ends_with("sqlx::")
            && source.bare[at + 5..].starts_with('(')
    });
    found.map(|at| at + "query(".len()).collect()
}

fn statements(source: &Source) -> Vec<Statement<'_>> {
    calls(source)
        .into_iter()
        .filter_map(|at| source.string_at(at))
        .collect()
}

/// Whether the statement sets `column`, rather than reading it.
fn writes(sql: &str, column: &str) -> bool {
    let named = sql
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .any(|word| word == column);
    named && !sql.trim_start().starts_with("select")
}

#[test]
fn sql_stands_in_stores_alone() {
    let mut places = Vec::new();
    for source in portal() {
        let file = source.in_portal().unwrap_or_default();
        if !file.ends_with("/store.rs") && !file.starts_with("db/") && file != "jobs.rs" {
            places.extend(calls(source).into_iter().map(|at| source.place(at)));
        }
    }
    none_breaks("SQL belongs in a store.rs, in db/ or in jobs.rs:", places);
}

#[test]
fn every_statement_is_a_literal() {
    let mut places = Vec::new();
    for source in portal() {
        for at in calls(source) {
            let literal = source.string_at(at);
            let is_whole = literal.is_some_and(|(start, text)| {
                let behind = source.bare[start + text.len() + 2..]
                    .trim_start_matches('#')
                    .trim_start();
                behind.trim_start_matches(',').trim_start().starts_with(')')
            });
            if !is_whole {
                places.push(source.place(at));
            }
        }
    }
    none_breaks(
        "`query` takes a literal, so that a test can prepare every statement on both engines:",
        places,
    );
}

#[test]
fn sql_is_lower_case() {
    let is_upper = |sql: &str| {
        sql.split('\'')
            .step_by(2)
            .any(|outside| outside.contains(|c: char| c.is_uppercase()))
    };
    let mut places = Vec::new();
    for source in portal() {
        let upper = statements(source).into_iter().filter(|(_, sql)| is_upper(sql));
        places.extend(upper.map(|(at, _)| source.place(at)));
    }
    for file in files_ending(&[".sql"])
        .iter()
        .filter(|file| file.path.starts_with("migrations/"))
    {
        let lines = file
            .text
            .lines()
            .map(|line| line.split("--").next().unwrap_or_default())
            .enumerate();
        places.extend(
            lines
                .filter(|(_, line)| is_upper(line))
                .map(|(at, _)| format!("{}:{}", file.path, at + 1)),
        );
    }
    none_breaks("SQL is written in lower case:", places);
}

/// Checks that `column` is written by statements in `feature/store.rs` alone, and that only `callers` call those.
fn one_place_writes(column: &str, feature: &str, callers: &[&str]) {
    let store = format!("{feature}/store.rs");
    let mut places = Vec::new();
    let mut writers = Vec::new();
    let sources = portal();
    for source in &sources {
        for (at, _) in statements(source).into_iter().filter(|(_, sql)| writes(sql, column)) {
            if source.in_portal() != Some(&store) {
                places.push(format!("{}: writes {column}", source.place(at)));
            }
            let functions = source
                .functions()
                .into_iter()
                .filter(|function| function.whole.contains(&at));
            writers.extend(functions.map(|function| function.name));
        }
    }
    assert!(
        !writers.is_empty(),
        "no statement in {store} writes {column}: this rule looks in the wrong place"
    );
    for source in sources
        .iter()
        .filter(|source| !callers.iter().any(|caller| source.in_portal() == Some(caller)))
    {
        for mention in named(source) {
            if let ["crate", owner, "store", name] = mention.path.iter().map(String::as_str).collect::<Vec<_>>()[..]
                && owner == feature
                && writers.iter().any(|writer| writer == name)
            {
                places.push(format!("{}: calls {feature}::store::{name}", source.place(mention.at)));
            }
        }
    }
    none_breaks(
        &format!("{column} is written in {store}, for {} alone:", callers.join(", ")),
        places,
    );
}

#[test]
fn one_place_writes_portal_passwords() {
    one_place_writes(
        "password_hash",
        "password",
        &[
            "password/set.rs",
            "password/pending.rs",
            "password/import.rs",
            "password/not_me.rs",
        ],
    );
}

#[test]
fn one_place_writes_sip_hashes() {
    one_place_writes(
        "sip_hashes",
        "phones",
        &[
            "phones/create.rs",
            "phones/rotate.rs",
            "phones/import.rs",
            "phones/reseal.rs",
        ],
    );
}

#[test]
fn no_change_of_a_portal_password_touches_a_phone() {
    let mut places = Vec::new();
    for source in portal().iter().filter(|source| source.path.contains("/src/password/")) {
        for (at, sql) in statements(source) {
            let mut words = sql.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            if let Some(table) = words.find(|word| ["phones", "registrations"].contains(word)) {
                places.push(format!("{}: {table}", source.place(at)));
            }
        }
    }
    none_breaks("no statement about passwords names a table of phones:", places);
}

#[test]
fn both_engines_have_the_same_migrations() {
    let names = |folder: &str| -> Vec<String> {
        let files = files_ending(&[".sql"])
            .into_iter()
            .filter(|file| file.path.starts_with(folder));
        files.map(|file| file.name().to_owned()).collect()
    };
    let (sqlite, postgres) = (names("migrations/sqlite/"), names("migrations/postgres/"));
    assert!(!sqlite.is_empty(), "migrations/sqlite is empty");
    assert_eq!(sqlite, postgres, "migrations/sqlite and migrations/postgres");
}

#[test]
fn no_migration_shares_its_number_with_another() {
    let mut places = Vec::new();
    for folder in ["migrations/sqlite/", "migrations/postgres/"] {
        let files: Vec<_> = files_ending(&[".sql"])
            .into_iter()
            .filter(|file| file.path.starts_with(folder))
            .collect();
        let number = |name: &str| name.split('_').next().unwrap_or_default().to_owned();
        for pair in files
            .windows(2)
            .filter(|pair| number(pair[0].name()) == number(pair[1].name()))
        {
            places.push(format!("{}:{}", pair[1].path, line_of(&pair[1].text, 0)));
        }
    }
    none_breaks("a number says once and for all what comes after what:", places);
}
