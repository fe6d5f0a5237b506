//! `/admin/users/{id}/phones/{phone}/set-up`: an administrator makes the set-up link of somebody's phone.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::acts::whom;
use super::person::subject;
use super::proof::{self, Proof};
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::phones::act::By;
use crate::phones::live;
use crate::phones::provision::Kind;
use crate::phones::provision::pages::{Door, form_page, made, page_of};
use crate::phones::view::PhoneView;
use crate::sessions::SignedIn;
use crate::sessions::pages::cookie;
use crate::sessions::signed_in::Administrator;
use crate::users::Subject;
use crate::users::act::{self, Asked, Whom};
use crate::users::permissions::{Act, Refusal, refusal};
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
        Some(refusal) => Ok(forbidden(&app, &subject, refusal)),
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
    let Some(id) = UserId::parse(&id) else {
        return Ok(Problem::NotFound.into_response());
    };
    let asked = Whom {
        account: &me.person.account,
        id: &id,
    };
    // Who may not do it at all is not asked for a password first.
    let subject = match act::ask(&app, me.actor(), Act::Phones, asked).await? {
        Asked::May(subject) => subject,
        Asked::Refused(refusal, subject) => return Ok(forbidden(&app, &subject, refusal)),
        Asked::Nobody => return Ok(Problem::NotFound.into_response()),
    };
    let Some(phone) = phone_of(&app, &me, &subject, &phone).await? else {
        return Ok(Problem::NotFound.into_response());
    };
    let mut door = door(&app, &me, &subject, &phone);
    let renewed = match proof::ask(&app, &me, form.text("your_password")).await? {
        Proof::Given(renewed) => renewed,
        Proof::Missing(text) => {
            let field = "your_password";
            let chosen = Kind::parse(form.text("kind"));
            let again = form_page(&app, &me, &phone, &door, (chosen, vec![FieldError { field, text }]));
            return Ok(with_status(StatusCode::UNPROCESSABLE_ENTITY, again));
        }
        Proof::Wait(seconds) => return Ok(Problem::Wait(seconds).into_response()),
        Proof::Overtaken => return Ok(Problem::Conflict.into_response()),
    };
    door.asks_password = false;
    let by = By::Helper(me.actor(), whom(&me, &subject));
    let answer = made(&app, &me, by, &phone, &door, &form).await;
    let renewed = renewed.as_ref().map(|token| cookie(&app, token));
    Ok((renewed, answer.unwrap_or_else(Error::into_response)).into_response())
}

/// The subject's phone of that id.
async fn phone_of(app: &App, me: &SignedIn, subject: &Subject, phone: &str) -> Result<Option<PhoneView>> {
    let of = (&subject.account, &subject.id);
    let phones = live::of_user(app, of, &me.person.time_zone).await?;
    Ok(phones.into_iter().find(|one| one.id == phone))
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

pub(super) fn forbidden(app: &App, subject: &Subject, refusal: Refusal) -> Response {
    let name = subject.display_name.as_str();
    Problem::NotYours.saying(app.words.say_with(refusal.key(), "name", name))
}
