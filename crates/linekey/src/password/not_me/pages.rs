//! `/not-me/{token}`, for strangers: what it will do, the question for the sign-in name, and what it did.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::{Done, From, Offer, Undone, look, undo};
use crate::app::App;
use crate::clock::{HOUR, MINUTE, Millis};
use crate::error::Result;
use crate::mail::Did;
use crate::sessions;
use crate::users::email::undo::FROZEN_FOR;
use crate::web::answer::{Problem, page};
use crate::web::flash::{self, Flash};
use crate::web::form::Form;
use crate::web::gate::with_status;
use crate::web::origin::Origin;
use crate::web::page::{FieldError, Frame};
use crate::when;

/// What carries what was done to the page that says it.
const DONE: &str = "not-me-done";
/// How long that page can be opened again.
const DONE_FOR: Millis = 5 * MINUTE;

#[derive(Template)]
#[template(path = "password/not_me/ask.html")]
struct AskPage {
    frame: Frame,
    token: String,
    what: String,
    /// What the button does, line by line.
    effects: Vec<String>,
    errors: Vec<FieldError>,
    username: String,
}

#[derive(Template)]
#[template(path = "password/not_me/done.html")]
struct DonePage {
    frame: Frame,
    facts: Vec<String>,
    next: String,
}

/// GET `/not-me/{token}`: changes nothing.
pub async fn form(State(app): State<App>, Path(token): Path<String>) -> Result<Response> {
    Ok(match look(&app, &token).await? {
        Some(offer) => ask_page(&app, &token, &offer, Vec::new(), ""),
        None => Problem::LinkGone.into_response(),
    })
}

/// POST `/not-me/{token}`
pub async fn submit(
    State(app): State<App>,
    Path(token): Path<String>,
    origin: Origin,
    Form(form): Form,
) -> Result<Response> {
    let username = form.text("username");
    let browser = sessions::described(&app, &origin.user_agent);
    let from = From {
        address: origin.address,
        browser: &browser,
    };
    // What nobody typed, such as the form that a scanner of links sends, is no try.
    if username.trim().is_empty() {
        return Ok(match look(&app, &token).await? {
            Some(offer) => again(&app, &token, &offer, "not-me-name-empty", ""),
            None => Problem::LinkGone.into_response(),
        });
    }
    Ok(match undo(&app, &token, username, from).await? {
        Undone::Done(done) => {
            let carried = flash::carry_for_stranger(&app, DONE, &code(done), DONE_FOR);
            (carried, Redirect::to("/not-me/done")).into_response()
        }
        Undone::WrongName(offer) => again(&app, &token, &offer, "not-me-name-wrong", username),
        Undone::Gone => Problem::LinkGone.into_response(),
    })
}

/// GET `/not-me/done`: says what was done to the browser that did it. There is nothing to say to another.
pub async fn done(State(app): State<App>, carried: Flash) -> Response {
    let Some(did) = carried.of_stranger(DONE) else {
        return Redirect::to("/sign-in").into_response();
    };
    let words = &app.words;
    let facts = [("p", "not-me-did-password"), ("e", "not-me-did-email")];
    let mut lines = vec![words.say("not-me-did-sessions")];
    lines.extend(
        facts
            .iter()
            .filter(|(code, _)| did.contains(code))
            .map(|(_, key)| words.say(key)),
    );
    lines.push(words.say_with("not-me-did-frozen", "hours", FROZEN_FOR / HOUR));
    lines.push(words.say("not-me-phones"));
    page(&DonePage {
        frame: Frame::for_strangers(&app),
        facts: lines,
        next: words.say(if did.contains('m') {
            "not-me-next-mail"
        } else {
            "not-me-next-ask"
        }),
    })
}

/// What was done, a letter for each fact.
fn code(done: Done) -> String {
    let facts = [(done.password, 'p'), (done.email, 'e'), (done.mailed, 'm')];
    facts
        .into_iter()
        .filter(|(did, _)| *did)
        .map(|(_, code)| code)
        .collect()
}

fn ask_page(app: &App, token: &str, offer: &Offer, errors: Vec<FieldError>, username: &str) -> Response {
    let words = &app.words;
    let what = match offer.happened.did {
        Did::ChangePassword => "not-me-what-password",
        Did::ResetPassword => "not-me-what-reset",
        Did::ChangeEmail => "not-me-what-email",
        Did::SignIn => "not-me-what-sign-in",
    };
    let mut effects = vec![words.say("not-me-will-sessions")];
    effects.push(words.say(match (offer.password, offer.has_password) {
        (true, _) => "not-me-will-password",
        (false, true) => "not-me-keeps-password",
        (false, false) => "not-me-no-password",
    }));
    if offer.email {
        effects.push(words.say_with("not-me-will-email", "email", offer.happened.email.as_str()));
    }
    effects.push(words.say_with("not-me-will-freeze", "hours", FROZEN_FOR / HOUR));
    effects.push(words.say(if offer.mailed {
        "not-me-will-mail"
    } else {
        "not-me-no-mail"
    }));
    effects.push(words.say("not-me-phones"));
    page(&AskPage {
        frame: Frame::for_strangers(app),
        token: token.to_owned(),
        what: words.say_with(what, "when", when::whole(words, offer.happened.at, offer.zone())),
        effects,
        errors,
        username: username.chars().take(320).collect(),
    })
}

fn again(app: &App, token: &str, offer: &Offer, key: &str, username: &str) -> Response {
    let error = FieldError {
        field: "username",
        text: app.words.say(key),
    };
    let again = ask_page(app, token, offer, vec![error], username);
    with_status(StatusCode::UNPROCESSABLE_ENTITY, again)
}
