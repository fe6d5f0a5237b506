//! `/demo/mail`: the mail that left the portal, read from the folder it went to.

use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};

use crate::app::App;
use crate::error::Result;
use crate::mail::{self, Letter};
use crate::sessions::signed_in::Visitor;
use crate::web::answer::{Problem, page};
use crate::web::gate;
use crate::web::page::{Frame, Section};
use crate::when;

const SHOWN: usize = 200;

/// The policy of a mail in its frame: it may bring its own style and do nothing else, whatever is written in it.
const LETTER: (HeaderName, &str) = (
    header::CONTENT_SECURITY_POLICY,
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox",
);

struct MailView {
    letter: Letter,
    at: String,
}

#[derive(Template)]
#[template(path = "demo/mail.html")]
struct MailPage {
    frame: Frame,
    mails: Vec<MailView>,
}

/// GET `/demo/mail`
pub async fn mail(State(app): State<App>, visitor: Visitor) -> Result<Response> {
    let frame = match &visitor.0 {
        Some(me) => me.frame(&app, Section::None),
        None => Frame::for_strangers(&app),
    };
    let mails = mail::newest(&app, SHOWN).await?;
    let view = |letter: Letter| MailView {
        at: when::exact(letter.at),
        letter,
    };
    let mut response = page(&MailPage {
        frame,
        mails: mails.into_iter().map(view).collect(),
    });
    // The one page with frames in it.
    if let Ok(policy) = HeaderValue::from_str(&format!("{}; frame-src 'self'", gate::POLICY)) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

/// GET `/demo/mail.json`
pub async fn mail_json(State(app): State<App>) -> Result<Response> {
    Ok(Json(mail::newest(&app, SHOWN).await?).into_response())
}

/// GET `/demo/mail/{id}`: the HTML part, for its frame.
pub async fn mail_html(State(app): State<App>, Path(id): Path<String>) -> Result<Response> {
    Ok(match mail::one(&app, &id).await? {
        Some(letter) => ([LETTER], Html(letter.html)).into_response(),
        None => Problem::NotFound.into_response(),
    })
}
