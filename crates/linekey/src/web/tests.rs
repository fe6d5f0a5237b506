//! Stories about what every request passes: methods, bodies, cross-site requests, headers, errors.

use reqwest::Method;

use super::answer::{About, Problem, error_page};
use super::page::Person;
use crate::db::query;
use crate::testing::{Portal, stories};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

async fn a_request_from_another_site_changes_nothing(p: Portal) {
    let ann = p.signed_in("ann").await;
    let own = p.app.config.portal.public_url.origin().to_owned();
    let refused: [&[(&str, &str)]; 7] = [
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site"), ("origin", &own)],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "http://localhost")],
        &[("sec-fetch-site", "cross-site"), ("content-type", "text/plain")],
    ];
    for headers in refused {
        let mut all = vec![FORM];
        all.retain(|(name, _)| !headers.iter().any(|(other, _)| other == name));
        all.extend_from_slice(headers);
        let body = b"new_password=Tidewater-Kestrel-1&confirm_password=Tidewater-Kestrel-1".to_vec();
        let answer = ann.send(Method::POST, "/account/password", &all, Some(body)).await;
        answer.says(403, "came from another site");
    }
    let deleted = ann
        .send(Method::DELETE, "/phones", &[("sec-fetch-site", "cross-site")], None)
        .await;
    assert_eq!(deleted.status, 403, "whatever the method");
    assert_eq!(p.events("password-change").await, 0);
    let allowed: [&[(&str, &str)]; 4] = [
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "none")],
        &[("origin", &own)],
        &[],
    ];
    for headers in allowed {
        let answer = ann.send(Method::POST, "/account/password/suggest", headers, None).await;
        assert_eq!(answer.status, 200, "{headers:?}");
    }
}

/// Museum row 25: a megabyte, and strings that grow when folded, are bounded work and a clean refusal.
async fn a_megabyte_is_refused_before_it_is_looked_at(p: Portal) {
    let ann = p.signed_in("ann").await;
    let huge = format!("new_password={}", "x".repeat(1 << 20));
    let answer = ann
        .send(Method::POST, "/account/password", &[FORM], Some(huge.into_bytes()))
        .await;
    answer.says(413, "too much at once");
    let huge = format!("username={}&password=x", "x".repeat(1 << 20));
    assert_eq!(
        p.browser()
            .send(Method::POST, "/sign-in", &[FORM], Some(huge.into_bytes()))
            .await
            .status,
        413
    );
    for grows in [
        "ﷺ".repeat(1_000),
        "ŉ".repeat(2_000),
        "\u{fdfa}".repeat(900),
        "e\u{301}".repeat(2_500),
    ] {
        ann.change_password(&grows)
            .await
            .says(422, "Use at most 256 characters.");
        p.browser()
            .sign_in(&grows, &grows)
            .await
            .says(422, "That name and password don't match.");
    }
    let again = p.browser().sign_in(&"x".repeat(5_000), "x").await;
    assert!(
        !again.text.contains(&"x".repeat(321)),
        "an endless name does not come back whole"
    );
}

/// Museum row 25: neither an announced length nor a body that announces none is read past the cap.
async fn a_body_is_not_read_past_the_cap(p: Portal) {
    use std::io::{Read, Write};
    let chunk = format!("10001\r\n{}\r\n0\r\n\r\n", "x".repeat(0x1_0001));
    for (length, body) in [
        ("content-length: 65537", ""),
        ("transfer-encoding: chunked", chunk.as_str()),
    ] {
        let mut wire = std::net::TcpStream::connect(p.http).expect("the portal listens");
        let patience = std::time::Duration::from_secs(10);
        wire.set_read_timeout(Some(patience)).expect("a timeout");
        let head = format!(
            "POST /sign-in HTTP/1.1\r\nhost: localhost\r\ncontent-type: {}\r\n{length}\r\n\r\n",
            FORM.1
        );
        wire.write_all((head + body).as_bytes()).expect("the portal reads");
        let mut answer = [0; 12];
        wire.read_exact(&mut answer)
            .expect("the portal answers without the rest");
        assert_eq!(&answer, b"HTTP/1.1 413", "{length}");
    }
}

async fn a_form_is_read_strictly(p: Portal) {
    let ann = p.signed_in("ann").await;
    let send = async |kind: &str, body: &[u8]| {
        ann.send(
            Method::POST,
            "/account/password",
            &[("content-type", kind)],
            Some(body.to_vec()),
        )
        .await
    };
    let form = FORM.1;
    let repeated = b"new_password=Tidewater-Kestrel-1&new_password=x&confirm_password=Tidewater-Kestrel-1";
    send(form, repeated).await.says(400, "can't be read");
    for (count, status) in [(50, 422), (51, 400)] {
        let many: Vec<_> = (0..count).map(|nth| format!("f{nth}=")).collect();
        assert_eq!(
            send(form, many.join("&").as_bytes()).await.status,
            status,
            "{count} fields"
        );
    }
    for damaged in [
        &b"new_password=%00"[..],
        b"new_password=%ff%fe",
        b"new_password=%zz",
        b"new_password=%4",
        b"a=\xff",
    ] {
        assert_eq!(send(form, damaged).await.status, 400, "{damaged:?}");
    }
    for kind in ["application/json", "text/plain", "multipart/form-data; boundary=x"] {
        send(kind, b"{}").await.says(415, "ordinary web forms");
    }
    let untyped = ann
        .send(Method::POST, "/account/password", &[], Some(b"new_password=x".to_vec()))
        .await;
    assert_eq!(untyped.status, 415);
    assert_eq!(
        send("application/x-www-form-urlencoded; charset=UTF-8", b"new_password=x")
            .await
            .status,
        422
    );
    assert_eq!(ann.get("/sign-in?next=%00").await.status, 400);
    assert_eq!(p.events("password-change").await, 0);
}

async fn every_error_page_says_what_to_do_next(p: Portal) {
    let ann = p.signed_in("ann").await;
    let lost = ann.get("/nothing-here").await;
    lost.says(404, "Reference").says(404, "Go to");
    assert!(
        lost.text.contains(lost.header("x-request-id")),
        "the page names the request's id"
    );
    for (method, path, allow) in [
        (Method::GET, "/sign-out", "POST"),
        (Method::GET, "/account/password/check", "POST"),
        (Method::GET, "/account/sessions/end-others", "POST"),
        (Method::DELETE, "/phones", "GET,HEAD,POST"),
    ] {
        let answer = ann.send(method, path, &[], None).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, allow), "{path}");
    }
    ann.get("/account/password")
        .await
        .leads_to("/account/settings#password");
    ann.get("/account/password/done")
        .await
        .leads_to("/account/settings#password");
    let json = ann
        .send(
            Method::POST,
            "/account/password/check",
            &[("accept", "application/json"), ("content-type", "text/plain")],
            Some(vec![b'x']),
        )
        .await;
    assert_eq!(
        (json.status.as_u16(), json.header("content-type")),
        (415, "application/problem+json")
    );
    for path in ["/%2e%2e/etc/passwd", "/phones/", "/Phones", "//phones", "/phones/%2f"] {
        assert_eq!(ann.get(path).await.status, 404, "{path}");
    }
}

async fn a_problem_keeps_the_frame_of_who_asked_and_offers_to_try_again(p: Portal) {
    let ann = p.signed_in("ann").await;
    ann.get("/phones/nothing").await.says(404, "ann@acme.example");
    ann.get("/nothing-here").await.says(404, "ann@acme.example");
    let person = Person {
        sign_in_name: "ann@acme.example".to_owned(),
        display_name: "ann maria  Archer".to_owned(),
        account_name: "Acme Boats".to_owned(),
        operator: false,
        administrator: false,
        must_change: false,
    };
    assert_eq!(person.initials(), "AA");
    let shown = async |problem: Problem| {
        let about = About {
            reference: "ref",
            sentence: None,
            person: Some(person.clone()),
            opened: Some("/phones".to_owned()),
        };
        let page = error_page(&p.app, problem, about);
        let body = axum::body::to_bytes(page.into_body(), usize::MAX).await;
        String::from_utf8(body.expect("a page").to_vec()).expect("pages are text")
    };
    let all = [
        (Problem::BadForm, true, false),
        (Problem::SignedOut, false, false),
        (Problem::CrossSite, true, false),
        (Problem::Administrators, true, false),
        (Problem::Operators, true, false),
        (Problem::NotYours, true, false),
        (Problem::Overtaken, true, false),
        (Problem::NotFound, true, false),
        (Problem::LinkGone, false, false),
        (Problem::Method, true, false),
        (Problem::Conflict, false, false),
        (Problem::PendingGone, true, false),
        (Problem::Slow, true, false),
        (Problem::TooLarge, true, false),
        (Problem::ContentType, true, false),
        (Problem::Misdirected, true, false),
        (Problem::Wait(90), true, true),
        (Problem::Busy, true, true),
        (Problem::Database, true, true),
        (Problem::Unknown, false, false),
        (Problem::Defect, true, false),
    ];
    for (problem, framed, again) in all {
        let page = shown(problem).await;
        assert!(page.contains("<h1>") && page.contains("Reference ref"), "{problem:?}");
        assert!(
            page.contains("class=\"button first\""),
            "{problem:?} says where to go on"
        );
        assert_eq!(page.contains("ann@acme.example"), framed, "{problem:?}");
        assert_eq!(page.contains("href=\"/phones\">Try again"), again, "{problem:?}");
    }
}

/// So many people, accounts and events that every list has a full page.
async fn crowd(p: &Portal) {
    for n in 0..60 {
        let (id, name) = (
            format!("0198c0de-0000-7000-8000-0000000001{n:02}"),
            format!("somebody{n:02}"),
        );
        let person = query(
            "insert into users (id, account_id, role, name, display_name, display_key, email, email_key, extension,
                                password_hash, password_set_at, credential_epoch, created_at)
             select $1, account_id, role, $2, 'Bartholomew Boatwright ' || $2, $2, $2 || '@acme.example',
                    $2 || '@acme.example', '2000', password_hash, password_set_at, 1, created_at
               from users where name = 'bob'",
        );
        p.alter(person.bind(&*id).bind(&*name)).await;
        let phone = query(
            "insert into phones (id, account_id, user_id, label, sip_domain, sip_name, extension, sip_hashes,
                                 generation, outdated_at, outdated_from, outdated_agent, created_at)
             select $1, account_id, $1, 'Meeting room on the second floor', sip_domain, $2 || '-meeting-room', '2000',
                    sip_hashes, 1, 1, '[2001:db8::1234:5678]:5060', 'Yealink SIP-T46U 108.86.0.20 805ec0ffee00', 1
               from phones where sip_name = 'ann-desk'",
        );
        p.alter(phone.bind(&*id).bind(&*name)).await;
        let account = query(
            "insert into accounts (id, name, name_key, domain, sip_domain, created_at)
             values ($1, 'Somebody and Daughters ' || $2, $2, $2 || '.example', $2 || '.sip.example', 1)",
        );
        p.alter(account.bind(&*id).bind(&*name)).await;
        let event = query(
            "insert into audit_events (id, at, account_id, kind, outcome, actor_id, subject_id, address, detail, mac)
             select u.id, 1, u.account_id, 'password-set', 'done', a.id, u.id, '2001:db8::1234:5678', '{}', $2
               from users u, users a where u.id = $1 and a.name = 'adam'",
        );
        p.alter(event.bind(&*id).bind(&[0_u8; 36][..])).await;
    }
}

async fn no_page_weighs_more_than_fifty_kilobytes(p: Portal) {
    crowd(&p).await;
    let (ann, adam) = (p.signed_in("ann").await, p.signed_in("adam").await);
    let olivia = p.signed_in("olivia").await;
    let phone = ann.get("/phones").await.id_after("/phones/");
    let person = adam.get("/admin/users").await.id_after("href=\"/admin/users/0");
    for path in [
        "/operator/accounts",
        "/operator/help",
        "/help/passwords/change-your-password",
        "/admin/users",
        "/admin/phones",
        &format!("/admin/users/0{person}"),
        "/admin/audit",
        "/account/settings",
        "/account/settings?edit=profile",
        "/account/sessions",
        "/phones",
        &format!("/phones/{phone}"),
        "/confirm?next=/phones",
        "/demo/mail",
        "/nothing-here",
    ] {
        let who = match path {
            path if path.starts_with("/admin") => &adam,
            path if path.starts_with("/operator") => &olivia,
            _ => &ann,
        };
        let page = who.get(path).await.text;
        let weight = who.weight(&page).await;
        assert!(
            weight < 50_000,
            "{path} weighs {weight} bytes with its style and scripts"
        );
    }
}

async fn every_answer_carries_the_headers_that_protect_it(p: Portal) {
    let ann = p.signed_in("ann").await;
    for path in [
        "/sign-in",
        "/account/settings",
        "/nothing-here",
        "/assets/style.css",
        "/phones",
    ] {
        let answer = ann.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert!(!policy.contains("unsafe"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert!(
            !answer.text.contains("<script>") && !answer.text.contains(" style="),
            "{path}: nothing inline"
        );
        if path != "/assets/style.css" {
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        }
    }
    let style = ann.get("/assets/style.css").await;
    let known = [("if-none-match", style.header("etag"))];
    assert_eq!(
        ann.send(Method::GET, "/assets/style.css", &known, None).await.status,
        304
    );
    for name in ["page.js", "show.js", "copy.js", "password.js", "icon.svg"] {
        assert_eq!(ann.get(&format!("/assets/{name}")).await.status, 200, "{name}");
    }
    assert_eq!(ann.get("/assets/nothing.js").await.status, 404);
    assert_eq!(ann.send(Method::HEAD, "/phones", &[], None).await.status, 200);
}

async fn a_demo_answers_to_loopback_names_alone(p: Portal) {
    let browser = p.browser();
    for host in ["localhost", "localhost:8080", "127.0.0.1:1", "[::1]:8080"] {
        assert_eq!(
            browser
                .send(Method::GET, "/sign-in", &[("host", host)], None)
                .await
                .status,
            200,
            "{host}"
        );
    }
    for host in [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "[::1].evil.example:80",
        "",
    ] {
        assert_eq!(
            browser
                .send(Method::GET, "/sign-in", &[("host", host)], None)
                .await
                .status,
            421,
            "{host}"
        );
    }
}

async fn what_people_write_is_escaped_wherever_it_is_shown(p: Portal) {
    let ann = p.signed_in("ann").await;
    let script = "<script>alert(1)</script>\"'";
    let profile = [("display_name", script), ("time_zone", "UTC")];
    ann.post("/account/settings", &profile)
        .await
        .leads_to("/account/settings?saved=profile");
    ann.post("/phones", &[("label", "<b>Desk</b>\" x=")]).await;
    p.browser().sign_in(script, "x").await;
    ann.change_password("Tidewater-Kestrel-1")
        .await
        .leads_to("/account/password/done");
    let mails = p.mails(1).await;
    for path in ["/account/settings", "/phones", "/account/password/done", "/demo/mail"] {
        let page = ann.get(path).await;
        assert!(
            !page.text.contains("<script>alert") && !page.text.contains("<b>Desk"),
            "{path}"
        );
    }
    assert!(mails[0].html.contains("alert") && !mails[0].html.contains("<script>"));
    assert!(!mails[0].subject.contains("script"));
}

/// A page costs what it asks the database; the rest vanishes beside that.
async fn no_page_asks_the_database_more_than_three_times_and_a_persons_five(p: Portal) {
    let (ann, adam) = (p.signed_in("ann").await, p.signed_in("adam").await);
    let olivia = p.signed_in("olivia").await;
    p.signed_in("ann").await;
    let phone = format!("/phones/{}", ann.get("/phones").await.id_after("/phones/"));
    let person = format!(
        "/admin/users/0{}",
        adam.get("/admin/users").await.id_after("href=\"/admin/users/0")
    );
    for (who, page, most) in [
        (&ann, "/account/settings", 3),
        (&ann, "/account/sessions", 3),
        (&ann, "/phones", 3),
        (&ann, &phone, 3),
        (&ann, "/confirm?next=/phones", 3),
        (&adam, "/admin/users", 3),
        (&adam, "/admin/phones", 3),
        (&adam, "/admin/phones?q=desk&state=offline", 3),
        (&adam, "/admin/audit", 3),
        (&adam, &person, 5),
        (&olivia, "/operator/accounts", 3),
        (&olivia, "/operator/help", 3),
    ] {
        let statements = p.statements_of(who, page).await;
        assert!((1..=most).contains(&statements), "{page}: {statements}");
    }
    assert_eq!(p.statements_of(&p.browser(), "/sign-in").await, 0);
}

stories!(
    no_page_asks_the_database_more_than_three_times_and_a_persons_five,
    a_request_from_another_site_changes_nothing,
    a_megabyte_is_refused_before_it_is_looked_at,
    a_body_is_not_read_past_the_cap,
    a_form_is_read_strictly,
    every_error_page_says_what_to_do_next,
    a_problem_keeps_the_frame_of_who_asked_and_offers_to_try_again,
    no_page_weighs_more_than_fifty_kilobytes,
    every_answer_carries_the_headers_that_protect_it,
    a_demo_answers_to_loopback_names_alone,
    what_people_write_is_escaped_wherever_it_is_shown,
);
