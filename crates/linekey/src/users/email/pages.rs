//! `/email/{token}`, for strangers, and the two buttons beside an address that waits.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::confirm::{Confirmed, Offer};
use super::{Came, again, cancel, confirm};
use crate::app::App;
use crate::error::Result;
use crate::password::pages::{Shown, settings_page};
use crate::sessions::SignedIn;
use crate::sessions::signed_in::Visitor;
use crate::users::pages::{field_error, owner};
use crate::users::profile::Refusal;
use crate::web::answer::{Problem, page};
use crate::web::form::Form;
use crate::web::gate::with_status;
use crate::web::origin::Origin;
use crate::web::page::{FieldError, Frame};

/// What of a typed name comes back, in characters.
const LONGEST_SHOWN: usize = 320;

#[derive(Template)]
#[template(path = "users/email/confirm.html")]
struct ConfirmPage {
    frame: Frame,
    token: String,
    email: String,
    /// Whether the browser is signed in as whoever asked for it.
    known: bool,
    errors: Vec<FieldError>,
    username: String,
}

#[derive(Template)]
#[template(path = "users/email/done.html")]
struct DonePage {
    frame: Frame,
}

/// GET `/email/{token}`: changes nothing.
pub async fn form(State(app): State<App>, Path(token): Path<String>, Visitor(me): Visitor) -> Result<Response> {
    Ok(match confirm::look(&app, &token).await? {
        Some(offer) => confirm_page(&app, &token, &offer, me.as_ref(), None, ""),
        None => Problem::LinkGone.into_response(),
    })
}

/// POST `/email/{token}`
pub async fn submit(
    State(app): State<App>,
    Path(token): Path<String>,
    Visitor(me): Visitor,
    origin: Origin,
    Form(form): Form,
) -> Result<Response> {
    let username = form.text("username").trim();
    let by = (me.as_ref().map(|me| &me.person.id), username);
    Ok(match confirm::confirm(&app, &token, by, origin.address).await? {
        Confirmed::Done => Redirect::to("/email/done").into_response(),
        Confirmed::NameMissing(offer) => again_page(&app, &token, &offer, "email-name-empty", ""),
        Confirmed::NameWrong(offer) => again_page(&app, &token, &offer, "email-name-wrong", username),
        Confirmed::Gone => Problem::LinkGone.into_response(),
    })
}

/// Names nobody: whoever reads the mail of a mistyped address does not learn who typed it.
fn confirm_page(
    app: &App,
    token: &str,
    offer: &Offer,
    me: Option<&SignedIn>,
    error: Option<FieldError>,
    username: &str,
) -> Response {
    page(&ConfirmPage {
        frame: Frame::for_strangers(app),
        token: token.to_owned(),
        email: offer.email.clone(),
        known: me.is_some_and(|me| me.person.id == offer.subject.id),
        errors: error.into_iter().collect(),
        username: username.chars().take(LONGEST_SHOWN).collect(),
    })
}

fn again_page(app: &App, token: &str, offer: &Offer, key: &str, username: &str) -> Response {
    let error = FieldError {
        field: "username",
        text: app.words.say(key),
    };
    let again = confirm_page(app, token, offer, None, Some(error), username);
    with_status(StatusCode::UNPROCESSABLE_ENTITY, again)
}

/// GET `/email/done`
pub async fn done(State(app): State<App>) -> Response {
    page(&DonePage {
        frame: Frame::for_strangers(&app),
    })
}

/// POST `/account/email/again`
pub async fn send_again(State(app): State<App>, me: SignedIn, _: Form) -> Result<Response> {
    let came = again(&app, owner(&me)).await?;
    answer(&app, &me, came, "email-asked").await
}

/// POST `/account/email/cancel`
pub async fn take_back(State(app): State<App>, me: SignedIn, _: Form) -> Result<Response> {
    let came = cancel(&app, owner(&me)).await?;
    answer(&app, &me, came, "email-cancelled").await
}

async fn answer(app: &App, me: &SignedIn, came: Came, saved: &str) -> Result<Response> {
    let refusal = match came {
        Came::Done => return Ok(Redirect::to(&format!("/account/settings?saved={saved}")).into_response()),
        // Whatever it was, the page says how things stand.
        Came::Nothing => return Ok(Redirect::to("/account/settings").into_response()),
        Came::Frozen(until) => Refusal::EmailFrozen(until),
        Came::Wait(seconds) => Refusal::EmailWait(seconds),
    };
    let shown = Shown {
        profile_errors: vec![field_error(app, me, refusal)],
        ..Shown::default()
    };
    let again = settings_page(app, me, shown).await?;
    Ok(with_status(StatusCode::UNPROCESSABLE_ENTITY, again))
}
