//! A phone's page, and what its forms do: for its owner at `/phones/{id}`, and for an administrator who helps at
//! `/admin/users/{id}/phones/{phone}`.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::NOTICE;
use crate::accounts::sip_algorithm::ALGORITHMS;
use crate::app::App;
use crate::error::Result;
use crate::ids::{AccountId, PhoneId, UserId};
use crate::phones::act::By;
use crate::phones::disconnect::{self, Done};
use crate::phones::history::of_phone::{self, Past};
use crate::phones::history::strip::Strip;
use crate::phones::provision::make;
use crate::phones::reached::reached;
use crate::phones::rotate::{self, LONGEST_OVERLAP, Rotated, USUAL_OVERLAP};
use crate::phones::view::{PhoneView, State as PhoneState};
use crate::phones::{live, registrar};
use crate::sessions::SignedIn;
use crate::web::answer::{Problem, page};
use crate::web::flash::{self, Flash};
use crate::web::form::Fields;
use crate::web::gate::with_status;
use crate::web::page::{FieldError, Frame, Section};

/// What carries a new SIP password to the page that shows it once.
pub const SIP_PASSWORD: &str = "sip-password";

/// At which door a phone's page is: whose phone it is, and where people go from there.
#[derive(Clone, Debug)]
pub struct At {
    /// The owner's account.
    pub account: AccountId,
    /// The owner.
    pub user: UserId,
    /// The page's address, in front of those of its forms.
    pub base: String,
    /// The page before.
    pub back: String,
    /// What that is called.
    pub back_text: String,
    /// The entry of the menu.
    pub section: Section,
    /// Whose phone it is, for somebody else.
    pub of: Option<String>,
    /// Whether a set-up link would be of use.
    pub sets_up: bool,
    /// Whether who acts has to prove who they are.
    pub asks_password: bool,
}

impl At {
    /// The owner's door.
    pub fn own(app: &App, me: &SignedIn, phone: &str) -> Self {
        Self {
            account: me.person.account.clone(),
            user: me.person.id.clone(),
            base: format!("/phones/{phone}"),
            back: "/phones".to_owned(),
            back_text: app.words.say("phones-title"),
            section: Section::Phones,
            of: None,
            sets_up: true,
            asks_password: false,
        }
    }

    /// The phone of that id that the owner has, with times for `me`.
    pub async fn phone(&self, app: &App, me: &SignedIn, id: &str) -> Result<Option<PhoneView>> {
        live::one_of_user(app, (&self.account, &self.user), &me.person.time_zone, id).await
    }
}

#[derive(Template)]
#[template(path = "phones/phone.html")]
struct PhonePage {
    frame: Frame,
    at: At,
    me: String,
    phone: PhoneView,
    past: Past,
    shown: Shown,
    settings: Vec<(String, String)>,
    /// Whether its owner, if that is who looks, has an address that mail goes to.
    mailable: bool,
    overlaps: Vec<(i64, String, bool)>,
    /// Whether it can be set up by a link.
    sets_up: bool,
}

impl PhonePage {
    /// Whether something is wrong with this field.
    fn is_wrong(&self, field: &str) -> bool {
        self.shown.errors.iter().any(|error| error.field == field)
    }
}

/// What a phone's page shows beside the phone.
#[derive(Debug, Default)]
pub struct Shown {
    sip_password: Option<String>,
    notice: Option<String>,
    errors: Vec<FieldError>,
}

impl Shown {
    /// One thing that is wrong.
    pub fn wrong(field: &'static str, text: String) -> Self {
        Self {
            errors: vec![FieldError { field, text }],
            ..Self::default()
        }
    }

    /// What was carried to the page of this phone.
    fn carried(me: &SignedIn, id: &str, carried: Flash) -> Self {
        let mut shown = Self::default();
        match carried.any(&me.session) {
            Some((kind, text)) if kind == SIP_PASSWORD => {
                shown.sip_password = text.strip_prefix(&format!("{id} ")).map(str::to_owned);
            }
            Some((kind, text)) if kind == NOTICE => shown.notice = Some(text),
            _ => {}
        }
        shown
    }
}

/// The page with what was carried to it.
pub async fn show(app: &App, me: &SignedIn, at: At, id: &str, carried: Flash) -> Result<Response> {
    let shown = Shown::carried(me, id, carried);
    let told = (shown.sip_password.is_some() || shown.notice.is_some()).then(|| flash::clear(app));
    Ok(match at.phone(app, me, id).await? {
        Some(phone) => (told, page_of(app, me, at, phone, shown).await?).into_response(),
        None => Problem::NotFound.into_response(),
    })
}

/// The page once more, with what is wrong.
pub async fn again(app: &App, me: &SignedIn, at: At, id: &str, wrong: Shown) -> Result<Response> {
    Ok(match at.phone(app, me, id).await? {
        Some(phone) => with_status(
            StatusCode::UNPROCESSABLE_ENTITY,
            page_of(app, me, at, phone, wrong).await?,
        ),
        None => Problem::NotFound.into_response(),
    })
}

async fn page_of(app: &App, me: &SignedIn, at: At, phone: PhoneView, shown: Shown) -> Result<Response> {
    Ok(page(&PhonePage {
        frame: me.frame(app, at.section),
        me: me.person.sign_in_name(),
        past: of_phone::of_phone(app, &at.account, &phone, &me.person.time_zone).await?,
        settings: settings(app, &phone, &me.person.sip_algorithm),
        mailable: me.person.verified_email.is_some(),
        overlaps: overlaps(app),
        sets_up: at.sets_up && make::is_possible(app) && phone.state != PhoneState::Blocked,
        phone,
        shown,
        at,
    }))
}

/// What is typed into the phone. MD5 is what every phone does unasked.
fn settings(app: &App, phone: &PhoneView, algorithm: &str) -> Vec<(String, String)> {
    let say = |key: &str| app.words.say(key);
    let (user, domain) = phone.address_of_record.split_once('@').unwrap_or_default();
    let (server, port) = registrar::address(app);
    let or = say("phone-setting-or");
    let mut reached = reached(&app.config).into_iter();
    let transport = reached.next().map(|first| first.transports(&or)).unwrap_or_default();
    let mut settings = vec![
        (say("phone-setting-server"), server.clone()),
        (say("phone-setting-port"), port),
        (say("phone-setting-user"), user.to_owned()),
        (say("phone-setting-domain"), domain.to_owned()),
        (say("phone-setting-transport"), transport),
    ];
    settings.extend(reached.map(|other| {
        let name = app
            .words
            .say_with("phone-setting-port-for", "transport", other.transports(&or));
        let is_same = other.server == server;
        let port = other.port.to_string();
        (
            name,
            if is_same {
                port
            } else {
                format!("{}:{port}", other.server)
            },
        )
    }));
    if algorithm != ALGORITHMS[0] {
        settings.push((say("phone-setting-algorithm"), algorithm.to_owned()));
    }
    settings
}

/// The overlaps that are offered: hours, words, and whether it is the usual one.
pub(in crate::phones) fn overlaps(app: &App) -> Vec<(i64, String, bool)> {
    let words = |hours| match hours {
        0 => app.words.say("rotate-at-once"),
        hours => app.words.say_with("rotate-hours", "hours", hours),
    };
    [0, 1, USUAL_OVERLAP, 72, LONGEST_OVERLAP]
        .map(|hours| (hours, words(hours), hours == USUAL_OVERLAP))
        .into()
}

/// Gives the phone a new SIP password, and leads to the page that shows it once.
pub async fn rotated(app: &App, me: &SignedIn, by: By<'_>, at: At, phone: &PhoneId, form: &Fields) -> Result<Response> {
    // What is no number is none that is allowed either.
    let hours = form.text("overlap_hours").trim().parse().unwrap_or(-1);
    Ok(match rotate::rotate(app, by, phone, hours).await? {
        Rotated::Done(new) => {
            let carried = format!("{phone} {}", *new.sip_password);
            let once = flash::carry(app, &me.session, SIP_PASSWORD, &carried);
            (once, Redirect::to(&at.base)).into_response()
        }
        Rotated::Overlap => {
            let text = app.words.say_with("rotate-overlap", "most", LONGEST_OVERLAP);
            again(app, me, at, phone.as_str(), Shown::wrong("overlap_hours", text)).await?
        }
        Rotated::Forbidden(_) | Rotated::NoPhone => Problem::NotFound.into_response(),
    })
}

/// Ends its registrations; blocks it too, if the form says so.
pub async fn disconnected(
    app: &App,
    me: &SignedIn,
    by: By<'_>,
    at: &At,
    phone: &PhoneId,
    form: &Fields,
) -> Result<Response> {
    let block = form.text("block") == "on";
    let key = if block {
        "phone-is-blocked"
    } else {
        "phone-is-disconnected"
    };
    let done = disconnect::disconnect(app, by, phone, block).await?;
    Ok(answer(app, me, done, key, &at.base))
}

/// Lets a blocked phone in again.
pub async fn allowed(app: &App, me: &SignedIn, by: By<'_>, at: &At, phone: &PhoneId) -> Result<Response> {
    let done = disconnect::allow(app, by, phone).await?;
    Ok(answer(app, me, done, "phone-is-allowed", &at.base))
}

/// Leads on, with what was done.
pub(super) fn answer(app: &App, me: &SignedIn, done: Done, key: &str, then: &str) -> Response {
    match done {
        Done::Done(label) => {
            let text = app.words.say_with(key, "label", label);
            (flash::carry(app, &me.session, NOTICE, &text), Redirect::to(then)).into_response()
        }
        // Somebody did it a moment ago: the page says how things stand.
        Done::Already(_) => Redirect::to(then).into_response(),
        Done::Forbidden(_) | Done::NoPhone => Problem::NotFound.into_response(),
    }
}
