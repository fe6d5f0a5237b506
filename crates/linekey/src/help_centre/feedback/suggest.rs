//! "Spotted something to improve?": a text, and an address for an answer. What is written stays text, whatever it looks
//! like.

use std::net::IpAddr;

use super::form_token::{self, Token};
use super::{About, store};
use crate::app::App;
use crate::error::Result;
use crate::throttle::{self, Bucket, Counted};
use crate::users::add::is_address;
use crate::words::is_hidden;

/// The longest suggestion, in characters.
pub const LONGEST: usize = 2_000;

/// What was typed.
#[derive(Clone, Copy, Debug)]
pub struct Typed<'a> {
    /// The suggestion.
    pub text: &'a str,
    /// Where an answer goes; empty for none.
    pub email: &'a str,
    /// The field that people do not see. What fills in forms by itself does.
    pub website: &'a str,
    /// The token of the form.
    pub form: &'a str,
}

/// Why a suggestion is not taken as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is none.
    Empty,
    /// It has so many characters.
    TooLong(usize),
    /// That is no address.
    Email,
    /// The field that people leave empty is not.
    Website,
    /// The form was made a moment ago.
    Early,
    /// The form is over.
    Over,
}

/// What came of a suggestion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Suggested {
    /// Operators have it.
    Done,
    /// Nothing is kept, for all these reasons.
    Refused(Vec<Refusal>),
    /// So many came that so many seconds must pass first.
    Wait(i64),
}

/// Takes a suggestion about an article that exists.
pub async fn suggest(app: &App, about: About<'_>, typed: Typed<'_>, address: IpAddr) -> Result<Suggested> {
    let text = cleaned(typed.text);
    let email = Some(typed.email.trim()).filter(|email| !email.is_empty());
    let token = form_token::check(app, about, typed.form);
    let mut refused = Vec::new();
    match text.chars().count() {
        0 => refused.push(Refusal::Empty),
        length if length > LONGEST => refused.push(Refusal::TooLong(length)),
        _ => {}
    }
    if email.is_some_and(|email| !is_address(email)) {
        refused.push(Refusal::Email);
    }
    if !typed.website.is_empty() {
        refused.push(Refusal::Website);
    }
    let form = match token {
        Token::Good(form) if refused.is_empty() => form,
        Token::Good(_) => return Ok(Suggested::Refused(refused)),
        Token::Early | Token::Over => {
            refused.push(if token == Token::Early {
                Refusal::Early
            } else {
                Refusal::Over
            });
            return Ok(Suggested::Refused(refused));
        }
    };
    // The whole last: a network that has had its share uses up none of what is everybody's.
    let buckets = [Bucket::Suggestions(address), Bucket::AllSuggestions];
    if let Counted::Wait(seconds) = throttle::count(app, &buckets).await? {
        return Ok(Suggested::Wait(seconds));
    }
    let mut tx = app.db.begin().await?;
    let new = store::NewSuggestion {
        id: &app.new_id(),
        form: &form,
        about,
        text: &text,
        email,
    };
    // Sent twice it is still one.
    store::add_suggestion(&mut tx, new, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Suggested::Done)
}

/// With the line ends of this side, and without what nobody sees.
pub(super) fn cleaned(text: &str) -> String {
    let one = text.replace("\r\n", "\n").replace('\r', "\n");
    let seen = one.chars().filter(|c| matches!(c, '\n' | '\t') || !is_hidden(*c));
    seen.collect::<String>().trim().to_owned()
}
