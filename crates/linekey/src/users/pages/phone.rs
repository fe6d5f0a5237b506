//! `/admin/users/{id}/phones/{phone}`: somebody's phone, as their administrator sees it, and what they do to it.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::acts::{Asked as Asking, whom};
use super::person::{DONE, subject};
use super::proof::{self, forbidden};
use crate::app::App;
use crate::error::Result;
use crate::ids::PhoneId;
use crate::phones::act::By;
use crate::phones::create;
use crate::phones::create_for::{AddedFor, create_for};
use crate::phones::disconnect::Done;
use crate::phones::pages::one::{self, At, SIP_PASSWORD, Shown};
use crate::phones::remove;
use crate::sessions::SignedIn;
use crate::sessions::signed_in::Administrator;
use crate::users::Subject;
use crate::users::permissions::{Act, refusal};
use crate::web::answer::Problem;
use crate::web::flash::{self, Flash};
use crate::web::form::{Fields, Form};
use crate::web::page::{FieldError, Section};

/// POST `/admin/users/{id}/phones`: adds one, and leads to its page, which shows the SIP password once.
pub async fn add(
    State(app): State<App>,
    Administrator(me): Administrator,
    Path(id): Path<String>,
    Form(form): Form,
) -> Result<Response> {
    let (label, extension) = (form.text("label"), form.text("extension"));
    let asked = Asking::of_phone(&app, &me, &id, (label, extension));
    asked
        .answer(&form, async |subject| {
            Ok(match create_for(&app, me.actor(), subject, label, extension).await? {
                AddedFor::Added(added) => {
                    let carried = format!("{} {}", added.id, *added.sip_password);
                    let once = flash::carry(&app, &me.session, SIP_PASSWORD, &carried);
                    let page = format!("/admin/users/{}/phones/{}", subject.id, added.id);
                    (once, Redirect::to(&page)).into_response()
                }
                AddedFor::Refused(refused) => {
                    let name = subject.display_name.as_str();
                    let error = |refusal: create::Refusal| FieldError {
                        field: if refusal.is_of_extension() {
                            "extension"
                        } else {
                            "label"
                        },
                        text: refusal.text_for_another(&app.words, label, name),
                    };
                    asked
                        .again(subject, refused.into_iter().map(error).collect(), true)
                        .await?
                }
                AddedFor::Forbidden(refusal) => asked.forbidden(subject, refusal.key()),
                AddedFor::Nobody => Problem::NotFound.into_response(),
            })
        })
        .await
}

/// GET `/admin/users/{id}/phones/{phone}`
pub async fn show(
    State(app): State<App>,
    Administrator(me): Administrator,
    Path((id, phone)): Path<(String, String)>,
    carried: Flash,
) -> Result<Response> {
    let Some(subject) = subject(&app, &me, &id).await? else {
        return Ok(Problem::NotFound.into_response());
    };
    let at = at(&app, &me, &subject, &phone);
    match refusal(me.person.standing(), Act::Phones, subject.standing()) {
        Some(refusal) if at.phone(&app, &me, &phone).await?.is_some() => Ok(forbidden(&app, &subject, refusal.key())),
        Some(_) => Ok(Problem::NotFound.into_response()),
        None => one::show(&app, &me, at, &phone, carried).await,
    }
}

/// POST `/admin/users/{id}/phones/{phone}/rotate`
pub async fn rotate(
    State(app): State<App>,
    Administrator(me): Administrator,
    Path(path): Path<(String, String)>,
    Form(form): Form,
) -> Result<Response> {
    let rotated = async |by: By<'_>, at, phone: &PhoneId| one::rotated(&app, &me, by, at, phone, &form).await;
    answer(&app, &me, &path, &form, ("rotate-password", rotated)).await
}

/// POST `/admin/users/{id}/phones/{phone}/disconnect`
pub async fn disconnect(
    State(app): State<App>,
    Administrator(me): Administrator,
    Path(path): Path<(String, String)>,
    Form(form): Form,
) -> Result<Response> {
    let ended = async |by: By<'_>, at, phone: &PhoneId| one::disconnected(&app, &me, by, &at, phone, &form).await;
    answer(&app, &me, &path, &form, ("disconnect-password", ended)).await
}

/// POST `/admin/users/{id}/phones/{phone}/allow`
pub async fn allow(
    State(app): State<App>,
    Administrator(me): Administrator,
    Path(path): Path<(String, String)>,
    Form(form): Form,
) -> Result<Response> {
    let allowed = async |by: By<'_>, at, phone: &PhoneId| one::allowed(&app, &me, by, &at, phone).await;
    answer(&app, &me, &path, &form, ("allow-password", allowed)).await
}

/// POST `/admin/users/{id}/phones/{phone}/remove`: leads to the page of the person.
pub async fn remove(
    State(app): State<App>,
    Administrator(me): Administrator,
    Path(path): Path<(String, String)>,
    Form(form): Form,
) -> Result<Response> {
    let removed = async |by: By<'_>, at: At, phone: &PhoneId| {
        Ok(match remove::remove(&app, by, phone).await? {
            Done::Done(label) => {
                let text = app.words.say_with("phone-is-removed", "label", label);
                let carried = flash::carry(&app, &me.session, DONE, &format!("{} {text}", at.user));
                (carried, Redirect::to(&at.back)).into_response()
            }
            Done::Already(_) => Redirect::to(&at.back).into_response(),
            Done::Forbidden(_) | Done::NoPhone => Problem::NotFound.into_response(),
        })
    };
    answer(&app, &me, &path, &form, ("remove-password", removed)).await
}

/// Does it, once it is theirs to do and they have said who they are, in the field named.
async fn answer(
    app: &App,
    me: &SignedIn,
    (id, phone): &(String, String),
    form: &Fields,
    (field, act): (&'static str, impl AsyncFnOnce(By<'_>, At, &PhoneId) -> Result<Response>),
) -> Result<Response> {
    let Some(phone) = PhoneId::parse(phone) else {
        return Ok(Problem::NotFound.into_response());
    };
    let missing = async |subject: &Subject, text| {
        let at = at(app, me, subject, phone.as_str());
        one::again(app, me, at, phone.as_str(), Shown::wrong(field, text)).await
    };
    let does = async |subject: &Subject| {
        let at = At {
            asks_password: false,
            ..at(app, me, subject, phone.as_str())
        };
        act(By::Helper(me.actor(), whom(me, subject)), at, &phone).await
    };
    proof::guarded(app, me, (Act::Phones, id), form.text("your_password"), missing, does).await
}

fn at(app: &App, me: &SignedIn, subject: &Subject, phone: &str) -> At {
    let person = format!("/admin/users/{}", subject.id);
    At {
        account: subject.account.clone(),
        user: subject.id.clone(),
        base: format!("{person}/phones/{phone}"),
        back: person,
        back_text: subject.display_name.clone(),
        section: Section::People,
        of: Some(app.words.say_with("phone-of", "name", subject.display_name.as_str())),
        sets_up: subject.disabled_at.is_none(),
        asks_password: !me.is_fresh(app),
    }
}
