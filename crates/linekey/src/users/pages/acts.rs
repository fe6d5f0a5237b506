//! What an administrator does for one person: the forms of `/admin/users/{id}`.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::person::{DONE, Sent, Shown, TEMPORARY, person_page};
use super::proof;
use crate::app::App;
use crate::error::Result;
use crate::ids::SessionId;
use crate::password::pages::field_of;
use crate::password::reset::send;
use crate::password::rules::Refusal;
use crate::password::set_for_user::{Done, NewPassword, SetFor, set_for_user};
use crate::password::typed::TypedPassword;
use crate::sessions::SignedIn;
use crate::sessions::end::{self, EndedFor};
use crate::sessions::signed_in::Administrator;
use crate::sign_in::disable::{self, Switched};
use crate::users::Subject;
use crate::users::act::Whom;
use crate::users::permissions::Act;
use crate::web::answer::Problem;
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
    // Only who says so gives a password that lasts.
    let must_change = form.get("must_change") != Some("off");
    let random = form.get("temporary") == Some("on");
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
        act: Act::SetPassword,
        sent: if random { Sent::Temporary } else { Sent::Typed },
        must_change,
        phone: ("", ""),
    };
    asked
        .answer(&form, async |subject| {
            let set = set_for_user(&app, me.actor(), whom(&me, subject), new).await?;
            Ok(match set {
                SetFor::Done(done) => asked.done(&set_text(&app, &me, &done), done.temporary.as_ref()),
                SetFor::Refused(refused) => {
                    let errors = refused.into_iter().map(|refusal| theirs(&app, refusal)).collect();
                    asked.again(subject, errors, true).await?
                }
                SetFor::Disabled => asked.forbidden(subject, "refused-disabled"),
                SetFor::Forbidden(refusal) => asked.forbidden(subject, refusal.key()),
                SetFor::Nobody => Problem::NotFound.into_response(),
                SetFor::Overtaken => Problem::Overtaken.into_response(),
                SetFor::Wait(seconds) => Problem::Wait(seconds).into_response(),
            })
        })
        .await
}

/// POST `/admin/users/{id}/send-reset`
pub async fn send_reset(
    State(app): State<App>,
    Administrator(me): Administrator,
    Path(id): Path<String>,
    Form(form): Form,
) -> Result<Response> {
    let asked = Asked::of(&app, &me, &id, Act::SendReset);
    asked
        .answer(&form, async |subject| {
            let name = subject.display_name.as_str();
            let not_sent = |text| FieldError {
                field: "send-reset",
                text,
            };
            Ok(match send::send_reset(&app, me.actor(), whom(&me, subject)).await? {
                send::Sent::Done(_) => asked.done(&app.words.say_with("reset-send-done", "name", name), None),
                send::Sent::NoAddress(_) => {
                    let error = not_sent(app.words.say("reset-send-none"));
                    asked.again(subject, vec![error], true).await?
                }
                send::Sent::Disabled(_) => asked.forbidden(subject, "refused-disabled"),
                send::Sent::Forbidden(refusal) => asked.forbidden(subject, refusal.key()),
                send::Sent::Nobody => Problem::NotFound.into_response(),
                send::Sent::Wait(seconds) => {
                    let wait = app.words.wait(seconds);
                    let arguments = [("name", name.into()), ("wait", wait.into())];
                    let error = not_sent(app.words.say_all("reset-send-wait", arguments));
                    asked.again(subject, vec![error], true).await?
                }
            })
        })
        .await
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
    let asked = Asked::of(app, me, id, Act::SignOut);
    asked
        .answer(form, async |subject| {
            Ok(
                match end::for_user(app, me.actor(), whom(me, subject), session).await? {
                    EndedFor::Done(subject, ended) => {
                        let name = subject.display_name.as_str().into();
                        let arguments = [("name", name), ("count", ended.into())];
                        asked.done(&app.words.say_all("person-signed-out", arguments), None)
                    }
                    EndedFor::Forbidden(refusal) => asked.forbidden(subject, refusal.key()),
                    EndedFor::Nobody => Problem::NotFound.into_response(),
                },
            )
        })
        .await
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
    let asked = Asked::of(app, me, id, act);
    let said = |subject: &Subject, ended: u64| {
        let key = match act {
            Act::Disable => "person-is-disabled",
            _ if subject.password_set_at.is_none() => "person-is-enabled-no-password",
            _ => "person-is-enabled",
        };
        let name = subject.display_name.as_str().into();
        app.words.say_all(key, [("name", name), ("count", ended.into())])
    };
    asked
        .answer(form, async |subject| {
            let whom = whom(me, subject);
            let switched = match act {
                Act::Disable => disable::disable(app, me.actor(), whom).await?,
                _ => disable::enable(app, me.actor(), whom).await?,
            };
            Ok(match switched {
                Switched::Done(subject, ended) => asked.done(&said(&subject, ended), None),
                Switched::Already(subject) => asked.done(&said(&subject, 0), None),
                Switched::Forbidden(refusal) => asked.forbidden(subject, refusal.key()),
                Switched::Nobody => Problem::NotFound.into_response(),
            })
        })
        .await
}

/// A form of the page that was sent, and the answers it can lead to.
pub(super) struct Asked<'a> {
    app: &'a App,
    me: &'a SignedIn,
    id: &'a str,
    act: Act,
    sent: Sent,
    must_change: bool,
    /// The label and the extension of a phone, as typed.
    phone: (&'a str, &'a str),
}

impl<'a> Asked<'a> {
    /// A form that asks for `act` and nothing more.
    pub(super) fn of(app: &'a App, me: &'a SignedIn, id: &'a str, act: Act) -> Self {
        let sent = match act {
            Act::SetPassword => Sent::Typed,
            Act::SignOut => Sent::SignOut,
            Act::Disable | Act::Enable => Sent::Switch,
            Act::Invite => Sent::Invite,
            Act::SetUpSlip => Sent::Slip,
            Act::Remove => Sent::Remove,
            Act::SendReset => Sent::SendReset,
            Act::Phones => Sent::Phone,
        };
        Self {
            app,
            me,
            id,
            act,
            sent,
            must_change: true,
            phone: ("", ""),
        }
    }

    /// A form that adds a phone with this label and extension.
    pub(super) fn of_phone(app: &'a App, me: &'a SignedIn, id: &'a str, phone: (&'a str, &'a str)) -> Self {
        Self {
            phone,
            ..Self::of(app, me, id, Act::Phones)
        }
    }

    /// What `does` answers, once the act may be done and the administrator has proven who they are; else what is
    /// missing. Whoever proved it goes on in this session, whatever comes of the act.
    pub(super) async fn answer(
        &self,
        form: &Fields,
        does: impl AsyncFnOnce(&Subject) -> Result<Response>,
    ) -> Result<Response> {
        let missing = async |subject: &Subject, text| {
            let field = self.sent.own_password();
            self.again(subject, vec![FieldError { field, text }], false).await
        };
        let typed = form.text("your_password");
        proof::guarded(self.app, self.me, (self.act, self.id), typed, missing, does).await
    }

    pub(super) fn done(&self, text: &str, temporary: Option<&TypedPassword>) -> Response {
        let (kind, text) = match temporary.and_then(TypedPassword::reveal) {
            Some(password) => (TEMPORARY, format!("{} {password} {text}", self.id)),
            None => (DONE, format!("{} {text}", self.id)),
        };
        let carried = flash::carry(self.app, &self.me.session, kind, &text);
        (carried, Redirect::to(&format!("/admin/users/{}", self.id))).into_response()
    }

    /// The page again with what is wrong; `proven` when the administrator has just said who they are.
    pub(super) async fn again(&self, subject: &Subject, errors: Vec<FieldError>, proven: bool) -> Result<Response> {
        let shown = Shown {
            sent: self.sent,
            errors,
            must_change: self.must_change,
            phone: (self.phone.0.to_owned(), self.phone.1.to_owned()),
            proven,
            ..Shown::default()
        };
        let again = person_page(self.app, self.me, subject, shown).await?;
        Ok(with_status(StatusCode::UNPROCESSABLE_ENTITY, again))
    }

    pub(super) fn forbidden(&self, subject: &Subject, key: &str) -> Response {
        proof::forbidden(self.app, subject, key)
    }
}

pub(super) fn whom<'a>(me: &'a SignedIn, subject: &'a Subject) -> Whom<'a> {
    Whom {
        account: &me.person.account,
        id: &subject.id,
    }
}

fn theirs(app: &App, refusal: Refusal) -> FieldError {
    FieldError {
        field: field_of(refusal),
        text: refusal.text_for_another(&app.words),
    }
}

fn set_text(app: &App, me: &SignedIn, done: &Done) -> String {
    let name = done.subject.display_name.as_str();
    match done.lasting.expires_at {
        _ if done.temporary.is_some() => app.words.say_with("temporary-done", "count", done.ended),
        Some(at) => {
            let until = when::minute(&app.words, at, &me.person.time_zone);
            let arguments = [("name", name.into()), ("until", until.into())];
            app.words.say_all("person-password-set-until", arguments)
        }
        None => app.words.say_with("person-password-set", "name", name),
    }
}
