//! The profile form of `/account/settings`, and the pages of administrators.

pub mod acts;
pub mod add;
pub mod people;
pub mod person;
mod proof;
pub mod slip;

use std::sync::LazyLock;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::profile::{self, Owner, Refusal};
use crate::app::App;
use crate::error::Result;
use crate::password::pages::{Shown, settings_page};
use crate::sessions::SignedIn;
use crate::sessions::signed_in::CHANGE_FORM;
use crate::web::form::Form;
use crate::web::gate::with_status;
use crate::web::page::FieldError;
use crate::when;

/// POST `/account/settings`
pub async fn save(State(app): State<App>, me: SignedIn, Form(form): Form) -> Result<Response> {
    if me.person.must_change {
        return Ok(Redirect::to(CHANGE_FORM).into_response());
    }
    let (display_name, time_zone) = (form.text("display_name"), form.text("time_zone"));
    let owner = Owner {
        account: &me.person.account,
        user: &me.person.id,
        session: &me.session,
        address: me.address,
    };
    let refused = profile::change(&app, owner, display_name, time_zone).await?;
    if refused.is_empty() {
        return Ok(Redirect::to("/account/settings?saved=profile").into_response());
    }
    let profile_errors = refused.into_iter().map(|refusal| field_error(&app, refusal)).collect();
    let typed_profile = Some((display_name.to_owned(), time_zone.to_owned()));
    let again = settings_page(
        &app,
        &me,
        Shown {
            profile_errors,
            typed_profile,
            ..Shown::default()
        },
    )
    .await?;
    Ok(with_status(StatusCode::UNPROCESSABLE_ENTITY, again))
}

/// The choices of a time zone, rendered once: there are hundreds.
pub fn zone_options() -> &'static str {
    static OPTIONS: LazyLock<String> = LazyLock::new(|| {
        ZoneOptions { zones: when::zones() }
            .render()
            .expect("a list of names renders")
    });
    &OPTIONS
}

#[derive(Template)]
#[template(path = "users/zone_options.html")]
struct ZoneOptions {
    zones: Vec<String>,
}

fn field_error(app: &App, refusal: Refusal) -> FieldError {
    let (field, key) = match refusal {
        Refusal::NameEmpty => ("display_name", "name-empty"),
        Refusal::NameTooLong => ("display_name", "name-too-long"),
        Refusal::NameCharacters => ("display_name", "name-characters"),
        Refusal::ZoneUnknown => ("time_zone", "zone-unknown"),
    };
    FieldError {
        field,
        text: app.words.say(key),
    }
}
