//! What a source names: every `use`, and every path in the code, as a path from the root of its crate.

use std::collections::HashMap;

use super::rust::Source;

/// A path that is named, and where.
pub(crate) struct Named {
    /// A byte of the source.
    pub(crate) at: usize,
    /// `["crate", "password", "store", "put_hash"]`, or the name of another crate in front.
    pub(crate) path: Vec<String>,
}

impl Named {
    /// The module of the portal that it begins with.
    pub(crate) fn module(&self) -> Option<&str> {
        (self.path[0] == "crate")
            .then(|| self.path.get(1).map(String::as_str))
            .flatten()
    }
}

/// Everything that `source`, a file of the portal, names.
pub(crate) fn named(source: &Source) -> Vec<Named> {
    let here = module_path(source.in_portal().unwrap_or_default());
    let mut known: HashMap<String, Vec<String>> = children(source)
        .map(|child| (child.clone(), join(&here, &child)))
        .collect();
    let mut named = Vec::new();
    let mut rest = source.bare.clone();
    for at in source.words("use") {
        let Some(length) = source.bare[at..].find(';') else {
            continue;
        };
        for (path, name) in leaves(&source.bare[at + 3..at + length]) {
            let path = absolute(path, &here, &known);
            known.insert(name, path.clone());
            named.push(Named { at, path });
        }
        rest.replace_range(at..at + length, &" ".repeat(length));
    }
    for (at, path) in inline(&rest) {
        let path = absolute(path, &here, &known);
        named.push(Named { at, path });
    }
    named
}

fn module_path(file: &str) -> Vec<String> {
    let file = file.trim_end_matches(".rs");
    let parts = std::iter::once("crate").chain(file.split('/'));
    parts
        .filter(|part| !["mod", "lib", "main"].contains(part))
        .map(str::to_owned)
        .collect()
}

fn join(path: &[String], name: &str) -> Vec<String> {
    path.iter().cloned().chain([name.to_owned()]).collect()
}

fn children(source: &Source) -> impl Iterator<Item = String> + '_ {
    source.words("mod").filter_map(|at| {
        let (name, _) = source.bare[at + 3..].split_once(';')?;
        name.trim()
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_')
            .then(|| name.trim().to_owned())
    })
}

/// `path` from the crate's root, or from another crate's.
fn absolute(path: Vec<String>, here: &[String], known: &HashMap<String, Vec<String>>) -> Vec<String> {
    let ups = path.iter().take_while(|part| *part == "super").count();
    let own = usize::from(path[0] == "self");
    if path[0] == "crate" {
        return path;
    }
    if ups + own > 0 {
        let above = &here[..here.len().saturating_sub(ups).max(1)];
        return above.iter().chain(&path[ups + own..]).cloned().collect();
    }
    match known.get(&path[0]) {
        Some(start) => start.iter().chain(&path[1..]).cloned().collect(),
        None => path,
    }
}

/// The leaves of a `use` tree: each path, and the name it has here.
fn leaves(tree: &str) -> Vec<(Vec<String>, String)> {
    let tree: String = tree.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut found = Vec::new();
    expand(&[], tree.trim().trim_start_matches("::"), &mut found);
    found
}

fn expand(prefix: &[String], tree: &str, found: &mut Vec<(Vec<String>, String)>) {
    if let Some((head, group)) = tree.split_once('{') {
        let heads = head
            .split("::")
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(str::to_owned);
        let prefix: Vec<String> = prefix.iter().cloned().chain(heads).collect();
        let mut depth = 0_i32;
        let parts = group.trim_end().trim_end_matches('}').split(|c| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            c == ',' && depth == 0
        });
        for part in parts.map(str::trim).filter(|part| !part.is_empty()) {
            expand(&prefix, part, found);
        }
        return;
    }
    let (path, alias) = tree
        .split_once(" as ")
        .map_or((tree, None), |(path, alias)| (path, Some(alias)));
    let parts = path.split("::").map(|part| part.trim().to_owned());
    let mut whole: Vec<String> = prefix.iter().cloned().chain(parts).collect();
    if whole.len() > 1 && whole.last().is_some_and(|last| last == "self") {
        whole.pop();
    }
    let name = alias.map_or_else(
        || whole.last().cloned().unwrap_or_default(),
        |alias| alias.trim().to_owned(),
    );
    found.push((whole, name));
}

/// Paths of two parts and more in the code.
fn inline(bare: &str) -> Vec<(usize, Vec<String>)> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = bare[at..].find(is_part).map(|offset| at + offset) {
        let mut parts = Vec::new();
        let mut end = start;
        loop {
            let word: String = bare[end..].chars().take_while(|c| is_part(*c)).collect();
            end += word.len();
            parts.push(word);
            match bare[end..].strip_prefix("::") {
                Some(next) if next.starts_with(is_part) => end += 2,
                _ => break,
            }
        }
        if parts.len() > 1 {
            found.push((start, parts));
        }
        at = end;
    }
    found
}

#[test]
fn a_use_tree_is_its_leaves() {
    let leaf = |path: &str, name: &str| (path.split("::").map(str::to_owned).collect::<Vec<_>>(), name.to_owned());
    assert_eq!(
        leaves(" crate::a::{self, b::{C, d}, e as f}"),
        [
            leaf("crate::a", "a"),
            leaf("crate::a::b::C", "C"),
            leaf("crate::a::b::d", "d"),
            leaf("crate::a::e", "f")
        ]
    );
}
