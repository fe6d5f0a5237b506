//! Account Settings with the change form, the live checklist, and the page that says what a change did.

use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use super::change::{Changed, change};
use super::prepare::about;
use super::rules::{self, Refusal};
use super::strength::strength;
use super::suggest::suggest;
use super::typed::TypedPassword;
use crate::app::App;
use crate::error::{Error, Result};
use crate::phones;
use crate::phones::view::{PhoneView, stays_text};
use crate::sessions::signed_in::CHANGE_FORM;
use crate::sessions::{self, Person, SignedIn, Token};
use crate::users::{self, Role};
use crate::web::answer::{Problem, page};
use crate::web::flash::{self, Flash};
use crate::web::form::{Form, Query};
use crate::web::gate::with_status;
use crate::web::page::{FieldError, Frame, Section};
use crate::when;

/// What carries the facts of a change to the page that tells them.
const DONE: &str = "password-changed";
/// What carries the refusals that a confirmation revealed back to the form.
const REFUSED: &str = "password-refused";

/// What the form shows of its person's profile.
struct ProfileView {
    sign_in_name: String,
    display_name: String,
    account_name: String,
    extension: Option<String>,
    email: Option<String>,
    email_verified: bool,
    /// The address that waits to be confirmed.
    waiting_email: Option<String>,
    time_zone: String,
}

/// One line of the checklist.
struct RuleLine {
    id: &'static str,
    text: String,
    met: bool,
}

/// What Save will do.
struct Effect {
    browsers: Vec<String>,
    browsers_text: String,
    phones_text: String,
    phones: Vec<PhoneView>,
}

struct PasswordForm {
    errors: Vec<FieldError>,
    sign_in_name: String,
    rules: Vec<RuleLine>,
    passwordrules: String,
    sign_out_others: bool,
    effect: Effect,
}

/// The most that the meter shows of a password that a rule refuses, of 4.
const MIDDLING: u8 = 2;

#[derive(Template)]
#[template(path = "password/settings.html")]
struct SettingsPage {
    frame: Frame,
    person: ProfileView,
    typed: TypedProfile,
    /// Whether the address asks for the password, which was not proven lately.
    prove: bool,
    zone_options: &'static str,
    profile_errors: Vec<FieldError>,
    profile_notice: Option<String>,
    edits_profile: bool,
    form: PasswordForm,
    must_change: bool,
    /// Who helps with everything else; nobody is told that it is up to themselves.
    help: Option<String>,
}

#[derive(Template)]
#[template(path = "password/done.html")]
struct DonePage {
    frame: Frame,
    title: String,
    when: String,
    facts: Vec<String>,
    phones_text: String,
    phones: Vec<PhoneView>,
}

/// What the settings page is shown with.
#[derive(Debug)]
pub struct Shown {
    /// Errors of the change form.
    pub password_errors: Vec<FieldError>,
    /// Whether the box is ticked.
    pub sign_out_others: bool,
    /// Errors of the profile form.
    pub profile_errors: Vec<FieldError>,
    /// What became of the profile just now, in a sentence.
    pub profile_notice: Option<String>,
    /// Whether the profile form is asked for, which has a page of its own: it holds hundreds of time zones.
    pub edits_profile: bool,
    /// What was typed into the profile form.
    pub typed_profile: Option<TypedProfile>,
}

/// What stands in the profile form.
#[derive(Debug)]
pub struct TypedProfile {
    /// The displayed name.
    pub display_name: String,
    /// The e-mail address; empty for none.
    pub email: String,
    /// Whether the form asks what it means that the address was emptied.
    pub asks_without_email: bool,
    /// Whether that was answered.
    pub without_email: bool,
    /// IANA name.
    pub time_zone: String,
}

impl Default for Shown {
    fn default() -> Self {
        Self {
            password_errors: Vec::new(),
            sign_out_others: true,
            profile_errors: Vec::new(),
            profile_notice: None,
            edits_profile: false,
            typed_profile: None,
        }
    }
}

/// GET `/account/settings`
pub async fn settings(State(app): State<App>, me: SignedIn, carried: Flash, Query(query): Query) -> Result<Response> {
    let profile_notice = profile_notice(&app, &me, query.text("saved"));
    let edits_profile = query.get("edit") == Some("profile");
    let refused = carried.take(&me.session, REFUSED);
    let told = refused.is_some();
    let password_errors = refused
        .map(|text| FieldError {
            field: "new_password",
            text,
        })
        .into_iter()
        .collect();
    let shown = settings_page(
        &app,
        &me,
        Shown {
            password_errors,
            profile_notice,
            edits_profile,
            ..Shown::default()
        },
    )
    .await?;
    Ok(if told {
        (flash::clear(&app), shown).into_response()
    } else {
        shown
    })
}

/// The settings page, for whoever has something to say on it.
pub async fn settings_page(app: &App, me: &SignedIn, shown: Shown) -> Result<Response> {
    let person = &me.person;
    let saved = || TypedProfile {
        display_name: person.display_name.clone(),
        email: person.email.clone().unwrap_or_default(),
        asks_without_email: false,
        without_email: false,
        time_zone: person.time_zone.clone(),
    };
    Ok(page(&SettingsPage {
        frame: me.frame(app, Section::Settings),
        person: ProfileView {
            sign_in_name: person.sign_in_name(),
            display_name: person.display_name.clone(),
            account_name: person.account_name.clone(),
            extension: person.extension.clone(),
            email: person.email.clone(),
            email_verified: person.verified_email.is_some(),
            waiting_email: person.waiting_email.clone(),
            time_zone: person.time_zone.clone(),
        },
        typed: shown.typed_profile.unwrap_or_else(saved),
        prove: !me.is_fresh(app),
        zone_options: users::pages::zone_options(),
        edits_profile: (shown.edits_profile || !shown.profile_errors.is_empty()) && !person.must_change,
        profile_errors: shown.profile_errors,
        profile_notice: shown.profile_notice,
        form: PasswordForm {
            errors: shown.password_errors,
            sign_in_name: person.sign_in_name(),
            rules: rule_lines(app, me, None),
            passwordrules: app.config.password.policy.passwordrules(),
            sign_out_others: shown.sign_out_others,
            effect: effect(app, me).await?,
        },
        must_change: person.must_change,
        help: help(app, person),
    }))
}

/// What became of the profile, as the address that the browser was sent to says.
fn profile_notice(app: &App, me: &SignedIn, saved: &str) -> Option<String> {
    let words = &app.words;
    match saved {
        "profile" => Some(words.say("profile-saved")),
        "email-asked" => {
            let email = me.person.waiting_email.as_deref().or(me.person.email.as_deref())?;
            Some(words.say_with("profile-email-asked", "email", email))
        }
        "email-cancelled" => Some(words.say("profile-email-cancelled")),
        "email-removed" => Some(words.say("profile-email-removed")),
        _ => None,
    }
}

fn help(app: &App, person: &Person) -> Option<String> {
    let brand = &app.config.brand;
    if let Some(names) = person.administrators.as_deref().filter(|_| person.role == Role::User) {
        let arguments = [
            ("names", names.into()),
            ("account", person.account_name.as_str().into()),
        ];
        return Some(app.words.say_all("need-help-who", arguments));
    }
    let contacts = [brand.support_email.as_str(), brand.support_phone.as_str()];
    let contact = contacts
        .into_iter()
        .filter(|contact| !contact.is_empty())
        .collect::<Vec<_>>();
    (person.role == Role::Administrator && !contact.is_empty())
        .then(|| app.words.say_with("need-help-provider", "contact", contact.join(", ")))
}

/// GET `/account/password`: the form is on the settings page.
pub async fn to_form() -> Redirect {
    Redirect::to(CHANGE_FORM)
}

/// POST `/account/password`
pub async fn save(State(app): State<App>, me: SignedIn, Form(form): Form) -> Result<Response> {
    let typed = TypedPassword::from(form.text("new_password"));
    let confirmed = TypedPassword::from(form.text("confirm_password"));
    let sign_out_others = form.get("sign_out_others") == Some("on");
    let changed = change(&app, &me, &typed, &confirmed, sign_out_others).await?;
    if let Changed::Refused(refused) = changed {
        let password_errors = refused.iter().map(|refusal| field_error(&app, *refusal)).collect();
        let again = settings_page(
            &app,
            &me,
            Shown {
                password_errors,
                sign_out_others,
                ..Shown::default()
            },
        )
        .await?;
        return Ok(with_status(StatusCode::UNPROCESSABLE_ENTITY, again));
    }
    Ok(answer(&app, &me, changed, None))
}

/// The answer to a change that needs no form again; also what a confirmation leads to, which may have given the session
/// a new token.
pub fn answer(app: &App, me: &SignedIn, changed: Changed, renewed: Option<&Token>) -> Response {
    let carry = |kind, text: &str| flash::carry(app, &me.session, kind, text);
    let response = match &changed {
        Changed::Done(_, ended) => {
            (carry(DONE, &ended.to_string()), Redirect::to("/account/password/done")).into_response()
        }
        Changed::Refused(refused) => {
            let said = refused
                .first()
                .map(|refusal| refusal.text(&app.words))
                .unwrap_or_default();
            (carry(REFUSED, &said), Redirect::to(CHANGE_FORM)).into_response()
        }
        Changed::ConfirmFirst(id) => Redirect::to(&format!("/confirm?change={id}")).into_response(),
        Changed::Overtaken => Problem::Conflict.into_response(),
        Changed::Wait(seconds) => Problem::Wait(*seconds).into_response(),
    };
    let token = if let Changed::Done(token, _) = &changed {
        Some(token)
    } else {
        renewed
    };
    let token = token.map(|token| sessions::pages::cookie(app, token));
    (token, response).into_response()
}

/// GET `/account/password/done`
pub async fn done(State(app): State<App>, me: SignedIn, carried: Flash) -> Result<Response> {
    // Only the browser that made a change is told of it, and only of its own.
    let told = carried
        .take(&me.session, DONE)
        .and_then(|ended| ended.parse::<u64>().ok());
    let (Some(set_at), Some(ended)) = (me.person.password_set_at, told) else {
        return Ok(to_form().await.into_response());
    };
    let words = &app.words;
    let phones = phones::live::of(&app, &me.person).await?;
    let others = sessions::pages::other_browsers(&app, &me).await?;
    let mut facts = Vec::new();
    if ended > 0 || others.is_empty() {
        facts.push(words.say_with("done-browsers", "count", ended));
    }
    if !others.is_empty() {
        facts.push(words.say_with("done-browsers-kept", "count", others.len()));
    }
    facts.push(words.say("done-this-browser"));
    Ok(page(&DonePage {
        frame: me.frame(&app, Section::Settings),
        title: words.say("done-title"),
        when: words.say_with(
            "done-when",
            "when",
            when::short(words, set_at, app.clock.now(), &me.person.time_zone),
        ),
        facts,
        phones_text: stays_text(&app, me.person.role, &phones),
        phones,
    }))
}

/// POST `/account/password/check`: what the rules say of what was typed so far. Evaluates no rule that needs a stored
/// secret, stores and logs nothing.
pub async fn check(State(app): State<App>, me: SignedIn, Form(form): Form) -> Response {
    let typed = TypedPassword::from(form.text("new_password"));
    let strength = strength(&typed, &about(&app, &me.person));
    let lines = rule_lines(&app, &me, Some(&typed));
    let is_met = lines.iter().all(|line| line.met);
    let rules: Vec<_> = lines
        .into_iter()
        .map(|line| json!({ "id": line.id, "text": line.text, "met": line.met }))
        .collect();
    // What is hard to guess and yet refused is not called strong.
    let (score, advice) = if is_met || strength.score <= MIDDLING {
        (strength.score, strength.advice(&app.words))
    } else {
        (MIDDLING, app.words.say("password-advice-rules"))
    };
    Json(json!({ "rules": rules, "strength": score, "advice": advice })).into_response()
}

/// POST `/account/password/suggest`
pub async fn suggestion(State(app): State<App>, me: SignedIn, _: Form) -> Result<Response> {
    let about = about(&app, &me.person);
    let passphrase = suggest(app.config.password.policy, &about, &|bytes| app.random.fill(bytes));
    let passphrase = passphrase.as_ref().and_then(TypedPassword::reveal);
    let passphrase = passphrase.ok_or_else(|| Error::defect("no suggestion met the rules"))?;
    Ok(Json(json!({ "passphrase": passphrase })).into_response())
}

fn rule_lines(app: &App, me: &SignedIn, typed: Option<&TypedPassword>) -> Vec<RuleLine> {
    let policy = app.config.password.policy;
    let line = |(rule, met): (rules::Rule, bool)| RuleLine {
        id: rule.id(),
        text: rule.text(&app.words),
        met,
    };
    match typed {
        Some(typed) => {
            let about = about(app, &me.person);
            rules::check(policy, typed, &about)
                .verdicts
                .into_iter()
                .map(line)
                .collect()
        }
        None => policy.rules().into_iter().map(|rule| line((rule, false))).collect(),
    }
}

/// The refusal at its field, of the owner's own form.
pub fn field_error(app: &App, refusal: Refusal) -> FieldError {
    FieldError {
        field: field_of(refusal),
        text: refusal.text(&app.words),
    }
}

/// Which field of a form with the two fields of a new password a refusal is about.
pub fn field_of(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Different => "confirm_password",
        _ => "new_password",
    }
}

async fn effect(app: &App, me: &SignedIn) -> Result<Effect> {
    let words = &app.words;
    let browsers = sessions::pages::other_browsers(app, me).await?;
    let phones = phones::live::of(app, &me.person).await?;
    Ok(Effect {
        browsers_text: match browsers.len() {
            0 => words.say("effect-browsers-none"),
            count => words.say_all(
                "effect-browsers",
                [("count", count.into()), ("names", browsers.join(", ").into())],
            ),
        },
        phones_text: stays_text(app, me.person.role, &phones),
        browsers,
        phones,
    })
}
