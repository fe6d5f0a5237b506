//! Templates hold no words: every sentence comes from the messages, so that every language has all of them.

use super::none_breaks;
use super::tree::{File, files_ending, line_of};

/// Stands where an expression, a statement or a comment of the template was.
const PLACEHOLDER: char = '\u{fffc}';
/// Attributes that people see or hear.
const READ_ALOUD: [&str; 8] = [
    "title",
    "alt",
    "placeholder",
    "label",
    "aria-label",
    "aria-description",
    "aria-roledescription",
    "aria-valuetext",
];

/// Blocks and macros whose text ends up inside a tag, as the value of `class` or as an attribute.
const INSIDE_A_TAG: [(&str, &str); 3] = [
    ("block shape ", "endblock"),
    ("macro invalid(", "endmacro"),
    ("macro focus(", "endmacro"),
];

/// Every template of the portal.
pub(crate) fn templates() -> Vec<File> {
    let files = files_ending(&[".html", ".txt"]).into_iter();
    let is_template = |file: &File| {
        file.path.starts_with("crates/linekey/src/") && (file.path.ends_with(".html") || file.text.contains("{{"))
    };
    files.filter(is_template).collect()
}

/// `text` with each `{{ }}`, `{% %}` and `{# #}` replaced by one placeholder and the line breaks it held.
fn without_askama(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let tag = rest[at..].trim_start_matches(['{', '%', '-']).trim_start();
        let inside = INSIDE_A_TAG.iter().find(|(start, _)| tag.starts_with(start));
        let close = match (inside, rest.as_bytes().get(at + 1)) {
            (Some((_, end)), _) => end,
            (None, Some(b'{')) => "}}",
            (None, Some(b'%')) => "%}",
            (None, Some(b'#')) => "#}",
            _ => {
                plain.push_str(&rest[..=at]);
                rest = &rest[at + 1..];
                continue;
            }
        };
        let mut end = rest[at..].find(close).map_or(rest.len(), |end| at + end + close.len());
        if inside.is_some() {
            end += rest[end..].find("%}").map_or(0, |more| more + 2);
        }
        plain.push_str(&rest[..at]);
        plain.push(PLACEHOLDER);
        plain.extend(rest[at..end].chars().filter(|c| *c == '\n'));
        rest = &rest[end..];
    }
    plain + rest
}

/// The text between tags, and the values of the attributes that are read aloud, each with its place.
fn said(plain: &str) -> Vec<(usize, &str)> {
    let mut said = Vec::new();
    let mut at = 0;
    while let Some(open) = plain[at..].find('<').map(|offset| at + offset) {
        said.push((at, &plain[at..open]));
        let close = tag_end(plain, open);
        for name in READ_ALOUD {
            let found = plain[open..close].match_indices(name).map(|(offset, _)| open + offset);
            for start in found.filter(|start| plain[..*start].ends_with(char::is_whitespace)) {
                if let Some(value) = plain[start + name.len()..close].strip_prefix("=\"") {
                    said.push((start, value.split('"').next().unwrap_or_default()));
                }
            }
        }
        at = close;
    }
    said.push((at, &plain[at..]));
    said
}

/// Behind the `>` that ends the tag at `open`; one inside a quoted value does not.
fn tag_end(plain: &str, open: usize) -> usize {
    let mut in_quotes = false;
    for (offset, c) in plain[open..].char_indices() {
        match c {
            '"' => in_quotes = !in_quotes,
            '>' if !in_quotes => return open + offset + 1,
            _ => {}
        }
    }
    plain.len()
}

#[test]
fn templates_hold_no_words() {
    let mut places = Vec::new();
    for file in templates() {
        let plain = without_askama(&file.text);
        for (at, text) in said(&plain)
            .into_iter()
            .filter(|(_, text)| text.contains(char::is_alphanumeric))
        {
            let at = at + text.find(char::is_alphanumeric).unwrap_or_default();
            places.push(format!(
                "{}:{}: {}",
                file.path,
                line_of(&plain, at.min(plain.len())),
                text.trim()
            ));
        }
    }
    none_breaks(
        "words belong into locales/, templates ask for them by their key:",
        places,
    );
}

#[test]
fn words_in_a_template_are_found() {
    let words = |text: &str| -> Vec<String> {
        let plain = without_askama(text);
        let said = said(&plain).into_iter().map(|(_, text)| text.trim().to_owned());
        said.filter(|text| text.contains(char::is_alphanumeric)).collect()
    };
    assert_eq!(
        words("<p class=\"x\" title=\"A > b\">{{ say(\"c\") }} &middot;</p> d"),
        ["A > b", "\u{fffc} &middot;", "d"]
    );
    assert!(
        words("{# a #}<a title=\"{{ b.replace(\" UTC\", \"Z\") }}\"{% if c %} open{% endif %}>{{ d }}, </a>")
            .is_empty()
    );
}
