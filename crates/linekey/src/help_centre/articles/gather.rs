//! The files of the help centre: those in the program, and those in the provider's folder.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::{self, DirEntry};
use std::io::{self, Read};
use std::path::Path;

use include_dir::{Dir, DirEntry as Part, include_dir};
use rustix::fs::{Mode, OFlags};

use super::{Problem, is_name};

/// What comes with the product.
static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../help");
/// The largest file that is read, in bytes: a picture of a megabyte is too much for a phone already.
const LARGEST: u64 = 1 << 20;
/// The most files that are read of a provider's folder.
const MOST: usize = 2_000;
/// Bytes of it after which no further file is read.
const MOST_BYTES: usize = 64 << 20;
/// What an address below `/help` needs for itself.
const TAKEN: [&str; 1] = ["search"];

/// One file.
#[derive(Clone, Debug)]
pub struct File {
    /// All of it.
    pub bytes: Cow<'static, [u8]>,
    /// What people are told it is: a path.
    pub shown: String,
}

/// Files by their path from the help folder, `passwords/change-your-password.md`.
pub type Files = BTreeMap<String, File>;

/// The files that come with the product.
pub fn embedded() -> Files {
    let mut files = Files::new();
    for category in EMBEDDED.entries().iter().filter_map(Part::as_dir) {
        for file in category.entries().iter().filter_map(Part::as_file) {
            let path = file.path().to_string_lossy().replace('\\', "/");
            let shown = format!("help/{path}");
            let bytes = Cow::Borrowed(file.contents());
            files.insert(path, File { bytes, shown });
        }
    }
    files
}

/// The files in `folder`, and what is wrong with those that are left out.
///
/// # Errors
/// When the folder itself cannot be read.
pub fn of_folder(folder: &Path) -> io::Result<(Files, Vec<Problem>)> {
    let mut gathered = Gathered::default();
    for entry in sorted(folder)? {
        let kind = entry.file_type()?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || kind.is_file() && name.to_lowercase().starts_with("readme") {
            continue;
        }
        if kind.is_symlink() {
            gathered.leave_out(&entry, "a symbolic link, which is not followed");
        } else if !kind.is_dir() {
            gathered.leave_out(&entry, "it is in no category: articles are CATEGORY/ARTICLE.md");
        } else if !is_name(&name) || TAKEN.contains(&name.as_str()) {
            gathered.leave_out(
                &entry,
                "no name of a category: a-z, 0-9 and - are allowed, and not \"search\"",
            );
        } else {
            gathered.category(&entry, &name);
        }
    }
    Ok((gathered.files, gathered.problems))
}

#[derive(Default)]
struct Gathered {
    files: Files,
    bytes: usize,
    problems: Vec<Problem>,
}

impl Gathered {
    fn leave_out(&mut self, entry: &DirEntry, why: &str) {
        self.problems.push(Problem {
            file: entry.path().display().to_string(),
            line: None,
            what: why.to_owned(),
        });
    }

    fn category(&mut self, category: &DirEntry, name: &str) {
        let entries = match sorted(&category.path()) {
            Ok(entries) => entries,
            Err(error) => return self.leave_out(category, &error.to_string()),
        };
        for entry in entries {
            let file = entry.file_name().to_string_lossy().into_owned();
            if file.starts_with('.') {
                continue;
            }
            match entry.file_type() {
                Ok(kind) if kind.is_symlink() => self.leave_out(&entry, "a symbolic link, which is not followed"),
                Ok(kind) if !kind.is_file() => self.leave_out(&entry, "no file: a category has no folders"),
                Ok(_) if self.files.len() >= MOST => self.leave_out(&entry, "more files than are read"),
                Ok(_) if self.bytes >= MOST_BYTES => self.leave_out(&entry, "more than 64 MB in all"),
                Ok(_) => match read(&entry.path()) {
                    Ok(bytes) => {
                        self.bytes += bytes.len();
                        let (bytes, shown) = (Cow::Owned(bytes), entry.path().display().to_string());
                        self.files.insert(format!("{name}/{file}"), File { bytes, shown });
                    }
                    Err(error) => self.leave_out(&entry, &error.to_string()),
                },
                Err(error) => self.leave_out(&entry, &error.to_string()),
            }
        }
    }
}

fn sorted(folder: &Path) -> io::Result<Vec<DirEntry>> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(DirEntry::file_name);
    Ok(entries)
}

/// A file that is one, even if a link was put into its place a moment ago.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = fs::File::from(rustix::fs::open(path, flags, Mode::empty())?);
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(io::Error::other("no file"));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::other("larger than a megabyte"));
    }
    Ok(bytes)
}
