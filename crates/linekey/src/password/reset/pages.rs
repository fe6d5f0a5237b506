//! `/reset-password`: asking for a link, and using it. For people who cannot sign in: nobody is asked who they are.

use std::time::Duration;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use data_encoding::BASE64URL_NOPAD;

use super::code::{ByCode, open_by_code};
use super::redeem::{self, Redeemed, Typed, redeem};
use super::request::{self, Requested, TypedAddress, request};
use crate::app::App;
use crate::clock::{HOUR, SECOND};
use crate::error::Result;
use crate::password::by_link::{ByLink, From, Opened};
use crate::password::pages::field_error;
use crate::password::typed::TypedPassword;
use crate::phones;
use crate::phones::view::{PhoneView, stays_text};
use crate::sessions;
use crate::web::answer::{Problem, page};
use crate::web::cookies;
use crate::web::flow::{self, Flows};
use crate::web::form::{Form, Query};
use crate::web::gate::with_status;
use crate::web::origin::Origin;
use crate::web::page::{FieldError, Frame};

/// How long the answer to a request or a code takes, from its start. Everything that depends on who has an address is
/// done within it or later, so that the time tells nothing.
const DEADLINE: Duration = Duration::from_millis(400);
/// The cookie of a browser that asked: the codes it asked for work in it alone.
const REQUEST: &str = "linekey-reset-request";
/// Bytes in it.
const REQUEST_BYTES: usize = 32;
/// How long these cookies last, in seconds: as long as a link does.
const LASTS: i64 = HOUR / SECOND;
/// The reset links that are open in a browser.
const FLOWS: Flows = Flows {
    cookie: "linekey-reset-",
    page: "/reset-password/new",
    lasts: LASTS,
};

#[derive(Template)]
#[template(path = "password/reset/ask.html")]
struct AskPage {
    frame: Frame,
    errors: Vec<FieldError>,
    email: String,
}

#[derive(Template)]
#[template(path = "password/reset/sent.html")]
struct SentPage {
    frame: Frame,
    errors: Vec<FieldError>,
    email: String,
    /// How many one address gets in an hour.
    mails: i64,
}

#[derive(Template)]
#[template(path = "password/reset/new.html")]
struct NewPage {
    frame: Frame,
    errors: Vec<FieldError>,
    flow: String,
    whose: String,
    sign_in_name: String,
    email: String,
    rules: Vec<String>,
    passwordrules: String,
    phones_text: String,
    phones: Vec<PhoneView>,
}

/// GET `/reset-password`
pub async fn ask_form(State(app): State<App>) -> Response {
    ask_page(&app, "", Vec::new())
}

/// POST `/reset-password`: the same answer at the same time, whoever has the address.
pub async fn ask(State(app): State<App>, origin: Origin, headers: HeaderMap, Form(fields): Form) -> Result<Response> {
    let deadline = tokio::time::sleep(DEADLINE);
    let email = fields.text("email");
    let Some(address) = TypedAddress::new(email) else {
        let again = ask_page(&app, email, vec![field(&app, "email", "reset-email-shape")]);
        return Ok(with_status(StatusCode::UNPROCESSABLE_ENTITY, again));
    };
    let cookie = cookies::get(&app, &headers, REQUEST).filter(|cookie| flow::is_of_bytes(cookie, REQUEST_BYTES));
    let cookie = cookie.map_or_else(
        || BASE64URL_NOPAD.encode(&app.random.bytes::<REQUEST_BYTES>()),
        str::to_owned,
    );
    let from = request::From {
        address: origin.address,
        browser: &sessions::described(&app, &origin.user_agent),
        cookie: &cookie,
    };
    let requested = request(&app, &address, from).await?;
    deadline.await;
    Ok(match requested {
        Requested::Waits => {
            let kept = cookies::set(&app, REQUEST, &cookie, Some(LASTS));
            (kept, Redirect::to("/reset-password/sent")).into_response()
        }
        Requested::Wait(seconds) => Problem::Wait(seconds).into_response(),
    })
}

fn ask_page(app: &App, email: &str, errors: Vec<FieldError>) -> Response {
    page(&AskPage {
        frame: Frame::for_strangers(app),
        errors,
        email: email.chars().take(320).collect(),
    })
}

/// GET `/reset-password/sent`
pub async fn sent(State(app): State<App>) -> Response {
    sent_page(&app, "", Vec::new())
}

/// POST `/reset-password/code`: the same answer at the same time, whatever is wrong.
pub async fn by_code(
    State(app): State<App>,
    origin: Origin,
    headers: HeaderMap,
    Form(fields): Form,
) -> Result<Response> {
    let deadline = tokio::time::sleep(DEADLINE);
    let (email, code) = (fields.text("email").trim(), fields.text("code").trim());
    let missing = [
        (email.is_empty(), "email", "reset-code-email-missing"),
        (code.is_empty(), "code", "reset-code-missing"),
    ];
    let missing = missing.into_iter().filter(|(is_missing, ..)| *is_missing);
    let errors: Vec<_> = missing.map(|(_, name, key)| field(&app, name, key)).collect();
    let opened = if errors.is_empty() {
        let cookie = cookies::get(&app, &headers, REQUEST).unwrap_or_default();
        open_by_code(&app, origin.address, cookie, email, code).await?
    } else {
        ByCode::Wrong
    };
    deadline.await;
    Ok(match opened {
        ByCode::Open(token) => FLOWS.onward(&app, &headers, token.reveal()),
        ByCode::Wait(seconds) => Problem::Wait(seconds).into_response(),
        ByCode::Wrong => {
            let mut errors = errors;
            if errors.is_empty() {
                errors.push(field(&app, "code", "reset-code-wrong"));
            }
            let again = sent_page(&app, email, errors);
            with_status(StatusCode::UNPROCESSABLE_ENTITY, again)
        }
    })
}

fn sent_page(app: &App, email: &str, errors: Vec<FieldError>) -> Response {
    page(&SentPage {
        frame: Frame::for_strangers(app),
        errors,
        email: email.chars().take(320).collect(),
        mails: app.config.mail.per_address_hour,
    })
}

/// GET `/reset-password/{token}`: the token leaves the address, which browsers keep and show, for a cookie. Spends
/// nothing, and does not even ask whether the token is one: mail scanners open links too.
pub async fn open(State(app): State<App>, Path(token): Path<String>, headers: HeaderMap) -> Response {
    match FLOWS.open(&app, &headers, &token) {
        Some(onward) => onward,
        None => Problem::ResetLinkGone.into_response(),
    }
}

/// GET `/reset-password/new?flow=`
pub async fn new_form(State(app): State<App>, Query(query): Query, headers: HeaderMap) -> Result<Response> {
    let flow = query.text("flow");
    match opened(&app, &headers, flow).await? {
        Some(opened) => form(&app, flow, &opened, "", Vec::new()).await,
        None => Ok(Problem::ResetLinkGone.into_response()),
    }
}

/// POST `/reset-password/new`
pub async fn save(State(app): State<App>, origin: Origin, headers: HeaderMap, Form(fields): Form) -> Result<Response> {
    let flow = fields.text("flow");
    let Some(opened) = opened(&app, &headers, flow).await? else {
        return Ok(Problem::ResetLinkGone.into_response());
    };
    let (email, new, confirmed) = (
        fields.text("email"),
        TypedPassword::from(fields.text("new_password")),
        TypedPassword::from(fields.text("confirm_password")),
    );
    // A form that a mail scanner sends as it found it costs nothing.
    if email.trim().is_empty() {
        let error = field(&app, "email", "reset-email-missing");
        return again(&app, flow, &opened, "", vec![error]).await;
    }
    let typed = Typed {
        email,
        new: &new,
        confirmed: &confirmed,
    };
    let from = From {
        address: origin.address,
        browser: &sessions::described(&app, &origin.user_agent),
    };
    match redeem(&app, &opened, typed, from).await? {
        Redeemed::Set(ByLink::Done) => {
            let spent = FLOWS.end(&app, flow);
            Ok((spent, Redirect::to("/sign-in?reset=done")).into_response())
        }
        Redeemed::WrongEmail => {
            let error = field(&app, "email", "reset-email-wrong");
            again(&app, flow, &opened, email, vec![error]).await
        }
        Redeemed::Set(ByLink::Refused(refused)) => {
            let errors = refused.into_iter().map(|refusal| field_error(&app, refusal)).collect();
            again(&app, flow, &opened, email, errors).await
        }
        Redeemed::Set(ByLink::Gone) => Ok(Problem::ResetLinkGone.into_response()),
        Redeemed::Set(ByLink::Wait(seconds)) => Ok(Problem::Wait(seconds).into_response()),
    }
}

/// What the token of a flow opens. Another flow's is not looked at.
async fn opened(app: &App, headers: &HeaderMap, flow: &str) -> Result<Option<Opened>> {
    match FLOWS.token(app, headers, flow) {
        Some(token) => redeem::open(app, token).await,
        None => Ok(None),
    }
}

async fn again(app: &App, flow: &str, opened: &Opened, email: &str, errors: Vec<FieldError>) -> Result<Response> {
    let again = form(app, flow, opened, email, errors).await?;
    Ok(with_status(StatusCode::UNPROCESSABLE_ENTITY, again))
}

async fn form(app: &App, flow: &str, opened: &Opened, email: &str, errors: Vec<FieldError>) -> Result<Response> {
    let subject = &opened.subject;
    let zone = subject.time_zone.as_deref().unwrap_or("UTC");
    let phones = phones::live::of_user(app, (&subject.account, &subject.id), zone).await?;
    let sign_in_name = subject.sign_in_name();
    let whose = [
        ("name", subject.display_name.as_str().into()),
        ("sign-in-name", sign_in_name.as_str().into()),
    ];
    let policy = app.config.password.policy;
    Ok(page(&NewPage {
        frame: Frame::for_strangers(app),
        errors,
        flow: flow.to_owned(),
        whose: app.words.say_all("reset-new-whose", whose),
        email: email.chars().take(320).collect(),
        rules: policy.rules().into_iter().map(|rule| rule.text(&app.words)).collect(),
        passwordrules: policy.passwordrules(),
        phones_text: stays_text(app, subject.role, &phones),
        phones,
        sign_in_name,
    }))
}

fn field(app: &App, field: &'static str, key: &str) -> FieldError {
    FieldError {
        field,
        text: app.words.say(key),
    }
}
