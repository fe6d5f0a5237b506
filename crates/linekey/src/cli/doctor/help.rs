//! The help centre: how many articles there are, and which could not be shown.

use super::Check;
use crate::config::Config;
use crate::help_centre::articles::Library;

const NAME: &str = "help";
/// The most files that are named one by one.
const MOST: usize = 20;

pub(super) fn articles(config: &Config) -> Vec<Check> {
    let own = config.help.own();
    let library = match Library::read(own) {
        Ok(library) => library,
        Err(error) => {
            let folder = own.unwrap_or(std::path::Path::new("")).display();
            let what_to_do = "make it readable, or correct help.folder; a server that runs goes on with what it had";
            return vec![Check::failed(NAME, format!("{folder}: {error}"), what_to_do)];
        }
    };
    let (all, theirs) = (
        library.articles().count(),
        library.articles().filter(|article| article.own).count(),
    );
    let found = match own {
        Some(folder) => format!("{all} articles, {theirs} of them from {}", folder.display()),
        None => format!("{all} articles"),
    };
    let mut checks = vec![Check::ok(NAME, found)];
    let wrong = library.problems.iter().take(MOST).map(ToString::to_string);
    checks.extend(wrong.map(|wrong| Check::warning(NAME, wrong, "correct it, then `kill -HUP` the server")));
    if library.problems.len() > MOST {
        let more = library.problems.len() - MOST;
        checks.push(Check::warning(
            NAME,
            format!("{more} more like these"),
            "correct these first",
        ));
    }
    checks
}
