//! `/phones`: each phone with its state, and adding one.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::create::{self, MOST_PER_USER, Outcomes, Refusal};
use super::live;
use super::registrar;
use super::view::PhoneView;
use crate::app::App;
use crate::error::Error;
use crate::sessions::SignedIn;
use crate::web::answer::{Problem, page};
use crate::web::flash::{self, Flash};
use crate::web::form::Form;
use crate::web::gate::with_status;
use crate::web::page::{FieldError, Frame, Section};

/// What carries a new phone's SIP password to the page that shows it once.
const SIP_PASSWORD: &str = "sip-password";

#[derive(Template)]
#[template(path = "phones/phones.html")]
struct PhonesPage {
    frame: Frame,
    phones: Vec<PhoneView>,
    may_add: bool,
    label: String,
    errors: Vec<FieldError>,
}

#[derive(Template)]
#[template(path = "phones/phone.html")]
struct PhonePage {
    frame: Frame,
    phone: PhoneView,
    sip_password: Option<String>,
    settings: Vec<(String, String)>,
}

/// GET `/phones`
pub async fn list(State(app): State<App>, me: SignedIn) -> Result<Response, Error> {
    list_with(&app, &me, "", Vec::new()).await
}

/// POST `/phones`
pub async fn add(State(app): State<App>, me: SignedIn, Form(form): Form) -> Result<Response, Error> {
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
            let again = list_with(&app, &me, label, errors).await?;
            Ok(with_status(StatusCode::UNPROCESSABLE_ENTITY, again))
        }
    }
}

/// GET `/phones/{id}`
pub async fn one(
    State(app): State<App>,
    me: SignedIn,
    Path(id): Path<String>,
    carried: Flash,
) -> Result<Response, Error> {
    let Some(phone) = live::of(&app, &me.person)
        .await?
        .into_iter()
        .find(|phone| phone.id == id)
    else {
        return Ok(Problem::NotFound.into_response());
    };
    let carried = carried.take(&me.session, SIP_PASSWORD);
    let sip_password = carried.and_then(|carried| carried.strip_prefix(&format!("{id} ")).map(str::to_owned));
    let say = |key: &str| app.words.say(key);
    let (user, domain) = phone.address_of_record.split_once('@').unwrap_or_default();
    let (server, port) = registrar::address(&app);
    let settings = vec![
        (say("phone-setting-server"), server),
        (say("phone-setting-port"), port),
        (say("phone-setting-user"), user.to_owned()),
        (say("phone-setting-domain"), domain.to_owned()),
        (say("phone-setting-transport"), "UDP".to_owned()),
    ];
    let shown = sip_password.is_some();
    let body = page(&PhonePage {
        frame: me.frame(&app, Section::Phones),
        phone,
        sip_password,
        settings,
    });
    if shown {
        Ok((flash::clear(&app), body).into_response())
    } else {
        Ok(body)
    }
}

async fn list_with(app: &App, me: &SignedIn, label: &str, errors: Vec<FieldError>) -> Result<Response, Error> {
    let phones = live::of(app, &me.person).await?;
    Ok(page(&PhonesPage {
        frame: me.frame(app, Section::Phones),
        may_add: phones.len() < MOST_PER_USER,
        phones,
        label: label.to_owned(),
        errors,
    }))
}

fn field_error(app: &App, refusal: Refusal, label: &str) -> FieldError {
    FieldError {
        field: "label",
        text: refusal.text(&app.words, label),
    }
}
