//! Stories of names, searches and ids that nobody sends by mistake: they are refused or shown as they are, never obeyed.

use reqwest::Method;

use crate::db::query;
use crate::testing::{Answer, Browser, Portal, stories};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
/// What must reach no page as it is, and no header at all.
const SCRIPT: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

async fn id_of(p: &Portal, name: &str) -> String {
    let (id,): (String,) = query("select id from users where name = $1")
        .bind(name)
        .one(&p.app.db)
        .await
        .expect("one of the demo's people");
    id
}

/// Names as another release, or a hand, may have stored them; those that the form refuses included.
fn names() -> Vec<String> {
    vec![
        SCRIPT.to_owned(),
        format!("\u{202e}{SCRIPT}\u{202c}\u{200f}\u{2066}"),
        format!("Adam\r\nSet-Cookie: linekey=mine\r\nLocation: https://evil.example\r\n\r\n{SCRIPT}"),
        format!("👩‍👩‍👧‍👦 Zoë \u{301}\u{301}\u{301} ｓｃｒｉｐｔ {SCRIPT} 𝔘"),
        "{{ 7 * 7 }} { $name } %s %n \\u0000 &lt;b&gt; <!-- ]]> </title></textarea>".to_owned(),
        format!("{}{SCRIPT}", "x".repeat(500_000)),
    ]
}

/// Nothing of a hostile name is markup on the page, and nothing of it is in a header.
#[track_caller]
fn is_harmless(answer: &Answer, what: &str) {
    assert!(!answer.status.is_server_error(), "{what}: {}", answer.status);
    for markup in [
        "<script>alert",
        "<img src=x",
        "<!-- ]]>",
        "</title></textarea>",
        "onerror=alert(2)>",
    ] {
        assert!(!answer.text.contains(markup), "{what} shows {markup} unescaped");
    }
    for (name, value) in &answer.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        assert!(value.len() < 8_000, "{what}: {name} has {} bytes", value.len());
        for part in ["alert", "evil.example", "onerror", "mine"] {
            assert!(!value.contains(part), "{what}: {name}: {value}");
        }
    }
}

/// Museum row 30: whatever people are called, pages show it and headers do not know it.
async fn hostile_names_are_shown_and_not_obeyed(p: Portal) {
    let (ann, adam, olivia) = (
        p.signed_in("ann").await,
        p.signed_in("adam").await,
        p.signed_in("olivia").await,
    );
    p.alter(query("update users set role = 'administrator' where name = 'bob'"))
        .await;
    let (page, bob) = (
        format!("/admin/users/{}", id_of(&p, "ann").await),
        id_of(&p, "bob").await,
    );
    for name in names() {
        p.alter(query("update users set display_name = $1 where name = 'ann'").bind(name.as_str()))
            .await;
        if name.len() < 1_000 {
            // The names of administrators are in an index, which takes no endless ones.
            let others = query("update users set display_name = $1 where name in ('bob', 'adam')");
            p.alter(others.bind(name.as_str())).await;
        }
        p.alter(query("update accounts set name = $1 where domain = 'acme.example'").bind(name.as_str()))
            .await;
        for path in [
            "/admin/users",
            "/admin/users?q=s",
            page.as_str(),
            "/account/settings",
            "/phones",
        ] {
            let answer = adam.get(path).await;
            is_harmless(&answer, path);
            assert_eq!(answer.status, 200, "{path}");
        }
        for path in [
            "/account/settings",
            "/account/sessions",
            "/confirm",
            "/admin/users",
            "/operator/accounts",
        ] {
            is_harmless(&ann.get(path).await, path);
        }
        is_harmless(&olivia.get("/operator/accounts").await, "/operator/accounts");
        for act in ["sign-out", "disable", "enable", "password"] {
            let done = adam.post(&format!("{page}/{act}"), &[("temporary", "on")]).await;
            is_harmless(&done, act);
            done.leads_to(&page);
            is_harmless(&adam.get(&page).await, act);
            is_harmless(
                &adam.post(&format!("/admin/users/{bob}/{act}"), &[]).await,
                "an equal's page",
            );
        }
        let back = query(
            "update users set password_hash = (select password_hash from users where name = 'gus'),
                                 must_change_at = null where name = 'ann'",
        );
        p.alter(back).await;
        for path in ["/demo/mail", "/demo/mail.json"] {
            let answer = ann.get(path).await;
            assert!(!answer.status.is_server_error(), "{path}");
            if path == "/demo/mail" {
                is_harmless(&answer, path);
            }
        }
        let again = ann.sign_in("ann@acme.example", "Harbour-Light-3").await;
        again.leads_to("/");
    }
}

async fn a_name_that_is_no_name_is_not_taken(p: Portal) {
    let adam = p.signed_in("adam").await;
    for (name, status) in [
        ("x".repeat(101), 422),
        ("x".repeat(60_000), 422),
        ("x".repeat(500_000), 413),
        ("\u{202e}mada".to_owned(), 422),
        ("Adam\r\nAlder".to_owned(), 422),
        ("Adam\u{0}Alder".to_owned(), 400),
        ("\u{a0}\u{3000}".to_owned(), 422),
    ] {
        let fields = [("display_name", name.as_str()), ("time_zone", "Europe/Lisbon")];
        let answer = adam.post("/account/settings", &fields).await;
        assert_eq!(answer.status, status, "{:?}", name.chars().take(20).collect::<String>());
    }
    let kept = query("select count(*) from users where name = 'adam' and display_name = 'Adam Alder'");
    assert_eq!(p.count(kept).await, 1);
    let fields = [("display_name", SCRIPT), ("time_zone", "Europe/Lisbon")];
    adam.post("/account/settings", &fields)
        .await
        .leads_to("/account/settings?saved=profile");
    is_harmless(&adam.get("/account/settings").await, "a name may be a script");
    let fields = [("display_name", "👩‍👩‍👧‍👦"), ("time_zone", "Europe/Lisbon")];
    adam.post("/account/settings", &fields)
        .await
        .leads_to("/account/settings?saved=profile");
    adam.get("/account/settings").await.says(200, "👩‍👩‍👧‍👦");
}

async fn hostile_searches_find_nobody(p: Portal) {
    let (adam, olivia) = (p.signed_in("adam").await, p.signed_in("olivia").await);
    let long = 60 * 1024;
    for typed in [
        "x".repeat(long),
        "%25".repeat(long / 3),
        "_".repeat(long),
        "!".repeat(long),
        "%25_".repeat(long / 4),
        "%C3%9F".repeat(long / 6),
        "%00".to_owned(),
        "%ff".to_owned(),
        "%E2%80%AE".to_owned(),
        "%0d%0aLocation:%20https://evil.example".to_owned(),
        crate::web::form::encode(SCRIPT),
        "zzz&q=y".to_owned(),
        "zzz&after=not-an-id".to_owned(),
        format!("zzz&after={}", "9".repeat(5_000)),
        "'%20or%201=1%20--".to_owned(),
    ] {
        let short: String = typed.chars().take(30).collect();
        for (browser, place) in [(&adam, "/admin/users"), (&olivia, "/operator/accounts")] {
            let answer = browser.get(&format!("{place}?q={typed}")).await;
            is_harmless(&answer, &short);
            let found = answer.text.contains("Ann Archer") || answer.text.contains("Gus Globe");
            assert!(!found, "{place} {short} finds somebody");
        }
    }
}

async fn hostile_ids_are_nobodys(p: Portal) {
    let adam = p.signed_in("adam").await;
    let ann = id_of(&p, "ann").await;
    let before = p.dump_everything().await;
    for id in [
        "x".repeat(5 * 1024),
        "0".repeat(32),
        "%27%20or%201=1".to_owned(),
        "%00".to_owned(),
        "%ff".to_owned(),
        "%E2%80%AE".to_owned(),
        "..%2f..%2fetc".to_owned(),
        format!("{ann}%00"),
        format!("{ann}%20"),
        format!("{ann},{ann}"),
        ann[..35].to_owned(),
        "-1".to_owned(),
        "null".to_owned(),
        crate::web::form::encode(SCRIPT).replace('/', "%2F"),
    ] {
        let short: String = id.chars().take(30).collect();
        for place in [format!("/admin/users/{id}"), format!("/phones/{id}")] {
            let answer = adam.get(&place).await;
            is_harmless(&answer, &short);
            assert!(
                [400, 404].contains(&answer.status.as_u16()),
                "{short}: {}",
                answer.status
            );
        }
        for place in [
            format!("/admin/users/{id}/password"),
            format!("/admin/users/{id}/disable"),
            format!("/admin/users/{id}/sessions/{ann}/end"),
            format!("/admin/users/{ann}/sessions/{id}/end"),
            format!("/account/sessions/{id}/end"),
        ] {
            let answer = adam.post(&place, &[("temporary", "on")]).await;
            is_harmless(&answer, &short);
            assert!(
                [400, 404].contains(&answer.status.as_u16()),
                "{place}: {}",
                answer.status
            );
        }
    }
    assert_eq!(p.dump_everything().await, before);
}

/// What is neither `on` nor missing is not a yes, and what comes twice is no form.
async fn odd_boxes_are_no_yes(p: Portal) {
    let adam = p.signed_in("adam").await;
    let page = format!("/admin/users/{}", id_of(&p, "ann").await);
    let typed = "new_password=Tidewater-Kestrel-1&confirm_password=Tidewater-Kestrel-1";
    let post = async |browser: &Browser, body: String| {
        let place = format!("{page}/password");
        browser
            .send(Method::POST, &place, &[FORM], Some(body.into_bytes()))
            .await
    };
    let epoch = async || {
        p.count(query("select credential_epoch from users where name = 'ann'"))
            .await
    };
    let before = epoch().await;
    for twice in [
        "temporary=on&temporary=on",
        "temporary=on&temporary=off",
        "temporary=&temporary=on",
        "must_change=on&must_change=off",
        "must_change=off&must_change=on",
        "must_change=on&must%5Fchange=off",
    ] {
        assert_eq!(post(&adam, format!("{typed}&{twice}")).await.status, 400, "{twice}");
    }
    for odd in [
        "temporary=ON",
        "temporary=true",
        "temporary=1",
        "temporary",
        "temporary[]=on",
        "temporary=on%20",
    ] {
        // Not a temporary one, and none was typed.
        assert_eq!(post(&adam, odd.to_owned()).await.status, 422, "{odd}");
    }
    assert_eq!(epoch().await, before, "nothing was set");
    let both = format!("{typed}&temporary=on&must_change=off");
    post(&adam, both).await.leads_to(&page);
    adam.get(&page).await.says(200, "It is shown only now");
    p.browser()
        .sign_in("ann@acme.example", "Tidewater-Kestrel-1")
        .await
        .says(422, "That name and password don't match.");
}

/// The last administrator of an account stays one, however the own id is spelled.
async fn no_spelling_of_the_own_id_is_somebody_else(p: Portal) {
    let adam = p.signed_in("adam").await;
    let id = id_of(&p, "adam").await;
    let simple = id.replace('-', "");
    for spelled in [
        id.clone(),
        id.to_uppercase(),
        simple.clone(),
        simple.to_uppercase(),
        format!("{{{id}}}"),
        format!("%7B{}%7D", id.to_uppercase()),
        format!("urn:uuid:{id}"),
        format!("urn%3Auuid%3A{id}"),
        id.bytes().map(|byte| format!("%{byte:02x}")).collect(),
    ] {
        for act in ["disable", "enable", "password", "sign-out"] {
            let answer = adam
                .post(&format!("/admin/users/{spelled}/{act}"), &[("temporary", "on")])
                .await;
            answer.says(403, "That is you.");
        }
    }
    for none in [
        format!("%20{id}"),
        format!("{id}%20"),
        format!("{id}/"),
        format!("({id})"),
    ] {
        let answer = adam.post(&format!("/admin/users/{none}/disable"), &[]).await;
        assert_eq!(answer.status, 404, "{none}");
    }
    assert!(adam.is_signed_in().await);
    assert_eq!(
        p.count(query("select count(*) from users where disabled_at is not null"))
            .await,
        0
    );
}

stories!(
    hostile_names_are_shown_and_not_obeyed,
    a_name_that_is_no_name_is_not_taken,
    hostile_searches_find_nobody,
    hostile_ids_are_nobodys,
    odd_boxes_are_no_yes,
    no_spelling_of_the_own_id_is_somebody_else,
);
