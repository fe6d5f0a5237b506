//! What every request passes: its id, the cross-site check, the headers of the answer, the page of a problem, the log.

use axum::Json;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use data_encoding::HEXLOWER;

use super::answer::{About, Cause, Problem, Rendered, Sentence, error_page};
use super::page::Asking;
use crate::app::App;

/// The Content-Security-Policy of every answer that brings none of its own.
pub const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Gives the request an id, asks the rest of the portal, and sends the answer on its way with its headers.
pub async fn pass(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let id = HEXLOWER.encode(&app.random.bytes::<8>());
    let began = app.clock.now();
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("-", MatchedPath::as_str)
        .to_owned();
    let for_scripts = wants_json(request.headers());
    let asking = Asking::default();
    request.extensions_mut().insert(asking.clone());
    // A link's token is nothing that a page may show.
    let may_show = method == Method::GET && !route.contains("{token}");
    let opened = may_show.then(|| request.uri().path_and_query().map(ToString::to_string));

    let mut response = match refused(&app, &request) {
        Some(problem) => axum::response::IntoResponse::into_response(problem),
        None => next.run(request).await,
    };

    let status = response.status();
    let cause = response.extensions_mut().remove::<Cause>().map(|Cause(text)| text);
    if (status.is_client_error() || status.is_server_error()) && response.extensions().get::<Rendered>().is_none() {
        response = if for_scripts {
            described_for_scripts(&app, &response, &id)
        } else {
            let sentence = response.extensions().get::<Sentence>();
            let about = About {
                reference: &id,
                sentence: sentence.map(|Sentence(text)| text.clone()),
                person: asking.who(),
                opened: opened.flatten(),
            };
            let page = error_page(&app, problem_of(&response), about);
            described(&response, page)
        };
    }
    add_headers(&app, &mut response, &id);
    let took = app.clock.now() - began;
    match cause {
        Some(cause) => tracing::error!(request = id, %method, route, status = status.as_u16(), took, cause, "failed"),
        None => tracing::info!(request = id, %method, route, status = status.as_u16(), took, "request"),
    }
    response
}

/// Who sent it, and where to: a request that another site made someone's browser send changes nothing.
fn refused(app: &App, request: &Request) -> Option<Problem> {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    let allowed = match (header("sec-fetch-site"), header("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => origin == app.config.portal.public_url.origin(),
        // No browser posts without either; this is how command-line clients come.
        (None, None) => true,
    };
    (!allowed).then_some(Problem::CrossSite)
}

/// Whether a script asks.
pub fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .unwrap_or_default();
    accept.contains("application/json") && !accept.contains("text/html")
}

fn problem_of(bare: &Response) -> Problem {
    let named = bare.extensions().get::<Problem>().copied();
    named.unwrap_or_else(|| Problem::of_status(bare.status()))
}

/// The problem as RFC 9457 says, for what a script asked.
fn described_for_scripts(app: &App, bare: &Response, id: &str) -> Response {
    let title = app.words.say(&format!("error-{}-title", problem_of(bare).key()));
    let body = serde_json::json!({ "status": bare.status().as_u16(), "title": title, "instance": id });
    let mut response = axum::response::IntoResponse::into_response(Json(body));
    let kind = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    described(bare, response)
}

/// The description of a problem with what the bare answer had: status, `Allow`, `Retry-After` and a challenge stay.
fn described(bare: &Response, mut response: Response) -> Response {
    *response.status_mut() = bare.status();
    // A cookie too: a renewed session goes on, whatever became of the rest.
    for kept in [
        header::ALLOW,
        header::RETRY_AFTER,
        header::CONNECTION,
        header::WWW_AUTHENTICATE,
        header::SET_COOKIE,
    ] {
        for value in bare.headers().get_all(&kept) {
            response.headers_mut().append(kept.clone(), value.clone());
        }
    }
    response
}

fn add_headers(app: &App, response: &mut Response, id: &str) {
    let secure = app.config.portal.public_url.is_secure();
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: &'static str| {
        headers
            .entry(HeaderName::from_static(name))
            .or_insert(HeaderValue::from_static(value));
    };
    set("content-security-policy", POLICY);
    set("x-content-type-options", "nosniff");
    set("referrer-policy", "same-origin");
    set("cross-origin-opener-policy", "same-origin");
    set("cross-origin-resource-policy", "same-origin");
    set("cache-control", "no-store");
    if secure {
        set("strict-transport-security", "max-age=63072000");
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert("x-request-id", id);
    }
}

/// The answer to a method that a path does not know. axum adds `Allow`.
pub async fn no_such_method() -> Problem {
    Problem::Method
}

/// Loopback hosts alone, so that no page elsewhere can reach a demo by a name of its own (DNS rebinding).
pub async fn loopback_hosts_only(request: Request, next: Next) -> Response {
    let header = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = request
        .uri()
        .authority()
        .map(|authority| authority.as_str())
        .or(header)
        .unwrap_or_default();
    let name = host
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let name = name.map_or(host, |(name, _)| name);
    if matches!(name, "localhost" | "127.0.0.1" | "[::1]") {
        return next.run(request).await;
    }
    axum::response::IntoResponse::into_response(Problem::Misdirected)
}

/// The status of a page that is no success.
pub fn with_status(status: StatusCode, mut response: Response) -> Response {
    *response.status_mut() = status;
    response
}
