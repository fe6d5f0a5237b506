//! A mail as it will be read: one layout for HTML and one for plain text; what is said comes from each mail's own file.

use askama::Template;
use serde::{Deserialize, Serialize};

use super::{
    By, Mail, access, email, invitation, new_browser, password_changed, password_set, phone, reset, suggestion_answer,
    trial,
};
use crate::app::App;
use crate::brand::Accents;
use crate::clock::Millis;
use crate::config::Brand;
use crate::error::{Error, Result};
use crate::links::Made;
use crate::when;
use crate::words::{Words, is_hidden};

/// A mail as it will be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// The outbox row; UUIDv7, so letters sort by the time of what they report.
    pub id: String,
    /// [`Mail::kind`].
    pub kind: String,
    /// The one address it goes to.
    pub to: String,
    /// Names the portal, and nothing that a user chose.
    pub subject: String,
    /// The plain-text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// When the change happened, milliseconds UTC.
    pub at: Millis,
}

/// Who will read it, as far as the words depend on that. Looked up at delivery.
#[derive(Clone, Debug, Default)]
pub(super) struct Reader {
    /// IANA name.
    pub(super) time_zone: Option<String>,
    /// The displayed names of the other administrators of the reader's account who may sign in.
    pub(super) administrators: Vec<String>,
}

/// What one mail says; greeting, sign-off and layout are the same for all.
pub(super) struct Content {
    pub(super) subject: String,
    /// One sentence, the heading.
    pub(super) what: String,
    /// Short lines.
    pub(super) facts: Vec<String>,
    /// What the reader can do, each a button and its bare address.
    pub(super) actions: Vec<Action>,
    /// Paragraphs.
    pub(super) then: Vec<String>,
}

/// One thing that the reader can do.
pub(super) struct Action {
    /// Why or for whom, in front of the button; empty for nothing.
    pub(super) lead: String,
    /// On the button.
    pub(super) label: String,
    /// Where it leads: a link of ours.
    pub(super) url: String,
    /// Whether the mail is for something else, and this only for the case that something is wrong.
    pub(super) quiet: bool,
    /// What follows: a code, how long it is good.
    pub(super) after: Vec<String>,
}

/// What a mail's sentences are made with.
pub(super) struct Telling<'a> {
    pub(super) words: &'a Words,
    pub(super) brand: &'a Brand,
    reader: &'a Reader,
}

impl Telling<'_> {
    /// The message `key` with what a user chose, cleaned, as `name`, and the brand.
    pub(super) fn say(&self, key: &str, name: &'static str, chosen: &str) -> String {
        let arguments = [(name, plain(chosen).into()), ("brand", self.brand.name.as_str().into())];
        self.words.say_all(key, arguments)
    }

    /// The message `key` about somebody, by displayed name and sign-in name.
    pub(super) fn named(&self, key: &str, name: &str, sign_in_name: &str) -> String {
        let arguments = [
            ("name", plain(name).into()),
            ("sign-in-name", plain(sign_in_name).into()),
        ];
        self.words.say_all(key, arguments)
    }

    /// The subject `key`.
    pub(super) fn subject(&self, key: &str) -> String {
        self.words.say_with(key, "brand", self.brand.name.as_str())
    }

    /// A moment in the reader's time zone, and exactly.
    pub(super) fn moment(&self, at: Millis) -> String {
        when::whole(self.words, at, self.reader.time_zone.as_deref().unwrap_or("UTC"))
    }

    /// `Adam Alder (administrator)`, `Olivia Ortiz (Quayside)` or `Quayside`.
    pub(super) fn by(&self, by: &By) -> String {
        match by {
            By::Administrator(name) => self.say("mail-by-administrator", "name", name),
            By::Operator(name) => self.say("mail-by-operator", "name", name),
            By::Provider => self.brand.name.clone(),
        }
    }

    /// The message `key`: what somebody did to the user `whose`.
    pub(super) fn deed(&self, key: &str, by: &By, whose: &str) -> String {
        let arguments = [("by", self.by(by).into()), ("name", plain(whose).into())];
        self.words.say_all(key, arguments)
    }

    /// Whom to ask about what somebody else did.
    pub(super) fn not_expected(&self, by: &By) -> String {
        match by {
            By::Administrator(_) => self.say("mail-not-expected-administrator", "by", &self.by(by)),
            By::Operator(_) | By::Provider => self.subject("mail-not-expected-provider"),
        }
    }

    /// Whom to tell that it wasn't you: the administrators by name, where there are others, and the provider.
    pub(super) fn not_you(&self) -> String {
        let names = self.reader.administrators.join(", ");
        if names.is_empty() {
            self.subject("mail-not-you-provider")
        } else {
            self.say("mail-not-you-administrator", "names", &names)
        }
    }
}

#[derive(Template)]
#[template(path = "mail/letter.txt", escape = "none")]
struct Text<'a> {
    greeting: &'a str,
    content: &'a Content,
    sign_off: &'a [String],
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Html<'a> {
    words: &'a Words,
    brand: &'a str,
    accents: Accents,
    greeting: &'a str,
    content: &'a Content,
    sign_off: &'a [String],
}

fn content(telling: &Telling<'_>, mail: &Mail, whose: &str, made: &[Option<Made>], portal: &str) -> Content {
    match mail {
        Mail::PasswordChanged {
            at,
            browser,
            address,
            not_me,
            ..
        } => password_changed::content(telling, whose, *at, (browser, address), (not_me.as_ref(), made)),
        Mail::PasswordSet {
            by,
            at,
            must_change,
            valid_until,
            ..
        } => password_set::content(telling, by, whose, *at, *must_change, *valid_until),
        Mail::Reset {
            people,
            at,
            browser,
            address,
            by,
            not_me,
            ..
        } => reset::content(telling, people, (*at, browser, address), (by.as_ref(), *not_me), made),
        Mail::Invitation {
            by,
            sign_in_name,
            account_name,
            ..
        } => invitation::content(telling, by, whose, (sign_in_name, account_name), made),
        Mail::SetUpSlip {
            by, at, valid_until, ..
        } => access::slip(telling, by, whose, *at, *valid_until),
        Mail::NewBrowser {
            at,
            browser,
            address,
            not_me,
            ..
        } => new_browser::content(telling, whose, *at, (browser, address), (not_me, made)),
        Mail::EmailConfirm { asked, .. } => email::confirm(telling, asked, made),
        Mail::EmailChanged { new, asked, not_me, .. } => {
            email::changed(telling, whose, new.as_deref(), asked, not_me, made)
        }
        Mail::EmailConfirmed {
            name, sign_in_name, at, ..
        } => email::confirmed(telling, (name, sign_in_name), *at),
        Mail::EmailWithdrawn { at } => email::withdrawn(telling, *at),
        Mail::SignedOut { count, by, at, .. } => access::signed_out(telling, by, whose, *at, *count),
        Mail::Disabled { by, at, .. } => access::disabled(telling, by, whose, *at),
        Mail::Enabled {
            by, at, has_password, ..
        } => access::enabled(telling, by, whose, *at, *has_password),
        Mail::SuggestionAnswer(answer) => suggestion_answer::content(telling, answer, portal),
        Mail::Trial { at } => trial::content(telling, *at, portal),
        Mail::Phone { news, label, phone, .. } => phone::content(telling, news, label, (portal, phone)),
    }
}

/// Subject, text and HTML of `mail`, for `reader`. `made` are its links, `None` for one that nobody may use any more.
pub(super) fn render(
    app: &App,
    mail: &Mail,
    reader: &Reader,
    made: &[Option<Made>],
) -> Result<(String, String, String)> {
    let brand = &app.config.brand;
    let telling = Telling {
        words: &app.words,
        brand,
        reader,
    };
    let (name, sign_in_name) = mail.whose();
    let origin = app.config.portal.public_url.origin();
    let content = content(&telling, mail, name.unwrap_or_default(), made, origin);
    let greeting = match name {
        Some(name) => telling.say("mail-greeting", "name", name),
        None => app.words.say("mail-greeting-all"),
    };
    let mut sign_off = vec![brand.name.clone()];
    let support = [
        ("mail-support-email", &brand.support_email),
        ("mail-support-phone", &brand.support_phone),
    ];
    let support = support.iter().filter(|(_, contact)| !contact.is_empty());
    sign_off.extend(support.map(|(key, contact)| telling.say(key, "contact", contact)));
    sign_off.extend(why(app, mail, &sign_in_name));
    let text = Text {
        greeting: &greeting,
        content: &content,
        sign_off: &sign_off,
    };
    let html = Html {
        words: &app.words,
        brand: &brand.name,
        accents: app.accents,
        greeting: &greeting,
        content: &content,
        sign_off: &sign_off,
    };
    let (text, html) = (text.render(), html.render());
    Ok((
        content.subject,
        laid_out(&text.map_err(Error::defect)?),
        html.map_err(Error::defect)?,
    ))
}

/// Why it came to whoever reads it.
fn why(app: &App, mail: &Mail, sign_in_name: &str) -> Option<String> {
    let origin = app.config.portal.public_url.origin();
    match mail {
        // Their button asks for the sign-in name, as the proof that whoever reads them is the one they are for.
        Mail::PasswordChanged { .. } | Mail::EmailChanged { .. } | Mail::NewBrowser { .. } => {
            Some(app.words.say_with("mail-why-not-me", "portal", origin))
        }
        // It is not on file before the link is used, which asks for the sign-in name as well; or not any more; or never was.
        Mail::EmailConfirm { .. } | Mail::EmailWithdrawn { .. } | Mail::SuggestionAnswer(_) => {
            Some(app.words.say_with("mail-why-typed", "portal", origin))
        }
        Mail::Trial { .. } => None,
        _ => {
            let why = [("name", plain(sign_in_name).into()), ("portal", origin.into())];
            Some(app.words.say_all("mail-why", why))
        }
    }
}

/// What a user chose, on one line and in the order it is written: without control characters, line separators and
/// the marks that turn the direction of what follows.
fn plain(chosen: &str) -> String {
    chosen.chars().filter(|c| !is_hidden(*c)).collect()
}

/// Longest line of the text part, in characters (RFC 5322, 2.1.1).
const LONGEST_LINE: usize = 78;

/// A text with lines that every mail program shows whole, and never more than one empty line between two. A link is one
/// word, and words stay whole.
fn laid_out(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.is_empty() && lines.last().is_none_or(String::is_empty) {
            continue;
        }
        if line.chars().count() <= LONGEST_LINE {
            lines.push(line.to_owned());
        } else {
            lines.extend(wrapped(line));
        }
    }
    lines.join("\n").trim_end_matches('\n').to_owned() + "\n"
}

/// One paragraph or item of a list in as many lines as it needs.
fn wrapped(line: &str) -> Vec<String> {
    let indent = if line.starts_with("- ") { "  " } else { "" };
    let mut lines = Vec::new();
    let mut open = String::new();
    for word in line.split(' ') {
        let longer = open.chars().count() + 1 + word.chars().count();
        if open.trim().is_empty() || longer <= LONGEST_LINE {
            if !open.trim().is_empty() {
                open.push(' ');
            }
            open.push_str(word);
        } else {
            lines.push(std::mem::replace(&mut open, format!("{indent}{word}")));
        }
    }
    lines.push(open);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_wrapped_at_words_and_a_link_never() {
        let link = format!("https://portal.quayside.example/reset-password/{}", "x".repeat(80));
        let item = format!("- When: {}", "word ".repeat(20).trim_end());
        let text = format!(
            "Hello,\n\n\n\n{}\n\n{link}\n{item}\n-- \nQuayside\n\n\n",
            "long words ".repeat(20)
        );
        let laid = laid_out(&text);
        assert!(laid.starts_with("Hello,\n\nlong words"), "{laid}");
        assert!(laid.contains(&format!("\n{link}\n")), "{laid}");
        assert!(laid.contains("\n-- \nQuayside\n"), "{laid}");
        assert!(laid.contains("word\n  word"), "{laid}");
        assert!(!laid.contains("\n\n\n") && laid.ends_with("Quayside\n"), "{laid}");
        let wide = laid.lines().filter(|line| line.chars().count() > LONGEST_LINE);
        assert_eq!(wide.collect::<Vec<_>>(), [link.as_str()]);
        assert_eq!(laid_out(&laid), laid);
    }
}
