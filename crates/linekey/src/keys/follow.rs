//! Reads the key file again when a command has changed it: a key that is used or gone is known before it matters.

use std::fs::{self, Metadata};
use std::sync::Arc;
use std::time::SystemTime;

use super::Keys;

/// What is known of the key file by whoever reads it again and again.
#[derive(Debug)]
pub struct Follower {
    keys: Arc<Keys>,
    /// The file that was read last.
    seen: Option<Version>,
    /// Why it could not be read the last time.
    told: Option<String>,
}

/// When a file was written, and which file it is: two that were written one right after the other have one time.
type Version = (SystemTime, u64);

fn version(file: &Metadata) -> Option<Version> {
    #[cfg(unix)]
    let which = std::os::unix::fs::MetadataExt::ino(file);
    #[cfg(not(unix))]
    let which = file.len();
    Some((file.modified().ok()?, which))
}

/// What reading the file has shown.
#[derive(Debug, PartialEq, Eq)]
pub enum News {
    /// The keys are those of the file.
    Read,
    /// The keys stay as they were, for a reason that was not told yet.
    Refused(String),
}

impl Follower {
    /// Follows the file of `keys`.
    pub fn of(keys: &Arc<Keys>) -> Self {
        Self {
            keys: Arc::clone(keys),
            seen: None,
            told: None,
        }
    }

    /// Reads the file if it has changed since it was read. One that could not be read is tried again every time: it may
    /// have got another owner or mode, which leaves no trace in its time.
    pub fn look(&mut self) -> Option<News> {
        let version = version(&fs::metadata(self.keys.path()).ok()?)?;
        if self.seen == Some(version) {
            return None;
        }
        let told = self.told.take();
        let news = self.read();
        let is_news = match &news {
            // The first time it is what the portal was opened with.
            News::Read => self.seen.replace(version).is_some() || told.is_some(),
            News::Refused(why) => told.as_ref() != Some(why),
        };
        is_news.then_some(news)
    }

    /// Reads the file, changed or not.
    pub fn read(&mut self) -> News {
        match self.keys.reload() {
            Ok(()) => {
                self.told = None;
                News::Read
            }
            Err(error) => {
                let why = format!("{error:#}");
                self.told = Some(why.clone());
                News::Refused(why)
            }
        }
    }

    /// Says in the log what there is to say.
    pub fn log(&self, news: &News) {
        match news {
            News::Read => tracing::info!(keys = ?self.keys.ids(), "read the key file again"),
            News::Refused(cause) => tracing::error!(cause, "the keys stay as they were"),
        }
    }
}
