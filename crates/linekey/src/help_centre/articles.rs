//! Articles: what they are made of, and how they are read, checked and rendered.

pub mod front;
pub mod gather;
pub mod library;
pub mod picture;
pub mod render;

use std::collections::BTreeMap;
use std::fmt;

pub use front::{Audience, Step as PictureOf};
pub use library::Library;
pub use picture::{Picture, Scheme};
pub use render::{Question, Section, Step};

/// Where steps and pictures of a category are.
#[derive(Clone, Debug)]
pub struct Category {
    /// `passwords`, as the address has it.
    pub name: String,
    /// `Passwords and signing in`
    pub title: String,
    /// One sentence.
    pub summary: String,
    /// Smaller numbers come first.
    pub order: u32,
    /// In their order.
    pub articles: Vec<Article>,
}

/// One article, rendered but for its live values.
#[derive(Clone, Debug)]
pub struct Article {
    /// `passwords`
    pub category: String,
    /// `change-your-password`
    pub name: String,
    /// `Change your password`
    pub title: String,
    /// One sentence.
    pub summary: String,
    /// Smaller numbers come first.
    pub order: u32,
    /// Whom it is for.
    pub audience: Audience,
    /// What people look for when they mean this article, for the search alone.
    pub search: String,
    /// Articles to read next, `passwords/reset-your-password`; each exists.
    pub related: Vec<String>,
    /// What is shown on its pictures, by their names.
    pub pictures: BTreeMap<String, PictureOf>,
    /// The files of its pictures that there are, by name and scheme.
    pub files: BTreeMap<(String, Scheme), Picture>,
    /// What stands above the first section.
    pub intro: String,
    /// The same as text, for the search.
    pub opening: String,
    /// In their order.
    pub sections: Vec<Section>,
    /// Addresses within the portal that it links to, with their lines.
    pub links: Vec<(String, usize)>,
    /// Whether it is the provider's.
    pub own: bool,
}

impl Article {
    /// `/help/passwords/change-your-password`
    pub fn address(&self) -> String {
        format!("/help/{}/{}", self.category, self.name)
    }

    /// `passwords/change-your-password`
    pub fn path(&self) -> String {
        format!("{}/{}", self.category, self.name)
    }
}

/// What is wrong with a file of the help centre.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it is: a path, or `help/...` for what comes with the product.
    pub file: String,
    /// Counted from 1, where it is a matter of one line.
    pub line: Option<usize>,
    /// What is wrong, and what would be right.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}, line {line}: {}", self.file, self.what),
            None => write!(f, "{}: {}", self.file, self.what),
        }
    }
}

/// What is wrong in one line of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub what: String,
}

/// Whether something may be part of an address: `[a-z0-9-]+`.
pub fn is_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.len() <= 80 && text.bytes().all(is_part)
}
