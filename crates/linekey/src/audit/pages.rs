//! `/admin/audit`: the record of the administrator's account, newest first.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::read::{self, Cursor, Filter, Listed};
use crate::app::App;
use crate::error::Result;
use crate::ids::UserId;
use crate::sessions::pages::place;
use crate::sessions::signed_in::Administrator;
use crate::users;
use crate::web::answer::{Problem, page};
use crate::web::form::{Query, encode};
use crate::web::page::{Frame, Section};
use crate::when;

/// Events on one page.
const PAGE: usize = 36;
/// What the list can be narrowed to: the message of the choice, and the kind.
const CHOICES: [(&str, &str); 15] = [
    ("record-sign-ins", "sign-in"),
    ("record-changes", "password-change"),
    ("record-set", "password-set"),
    ("record-signed-out", "signed-out"),
    ("record-disabled", "user-disable"),
    ("record-enabled", "user-enable"),
    ("record-added", "user-add"),
    ("record-removed", "user-remove"),
    ("record-resets", "reset-request"),
    ("record-not-me", "not-me"),
    ("record-emails", "email-change"),
    ("record-invitations", "invitation"),
    ("record-slips", "setup-slip"),
    ("record-phones", "phone-add"),
    ("record-forbidden", "forbidden"),
];

/// One event on a page.
#[derive(Clone, Debug)]
pub struct EventView {
    /// `good`, `warn` or `bad`, for the dot.
    pub class: &'static str,
    /// What happened, with the names.
    pub sentence: String,
    /// Which phone it is about; whose doing it was, unless the sentence says so; and from where.
    pub place: String,
    /// `Monday 08:02`
    pub when: String,
    /// Exact, UTC.
    pub at: String,
}

/// What happened on one day.
struct Day {
    /// `Today`, `21 November 2026`
    title: String,
    /// The newest first, each with its time of day.
    events: Vec<EventView>,
}

/// A choice of the filter.
struct Choice {
    kind: &'static str,
    text: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "audit/record.html")]
struct RecordPage {
    frame: Frame,
    account: String,
    /// Whose events are shown alone: id, name, and whether they were removed.
    person: Option<(String, String, bool)>,
    choices: Vec<Choice>,
    days: Vec<Day>,
    next: Option<String>,
    /// The address of the first page, on any other.
    first: Option<String>,
    filtered: bool,
}

/// GET `/admin/audit?user=&kind=&before=`
pub async fn list(State(app): State<App>, Administrator(me): Administrator, Query(query): Query) -> Result<Response> {
    let account = &me.person.account;
    let person = match query.text("user") {
        "" => None,
        user => {
            let Some(id) = UserId::parse(user) else {
                return Ok(Problem::NotFound.into_response());
            };
            let Some(person) = users::find::known(&app, account, id).await? else {
                return Ok(Problem::NotFound.into_response());
            };
            Some(person)
        }
    };
    let kind = CHOICES
        .iter()
        .map(|(_, kind)| *kind)
        .find(|kind| *kind == query.text("kind"));
    let before = cursor(query.text("before"));
    let is_first = before.is_none();
    let filter = Filter {
        person: person.as_ref().map(|person| &person.id),
        kind,
        since: 0,
        before,
    };
    let limit = i64::try_from(PAGE).unwrap_or(i64::MAX) + 1;
    let mut events = read::of_account(&app.db, account, &filter, limit).await?;
    let more = events.len() > PAGE;
    events.truncate(PAGE);
    let user = person.as_ref().map(|person| person.id.to_string()).unwrap_or_default();
    let next = events.last().filter(|_| more).map(|last| {
        let before = encode(&format!("{}_{}", last.at, last.id));
        format!(
            "/admin/audit?user={user}&kind={}&before={before}",
            kind.unwrap_or_default()
        )
    });
    let choice = |(key, of): &(&str, &'static str)| Choice {
        kind: of,
        text: app.words.say(key),
        chosen: kind == Some(*of),
    };
    Ok(page(&RecordPage {
        frame: me.frame(&app, Section::Record),
        account: me.person.account_name.clone(),
        filtered: kind.is_some() || person.is_some(),
        person: person.map(|person| (person.id.to_string(), person.display_name, person.removed)),
        choices: CHOICES.iter().map(choice).collect(),
        days: days(&app, &events, &me.person.time_zone),
        next,
        first: (!is_first).then(|| "/admin/audit".to_owned()),
    }))
}

/// The newest events about a person, for the page of that person, with times in `zone`.
pub async fn about(
    app: &App,
    account: &crate::ids::AccountId,
    person: &UserId,
    zone: &str,
    limit: i64,
) -> Result<Vec<EventView>> {
    let filter = Filter {
        person: Some(person),
        ..Filter::default()
    };
    let events = read::of_account(&app.db, account, &filter, limit).await?;
    Ok(events.iter().map(|event| view(app, event, zone)).collect())
}

fn days(app: &App, events: &[Listed], zone: &str) -> Vec<Day> {
    let now = app.clock.now();
    let title = |event: &Listed| when::day(&app.words, event.at, now, zone);
    let of_day = |events: &[Listed]| Day {
        title: title(&events[0]),
        events: events
            .iter()
            .map(|event| EventView {
                when: when::clock(event.at, zone),
                ..view(app, event, zone)
            })
            .collect(),
    };
    events
        .chunk_by(|one, next| title(one) == title(next))
        .map(of_day)
        .collect()
}

fn view(app: &App, event: &Listed, zone: &str) -> EventView {
    // People do most things to themselves, and the sentence then names nobody. Displayed names are their owners' to
    // choose, at any time; a sign-in name says who it was.
    let who = match event.is_own() {
        true => {
            let named = event.subject_name.as_ref().zip(event.subject.as_ref());
            named.map(|(name, sign_in_name)| format!("{name} · {sign_in_name}"))
        }
        false => event.actor.clone(),
    };
    let from = event.address.clone().map(|address| place(&app.words, address));
    let place = [event.phone(), who, from].into_iter().flatten().collect::<Vec<_>>();
    EventView {
        class: match event.outcome.as_str() {
            "done" => "good",
            "refused" => "warn",
            _ => "bad",
        },
        sentence: event.sentence(&app.words),
        place: place.join(" · "),
        when: when::short(&app.words, event.at, app.clock.now(), zone),
        at: when::exact(event.at),
    }
}

/// Of `<milliseconds>_<id>`.
fn cursor(text: &str) -> Option<Cursor> {
    let (at, id) = text.split_once('_')?;
    Some(Cursor {
        at: at.parse().ok()?,
        id: id.to_owned(),
    })
}
