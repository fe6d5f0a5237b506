//! What the help centre holds at the moment: read at the first question, and again when the server is told to.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use super::articles::Library;
use crate::config::Config;

/// The articles of one portal.
#[derive(Debug)]
pub struct Shelf {
    own: Option<PathBuf>,
    held: RwLock<Option<Arc<Library>>>,
}

impl Shelf {
    /// Nothing is read yet.
    pub fn of(config: &Config) -> Self {
        Self {
            own: config.help.own().map(ToOwned::to_owned),
            held: RwLock::default(),
        }
    }

    /// What there is. Whoever has it keeps it as it is.
    pub fn library(&self) -> Arc<Library> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner).clone();
        held.unwrap_or_else(|| self.read_again())
    }

    /// Reads everything anew. While the provider's folder cannot be read, what was there before stays, or else what comes
    /// with the product; the log says so, and what is wrong with which article.
    pub fn read_again(&self) -> Arc<Library> {
        let read = Library::read(self.own.as_deref());
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        let library = match read {
            Ok(library) => {
                for problem in &library.problems {
                    tracing::warn!(file = problem.file, line = problem.line, what = problem.what, "help");
                }
                Arc::new(library)
            }
            Err(error) => {
                let folder = self.own.as_ref().map(|own| own.display().to_string());
                tracing::error!(folder, cause = %error, "the help folder cannot be read: the articles stay as they were");
                held.take().unwrap_or_else(|| Arc::new(Library::embedded()))
            }
        };
        *held = Some(library.clone());
        library
    }
}
