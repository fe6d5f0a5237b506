//! `/email/{token}`, for strangers, and the two buttons beside an address that waits.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::{Came, again, cancel, confirm};
use crate::app::App;
use crate::error::Result;
use crate::password::pages::{Shown, settings_page};
use crate::sessions::SignedIn;
use crate::users::pages::{field_error, owner};
use crate::users::profile::Refusal;
use crate::web::answer::{Problem, page};
use crate::web::form::Form;
use crate::web::gate::with_status;
use crate::web::origin::Origin;
use crate::web::page::Frame;

#[derive(Template)]
#[template(path = "users/email/confirm.html")]
struct ConfirmPage {
    frame: Frame,
    token: String,
    email: String,
    display_name: String,
    sign_in_name: String,
}

#[derive(Template)]
#[template(path = "users/email/done.html")]
struct DonePage {
    frame: Frame,
}

/// GET `/email/{token}`: changes nothing.
pub async fn form(State(app): State<App>, Path(token): Path<String>) -> Result<Response> {
    let Some(offer) = confirm::look(&app, &token).await? else {
        return Ok(Problem::LinkGone.into_response());
    };
    Ok(page(&ConfirmPage {
        frame: Frame::for_strangers(&app),
        token,
        email: offer.email,
        display_name: offer.subject.display_name.clone(),
        sign_in_name: offer.subject.sign_in_name(),
    }))
}

/// POST `/email/{token}`
pub async fn submit(State(app): State<App>, Path(token): Path<String>, origin: Origin, _: Form) -> Result<Response> {
    Ok(match confirm::confirm(&app, &token, origin.address).await? {
        Some(_) => Redirect::to("/email/done").into_response(),
        None => Problem::LinkGone.into_response(),
    })
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
