//! The cookie of a remembered browser, the part of `/account/sessions` that lists them, and Forget.

use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};

use super::{COOKIE, Known, MOST_FAILURES, REMEMBERED, cookie, forget, store};
use crate::app::App;
use crate::clock::SECOND;
use crate::error::Error;
use crate::ids::DeviceId;
use crate::sessions::pages::place;
use crate::sessions::{SignedIn, browser};
use crate::web::answer::Problem;
use crate::web::cookies::{self, SetCookie};
use crate::web::flash;
use crate::web::form::Form;
use crate::when;

/// One browser in the list.
#[derive(Clone, Debug)]
pub struct DeviceView {
    /// For its Forget button.
    pub id: String,
    /// Whether it is the one that asks.
    pub this_one: bool,
    /// Whether it is not trusted any more.
    pub distrusted: bool,
    /// `Firefox on Windows`
    pub browser: String,
    /// Whether another one has the same name.
    pub namesake: bool,
    /// Whether it is a mobile phone's or a tablet's.
    pub handheld: bool,
    /// Where it signed in from last.
    pub address: String,
    /// `Monday 08:02`
    pub first: String,
    /// Exact, UTC.
    pub first_at: String,
    /// `11:40`
    pub last: String,
    /// Exact, UTC.
    pub last_at: String,
}

/// Who signed in with the browser of a request before, as an extractor.
#[derive(Debug)]
pub struct KnownHere(pub Vec<Known>);

impl FromRequestParts<App> for KnownHere {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let cookie = cookies::get(app, &parts.headers, COOKIE);
        Ok(Self(cookie.map(|text| cookie::read(app, text)).unwrap_or_default()))
    }
}

/// The cookie of a browser in which `one` signs in now, and the `others` did before.
pub fn cookie(app: &App, one: &Known, others: &[Known]) -> SetCookie {
    let value = cookie::write(app, one, others);
    cookies::set(app, COOKIE, &value, Some(REMEMBERED / SECOND))
}

/// The browsers that are remembered as this person's, this one first, then the one used last.
pub async fn all(app: &App, me: &SignedIn) -> Result<Vec<DeviceView>, Error> {
    let now = app.clock.now();
    let listed = store::of_user(&app.db, &me.person.id, &me.session, now - REMEMBERED).await?;
    let short = |at| when::short(&app.words, at, now, &me.person.time_zone);
    let named = |row: &store::Listed| (browser::describe(&app.words, &row.user_agent), short(row.first_at));
    let names: Vec<_> = listed.iter().map(named).collect();
    // Of those that look alike, the second in which each was first seen tells them apart.
    let first = |row: &store::Listed| match names.iter().filter(|name| **name == named(row)).count() {
        0 | 1 => short(row.first_at),
        _ => when::to_the_second(&app.words, row.first_at, now, &me.person.time_zone),
    };
    let namesakes = |row: &store::Listed| names.iter().filter(|name| name.0 == named(row).0).count();
    let view = |row: store::Listed| DeviceView {
        namesake: namesakes(&row) > 1,
        first: first(&row),
        this_one: row.session_id.is_some(),
        distrusted: row.failures >= MOST_FAILURES,
        browser: browser::describe(&app.words, &row.user_agent),
        handheld: browser::is_handheld(&row.user_agent),
        address: place(&app.words, row.address),
        first_at: when::exact(row.first_at),
        last: short(row.last_at),
        last_at: when::exact(row.last_at),
        id: row.id.to_string(),
    };
    let mut devices: Vec<_> = listed.into_iter().map(view).collect();
    devices.sort_by_key(|device| !device.this_one);
    Ok(devices)
}

/// POST `/account/sessions/devices/{id}/forget`
pub async fn forget_one(
    State(app): State<App>,
    me: SignedIn,
    Path(id): Path<String>,
    _: Form,
) -> Result<Response, Error> {
    let Some(id) = DeviceId::parse(&id) else {
        return Ok(Problem::NotFound.into_response());
    };
    if !forget::one(&app, &me, &id).await? {
        return Ok(Problem::NotFound.into_response());
    }
    let notice = app.words.say("devices-forgotten");
    Ok((
        flash::notice(&app, &me.session, &notice),
        Redirect::to("/account/sessions"),
    )
        .into_response())
}
