//! `/account/sessions`: the browsers someone is signed in with.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::{SignedIn, browser, end, store};
use crate::app::App;
use crate::error::Error;
use crate::ids::SessionId;
use crate::web::answer::{Problem, page};
use crate::web::flash::{self, Flash};
use crate::web::form::Form;
use crate::web::page::{Frame, Section};
use crate::when;

/// One session in the list.
#[derive(Clone, Debug)]
pub struct SessionView {
    /// For its End button.
    pub id: String,
    /// Whether it is the one that asks.
    pub this_one: bool,
    /// `Firefox on Windows`
    pub browser: String,
    /// Where it signed in from.
    pub address: String,
    /// `Monday 08:02`
    pub started: String,
    /// Exact, UTC.
    pub started_at: String,
    /// `11:40`
    pub last_seen: String,
    /// Exact, UTC.
    pub last_seen_at: String,
}

#[derive(Template)]
#[template(path = "sessions/sessions.html")]
struct SessionsPage {
    frame: Frame,
    sessions: Vec<SessionView>,
    others: bool,
    notice: Option<String>,
}

/// GET `/account/sessions`
pub async fn list(State(app): State<App>, me: SignedIn, carried: Flash) -> Result<Response, Error> {
    let sessions = all(&app, &me).await?;
    let notice = carried.notice(&me.session);
    let body = SessionsPage {
        frame: me.frame(&app, Section::Sessions),
        others: sessions.iter().any(|session| !session.this_one),
        sessions,
        notice,
    };
    Ok(if body.notice.is_some() {
        (flash::clear(&app), page(&body)).into_response()
    } else {
        page(&body)
    })
}

/// POST `/account/sessions/{id}/end`
pub async fn end_one(State(app): State<App>, me: SignedIn, Path(id): Path<String>, _: Form) -> Result<Response, Error> {
    // Ending the session that asks is signing out, which has a door of its own.
    let Some(id) = SessionId::parse(&id).filter(|id| *id != me.session) else {
        return Ok(Problem::NotFound.into_response());
    };
    if !end::one(&app, &me, &id).await? {
        return Ok(Problem::NotFound.into_response());
    }
    let notice = app.words.say("sessions-ended-one");
    Ok((
        flash::notice(&app, &me.session, &notice),
        Redirect::to("/account/sessions"),
    )
        .into_response())
}

/// POST `/account/sessions/end-others`
pub async fn end_others(State(app): State<App>, me: SignedIn, _: Form) -> Result<Response, Error> {
    let ended = end::others(&app, &me).await?;
    let notice = app.words.say_with("sessions-ended-others", "count", ended);
    Ok((
        flash::notice(&app, &me.session, &notice),
        Redirect::to("/account/sessions"),
    )
        .into_response())
}

/// The other browsers of this person, by name, for what a change will do to them.
pub async fn other_browsers(app: &App, me: &SignedIn) -> Result<Vec<String>, Error> {
    let sessions = all(app, me).await?;
    Ok(sessions
        .into_iter()
        .filter(|session| !session.this_one)
        .map(|session| session.browser)
        .collect())
}

async fn all(app: &App, me: &SignedIn) -> Result<Vec<SessionView>, Error> {
    let now = app.clock.now();
    let (idle, absolute) = super::limits(app, me.person.role);
    let listed = store::of_user(&app.db, &me.person.id, now - idle, now - absolute).await?;
    let short = |at| when::short(&app.words, at, now, &me.person.time_zone);
    let mut sessions: Vec<_> = listed
        .into_iter()
        .map(|row| SessionView {
            this_one: row.id == me.session,
            browser: browser::describe(&app.words, &row.user_agent),
            started: short(row.started_at),
            started_at: when::exact(row.started_at),
            last_seen: short(row.last_seen_at),
            last_seen_at: when::exact(row.last_seen_at),
            id: row.id.to_string(),
            address: row.address,
        })
        .collect();
    sessions.sort_by_key(|session| !session.this_one);
    Ok(sessions)
}
