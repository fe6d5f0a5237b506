//! Every URL of the portal, and nothing else.

mod explained;

pub use explained::ARTICLES;

use axum::Extension;
use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use crate::app::App;
use crate::phones::freeswitch::access::Access;
use crate::sessions::SignedIn;
use crate::sessions::signed_in::{CHANGE_FORM, ForScripts, Visitor};
use crate::users::Role;
use crate::web::answer::Problem;
use crate::web::assets::{self, Assets};
use crate::web::gate;
use crate::{accounts, audit, demo, help_centre, mail, password, phones, sessions, sign_in, users};

/// The portal. `demo` adds the demo's own pages and refuses every host that is not loopback; without `freeswitch` there
/// is no directory for it.
pub fn portal(app: &App, freeswitch: Option<Access>, is_demo: bool) -> Router {
    let scripts = Router::new()
        .route("/account/password/check", post(password::pages::check))
        .route("/account/password/suggest", post(password::pages::suggestion))
        .layer(Extension(ForScripts));
    let pages = Router::new()
        .route("/", get(first_page))
        .route("/sign-in", get(sign_in::pages::form).post(sign_in::pages::submit))
        .route("/sign-out", post(sign_in::pages::sign_out))
        .route(
            "/confirm",
            get(sign_in::pages::confirm_form).post(sign_in::pages::confirm_submit),
        )
        .route(
            "/account/settings",
            get(password::pages::settings).post(users::pages::save),
        )
        .route(
            "/account/password",
            get(password::pages::to_form).post(password::pages::save),
        )
        .route("/account/password/done", get(password::pages::done))
        .route("/account/email/again", post(users::email::pages::send_again))
        .route("/account/email/cancel", post(users::email::pages::take_back))
        .route("/.well-known/change-password", get(change_password))
        .route(
            "/assets/{name}",
            get(assets::asset).layer(Extension(Assets::of(&app.accents))),
        );
    let demo = if is_demo {
        Router::new()
            .route("/demo/mail", get(demo::pages::mail))
            .route("/demo/mail.json", get(demo::pages::mail_json))
            .route("/demo/mail/{id}", get(demo::pages::mail_html))
    } else {
        Router::new()
    };
    let all = pages
        .merge(scripts)
        .merge(browsers())
        .merge(ones_phones())
        .merge(setting_up())
        .merge(resetting())
        .merge(mailed_links())
        .merge(administration())
        .merge(help())
        .merge(sip_servers(freeswitch))
        .merge(demo)
        .fallback(no_such_page)
        .method_not_allowed_fallback(gate::no_such_method);
    let all = if is_demo {
        all.layer(from_fn(gate::loopback_hosts_only))
    } else {
        all
    };
    let explained = (app.clone(), ARTICLES);
    all.layer(from_fn_with_state(explained, help_centre::pages::explain))
        .layer(from_fn_with_state(app.clone(), gate::pass))
        .with_state(app.clone())
}

/// The phones of whoever is signed in, and the files that a phone asks for.
fn ones_phones() -> Router<App> {
    Router::new()
        .route("/phones", get(phones::pages::list).post(phones::pages::add))
        .route(
            "/phones/events",
            get(phones::pages::stream::events).layer(Extension(ForScripts)),
        )
        .route("/phones/{id}", get(phones::pages::show))
        .route(
            "/phones/{id}/set-up",
            get(phones::provision::pages::show).post(phones::provision::pages::make),
        )
        .route("/provision/{token}/{file}", get(phones::provision::pages::file))
        .route("/phones/{id}/rotate", post(phones::pages::rotate))
        .route("/phones/{id}/disconnect", post(phones::pages::disconnect))
        .route("/phones/{id}/allow", post(phones::pages::allow))
        .route("/phones/{id}/notices", post(phones::pages::notices))
        .route("/phones/{id}/remove", post(phones::pages::remove))
}

/// What other SIP servers ask. The layer tells the handlers who may.
fn sip_servers(freeswitch: Option<Access>) -> Router<App> {
    let router = Router::new().route(
        "/freeswitch/directory",
        get(phones::freeswitch::pages::directory_by_query).post(phones::freeswitch::pages::directory),
    );
    match freeswitch {
        Some(access) => router.layer(Extension(access)),
        None => router,
    }
}

/// What an invitation or a set-up slip leads to.
fn setting_up() -> Router<App> {
    Router::new()
        .route("/set-up/{token}", get(password::set_up::pages::open))
        .route(
            "/set-up/new",
            get(password::set_up::pages::new_form).post(password::set_up::pages::save),
        )
        .route(
            "/set-up/code",
            get(password::set_up::pages::code_form).post(password::set_up::pages::code),
        )
}

/// The browsers that somebody is signed in with, and those that are remembered.
fn browsers() -> Router<App> {
    Router::new()
        .route("/account/sessions", get(sessions::pages::list))
        .route("/account/sessions/{id}/end", post(sessions::pages::end_one))
        .route(
            "/account/sessions/devices/{id}/forget",
            post(sessions::devices::pages::forget_one),
        )
        .route("/account/sessions/end-others", post(sessions::pages::end_others))
}

/// What whoever lost a password opens.
fn resetting() -> Router<App> {
    Router::new()
        .route(
            "/reset-password",
            get(password::reset::pages::ask_form).post(password::reset::pages::ask),
        )
        .route("/reset-password/sent", get(password::reset::pages::sent))
        .route("/reset-password/code", post(password::reset::pages::by_code))
        .route("/reset-password/{token}", get(password::reset::pages::open))
        .route(
            "/reset-password/new",
            get(password::reset::pages::new_form).post(password::reset::pages::save),
        )
}

/// Where the links of mails lead: nobody needs to be signed in.
fn mailed_links() -> Router<App> {
    Router::new()
        .route(
            "/email/{token}",
            get(users::email::pages::form).post(users::email::pages::submit),
        )
        .route("/email/done", get(users::email::pages::done))
        .route(
            "/not-me/{token}",
            get(password::not_me::pages::form).post(password::not_me::pages::submit),
        )
        .route("/not-me/done", get(password::not_me::pages::done))
}

/// What everybody may read.
fn help() -> Router<App> {
    Router::new()
        .route("/help", get(help_centre::pages::front))
        .route("/help/search", get(help_centre::pages::search))
        .route("/help/{category}", get(help_centre::pages::category))
        .route("/help/{category}/{article}", get(help_centre::pages::article))
        .route("/help/{category}/{article}/{picture}", get(help_centre::pages::picture))
        .route("/sitemap.xml", get(help_centre::pages::sitemap))
        .merge(feedback())
}

/// What readers say about articles, and what operators do about it.
fn feedback() -> Router<App> {
    Router::new()
        .route(
            "/help/{category}/{article}/vote",
            post(help_centre::feedback::pages::vote),
        )
        .route(
            "/help/{category}/{article}/suggest",
            post(help_centre::feedback::pages::suggest),
        )
        .route("/operator/help", get(help_centre::feedback::pages::operator::list))
        .route(
            "/operator/help/export/{file}",
            get(help_centre::feedback::pages::operator::export),
        )
        .route(
            "/operator/help/{id}/done",
            post(help_centre::feedback::pages::operator::done),
        )
        .route(
            "/operator/help/{id}/answer",
            post(help_centre::feedback::pages::operator::answer),
        )
}

/// What administrators and operators open.
fn administration() -> Router<App> {
    Router::new()
        .route("/admin", get(users::pages::people::to_people))
        .route(
            "/admin/users",
            get(users::pages::people::list).post(users::pages::add::add),
        )
        .route("/admin/users/new", get(users::pages::add::form))
        .route("/admin/users/{id}", get(users::pages::person::one))
        .route("/admin/users/{id}/password", post(users::pages::acts::password))
        .route("/admin/users/{id}/send-reset", post(users::pages::acts::send_reset))
        .route("/admin/users/{id}/sign-out", post(users::pages::acts::sign_out))
        .route("/admin/users/{id}/disable", post(users::pages::acts::disable))
        .route("/admin/users/{id}/enable", post(users::pages::acts::enable))
        .route("/admin/users/{id}/remove", post(users::pages::add::remove))
        .route("/admin/users/{id}/invite", post(users::pages::slip::invite))
        .route(
            "/admin/users/{id}/setup-slip",
            get(users::pages::slip::show).post(users::pages::slip::make),
        )
        .route("/admin/users/{id}/phones", post(users::pages::phone::add))
        .route("/admin/users/{id}/phones/{phone}", get(users::pages::phone::show))
        .route(
            "/admin/users/{id}/phones/{phone}/rotate",
            post(users::pages::phone::rotate),
        )
        .route(
            "/admin/users/{id}/phones/{phone}/disconnect",
            post(users::pages::phone::disconnect),
        )
        .route(
            "/admin/users/{id}/phones/{phone}/allow",
            post(users::pages::phone::allow),
        )
        .route(
            "/admin/users/{id}/phones/{phone}/remove",
            post(users::pages::phone::remove),
        )
        .route(
            "/admin/users/{id}/phones/{phone}/set-up",
            get(users::pages::phone_set_up::show).post(users::pages::phone_set_up::make),
        )
        .route(
            "/admin/users/{id}/sessions/{session}/end",
            post(users::pages::acts::end_session),
        )
        .route("/admin/phones", get(phones::of_account::pages::list))
        .route("/admin/audit", get(audit::pages::list))
        .route("/operator", get(accounts::pages::to_accounts))
        .route("/operator/accounts", get(accounts::pages::list))
        .route("/operator/mail", get(mail::pages::list))
        .route("/operator/mail/{id}/retry", post(mail::pages::try_again))
        .route("/operator/mail/preview", get(mail::pages::previews))
        .route("/operator/mail/preview/{kind}", get(mail::pages::preview))
        .route("/operator/mail/preview/{kind}/html", get(mail::pages::preview_html))
}

/// GET `/`
async fn first_page(me: SignedIn) -> Redirect {
    match me.person.role {
        Role::Operator => Redirect::to("/operator/accounts"),
        Role::User | Role::Administrator => Redirect::to("/phones"),
    }
}

/// The answer to a path that does not exist, in the frame of whoever asks.
async fn no_such_page(State(app): State<App>, visitor: Visitor, address: Uri) -> Response {
    match address.path().strip_prefix("/help/") {
        Some(wanted) => help_centre::pages::nowhere(&app, &visitor, wanted),
        None => Problem::NotFound.into_response(),
    }
}

/// GET `/.well-known/change-password`, where password managers send people.
async fn change_password(_: State<App>) -> Redirect {
    Redirect::to(CHANGE_FORM)
}
