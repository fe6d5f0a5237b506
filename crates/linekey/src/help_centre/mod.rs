//! The help centre: articles that anybody can read, and what their readers make of them.

pub mod feedback;
pub mod pages;

use crate::app::App;

/// The articles that there are, by category and name.
const ARTICLES: [(&str, &str); 13] = [
    ("passwords", "change-your-password"),
    ("passwords", "reset-your-password"),
    ("passwords", "choose-a-strong-password"),
    ("passwords", "set-a-password-for-someone-else"),
    ("passwords", "sessions-and-this-wasnt-me"),
    ("passwords", "the-mail-did-not-arrive"),
    ("phones", "your-phones"),
    ("phones", "why-phones-stay-connected"),
    ("engineers", "install"),
    ("engineers", "connect-kamailio"),
    ("engineers", "connect-freeswitch-or-asterisk"),
    ("engineers", "back-up"),
    ("engineers", "configuration"),
];

/// Whether there is such an article.
pub fn exists(_: &App, category: &str, article: &str) -> bool {
    ARTICLES.contains(&(category, article))
}

/// What an article is called; `None` if it is gone.
pub fn title(app: &App, category: &str, article: &str) -> Option<String> {
    exists(app, category, article).then(|| article.replace('-', " "))
}
