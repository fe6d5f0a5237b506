//! What an administrator does for one person: the forms of `/admin/users/{id}`.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::person::{Sent, Shown, TEMPORARY, person_page, subject};
use super::proof::{self, Proof};
use crate::app::App;
use crate::error::Result;
use crate::ids::SessionId;
use crate::password::rules;
use crate::password::set_for_user::{Done, NewPassword, SetFor, set_for_user};
use crate::password::typed::TypedPassword;
use crate::sessions::end::{self, EndedFor};
use crate::sessions::signed_in::Administrator;
use crate::sessions::{self, SignedIn, Token};
use crate::sign_in::disable::{self, Switched};
use crate::users::Subject;
use crate::users::act::Whom;
use crate::users::permissions::{self, Act};
use crate::web::answer::Problem;
use crate::web::cookies;
use crate::web::flash;
use crate::web::form::{Fields, Form};
use crate::web::gate::with_status;
use crate::web::page::FieldError;
use crate::when;

/// POST `/admin/users/{id}/password`
pub async fn password(
    State(app): State<App>,
    Administrator(me): Administrator,
    Path(id): Path<String>,
    Form(form): Form,
) -> Result<Response> {
    let typed = TypedPassword::from(form.text("new_password"));
    let confirmed = TypedPassword::from(form.text("confirm_password"));
    let must_change = form.get("must_change") == Some("on");
    let random = form.get("temporary") == Some("on");
    let sent = if random { Sent::Temporary } else { Sent::Typed };
    let new = if random {
        NewPassword::Temporary
    } else {
        NewPassword::Typed {
            typed: &typed,
            confirmed: &confirmed,
            must_change,
        }
    };
    let asked = Asked {
        app: &app,
        me: &me,
        id: &id,
        sent,
        must_change,
    };
    let (subject, renewed) = match asked.begin(&form).await? {
        Ok(begun) => begun,
        Err(answer) => return Ok(answer),
    };
    let set = set_for_user(&app, me.actor(), whom(&me, &subject), new).await?;
    Ok(match set {
        SetFor::Done(done) => asked.done(&set_text(&app, &me, &done), done.temporary.as_ref(), renewed.as_ref()),
        SetFor::Refused(refused) => {
            let errors = refused.iter().map(|refusal| field_error(&app, *refusal)).collect();
            asked.again(&subject, errors, renewed.as_ref()).await?
        }
        SetFor::Disabled => asked.forbidden(&subject, "refused-disabled"),
        SetFor::Forbidden(refusal) => asked.forbidden(&subject, refusal.key()),
        SetFor::Nobody => Problem::NotFound.into_response(),
        SetFor::Overtaken => Problem::Overtaken.into_response(),
        SetFor::Wait(seconds) => Problem::Wait(seconds).into_response(),
    })
}

/// POST `/admin/users/{id}/sign-out`
pub async fn sign_out(
    State(app): State<App>,
    Administrator(me): Administrator,
    Path(id): Path<String>,
    Form(form): Form,
) -> Result<Response> {
    end_sessions(&app, &me, &id, None, &form).await
}

/// POST `/admin/users/{id}/sessions/{session}/end`
pub async fn end_session(
    State(app): State<App>,
    Administrator(me): Administrator,
    Path((id, session)): Path<(String, String)>,
    Form(form): Form,
) -> Result<Response> {
    match SessionId::parse(&session) {
        Some(session) => end_sessions(&app, &me, &id, Some(&session), &form).await,
        None => Ok(Problem::NotFound.into_response()),
    }
}

async fn end_sessions(
    app: &App,
    me: &SignedIn,
    id: &str,
    session: Option<&SessionId>,
    form: &Fields,
) -> Result<Response> {
    let asked = Asked {
        app,
        me,
        id,
        sent: Sent::SignOut,
        must_change: true,
    };
    let (subject, renewed) = match asked.begin(form).await? {
        Ok(begun) => begun,
        Err(answer) => return Ok(answer),
    };
    Ok(
        match end::for_user(app, me.actor(), whom(me, &subject), session).await? {
            EndedFor::Done(subject, ended) => {
                let text = app.words.say_all(
                    "person-signed-out",
                    [("name", subject.display_name.as_str().into()), ("count", ended.into())],
                );
                asked.done(&text, None, renewed.as_ref())
            }
            EndedFor::Forbidden(refusal) => asked.forbidden(&subject, refusal.key()),
            EndedFor::Nobody => Problem::NotFound.into_response(),
        },
    )
}

/// POST `/admin/users/{id}/disable`
pub async fn disable(
    State(app): State<App>,
    Administrator(me): Administrator,
    Path(id): Path<String>,
    Form(form): Form,
) -> Result<Response> {
    switch(&app, &me, &id, Act::Disable, &form).await
}

/// POST `/admin/users/{id}/enable`
pub async fn enable(
    State(app): State<App>,
    Administrator(me): Administrator,
    Path(id): Path<String>,
    Form(form): Form,
) -> Result<Response> {
    switch(&app, &me, &id, Act::Enable, &form).await
}

async fn switch(app: &App, me: &SignedIn, id: &str, act: Act, form: &Fields) -> Result<Response> {
    let asked = Asked {
        app,
        me,
        id,
        sent: Sent::Switch,
        must_change: true,
    };
    let (subject, renewed) = match asked.begin(form).await? {
        Ok(begun) => begun,
        Err(answer) => return Ok(answer),
    };
    let whom = whom(me, &subject);
    let (switched, key) = match act {
        Act::Disable => (disable::disable(app, me.actor(), whom).await?, "person-is-disabled"),
        _ => (disable::enable(app, me.actor(), whom).await?, "person-is-enabled"),
    };
    Ok(match switched {
        Switched::Done(subject, ended) => {
            let arguments = [("name", subject.display_name.as_str().into()), ("count", ended.into())];
            asked.done(&app.words.say_all(key, arguments), None, renewed.as_ref())
        }
        Switched::Already(subject) => {
            let arguments = [("name", subject.display_name.as_str().into()), ("count", 0.into())];
            asked.done(&app.words.say_all(key, arguments), None, renewed.as_ref())
        }
        Switched::Forbidden(refusal) => asked.forbidden(&subject, refusal.key()),
        Switched::Nobody => Problem::NotFound.into_response(),
    })
}

/// A form of the page that was sent, and the answers it can lead to.
struct Asked<'a> {
    app: &'a App,
    me: &'a SignedIn,
    id: &'a str,
    sent: Sent,
    must_change: bool,
}

impl Asked<'_> {
    /// The person, once the administrator has proven who they are; else the answer that says what is missing.
    async fn begin(&self, form: &Fields) -> Result<std::result::Result<(Subject, Option<Token>), Response>> {
        let Some(subject) = subject(self.app, self.me, self.id).await? else {
            return Ok(Err(Problem::NotFound.into_response()));
        };
        // Who may not do it at all is not asked for a password first. The act asks again, and puts it on record.
        let standing = self.me.person.standing();
        let may = permissions::refusal(standing, Act::SetPassword, subject.standing()).is_none();
        if !may {
            return Ok(Ok((subject, None)));
        }
        Ok(match proof::ask(self.app, self.me, form.text("your_password")).await? {
            Proof::Given(renewed) => Ok((subject, renewed)),
            Proof::Missing(text) => {
                let field = self.sent.own_password();
                Err(self.again(&subject, vec![FieldError { field, text }], None).await?)
            }
            Proof::Wait(seconds) => Err(Problem::Wait(seconds).into_response()),
            Proof::Overtaken => Err(Problem::Conflict.into_response()),
        })
    }

    fn done(&self, text: &str, temporary: Option<&TypedPassword>, renewed: Option<&Token>) -> Response {
        let (kind, text) = match temporary.and_then(TypedPassword::reveal) {
            Some(password) => (TEMPORARY, password),
            None => ("notice", text),
        };
        let carried = flash::carry(self.app, &self.me.session, kind, &format!("{} {text}", self.id));
        let there = Redirect::to(&format!("/admin/users/{}", self.id));
        with_token(self.app, (carried, there).into_response(), renewed)
    }

    async fn again(&self, subject: &Subject, errors: Vec<FieldError>, renewed: Option<&Token>) -> Result<Response> {
        let shown = Shown {
            sent: self.sent,
            errors,
            must_change: self.must_change,
            ..Shown::default()
        };
        let again = person_page(self.app, self.me, subject, shown).await?;
        let again = with_status(StatusCode::UNPROCESSABLE_ENTITY, again);
        Ok(with_token(self.app, again, renewed))
    }

    fn forbidden(&self, subject: &Subject, key: &str) -> Response {
        let name = subject.display_name.as_str();
        let sentence = self.app.words.say_with(key, "name", name);
        Problem::NotYours.saying(sentence)
    }
}

fn with_token(app: &App, mut response: Response, renewed: Option<&Token>) -> Response {
    if let Some(token) = renewed {
        for (name, value) in cookies::set(app, sessions::COOKIE, token.reveal(), None) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

fn whom<'a>(me: &'a SignedIn, subject: &'a Subject) -> Whom<'a> {
    Whom {
        account: &me.person.account,
        id: &subject.id,
    }
}

fn set_text(app: &App, me: &SignedIn, done: &Done) -> String {
    let name = done.subject.display_name.as_str();
    match done.lasting.expires_at {
        Some(at) => {
            let until = when::minute(&app.words, at, &me.person.time_zone);
            let arguments = [("name", name.into()), ("until", until.into())];
            app.words.say_all("person-password-set-until", arguments)
        }
        None => app.words.say_with("person-password-set", "name", name),
    }
}

fn field_error(app: &App, refusal: rules::Refusal) -> FieldError {
    let field = if refusal == rules::Refusal::Different {
        "confirm_password"
    } else {
        "new_password"
    };
    FieldError {
        field,
        text: refusal.text(&app.words),
    }
}
