//! Whoever must change their password first does that and nothing else, whatever the address looks like.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::cast::{Actor, Cast, NEW, Thing, Whose};
use super::routes;
use crate::db::query;
use crate::testing::{Portal, stories};

/// Where such a person is let in: the form, what it asks, proving who they are, and the way out.
const OPEN: [&str; 7] = [
    "/account/settings",
    "/account/password",
    "/account/password/check",
    "/account/password/suggest",
    "/account/password/done",
    "/confirm",
    "/sign-out",
];
/// What strangers see too.
const FOR_EVERYONE: [&str; 10] = [
    "/sign-in",
    "/set-up/code",
    "/reset-password",
    "/reset-password/sent",
    "/.well-known/change-password",
    "/assets/style.css",
    "/demo/mail",
    "/demo/mail.json",
    "/email/done",
    "/not-me/done",
];
/// What goes out with every POST.
const FORM: &str = "temporary=on&label=Kitchen&display_name=Somebody+Else&time_zone=Europe/Lisbon";

/// Other ways to write an address, which must not mean more than the plain one.
fn spellings(path: &str) -> Vec<String> {
    let (front, last) = path.rsplit_once('/').unwrap_or_default();
    let encoded: String = path.bytes().map(|byte| format!("%{byte:02x}")).collect();
    vec![
        path.to_owned(),
        format!("{path}/"),
        format!("/{path}"),
        path.replace('/', "//"),
        path.to_uppercase(),
        format!("/.{path}"),
        format!("/account/settings/..{path}"),
        format!("/account/settings/%2e%2e{path}"),
        format!("/confirm/../{}", path.trim_start_matches('/')),
        format!("{front}/./{last}"),
        format!("{front}/%2e/{last}"),
        format!("{front}%2f{last}"),
        format!("{path};/account/settings"),
        format!("{path}%00"),
        format!("{path}?/account/settings"),
        format!("{path}?next=/account/password&change="),
        format!("{path}#/account/settings"),
        format!("/account/settings{path}"),
        format!("/account/password{path}"),
        format!("http://localhost{path}"),
        format!("/{}", encoded.trim_start_matches("%2f")),
    ]
}

/// Sends an address exactly as it is written, which no client library does; the status and where it leads.
async fn ask(to: SocketAddr, method: &str, target: &str, headers: &str) -> (u16, String) {
    let body = if method == "POST" { FORM } else { "" };
    let request = format!(
        "{method} {target} HTTP/1.1\r\nhost: localhost:{}\r\nconnection: close\r\n{headers}\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        to.port(),
        body.len()
    );
    let mut wire = TcpStream::connect(to).expect("the portal listens");
    wire.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    wire.write_all(request.as_bytes()).expect("the portal reads");
    let mut bytes = Vec::new();
    wire.read_to_end(&mut bytes).expect("the portal answers");
    let text = String::from_utf8_lossy(&bytes);
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
    let place = text.lines().find_map(|line| line.strip_prefix("location: "));
    (status.expect("a status"), place.unwrap_or_default().to_owned())
}

/// Museum rows 12 and 18: neither another spelling of an address nor another method leads past the change.
async fn no_spelling_of_any_address_leads_past_the_change(p: Portal) {
    let cast = Cast::new(&p).await;
    let bob = cast.browser(Actor::MustChange);
    let cookie = format!("cookie: linekey={}\r\n", bob.cookie("linekey").expect("a session"));
    let before = cast.everything().await;
    let ids = [
        cast.id(Thing::User, Whose::Colleague, Actor::MustChange).await,
        cast.id(Thing::Phone, Whose::Own, Actor::MustChange).await,
        cast.id(Thing::Session, Whose::Own, Actor::MustChange).await,
    ];
    for route in routes() {
        let id = match route.pattern {
            pattern if pattern.starts_with("/admin") => &ids[0],
            pattern if pattern.starts_with("/phones") => &ids[1],
            _ => &ids[2],
        };
        let path = route.pattern.replace("{name}", "style.css").replace("{id}", id);
        let path = path.replace("{session}", &ids[2]);
        let is_help = path.starts_with("/help") || path == "/sitemap.xml";
        if is_help || OPEN.contains(&path.as_str()) || FOR_EVERYONE.contains(&path.as_str()) {
            continue;
        }
        for spelling in spellings(&path) {
            for (method, more) in [
                ("GET", ""),
                ("HEAD", ""),
                ("POST", ""),
                ("POST", "x-http-method-override: GET\r\n"),
                (
                    "GET",
                    "x-original-url: /account/settings\r\nx-rewrite-url: /account/settings\r\n",
                ),
            ] {
                let (status, place) = ask(p.http, method, &spelling, &format!("{cookie}{more}")).await;
                let to_form = status == 303 && place == "/account/settings#password";
                assert!(
                    to_form || (400..500).contains(&status),
                    "{method} {spelling} answers {status} {place}"
                );
            }
        }
    }
    assert_eq!(cast.everything().await, before, "nothing was done");
}

async fn the_forms_beside_the_change_do_nothing_for_whoever_must_change_first(p: Portal) {
    let cast = Cast::new(&p).await;
    let (old, other) = (cast.browser(Actor::MustChange), p.browser());
    other.sign_in("bob@acme.example", "Harbour-Light-8").await.leads_to("/");
    for bob in [&old, &other] {
        let profile = [("display_name", "Mallory"), ("time_zone", "UTC")];
        bob.post("/account/settings", &profile)
            .await
            .leads_to("/account/settings#password");
        bob.post("/confirm", &[("password", "Harbour-Light-8"), ("next", "/phones")])
            .await
            .leads_to("/phones");
        bob.get("/phones").await.leads_to("/account/settings#password");
        bob.get("/account/settings").await.says(200, "Save new password");
        bob.post("/account/password/check", &[("new_password", "x")])
            .await
            .says(200, "rules");
        bob.post("/account/password/suggest", &[]).await.says(200, "passphrase");
    }
    assert_eq!(
        p.count(query(
            "select count(*) as count from users where display_name = 'Mallory'"
        ))
        .await,
        0
    );
    // The change in one browser frees that one; what the other holds is over.
    other.change_password(NEW).await.leads_to("/account/password/done");
    assert_eq!(other.get("/phones").await.status, 200);
    assert!(!old.is_signed_in().await);
    other
        .post("/sign-out", &[])
        .await
        .leads_to("/sign-in?reason=signed-out");
}

/// The same password again is no change, so nobody is let go on with the one that others know.
async fn the_password_that_was_set_is_not_kept_by_changing_it_to_itself(p: Portal) {
    let cast = Cast::new(&p).await;
    let bob = cast.browser(Actor::MustChange);
    bob.change_password("Harbour-Light-8")
        .await
        .says(422, "This is the password you have now.");
    bob.get("/phones").await.leads_to("/account/settings#password");
}

stories!(
    no_spelling_of_any_address_leads_past_the_change,
    the_forms_beside_the_change_do_nothing_for_whoever_must_change_first,
    the_password_that_was_set_is_not_kept_by_changing_it_to_itself,
);
