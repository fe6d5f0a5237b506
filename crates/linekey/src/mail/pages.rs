//! `/operator/mail`: what became of every mail, and `/operator/mail/preview`: how each reads. Never what one said.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::outbox::{self, Choice, Counts, Listed};
use super::{Sample, samples};
use crate::app::App;
use crate::clock::Millis;
use crate::error::Result;
use crate::sessions::signed_in::Operator;
use crate::users::retry_mail::{Retried, retry_mail};
use crate::web::answer::{Problem, page};
use crate::web::flash::{self, Flash};
use crate::web::form::{Query, encode};
use crate::web::gate;
use crate::web::page::{Frame, Section};
use crate::when;

/// The policy of a mail in its frame: it may bring its own style and do nothing else, whatever is written in it.
const LETTER: (HeaderName, &str) = (
    header::CONTENT_SECURITY_POLICY,
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox",
);

/// A mail in the list.
struct MailView {
    id: String,
    to: String,
    account: String,
    kind: String,
    class: &'static str,
    state: String,
    /// How often it was tried, when it is tried next.
    tries: String,
    /// What the server or the system said last.
    said: String,
    when: String,
    at: String,
    may_be_retried: bool,
}

struct Tab {
    address: String,
    text: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "mail/outbox.html")]
struct OutboxPage {
    frame: Frame,
    tabs: Vec<Tab>,
    notice: Option<String>,
    mails: Vec<MailView>,
    is_all: bool,
    next: Option<String>,
    /// The address of the first page, on any other.
    first: Option<String>,
}

/// GET `/operator/mail?state=&before=`
pub async fn list(
    State(app): State<App>,
    Operator(me): Operator,
    Query(query): Query,
    carried: Flash,
) -> Result<Response> {
    let (choice, before) = (Choice::of(query.text("state")), query.text("before"));
    let found = outbox::mails(&app, choice, before).await?;
    let zone = &me.person.time_zone;
    let body = OutboxPage {
        frame: me.frame(&app, Section::Mail),
        tabs: tabs(&app, choice, found.counts),
        notice: carried.notice(&me.session),
        mails: found.mails.iter().map(|mail| view(&app, mail, zone)).collect(),
        is_all: choice == Choice::All,
        next: found
            .next
            .map(|last| format!("{}&before={}", address(choice), encode(&last))),
        first: (!before.is_empty()).then(|| address(choice)),
    };
    Ok(if body.notice.is_some() {
        (flash::clear(&app), page(&body)).into_response()
    } else {
        page(&body)
    })
}

fn address(choice: Choice) -> String {
    format!("/operator/mail?state={}", choice.as_str())
}

fn tabs(app: &App, chosen: Choice, counts: Counts) -> Vec<Tab> {
    let text = |choice| match choice {
        Choice::All => app.words.say("outbox-all"),
        Choice::Waiting => app.words.say_with("outbox-choose-waiting", "count", counts.waiting),
        Choice::GivenUp => app.words.say_with("outbox-choose-given-up", "count", counts.given_up),
        Choice::Delivered => app.words.say("outbox-choose-delivered"),
    };
    let tab = |choice| Tab {
        address: address(choice),
        text: text(choice),
        is_chosen: choice == chosen,
    };
    Choice::ALL.into_iter().map(tab).collect()
}

fn view(app: &App, mail: &Listed, zone: &str) -> MailView {
    let now = app.clock.now();
    let (class, state) = match mail.state(now) {
        outbox::State::Waiting => ("warn", "outbox-waiting"),
        outbox::State::Leaving => ("", "outbox-leaving"),
        outbox::State::Delivered => ("good", "outbox-delivered"),
        outbox::State::GivenUp => ("bad", "outbox-given-up"),
    };
    let next = |due: Millis| when::to_the_second(&app.words, due, now, zone);
    let tries = match (mail.state(now), mail.due_at) {
        (outbox::State::Waiting, Some(due)) if mail.tries > 0 => {
            let about = [("tries", mail.tries.into()), ("next", next(due).into())];
            app.words.say_all("outbox-tries-next", about)
        }
        (outbox::State::GivenUp, _) if mail.is_of_the_past() => app.words.say("outbox-never-tried"),
        (_, _) if mail.tries > 1 => app.words.say_with("outbox-tries", "tries", mail.tries),
        _ => String::new(),
    };
    MailView {
        id: mail.id.clone(),
        to: mail.to_address.clone(),
        account: mail.account.clone(),
        kind: kind(app, &mail.kind),
        class,
        state: app.words.say(state),
        tries,
        said: mail
            .last_error
            .clone()
            .or_else(|| mail.reply.clone())
            .unwrap_or_default(),
        when: when::short(&app.words, mail.created_at, now, zone),
        at: when::exact(mail.created_at),
        may_be_retried: mail.may_be_retried(now),
    }
}

/// What a kind is called; its stored text, if a newer release wrote it.
fn kind(app: &App, kind: &str) -> String {
    said(app, &format!("mail-kind-{kind}")).unwrap_or_else(|| kind.to_owned())
}

fn said(app: &App, key: &str) -> Option<String> {
    app.words.has(key).then(|| app.words.say(key))
}

/// POST `/operator/mail/{id}/retry`
pub async fn try_again(State(app): State<App>, Operator(me): Operator, Path(id): Path<String>) -> Result<Response> {
    let notice = match retry_mail(&app, me.actor(), &id).await? {
        Retried::Soon => app.words.say("outbox-retried"),
        Retried::Nothing => app.words.say("outbox-not-retried"),
        Retried::Forbidden => return Ok(Problem::Operators.into_response()),
    };
    let carried = flash::notice(&app, &me.session, &notice);
    Ok((carried, Redirect::to("/operator/mail")).into_response())
}

/// A mail that can be looked at.
struct PreviewView {
    name: &'static str,
    kind: String,
    /// In what it differs from others of its kind; empty where there are none.
    differs: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "mail/previews.html")]
struct PreviewsPage {
    frame: Frame,
    tabs: Vec<Tab>,
    mails: Vec<PreviewView>,
    shown: Sample,
}

/// GET `/operator/mail/preview`
pub async fn previews(State(app): State<App>, Operator(me): Operator) -> Result<Response> {
    let all = samples(&app, &me.person.time_zone)?;
    let first = all.first().map(|sample| sample.name).unwrap_or_default();
    Ok(Redirect::to(&format!("/operator/mail/preview/{first}")).into_response())
}

/// GET `/operator/mail/preview/{kind}`
pub async fn preview(State(app): State<App>, Operator(me): Operator, Path(name): Path<String>) -> Result<Response> {
    let mut all = samples(&app, &me.person.time_zone)?;
    let counts = outbox::counts(&app).await?;
    let mut tabs = tabs(&app, Choice::All, counts);
    tabs.iter_mut().for_each(|tab| tab.is_chosen = false);
    let view = |sample: &Sample| PreviewView {
        name: sample.name,
        kind: kind(&app, sample.kind),
        differs: said(&app, &format!("mail-sample-{}", sample.name)).unwrap_or_default(),
        is_chosen: sample.name == name,
    };
    let mails = all.iter().map(view).collect();
    let Some(at) = all.iter().position(|sample| sample.name == name) else {
        return Ok(Problem::NotFound.into_response());
    };
    Ok(with_frames(&PreviewsPage {
        frame: me.frame(&app, Section::Mail),
        tabs,
        mails,
        shown: all.swap_remove(at),
    }))
}

/// GET `/operator/mail/preview/{kind}/html`: for its frame.
pub async fn preview_html(
    State(app): State<App>,
    Operator(me): Operator,
    Path(name): Path<String>,
) -> Result<Response> {
    let all = samples(&app, &me.person.time_zone)?;
    let found = all.into_iter().find(|sample| sample.name == name);
    Ok(found.map_or_else(
        || Problem::NotFound.into_response(),
        |sample| in_its_frame(sample.letter.html),
    ))
}

/// A page that has mails in frames.
pub fn with_frames(body: &impl Template) -> Response {
    let mut response = page(body);
    if let Ok(policy) = HeaderValue::from_str(&format!("{}; frame-src 'self'", gate::POLICY)) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// The HTML part of a mail, for its frame.
pub fn in_its_frame(html: String) -> Response {
    ([LETTER], Html(html)).into_response()
}
