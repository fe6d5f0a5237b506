//! Stories of phones that are set up by a link: what it gives, how often, and when that ends.

use reqwest::Method;

use super::Kind;
use crate::clock::{HOUR, MINUTE, SECOND};
use crate::config::SipMode;
use crate::db::query;
use crate::testing::{Answer, Browser, Portal, TestPhone, stories};

const OLD: &str = "Demo-ann-desk-2026";

async fn desk_id(p: &Portal) -> String {
    let desk = query("select id from phones where sip_name = 'ann-desk'");
    let (id,): (String,) = desk.one(&p.app.db).await.expect("Ann's desk phone");
    id
}

async fn set_up(p: &Portal, browser: &Browser, kind: &str, hours: &str) -> Answer {
    let id = desk_id(p).await;
    let fields = [("kind", kind), ("overlap_hours", hours)];
    browser.post(&format!("/phones/{id}/set-up"), &fields).await
}

/// The folder of a new link for the desk phone, `/provision/TOKEN`, as the page shows it once.
async fn link(p: &Portal, browser: &Browser, kind: Kind, hours: &str) -> String {
    let made = set_up(p, browser, kind.as_str(), hours).await;
    let page = format!("/phones/{}/set-up", desk_id(p).await);
    made.leads_to(&page);
    let shown = browser.get(&page).await;
    let folder = folder(&shown);
    assert!(!browser.get(&page).await.text.contains(&folder), "shown once");
    folder
}

fn folder(shown: &Answer) -> String {
    shown.says(200, "Whoever has the link has the SIP password.");
    let (_, rest) = shown.text.split_once("id=\"set_up_link\">").expect("the link");
    let (_, rest) = rest.split_once("/provision/").expect("an address of files");
    let token = rest.split(['<', '/']).next().unwrap_or_default();
    assert_eq!(token.len(), 43, "256 bits");
    format!("/provision/{token}")
}

/// A file of the link, for somebody without a session.
async fn file(p: &Portal, folder: &str, name: &str) -> Answer {
    let path = format!("{folder}/{name}");
    p.browser().get(&path).await
}

/// One that each kind of phone asks for, and what stands around the SIP password in it.
const FILES: [(Kind, &str, &str, &str); 5] = [
    (
        Kind::Softphone,
        "linphone.xml",
        "name=\"passwd\" overwrite=\"true\">",
        "<",
    ),
    (Kind::Yealink, "001565aabbcc.cfg", "account.1.password = ", "\n"),
    (Kind::Polycom, "linekey.cfg", "reg.1.auth.password=\"", "\""),
    (Kind::Grandstream, "cfg000b82aabbcc.xml", "<P34>", "<"),
    (Kind::Snom, "settings.xml", "<user_pass idx=\"1\" perm=\"RW\">", "<"),
];

/// The SIP password in the file of a kind.
fn sip_password(kind: Kind, text: &str) -> String {
    let (.., before, after) = FILES.into_iter().find(|file| file.0 == kind).expect("every kind");
    let (_, rest) = text
        .split_once(before)
        .unwrap_or_else(|| panic!("a SIP password in {text}"));
    rest.split(after).next().unwrap_or_default().to_owned()
}

async fn waiting(p: &Portal) -> i64 {
    p.count(query("select count(*) from phone_files")).await
}

async fn desk(p: &Portal, sip_password: &str) -> TestPhone {
    TestPhone::with_password(p, "ann-desk", "acme.example", sip_password).await
}

async fn a_phone_of_each_kind_registers_with_what_its_link_gives(p: Portal) {
    let ann = p.signed_in("ann").await;
    for (kind, name, ..) in FILES {
        let folder = link(&p, &ann, kind, "24").await;
        let fetched = file(&p, &folder, name).await;
        assert_eq!(fetched.status, 200, "{kind:?}: {}", fetched.text);
        let new = sip_password(kind, &fetched.text);
        assert_eq!(new.len(), 26, "{kind:?}");
        assert!(desk(&p, &new).await.is_registered().await, "{kind:?}");
        p.until(async || waiting(&p).await == 0).await;
        file(&p, &folder, name).await.says(404, "Nothing is here");
    }
}

async fn a_link_gives_the_same_each_time_until_the_phone_registers_with_it(p: Portal) {
    let ann = p.signed_in("ann").await;
    let mut old = desk(&p, OLD).await;
    assert!(old.is_registered().await);
    let folder = link(&p, &ann, Kind::Yealink, "24").await;
    let page = format!("/phones/{}", desk_id(&p).await);
    ann.get(&page).await.says(200, "Nobody has opened it yet.");
    // The head alone gives nothing away, and is no fetch.
    let path = format!("{folder}/y000000000000.cfg");
    let head = p.browser().send(Method::HEAD, &path, &[], None).await;
    assert_eq!((head.status.as_u16(), p.events("phone-set-up-fetched").await), (200, 0));
    let agent = [("user-agent", "Yealink SIP-T46U 108.86.0.20 00:15:65:aa:bb:cc")];
    let first = p.browser().send(Method::GET, &path, &agent, None).await;
    assert_eq!(first.header("cache-control"), "no-store");
    assert_eq!(first.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(first.header("content-length"), head.header("content-length"));
    assert_eq!(p.events("phone-set-up-fetched").await, 1);
    let told = query("select detail, address from audit_events where kind = 'phone-set-up-fetched'");
    let (detail, address): (String, String) = told.one(&p.app.db).await.expect("the event");
    assert!(detail.contains("\"agent\":\"Yealink\""), "{detail}");
    assert_eq!(address, "127.0.0.1");
    ann.get(&page).await.says(200, "It was first opened");
    // What the phone is called, and whose it is, may change meanwhile: the file does not.
    p.alter(query("update users set display_name = 'Ann Anchor' where name = 'ann'"))
        .await;
    p.alter(query(
        "update phones set label = 'Reception' where sip_name = 'ann-desk'",
    ))
    .await;
    let before = p.dump_everything().await;
    for name in ["y000000000000.cfg", "001565aabbcc.cfg", "y000000000000.cfg"] {
        let again = file(&p, &folder, name).await;
        assert_eq!((again.status.as_u16(), &again.text), (200, &first.text), "{name}");
    }
    // A phone that tries others first, and a chat program that wants a picture.
    for name in ["y000000000000.boot", "linphone.xml", "cfg.xml", "favicon.ico", "%2e%2e"] {
        file(&p, &folder, name).await.says(404, "Nothing is here");
    }
    assert_eq!(p.dump_everything().await, before, "looking changes nothing");
    // Registering with the SIP password before is no use of the link.
    assert!(old.is_registered().await);
    assert_eq!(file(&p, &folder, "001565aabbcc.cfg").await.status, 200);
    let mut new = desk(&p, &sip_password(Kind::Yealink, &first.text)).await;
    assert!(new.is_registered().await);
    assert_eq!(waiting(&p).await, 0);
    file(&p, &folder, "001565aabbcc.cfg").await.says(404, "Nothing is here");
    assert_eq!(old.register().await.status, 401, "the overlap is over");
    assert!(new.is_registered().await);
    assert_eq!(p.events("phone-set-up").await, 1);
    assert_eq!(p.events("phone-rotate").await, 0);
}

async fn a_link_ends_after_a_day_whoever_has_it(p: Portal) {
    let ann = p.signed_in("ann").await;
    let folder = link(&p, &ann, Kind::Snom, "0").await;
    p.wait(24 * HOUR - SECOND);
    assert_eq!(file(&p, &folder, "settings.xml").await.status, 200);
    p.wait(SECOND);
    file(&p, &folder, "settings.xml").await.says(404, "Nothing is here");
    assert_eq!(waiting(&p).await, 1);
    crate::jobs::sweep(&p.app).await.expect("a database");
    assert_eq!(waiting(&p).await, 0);
}

async fn whatever_makes_a_link_useless_ends_it(p: Portal) {
    let (ann, adam) = (p.signed_in("ann").await, p.signed_in("adam").await);
    let id = desk_id(&p).await;
    let (user,): (String,) = query("select id from users where name = 'ann'")
        .one(&p.app.db)
        .await
        .expect("Ann");
    let is_over = async |folder: &str, why: &str| {
        let gone = file(&p, folder, "cfg.xml").await;
        assert_eq!((gone.status.as_u16(), waiting(&p).await), (404, 0), "{why}");
    };
    let first = link(&p, &ann, Kind::Grandstream, "24").await;
    let second = link(&p, &ann, Kind::Grandstream, "24").await;
    assert_eq!(file(&p, &first, "cfg.xml").await.status, 404, "there is a newer one");
    assert_eq!(file(&p, &second, "cfg.xml").await.status, 200);
    ann.post(&format!("/phones/{id}/rotate"), &[("overlap_hours", "24")])
        .await;
    is_over(&second, "rotated").await;

    let folder = link(&p, &ann, Kind::Grandstream, "24").await;
    ann.post(&format!("/phones/{id}/disconnect"), &[]).await;
    assert_eq!(file(&p, &folder, "cfg.xml").await.status, 200, "it may register again");
    ann.post(&format!("/phones/{id}/disconnect"), &[("block", "on")]).await;
    is_over(&folder, "blocked").await;
    set_up(&p, &ann, "yealink", "24")
        .await
        .says(422, "The phone is blocked.");
    ann.post(&format!("/phones/{id}/allow"), &[]).await;
    is_over(&folder, "allowed again").await;

    let folder = link(&p, &ann, Kind::Grandstream, "24").await;
    let page = format!("/admin/users/{user}");
    adam.post(&format!("{page}/disable"), &[]).await.leads_to(&page);
    is_over(&folder, "disabled").await;
    adam.post(&format!("{page}/enable"), &[]).await.leads_to(&page);
    is_over(&folder, "enabled again").await;

    let ann = p.signed_in("ann").await;
    let folder = link(&p, &ann, Kind::Grandstream, "24").await;
    p.alter(query(
        "update accounts set suspended_at = 1 where domain = 'acme.example'",
    ))
    .await;
    assert_eq!(file(&p, &folder, "cfg.xml").await.status, 404, "suspended");
    p.alter(query("update accounts set suspended_at = null")).await;
    ann.post(&format!("/phones/{id}/remove"), &[]).await.leads_to("/phones");
    is_over(&folder, "removed").await;
}

/// Of what the database holds nothing opens a link, and neither the SIP password nor the token is in it in any spelling.
async fn neither_link_nor_sip_password_is_in_the_database(p: Portal) {
    let ann = p.signed_in("ann").await;
    let folder = link(&p, &ann, Kind::Softphone, "24").await;
    let fetched = file(&p, &folder, "linphone.xml").await;
    let token = folder.rsplit('/').next().unwrap_or_default();
    let dump = p.dump_everything().await.to_lowercase();
    assert!(dump.contains("phone_files: "), "{dump}");
    for secret in [token, &sip_password(Kind::Softphone, &fetched.text)] {
        let hex = data_encoding::HEXLOWER.encode(secret.as_bytes());
        assert!(!dump.contains(&secret.to_lowercase()) && !dump.contains(&hex));
    }
    // The hash that is stored is no token either.
    let stored = query("select token_hash from phone_files");
    let (hash,): (Vec<u8>,) = stored.one(&p.app.db).await.expect("a link");
    for token in [
        data_encoding::HEXLOWER.encode(&hash),
        data_encoding::BASE64URL_NOPAD.encode(&hash),
    ] {
        let path = format!("/provision/{token}");
        assert_eq!(file(&p, &path, "linphone.xml").await.status, 404);
    }
}

async fn links_that_lead_nowhere_are_few_an_hour_and_a_right_one_works_all_the_same(p: Portal) {
    let ann = p.signed_in("ann").await;
    let folder = link(&p, &ann, Kind::Yealink, "24").await;
    let stranger = p.browser();
    for _ in 0..300 {
        let none = stranger.get("/provision/nothing/y000000000000.cfg").await;
        assert_eq!(none.status, 404);
    }
    let none = stranger.get("/provision/nothing/y000000000000.cfg").await;
    assert_eq!(none.status, 429);
    assert!(!none.header("retry-after").is_empty());
    assert_eq!(file(&p, &folder, "y000000000000.cfg").await.status, 200);
    p.wait(HOUR + MINUTE);
    assert_eq!(stranger.get("/provision/nothing/y000000000000.cfg").await.status, 404);
}

async fn a_form_that_asks_for_nothing_changes_nothing(p: Portal) {
    let (ann, gina) = (p.signed_in("ann").await, p.signed_in("gina").await);
    let before = p.phone_bytes().await;
    set_up(&p, &ann, "teapot", "24")
        .await
        .says(422, "Choose the kind of phone.");
    set_up(&p, &ann, "snom", "169")
        .await
        .says(422, "Choose 0 to 168 hours.");
    set_up(&p, &ann, "snom", "").await.says(422, "Choose 0 to 168 hours.");
    set_up(&p, &gina, "snom", "24").await.says(404, "Nothing is here");
    let page = format!("/phones/{}/set-up", desk_id(&p).await);
    gina.get(&page).await.says(404, "Nothing is here");
    assert_eq!((p.phone_bytes().await, waiting(&p).await), (before, 0));
    ann.get(&page)
        .await
        .says(200, "so the SIP password it was given before stops working at once");
    assert!(desk(&p, OLD).await.is_registered().await);
    ann.get(&page).await.says(200, "works for 24 hours more");
    // Where no registrar runs there is nothing that a file could name.
    let p = p.restart_with(|config| config.sip.mode = SipMode::Off).await;
    let ann = p.signed_in("ann").await;
    set_up(&p, &ann, "snom", "24")
        .await
        .says(422, "No phone can be set up here");
    let id = desk_id(&p).await;
    let shown = ann.get(&format!("/phones/{id}")).await;
    assert!(!shown.text.contains("Set up by QR code or file"));
}

async fn an_administrator_sets_up_the_phones_of_their_people(p: Portal) {
    let adam = p.signed_in("adam").await;
    let (phone, user): (String, String) = query("select id, user_id from phones where sip_name = 'ann-desk'")
        .one(&p.app.db)
        .await
        .expect("Ann's desk phone");
    let page = format!("/admin/users/{user}/phones/{phone}/set-up");
    let of_phone = format!("/admin/users/{user}/phones/{phone}");
    adam.get(&of_phone).await.says(200, &page);
    let fields = [("kind", "polycom"), ("overlap_hours", "0")];
    adam.post(&page, &fields).await.leads_to(&page);
    let folder = folder(&adam.get(&page).await);
    let fetched = file(&p, &folder, "linekey.cfg").await;
    let new = sip_password(Kind::Polycom, &fetched.text);
    assert!(desk(&p, &new).await.is_registered().await);
    adam.get("/admin/audit")
        .await
        .says(200, "Adam Alder made a set-up link for a phone of Ann Archer");
    // A while later he says who he is first.
    p.wait(6 * MINUTE);
    adam.get(&page).await.says(200, "Your own password");
    adam.post(&page, &fields).await.says(422, "Enter your own password");
    let proven = [fields[0], fields[1], ("your_password", "Harbour-Light-1")];
    adam.post(&page, &proven).await.leads_to(&page);
    assert_eq!(p.events("phone-set-up").await, 2);
    let gus = p.signed_in("gus").await;
    gus.get(&page).await.says(404, "Nothing is here");
    gus.post(&page, &fields).await.says(404, "Nothing is here");
    p.signed_in("ann").await.post(&page, &fields).await.says(403, "");
    assert_eq!(p.events("phone-set-up").await, 2);
}

stories!(
    a_phone_of_each_kind_registers_with_what_its_link_gives,
    a_link_gives_the_same_each_time_until_the_phone_registers_with_it,
    a_link_ends_after_a_day_whoever_has_it,
    whatever_makes_a_link_useless_ends_it,
    neither_link_nor_sip_password_is_in_the_database,
    links_that_lead_nowhere_are_few_an_hour_and_a_right_one_works_all_the_same,
    a_form_that_asks_for_nothing_changes_nothing,
    an_administrator_sets_up_the_phones_of_their_people,
);
