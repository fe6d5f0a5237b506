//! `/sign-in`, `/sign-out` and `/confirm`.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};

use super::confirm::{Confirmed, confirm};
use super::next;
use super::sign_in::{From, Outcomes, sign_in};
use crate::app::App;
use crate::clock::MINUTE;
use crate::error::Result;
use crate::ids::PendingId;
use crate::password;
use crate::password::pending::{self, Waiting};
use crate::password::typed::TypedPassword;
use crate::sessions::devices::pages::KnownHere;
use crate::sessions::signed_in::Visitor;
use crate::sessions::{self, SignedIn};
use crate::users::name::TypedName;
use crate::web::answer::{Problem, page};
use crate::web::cookies;
use crate::web::form::{Fields, Form, Query};
use crate::web::gate::with_status;
use crate::web::origin::Origin;
use crate::web::page::{Frame, Section};

#[derive(Template)]
#[template(path = "sign_in/sign_in.html")]
struct SignInPage {
    frame: Frame,
    username: String,
    next: String,
    notice: Option<String>,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "sign_in/confirm.html")]
struct ConfirmPage {
    frame: Frame,
    sign_in_name: String,
    act: Option<String>,
    change: Option<String>,
    next: Option<String>,
    problem: Option<String>,
}

/// GET `/sign-in`
pub async fn form(State(app): State<App>, visitor: Visitor, Query(query): Query) -> Response {
    let next = next::path(query.text("next"));
    let is_reset = query.text("reset") == "done";
    let is_set_up = query.text("set-up") == "done";
    // The password that was just chosen may be somebody else's than whoever is signed in here.
    if visitor.0.is_some() && !is_reset && !is_set_up {
        return Redirect::to(next.unwrap_or("/")).into_response();
    }
    let notice = match query.text("reason") {
        "signed-out" => Some("sign-in-signed-out"),
        "ended" => Some("sign-in-session-ended"),
        "over" => Some("sign-in-session-over"),
        _ if is_reset => Some("sign-in-reset-done"),
        _ if is_set_up => Some("sign-in-set-up-done"),
        _ if next.is_some_and(|next| next != "/") => Some("sign-in-required"),
        _ => None,
    };
    page(&SignInPage {
        frame: Frame::for_strangers(&app),
        username: String::new(),
        next: next.unwrap_or_default().to_owned(),
        notice: notice.map(|key| app.words.say(key)),
        problem: None,
    })
}

/// POST `/sign-in`
pub async fn submit(
    State(app): State<App>,
    visitor: Visitor,
    origin: Origin,
    KnownHere(known): KnownHere,
    Form(form): Form,
) -> Result<Response> {
    let typed_name = form.text("username");
    let typed = TypedPassword::from(form.text("password"));
    let from = From {
        address: origin.address,
        user_agent: &origin.user_agent,
        replaces: visitor.0.as_ref(),
        known: &known,
    };
    let next = next::path(form.text("next"));
    match sign_in(&app, &TypedName::new(typed_name), &typed, from).await? {
        Outcomes::SignedIn(token, device) => Ok((
            sessions::pages::cookie(&app, &token),
            sessions::devices::pages::cookie(&app, &device, &known),
            Redirect::to(next.unwrap_or("/")),
        )
            .into_response()),
        Outcomes::Refused => {
            let problem = app.words.say("sign-in-refused");
            let again = again(&app, typed_name, next, problem);
            Ok(with_status(StatusCode::UNPROCESSABLE_ENTITY, again))
        }
        Outcomes::Expired => {
            let problem = app.words.say("sign-in-expired");
            let again = again(&app, typed_name, next, problem);
            Ok(with_status(StatusCode::UNPROCESSABLE_ENTITY, again))
        }
        Outcomes::Wait(seconds) => {
            let problem = app.words.say_with("sign-in-wait", "wait", app.words.wait(seconds));
            Ok(delayed(again(&app, typed_name, next, problem), seconds))
        }
    }
}

/// POST `/sign-out`
pub async fn sign_out(State(app): State<App>, visitor: Visitor, _: Form) -> Result<Response> {
    if let Some(me) = visitor.0 {
        sessions::end::sign_out(&app, &me).await?;
    }
    // Not "cookies": that would clear the provider's other sites on this host as well.
    let clear = [(
        HeaderName::from_static("clear-site-data"),
        HeaderValue::from_static("\"cache\", \"storage\""),
    )];
    let gone = cookies::remove(&app, sessions::COOKIE);
    Ok((clear, gone, Redirect::to("/sign-in?reason=signed-out")).into_response())
}

/// GET `/confirm`
pub async fn confirm_form(State(app): State<App>, me: SignedIn, Query(query): Query) -> Result<Response> {
    match asked(&app, &me, &query).await? {
        Some(asked) => Ok(confirm_page(&app, &me, &asked, None)),
        None => Ok(Problem::PendingGone.into_response()),
    }
}

/// POST `/confirm`
pub async fn confirm_submit(State(app): State<App>, me: SignedIn, Form(form): Form) -> Result<Response> {
    let Some(asked) = asked(&app, &me, &form).await? else {
        return Ok(Problem::PendingGone.into_response());
    };
    let typed = TypedPassword::from(form.text("password"));
    match confirm(&app, &me, &typed, asked.waiting.as_ref()).await? {
        Confirmed::Fresh(token) => Ok((
            sessions::pages::cookie(&app, &token),
            Redirect::to(asked.next.as_deref().unwrap_or("/")),
        )
            .into_response()),
        Confirmed::Change(changed, renewed) => Ok(password::pages::answer(&app, &me, changed, renewed.as_ref())),
        refused @ (Confirmed::Refused | Confirmed::Expired) => {
            let problem = app.words.say(match refused {
                Confirmed::Expired => "sign-in-expired",
                _ => "confirm-refused",
            });
            let again = confirm_page(&app, &me, &asked, Some(problem));
            Ok(with_status(StatusCode::UNPROCESSABLE_ENTITY, again))
        }
        Confirmed::Wait(seconds) => {
            let problem = app.words.say_with("sign-in-wait", "wait", app.words.wait(seconds));
            Ok(delayed(confirm_page(&app, &me, &asked, Some(problem)), seconds))
        }
        Confirmed::Overtaken => Ok(Problem::Conflict.into_response()),
    }
}

/// What a confirmation is for: a change that waits, or a page to go on to. Never both, never a change that was not
/// named.
struct Asked {
    waiting: Option<Waiting>,
    next: Option<String>,
}

/// `None`: the change that was named does not wait any more.
async fn asked(app: &App, me: &SignedIn, fields: &Fields) -> Result<Option<Asked>> {
    let change = fields.text("change");
    if change.is_empty() {
        let next = next::path(fields.text("next")).map(str::to_owned);
        return Ok(Some(Asked { waiting: None, next }));
    }
    let Some(id) = PendingId::parse(change) else {
        return Ok(None);
    };
    let waiting = pending::find(app, me, &id).await?;
    Ok(waiting.map(|waiting| Asked {
        waiting: Some(waiting),
        next: None,
    }))
}

fn confirm_page(app: &App, me: &SignedIn, asked: &Asked, problem: Option<String>) -> Response {
    let words = &app.words;
    let act = asked.waiting.as_ref().map(|waiting| {
        let ago = match (app.clock.now() - waiting.created_at) / MINUTE {
            0 => words.say("ago-now"),
            minutes => words.say_with("ago-minutes", "count", minutes),
        };
        words.say_with("confirm-act-password", "ago", ago)
    });
    page(&ConfirmPage {
        frame: me.frame(app, Section::Settings),
        sign_in_name: me.person.sign_in_name(),
        act,
        change: asked.waiting.as_ref().map(|waiting| waiting.id.to_string()),
        next: asked.next.clone(),
        problem,
    })
}

fn again(app: &App, username: &str, next: Option<&str>, problem: String) -> Response {
    page(&SignInPage {
        frame: Frame::for_strangers(app),
        username: username.chars().take(320).collect(),
        next: next.unwrap_or_default().to_owned(),
        notice: None,
        problem: Some(problem),
    })
}

fn delayed(page: Response, seconds: i64) -> Response {
    let mut response = with_status(StatusCode::TOO_MANY_REQUESTS, page);
    response.headers_mut().insert("retry-after", HeaderValue::from(seconds));
    response
}
