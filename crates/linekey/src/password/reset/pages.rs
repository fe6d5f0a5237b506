//! `/reset-password`: asking for a link, and using it. For people who cannot sign in: nobody is asked who they are.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use data_encoding::BASE64URL_NOPAD;

use super::redeem::{self, From, Opened, Redeemed, Typed, redeem};
use crate::app::App;
use crate::clock::{HOUR, SECOND};
use crate::error::Result;
use crate::password::pages::{field_error, phones_text};
use crate::password::typed::TypedPassword;
use crate::phones;
use crate::phones::view::PhoneView;
use crate::sessions;
use crate::web::answer::{Problem, page};
use crate::web::cookies::{self, SetCookie};
use crate::web::form::{Form, Query};
use crate::web::gate::with_status;
use crate::web::origin::Origin;
use crate::web::page::{FieldError, Frame};

/// What the cookies of opened links are called, before the name of the flow.
const FLOW: &str = "linekey-reset-";
/// Bytes in the name of a flow.
const FLOW_BYTES: usize = 16;
/// Links that are open at once in one browser. Cookies travel with every request.
const MOST_FLOWS: usize = 5;
/// How long those cookies last, in seconds: as long as a link does.
const LASTS: i64 = HOUR / SECOND;

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

/// GET `/reset-password/{token}`: the token leaves the address, which browsers keep and show, for a cookie. Spends
/// nothing, and does not even ask whether the token is one: mail scanners open links too.
pub async fn open(State(app): State<App>, Path(token): Path<String>, headers: HeaderMap) -> Response {
    if !is_of_bytes(&token, 32) {
        return Problem::ResetLinkGone.into_response();
    }
    let open = flows(&app, &headers);
    let known = open
        .iter()
        .find(|(_, other)| *other == token)
        .map(|(flow, _)| flow.clone());
    // Browsers send the oldest first.
    let over: Vec<SetCookie> = match known {
        Some(_) => Vec::new(),
        None => {
            let over = open.len().saturating_sub(MOST_FLOWS - 1);
            let names = open.iter().take(over);
            names
                .map(|(flow, _)| cookies::remove(&app, &format!("{FLOW}{flow}")))
                .collect()
        }
    };
    let flow = known.unwrap_or_else(|| new_name(&app));
    let mut response = into_flow(&app, &flow, &token);
    for cookie in over {
        response = (cookie, response).into_response();
    }
    response
}

/// Sends the browser on to the form, with the token in a cookie of its own.
fn into_flow(app: &App, flow: &str, token: &str) -> Response {
    let cookie = cookies::set(app, &format!("{FLOW}{flow}"), token, Some(LASTS));
    let no_referrer = [(
        HeaderName::from_static("referrer-policy"),
        HeaderValue::from_static("no-referrer"),
    )];
    let form = Redirect::to(&format!("/reset-password/new?flow={flow}"));
    (no_referrer, cookie, form).into_response()
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
        let error = email_error(&app, "reset-email-missing");
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
            let error = email_error(&app, "reset-email-wrong");
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

fn email_error(app: &App, key: &str) -> FieldError {
    FieldError {
        field: "email",
        text: app.words.say(key),
    }
}

/// The flows that are open in a browser, and their tokens.
fn flows(app: &App, headers: &HeaderMap) -> Vec<(String, String)> {
    let named = cookies::starting_with(app, headers, FLOW);
    let ours = named.filter(|(flow, token)| is_of_bytes(flow, FLOW_BYTES) && is_of_bytes(token, 32));
    ours.map(|(flow, token)| (flow.to_owned(), token.to_owned())).collect()
}

fn new_name(app: &App) -> String {
    BASE64URL_NOPAD.encode(&app.random.bytes::<FLOW_BYTES>())
}

/// Whether it is base64url of so many bytes, as what we make at random is.
fn is_of_bytes(text: &str, count: usize) -> bool {
    BASE64URL_NOPAD
        .decode(text.as_bytes())
        .is_ok_and(|bytes| bytes.len() == count)
}
