//! The museum: attacks on resets that other products had to learn of, each named after its source. Every one must fail.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use reqwest::Method;

use super::request_tests::{all_answered, ask, asked, codes_in, links_in, reset_mails, type_code};
use super::tests::{GONE, NEW, OLD, choose, flow_of, follow, form, link_of, opened};
use crate::clock::{HOUR, MINUTE};
use crate::db::query;
use crate::links::Purpose;
use crate::serve::{self, Listeners};
use crate::testing::{Browser, Portal, join_all, stories};

const ANN: &str = "ann@acme.example";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

async fn hash_of(p: &Portal, name: &str) -> String {
    let found = query("select password_hash from users where name = $1").bind(name);
    let (hash,): (String,) = found.one(&p.app.db).await.expect("one of the demo's people");
    hash
}

fn token(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// Row 1: in every order, from two browsers, whoever has not got the mail never comes to set a password.
async fn keycloak_cve_2026_18963_no_order_of_steps_leads_past_the_mail(p: Portal) {
    let before = hash_of(&p, "ann").await;
    let (eve, ann) = (p.browser(), p.browser());
    // Ann is in the middle of it: her flow has a name, which Eve even knows.
    let flow = opened(&p, &ann, "ann").await;
    let steps = ["ask", "sent", "code", "form", "save"];
    for first in steps {
        for second in steps {
            for third in steps {
                // Without the deadlines of those that have one: the order is what is tried.
                for step in [first, second, third] {
                    let asked = eve.cookie("linekey-reset-request").unwrap_or_default();
                    match step {
                        "ask" => eve.set_cookie("linekey-reset-request", &"A".repeat(43)),
                        "sent" => assert_eq!(eve.get("/reset-password/sent").await.status, 200),
                        "code" => eve.set_cookie(&format!("linekey-reset-{flow}"), &asked),
                        "form" => assert_eq!(form(&eve, &flow).await.status, 410),
                        _ => assert_eq!(choose(&eve, &flow, ANN, NEW).await.status, 410),
                    }
                }
            }
        }
    }
    ask(&eve, ANN).await.leads_to("/reset-password/sent");
    for code in ["", "2222-2222", "null"] {
        assert_eq!(type_code(&eve, ANN, code).await.status, 422);
    }
    for flow in [
        "",
        "new",
        &flow,
        &eve.cookie("linekey-reset-request").unwrap_or_default(),
    ] {
        assert_eq!(choose(&eve, flow, ANN, NEW).await.status, 410, "{flow}");
    }
    assert_eq!(hash_of(&p, "ann").await, before);
}

/// Row 2: one mail to the stored address at most, whatever the field holds.
async fn gitlab_cve_2023_7028_lists_of_addresses_mail_nobody(p: Portal) {
    let browser = p.browser();
    let eve = "eve@evil.example";
    for (status, body) in [
        (400, format!("email[]={ANN}&email[]={eve}")),
        (422, format!("email%5B0%5D={ANN}&email%5B1%5D={eve}")),
        (400, format!("email={ANN}&email={eve}")),
        (400, format!("email={ANN}%00{eve}")),
        (422, format!("email={ANN},{eve}")),
        (422, format!("email={ANN};{eve}")),
        (422, format!("email={ANN}%20{eve}")),
        (422, format!("email={ANN}%0d%0aBcc:%20{eve}")),
        (422, format!("email={ANN}%0acc:{eve}")),
        (422, format!("email=Ann%20%3C{ANN}%3E")),
        (422, format!("email=%22{ANN}%22%20%3C{eve}%3E")),
        (422, format!("email={ANN}%3C{eve}%3E")),
        (422, format!("email={ANN}%E2%80%A8{eve}")),
    ] {
        let answer = browser
            .send(
                Method::POST,
                "/reset-password",
                &[FORM],
                Some(body.clone().into_bytes()),
            )
            .await;
        assert_eq!(answer.status.as_u16(), status, "{body}");
    }
    let json = format!("{{\"email\":[\"{ANN}\",\"{eve}\"]}}");
    let kind = ("content-type", "application/json");
    let answer = browser
        .send(Method::POST, "/reset-password", &[kind], Some(json.into_bytes()))
        .await;
    assert_eq!(answer.status, 415);
    let body = format!("email={ANN}&email[]={eve}&to={eve}&cc={eve}");
    browser
        .send(Method::POST, "/reset-password", &[FORM], Some(body.into_bytes()))
        .await
        .leads_to("/reset-password/sent");
    all_answered(&p).await;
    let mails = p.mails(1).await;
    assert_eq!((mails.len(), mails[0].to.as_str()), (1, ANN));
}

/// Row 3: what looks like an address, or folds into one, is not that address: on neither database.
async fn django_cve_2019_19844_lookalikes_are_other_addresses(p: Portal) {
    let kim = query("update users set email = 'kim@acme.example', email_key = 'kim@acme.example' where name = 'ann'");
    p.alter(kim).await;
    let browser = p.browser();
    let forms = [
        "\u{212a}im@acme.example",
        "\u{ff4b}im@acme.example",
        "k\u{0131}m@acme.example",
        "k\u{0130}m@acme.example",
        "k\u{0456}m@acme.example",
        "kim@acme.example.",
        "kim@\u{0430}cme.example",
        "kim@acme\u{3002}example",
    ];
    let asking = forms.iter().map(|email| ask(&browser, email));
    for answer in join_all(asking.collect()).await {
        assert!([303, 422].contains(&answer.status.as_u16()));
    }
    all_answered(&p).await;
    assert_eq!(reset_mails(&p).await, 0);
    ask(&browser, "KIM@acme.example").await;
    all_answered(&p).await;
    assert_eq!(reset_mails(&p).await, 1);
}

/// Sends a request exactly as written; the status line.
fn send_raw(to: SocketAddr, target: &str, headers: &str) -> String {
    let body = format!("email={ANN}");
    let request = format!(
        "POST {target} HTTP/1.1\r\n{headers}connection: close\r\n{}: {}\r\ncontent-length: {}\r\n\r\n{body}",
        FORM.0,
        FORM.1,
        body.len()
    );
    let mut wire = TcpStream::connect(to).expect("the portal listens");
    wire.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    wire.write_all(request.as_bytes()).expect("the portal reads");
    let mut answer = String::new();
    wire.read_to_string(&mut answer).expect("the portal answers");
    answer.lines().next().unwrap_or_default().to_owned()
}

/// Row 4, in twenty ways: the link begins with the configured address, whatever the request calls the portal. Asked of a
/// portal that is no demo, which takes any host.
async fn zitadel_cve_2023_49097_no_header_changes_where_the_link_leads(p: Portal) {
    let listeners = Listeners::take(&[SocketAddr::from(([127, 0, 0, 1], 0))], None)
        .await
        .expect("a port");
    let http = listeners.address().expect("an address");
    let _running = serve::start(p.app.clone(), listeners, false).await.expect("a portal");
    let evil = "evil.example";
    let headers = [
        format!("host: {evil}\r\n"),
        format!("host: {evil}:443\r\n"),
        format!("host: localhost.{evil}\r\n"),
        format!("host: localhost@{evil}\r\n"),
        "host: globex.example\r\n".to_owned(),
        "host: 127.0.0.1:1\r\n".to_owned(),
        format!("host: localhost\r\nx-forwarded-host: {evil}\r\n"),
        format!("host: localhost\r\nx-forwarded-host: localhost, {evil}\r\n"),
        format!("host: localhost\r\nx-forwarded-server: {evil}\r\n"),
        "host: localhost\r\nx-forwarded-proto: ftp\r\n".to_owned(),
        "host: localhost\r\nx-forwarded-port: 6666\r\n".to_owned(),
        format!("host: localhost\r\nx-forwarded-prefix: //{evil}\r\n"),
        format!("host: localhost\r\nforwarded: host={evil};proto=http\r\n"),
        format!("host: localhost\r\nforwarded: for=192.0.2.1;host=\"{evil}:99\"\r\n"),
        format!("host: localhost\r\nx-host: {evil}\r\n"),
        format!("host: localhost\r\nx-original-url: http://{evil}/\r\n"),
        format!("host: localhost\r\nx-original-host: {evil}\r\n"),
        format!("host: localhost\r\nx-rewrite-url: //{evil}/\r\n"),
        format!("host: localhost\r\nx-http-host-override: {evil}\r\n"),
    ];
    let mut variants: Vec<_> = headers
        .iter()
        .map(|headers| ("/reset-password".to_owned(), headers.as_str()))
        .collect();
    variants.push((format!("http://{evil}/reset-password"), "host: localhost\r\n"));
    assert_eq!(variants.len(), 20);
    for (count, (target, headers)) in variants.iter().enumerate() {
        p.alter(query("delete from throttle")).await;
        let status = send_raw(http, target, headers);
        assert!(status.contains(" 303 "), "{target} {headers}: {status}");
        let mails = p.mails(count + 1).await;
        assert_eq!(links_in(&p, &mails[0]).len(), 1, "{headers}: {}", mails[0].text);
        for part in [&mails[0].text, &mails[0].html, &mails[0].subject] {
            assert!(
                !part.contains(evil) && !part.contains("6666") && !part.contains("globex"),
                "{headers}: {part}"
            );
        }
        // Five are good at once; the sixth mail would not be worth sending.
        p.alter(query("delete from links")).await;
    }
}

/// Row 5: what is no token opens nothing, in the address, in the cookie, as the flow.
async fn flowise_cve_2026_41276_what_is_no_token_opens_nothing(p: Portal) {
    let before = hash_of(&p, "ann").await;
    let (ann, eve) = (p.browser(), p.browser());
    let flow = opened(&p, &ann, "ann").await;
    let never = "7nFq2vWmR0sTz4Xc9LkJ1bHd8eYg5uPa3oNi6tQw-_M";
    let no_tokens = [
        "",
        "null",
        "undefined",
        "0",
        "false",
        "[]",
        "{}",
        "%20",
        "%00",
        "%27%20or%201%3d1",
        "*",
        never,
    ];
    for text in no_tokens {
        let answer = eve.get(&format!("/reset-password/{text}")).await;
        if answer.status == 303 {
            form(&eve, &flow_of(&answer)).await.says(410, GONE);
        } else {
            assert!(
                [400, 404, 410].contains(&answer.status.as_u16()),
                "{text}: {}",
                answer.status
            );
        }
        eve.set_cookie(&format!("linekey-reset-{flow}"), text);
        assert_eq!(choose(&eve, &flow, ANN, NEW).await.status, 410, "{text}");
        let asked = choose(&eve, text, ANN, NEW).await;
        assert!([400, 410].contains(&asked.status.as_u16()), "{text}");
    }
    for body in [
        format!("email={ANN}&new_password={NEW}&confirm_password={NEW}"),
        format!("flow[]={flow}&email={ANN}"),
    ] {
        let answer = ann
            .send(Method::POST, "/reset-password/new", &[FORM], Some(body.into_bytes()))
            .await;
        assert_eq!(answer.status, 410);
    }
    assert_eq!(hash_of(&p, "ann").await, before);
}

/// Everything that is logged from here on, by all stories of this run.
static LOGGED: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Listener;

impl Write for Listener {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOGGED
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn listen() {
    static LISTENING: OnceLock<()> = OnceLock::new();
    LISTENING.get_or_init(|| {
        let lines = tracing_subscriber::fmt().with_writer(|| Listener).with_ansi(false);
        lines.with_max_level(tracing::Level::TRACE).init();
    });
}

fn logged() -> String {
    String::from_utf8_lossy(&LOGGED.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

/// Rows 6 and 32: the token is in the mail and in its cookie, and nowhere else.
async fn cve_2025_58434_no_page_header_log_or_row_holds_the_token(p: Portal) {
    listen();
    let browser = p.browser();
    let mail = asked(&p, &browser, ANN, 1).await;
    let (path, code) = (links_in(&p, &mail).remove(0), codes_in(&mail).remove(0));
    let secret = token(&path).to_owned();
    let opened = browser.get(&path).await;
    assert_eq!(opened.header("referrer-policy"), "no-referrer");
    let flow = flow_of(&opened);
    let cookies: Vec<_> = opened.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies.len(), 1);
    let cookie = cookies[0].to_str().expect("text");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=3600"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let answers = [
        form(&browser, &flow).await,
        choose(&browser, &flow, "eve@evil.example", NEW).await,
        choose(&browser, &flow, ANN, "short").await,
        browser.get(&format!("{path}/x")).await,
        browser.post(&path, &[]).await,
        choose(&browser, &flow, ANN, NEW).await,
        form(&browser, &flow).await,
        browser.get("/sign-in?reset=done").await,
    ];
    for answer in answers {
        let headers = format!("{:?}", answer.headers);
        for text in [&answer.text, &headers] {
            assert!(!text.contains(&secret) && !text.contains(&code), "{text}");
        }
        for foreign in ["http://", "https://", "//"] {
            let leads = [
                format!("href=\"{foreign}"),
                format!("src=\"{foreign}"),
                format!("action=\"{foreign}"),
            ];
            assert!(leads.iter().all(|lead| !answer.text.contains(lead)), "{}", answer.text);
        }
    }
    let dump = p.dump_everything().await;
    assert!(!dump.contains(&secret) && !dump.contains(&code));
    let logged = logged();
    assert!(logged.contains("/reset-password/{token}"), "nothing is listened to");
    assert!(!logged.contains(&secret) && !logged.contains(&code) && !logged.contains(NEW));
}

/// Row 7: the link of one is never good for another, whoever is named beside it.
async fn authentik_cve_2023_26481_only_the_one_it_was_made_for_can_be_changed(p: Portal) {
    let (bob_before, browser) = (hash_of(&p, "bob").await, p.browser());
    let flow = opened(&p, &browser, "ann").await;
    let (id,): (String,) = query("select id from users where name = 'bob'")
        .one(&p.app.db)
        .await
        .expect("bob");
    browser.set_cookie("user", "bob@acme.example");
    let wrong = choose(&browser, &flow, "office@acme.example", NEW).await;
    assert_eq!(wrong.status, 422);
    let path = format!("/reset-password/new?user={id}&username=bob@acme.example&flow={flow}");
    let body = format!(
        "flow={flow}&email={ANN}&new_password={NEW}&confirm_password={NEW}&user={id}&user_id={id}&id={id}&\
         username=bob@acme.example&account=globex.example"
    );
    browser
        .send(Method::POST, &path, &[FORM], Some(body.into_bytes()))
        .await
        .leads_to("/sign-in?reset=done");
    assert_eq!(hash_of(&p, "bob").await, bob_before);
    p.browser().sign_in(ANN, NEW).await.leads_to("/");
}

/// Row 8: of fifty at once one succeeds, and nothing can be said twice.
async fn keycloak_cve_2026_37982_a_link_is_good_for_one_change(p: Portal) {
    let browser = p.browser();
    let flow = opened(&p, &browser, "ann").await;
    let copies: Vec<_> = (0..50).map(|_| browser.copy()).collect();
    let tries = copies.iter().map(|copy| choose(copy, &flow, ANN, NEW));
    let answers = join_all(tries.collect()).await;
    let done = answers.iter().filter(|answer| answer.status == 303).count();
    assert_eq!(done, 1);
    assert!(
        answers
            .iter()
            .all(|answer| [303, 410, 429, 503].contains(&answer.status.as_u16()))
    );
    assert_eq!(p.events("password-reset").await, 1);
    // A thief's copy of the cookie.
    choose(&copies[0], &flow, ANN, "Another-Kestrel-2")
        .await
        .says(410, GONE);
    assert_eq!(p.browser().sign_in(ANN, "Another-Kestrel-2").await.status, 422);
}

/// Row 9: the tokens of other things, and the other secrets a browser has, open no reset.
async fn authorizer_pr_711_only_a_reset_link_resets(p: Portal) {
    let (before, browser) = (hash_of(&p, "ann").await, p.browser());
    for purpose in [Purpose::SetUp, Purpose::Email, Purpose::NotMe] {
        let path = link_of(&p, "ann", purpose).await;
        let flow = follow(&browser, &format!("/reset-password/{}", token(&path))).await;
        form(&browser, &flow).await.says(410, GONE);
        choose(&browser, &flow, ANN, NEW).await.says(410, GONE);
    }
    let ann = p.signed_in("ann").await;
    ask(&ann, ANN).await;
    for cookie in ["linekey", "linekey-reset-request"] {
        let value = ann.cookie(cookie).expect("a cookie");
        let flow = follow(&ann, &format!("/reset-password/{value}")).await;
        choose(&ann, &flow, ANN, NEW).await.says(410, GONE);
    }
    // And a reset link is nothing else.
    let path = link_of(&p, "ann", Purpose::Reset).await;
    browser.set_cookie("linekey", token(&path));
    assert!(!browser.is_signed_in().await);
    assert_eq!(hash_of(&p, "ann").await, before);
}

/// Row 10: whoever finishes what somebody else began is not signed in, and not as them.
async fn keycloak_cve_2026_7507_nobody_is_signed_in_by_a_flow_of_somebody_else(p: Portal) {
    let (gina, ann) = (p.browser(), p.signed_in("ann").await);
    let path = link_of(&p, "gina", Purpose::Reset).await;
    let flow = follow(&gina, &path).await;
    // Gina plants her flow in Ann's browser, or sends her the link.
    ann.set_cookie(&format!("linekey-reset-{flow}"), token(&path));
    form(&ann, &flow).await.says(200, "For Gina");
    let done = choose(&ann, &flow, "gina@globex.example", NEW).await;
    done.leads_to("/sign-in?reset=done");
    let set: Vec<_> = done.headers.get_all("set-cookie").iter().collect();
    assert!(
        set.len() == 1 && set[0].to_str().is_ok_and(|cookie| cookie.contains("Max-Age=0")),
        "{set:?}"
    );
    assert_eq!(p.who(&ann).await.person.sign_in_name(), ANN, "Ann is who she was");
    assert!(!gina.is_signed_in().await);
    p.browser().sign_in(ANN, OLD).await.leads_to("/");
}

/// Row 24: who has an address cannot be told from the answer, byte by byte. The time is measured by `scripts/prove`.
async fn django_cve_2024_45231_the_answer_is_the_same_whoever_has_the_address(p: Portal) {
    p.alter(query("update users set disabled_at = 1 where name = 'adam'"))
        .await;
    p.alter(query("update users set email_verified_at = null where name = 'gina'"))
        .await;
    let mut answers = Vec::new();
    for email in [
        ANN,
        "office@acme.example",
        "adam@acme.example",
        "gina@globex.example",
        "nobody@nowhere.example",
    ] {
        let browser = p.browser();
        browser.set_cookie("linekey-reset-request", &"A".repeat(43));
        let asked = ask(&browser, email).await;
        let code = type_code(&browser, email, "2222-2222").await;
        let plain = |text: &str| text.replace(email, "EMAIL");
        let bare = |answer: &crate::testing::Answer| {
            let mut headers: Vec<_> = answer.headers.iter().collect();
            headers.retain(|(name, _)| !["date", "x-request-id", "content-length"].contains(&name.as_str()));
            format!("{} {headers:?}", answer.status)
        };
        answers.push((bare(&asked), plain(&asked.text), bare(&code), plain(&code.text)));
    }
    for answer in &answers[1..] {
        assert_eq!(answer, &answers[0]);
    }
}

/// Row 31: a scanner that looks at a link, in every way it can, leaves it as it is.
async fn authelia_2994_scanners_spend_nothing(p: Portal) {
    let scanner = p.browser();
    let path = link_of(&p, "ann", Purpose::Reset).await;
    let before = p.dump_everything().await;
    for _ in 0..3 {
        for method in [Method::HEAD, Method::GET, Method::HEAD] {
            assert_eq!(scanner.send(method, &path, &[], None).await.status, 303);
        }
        let flow = follow(&scanner, &path).await;
        for method in [Method::HEAD, Method::GET] {
            let form = scanner
                .send(method, &format!("/reset-password/new?flow={flow}"), &[], None)
                .await;
            assert_eq!(form.status, 200);
        }
        // The form as it is found, again and again.
        for _ in 0..6 {
            assert_eq!(choose(&scanner, &flow, "", "").await.status, 422);
        }
    }
    assert_eq!(p.dump_everything().await, before);
    let browser = p.browser();
    let flow = follow(&browser, &path).await;
    choose(&browser, &flow, ANN, NEW).await.leads_to("/sign-in?reset=done");
}

/// Row 33: nothing that a caller names is gone to.
async fn no_reset_leads_out_of_the_portal(p: Portal) {
    let browser = p.browser();
    let out = "next=https://evil.example/&redirect=//evil.example&return_to=https://evil.example&url=//evil.example";
    let path = link_of(&p, "ann", Purpose::Reset).await;
    let mut places = Vec::new();
    let body = format!("email={ANN}&{out}").into_bytes();
    let asked = browser
        .send(Method::POST, &format!("/reset-password?{out}"), &[FORM], Some(body))
        .await;
    places.push(asked.location().to_owned());
    let opened = browser.get(&format!("{path}?{out}")).await;
    places.push(opened.location().to_owned());
    let flow = flow_of(&opened);
    let body = format!("flow={flow}&email={ANN}&new_password={NEW}&confirm_password={NEW}&{out}").into_bytes();
    let done = browser
        .send(Method::POST, &format!("/reset-password/new?{out}"), &[FORM], Some(body))
        .await;
    places.push(done.location().to_owned());
    assert_eq!(places[0], "/reset-password/sent");
    assert_eq!(places[2], "/sign-in?reset=done");
    assert!(
        places
            .iter()
            .all(|place| place.starts_with('/') && !place.contains("evil")),
        "{places:?}"
    );
}

/// Row 38: the links in one mail are independent, and using one spends its own alone.
async fn several_users_of_one_mailbox_have_links_of_their_own(p: Portal) {
    let browser = p.browser();
    let mail = asked(&p, &browser, "office@acme.example", 1).await;
    let (links, codes) = (links_in(&p, &mail), codes_in(&mail));
    let bob = follow(&browser, &links[0]).await;
    choose(&browser, &bob, "office@acme.example", NEW)
        .await
        .leads_to("/sign-in?reset=done");
    let again = p.browser();
    let bob = follow(&again, &links[0]).await;
    form(&again, &bob).await.says(410, GONE);
    assert_eq!(type_code(&browser, "office@acme.example", &codes[0]).await.status, 422);
    let cora = flow_of(&type_code(&browser, "office@acme.example", &codes[1]).await);
    form(&browser, &cora).await.says(200, "For Cora Caulker");
    choose(&browser, &cora, "office@acme.example", "Another-Kestrel-2")
        .await
        .leads_to("/sign-in?reset=done");
    p.browser().sign_in("bob@acme.example", NEW).await.leads_to("/");
    p.browser()
        .sign_in("cora@acme.example", "Another-Kestrel-2")
        .await
        .leads_to("/");
}

/// Row 41: two links in two tabs of one browser, in either order, each change their own user.
async fn two_links_in_two_tabs_change_each_their_own(p: Portal) {
    for bob_first in [true, false] {
        p.alter(query("delete from throttle")).await;
        let browser = p.browser();
        let (bob, cora) = (opened(&p, &browser, "bob").await, opened(&p, &browser, "cora").await);
        form(&browser, &bob).await.says(200, "For Bob Boatwright");
        form(&browser, &cora).await.says(200, "For Cora Caulker");
        let of = |name: &str| format!("Kestrel-{name}-{bob_first}-9");
        let mut order = [(&bob, of("Ob")), (&cora, of("Ra"))];
        if !bob_first {
            order.reverse();
        }
        for (flow, new) in &order {
            choose(&browser, flow, "office@acme.example", new)
                .await
                .leads_to("/sign-in?reset=done");
        }
        p.browser().sign_in("bob@acme.example", &of("Ob")).await.leads_to("/");
        p.browser().sign_in("cora@acme.example", &of("Ra")).await.leads_to("/");
    }
}

/// Row 43: while a mail waits, and after it left, no row holds anything that could be used.
async fn an_outbox_that_leaks_gives_nobody_a_link(p: Portal) {
    let browser = p.browser();
    let mail = asked(&p, &browser, ANN, 1).await;
    let (path, code) = (links_in(&p, &mail).remove(0), codes_in(&mail).remove(0));
    let asked_with = browser.cookie("linekey-reset-request").expect("a cookie");
    let bare = code.replace('-', "");
    let dump = p.dump_everything().await;
    for secret in [token(&path), &code, &bare, &asked_with] {
        assert!(!dump.contains(secret), "{secret}");
        assert!(!dump.contains(&data_encoding::HEXLOWER.encode(secret.as_bytes())));
        assert!(!dump.contains(&data_encoding::HEXUPPER.encode(secret.as_bytes())));
    }
    let waiting = query("select count(*) from outbox where kind = 'reset' and parameters like '%reset-password%'");
    assert_eq!(p.count(waiting).await, 0);
}

/// A reset link in twelve ways: when it is good, and what ends it.
async fn a_reset_link_is_bound_in_twelve_ways(p: Portal) {
    let browser = p.browser();
    let dead = async |flow: &str, why: &str| {
        let answer = choose(&browser, flow, ANN, "Another-Kestrel-2").await;
        assert_eq!(answer.status, 410, "{why}");
    };
    let (one, other) = (opened(&p, &browser, "ann").await, opened(&p, &browser, "ann").await);
    assert_eq!(form(&browser, &one).await.status, 200, "a new link kills none");
    let of_bob = opened(&p, &browser, "bob").await;
    choose(&browser, &one, ANN, NEW).await.leads_to("/sign-in?reset=done");
    dead(&one, "it is used once").await;
    dead(&other, "all others die with its success").await;
    assert_eq!(form(&browser, &of_bob).await.status, 200, "somebody else's stays");
    let hashes = query("select count(*) from links where length(token_hash) <> 32");
    assert_eq!(p.count(hashes).await, 0, "a hash is stored");
    let changed = opened(&p, &browser, "ann").await;
    let ann = p.browser();
    ann.sign_in(ANN, NEW).await.leads_to("/");
    ann.change_password("Third-Kestrel-33")
        .await
        .leads_to("/account/password/done");
    dead(&changed, "her own change ends it").await;
    let set = opened(&p, &browser, "ann").await;
    let (id,): (String,) = query("select id from users where name = 'ann'")
        .one(&p.app.db)
        .await
        .expect("ann");
    let temporary = p
        .signed_in("adam")
        .await
        .post(&format!("/admin/users/{id}/password"), &[("temporary", "on")])
        .await;
    assert_eq!(temporary.status, 303);
    dead(&set, "an administrator's password ends it").await;
    let disabled = opened(&p, &browser, "ann").await;
    p.alter(query("update users set disabled_at = 1 where name = 'ann'"))
        .await;
    dead(&disabled, "disabling ends it").await;
    p.alter(query("update users set disabled_at = null where name = 'ann'"))
        .await;
    p.alter(query("update accounts set suspended_at = 1")).await;
    dead(&disabled, "so does a suspended account").await;
    p.alter(query("update accounts set suspended_at = null")).await;
    let tried = opened(&p, &browser, "ann").await;
    for _ in 0..5 {
        assert_eq!(choose(&browser, &tried, "eve@evil.example", NEW).await.status, 422);
    }
    dead(&tried, "five wrong addresses end it").await;
    let over = opened(&p, &browser, "ann").await;
    p.wait(HOUR - MINUTE);
    assert_eq!(form(&browser, &over).await.status, 200, "good for 59 minutes");
    p.wait(MINUTE);
    dead(&over, "over after 60 minutes").await;
}

/// A cookie is `__Host-` and `Secure` behind TLS.
async fn behind_tls_the_cookies_are_the_hosts_own(p: Portal) {
    let p = p
        .restart_with(|config| config.portal.public_url = "https://portal.quayside.example".parse().expect("an origin"))
        .await;
    let browser: Browser = p.browser();
    let path = link_of(&p, "ann", Purpose::Reset).await;
    let opened = browser.get(&path).await;
    let cookie = opened.header("set-cookie");
    assert!(
        cookie.starts_with("__Host-linekey-reset-") && cookie.contains("; Secure"),
        "{cookie}"
    );
    assert_eq!(form(&browser, &flow_of(&opened)).await.status, 200);
    let asked = ask(&browser, ANN).await;
    let cookie = asked.header("set-cookie");
    assert!(
        cookie.starts_with("__Host-linekey-reset-request=") && cookie.contains("; Secure"),
        "{cookie}"
    );
}

stories!(
    keycloak_cve_2026_18963_no_order_of_steps_leads_past_the_mail,
    gitlab_cve_2023_7028_lists_of_addresses_mail_nobody,
    django_cve_2019_19844_lookalikes_are_other_addresses,
    zitadel_cve_2023_49097_no_header_changes_where_the_link_leads,
    flowise_cve_2026_41276_what_is_no_token_opens_nothing,
    cve_2025_58434_no_page_header_log_or_row_holds_the_token,
    authentik_cve_2023_26481_only_the_one_it_was_made_for_can_be_changed,
    keycloak_cve_2026_37982_a_link_is_good_for_one_change,
    authorizer_pr_711_only_a_reset_link_resets,
    keycloak_cve_2026_7507_nobody_is_signed_in_by_a_flow_of_somebody_else,
    django_cve_2024_45231_the_answer_is_the_same_whoever_has_the_address,
    authelia_2994_scanners_spend_nothing,
    no_reset_leads_out_of_the_portal,
    several_users_of_one_mailbox_have_links_of_their_own,
    two_links_in_two_tabs_change_each_their_own,
    an_outbox_that_leaks_gives_nobody_a_link,
    a_reset_link_is_bound_in_twelve_ways,
    behind_tls_the_cookies_are_the_hosts_own,
);
