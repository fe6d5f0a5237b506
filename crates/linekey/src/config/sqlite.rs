//! The address of a SQLite file, `sqlite:PATH` or `sqlite://PATH`, with or without `?OPTIONS`: taken apart and put
//! together again.

use std::path::Path;

/// What stands before the path, the path as it is written, and what stands behind it.
fn parts(url: &str) -> Option<(&str, &str, &str)> {
    let rest = url.strip_prefix("sqlite:")?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let path = rest.split('?').next().filter(|path| !path.is_empty())?;
    let begins = url.len() - rest.len();
    Some((&url[..begins], path, &rest[path.len()..]))
}

/// The relative or absolute path in `sqlite:PATH`, as it is written; `None` for a server.
pub fn sqlite_file(url: &str) -> Option<&str> {
    parts(url).map(|(_, path, _)| path)
}

/// `url` with a relative path that begins at `folder`. What is no `sqlite:PATH` stays as it is.
pub(super) fn begin_at(url: &str, folder: &Path) -> String {
    match parts(url) {
        Some((before, path, behind)) => format!("{before}{}{behind}", folder.join(path).display()),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_path_begins_at_the_folder_whatever_it_is_called() {
        for (url, at_etc) in [
            ("sqlite:linekey.db", "sqlite:/etc/lk/linekey.db"),
            ("sqlite:sqlite", "sqlite:/etc/lk/sqlite"),
            ("sqlite:s", "sqlite:/etc/lk/s"),
            ("sqlite:sqlite:x", "sqlite:/etc/lk/sqlite:x"),
            ("sqlite://lite", "sqlite:///etc/lk/lite"),
            ("sqlite:data/linekey.db", "sqlite:/etc/lk/data/linekey.db"),
            ("sqlite:/srv/linekey.db", "sqlite:/srv/linekey.db"),
            ("sqlite:///srv/linekey.db", "sqlite:///srv/linekey.db"),
            ("sqlite:mode?mode=rwc", "sqlite:/etc/lk/mode?mode=rwc"),
            ("sqlite:", "sqlite:"),
            (
                "postgres://linekey@localhost/linekey",
                "postgres://linekey@localhost/linekey",
            ),
        ] {
            assert_eq!(begin_at(url, Path::new("/etc/lk")), at_etc);
            assert_eq!(begin_at(url, Path::new("")), url, "settings that are here");
        }
    }
}
