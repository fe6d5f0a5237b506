//! What a form for a suggestion proves: that it was made by the portal, for this article, neither a moment nor a day ago.
//! It is good for one suggestion.

use data_encoding::BASE64URL_NOPAD;

use super::About;
use crate::app::App;
use crate::clock::{DAY, Millis, SECOND};
use crate::keys::{Proof, Purpose};

/// Nobody writes a suggestion within this time.
const EARLIEST: Millis = 2 * SECOND;
/// How long a form is good.
const GOOD_FOR: Millis = DAY;
/// Bytes of the moment it was made, and of its name.
const AT: usize = 8;
const NAME: usize = 16;

/// A token for a form that is made now.
pub fn make(app: &App, about: About<'_>) -> String {
    let name: [u8; NAME] = app.random.bytes();
    let head = [&app.clock.now().to_be_bytes()[..], &name].concat();
    let mac = app.keys.mac(Purpose::FeedbackForm, &message(&head, about));
    BASE64URL_NOPAD.encode(&[head, mac].concat())
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// The form may be sent. By this name it is known once it was.
    Good(String),
    /// It was made a moment ago.
    Early,
    /// It is over, was not made here, or is another article's.
    Over,
}

/// Looks at the token of a form.
pub(super) fn check(app: &App, about: About<'_>, token: &str) -> Token {
    let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).unwrap_or_default();
    let Some((head, mac)) = bytes.split_at_checked(AT + NAME) else {
        return Token::Over;
    };
    let proof = app.keys.verify_mac(Purpose::FeedbackForm, &message(head, about), mac);
    let Some((at, name)) = head.split_first_chunk::<AT>().filter(|_| proof == Proof::Right) else {
        return Token::Over;
    };
    match app.clock.now() - Millis::from_be_bytes(*at) {
        ..EARLIEST => Token::Early,
        age if age < GOOD_FOR => Token::Good(BASE64URL_NOPAD.encode(name)),
        _ => Token::Over,
    }
}

fn message(head: &[u8], about: About<'_>) -> Vec<u8> {
    [head, about.path().as_bytes()].concat()
}
