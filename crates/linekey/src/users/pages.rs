//! The profile form of `/account/settings`, and the pages of administrators.

pub mod acts;
pub mod add;
pub mod people;
pub mod person;
pub mod phone;
pub mod phone_set_up;
mod proof;
pub mod slip;

use std::sync::LazyLock;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use self::proof::Proof;
use super::profile::{self, New, Owner, Refusal, Typed, Wish};
use crate::app::App;
use crate::error::Result;
use crate::password::pages::{Shown, TypedProfile, settings_page};
use crate::sessions::SignedIn;
use crate::sessions::pages::cookie;
use crate::sessions::signed_in::CHANGE_FORM;
use crate::web::answer::Problem;
use crate::web::form::Form;
use crate::web::gate::with_status;
use crate::web::page::FieldError;
use crate::when;

/// POST `/account/settings`
pub async fn save(State(app): State<App>, me: SignedIn, Form(form): Form) -> Result<Response> {
    if me.person.must_change {
        return Ok(Redirect::to(CHANGE_FORM).into_response());
    }
    let typed = Typed {
        display_name: form.text("display_name"),
        time_zone: form.text("time_zone"),
        email: form.get("email"),
        without_email: form.get("without_email") == Some("on"),
    };
    let new = match profile::check(typed, me.person.email.as_deref()) {
        Ok(new) => new,
        Err(refused) => return again(&app, &me, typed, &refused, Vec::new()).await,
    };
    if new.wish == Wish::Stay {
        return saved(&app, &me, typed, new).await;
    }
    // Whoever sits at a session that was left open shall not take the account with it.
    match proof::ask(&app, &me, form.text("your_password")).await? {
        Proof::Given(None) => saved(&app, &me, typed, new).await,
        Proof::Given(Some(token)) => {
            let saved = saved(&app, &me, typed, new).await?;
            Ok((cookie(&app, &token), saved).into_response())
        }
        Proof::Missing(text) => {
            let error = FieldError {
                field: "your_password",
                text,
            };
            again(&app, &me, typed, &[], vec![error]).await
        }
        Proof::Wait(seconds) => Ok(Problem::Wait(seconds).into_response()),
        Proof::Overtaken => Ok(Problem::Conflict.into_response()),
    }
}

/// Saves, and says what became of it.
async fn saved(app: &App, me: &SignedIn, typed: Typed<'_>, new: New<'_>) -> Result<Response> {
    if let Some(refusal) = profile::save(app, owner(me), &new).await? {
        return again(app, me, typed, &[refusal], Vec::new()).await;
    }
    let saved = match new.wish {
        Wish::Stay => "profile",
        Wish::Another(_) => "email-asked",
        Wish::None => "email-removed",
    };
    Ok(Redirect::to(&format!("/account/settings?saved={saved}")).into_response())
}

/// The person of a session, as the owner of their profile.
pub fn owner(me: &SignedIn) -> Owner<'_> {
    Owner {
        account: &me.person.account,
        user: &me.person.id,
        session: &me.session,
        browser: &me.browser,
        address: me.address,
    }
}

/// The form with what was typed, and what is wrong with it.
async fn again(
    app: &App,
    me: &SignedIn,
    typed: Typed<'_>,
    refused: &[Refusal],
    mut profile_errors: Vec<FieldError>,
) -> Result<Response> {
    profile_errors.extend(refused.iter().map(|refusal| field_error(app, me, *refusal)));
    let on_file = me.person.email.as_deref().unwrap_or_default();
    let email = typed.email.unwrap_or(on_file).trim();
    let typed_profile = Some(TypedProfile {
        display_name: typed.display_name.to_owned(),
        email: email.to_owned(),
        asks_without_email: email.is_empty() && !on_file.is_empty(),
        without_email: typed.without_email,
        time_zone: typed.time_zone.to_owned(),
    });
    let shown = Shown {
        profile_errors,
        typed_profile,
        ..Shown::default()
    };
    let again = settings_page(app, me, shown).await?;
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

/// A refusal in words, at its field.
pub fn field_error(app: &App, me: &SignedIn, refusal: Refusal) -> FieldError {
    let words = &app.words;
    let (field, text) = match refusal {
        Refusal::NameEmpty => ("display_name", words.say("name-empty")),
        Refusal::NameTooLong => ("display_name", words.say("name-too-long")),
        Refusal::NameCharacters => ("display_name", words.say("name-characters")),
        Refusal::ZoneUnknown => ("time_zone", words.say("zone-unknown")),
        Refusal::EmailForm => ("email", words.say("profile-email-form")),
        Refusal::EmailEmpty => ("email", words.say("profile-email-empty")),
        Refusal::EmailFrozen(until) => {
            let until = when::minute(words, until, &me.person.time_zone);
            ("email", words.say_with("profile-email-frozen", "until", until))
        }
        Refusal::EmailWait(seconds) => {
            let wait = words.wait(seconds);
            ("email", words.say_with("profile-email-wait", "wait", wait))
        }
    };
    FieldError { field, text }
}
