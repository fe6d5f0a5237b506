//! `[help]`: the provider's own part of the help centre.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// `[help]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Help {
    /// A folder of articles that are added to ours, or stand in the place of some; empty for none.
    pub folder: PathBuf,
}

impl Help {
    /// The folder, if there is one.
    pub fn own(&self) -> Option<&Path> {
        (!self.folder.as_os_str().is_empty()).then_some(&*self.folder)
    }

    /// A relative path begins at the folder of the settings.
    pub(super) fn begin_at(&mut self, folder: &Path) {
        if self.own().is_some() {
            self.folder = folder.join(&self.folder);
        }
    }
}
