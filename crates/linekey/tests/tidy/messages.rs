//! The messages in `locales/`, and who says them.

use std::collections::BTreeMap;

use super::none_breaks;
use super::rust::sources;
use super::templates::templates;
use super::tree::{File, files_ending, line_of};

/// A message: where it is defined, and the variables in it.
struct Message {
    place: String,
    variables: Vec<String>,
}

fn catalogues() -> Vec<File> {
    files_ending(&[".ftl"])
        .into_iter()
        .filter(|file| file.path.starts_with("locales/en/"))
        .collect()
}

/// Every message, by key; with those that are defined a second time.
fn messages() -> (BTreeMap<String, Message>, Vec<String>) {
    let mut messages = BTreeMap::<String, Message>::new();
    let mut again = Vec::new();
    for file in catalogues() {
        let mut open = None;
        for (number, line) in file.text.lines().enumerate() {
            let place = format!("{}:{}", file.path, number + 1);
            let starts = line.starts_with(|c: char| c.is_ascii_alphabetic());
            if let Some((key, _)) = line.split_once('=').filter(|_| starts) {
                let key = key.trim().to_owned();
                if let Some(first) = messages.get(&key) {
                    again.push(format!("{place}: {key}, also in {}", first.place));
                }
                messages.insert(
                    key.clone(),
                    Message {
                        place,
                        variables: Vec::new(),
                    },
                );
                open = Some(key);
            }
            if let Some(message) = open.as_ref().and_then(|key| messages.get_mut(key)) {
                let parts = line
                    .split('$')
                    .skip(1)
                    .map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric()));
                message
                    .variables
                    .extend(parts.filter_map(|mut rest| rest.next().map(str::to_owned)));
            }
        }
    }
    (messages, again)
}

/// A key that is said: its place, the key, and whether it is said without variables.
struct Said {
    place: String,
    key: String,
    bare: bool,
}

/// Every key that is given as a literal to `say`, `say_with` or `say_all`.
fn all_said() -> Vec<Said> {
    let rust = sources()
        .iter()
        .filter(|source| source.path.starts_with("crates/linekey/src/"));
    let texts = rust.map(|source| (source.path.clone(), source.code.clone()));
    let mut said = Vec::new();
    for (path, text) in texts.chain(templates().into_iter().map(|file| (file.path, file.text))) {
        for call in ["say", "say_with", "say_all"] {
            let call_open = format!("{call}(");
            for (at, _) in text.match_indices(&call_open) {
                let behind = at + call_open.len();
                let Some(rest) = text[behind..].trim_start().strip_prefix('"') else {
                    continue;
                };
                let Some((key, behind)) = rest.split_once('"') else {
                    continue;
                };
                // `say("front", words)` is a rule that puts its key together, not a message.
                let is_whole = behind.trim_start().starts_with(if call == "say" { ')' } else { ',' });
                let is_key = key
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
                // A closure of a door may finish a key by itself: `say("title")`.
                if is_whole && is_key && (text[..at].ends_with('.') || key.contains('-')) {
                    said.push(Said {
                        place: format!("{path}:{}", line_of(&text, at)),
                        key: key.to_owned(),
                        bare: call == "say",
                    });
                }
            }
        }
    }
    said
}

#[test]
fn every_message_that_is_said_exists() {
    let (messages, _) = messages();
    let missing = all_said().into_iter().filter(|said| !messages.contains_key(&said.key));
    let places = missing.map(|said| format!("{}: {}", said.place, said.key)).collect();
    none_breaks("said, but defined in no file of locales/en:", places);
}

#[test]
fn no_message_is_said_without_its_variables() {
    let (messages, _) = messages();
    let without = all_said().into_iter().filter(|said| {
        said.bare
            && messages
                .get(&said.key)
                .is_some_and(|message| !message.variables.is_empty())
    });
    let places = without.map(|said| format!("{}: {}", said.place, said.key)).collect();
    none_breaks("said without the variables that it shows:", places);
}

#[test]
fn no_message_is_defined_twice() {
    none_breaks("defined twice:", messages().1);
}

/// Keys that the product puts together: in front, behind, and the file whose literals are the middle.
const PUT_TOGETHER: [(&str, &str, &str); 20] = [
    ("mail-kind-", "", "crates/linekey/src/mail/mod.rs"),
    ("mail-kind-", "", "crates/linekey/src/mail/phone.rs"),
    ("mail-sample-", "", "crates/linekey/src/mail/samples.rs"),
    ("error-", "-title", "crates/linekey/src/web/answer.rs"),
    ("error-", "-what", "crates/linekey/src/web/answer.rs"),
    ("error-", "-next", "crates/linekey/src/web/answer.rs"),
    ("audit-", "-done", "crates/linekey/src/audit/event.rs"),
    ("audit-", "-refused", "crates/linekey/src/audit/event.rs"),
    ("audit-", "-delayed", "crates/linekey/src/audit/event.rs"),
    ("attempt-", "", "crates/linekey/src/phones/history/attempts.rs"),
    ("attempt-", "-advice", "crates/linekey/src/phones/history/attempts.rs"),
    ("phone-sign-", "-title", "crates/linekey/src/phones/history/of_phone.rs"),
    ("phone-sign-", "-what", "crates/linekey/src/phones/history/of_phone.rs"),
    ("phones-state-", "", "crates/linekey/src/phones/view.rs"),
    ("password-rule-", "", "crates/linekey/src/password/rules.rs"),
    ("password-refused-", "", "crates/linekey/src/password/rules.rs"),
    ("phone-set-up-kind-", "", "crates/linekey/src/phones/provision/kind.rs"),
    (
        "phone-set-up-step-",
        "-one",
        "crates/linekey/src/phones/provision/kind.rs",
    ),
    (
        "phone-set-up-step-",
        "-two",
        "crates/linekey/src/phones/provision/kind.rs",
    ),
    (
        "phone-set-up-step-",
        "-three",
        "crates/linekey/src/phones/provision/kind.rs",
    ),
];

#[test]
fn every_message_is_said_somewhere() {
    let sources: Vec<_> = sources().iter().filter(|source| !source.is_test).collect();
    let templates: String = templates().into_iter().map(|file| file.text).collect();
    let is_literal = |key: &str, path: &str| {
        let mut rust = sources.iter().filter(|source| source.path.starts_with(path));
        rust.any(|source| {
            source
                .strings()
                .iter()
                .any(|(_, text)| *text == key || text.replace('_', "-") == key)
        })
    };
    let is_said = |key: &str| {
        let middles = PUT_TOGETHER
            .iter()
            .filter_map(|(front, back, path)| Some((key.strip_prefix(front)?.strip_suffix(back)?, path)));
        templates.contains(&format!("\"{key}\""))
            || is_literal(key, "crates/linekey/src/")
            || middles.into_iter().any(|(middle, path)| is_literal(middle, path))
    };
    let (messages, _) = messages();
    let unsaid = messages.iter().filter(|(key, _)| !is_said(key));
    let places = unsaid
        .map(|(key, message)| format!("{}: {key}", message.place))
        .collect();
    none_breaks("defined, but said nowhere:", places);
}

/// What people read, with what a reader does not see as words blanked out: code in Markdown, links, keys, variables.
fn prose(file: &File) -> String {
    let mut in_block = false;
    let mut lines = Vec::new();
    for line in file.text.lines() {
        let fence = line.trim_start().starts_with("```");
        in_block ^= fence;
        let kept = match file.path.ends_with(".ftl") {
            true if line.starts_with('#') => "",
            true if line.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                line.split_once('=').map_or("", |(_, text)| text)
            }
            false if in_block || fence => "",
            // What people look for is in their words, and nobody is shown it.
            false if line.starts_with("search = [") => "",
            _ => line,
        };
        let spoken: Vec<&str> = kept.split('`').step_by(2).collect();
        lines.push(spoken.join(" ").to_lowercase());
    }
    lines.join("\n")
}

#[test]
fn nobody_is_told_words_that_the_product_does_not_use() {
    let banned = [
        "log in",
        "log-in",
        "login",
        "log on",
        "logon",
        "log out",
        "logout",
        "invalid",
        "illegal",
        "oops",
        "whoops",
        "please note",
        "sorry",
        "tenant",
        "superuser",
        "magic link",
        "click here",
        "vendor",
        "endpoint",
        "device",
    ];
    let read = ["README.md", "CHANGELOG.md"];
    let mut places = Vec::new();
    for file in files_ending(&[".ftl", ".md"]) {
        let is_help = file.path.starts_with("help/") || file.path.starts_with("locales/");
        if !is_help && !read.contains(&file.path.as_str()) {
            continue;
        }
        let text = prose(&file);
        for word in banned {
            let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
            let whole = text.match_indices(word).filter(|(at, _)| {
                !is_letter(text[..*at].chars().next_back()) && !is_letter(text[at + word.len()..].chars().next())
            });
            places.extend(whole.map(|(at, _)| format!("{}:{}: {word}", file.path, line_of(&text, at))));
        }
    }
    none_breaks(
        "the product's words are others (sign in, account, phone; say what to do instead of \"invalid\"):",
        places,
    );
}
