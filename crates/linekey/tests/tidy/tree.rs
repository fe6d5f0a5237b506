//! The files of the repository.

use std::path::{Path, PathBuf};

/// A text file.
pub(crate) struct File {
    /// From the root, `crates/linekey/src/lib.rs`.
    pub(crate) path: String,
    /// All of it.
    pub(crate) text: String,
}

impl File {
    /// The name without folders.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every text file, sorted by path; what is built or downloaded, and what only one machine has, aside.
pub(crate) fn files() -> Vec<File> {
    let mut files = Vec::new();
    walk(&root(), "", &mut files);
    files.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(
        files.len() > 50,
        "only {} files were found: is {} the repository?",
        files.len(),
        root().display()
    );
    files
}

/// The files whose names end in one of `ends`.
pub(crate) fn files_ending(ends: &[&str]) -> Vec<File> {
    files()
        .into_iter()
        .filter(|file| ends.iter().any(|end| file.path.ends_with(end)))
        .collect()
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<File>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let entry = entry.expect("a readable entry");
        let name = entry.file_name().into_string().expect("file names are UTF-8");
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().expect("a file or a folder");
        if kind.is_dir() && !["target", "node_modules", ".git", ".idea", ".vscode"].contains(&name.as_str()) {
            walk(&entry.path(), &format!("{path}/"), files);
        } else if kind.is_file()
            && let Ok(text) = std::fs::read_to_string(entry.path())
        {
            files.push(File { path, text });
        }
    }
}

/// The line of a byte, counted from 1.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1
}
