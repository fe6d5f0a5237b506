//! What comes before each act on somebody else: whether it is the administrator's to do, and their own password when it was
//! not proven lately.

use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::password::typed::TypedPassword;
use crate::sessions::pages::cookie;
use crate::sessions::{SignedIn, Token};
use crate::sign_in::confirm::{Confirmed, confirm};
use crate::users::Subject;
use crate::users::act::{self, Asked, Whom};
use crate::users::permissions::Act;
use crate::web::answer::Problem;

/// What `does` answers, once `act` may be done to the user of `id` and the administrator has proven who they are; else
/// what is missing, which `missing` says. Whoever proved it goes on in this session, whatever comes of the act.
pub(super) async fn guarded(
    app: &App,
    me: &SignedIn,
    (act, id): (Act, &str),
    typed: &str,
    missing: impl AsyncFnOnce(&Subject, String) -> Result<Response>,
    does: impl AsyncFnOnce(&Subject) -> Result<Response>,
) -> Result<Response> {
    let Some(id) = UserId::parse(id) else {
        return Ok(Problem::NotFound.into_response());
    };
    let whom = Whom {
        account: &me.person.account,
        id: &id,
    };
    // Who may not do it at all is not asked for a password first.
    let subject = match act::ask(app, me.actor(), act, whom).await? {
        Asked::May(subject) => subject,
        Asked::Refused(refusal, subject) => return Ok(forbidden(app, &subject, refusal.key())),
        Asked::Nobody => return Ok(Problem::NotFound.into_response()),
    };
    let renewed = match ask(app, me, typed).await? {
        Proof::Given(renewed) => renewed,
        Proof::Missing(text) => return missing(&subject, text).await,
        Proof::Wait(seconds) => return Ok(Problem::Wait(seconds).into_response()),
        Proof::Overtaken => return Ok(Problem::Conflict.into_response()),
    };
    let answer = does(&subject).await.unwrap_or_else(Error::into_response);
    let renewed = renewed.as_ref().map(|token| cookie(app, token));
    Ok((renewed, answer).into_response())
}

/// It is not theirs to do, and why.
pub(super) fn forbidden(app: &App, subject: &Subject, key: &str) -> Response {
    let name = subject.display_name.as_str();
    Problem::NotYours.saying(app.words.say_with(key, "name", name))
}

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
