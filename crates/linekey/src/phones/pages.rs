//! `/phones`: each phone with its state, adding one, and what its owner does to one.

pub mod stream;

use askama::Template;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};

use super::act::By;
use super::create::{self, MOST_PER_USER, Outcomes, Refusal};
use super::disconnect::{self, Done};
use super::history::of_phone::{self, Past};
use super::history::strip::Strip;
use super::provision::make;
use super::reached::reached;
use super::rotate::{self, LONGEST_OVERLAP, Rotated, USUAL_OVERLAP};
use super::view::{PhoneView, State as PhoneState};
use super::{live, notices, registrar, remove};
use crate::accounts::sip_algorithm::ALGORITHMS;
use crate::app::App;
use crate::error::Error;
use crate::ids::PhoneId;
use crate::sessions::SignedIn;
use crate::web::answer::{Problem, page};
use crate::web::flash::{self, Flash};
use crate::web::form::Form;
use crate::web::gate::with_status;
use crate::web::page::{FieldError, Frame, Section};

/// What carries a new phone's SIP password to the page that shows it once.
const SIP_PASSWORD: &str = "sip-password";
/// What carries a sentence about what was done to the page that says it.
const NOTICE: &str = "phone-notice";

#[derive(Template)]
#[template(path = "phones/phones.html")]
struct PhonesPage {
    frame: Frame,
    phones: Vec<(PhoneView, Strip)>,
    may_add: bool,
    label: String,
    errors: Vec<FieldError>,
    notice: Option<String>,
}

#[derive(Template)]
#[template(path = "phones/phone.html")]
struct PhonePage {
    frame: Frame,
    phone: PhoneView,
    past: Past,
    shown: Shown,
    settings: Vec<(String, String)>,
    /// Whether its owner has an address that mail goes to.
    mailable: bool,
    overlaps: Vec<(i64, String, bool)>,
    /// Whether it can be set up by a link.
    sets_up: bool,
}

/// The phone that an address names. What is no id of a phone is nothing that is here.
pub struct OfPath(pub(super) PhoneId);

impl FromRequestParts<App> for OfPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let id = Path::<String>::from_request_parts(parts, app).await;
        id.ok()
            .and_then(|Path(id)| PhoneId::parse(&id))
            .map(Self)
            .ok_or(Problem::NotFound)
    }
}

/// GET `/phones`
pub async fn list(State(app): State<App>, me: SignedIn, carried: Flash) -> Result<Response, Error> {
    let notice = carried.take(&me.session, NOTICE);
    let told = notice.is_some().then(|| flash::clear(&app));
    let body = list_with(&app, &me, "", Vec::new(), notice).await?;
    Ok((told, body).into_response())
}

/// POST `/phones`
pub async fn add(State(app): State<App>, me: SignedIn, Form(form): Form) -> Result<Response, Error> {
    let label = form.text("label");
    match create::create(&app, &me, label, form.text("extension")).await? {
        Outcomes::Added(added) => {
            let carried = format!("{} {}", added.id, *added.sip_password);
            let once = flash::carry(&app, &me.session, SIP_PASSWORD, &carried);
            Ok((once, Redirect::to(&format!("/phones/{}", added.id))).into_response())
        }
        Outcomes::Refused(refused) => {
            let errors = refused
                .into_iter()
                .map(|refusal| field_error(&app, refusal, label))
                .collect();
            let again = list_with(&app, &me, label, errors, None).await?;
            Ok(with_status(StatusCode::UNPROCESSABLE_ENTITY, again))
        }
    }
}

/// GET `/phones/{id}`
pub async fn one(
    State(app): State<App>,
    me: SignedIn,
    Path(id): Path<String>,
    carried: Flash,
) -> Result<Response, Error> {
    let (mut sip_password, mut notice) = (None, None);
    match carried.any(&me.session) {
        Some((kind, text)) if kind == SIP_PASSWORD => {
            sip_password = text.strip_prefix(&format!("{id} ")).map(str::to_owned);
        }
        Some((kind, text)) if kind == NOTICE => notice = Some(text),
        _ => {}
    }
    let is_carried = sip_password.is_some() || notice.is_some();
    let shown = Shown {
        sip_password,
        notice,
        ..Shown::default()
    };
    let told = is_carried.then(|| flash::clear(&app));
    Ok(match phone_page(&app, &me, &id, shown).await? {
        Some(body) => (told, body).into_response(),
        None => Problem::NotFound.into_response(),
    })
}

/// What a phone's page shows beside the phone.
#[derive(Default)]
struct Shown {
    sip_password: Option<String>,
    notice: Option<String>,
    errors: Vec<FieldError>,
}

/// The page of a phone of `me`; `None`: they have no such phone.
async fn phone_page(app: &App, me: &SignedIn, id: &str, shown: Shown) -> Result<Option<Response>, Error> {
    let phone = live::of(app, &me.person)
        .await?
        .into_iter()
        .find(|phone| phone.id == id);
    let Some(phone) = phone else { return Ok(None) };
    Ok(Some(page(&PhonePage {
        frame: me.frame(app, Section::Phones),
        past: of_phone::of_phone(app, &me.person.account, &phone, &me.person.time_zone).await?,
        settings: settings(app, &phone, &me.person.sip_algorithm),
        mailable: me.person.verified_email.is_some(),
        overlaps: overlaps(app),
        sets_up: make::is_possible(app) && phone.state != PhoneState::Blocked,
        phone,
        shown,
    })))
}

/// What is typed into the phone. MD5 is what every phone does unasked.
fn settings(app: &App, phone: &PhoneView, algorithm: &str) -> Vec<(String, String)> {
    let say = |key: &str| app.words.say(key);
    let (user, domain) = phone.address_of_record.split_once('@').unwrap_or_default();
    let (server, port) = registrar::address(app);
    let or = say("phone-setting-or");
    let mut reached = reached(&app.config).into_iter();
    let transport = reached.next().map(|first| first.transports(&or)).unwrap_or_default();
    let mut settings = vec![
        (say("phone-setting-server"), server.clone()),
        (say("phone-setting-port"), port),
        (say("phone-setting-user"), user.to_owned()),
        (say("phone-setting-domain"), domain.to_owned()),
        (say("phone-setting-transport"), transport),
    ];
    settings.extend(reached.map(|other| {
        let name = app
            .words
            .say_with("phone-setting-port-for", "transport", other.transports(&or));
        let is_same = other.server == server;
        let port = other.port.to_string();
        (
            name,
            if is_same {
                port
            } else {
                format!("{}:{port}", other.server)
            },
        )
    }));
    if algorithm != ALGORITHMS[0] {
        settings.push((say("phone-setting-algorithm"), algorithm.to_owned()));
    }
    settings
}

/// The overlaps that are offered: hours, words, and whether it is the usual one.
pub(super) fn overlaps(app: &App) -> Vec<(i64, String, bool)> {
    let words = |hours| match hours {
        0 => app.words.say("rotate-at-once"),
        hours => app.words.say_with("rotate-hours", "hours", hours),
    };
    [0, 1, USUAL_OVERLAP, 72, LONGEST_OVERLAP]
        .map(|hours| (hours, words(hours), hours == USUAL_OVERLAP))
        .into()
}

/// POST `/phones/{id}/rotate`
pub async fn rotate(
    State(app): State<App>,
    me: SignedIn,
    OfPath(phone): OfPath,
    Form(form): Form,
) -> Result<Response, Error> {
    // What is no number is none that is allowed either.
    let hours = form.text("overlap_hours").trim().parse().unwrap_or(-1);
    Ok(match rotate::rotate(&app, By::Owner(&me), &phone, hours).await? {
        Rotated::Done(new) => {
            let once = flash::carry(
                &app,
                &me.session,
                SIP_PASSWORD,
                &format!("{phone} {}", *new.sip_password),
            );
            (once, Redirect::to(&format!("/phones/{phone}"))).into_response()
        }
        Rotated::Overlap => {
            let error = FieldError {
                field: "overlap_hours",
                text: app.words.say_with("rotate-overlap", "most", LONGEST_OVERLAP),
            };
            let shown = Shown {
                errors: vec![error],
                ..Shown::default()
            };
            match phone_page(&app, &me, phone.as_str(), shown).await? {
                Some(again) => with_status(StatusCode::UNPROCESSABLE_ENTITY, again),
                None => Problem::NotFound.into_response(),
            }
        }
        Rotated::Forbidden(_) | Rotated::NoPhone => Problem::NotFound.into_response(),
    })
}

/// POST `/phones/{id}/disconnect`
pub async fn disconnect(
    State(app): State<App>,
    me: SignedIn,
    OfPath(phone): OfPath,
    Form(form): Form,
) -> Result<Response, Error> {
    let block = form.text("block") == "on";
    let done = disconnect::disconnect(&app, By::Owner(&me), &phone, block).await?;
    let key = if block {
        "phone-is-blocked"
    } else {
        "phone-is-disconnected"
    };
    Ok(answer(&app, &me, done, key, &format!("/phones/{phone}")))
}

/// POST `/phones/{id}/allow`
pub async fn allow(State(app): State<App>, me: SignedIn, OfPath(phone): OfPath) -> Result<Response, Error> {
    let done = disconnect::allow(&app, By::Owner(&me), &phone).await?;
    Ok(answer(&app, &me, done, "phone-is-allowed", &format!("/phones/{phone}")))
}

/// POST `/phones/{id}/notices`
pub async fn notices(
    State(app): State<App>,
    me: SignedIn,
    OfPath(phone): OfPath,
    Form(form): Form,
) -> Result<Response, Error> {
    let on = form.text("mail") == "on";
    let done = notices::switch(&app, By::Owner(&me), &phone, on).await?;
    let key = if on { "notices-are-on" } else { "notices-are-off" };
    Ok(answer(&app, &me, done, key, &format!("/phones/{phone}")))
}

/// POST `/phones/{id}/remove`
pub async fn remove(State(app): State<App>, me: SignedIn, OfPath(phone): OfPath) -> Result<Response, Error> {
    let done = remove::remove(&app, By::Owner(&me), &phone).await?;
    Ok(answer(&app, &me, done, "phone-is-removed", "/phones"))
}

fn answer(app: &App, me: &SignedIn, done: Done, key: &str, then: &str) -> Response {
    match done {
        Done::Done(label) => {
            let text = app.words.say_with(key, "label", label);
            (flash::carry(app, &me.session, NOTICE, &text), Redirect::to(then)).into_response()
        }
        // Somebody did it a moment ago: the page says how things stand.
        Done::Already(_) => Redirect::to(then).into_response(),
        Done::Forbidden(_) | Done::NoPhone => Problem::NotFound.into_response(),
    }
}

async fn list_with(
    app: &App,
    me: &SignedIn,
    label: &str,
    errors: Vec<FieldError>,
    notice: Option<String>,
) -> Result<Response, Error> {
    let person = &me.person;
    let phones = live::of(app, person).await?;
    let strips = of_phone::strips(app, (&person.account, &person.id), &phones, &person.time_zone).await?;
    Ok(page(&PhonesPage {
        frame: me.frame(app, Section::Phones),
        may_add: phones.len() < MOST_PER_USER,
        phones: phones.into_iter().zip(strips).collect(),
        label: label.to_owned(),
        errors,
        notice,
    }))
}

fn field_error(app: &App, refusal: Refusal, label: &str) -> FieldError {
    FieldError {
        field: "label",
        text: refusal.text(&app.words, label),
    }
}
