//! `/admin/users/{id}`: one person of the account. What is done for them is in `acts`.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::audit;
use crate::audit::pages::EventView;
use crate::error::Result;
use crate::ids::UserId;
use crate::links::{self, Purpose};
use crate::phones;
use crate::phones::view::PhoneView;
use crate::sessions::pages::SessionView;
use crate::sessions::signed_in::Administrator;
use crate::sessions::{self, SignedIn};
use crate::users::permissions::{self, Act, Refusal};
use crate::users::{self, Role, Subject};
use crate::web::answer::{Problem, page};
use crate::web::flash::{self, Flash};
use crate::web::page::{FieldError, Frame, Section};
use crate::when;

/// What carries a temporary password to the page that shows it once.
pub(super) const TEMPORARY: &str = "temporary-password";

/// What carries what was done for a person to that person's page, and to no other.
pub(super) const DONE: &str = "person-notice";

/// Events shown of a person; all are on the page of the record.
const EVENTS: i64 = 6;

/// Which of the page's forms was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sent {
    #[default]
    Nothing,
    Temporary,
    Typed,
    SignOut,
    SendReset,
    Switch,
    Invite,
    Slip,
    Remove,
    Phone,
}

impl Sent {
    /// The field for the administrator's own password in that form.
    pub(super) fn own_password(self) -> &'static str {
        match self {
            Self::Nothing | Self::Temporary => "prove_temporary",
            Self::Typed => "prove_typed",
            Self::SignOut => "prove_sign_out",
            Self::SendReset => "prove_send_reset",
            Self::Switch => "prove_switch",
            Self::Invite => "prove_invite",
            Self::Slip => "prove_slip",
            Self::Remove => "prove_remove",
            Self::Phone => "prove_phone",
        }
    }
}

/// What the page is shown with, beside the person.
#[derive(Debug, Default)]
pub(super) struct Shown {
    pub(super) sent: Sent,
    pub(super) errors: Vec<FieldError>,
    pub(super) must_change: bool,
    /// The administrator has just said who they are, in this request.
    pub(super) proven: bool,
    pub(super) notice: Option<String>,
    /// The label and the extension of a phone that was not added.
    pub(super) phone: (String, String),
    /// A temporary password that was just made, and what else that did.
    pub(super) temporary: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "users/person.html")]
struct PersonPage {
    frame: Frame,
    id: String,
    display_name: String,
    sign_in_name: String,
    extension: Option<String>,
    email: Option<String>,
    email_verified: bool,
    administrator: bool,
    disabled: bool,
    password_text: String,
    /// What a new password does to browsers and phones.
    effect: String,
    /// What disabling does.
    switch_effect: String,
    /// What enabling does.
    enable_effect: String,
    /// What removing does.
    remove_effect: String,
    /// What a set-up slip does to the password there is.
    slip_effect: String,
    /// That an invitation or a set-up slip can be used, and until when.
    open: Option<String>,
    /// Whether an invitation is what they need: an address on file, and never a password so far.
    invitable: bool,
    /// The one act that is put first.
    first: Sent,
    /// Who is told of what is done.
    mailed: String,
    /// What a reset link does, if one can be sent; else why not. Nothing if it is not to be sent at all.
    send_reset: Option<std::result::Result<String, String>>,
    /// Why none of the acts is offered.
    refusal: Option<String>,
    /// Whether each act asks for the administrator's own password.
    prove: bool,
    me: String,
    rules: Vec<String>,
    passwordrules: String,
    sessions: Vec<SessionView>,
    phones: Vec<PhoneView>,
    /// In front of the address of a phone's page; empty where that is not theirs to see.
    phones_within: String,
    events: Vec<EventView>,
    shown: Shown,
}

/// GET `/admin/users/{id}`
pub async fn one(
    State(app): State<App>,
    Administrator(me): Administrator,
    Path(id): Path<String>,
    carried: Flash,
) -> Result<Response> {
    let Some(subject) = subject(&app, &me, &id).await? else {
        return Ok(Problem::NotFound.into_response());
    };
    let (kind, text) = carried.any(&me.session).unzip();
    let is_secret = kind.as_deref() == Some(TEMPORARY);
    let own = |text: Option<String>| text.and_then(|text| text.strip_prefix(&format!("{id} ")).map(str::to_owned));
    let shown = Shown {
        must_change: true,
        temporary: own(text.clone().filter(|_| is_secret)).and_then(|text| {
            let (password, done) = text.split_once(' ')?;
            Some((password.to_owned(), done.to_owned()))
        }),
        notice: own(text.filter(|_| kind.as_deref() == Some(DONE))),
        ..Shown::default()
    };
    let told = shown.temporary.is_some() || shown.notice.is_some();
    let body = person_page(&app, &me, &subject, shown).await?;
    Ok(if told {
        (flash::clear(&app), body).into_response()
    } else {
        body
    })
}

/// That an invitation or a set-up slip can be used, of whoever cannot get in without one.
async fn open(app: &App, subject: &Subject, zone: &str) -> Result<Option<String>> {
    if subject.password_set_at.is_some() {
        return Ok(None);
    }
    let until = links::open_until(app, &subject.id, Purpose::SetUp).await?;
    let words = &app.words;
    Ok(until.map(|until| words.say_with("person-open", "until", when::minute(words, until, zone))))
}

/// The person of the administrator's account with this id.
pub(super) async fn subject(app: &App, me: &SignedIn, id: &str) -> Result<Option<Subject>> {
    match UserId::parse(id) {
        Some(id) => users::subject(app, &me.person.account, &id).await,
        None => Ok(None),
    }
}

/// The page, for whoever has something to say on it.
pub(super) async fn person_page(app: &App, me: &SignedIn, subject: &Subject, shown: Shown) -> Result<Response> {
    let words = &app.words;
    let zone = &me.person.time_zone;
    let sessions = sessions::pages::of_user(app, (&subject.id, subject.role), zone).await?;
    let phones = phones::live::of_user(app, (&subject.account, &subject.id), zone).await?;
    let events = audit::pages::about(app, &subject.account, &subject.id, zone, EVENTS).await?;
    let refusal = permissions::refusal(me.person.standing(), Act::SetPassword, subject.standing());
    let phones_within = match permissions::refusal(me.person.standing(), Act::Phones, subject.standing()) {
        None => format!("/admin/users/{}/phones", subject.id),
        Some(_) => String::new(),
    };
    let policy = app.config.password.policy;
    Ok(page(&PersonPage {
        frame: me.frame(app, Section::People),
        id: subject.id.to_string(),
        display_name: subject.display_name.clone(),
        sign_in_name: subject.sign_in_name(),
        extension: subject.extension.clone(),
        email: subject.email.clone(),
        email_verified: subject.email_verified_at.is_some(),
        administrator: subject.role == Role::Administrator,
        disabled: subject.disabled_at.is_some(),
        password_text: password_text(app, me, subject),
        effect: words.say_all("person-password-effect", [("count", sessions.len().into())]),
        enable_effect: words.say_with(
            match subject.password_set_at {
                Some(_) => "person-enable-what",
                None => "person-enable-no-password",
            },
            "phones",
            phones.len(),
        ),
        mailed: mailed(app, subject),
        send_reset: send_reset(app, me, subject),
        switch_effect: disabling(app, subject, phones.len()),
        remove_effect: removing(app, subject, phones.len()),
        slip_effect: words.say(match subject.password_set_at {
            Some(_) => "slip-what-password",
            None => "slip-what",
        }),
        open: open(app, subject, zone).await?,
        invitable: invitable(subject),
        first: first(subject, &shown),
        refusal: refusal.map(|why: Refusal| words.say_with(why.key(), "name", subject.display_name.as_str())),
        prove: !(me.is_fresh(app) || shown.proven && app.config.fresh_for() > 0),
        me: me.person.sign_in_name(),
        rules: policy.rules().into_iter().map(|rule| rule.text(words)).collect(),
        passwordrules: policy.passwordrules(),
        sessions,
        phones,
        phones_within,
        events,
        shown,
    }))
}

/// Whoever had a password once gets a reset link instead.
fn invitable(subject: &Subject) -> bool {
    subject.email.is_some() && subject.password_set_at.is_none() && subject.credential_epoch == 0
}

/// What helps this person in the shortest way; nothing while a temporary password is there to copy.
fn first(subject: &Subject, shown: &Shown) -> Sent {
    if shown.temporary.is_some() {
        Sent::Nothing
    } else if invitable(subject) {
        Sent::Invite
    } else if subject.verified_email().is_some() {
        Sent::SendReset
    } else {
        Sent::Slip
    }
}

/// What disabling does to somebody with so many phones.
fn disabling(app: &App, subject: &Subject, phones: usize) -> String {
    let arguments = [
        ("name", subject.display_name.as_str().into()),
        ("phones", phones.into()),
    ];
    app.words.say_all("person-disable-what", arguments)
}

/// What removing does; as [`disabling`].
fn removing(app: &App, subject: &Subject, phones: usize) -> String {
    let arguments = [
        ("name", subject.display_name.as_str().into()),
        ("sign-in-name", subject.sign_in_name().into()),
        ("phones", phones.into()),
    ];
    app.words.say_all("person-remove-what", arguments)
}

/// Who is told of what is done.
fn mailed(app: &App, subject: &Subject) -> String {
    match subject.verified_email() {
        Some(address) => app.words.say_with("person-mailed", "address", address),
        None => app.words.say("person-not-mailed"),
    }
}

/// What the page says of sending a reset link.
fn send_reset(app: &App, me: &SignedIn, subject: &Subject) -> Option<std::result::Result<String, String>> {
    let refusal = permissions::refusal(me.person.standing(), Act::SendReset, subject.standing());
    if refusal.is_some() || subject.disabled_at.is_some() {
        return None;
    }
    Some(match subject.verified_email() {
        Some(address) => {
            let arguments = [
                ("address", address.into()),
                ("name", subject.display_name.as_str().into()),
            ];
            Ok(app.words.say_all("reset-send-what", arguments))
        }
        None => Err(app.words.say("reset-send-none")),
    })
}

/// What there is to know of a person's password without knowing it.
fn password_text(app: &App, me: &SignedIn, subject: &Subject) -> String {
    let words = &app.words;
    let now = app.clock.now();
    let short = |at| when::short(words, at, now, &me.person.time_zone);
    match (
        subject.password_set_at,
        subject.must_change_at,
        subject.password_expires_at,
    ) {
        (None, ..) => words.say("person-password-none"),
        (Some(_), _, Some(until)) if until <= now => words.say_with("person-password-expired", "when", short(until)),
        (Some(_), Some(_), Some(until)) => words.say_with(
            "person-password-temporary",
            "until",
            when::minute(words, until, &me.person.time_zone),
        ),
        (Some(_), Some(_), None) => words.say("person-password-must-change"),
        (Some(at), None, _) => words.say_with("person-password-since", "when", short(at)),
    }
}
