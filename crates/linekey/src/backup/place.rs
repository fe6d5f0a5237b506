//! Where files are: names beside a name, and the exchange of one database for another.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::new_file::NewFile;

/// What SQLite may leave beside a file.
const SIDES: [&str; 3] = ["-wal", "-shm", "-journal"];

/// `path` with `end` behind its name.
pub(super) fn beside(path: &Path, end: impl AsRef<OsStr>) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(end);
    name.into()
}

/// Whether anything has that name, if only a link that leads nowhere.
pub(super) fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Whether both names lead to one file.
pub(super) fn same(one: &Path, other: &Path) -> bool {
    match (fs::canonicalize(one), fs::canonicalize(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// What is there of a database: the file, or what SQLite left beside it.
pub(super) fn parts(database: &Path) -> Vec<PathBuf> {
    let sides = sides(database);
    let file = is_there(database).then(|| database.to_owned());
    file.into_iter().chain(sides).collect()
}

/// What SQLite left beside a file.
pub(super) fn sides(database: &Path) -> Vec<PathBuf> {
    let names = SIDES.into_iter().map(|end| beside(database, end));
    names.filter(|path| is_there(path)).collect()
}

/// Removes what SQLite left beside a file that is of no use any more.
pub(super) fn remove_sides(database: &Path) -> io::Result<()> {
    sides(database).iter().try_for_each(fs::remove_file)
}

/// Moves what SQLite left beside a damaged file to where that file will be.
fn move_sides(database: &Path, aside: &Path) -> io::Result<()> {
    for end in SIDES {
        let side = beside(database, end);
        if is_there(&side) {
            fs::rename(side, beside(aside, end))?;
        }
    }
    Ok(())
}

/// Puts `new` in the place of `database`, which keeps the name `aside` from then on, if there is one. At no moment is
/// there neither: whoever dies here leaves the old one or the new one. A log that is left beside the old one would be
/// taken for the new one's, so it goes before.
pub(super) fn exchange(new: NewFile, database: &Path, aside: &Path) -> io::Result<()> {
    move_sides(database, aside)?;
    if is_there(database) {
        fs::hard_link(database, aside)?;
    }
    new.replace(database)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::new_file::write_new;
    use crate::testing::Folder;

    fn read(path: &Path) -> String {
        fs::read_to_string(path).expect("a file")
    }

    #[test]
    fn an_exchange_that_cannot_put_the_old_one_aside_leaves_it_where_it_is() {
        let folder = Folder::new();
        let at = |name: &str| folder.path().join(name);
        let (database, aside) = (at("linekey.db"), at("aside"));
        write_new(&database, b"old").expect("ours");
        write_new(&aside, b"somebody's").expect("ours");
        let new = |name: &str| {
            let mut file = NewFile::create(&at(name)).expect("ours");
            file.write(b"new").expect("ours");
            file
        };
        assert!(exchange(new("1"), &database, &aside).is_err());
        assert_eq!(
            (read(&database), read(&aside)),
            ("old".to_owned(), "somebody's".to_owned())
        );
        assert!(!at("1").exists(), "and the new one goes");

        fs::remove_file(&aside).expect("ours");
        write_new(&beside(&database, "-wal"), b"its log").expect("ours");
        exchange(new("2"), &database, &aside).expect("room");
        assert_eq!((read(&database), read(&aside)), ("new".to_owned(), "old".to_owned()));
        assert_eq!(read(&beside(&aside, "-wal")), "its log", "beside the one it belongs to");
        assert!(sides(&database).is_empty());
    }
}
