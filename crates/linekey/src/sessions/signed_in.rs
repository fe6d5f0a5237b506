//! Who asks: the extractors that a handler's signature names. A handler without one serves strangers.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};

use super::store;
use crate::app::App;
use crate::audit;
use crate::audit::{Event, Kind, Outcome};
use crate::clock::{MINUTE, Millis};
use crate::error::Error;
use crate::ids::{AccountId, SessionId, UserId};
use crate::throttle::{self, Again};
use crate::users::actor::{Acting, Actor};
use crate::users::permissions::{Area, Standing};
use crate::users::{Role, email};
use crate::web::answer::Problem;
use crate::web::page::{self, Asking, Frame, Section};
use crate::web::{client_address, cookies};

/// Where the change form is; also where someone with a password set for them is sent.
pub const CHANGE_FORM: &str = "/account/settings#password";
/// The pages that work before a password that was set for them is changed.
const BEFORE_CHANGE: [&str; 7] = [
    "/account/settings",
    "/account/password",
    "/account/password/check",
    "/account/password/suggest",
    "/account/password/done",
    "/confirm",
    "/sign-out",
];

/// The person of a session.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who.
    pub id: UserId,
    /// Of which account. Comes from the session, never from input.
    pub account: AccountId,
    /// What they may do.
    pub role: Role,
    /// The part of the sign-in name before `@`.
    pub name: String,
    /// `Ann Archer`
    pub display_name: String,
    /// Where mail goes, if verified.
    pub verified_email: Option<String>,
    /// As written, verified or not.
    pub email: Option<String>,
    /// Since when the address is known to be theirs.
    pub email_verified_at: Option<Millis>,
    /// The address that waits to be confirmed, as written.
    pub waiting_email: Option<String>,
    /// `201`
    pub extension: Option<String>,
    /// IANA name.
    pub time_zone: String,
    /// When the password was set.
    pub password_set_at: Option<Millis>,
    /// When it stops being one, if it is temporary.
    pub password_expires_at: Option<Millis>,
    /// Rises with every password.
    pub credential_epoch: i64,
    /// `Acme Boats`
    pub account_name: String,
    /// `acme.example`
    pub domain: String,
    /// The realm of the account's phones.
    pub sip_domain: String,
    /// With which digest they prove their SIP password.
    pub sip_algorithm: String,
    /// The enabled administrators of the account, by name: `Adam Alder, Bea Bow`.
    pub administrators: Option<String>,
    /// Whether a password was set for them that they must change first.
    pub must_change: bool,
}

impl Person {
    /// What they type to sign in: `ann@acme.example`, an operator's bare name.
    pub fn sign_in_name(&self) -> String {
        self.role.sign_in_name(&self.name, &self.domain)
    }
}

impl Person {
    /// As permissions see them.
    pub fn standing(&self) -> Standing<'_> {
        Standing {
            id: &self.id,
            account: &self.account,
            role: self.role,
        }
    }

    /// Who can do what `area` is for, in a sentence for somebody who cannot.
    pub fn who_can(&self, app: &App, area: Area) -> String {
        match (area, &self.administrators) {
            (Area::Administration, _) if self.role == Role::Operator => app.words.say("who-can-operator-sees"),
            (Area::Operation, _) => app.words.say("who-can-operators"),
            (Area::Administration, None) => app.words.say("who-can-nobody"),
            (Area::Administration, Some(names)) => app.words.say_all(
                "who-can-administrators",
                [
                    ("names", names.as_str().into()),
                    ("account", self.account_name.as_str().into()),
                ],
            ),
        }
    }
}

/// Someone with a live session. As an extractor it sends everyone else to the sign-in page.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who.
    pub person: Person,
    /// The session this request came in.
    pub session: SessionId,
    /// When the password was last proven in it.
    pub authenticated_at: Millis,
    /// Where the request came from.
    pub address: IpAddr,
    /// What the browser calls itself.
    pub browser: String,
}

impl SignedIn {
    /// Whether the password was proven so recently that a change needs no new proof.
    pub fn is_fresh(&self, app: &App) -> bool {
        app.clock.now() - self.authenticated_at < app.config.fresh_for()
    }

    /// The event of what this person does to themselves in this session. `detail` is a JSON object without secrets.
    pub fn event(&self, kind: Kind, outcome: Outcome, detail: serde_json::Value) -> Event<'_> {
        Event {
            kind,
            outcome,
            account: Some(&self.person.account),
            actor: Some(&self.person.id),
            subject: Some(&self.person.id),
            session: Some(&self.session),
            address: Some(self.address),
            detail,
        }
    }

    /// This person, as the one who does something to somebody else.
    pub fn actor(&self) -> Actor<'_> {
        Actor::Person(Acting {
            id: &self.person.id,
            account: &self.person.account,
            role: self.person.role,
            display_name: &self.person.display_name,
            session: &self.session,
            address: self.address,
        })
    }

    /// This person, as far as the frame of a page shows them.
    fn framed(&self) -> page::Person {
        page::Person {
            sign_in_name: self.person.sign_in_name(),
            display_name: self.person.display_name.clone(),
            account_name: self.person.account_name.clone(),
            operator: self.person.role == Role::Operator,
            administrator: self.person.role == Role::Administrator,
            must_change: self.person.must_change,
        }
    }

    /// The frame of this person's page.
    pub fn frame(&self, app: &App, section: Section) -> Frame {
        Frame {
            person: Some(self.framed()),
            section,
            ..Frame::for_strangers(app)
        }
    }
}

/// Why a request is not let in.
#[derive(Debug)]
pub enum Rejection {
    /// No session: to the sign-in page, and back to `next` afterwards.
    SignIn {
        /// The page that was asked for, if coming back to it makes sense.
        next: Option<String>,
        /// Why it is asked for in the middle of something, as the sign-in page is told: a cookie that is worth nothing any
        /// more, or what was sent and is not saved.
        ended: Option<&'static str>,
    },
    /// The same for what a script asks for: 401.
    Unauthenticated,
    /// To the change form first.
    ChangeFirst,
    /// A page that the role does not open, and who can, in a sentence.
    Forbidden(Area, String),
    /// The session could not be read.
    Failed(Error),
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn { next, ended } => {
                let next = next.filter(|next| next != "/");
                let next = next.map(|next| format!("next={}", crate::web::form::encode(&next)));
                let reason = ended.map(|reason| format!("reason={reason}"));
                let query = [next, reason].into_iter().flatten().collect::<Vec<_>>().join("&");
                let mark = if query.is_empty() { "" } else { "?" };
                Redirect::to(&format!("/sign-in{mark}{query}")).into_response()
            }
            Self::Unauthenticated => Problem::SignedOut.into_response(),
            Self::ChangeFirst => Redirect::to(CHANGE_FORM).into_response(),
            Self::Forbidden(area, who_can) => Problem::of_area(area == Area::Operation).saying(who_can),
            Self::Failed(error) => error.into_response(),
        }
    }
}

/// Marks a route that a script asks: without a session it answers 401, not a page.
#[derive(Clone, Copy, Debug)]
pub struct ForScripts;

impl FromRequestParts<App> for SignedIn {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Rejection> {
        let path = parts.uri.path();
        let cookie = cookies::get(app, &parts.headers, super::COOKIE);
        let Some(me) = of_cookie(app, parts, cookie).await.map_err(Rejection::Failed)? else {
            if parts.extensions.get::<ForScripts>().is_some() {
                return Err(Rejection::Unauthenticated);
            }
            // Only who sent something is told that it was not saved.
            let (next, ended) = match parts.method {
                Method::GET | Method::HEAD => {
                    let page = parts.uri.path_and_query().map(|page| page.as_str().to_owned());
                    (page, cookie.map(|_| "over"))
                }
                _ => (page_of_form(path).map(str::to_owned), Some("ended")),
            };
            return Err(Rejection::SignIn { next, ended });
        };
        if me.person.must_change && !BEFORE_CHANGE.contains(&path) {
            return Err(Rejection::ChangeFirst);
        }
        Ok(me)
    }
}

/// The page that holds the form which posts to `path`.
fn page_of_form(path: &str) -> Option<&'static str> {
    let pages = [
        ("/account/password", "/account/settings"),
        ("/account/settings", "/account/settings"),
        ("/account/email", "/account/settings"),
        ("/account/sessions", "/account/sessions"),
        ("/phones", "/phones"),
        ("/admin/users", "/admin/users"),
    ];
    pages
        .into_iter()
        .find(|(form, _)| path.starts_with(form))
        .map(|(_, page)| page)
}

/// An administrator, as an extractor. Everyone else who is signed in learns who the administrators are.
#[derive(Clone, Debug)]
pub struct Administrator(pub SignedIn);

impl FromRequestParts<App> for Administrator {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Rejection> {
        within(parts, app, Area::Administration).await.map(Self)
    }
}

/// One of the provider's staff, as an extractor.
#[derive(Clone, Debug)]
pub struct Operator(pub SignedIn);

impl FromRequestParts<App> for Operator {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Rejection> {
        within(parts, app, Area::Operation).await.map(Self)
    }
}

/// Whoever asks, if their role opens the area. Being turned away is on record.
async fn within(parts: &mut Parts, app: &App, area: Area) -> Result<SignedIn, Rejection> {
    let me = SignedIn::from_request_parts(parts, app).await?;
    if area.is_open_to(me.person.role) {
        return Ok(me);
    }
    let route = parts.extensions.get::<axum::extract::MatchedPath>();
    let route = route.map(|route| route.as_str().to_owned()).unwrap_or_default();
    record_turned_away(app, &me, &route).await.map_err(Rejection::Failed)?;
    Err(Rejection::Forbidden(area, me.person.who_can(app, area)))
}

async fn record_turned_away(app: &App, me: &SignedIn, route: &str) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let same = Again::Forbidden {
        user: &me.person.id,
        what: route,
        whom: None,
    };
    if throttle::is_worth_telling(app, &mut tx, same).await? {
        let detail = serde_json::json!({ "page": route });
        audit::record(app, &mut tx, me.event(Kind::Forbidden, Outcome::Refused, detail)).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Someone signed in, or nobody: for pages that both may open.
#[derive(Clone, Debug)]
pub struct Visitor(pub Option<SignedIn>);

impl FromRequestParts<App> for Visitor {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let cookie = cookies::get(app, &parts.headers, super::COOKIE);
        Ok(Self(of_cookie(app, parts, cookie).await?))
    }
}

async fn of_cookie(app: &App, parts: &Parts, cookie: Option<&str>) -> Result<Option<SignedIn>, Error> {
    let Some(token) = cookie else { return Ok(None) };
    let Some(row) = store::by_session(&app.db, &super::hash_of(token)).await? else {
        return Ok(None);
    };
    let now = app.clock.now();
    let (idle, absolute) = super::limits(app, row.role);
    if now - row.last_seen_at >= idle || now - row.started_at >= absolute {
        return Ok(None);
    }
    // Noted once a minute, or more often where a minute is much of the idle limit.
    if now - row.last_seen_at >= MINUTE.min(idle / 4) {
        note_seen(app, &row.session_id, now).await;
    }
    let user_agent = parts
        .headers
        .get("user-agent")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let me = SignedIn {
        session: row.session_id,
        authenticated_at: row.authenticated_at,
        address: client_address::of(app, parts),
        browser: super::browser::describe(&app.words, user_agent),
        person: Person {
            id: row.user_id,
            account: row.account_id,
            role: row.role,
            name: row.name,
            display_name: row.display_name,
            verified_email: row.email.clone().filter(|_| row.email_verified_at.is_some()),
            email: row.email,
            email_verified_at: row.email_verified_at,
            waiting_email: row
                .waiting_email
                .filter(|_| row.waiting_since.is_some_and(|since| email::still_waits(app, since))),
            extension: row.extension,
            time_zone: row.time_zone.unwrap_or_else(|| "UTC".to_owned()),
            password_set_at: row.password_set_at,
            password_expires_at: row.password_expires_at,
            credential_epoch: row.credential_epoch,
            account_name: row.account_name,
            domain: row.domain,
            sip_domain: row.sip_domain,
            sip_algorithm: row.sip_algorithm,
            administrators: row.administrators,
            must_change: row.must_change_at.is_some(),
        },
    };
    if let Some(asking) = parts.extensions.get::<Asking>() {
        asking.is(me.framed());
    }
    Ok(Some(me))
}

/// A database that cannot be written to just now is no reason not to show a page.
async fn note_seen(app: &App, session: &SessionId, now: Millis) {
    let noted = async {
        let mut tx = app.db.begin().await?;
        store::touch(&mut tx, session, now).await?;
        tx.commit().await
    };
    let noted: Result<(), Error> = noted.await;
    if let Err(error) = noted {
        tracing::warn!(cause = %error, "a session was used, but that could not be noted");
    }
}
