//! What a browser calls itself, in two words. For the eye only: nothing is decided by it.

use crate::words::Words;

/// Longest User-Agent that is kept, in characters.
const LONGEST: usize = 300;

/// A User-Agent header as it is kept.
pub(super) fn kept(user_agent: &str) -> String {
    user_agent.chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

/// Whether it is a mobile phone's or a tablet's, which have a picture of their own.
pub(super) fn is_handheld(user_agent: &str) -> bool {
    ["iPhone", "iPad", "Android"]
        .iter()
        .any(|mark| user_agent.contains(mark))
}

/// `Firefox on Windows`, of a User-Agent header.
pub(super) fn describe(words: &Words, user_agent: &str) -> String {
    // Order matters: every browser also names those it once wanted to pass for.
    const BROWSERS: [(&str, &str); 9] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "Mac"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let named = |table: &[(&str, &'static str)]| {
        table
            .iter()
            .find(|(mark, _)| user_agent.contains(mark))
            .map(|(_, name)| *name)
    };
    match (named(&BROWSERS), named(&SYSTEMS)) {
        (Some(browser), Some(system)) => {
            words.say_all("browser-on", [("browser", browser.into()), ("system", system.into())])
        }
        (Some(only), None) | (None, Some(only)) => only.to_owned(),
        (None, None) => words.say("browser-unknown"),
    }
}
