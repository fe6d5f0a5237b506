//! Front matter: the TOML between two lines of `+++` that an article and a category begin with.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Wrong, is_name};

/// The line above and below.
const FENCE: &str = "+++";
/// The most characters of a title, as lists have room for it.
const LONGEST_TITLE: usize = 90;
/// The most characters of a summary: search engines show no more.
const LONGEST_SUMMARY: usize = 300;

/// Whom an article is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// Whoever has a phone.
    #[default]
    Everyone,
    /// Who administers an account.
    Administrators,
    /// Who runs the servers.
    Engineers,
}

/// Who is signed in where a step is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Who {
    /// Nobody.
    Nobody,
    /// A user.
    User,
    /// An administrator.
    Administrator,
    /// One of the provider's staff.
    Operator,
}

/// Where a step is done, as its picture shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Step {
    /// The page, `/account/settings`; none for a picture that is not of the portal.
    pub page: Option<String>,
    /// Who is signed in.
    #[serde(rename = "as")]
    pub who: Option<Who>,
    /// CSS selectors of what is clicked first, in this order.
    pub open: Vec<String>,
    /// The CSS selector of the control that the step names.
    pub control: Option<String>,
}

/// Front matter of an article.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfArticle {
    /// The name of the article.
    pub title: String,
    /// One sentence.
    pub summary: String,
    /// Smaller numbers come first.
    pub order: u32,
    /// Whom it is for.
    #[serde(default)]
    pub audience: Audience,
    /// What people look for when they mean this article and it says it otherwise: for the search alone.
    #[serde(default)]
    pub search: Vec<String>,
    /// Articles to read next, as `category/article`.
    #[serde(default)]
    pub related: Vec<String>,
    /// The pictures that the text names.
    #[serde(default)]
    pub pictures: BTreeMap<String, Step>,
}

/// Front matter of a category's `index.md`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfCategory {
    /// The name of the category.
    pub title: String,
    /// One sentence.
    pub summary: String,
    /// Smaller numbers come first.
    pub order: u32,
}

/// A text without its front matter.
#[derive(Clone, Copy, Debug)]
pub struct Rest<'a> {
    /// What follows.
    pub text: &'a str,
    /// The number of its first line.
    pub line: usize,
}

/// An article's front matter and the rest.
///
/// # Errors
/// With the line and what is allowed.
pub fn of_article(text: &str) -> Result<(OfArticle, Rest<'_>), Wrong> {
    let (toml, rest) = split(text)?;
    let front: OfArticle = read(toml)?;
    words(toml, &front.title, &front.summary)?;
    let at = |key: &str, what: String| Wrong {
        line: line_of(toml, key),
        what,
    };
    for related in &front.related {
        let is_path = related
            .split_once('/')
            .is_some_and(|(category, article)| is_name(category) && is_name(article));
        if !is_path {
            let what = format!("related \"{related}\": CATEGORY/ARTICLE is wanted, without .md");
            return Err(at("related", what));
        }
    }
    for (name, step) in &front.pictures {
        let table = format!("[pictures.{name}]");
        if !is_name(name) {
            return Err(at(
                &table,
                format!("the picture \"{name}\": a-z, 0-9 and - are allowed"),
            ));
        }
        let is_local = |page: &String| page.starts_with('/') && !page.starts_with("//") && !page.contains('\\');
        match (&step.page, step.who, &step.control) {
            (Some(page), Some(_), Some(control)) if is_local(page) && !control.trim().is_empty() => {}
            (None, None, None) if step.open.is_empty() => {}
            _ => {
                let what = format!(
                    "the picture \"{name}\" needs page = \"/...\", as = \"nobody\", \"user\", \"administrator\" or \
                     \"operator\", and control = \"a CSS selector\"; one that is not of the portal has none of them"
                );
                return Err(at(&table, what));
            }
        }
    }
    Ok((front, rest))
}

/// A category's front matter and the rest.
///
/// # Errors
/// With the line and what is allowed.
pub fn of_category(text: &str) -> Result<(OfCategory, Rest<'_>), Wrong> {
    let (toml, rest) = split(text)?;
    let front: OfCategory = read(toml)?;
    words(toml, &front.title, &front.summary)?;
    Ok((front, rest))
}

fn split(text: &str) -> Result<(&str, Rest<'_>), Wrong> {
    let missing = |line| Wrong {
        line,
        what: format!("front matter is missing: TOML (title, summary, order) between two lines of {FENCE}"),
    };
    let begins = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (first, inside) = begins.split_once('\n').ok_or_else(|| missing(1))?;
    if first.trim_end() != FENCE {
        return Err(missing(1));
    }
    let mut at = 0;
    for (number, line) in inside.split_inclusive('\n').enumerate() {
        if line.trim_end() == FENCE {
            let rest = Rest {
                text: &inside[at + line.len()..],
                line: number + 3,
            };
            return Ok((&inside[..at], rest));
        }
        at += line.len();
    }
    Err(missing(1))
}

/// The first line of the TOML is the second one of the file.
fn read<T: DeserializeOwned>(toml: &str) -> Result<T, Wrong> {
    toml::from_str(toml).map_err(|error| {
        let before = error.span().and_then(|span| toml.get(..span.start)).unwrap_or_default();
        Wrong {
            line: before.matches('\n').count() + 2,
            what: error.message().to_owned(),
        }
    })
}

/// The line that begins with `start`, in the file.
fn line_of(toml: &str, start: &str) -> usize {
    toml.lines()
        .position(|line| line.trim_start().starts_with(start))
        .map_or(2, |at| at + 2)
}

/// Titles and summaries stand in lists, heads and mails: short, one line, and the same for everybody.
fn words(toml: &str, title: &str, summary: &str) -> Result<(), Wrong> {
    for (key, text, longest) in [("title", title, LONGEST_TITLE), ("summary", summary, LONGEST_SUMMARY)] {
        let wrong = |what: String| Wrong {
            line: line_of(toml, key),
            what,
        };
        if text.trim().is_empty() || text.chars().count() > longest || text.chars().any(char::is_control) {
            return Err(wrong(format!("{key}: 1 to {longest} characters in one line")));
        }
        if text.contains("{{") {
            return Err(wrong(format!(
                "{key}: live values such as {{{{portal-name}}}} stand in the text"
            )));
        }
    }
    Ok(())
}
