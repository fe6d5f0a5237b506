//! Rust sources, read just well enough: what is a comment, a string, a test, a function.
//!
//! Everything that is blanked out becomes spaces, byte for byte, so that a place in one view is the same in all.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use super::tree::{self, File, line_of};

/// A source in four views.
pub(crate) struct Source {
    /// From the root of the repository.
    pub(crate) path: String,
    /// Whether the whole file is there for tests alone.
    pub(crate) is_test: bool,
    /// Without comments and, in a product file, without its tests.
    pub(crate) code: String,
    /// The same with the insides of strings blanked; their quotes stay.
    pub(crate) bare: String,
    /// The tests alone, strings in place.
    pub(crate) tests: String,
}

/// A function with a body.
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: String,
    /// From `fn` to the opening brace.
    pub(crate) signature: Range<usize>,
    /// From `fn` to the closing brace.
    pub(crate) whole: Range<usize>,
}

impl Source {
    /// `path:line` of a byte.
    pub(crate) fn place(&self, at: usize) -> String {
        format!("{}:{}", self.path, line_of(&self.code, at))
    }

    /// The path inside the portal's `src`, if it is part of the product.
    pub(crate) fn in_portal(&self) -> Option<&str> {
        self.path.strip_prefix("crates/linekey/src/").filter(|_| !self.is_test)
    }

    /// Every place of `word` as a whole word of code.
    pub(crate) fn words<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        let is_part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let bytes = self.bare.as_bytes();
        self.bare.match_indices(word).map(|(at, _)| at).filter(move |at| {
            !is_part(at.checked_sub(1).and_then(|before| bytes.get(before))) && !is_part(bytes.get(at + word.len()))
        })
    }

    /// The functions that have a body, in order. One inside another comes too.
    pub(crate) fn functions(&self) -> Vec<Function> {
        self.words("fn").filter_map(|at| self.function(at)).collect()
    }

    fn function(&self, at: usize) -> Option<Function> {
        let after = self.bare[at + 2..].trim_start();
        let name: String = after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let mut depth = 0_i32;
        let opening = self.bare[at..].char_indices().find(|(_, c)| {
            match c {
                '(' | '[' => depth += 1,
                ')' | ']' => depth -= 1,
                _ => {}
            }
            depth == 0 && matches!(c, '{' | ';')
        });
        let (offset, found) = opening?;
        if name.is_empty() || found == ';' {
            return None;
        }
        let open = at + offset;
        Some(Function {
            name,
            signature: at..open,
            whole: at..closing(&self.bare, open),
        })
    }

    /// The string literals: their places, and what is between the quotes.
    pub(crate) fn strings(&self) -> Vec<(usize, &str)> {
        let quotes: Vec<usize> = self.bare.match_indices('"').map(|(at, _)| at).collect();
        quotes
            .chunks_exact(2)
            .map(|pair| (pair[0], &self.code[pair[0] + 1..pair[1]]))
            .collect()
    }

    /// The string literal that begins at or right after `at`, if one does.
    pub(crate) fn string_at(&self, at: usize) -> Option<(usize, &str)> {
        let rest = &self.bare[at..];
        let blank = rest.len() - rest.trim_start().len();
        let prefix = rest[blank..]
            .bytes()
            .take_while(|byte| matches!(byte, b'r' | b'#'))
            .count();
        let start = at + blank + prefix;
        let end = self.bare.get(start..)?.strip_prefix('"')?.find('"')?;
        Some((start, &self.code[start + 1..start + 1 + end]))
    }
}

/// Every Rust source of the repository, read once.
pub(crate) fn sources() -> &'static [Source] {
    static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| {
        let files = tree::files_ending(&[".rs"]);
        let for_tests: HashSet<String> = files.iter().flat_map(test_modules).collect();
        files.iter().map(|file| source(file, &for_tests)).collect()
    });
    &SOURCES
}

/// The sources of the portal that are part of the product.
pub(crate) fn portal() -> Vec<&'static Source> {
    sources().iter().filter(|source| source.in_portal().is_some()).collect()
}

/// `text` without comments and the insides of strings, tests included.
pub(crate) fn bare(text: &str) -> String {
    views(text).1
}

fn source(file: &File, for_tests: &HashSet<String>) -> Source {
    let (code, bare) = views(&file.text);
    let is_test = file.path.contains("/tests/")
        || file.path.ends_with("/tests.rs")
        || file.path.ends_with("_tests.rs")
        || for_tests.contains(&file.path)
        || file
            .path
            .match_indices('/')
            .any(|(at, _)| for_tests.contains(&format!("{}/mod.rs", &file.path[..at])));
    let path = file.path.clone();
    if is_test {
        return Source {
            path,
            is_test,
            tests: code.clone(),
            code,
            bare,
        };
    }
    let mut product = (code.clone().into_bytes(), bare.clone().into_bytes());
    let mut tests = vec![b' '; code.len()];
    for range in test_items(&bare) {
        for at in range {
            tests[at] = code.as_bytes()[at];
            if product.1[at] != b'\n' {
                (product.0[at], product.1[at]) = (b' ', b' ');
            }
        }
    }
    let text = |bytes| String::from_utf8(bytes).expect("whole items were moved");
    Source {
        path,
        is_test,
        code: text(product.0),
        bare: text(product.1),
        tests: text(tests),
    }
}

/// Each `#[cfg(test)]` or `#[cfg(all(test, ..))]` with the item behind it.
fn test_items(bare: &str) -> Vec<Range<usize>> {
    let marks = ["#[cfg(test)]", "#[cfg(all(test,"]
        .into_iter()
        .flat_map(|mark| bare.match_indices(mark));
    let item = |(start, _): (usize, &str)| {
        let after = start + bare[start..].find(']')?;
        let end = after + bare[after..].find(['{', ';'])?;
        Some(
            start..if bare[end..].starts_with('{') {
                closing(bare, end)
            } else {
                end + 1
            },
        )
    };
    marks.filter_map(item).collect()
}

/// The files of the modules that `file` declares under `#[cfg(test)]`.
fn test_modules(file: &File) -> Vec<String> {
    let (code, bare) = views(&file.text);
    let (folder, name) = file.path.rsplit_once('/').unwrap_or_default();
    let stem = name.trim_end_matches(".rs");
    let inside = match stem {
        "mod" | "lib" | "main" => folder.to_owned(),
        _ => format!("{folder}/{stem}"),
    };
    let mut modules = Vec::new();
    for range in test_items(&bare) {
        let item = &code[range];
        if let Some((_, named)) = item.split_once("#[path = \"") {
            modules.push(format!("{folder}/{}", named.split('"').next().unwrap_or_default()));
        } else if let Some((_, declared)) = item.split_once("mod ")
            && let Some(module) = declared.strip_suffix(';')
        {
            modules.push(format!("{inside}/{module}.rs"));
            modules.push(format!("{inside}/{module}/mod.rs"));
        }
    }
    modules
}

/// Behind the brace that closes the one at `open`.
fn closing(bare: &str, open: usize) -> usize {
    let mut depth = 0_i32;
    for (offset, byte) in bare.as_bytes()[open..].iter().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return open + offset + 1;
        }
    }
    bare.len()
}

/// `text` without comments, and also without the insides of strings and characters.
fn views(text: &str) -> (String, String) {
    let (mut code, mut bare) = (text.as_bytes().to_vec(), text.as_bytes().to_vec());
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let mut end = at + rest.chars().next().map_or(1, char::len_utf8);
        if rest.starts_with("//") {
            end = at + rest.find('\n').unwrap_or(rest.len());
            blank(&mut code, at..end);
            blank(&mut bare, at..end);
        } else if rest.starts_with("/*") {
            end = at + rest.find("*/").map_or(rest.len(), |length| length + 2);
            blank(&mut code, at..end);
            blank(&mut bare, at..end);
        } else if rest.starts_with('"') {
            end = at + quoted(rest);
            blank(&mut bare, at + 1..end.saturating_sub(1));
        } else if let Some(hashes) = raw_string(text, at) {
            let close = format!("\"{}", "#".repeat(hashes));
            let inside = at + 2 + hashes;
            let length = text[inside..].find(&close).unwrap_or(text.len() - inside);
            blank(&mut bare, inside..inside + length);
            end = inside + length + close.len();
        } else if rest.starts_with('\'') {
            end = at + character(rest);
            blank(&mut bare, at..end);
        }
        at = end;
    }
    let text = |bytes| String::from_utf8(bytes).expect("whole characters were blanked");
    (text(code), text(bare))
}

fn blank(bytes: &mut [u8], range: Range<usize>) {
    for byte in bytes[range].iter_mut().filter(|byte| **byte != b'\n') {
        *byte = b' ';
    }
}

/// The length of a string literal with its quotes.
fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// How many `#` a raw string that begins at `at` has.
fn raw_string(text: &str, at: usize) -> Option<usize> {
    let before = at.checked_sub(1).map(|before| text.as_bytes()[before]);
    if before.is_some_and(|byte| byte.is_ascii_alphanumeric() && byte != b'b' || byte == b'_') {
        return None;
    }
    let rest = text[at..].strip_prefix('r')?;
    let hashes = rest.bytes().take_while(|byte| *byte == b'#').count();
    rest[hashes..].starts_with('"').then_some(hashes)
}

/// The length of a character literal, or of the tick of a lifetime.
fn character(rest: &str) -> usize {
    let inside = &rest[1..];
    if inside.starts_with('\\') {
        return inside[2..].find('\'').map_or(1, |length| length + 4);
    }
    let length = inside.chars().next().map_or(0, char::len_utf8);
    if inside[length..].starts_with('\'') {
        length + 2
    } else {
        1
    }
}

#[test]
fn comments_strings_and_characters_are_told_apart() {
    let (code, bare) = views("a(\"x // \\\" y\", '\"', '{', 'b'); // c\n/* d */ e::<'f>(r#\"g \" h\"#)");
    assert_eq!(
        code,
        "a(\"x // \\\" y\", '\"', '{', 'b');     \n        e::<'f>(r#\"g \" h\"#)"
    );
    assert_eq!(
        bare,
        "a(\"         \",    ,    ,    );     \n        e::< f>(r#\"     \"#)"
    );
}
