//! `/admin/users/{id}/setup-slip`: a slip is made, and shown once on a page to print. And the invitation by mail.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::acts::{Asked, whom};
use super::person::subject;
use crate::app::App;
use crate::error::{Error, Result};
use crate::links::Made;
use crate::sessions::SignedIn;
use crate::sessions::signed_in::Administrator;
use crate::users::invite::{self, Sent};
use crate::users::permissions::Act;
use crate::users::set_up_slip::{self, Slip};
use crate::web::answer::{Problem, page};
use crate::web::flash::{self, Flash};
use crate::web::form::Form;
use crate::web::page::{FieldError, Frame, Section};
use crate::web::qr::Picture;
use crate::when;

/// What carries a slip to the page that shows it once.
const SLIP: &str = "set-up-slip";
#[derive(Template)]
#[template(path = "users/slip.html")]
struct SlipPage {
    frame: Frame,
    id: String,
    display_name: String,
    sign_in_name: String,
    account: String,
    /// Where the code is typed, as it is read and typed again.
    place: String,
    code: String,
    until: String,
    picture: Picture,
    has_password: bool,
}

/// POST `/admin/users/{id}/setup-slip`
pub async fn make(
    State(app): State<App>,
    Administrator(me): Administrator,
    Path(id): Path<String>,
    Form(form): Form,
) -> Result<Response> {
    let asked = Asked::of(&app, &me, &id, Act::SetUpSlip);
    asked
        .answer(&form, async |subject| {
            Ok(match set_up_slip::make(&app, me.actor(), whom(&me, subject)).await? {
                Slip::Done(_, made) => carried(&app, &me, &id, &made),
                Slip::Disabled => asked.forbidden(subject, "refused-disabled"),
                Slip::Forbidden(refusal) => asked.forbidden(subject, refusal.key()),
                Slip::Nobody => Problem::NotFound.into_response(),
            })
        })
        .await
}

fn carried(app: &App, me: &SignedIn, id: &str, made: &Made) -> Response {
    let code = made.code.as_ref().map(|code| code.reveal()).unwrap_or_default();
    let text = format!("{id} {} {code} {}", made.expires_at, made.url);
    let carried = flash::carry(app, &me.session, SLIP, &text);
    (carried, Redirect::to(&format!("/admin/users/{id}/setup-slip"))).into_response()
}

/// GET `/admin/users/{id}/setup-slip`: the slip that was just made, once.
pub async fn show(
    State(app): State<App>,
    Administrator(me): Administrator,
    Path(id): Path<String>,
    carried: Flash,
) -> Result<Response> {
    let Some(subject) = subject(&app, &me, &id).await? else {
        return Ok(Problem::NotFound.into_response());
    };
    let text = carried.take(&me.session, SLIP).unwrap_or_default();
    let parts: Vec<_> = text.split(' ').collect();
    let [of, until, code, url] = parts[..] else {
        return Ok(Redirect::to(&format!("/admin/users/{}", subject.id)).into_response());
    };
    if of != id {
        return Ok(Redirect::to(&format!("/admin/users/{}", subject.id)).into_response());
    }
    let until = until.parse().map_err(Error::defect)?;
    let origin = app.config.portal.public_url.origin();
    let shown = page(&SlipPage {
        frame: me.frame(&app, Section::People),
        id: subject.id.to_string(),
        display_name: subject.display_name.clone(),
        sign_in_name: subject.sign_in_name(),
        account: subject.account_name.clone(),
        place: format!(
            "{}/set-up/code",
            origin.split_once("://").map_or(origin, |(_, place)| place)
        ),
        code: code.to_owned(),
        until: format!(
            "{} ({})",
            when::minute(&app.words, until, &me.person.time_zone),
            me.person.time_zone
        ),
        picture: Picture::of(url)?,
        has_password: subject.password_set_at.is_some(),
    });
    Ok((flash::clear(&app), shown).into_response())
}

/// POST `/admin/users/{id}/invite`
pub async fn invite(
    State(app): State<App>,
    Administrator(me): Administrator,
    Path(id): Path<String>,
    Form(form): Form,
) -> Result<Response> {
    let asked = Asked::of(&app, &me, &id, Act::Invite);
    asked
        .answer(&form, async |subject| {
            Ok(match invite::again(&app, me.actor(), whom(&me, subject)).await? {
                Sent::Done(subject) => {
                    let email = subject.email.as_deref().unwrap_or_default();
                    asked.done(&app.words.say_with("invite-again-done", "email", email), None)
                }
                Sent::HasPassword => asked.forbidden(subject, "refused-has-password"),
                Sent::NoAddress => asked.forbidden(subject, "refused-no-address"),
                Sent::Disabled => asked.forbidden(subject, "refused-disabled"),
                Sent::Forbidden(refusal) => asked.forbidden(subject, refusal.key()),
                Sent::Nobody => Problem::NotFound.into_response(),
                Sent::Wait(seconds) => {
                    let arguments = [
                        ("name", subject.display_name.as_str().into()),
                        ("wait", app.words.wait(seconds).into()),
                    ];
                    let error = FieldError {
                        field: "invite",
                        text: app.words.say_all("invite-wait", arguments),
                    };
                    asked.again(subject, vec![error], true).await?
                }
            })
        })
        .await
}
