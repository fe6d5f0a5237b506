//! `/admin/users/{id}/phones/{phone}/set-up`: an administrator makes the set-up link of somebody's phone.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::acts::whom;
use super::person::subject;
use super::proof::{self, forbidden};
use crate::app::App;
use crate::error::Result;
use crate::phones::act::By;
use crate::phones::live;
use crate::phones::provision::Kind;
use crate::phones::provision::pages::{Door, form_page, made, page_of};
use crate::phones::view::PhoneView;
use crate::sessions::SignedIn;
use crate::sessions::signed_in::Administrator;
use crate::users::Subject;
use crate::users::permissions::{Act, refusal};
use crate::web::answer::Problem;
use crate::web::flash::Flash;
use crate::web::form::Form;
use crate::web::gate::with_status;
use crate::web::page::{FieldError, Section};

/// GET `/admin/users/{id}/phones/{phone}/set-up`: the form; the link, if one was just made.
pub async fn show(
    State(app): State<App>,
    Administrator(me): Administrator,
    Path((id, phone)): Path<(String, String)>,
    carried: Flash,
) -> Result<Response> {
    let Some(subject) = subject(&app, &me, &id).await? else {
        return Ok(Problem::NotFound.into_response());
    };
    let Some(phone) = phone_of(&app, &me, &subject, &phone).await? else {
        return Ok(Problem::NotFound.into_response());
    };
    match refusal(me.person.standing(), Act::Phones, subject.standing()) {
        Some(refusal) => Ok(forbidden(&app, &subject, refusal.key())),
        None => page_of(&app, &me, &phone, &door(&app, &me, &subject, &phone), carried),
    }
}

/// POST `/admin/users/{id}/phones/{phone}/set-up`
pub async fn make(
    State(app): State<App>,
    Administrator(me): Administrator,
    Path((id, phone)): Path<(String, String)>,
    Form(form): Form,
) -> Result<Response> {
    let missing = async |subject: &Subject, text| {
        let Some(phone) = phone_of(&app, &me, subject, &phone).await? else {
            return Ok(Problem::NotFound.into_response());
        };
        let field = "your_password";
        let chosen = Kind::parse(form.text("kind"));
        let door = door(&app, &me, subject, &phone);
        let again = form_page(&app, &me, &phone, &door, (chosen, vec![FieldError { field, text }]));
        Ok(with_status(StatusCode::UNPROCESSABLE_ENTITY, again))
    };
    let does = async |subject: &Subject| {
        let Some(phone) = phone_of(&app, &me, subject, &phone).await? else {
            return Ok(Problem::NotFound.into_response());
        };
        let door = Door {
            asks_password: false,
            ..door(&app, &me, subject, &phone)
        };
        made(
            &app,
            &me,
            By::Helper(me.actor(), whom(&me, subject)),
            &phone,
            &door,
            &form,
        )
        .await
    };
    let typed = form.text("your_password");
    proof::guarded(&app, &me, (Act::Phones, &id), typed, missing, does).await
}

/// The subject's phone of that id.
async fn phone_of(app: &App, me: &SignedIn, subject: &Subject, phone: &str) -> Result<Option<PhoneView>> {
    let of = (&subject.account, &subject.id);
    live::one_of_user(app, of, &me.person.time_zone, phone).await
}

fn door(app: &App, me: &SignedIn, subject: &Subject, phone: &PhoneView) -> Door {
    let back = format!("/admin/users/{}/phones/{}", subject.id, phone.id);
    Door {
        action: format!("{back}/set-up"),
        back,
        back_text: phone.label.clone(),
        section: Section::People,
        asks_password: !me.is_fresh(app),
    }
}
