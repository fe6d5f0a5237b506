//! `/demo/mail`: the mail that a real portal would send.

use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::app::App;
use crate::error::Result;
use crate::mail;
use crate::sessions::signed_in::Visitor;
use crate::web::answer::page;
use crate::web::page::{Frame, Section};
use crate::when;

const SHOWN: i64 = 200;

struct MailView {
    id: String,
    kind: &'static str,
    to: String,
    subject: String,
    text: String,
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
    let view = |letter: mail::Letter| MailView {
        id: letter.id,
        kind: letter.kind,
        to: letter.to,
        subject: letter.subject,
        text: letter.text,
        at: when::exact(letter.at),
    };
    Ok(page(&MailPage {
        frame,
        mails: mails.into_iter().map(view).collect(),
    }))
}

/// GET `/demo/mail.json`
pub async fn mail_json(State(app): State<App>) -> Result<Response> {
    let mails = mail::newest(&app, SHOWN).await?;
    let mails: Vec<_> = mails
        .into_iter()
        .map(|letter| {
            json!({ "id": letter.id, "kind": letter.kind, "to": letter.to, "subject": letter.subject,
                    "text": letter.text, "html": letter.html, "at": letter.at })
        })
        .collect();
    Ok(Json(mails).into_response())
}
