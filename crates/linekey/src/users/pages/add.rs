//! `/admin/users/new`: adds a person to the administrator's account. And how one is removed again.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::acts::{Asked, whom};
use super::people::NOTICE;
use super::person::DONE;
use super::proof::{self, Proof};
use crate::accounts::{Named, name as shown};
use crate::app::App;
use crate::error::Result;
use crate::sessions::SignedIn;
use crate::sessions::pages::cookie;
use crate::sessions::signed_in::Administrator;
use crate::sign_in::remove::{self, Removed};
use crate::users::Role;
use crate::users::add::{self, Added, Refusal};
use crate::users::create::NewUser;
use crate::users::permissions::Act;
use crate::web::answer::{Problem, page};
use crate::web::flash;
use crate::web::form::{Fields, Form};
use crate::web::gate::with_status;
use crate::web::page::{FieldError, Frame, Section};

/// Characters of what was typed that come back with the form; nothing that is right is longer.
const KEPT: usize = 400;

/// What was typed, as far as it comes back.
#[derive(Default)]
struct Typed {
    name: String,
    display_name: String,
    email: String,
    extension: String,
    administrator: bool,
    invite: bool,
}

#[derive(Template)]
#[template(path = "users/add.html")]
struct AddPage {
    frame: Frame,
    account: String,
    domain: String,
    typed: Typed,
    errors: Vec<FieldError>,
    /// Whether the form asks for the administrator's own password.
    prove: bool,
    me: String,
}

/// GET `/admin/users/new`
pub async fn form(State(app): State<App>, Administrator(me): Administrator) -> Response {
    let typed = Typed {
        invite: true,
        ..Typed::default()
    };
    add_page(&app, &me, typed, Vec::new(), false)
}

fn add_page(app: &App, me: &SignedIn, typed: Typed, errors: Vec<FieldError>, proven: bool) -> Response {
    page(&AddPage {
        frame: me.frame(app, Section::People),
        account: me.person.account_name.clone(),
        domain: me.person.domain.clone(),
        typed,
        errors,
        prove: !(me.is_fresh(app) || proven && app.config.fresh_for() > 0),
        me: me.person.sign_in_name(),
    })
}

/// POST `/admin/users`
pub async fn add(State(app): State<App>, Administrator(me): Administrator, Form(form): Form) -> Result<Response> {
    let refused = |errors, proven| {
        let again = add_page(&app, &me, typed(&form), errors, proven);
        with_status(StatusCode::UNPROCESSABLE_ENTITY, again)
    };
    let renewed = match proof::ask(&app, &me, form.text("your_password")).await? {
        Proof::Given(renewed) => renewed,
        Proof::Missing(text) => {
            let field = "prove_add";
            return Ok(refused(vec![FieldError { field, text }], false));
        }
        Proof::Wait(seconds) => return Ok(Problem::Wait(seconds).into_response()),
        Proof::Overtaken => return Ok(Problem::Conflict.into_response()),
    };
    let role = match form.text("role") {
        "" | "user" => Some(Role::User),
        "administrator" => Some(Role::Administrator),
        _ => None,
    };
    let added = match role {
        Some(role) => add_of(&app, &me, &form, role).await?,
        None => Added::Refused(vec![Refusal::Role]),
    };
    let answer = match added {
        Added::Done(id) => {
            let key = match (asks_to_invite(&form), invites(&form)) {
                (true, true) => "added-invited",
                (true, false) => "added-no-address",
                (false, _) => "added",
            };
            let name = form.text("display_name").trim();
            let text = app.words.say_all(
                key,
                [("name", name.into()), ("email", form.text("email").trim().into())],
            );
            let carried = flash::carry(&app, &me.session, DONE, &format!("{id} {text}"));
            (carried, Redirect::to(&format!("/admin/users/{id}"))).into_response()
        }
        Added::Refused(why) => refused(why.iter().map(|why| field_error(&app, &form, why)).collect(), true),
    };
    let renewed = renewed.as_ref().map(|token| cookie(&app, token));
    Ok((renewed, answer).into_response())
}

async fn add_of(app: &App, me: &SignedIn, form: &Fields, role: Role) -> Result<Added> {
    let given = |field: &'static str| Some(form.text(field).trim()).filter(|text| !text.is_empty());
    let account = Named {
        id: me.person.account.clone(),
        name: me.person.account_name.clone(),
        domain: me.person.domain.clone(),
    };
    let new = NewUser {
        role,
        name: name_before_at(form.text("name"), &account.domain),
        display_name: form.text("display_name").trim(),
        email: given("email"),
        email_verified: false,
        extension: given("extension"),
        time_zone: &me.person.time_zone,
    };
    add::add(app, me.actor(), &account, new, invites(form)).await
}

/// The name in front of `@`: whoever types the whole sign-in name means it too.
fn name_before_at<'a>(typed: &'a str, domain: &str) -> &'a str {
    let typed = typed.trim();
    match typed.rsplit_once('@') {
        Some((name, of)) if of.eq_ignore_ascii_case(domain) => name,
        _ => typed,
    }
}

fn asks_to_invite(form: &Fields) -> bool {
    form.text("invite") == "on"
}

/// The box is ticked from the start, and an e-mail is not asked of everybody: without one there is none to send.
fn invites(form: &Fields) -> bool {
    asks_to_invite(form) && !form.text("email").trim().is_empty()
}

fn typed(form: &Fields) -> Typed {
    let kept = |field: &'static str| form.text(field).chars().take(KEPT).collect();
    Typed {
        name: kept("name"),
        display_name: kept("display_name"),
        email: kept("email"),
        extension: kept("extension"),
        administrator: form.text("role") == "administrator",
        invite: asks_to_invite(form),
    }
}

fn field_error(app: &App, form: &Fields, refusal: &Refusal) -> FieldError {
    let (field, key) = match refusal {
        Refusal::MailWait(seconds) => {
            let wait = app.words.wait(*seconds);
            return FieldError {
                field: "email",
                text: app.words.say_with("add-email-wait", "wait", wait),
            };
        }
        Refusal::NameCharacters if form.text("name").trim().is_empty() => ("name", "add-name-empty"),
        Refusal::NameCharacters => ("name", "add-name-characters"),
        Refusal::NameTooLong => ("name", "add-name-long"),
        Refusal::NameTaken => ("name", "add-name-taken"),
        Refusal::DisplayName(shown::Refusal::Empty) => ("display_name", "add-display-name-empty"),
        Refusal::DisplayName(shown::Refusal::TooLong) => ("display_name", "name-too-long"),
        Refusal::DisplayName(shown::Refusal::Characters) => ("display_name", "name-characters"),
        Refusal::Email => ("email", "add-email"),
        Refusal::NoAddress => ("email", "add-email-missing"),
        Refusal::Extension => ("extension", "add-extension"),
        Refusal::TimeZone | Refusal::Role | Refusal::OperatorElsewhere(_) => ("role", "add-role"),
    };
    FieldError {
        field,
        text: app.words.say(key),
    }
}

/// POST `/admin/users/{id}/remove`
pub async fn remove(
    State(app): State<App>,
    Administrator(me): Administrator,
    Path(id): Path<String>,
    Form(form): Form,
) -> Result<Response> {
    let asked = Asked::of(&app, &me, &id, Act::Remove);
    asked
        .answer(&form, async |subject| {
            Ok(match remove::remove(&app, me.actor(), whom(&me, subject)).await? {
                Removed::Done(subject, phones) => {
                    let name = subject.display_name.as_str().into();
                    let arguments = [("name", name), ("phones", phones.into())];
                    let text = app.words.say_all("person-is-removed", arguments);
                    let carried = flash::carry(&app, &me.session, NOTICE, &text);
                    (carried, Redirect::to("/admin/users")).into_response()
                }
                Removed::Last(subject) => asked.forbidden(&subject, "refused-last"),
                Removed::Forbidden(refusal) => asked.forbidden(subject, refusal.key()),
                Removed::Nobody => Problem::NotFound.into_response(),
            })
        })
        .await
}
