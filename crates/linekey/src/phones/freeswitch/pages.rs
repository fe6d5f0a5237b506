//! `/freeswitch/directory`: for FreeSWITCH alone, which proves itself with each question.

use axum::extract::{FromRequestParts, RawQuery, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::access::{Access, Asks, judge};
use super::{Question, answer};
use crate::app::App;
use crate::error::Error;
use crate::web::answer::Problem;
use crate::web::client_address;
use crate::web::form::Posted;

/// What tells a program how to prove itself.
const CHALLENGE: &str = "Basic realm=\"FreeSWITCH directory\", charset=\"UTF-8\"";

/// A FreeSWITCH that proved itself. Where the settings know none, there is no such page.
#[derive(Debug)]
pub struct SipServer(());

impl FromRequestParts<App> for SipServer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Some(access) = parts.extensions.get::<Access>() else {
            return Err(Problem::NotFound.into_response());
        };
        let sent = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let from = client_address::of(app, parts);
        match judge(app, access, sent.unwrap_or_default(), from).await {
            Ok(Asks::Rightly) => Ok(Self(())),
            Ok(Asks::Wrongly) => {
                let challenge = [(WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE))];
                Err((challenge, Problem::SignedOut).into_response())
            }
            Ok(Asks::Wait(seconds)) => Err(Problem::Wait(seconds).into_response()),
            Err(error) => Err(error.into_response()),
        }
    }
}

/// POST `/freeswitch/directory`, as mod_xml_curl asks unless it is told otherwise.
pub async fn directory(State(app): State<App>, _: SipServer, Posted(form): Posted) -> Result<Response, Error> {
    told(&app, &form, true).await
}

/// GET `/freeswitch/directory`: the same, but that it changes nothing. An overlap lasts its hours.
pub async fn directory_by_query(
    State(app): State<App>,
    _: SipServer,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    told(&app, query.unwrap_or_default().as_bytes(), false).await
}

async fn told(app: &App, form: &[u8], may_change: bool) -> Result<Response, Error> {
    let document = answer(app, &Question::read(form), may_change).await?;
    let kind = [(CONTENT_TYPE, HeaderValue::from_static("text/xml; charset=utf-8"))];
    Ok((StatusCode::OK, kind, document.to_string()).into_response())
}
