//! `/phones/{id}/set-up`: the form for a link, and the link, once. `/provision/{token}/{file}`: what the link leads to.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use zeroize::Zeroizing;

use super::super::act::By;
use super::super::pages::OfPath;
use super::super::pages::one::overlaps;
use super::super::rotate::LONGEST_OVERLAP;
use super::super::view::{PhoneView, State as PhoneState};
use super::super::{live, registrar};
use super::Kind;
use super::fetch::{Asker, Fetched, fetch};
use super::make::{self, Link, Made, VALID_FOR};
use crate::app::App;
use crate::clock::HOUR;
use crate::error::Result;
use crate::sessions::SignedIn;
use crate::web::answer::{Problem, page};
use crate::web::flash::{self, Flash};
use crate::web::form::{Fields, Form};
use crate::web::gate::with_status;
use crate::web::origin::Origin;
use crate::web::page::{FieldError, Frame, Section};
use crate::web::qr::Picture;
use crate::when;

/// What carries a link to the page that shows it once.
const LINK: &str = "set-up-link";

/// Whose door it is: where the form is sent, and where people go from there.
#[derive(Clone, Debug)]
pub struct Door {
    /// The form's address, which shows the link too.
    pub action: String,
    /// The page before.
    pub back: String,
    /// What that is called.
    pub back_text: String,
    /// The entry of the menu.
    pub section: Section,
    /// Whether who asks has to prove who they are.
    pub asks_password: bool,
}

#[derive(Template)]
#[template(path = "phones/provision/form.html")]
struct FormPage {
    frame: Frame,
    of: Door,
    /// Whose password is asked for, if one is.
    me: String,
    title: String,
    what: String,
    kinds: Vec<(&'static str, String, bool)>,
    /// None for a phone that has nothing to lose.
    overlaps: Vec<(i64, String, bool)>,
    errors: Vec<FieldError>,
}

#[derive(Template)]
#[template(path = "phones/provision/link.html")]
struct LinkPage {
    frame: Frame,
    of: Door,
    title: String,
    kind: String,
    picture: Picture,
    steps: Vec<String>,
    url: Zeroizing<String>,
    files: &'static [&'static str],
    until: String,
    old: String,
    other: Option<Other>,
}

/// The account for softphones that read no files of ours.
struct Other {
    picture: Picture,
    uri: Zeroizing<String>,
    server: String,
}

/// GET `/phones/{id}/set-up`: the form; the link, if one was just made.
pub async fn show(State(app): State<App>, me: SignedIn, OfPath(phone): OfPath, carried: Flash) -> Result<Response> {
    Ok(match ones_phone(&app, &me, phone.as_str()).await? {
        Some(phone) => page_of(&app, &me, &phone, &ones_own(&phone), carried)?,
        None => Problem::NotFound.into_response(),
    })
}

/// POST `/phones/{id}/set-up`
pub async fn make(State(app): State<App>, me: SignedIn, OfPath(phone): OfPath, Form(form): Form) -> Result<Response> {
    Ok(match ones_phone(&app, &me, phone.as_str()).await? {
        Some(phone) => made(&app, &me, By::Owner(&me), &phone, &ones_own(&phone), &form).await?,
        None => Problem::NotFound.into_response(),
    })
}

async fn ones_phone(app: &App, me: &SignedIn, phone: &str) -> Result<Option<PhoneView>> {
    let person = &me.person;
    live::one_of_user(app, (&person.account, &person.id), &person.time_zone, phone).await
}

fn ones_own(phone: &PhoneView) -> Door {
    Door {
        action: format!("/phones/{}/set-up", phone.id),
        back: format!("/phones/{}", phone.id),
        back_text: phone.label.clone(),
        section: Section::Phones,
        asks_password: false,
    }
}

/// GET `/provision/{token}/{file}`, for phones: no session, and the same answer each time.
pub async fn file(
    State(app): State<App>,
    method: Method,
    Path((token, name)): Path<(String, String)>,
    origin: Origin,
) -> Result<Response> {
    let asker = Asker {
        address: origin.address,
        user_agent: &origin.user_agent,
        reads: method == Method::GET,
    };
    Ok(match fetch(&app, &token, &name, asker).await? {
        Fetched::File(file) => ([(header::CONTENT_TYPE, file.media_type)], file.text).into_response(),
        Fetched::Nothing => Problem::NotFound.into_response(),
        Fetched::Wait(seconds) => Problem::Wait(seconds).into_response(),
    })
}

/// The page of a phone at `door`: the link that was just made for it, or else the form.
pub fn page_of(app: &App, me: &SignedIn, phone: &PhoneView, door: &Door, carried: Flash) -> Result<Response> {
    match carried.take(&me.session, LINK).and_then(|text| read(&text, phone)) {
        Some(link) => Ok((flash::clear(app), link_page(app, me, door, &link)?).into_response()),
        None => Ok(form_page(app, me, phone, door, (None, Vec::new()))),
    }
}

/// Makes the link that a form asks for; what is wrong is said on the form.
pub async fn made(
    app: &App,
    me: &SignedIn,
    by: By<'_>,
    phone: &PhoneView,
    door: &Door,
    form: &Fields,
) -> Result<Response> {
    let say = |key: &str| app.words.say(key);
    let kind = Kind::parse(form.text("kind"));
    let id = crate::ids::PhoneId::new(&phone.id);
    // What is no number is none that is allowed either.
    let hours = form.text("overlap_hours").trim().parse().unwrap_or(-1);
    let made = match kind {
        Some(kind) => Some(make::make(app, by, &id, kind, hours).await?),
        None => None,
    };
    let (field, text) = match made {
        Some(Made::Done(link)) => {
            let once = flash::carry(app, &me.session, LINK, &written(phone, &link));
            return Ok((once, Redirect::to(&door.action)).into_response());
        }
        Some(Made::Forbidden(_) | Made::NoPhone) => return Ok(Problem::NotFound.into_response()),
        Some(Made::Overlap) => (
            "overlap_hours",
            app.words.say_with("rotate-overlap", "most", LONGEST_OVERLAP),
        ),
        Some(Made::Blocked) => ("kind", say("phone-set-up-blocked")),
        Some(Made::NoServer) => ("kind", say("phone-set-up-not-here")),
        None => ("kind", say("phone-set-up-kind-choose")),
    };
    let again = form_page(app, me, phone, door, (kind, vec![FieldError { field, text }]));
    Ok(with_status(StatusCode::UNPROCESSABLE_ENTITY, again))
}

/// The form, with what was chosen and what is wrong.
pub fn form_page(
    app: &App,
    me: &SignedIn,
    phone: &PhoneView,
    door: &Door,
    (chosen, errors): (Option<Kind>, Vec<FieldError>),
) -> Response {
    let chosen = chosen.unwrap_or(Kind::Softphone);
    let kinds = Kind::ALL.map(|kind| (kind.as_str(), kind_text(app, kind), kind == chosen));
    let has_nothing_to_lose = phone.state == PhoneState::NeverConnected;
    page(&FormPage {
        frame: me.frame(app, door.section),
        of: door.clone(),
        me: me.person.sign_in_name(),
        title: app
            .words
            .say_with("phone-set-up-form-title", "label", phone.label.as_str()),
        what: app.words.say_with("phone-set-up-form-what", "hours", VALID_FOR / HOUR),
        kinds: kinds.into(),
        overlaps: if has_nothing_to_lose { Vec::new() } else { overlaps(app) },
        errors,
    })
}

fn link_page(app: &App, me: &SignedIn, door: &Door, link: &Link) -> Result<Response> {
    let at = |at| {
        format!(
            "{} ({})",
            when::minute(&app.words, at, &me.person.time_zone),
            me.person.time_zone
        )
    };
    let url = link.url(app);
    let old = match link.old_until {
        Some(until) => app.words.say_with("phone-set-up-old-until", "until", at(until)),
        None => app.words.say("phone-set-up-old-gone"),
    };
    Ok(page(&LinkPage {
        frame: me.frame(app, door.section),
        of: door.clone(),
        title: app
            .words
            .say_with("phone-set-up-form-title", "label", link.label.as_str()),
        kind: kind_text(app, link.kind),
        picture: Picture::of(&url)?,
        steps: steps(app, link.kind),
        files: link.kind.file_names(),
        until: app
            .words
            .say_with("phone-set-up-until-then", "until", at(link.valid_until)),
        old,
        other: other(app, link)?,
        url,
    }))
}

fn kind_text(app: &App, kind: Kind) -> String {
    app.words.say(&format!("phone-set-up-kind-{}", kind.as_str()))
}

/// What is done on the phone, one after the other.
fn steps(app: &App, kind: Kind) -> Vec<String> {
    let protocol = if app.config.portal.public_url.is_secure() {
        "HTTPS"
    } else {
        "HTTP"
    };
    let step = |nth| {
        let key = format!("phone-set-up-step-{}-{nth}", kind.as_str());
        app.words.say_with(&key, "protocol", protocol)
    };
    ["one", "two", "three"].map(step).into()
}

fn other(app: &App, link: &Link) -> Result<Option<Other>> {
    let Some(uri) = link.uri() else {
        return Ok(None);
    };
    let (host, port) = registrar::address(app);
    Ok(Some(Other {
        picture: Picture::of(&uri)?,
        server: app
            .words
            .say_with("phone-set-up-other-server", "server", format!("{host}:{port}")),
        uri,
    }))
}

/// A link as a browser carries it to the page that shows it.
fn written(phone: &PhoneView, link: &Link) -> Zeroizing<String> {
    Zeroizing::new(format!(
        "{} {} {} {} {} {}",
        phone.id,
        link.kind.as_str(),
        link.valid_until,
        link.old_until.unwrap_or_default(),
        *link.token,
        *link.sip_password
    ))
}

/// Reads what [`written`] wrote for this phone.
fn read(text: &str, phone: &PhoneView) -> Option<Link> {
    let parts: Vec<_> = text.split(' ').collect();
    let [of, kind, valid_until, old_until, token, sip_password] = parts[..] else {
        return None;
    };
    let old_until = old_until.parse().ok()?;
    (of == phone.id).then_some(Link {
        label: phone.label.clone(),
        address: phone.address_of_record.clone(),
        kind: Kind::parse(kind)?,
        token: Zeroizing::new(token.to_owned()),
        sip_password: Zeroizing::new(sip_password.to_owned()),
        valid_until: valid_until.parse().ok()?,
        old_until: (old_until > 0).then_some(old_until),
    })
}
