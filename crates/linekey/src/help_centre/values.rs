//! What articles say of this portal: `{{portal-name}}` and the like, rendered when an article is shown.
//!
//! Owns the names. Each value is what the portal itself goes by: a second copy of a rule would be wrong one day.

use std::fmt::Write as _;

use super::articles::Wrong;
use super::articles::front::Rest;
use crate::app::App;
use crate::clock::{DAY, Millis, SECOND};
use crate::config::sample;
use crate::sessions::SignedIn;
use crate::{db, mail, password, phones, sessions, users};

/// What stands around a name in a rendered text: characters that no article has.
const OPEN: char = '\u{e000}';
const CLOSE: char = '\u{e001}';
/// The words of the link from a step to its page. No article writes it.
pub const OPEN_PAGE: &str = "\u{e000}open-page\u{e001}";
/// Whom to ask, where a page of the help centre says it.
pub const SUPPORT: &str = "\u{e000}support\u{e001}";
/// The same, never as a link. No article writes it.
const SUPPORT_TEXT: &str = "\u{e000}support-text\u{e001}";
/// Values that are lists, alone in their paragraph.
const LISTS: [&str; 2] = ["password-rules", "settings"];
/// From here on a time is told in days.
const LONG: Millis = 4 * DAY;

/// A value that is the same for everybody.
type Fact = (&'static str, fn(&App) -> String);

/// All of them, by name.
const FACTS: [Fact; 31] = [
    ("portal-name", |app| app.config.brand.name.clone()),
    ("portal-address", |app| app.config.portal.public_url.origin().to_owned()),
    ("support", support),
    ("rust-version", |_| env!("CARGO_PKG_RUST_VERSION").to_owned()),
    ("oldest-postgres", |_| {
        (db::dialect::OLDEST_POSTGRES / 10_000).to_string()
    }),
    ("mail-from", |app| app.config.mail.from.0.to_string()),
    ("mails-an-hour", |app| app.config.mail.per_address_hour.to_string()),
    ("mail-tried-for", |app| lasts(app, mail::deliver::TRIED_FOR)),
    ("mail-kept-for", |app| lasts(app, mail::deliver::KEPT)),
    ("reset-link-lasts", |app| lasts(app, mail::RESET_LINK_FOR)),
    ("reset-code-lasts", |app| lasts(app, mail::RESET_CODE_FOR)),
    ("set-up-link-lasts", |app| lasts(app, mail::INVITATION_FOR)),
    ("set-up-slip-lasts", |app| lasts(app, users::set_up_slip::VALID_FOR)),
    ("email-link-lasts", |app| lasts(app, mail::EMAIL_LINK_FOR)),
    ("not-me-link-lasts", |app| lasts(app, mail::NOT_ME_FOR)),
    ("email-frozen", |app| lasts(app, users::email::undo::FROZEN_FOR)),
    ("temporary-password-lasts", |app| {
        lasts(app, password::set_for_user::TEMPORARY_FOR)
    }),
    ("pending-lasts", |app| lasts(app, password::pending::LIFETIME)),
    ("phone-link-lasts", |app| lasts(app, phones::provision::make::VALID_FOR)),
    ("overlap-hours", |_| phones::rotate::USUAL_OVERLAP.to_string()),
    ("overlap-longest-hours", |_| phones::rotate::LONGEST_OVERLAP.to_string()),
    ("suggested-words", |_| password::suggest::LENGTH.to_string()),
    ("phones-each", |_| phones::create::MOST_PER_USER.to_string()),
    ("session-idle", |app| lasts(app, app.config.session.idle * SECOND)),
    ("session-longest", |app| {
        lasts(app, app.config.session.absolute * SECOND)
    }),
    ("staff-session-idle", |app| {
        lasts(app, app.config.session.staff_idle * SECOND)
    }),
    ("staff-session-longest", |app| {
        lasts(app, app.config.session.staff_absolute * SECOND)
    }),
    ("session-fresh", |app| lasts(app, app.config.fresh_for())),
    ("browser-remembered", |app| lasts(app, sessions::devices::REMEMBERED)),
    ("free-failures", |app| app.config.throttle.free_failures.to_string()),
    ("longest-wait", |app| {
        let longest = app.config.throttle.ladder.iter().max().copied();
        lasts(app, longest.unwrap_or_default() * SECOND)
    }),
];

/// `30 seconds`, `60 minutes`, `72 hours`, `30 days`.
fn lasts(app: &App, millis: Millis) -> String {
    if millis >= LONG && millis % DAY == 0 {
        return app.words.say_with("help-days", "count", millis / DAY);
    }
    app.words.wait(millis / SECOND)
}

/// Whom to ask: what the provider has entered, or the administrator.
fn support(app: &App) -> String {
    let brand = &app.config.brand;
    match (brand.support_email.as_str(), brand.support_phone.as_str()) {
        ("", "") => app.words.say("help-support-nobody"),
        ("", one) | (one, "") => one.to_owned(),
        (email, phone) => app
            .words
            .say_all("help-support-both", [("email", email.into()), ("phone", phone.into())]),
    }
}

/// The names that an article may write.
fn names() -> Vec<&'static str> {
    let mut names: Vec<_> = LISTS.into_iter().chain(FACTS.map(|(name, _)| name)).collect();
    names.sort_unstable();
    names
}

/// The text with each `{{name}}` between marks.
///
/// # Errors
/// With every name that there is none of, and the names that there are.
pub fn mark(rest: Rest<'_>) -> Result<String, Vec<Wrong>> {
    let text = rest.text.replace([OPEN, CLOSE], "");
    let (mut marked, mut wrong) = (String::with_capacity(text.len()), Vec::new());
    let mut ahead = text.as_str();
    while let Some((before, behind)) = ahead.split_once("{{") {
        marked.push_str(before);
        let end = behind.find("}}").filter(|end| !behind[..*end].contains('\n'));
        let name = end.map(|end| behind[..end].trim()).unwrap_or_default();
        match (end, names().contains(&name)) {
            (Some(end), true) => {
                marked.extend([OPEN]);
                marked.push_str(name);
                marked.extend([CLOSE]);
                ahead = &behind[end + 2..];
            }
            _ => {
                wrong.push(Wrong {
                    line: rest.line + text[..text.len() - behind.len()].matches('\n').count(),
                    what: format!("there is no value {{{{{name}}}}}; there are {}", names().join(", ")),
                });
                ahead = behind;
            }
        }
    }
    marked.push_str(ahead);
    if wrong.is_empty() { Ok(marked) } else { Err(wrong) }
}

/// Whether a value stands in it.
pub fn is_marked(text: &str) -> bool {
    text.contains(OPEN)
}

/// The text with values that are no links, as an attribute and the inside of a link need them.
pub fn without_links(text: &str) -> String {
    text.replace(SUPPORT, SUPPORT_TEXT)
}

/// The text without its values.
pub fn without_marks(text: &str) -> String {
    replaced(text, |_| String::new())
}

/// A list that does not stand alone in its paragraph, by name.
pub fn misplaced(html: &str) -> Option<&'static str> {
    LISTS.into_iter().find(|name| {
        let mark = format!("{OPEN}{name}{CLOSE}");
        html.matches(&mark).count() != html.matches(&format!("<p>{mark}</p>")).count()
    })
}

/// Text as HTML has it, in quotes too.
pub fn escape(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}

fn replaced(text: &str, value: impl Fn(&str) -> String) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut ahead = text;
    while let Some((before, behind)) = ahead.split_once(OPEN) {
        whole.push_str(before);
        let (name, rest) = behind.split_once(CLOSE).unwrap_or((behind, ""));
        whole.push_str(&value(name));
        ahead = rest;
    }
    whole + ahead
}

/// The values as one reader is told them.
#[derive(Debug)]
pub struct Values<'a> {
    app: &'a App,
    me: Option<&'a SignedIn>,
}

impl<'a> Values<'a> {
    /// Strangers are told the portal's rules, who is signed in those of the account.
    pub fn of(app: &'a App, me: Option<&'a SignedIn>) -> Self {
        Self { app, me }
    }

    /// HTML with its values.
    pub fn html(&self, html: &str) -> String {
        let mut html = html.to_owned();
        for name in LISTS {
            let mark = format!("<p>{OPEN}{name}{CLOSE}</p>");
            if html.contains(&mark) {
                html = html.replace(&mark, &self.list(name));
            }
        }
        replaced(&html, |name| match name {
            "support" => self.support(),
            name => escape(&self.fact(name)),
        })
    }

    /// Text with its values; a list in one sentence.
    pub fn text(&self, text: &str) -> String {
        replaced(text, |name| match name {
            "password-rules" => self.rules().join("; "),
            name => self.fact(name),
        })
    }

    fn fact(&self, name: &str) -> String {
        let name = match name {
            "open-page" => return self.app.words.say("help-open-page"),
            "support-text" => "support",
            name => name,
        };
        let fact = FACTS.into_iter().find(|(known, _)| *known == name);
        fact.map(|(_, say)| say(self.app)).unwrap_or_default()
    }

    fn list(&self, name: &str) -> String {
        match name {
            "password-rules" => self.rules_list(),
            _ => settings(),
        }
    }

    /// An e-mail address is one to write to.
    fn support(&self) -> String {
        let said = escape(&self.fact("support"));
        let email = escape(&self.app.config.brand.support_email);
        if email.is_empty() {
            return said;
        }
        said.replacen(&email, &format!("<a href=\"mailto:{email}\">{email}</a>"), 1)
    }

    fn rules(&self) -> Vec<String> {
        let rules = self.app.config.password.policy.rules();
        rules.into_iter().map(|rule| rule.text(&self.app.words)).collect()
    }

    fn rules_list(&self) -> String {
        let mut list = "<ul>".to_owned();
        for rule in self.rules() {
            let _ = write!(list, "<li>{}</li>", escape(&rule));
        }
        list.push_str("</ul>");
        if self.me.is_none() {
            let more = self.app.words.say("help-rules-more");
            let _ = write!(list, "<p class=\"muted\">{}</p>", escape(&more));
        }
        list
    }
}

/// Every setting with its default and what it does, section by section.
fn settings() -> String {
    let mut html = String::new();
    for section in sample::sections() {
        let name = section.name;
        let _ = write!(html, "<h3 id=\"{name}\"><code>[{name}]</code></h3><dl>");
        for setting in section.settings {
            let _ = write!(
                html,
                "<dt>{} = {}</dt><dd>{}</dd>",
                setting.key,
                escape(setting.default),
                escape(&setting.about)
            );
        }
        html.push_str("</dl>");
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn every_value_says_something() {
        let p = crate::testing::Portal::start(crate::testing::Engine::Sqlite).await;
        let values = Values::of(&p.app, None);
        for (name, _) in FACTS {
            let said = values.text(&format!("{OPEN}{name}{CLOSE}"));
            assert!(!said.trim().is_empty(), "{name}");
            assert!(!said.starts_with("Unknown"), "{name}: {said}");
        }
        assert_eq!(
            values.text(&format!("for {OPEN}reset-link-lasts{CLOSE}.")),
            "for 60 minutes."
        );
        assert_eq!(values.text(&format!("{OPEN}session-longest{CLOSE}")), "30 days");
        assert_eq!(values.text(&format!("{OPEN}set-up-link-lasts{CLOSE}")), "72 hours");
    }

    #[test]
    fn a_value_that_there_is_none_of_is_told_with_its_line() {
        let rest = |text| Rest { text, line: 5 };
        let wrong = mark(rest("a\n{{portal-name}} {{portal-nam}}\n{{\n}}")).expect_err("two are wrong");
        assert_eq!(wrong.iter().map(|wrong| wrong.line).collect::<Vec<_>>(), [6, 7]);
        assert!(wrong[0].what.contains("{{portal-nam}}") && wrong[0].what.contains("portal-name, "));
        let marked = mark(rest("\u{e000}x {{ support }}")).expect("it is one");
        assert_eq!(marked, "x \u{e000}support\u{e001}");
        assert_eq!(without_marks(&marked), "x ");
    }
}
