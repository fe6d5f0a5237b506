//! `/demo/mail`: the mail that left the portal, read from the folder it went to.

use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::error::Result;
use crate::mail::pages::{in_its_frame, with_frames};
use crate::mail::{self, Letter};
use crate::sessions::signed_in::Visitor;
use crate::web::answer::Problem;
use crate::web::page::{Frame, Section};
use crate::when;

const SHOWN: usize = 200;

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
    Ok(with_frames(&MailPage {
        frame,
        mails: mails.into_iter().map(view).collect(),
    }))
}

/// GET `/demo/mail.json`
pub async fn mail_json(State(app): State<App>) -> Result<Response> {
    Ok(Json(mail::newest(&app, SHOWN).await?).into_response())
}

/// GET `/demo/mail/{id}`: the HTML part, for its frame.
pub async fn mail_html(State(app): State<App>, Path(id): Path<String>) -> Result<Response> {
    Ok(match mail::one(&app, &id).await? {
        Some(letter) => in_its_frame(letter.html),
        None => Problem::NotFound.into_response(),
    })
}
