//! `/phones`: each phone with its state, adding one, and what its owner does to one.

pub mod one;
pub mod stream;

use askama::Template;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};

use self::one::{At, SIP_PASSWORD, answer};
use super::act::By;
use super::create::{self, MOST_PER_USER, Outcomes, Refusal};
use super::history::of_phone;
use super::history::strip::Strip;
use super::view::{PhoneView, State as PhoneState};
use super::{live, notices, remove};
use crate::app::App;
use crate::error::Result;
use crate::ids::PhoneId;
use crate::sessions::SignedIn;
use crate::web::answer::{Problem, page};
use crate::web::flash::{self, Flash};
use crate::web::form::Form;
use crate::web::gate::with_status;
use crate::web::page::{FieldError, Frame, Section};

/// What carries a sentence about what was done to the page that says it.
const NOTICE: &str = "phone-notice";

#[derive(Template)]
#[template(path = "phones/phones.html")]
struct PhonesPage {
    frame: Frame,
    phones: Vec<(PhoneView, Strip)>,
    may_add: bool,
    label: String,
    errors: Vec<FieldError>,
    notice: Option<String>,
}

/// The phone that an address names. What is no id of a phone is nothing that is here.
pub struct OfPath(pub(super) PhoneId);

impl FromRequestParts<App> for OfPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> std::result::Result<Self, Problem> {
        let id = Path::<String>::from_request_parts(parts, app).await;
        id.ok()
            .and_then(|Path(id)| PhoneId::parse(&id))
            .map(Self)
            .ok_or(Problem::NotFound)
    }
}

/// GET `/phones`
pub async fn list(State(app): State<App>, me: SignedIn, carried: Flash) -> Result<Response> {
    let notice = carried.take(&me.session, NOTICE);
    let told = notice.is_some().then(|| flash::clear(&app));
    let body = list_with(&app, &me, "", Vec::new(), notice).await?;
    Ok((told, body).into_response())
}

/// POST `/phones`
pub async fn add(State(app): State<App>, me: SignedIn, Form(form): Form) -> Result<Response> {
    let label = form.text("label");
    match create::create(&app, &me, label, form.text("extension")).await? {
        Outcomes::Added(added) => {
            let carried = format!("{} {}", added.id, *added.sip_password);
            let once = flash::carry(&app, &me.session, SIP_PASSWORD, &carried);
            Ok((once, Redirect::to(&format!("/phones/{}", added.id))).into_response())
        }
        Outcomes::Refused(refused) => {
            let errors = refused
                .into_iter()
                .map(|refusal| field_error(&app, refusal, label))
                .collect();
            let again = list_with(&app, &me, label, errors, None).await?;
            Ok(with_status(StatusCode::UNPROCESSABLE_ENTITY, again))
        }
    }
}

/// GET `/phones/{id}`
pub async fn show(State(app): State<App>, me: SignedIn, Path(id): Path<String>, carried: Flash) -> Result<Response> {
    one::show(&app, &me, At::own(&app, &me, &id), &id, carried).await
}

/// POST `/phones/{id}/rotate`
pub async fn rotate(State(app): State<App>, me: SignedIn, OfPath(phone): OfPath, Form(form): Form) -> Result<Response> {
    let at = At::own(&app, &me, phone.as_str());
    one::rotated(&app, &me, By::Owner(&me), at, &phone, &form).await
}

/// POST `/phones/{id}/disconnect`
pub async fn disconnect(
    State(app): State<App>,
    me: SignedIn,
    OfPath(phone): OfPath,
    Form(form): Form,
) -> Result<Response> {
    let at = At::own(&app, &me, phone.as_str());
    one::disconnected(&app, &me, By::Owner(&me), &at, &phone, &form).await
}

/// POST `/phones/{id}/allow`
pub async fn allow(State(app): State<App>, me: SignedIn, OfPath(phone): OfPath) -> Result<Response> {
    let at = At::own(&app, &me, phone.as_str());
    one::allowed(&app, &me, By::Owner(&me), &at, &phone).await
}

/// POST `/phones/{id}/notices`
pub async fn notices(
    State(app): State<App>,
    me: SignedIn,
    OfPath(phone): OfPath,
    Form(form): Form,
) -> Result<Response> {
    let on = form.text("mail") == "on";
    let done = notices::switch(&app, By::Owner(&me), &phone, on).await?;
    let key = if on { "notices-are-on" } else { "notices-are-off" };
    Ok(answer(&app, &me, done, key, &format!("/phones/{phone}")))
}

/// POST `/phones/{id}/remove`
pub async fn remove(State(app): State<App>, me: SignedIn, OfPath(phone): OfPath) -> Result<Response> {
    let done = remove::remove(&app, By::Owner(&me), &phone).await?;
    Ok(answer(&app, &me, done, "phone-is-removed", "/phones"))
}

async fn list_with(
    app: &App,
    me: &SignedIn,
    label: &str,
    errors: Vec<FieldError>,
    notice: Option<String>,
) -> Result<Response> {
    let person = &me.person;
    let phones = live::of(app, person).await?;
    let strips = of_phone::strips(app, (&person.account, &person.id), &phones, &person.time_zone).await?;
    Ok(page(&PhonesPage {
        frame: me.frame(app, Section::Phones),
        may_add: phones.len() < MOST_PER_USER,
        phones: phones.into_iter().zip(strips).collect(),
        label: label.to_owned(),
        errors,
        notice,
    }))
}

fn field_error(app: &App, refusal: Refusal, label: &str) -> FieldError {
    FieldError {
        field: "label",
        text: refusal.text(&app.words, label),
    }
}
