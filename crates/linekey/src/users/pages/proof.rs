//! The administrator's own password, asked for beside an act on somebody else when it was not proven lately.

use crate::app::App;
use crate::error::Result;
use crate::password::typed::TypedPassword;
use crate::sessions::{SignedIn, Token};
use crate::sign_in::confirm::{Confirmed, confirm};

/// Whether the person is who they say.
pub(super) enum Proof {
    /// They are; the token is the session's new one if they proved it just now.
    Given(Option<Token>),
    /// What is missing, in a sentence.
    Missing(String),
    /// So many seconds must pass before another try.
    Wait(i64),
    /// Their password changed meanwhile.
    Overtaken,
}

/// Asks for a proof unless the session is fresh.
pub(super) async fn ask(app: &App, me: &SignedIn, typed: &str) -> Result<Proof> {
    if me.is_fresh(app) {
        return Ok(Proof::Given(None));
    }
    let missing = |key| Proof::Missing(app.words.say(key));
    if typed.is_empty() {
        return Ok(missing("your-password-missing"));
    }
    Ok(match confirm(app, me, &TypedPassword::from(typed), None).await? {
        Confirmed::Fresh(token) => Proof::Given(Some(token)),
        Confirmed::Refused => missing("your-password-wrong"),
        Confirmed::Expired => missing("sign-in-expired"),
        Confirmed::Wait(seconds) => Proof::Wait(seconds),
        Confirmed::Change(..) | Confirmed::Overtaken => Proof::Overtaken,
    })
}
