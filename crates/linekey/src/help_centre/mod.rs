//! The help centre: articles in Markdown that come with the product, and those of the provider.
//!
//! Owns reading, checking and rendering them, the search, and what an article says of this portal (its rules, its name,
//! its settings), and what readers make of them (`feedback`), which alone is in the database. Does not own those facts:
//! each is asked of the feature that has it.

pub mod articles;
pub mod feedback;
pub mod near;
pub mod pages;
pub mod search;
pub mod shelf;
pub mod structured;
pub mod values;

#[cfg(all(test, feature = "outside"))]
mod browser_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod own_folder_tests;
#[cfg(all(test, feature = "outside"))]
mod pictures_tests;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

use crate::app::App;

/// Whether there is such an article.
pub fn exists(app: &App, category: &str, article: &str) -> bool {
    app.help.library().article(category, article).is_some()
}

/// What an article is called; `None` if it is gone.
pub fn title(app: &App, category: &str, article: &str) -> Option<String> {
    let library = app.help.library();
    library.article(category, article).map(|article| article.title.clone())
}
