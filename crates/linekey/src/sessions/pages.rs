//! `/account/sessions`: the browsers someone is signed in with.

use std::net::IpAddr;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::devices::pages::{self as devices_pages, DeviceView};
use super::{SignedIn, Token, browser, end, store};
use crate::app::App;
use crate::clock::Millis;
use crate::error::Error;
use crate::ids::{SessionId, UserId};
use crate::users::Role;
use crate::web::answer::{Problem, page};
use crate::web::cookies::{self, SetCookie};
use crate::web::flash::{self, Flash};
use crate::web::form::Form;
use crate::web::page::{Frame, Section};
use crate::when;
use crate::words::Words;

/// One session in the list.
#[derive(Clone, Debug)]
pub struct SessionView {
    /// For its End button.
    pub id: String,
    /// Whether it is the one that asks.
    pub this_one: bool,
    /// `Firefox on Windows`
    pub browser: String,
    /// Whether it is a mobile phone's or a tablet's.
    pub handheld: bool,
    /// Where it signed in from.
    pub address: String,
    /// `Monday 08:02`; with seconds where another one is the same but for them.
    pub started: String,
    /// Whether another one has the same name.
    pub namesake: bool,
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
    devices: Vec<DeviceView>,
    mailed: bool,
    others: bool,
    notice: Option<String>,
}

/// GET `/account/sessions`
pub async fn list(State(app): State<App>, me: SignedIn, carried: Flash) -> Result<Response, Error> {
    let sessions = all(&app, &me).await?;
    let devices = devices_pages::all(&app, &me).await?;
    let notice = carried.notice(&me.session);
    let body = SessionsPage {
        frame: me.frame(&app, Section::Sessions),
        others: sessions.iter().any(|session| !session.this_one),
        sessions,
        devices,
        mailed: me.person.verified_email.is_some(),
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
    let listed = listed(app, (&me.person.id, me.person.role), app.clock.now()).await?;
    let others = listed.into_iter().filter(|row| row.id != me.session);
    Ok(others
        .map(|row| browser::describe(&app.words, &row.user_agent))
        .collect())
}

async fn listed(app: &App, (user, role): (&UserId, Role), now: Millis) -> Result<Vec<store::Listed>, Error> {
    let (idle, absolute) = super::limits(app, role);
    store::of_user(&app.db, user, now - idle, now - absolute).await
}

async fn all(app: &App, me: &SignedIn) -> Result<Vec<SessionView>, Error> {
    let mut sessions = of_user(app, (&me.person.id, me.person.role), &me.person.time_zone).await?;
    for session in &mut sessions {
        session.this_one = session.id == me.session.as_str();
    }
    sessions.sort_by_key(|session| !session.this_one);
    Ok(sessions)
}

/// The browsers a user is signed in with, the one seen last first, with times in `zone`.
pub async fn of_user(app: &App, (user, role): (&UserId, Role), zone: &str) -> Result<Vec<SessionView>, Error> {
    let now = app.clock.now();
    let listed = listed(app, (user, role), now).await?;
    let short = |at| when::short(&app.words, at, now, zone);
    let in_full = |row: &store::Listed| when::to_the_second(&app.words, row.started_at, now, zone);
    let moments: Vec<_> = listed.iter().map(in_full).collect();
    let mut sessions: Vec<_> = listed
        .into_iter()
        .map(|row| SessionView {
            this_one: false,
            handheld: browser::is_handheld(&row.user_agent),
            namesake: false,
            browser: browser::describe(&app.words, &row.user_agent),
            started: short(row.started_at),
            started_at: when::exact(row.started_at),
            last_seen: short(row.last_seen_at),
            last_seen_at: when::exact(row.last_seen_at),
            id: row.id.to_string(),
            address: place(&app.words, row.address),
        })
        .collect();
    tell_apart(&mut sessions, &moments);
    Ok(sessions)
}

/// Rows that look alike get the second in which they began; `moments` has it for each of them.
fn tell_apart(sessions: &mut [SessionView], moments: &[String]) {
    let rows: Vec<_> = sessions
        .iter()
        .map(|row| (row.browser.clone(), row.address.clone(), row.started.clone()))
        .collect();
    for (session, moment) in sessions.iter_mut().zip(moments) {
        let same_name = |row: &&(String, String, String)| row.0 == session.browser;
        session.namesake = rows.iter().filter(same_name).count() > 1;
        let alike =
            |row: &&(String, String, String)| same_name(row) && row.1 == session.address && row.2 == session.started;
        if rows.iter().filter(alike).count() > 1 {
            session.started.clone_from(moment);
        }
    }
}

/// The cookie that holds a session's token.
pub fn cookie(app: &App, token: &Token) -> SetCookie {
    cookies::set(app, super::COOKIE, token.reveal(), None)
}

/// Where a session is, in words where its address says nothing to people.
pub fn place(words: &Words, address: String) -> String {
    let loopback = address
        .parse::<IpAddr>()
        .is_ok_and(|address| address.to_canonical().is_loopback());
    if loopback {
        words.say("session-this-computer")
    } else {
        address
    }
}
