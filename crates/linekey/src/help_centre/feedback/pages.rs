//! `/help/{category}/{article}/vote` and `/suggest`, for strangers; a script is answered in JSON, in place.

pub mod operator;
pub mod panel;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use super::suggest::{LONGEST, Refusal, Suggested, Typed, suggest as keep};
use super::vote::{Voted, vote as cast};
use super::{About, VOTER_KEPT, Voter};
use crate::app::App;
use crate::clock::{MINUTE, SECOND};
use crate::error::Result;
use crate::help_centre;
use crate::sessions::signed_in::Visitor;
use crate::web::answer::{Problem, json as for_script, page};
use crate::web::form::Form;
use crate::web::gate::{wants_json, with_status};
use crate::web::origin::Origin;
use crate::web::page::{FieldError, Frame, Section};
use crate::web::{cookies, flash};
use panel::{Notice, SuggestForm, VOTER};

/// The fields, by their ids: an article may have others of short names.
const TEXT: &str = "feedback-text";
const EMAIL: &str = "feedback-email";

/// The page of a suggestion that is not taken as it is.
#[derive(Template)]
#[template(path = "help_centre/feedback/again.html")]
struct AgainPage {
    frame: Frame,
    form: SuggestForm,
}

/// POST `/help/{category}/{article}/vote`
pub async fn vote(
    State(app): State<App>,
    Path((category, article)): Path<(String, String)>,
    origin: Origin,
    headers: HeaderMap,
    Form(fields): Form,
) -> Result<Response> {
    let about = About {
        category: &category,
        article: &article,
    };
    if !help_centre::exists(&app, &category, &article) {
        return Ok(Problem::NotFound.into_response());
    }
    let helpful = match fields.text("helpful") {
        "yes" => true,
        "no" => false,
        _ => return Ok(Problem::BadForm.into_response()),
    };
    let voter = panel::voter(&app, &headers).unwrap_or_else(|| Voter::new(&app));
    Ok(match cast(&app, &voter, about, helpful, origin.address).await? {
        Voted::Wait(seconds) => wait(&app, &headers, seconds, "feedback-votes-wait"),
        Voted::Done => {
            let notice = if helpful { Notice::Helpful } else { Notice::Unhelpful };
            let kept = cookies::set(&app, VOTER, &voter.cookie(), Some(VOTER_KEPT / SECOND));
            (kept, thanked(&app, &headers, about, notice)).into_response()
        }
    })
}

/// POST `/help/{category}/{article}/suggest`
pub async fn suggest(
    State(app): State<App>,
    Visitor(me): Visitor,
    Path((category, article)): Path<(String, String)>,
    origin: Origin,
    headers: HeaderMap,
    Form(fields): Form,
) -> Result<Response> {
    let about = About {
        category: &category,
        article: &article,
    };
    if !help_centre::exists(&app, &category, &article) {
        return Ok(Problem::NotFound.into_response());
    }
    let typed = Typed {
        text: fields.text("text"),
        email: fields.text("email"),
        website: fields.text("website"),
        form: fields.text("form"),
    };
    Ok(match keep(&app, about, typed, origin.address).await? {
        Suggested::Done => thanked(&app, &headers, about, Notice::Suggested),
        Suggested::Wait(seconds) => wait(&app, &headers, seconds, "feedback-suggestions-wait"),
        Suggested::Refused(refused) => {
            let form = again(&app, about, typed, &refused);
            let answer = if wants_json(&headers) {
                let errors = form.errors.iter();
                let errors: Vec<_> = errors
                    .map(|error| json!({ "field": error.field, "text": error.text }))
                    .collect();
                for_script(json!({ "errors": errors, "form": form.token }))
            } else {
                let frame = me.map_or_else(|| Frame::for_strangers(&app), |me| me.frame(&app, Section::None));
                page(&AgainPage { frame, form })
            };
            with_status(StatusCode::UNPROCESSABLE_ENTITY, answer)
        }
    })
}

/// Says thanks: a script at once, anybody else on the page of the article.
fn thanked(app: &App, headers: &HeaderMap, about: About<'_>, notice: Notice) -> Response {
    if wants_json(headers) {
        return for_script(json!({ "said": app.words.say(notice.key()) }));
    }
    let carried = flash::carry_for_stranger(app, &panel::kind(about), notice.key(), MINUTE);
    (carried, Redirect::to(&format!("{}#feedback", about.address()))).into_response()
}

/// Says that so many seconds must pass first, and why.
fn wait(app: &App, headers: &HeaderMap, seconds: i64, why: &str) -> Response {
    let said = app.words.say_with(why, "wait", app.words.wait(seconds));
    let problem = Problem::Wait(seconds);
    if !wants_json(headers) {
        return problem.saying(said);
    }
    let mut answer = with_status(problem.status(), for_script(json!({ "said": said })));
    answer
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    answer
}

/// The form once more, with what was typed and what is wrong with it.
fn again(app: &App, about: About<'_>, typed: Typed<'_>, refused: &[Refusal]) -> SuggestForm {
    let say = |field, text| FieldError { field, text };
    let error = |refusal: &Refusal| match refusal {
        Refusal::Empty => say(TEXT, app.words.say("feedback-text-empty")),
        Refusal::TooLong(length) => {
            let over = i64::try_from(length - LONGEST).unwrap_or(i64::MAX);
            say(TEXT, app.words.say_with("feedback-text-too-long", "over", over))
        }
        Refusal::Email => say(EMAIL, app.words.say("feedback-email-form")),
        Refusal::Website => say(TEXT, app.words.say("feedback-website")),
        Refusal::Early => say(TEXT, app.words.say("feedback-early")),
        Refusal::Over => say(TEXT, app.words.say("feedback-over")),
    };
    let mut form = SuggestForm::new(app, about);
    // A form that was sent too early is good in a moment; a new one would be too early again.
    if !refused.contains(&Refusal::Over) {
        typed.form.clone_into(&mut form.token);
    }
    form.errors = refused.iter().map(error).collect();
    typed.text.clone_into(&mut form.text);
    typed.email.clone_into(&mut form.email);
    form
}
