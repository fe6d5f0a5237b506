//! How files and functions are cut and named, and what no file holds.

use super::none_breaks;
use super::rust::{bare, sources};
use super::tree::{self, files, files_ending, line_of};

const LONGEST_FILE: usize = 600;
const LONGEST_TEST_FILE: usize = 800;
const LONGEST_FUNCTION: usize = 60;

#[test]
fn no_source_file_is_longer_than_its_limit() {
    let mut long = Vec::new();
    let tests: Vec<String> = sources()
        .iter()
        .filter(|source| source.is_test)
        .map(|source| source.path.clone())
        .collect();
    for file in files_ending(&[".rs"]) {
        let limit = if tests.contains(&file.path) {
            LONGEST_TEST_FILE
        } else {
            LONGEST_FILE
        };
        let lines = file.text.lines().count();
        if lines > limit {
            long.push(format!("{}:{lines}: {lines} lines, {limit} are allowed", file.path));
        }
    }
    none_breaks("a file that is too long wants to be a folder:", long);
}

#[test]
fn every_function_fits_on_one_screen() {
    let mut long = Vec::new();
    for source in sources().iter().filter(|source| !source.is_test) {
        for function in source.functions() {
            let lines = source.bare[function.whole.clone()].lines().count();
            if lines > LONGEST_FUNCTION {
                let place = source.place(function.whole.start);
                long.push(format!(
                    "{place}: fn {} has {lines} lines, {LONGEST_FUNCTION} are allowed",
                    function.name
                ));
            }
        }
    }
    none_breaks("a function that is too long does more than its name says:", long);
}

#[test]
fn no_file_or_folder_has_a_name_that_says_nothing() {
    let says_nothing = [
        "util", "utils", "helper", "helpers", "common", "types", "misc", "manager", "service",
    ];
    // Common passwords are what the field calls them.
    let means_something = [
        "crates/linekey/src/password/common.rs",
        "crates/linekey/src/password/common_tests.rs",
    ];
    let mut places = Vec::new();
    for file in files().iter().filter(|file| file.path.starts_with("crates/")) {
        let mut parts = file
            .path
            .split('/')
            .map(|part| part.split('.').next().unwrap_or_default());
        let bad = parts.find(|part| says_nothing.contains(&part.trim_end_matches("_tests")));
        if let Some(bad) = bad.filter(|_| !means_something.contains(&file.path.as_str())) {
            places.push(format!("{}:1: \"{bad}\"", file.path));
        }
    }
    none_breaks(
        "a folder is a feature and a file is a verb; these names say neither:",
        places,
    );
}

#[test]
fn no_test_is_skipped_and_nothing_is_left_for_later() {
    let mut places = Vec::new();
    for file in files_ending(&[".rs"]) {
        let bare = bare(&file.text);
        for banned in ["#[ignore", "todo!", "unimplemented!", "dbg!"] {
            let found = bare.match_indices(banned);
            places.extend(found.map(|(at, _)| format!("{}:{}: {banned}", file.path, line_of(&bare, at))));
        }
    }
    none_breaks("skipped tests, stubs and debug prints:", places);
}

#[test]
fn every_exception_from_a_lint_says_why() {
    let mut places = Vec::new();
    for source in sources() {
        for (at, _) in source.bare.match_indices("#[").chain(source.bare.match_indices("#![")) {
            let attribute = &source.code[at..at + source.bare[at..].find(']').unwrap_or_default()];
            let named = attribute.trim_start_matches(['#', '!', '[']);
            let is_exception = named.starts_with("allow(") || named.starts_with("expect(");
            if is_exception && !attribute.contains("reason = \"") {
                places.push(source.place(at));
            }
        }
    }
    none_breaks("an exception from a lint needs `reason = \"..\"`:", places);
}

#[test]
fn nothing_is_left_of_a_merge() {
    let left = |line: &str| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ");
    let mut places = Vec::new();
    for file in files() {
        let lines = file.text.lines().enumerate().filter(|(_, line)| left(line));
        places.extend(lines.map(|(number, _)| format!("{}:{}", file.path, number + 1)));
    }
    none_breaks("both sides of a merge stand there, choose:", places);
}

#[test]
fn nothing_names_a_machine() {
    // In pieces, so that this file does not name them.
    let banned = [
        concat!("/wo", "rk/"),
        concat!("/fa", "rm/"),
        concat!("/ho", "me/"),
        concat!("/ro", "ot/"),
        concat!("artifac", "tory"),
        concat!("suba", "gent"),
    ];
    let mut places = Vec::new();
    for file in files() {
        let text = file.text.to_ascii_lowercase();
        for word in banned {
            let found = text.match_indices(word);
            places.extend(found.map(|(at, _)| format!("{}:{}: {word}", file.path, line_of(&file.text, at))));
        }
    }
    none_breaks(
        "folders of one machine and hosts of one network mean nothing to anyone else:",
        places,
    );
}

#[test]
fn the_sip_crate_knows_no_database_and_no_web() {
    let manifest = std::fs::read_to_string(tree::root().join("crates/linekey-sip/Cargo.toml")).expect("its manifest");
    let is_banned = |name: &str| ["linekey", "sqlx", "axum", "askama", "hyper", "tower"].contains(&name);
    let lines = manifest.lines().enumerate();
    let named = lines.filter(|(_, line)| line.split(['=', '.']).next().is_some_and(|name| is_banned(name.trim())));
    let places = named
        .map(|(number, line)| format!("crates/linekey-sip/Cargo.toml:{}: {line}", number + 1))
        .collect();
    none_breaks("linekey-sip asks through its own trait:", places);
}
