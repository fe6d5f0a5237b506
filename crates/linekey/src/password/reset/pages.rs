//! `/reset-password`: asking for a link, and using it. For people who cannot sign in: nobody is asked who they are.

use std::time::Duration;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use data_encoding::BASE64URL_NOPAD;

use super::code::{ByCode, open_by_code};
use super::redeem::{self, From, Opened, Redeemed, Typed, redeem};
use super::request::{self, Requested, TypedAddress, request};
use crate::app::App;
use crate::clock::{HOUR, SECOND};
use crate::error::Result;
use crate::password::pages::{field_error, phones_text};
use crate::password::typed::TypedPassword;
use crate::phones;
use crate::phones::view::PhoneView;
use crate::sessions;
use crate::web::answer::{Problem, page};
use crate::web::cookies;
use crate::web::form::{Form, Query};
use crate::web::gate::with_status;
use crate::web::origin::Origin;
use crate::web::page::{FieldError, Frame};

/// How long the answer to a request or a code takes, from its start. Everything that depends on who has an address is
/// done within it or later, so that the time tells nothing.
const DEADLINE: Duration = Duration::from_millis(400);
/// The cookie of a browser that asked: the codes it asked for work in it alone.
const REQUEST: &str = "linekey-reset-request";
/// Bytes in it, and in the token of a link.
const TOKEN_BYTES: usize = 32;
/// What the cookies of opened links are called, before the name of the flow.
const FLOW: &str = "linekey-reset-";
/// Bytes in the name of a flow.
const FLOW_BYTES: usize = 16;
/// Links that are open at once in one browser. Cookies travel with every request.
const MOST_FLOWS: usize = 5;
/// How long those cookies last, in seconds: as long as a link does.
const LASTS: i64 = HOUR / SECOND;

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
    problem: Option<String>,
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
    let cookie = cookies::get(&app, &headers, REQUEST).filter(|cookie| is_of_bytes(cookie, TOKEN_BYTES));
    let cookie = cookie.map_or_else(|| new_name(&app, TOKEN_BYTES), str::to_owned);
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
    sent_page(&app, "", Vec::new(), None)
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
        ByCode::Open(token) => into_flow(&app, &headers, token.reveal()),
        ByCode::Wait(seconds) => Problem::Wait(seconds).into_response(),
        ByCode::Wrong => {
            let problem = errors.is_empty().then(|| app.words.say("reset-code-wrong"));
            let again = sent_page(&app, email, errors, problem);
            with_status(StatusCode::UNPROCESSABLE_ENTITY, again)
        }
    })
}

fn sent_page(app: &App, email: &str, errors: Vec<FieldError>, problem: Option<String>) -> Response {
    page(&SentPage {
        frame: Frame::for_strangers(app),
        errors,
        problem,
        email: email.chars().take(320).collect(),
        mails: app.config.mail.per_address_hour,
    })
}

/// GET `/reset-password/{token}`: the token leaves the address, which browsers keep and show, for a cookie. Spends
/// nothing, and does not even ask whether the token is one: mail scanners open links too.
pub async fn open(State(app): State<App>, Path(token): Path<String>, headers: HeaderMap) -> Response {
    if !is_of_bytes(&token, TOKEN_BYTES) {
        return Problem::ResetLinkGone.into_response();
    }
    into_flow(&app, &headers, &token)
}

/// Sends the browser on to the form, with the token in a cookie of its own.
fn into_flow(app: &App, headers: &HeaderMap, token: &str) -> Response {
    let open = flows(app, headers);
    let known = open.iter().find(|(_, other)| other == token);
    // Browsers send the oldest first.
    let over = if known.is_some() {
        0
    } else {
        open.len().saturating_sub(MOST_FLOWS - 1)
    };
    let flow = known.map_or_else(|| new_name(app, FLOW_BYTES), |(flow, _)| flow.clone());
    let cookie = cookies::set(app, &format!("{FLOW}{flow}"), token, Some(LASTS));
    let no_referrer = [(
        HeaderName::from_static("referrer-policy"),
        HeaderValue::from_static("no-referrer"),
    )];
    let form = Redirect::to(&format!("/reset-password/new?flow={flow}"));
    let mut response = (no_referrer, cookie, form).into_response();
    for (flow, _) in open.iter().take(over) {
        response = (cookies::remove(app, &format!("{FLOW}{flow}")), response).into_response();
    }
    response
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
        Redeemed::Done => {
            let spent = cookies::remove(&app, &format!("{FLOW}{flow}"));
            Ok((spent, Redirect::to("/sign-in?reset=done")).into_response())
        }
        Redeemed::WrongEmail => {
            let error = field(&app, "email", "reset-email-wrong");
            again(&app, flow, &opened, email, vec![error]).await
        }
        Redeemed::Refused(refused) => {
            let errors = refused.into_iter().map(|refusal| field_error(&app, refusal)).collect();
            again(&app, flow, &opened, email, errors).await
        }
        Redeemed::Gone => Ok(Problem::ResetLinkGone.into_response()),
        Redeemed::Wait(seconds) => Ok(Problem::Wait(seconds).into_response()),
    }
}

/// What the token of a flow opens. Another flow's is not looked at.
async fn opened(app: &App, headers: &HeaderMap, flow: &str) -> Result<Option<Opened>> {
    if !is_of_bytes(flow, FLOW_BYTES) {
        return Ok(None);
    }
    match cookies::get(app, headers, &format!("{FLOW}{flow}")) {
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
        phones_text: phones_text(app, subject.role, &phones),
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

/// The flows that are open in a browser, and their tokens.
fn flows(app: &App, headers: &HeaderMap) -> Vec<(String, String)> {
    let named = cookies::starting_with(app, headers, FLOW);
    let ours = named.filter(|(flow, token)| is_of_bytes(flow, FLOW_BYTES) && is_of_bytes(token, TOKEN_BYTES));
    ours.map(|(flow, token)| (flow.to_owned(), token.to_owned())).collect()
}

fn new_name(app: &App, count: usize) -> String {
    let mut bytes = vec![0; count];
    app.random.fill(&mut bytes);
    BASE64URL_NOPAD.encode(&bytes)
}

/// Whether it is base64url of so many bytes, as what we make at random is.
fn is_of_bytes(text: &str, count: usize) -> bool {
    BASE64URL_NOPAD
        .decode(text.as_bytes())
        .is_ok_and(|bytes| bytes.len() == count)
}
