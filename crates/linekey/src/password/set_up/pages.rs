//! `/set-up`: choosing a password with an invitation or a set-up slip. Nobody is asked who they are.

use std::time::Duration;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};

use super::choose::{self, choose};
use super::code::{self, Coded};
use crate::app::App;
use crate::clock::{HOUR, SECOND};
use crate::error::Result;
use crate::password::by_link::{ByLink, From, Opened};
use crate::password::pages::field_error;
use crate::password::typed::TypedPassword;
use crate::sessions;
use crate::web::answer::{Problem, page};
use crate::web::flow::Flows;
use crate::web::form::{Form, Query};
use crate::web::gate::with_status;
use crate::web::origin::Origin;
use crate::web::page::{FieldError, Frame};

/// The set-up links that are open in a browser.
const FLOWS: Flows = Flows {
    cookie: "linekey-set-up-",
    page: "/set-up/new",
    lasts: HOUR / SECOND,
};
/// A code is refused after this long, whoever's name it was typed with.
const REFUSED_AFTER: Duration = Duration::from_millis(400);

#[derive(Template)]
#[template(path = "password/set_up/new.html")]
struct NewPage {
    frame: Frame,
    errors: Vec<FieldError>,
    flow: String,
    whose: String,
    sign_in_name: String,
    has_password: bool,
    rules: Vec<String>,
    passwordrules: String,
}

#[derive(Template)]
#[template(path = "password/set_up/code.html")]
struct CodePage {
    frame: Frame,
    username: String,
    problem: Option<String>,
}

/// GET `/set-up/{token}`: the token leaves the address for a cookie. Spends nothing, and does not even ask whether the token
/// is one: mail scanners open links too.
pub async fn open(State(app): State<App>, Path(token): Path<String>, headers: HeaderMap) -> Response {
    match FLOWS.open(&app, &headers, &token) {
        Some(onward) => onward,
        None => Problem::SetUpGone.into_response(),
    }
}

/// GET `/set-up/new?flow=`
pub async fn new_form(State(app): State<App>, Query(query): Query, headers: HeaderMap) -> Result<Response> {
    let flow = query.text("flow");
    Ok(match opened(&app, &headers, flow).await? {
        Some(opened) => form(&app, flow, &opened, Vec::new()),
        None => Problem::SetUpGone.into_response(),
    })
}

/// POST `/set-up/new`
pub async fn save(State(app): State<App>, origin: Origin, headers: HeaderMap, Form(fields): Form) -> Result<Response> {
    let flow = fields.text("flow");
    let Some(opened) = opened(&app, &headers, flow).await? else {
        return Ok(Problem::SetUpGone.into_response());
    };
    let new = TypedPassword::from(fields.text("new_password"));
    let confirmed = TypedPassword::from(fields.text("confirm_password"));
    let from = From {
        address: origin.address,
        browser: &sessions::described(&app, &origin.user_agent),
    };
    Ok(match choose(&app, &opened, (&new, &confirmed), from).await? {
        ByLink::Done => (FLOWS.end(&app, flow), Redirect::to("/sign-in?set-up=done")).into_response(),
        ByLink::Refused(refused) => {
            let errors = refused.into_iter().map(|refusal| field_error(&app, refusal)).collect();
            let again = form(&app, flow, &opened, errors);
            with_status(StatusCode::UNPROCESSABLE_ENTITY, again)
        }
        ByLink::Gone => Problem::SetUpGone.into_response(),
        ByLink::Wait(seconds) => Problem::Wait(seconds).into_response(),
    })
}

async fn opened(app: &App, headers: &HeaderMap, flow: &str) -> Result<Option<Opened>> {
    match FLOWS.token(app, headers, flow) {
        Some(token) => choose::open(app, token).await,
        None => Ok(None),
    }
}

fn form(app: &App, flow: &str, opened: &Opened, errors: Vec<FieldError>) -> Response {
    let subject = &opened.subject;
    let sign_in_name = subject.sign_in_name();
    let whose = [
        ("name", subject.display_name.as_str().into()),
        ("sign-in-name", sign_in_name.as_str().into()),
    ];
    let policy = app.config.password.policy;
    page(&NewPage {
        frame: Frame::for_strangers(app),
        errors,
        flow: flow.to_owned(),
        whose: app.words.say_all("set-up-whose", whose),
        has_password: subject.password_set_at.is_some(),
        rules: policy.rules().into_iter().map(|rule| rule.text(&app.words)).collect(),
        passwordrules: policy.passwordrules(),
        sign_in_name,
    })
}

/// GET `/set-up/code`
pub async fn code_form(State(app): State<App>) -> Response {
    code_page(&app, "", None)
}

/// POST `/set-up/code`
pub async fn code(State(app): State<App>, origin: Origin, headers: HeaderMap, Form(fields): Form) -> Result<Response> {
    let began = tokio::time::Instant::now();
    let name = fields.text("username");
    match code::open(&app, name, fields.text("code"), origin.address).await? {
        Coded::Right(token) => Ok(FLOWS.onward(&app, &headers, token.reveal())),
        Coded::Refused => {
            // A name that somebody has leaves a refusal on record, which takes longer than none.
            tokio::time::sleep_until(began + REFUSED_AFTER).await;
            let again = code_page(&app, name, Some(app.words.say("set-up-code-refused")));
            Ok(with_status(StatusCode::UNPROCESSABLE_ENTITY, again))
        }
        Coded::Wait(seconds) => {
            let problem = app.words.say_with("sign-in-wait", "wait", app.words.wait(seconds));
            let mut again = with_status(StatusCode::TOO_MANY_REQUESTS, code_page(&app, name, Some(problem)));
            again.headers_mut().insert("retry-after", HeaderValue::from(seconds));
            Ok(again)
        }
    }
}

fn code_page(app: &App, username: &str, problem: Option<String>) -> Response {
    page(&CodePage {
        frame: Frame::for_strangers(app),
        username: username.chars().take(320).collect(),
        problem,
    })
}
