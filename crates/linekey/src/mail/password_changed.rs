//! The mail "your password was changed".

use askama::Template;

use super::Mail;
use crate::app::App;
use crate::error::{Error, Result};
use crate::words::Words;

#[derive(Template)]
#[template(path = "mail/password_changed.txt", escape = "none")]
struct Text<'a> {
    words: &'a Words,
    greeting: String,
    what: String,
    facts: Vec<String>,
    sign_off: String,
}

#[derive(Template)]
#[template(path = "mail/password_changed.html")]
struct Html<'a> {
    words: &'a Words,
    subject: &'a str,
    greeting: &'a str,
    what: &'a str,
    facts: &'a [String],
    sign_off: &'a str,
}

/// Subject, text and HTML.
pub(super) fn render(app: &App, mail: &Mail) -> Result<(String, String, String)> {
    let Mail::PasswordChanged {
        name,
        sign_in_name,
        at,
        browser,
        address,
    } = mail;
    let words = &app.words;
    let brand = &app.config.brand.name;
    let facts = vec![
        words.say_with("mail-when", "when", crate::when::exact(*at)),
        words.say_with("mail-browser", "browser", browser.as_str()),
        words.say_with("mail-address", "address", address.as_str()),
    ];
    let subject = words.say_with("mail-password-changed-subject", "brand", brand.as_str());
    let text = Text {
        words,
        greeting: words.say_with("mail-greeting", "name", name.as_str()),
        what: words.say_with("mail-password-changed-what", "name", sign_in_name.as_str()),
        facts,
        sign_off: words.say_with("mail-sign-off", "brand", brand.as_str()),
    };
    let html = Html {
        words,
        subject: &subject,
        greeting: &text.greeting,
        what: &text.what,
        facts: &text.facts,
        sign_off: &text.sign_off,
    };
    let html = html.render().map_err(Error::defect)?;
    let text = text.render().map_err(Error::defect)?;
    Ok((subject, text, html))
}
