//! The folder transport: each mail becomes two files, `<id>.eml` (RFC 5322) and `<id>.json` (a [`Letter`]).
//!
//! Ids are UUIDv7, so that names sort by time. A file appears whole or not at all, under the same name however often
//! it is written. What another program does with the files, and when they go, is not its business.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use tokio::fs;
use tokio::io::AsyncWriteExt;

use super::Letter;

/// A folder that mails are put into.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder at `path`, made (for this user alone) if it is not there, after a first file proved that it takes
    /// files.
    ///
    /// # Errors
    /// When it cannot be made or written to, or everybody could write there.
    pub(super) async fn open(path: &Path) -> io::Result<Self> {
        let folder = Self::at(path);
        folder.make().await?;
        #[cfg(unix)]
        if std::os::unix::fs::MetadataExt::mode(&fs::metadata(path).await?) & 0o002 != 0 {
            return Err(io::Error::other("everybody may write there; chmod o-w it"));
        }
        // Another portal may try the same folder at this moment.
        let probe = path.join(format!(".probe-{}", std::process::id()));
        write(&probe, b"").await?;
        fs::remove_file(&probe).await?;
        Ok(folder)
    }

    /// The folder at `path`, which may not be there yet.
    pub(super) fn at(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Puts a mail there. On return it survives a loss of power.
    pub(super) async fn put(&self, letter: &Letter, message: &[u8]) -> io::Result<()> {
        self.make().await?;
        let json = serde_json::to_vec_pretty(letter)?;
        // The letter last: what lists the folder by it then finds both.
        for (kind, bytes) in [("eml", message), ("json", &json)] {
            let unfinished = self.path.join(format!(".{}.{kind}", letter.id));
            write(&unfinished, bytes).await?;
            fs::rename(&unfinished, self.file(&letter.id, kind)).await?;
        }
        #[cfg(unix)]
        fs::File::open(&self.path).await?.sync_all().await?;
        Ok(())
    }

    /// Whether the message of this letter is there, whole: another program may have taken it on.
    pub(super) fn has_message(&self, id: &str) -> bool {
        self.file(id, "eml").exists()
    }

    /// The newest letters, at most `most`, newest first.
    pub(super) async fn newest(&self, most: usize) -> io::Result<Vec<Letter>> {
        let mut ids = Vec::new();
        let mut entries = match fs::read_dir(&self.path).await {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        while let Some(entry) = entries.next_entry().await? {
            let name = entry.file_name();
            ids.extend(name.to_str().and_then(id_of_letter).map(str::to_owned));
        }
        ids.sort_unstable_by(|one, other| other.cmp(one));
        let mut letters = Vec::new();
        for id in ids.into_iter().take(most) {
            letters.extend(self.letter(&id).await?);
        }
        Ok(letters)
    }

    /// One letter, if it is there.
    pub(super) async fn letter(&self, id: &str) -> io::Result<Option<Letter>> {
        // An id that came in an address must not lead out of the folder.
        if uuid::Uuid::try_parse(id).is_err() {
            return Ok(None);
        }
        match fs::read(self.file(id, "json")).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            bytes => Ok(Some(serde_json::from_slice(&bytes?)?)),
        }
    }

    fn file(&self, id: &str, kind: &str) -> PathBuf {
        self.path.join(format!("{id}.{kind}"))
    }

    async fn make(&self) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        builder.mode(0o700);
        builder.create(&self.path).await
    }
}

/// The id in the name of a letter's file; nothing for files of others and unfinished ones.
fn id_of_letter(name: &str) -> Option<&str> {
    name.strip_suffix(".json")
        .filter(|id| uuid::Uuid::try_parse(id).is_ok())
}

/// Writes a file for this user alone, and waits until the disk has it. In place of what a dead worker left under that
/// name, and never through a link that somebody else put there.
async fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::remove_file(path).await {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    let mut file = options.open(path).await?;
    file.write_all(bytes).await?;
    file.sync_all().await
}
