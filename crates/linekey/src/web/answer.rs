//! Answers: a page, or a problem that becomes a page at the gate, with what to do next and a reference.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::page::{Frame, Person};
use crate::app::App;
use crate::error::Error;

/// Where signing in is.
const SIGN_IN: &str = "/sign-in";

/// Why a request has no page of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// 400: a repeated or undecodable field, or NUL.
    BadForm,
    /// 401, for what a script asks.
    SignedOut,
    /// 403: sent by another site.
    CrossSite,
    /// 403: for administrators.
    Administrators,
    /// 403: for the provider's staff.
    Operators,
    /// 403: something that is not theirs to do to that person.
    NotYours,
    /// 404: no such page, or another account's id.
    NotFound,
    /// 410: a mailed link that was used, is over, or was never made.
    LinkGone,
    /// 405.
    Method,
    /// 409: somebody else changed it a moment ago.
    Conflict,
    /// 409: somebody else set the password of the same person.
    Overtaken,
    /// 409: the change that waited for a confirmation is gone.
    PendingGone,
    /// 410: a reset link that was used or voided, that is over, or that never was.
    ResetLinkGone,
    /// 410: the link of an invitation or a set-up slip that was used or voided, that is over, or that never was.
    SetUpGone,
    /// 408: the body did not come in time.
    Slow,
    /// 413.
    TooLarge,
    /// 415.
    ContentType,
    /// 421: a host that is not the demo's.
    Misdirected,
    /// 429, with the seconds to wait.
    Wait(i64),
    /// 503: the hash queue is full.
    Busy,
    /// 503: the database does not answer.
    Database,
    /// 504: the database was lost while committing; nobody knows which it was.
    Unknown,
    /// 500.
    Defect,
}

impl Problem {
    /// The status code, by the table of the contract.
    pub fn status(self) -> StatusCode {
        match self {
            Self::BadForm => StatusCode::BAD_REQUEST,
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::CrossSite | Self::Administrators | Self::Operators | Self::NotYours => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict | Self::Overtaken | Self::PendingGone => StatusCode::CONFLICT,
            Self::ResetLinkGone | Self::SetUpGone | Self::LinkGone => StatusCode::GONE,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Self::Wait(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy | Self::Database => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unknown => StatusCode::GATEWAY_TIMEOUT,
            Self::Defect => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Seconds after which to try again.
    pub fn retry_after(self) -> Option<i64> {
        match self {
            Self::Wait(seconds) => Some(seconds),
            Self::Busy => Some(2),
            Self::Database => Some(5),
            _ => None,
        }
    }

    pub(super) fn key(self) -> &'static str {
        match self {
            Self::BadForm => "bad-form",
            Self::SignedOut => "signed-out",
            Self::CrossSite => "cross-site",
            Self::Administrators => "administrators",
            Self::Operators => "operators",
            Self::NotYours => "not-yours",
            Self::NotFound => "not-found",
            Self::LinkGone => "link-gone",
            Self::Method => "method",
            Self::Conflict => "conflict",
            Self::Overtaken => "overtaken",
            Self::PendingGone => "pending-gone",
            Self::ResetLinkGone => "reset-link-gone",
            Self::SetUpGone => "set-up-gone",
            Self::Slow => "slow",
            Self::TooLarge => "too-large",
            Self::ContentType => "content-type",
            Self::Misdirected => "misdirected",
            Self::Wait(_) => "wait",
            Self::Busy => "busy",
            Self::Database => "database",
            Self::Unknown => "unknown",
            Self::Defect => "defect",
        }
    }

    /// The refusal of a page for operators, or for administrators.
    pub fn of_area(operators: bool) -> Self {
        if operators {
            Self::Operators
        } else {
            Self::Administrators
        }
    }

    /// The problem with a sentence of its own on its page: who can, or why not.
    pub fn saying(self, sentence: String) -> Response {
        let mut response = self.into_response();
        response.extensions_mut().insert(Sentence(sentence));
        response
    }

    fn way_out(self) -> (&'static str, &'static str) {
        match self {
            Self::SignedOut | Self::Conflict | Self::Unknown | Self::SetUpGone | Self::LinkGone => {
                (SIGN_IN, "error-link-sign-in")
            }
            Self::Overtaken => ("/admin/users", "error-link-people"),
            Self::PendingGone => ("/account/settings#password", "error-link-settings"),
            Self::ResetLinkGone => ("/reset-password", "error-link-reset"),
            _ => ("/", "error-link-home"),
        }
    }

    /// Of a status that a library answered with.
    pub fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::Method,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::ContentType,
            status if status.is_client_error() => Self::BadForm,
            _ => Self::Defect,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        if let Some(seconds) = self.retry_after() {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// What a problem's page says of this one case.
#[derive(Clone, Debug)]
pub struct Sentence(pub String);

/// What went wrong, for the one log line of the request.
#[derive(Clone, Debug)]
pub struct Cause(pub String);

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let problem = match self {
            Self::SessionEnded => return Redirect::to("/sign-in?reason=ended").into_response(),
            Self::Unavailable(_) => Problem::Database,
            Self::Unknown(_) => Problem::Unknown,
            Self::Overloaded => Problem::Busy,
            Self::Defect(_) => Problem::Defect,
        };
        let mut response = problem.into_response();
        response.extensions_mut().insert(Cause(self.to_string()));
        response
    }
}

/// A rendered page. Whatever status it is sent with, the gate leaves it as it is.
pub fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => {
            let mut response = Html(html).into_response();
            response.extensions_mut().insert(Rendered);
            response
        }
        Err(error) => Error::defect(error).into_response(),
    }
}

/// What a script is told. Whatever status it is sent with, the gate leaves it as it is.
pub fn json(body: serde_json::Value) -> Response {
    let mut response = axum::Json(body).into_response();
    response.extensions_mut().insert(Rendered);
    response
}

/// Marks a response that has its own page.
#[derive(Clone, Copy, Debug)]
pub struct Rendered;

#[derive(Template)]
#[template(path = "web/error.html")]
struct ErrorPage {
    frame: Frame,
    title: String,
    what: String,
    sentence: Option<String>,
    next: String,
    links: Vec<(String, String)>,
    reference: String,
    retry_after: Option<i64>,
}

/// What the page of a problem tells beside the problem.
#[derive(Debug, Default)]
pub struct About<'a> {
    /// The request's id, which the log has too.
    pub reference: &'a str,
    /// Who can, or why not.
    pub sentence: Option<String>,
    /// Who asked, if that is known.
    pub person: Option<Person>,
    /// The address of a page that may be asked for again.
    pub opened: Option<String>,
}

/// The page of a problem.
pub fn error_page(app: &App, problem: Problem, about: About<'_>) -> Response {
    let wait = app.words.wait(problem.retry_after().unwrap_or_default());
    let say = |part: &str| {
        app.words
            .say_with(&format!("error-{}-{part}", problem.key()), "wait", wait.as_str())
    };
    let (href, text) = problem.way_out();
    // Whoever went astray was looking for something.
    let helps = matches!(
        problem,
        Problem::NotFound | Problem::Administrators | Problem::Operators
    );
    let again = about
        .opened
        .filter(|opened| problem.retry_after().is_some() && opened != href);
    let again = again.map(|opened| (opened, app.words.say("error-link-again")));
    // Who is sent to sign in is shown no menu that needs a session.
    let person = about.person.filter(|_| href != SIGN_IN);
    page(&ErrorPage {
        frame: Frame {
            person,
            ..Frame::for_strangers(app)
        },
        title: say("title"),
        what: say("what"),
        sentence: about.sentence,
        next: say("next"),
        links: again
            .into_iter()
            .chain([(href.to_owned(), app.words.say(text))])
            .chain(helps.then(|| ("/help".to_owned(), app.words.say("error-link-help"))))
            .collect(),
        reference: app.words.say_with("error-reference", "reference", about.reference),
        retry_after: problem.retry_after(),
    })
}
