//! Stories of a FreeSWITCH that asks who a phone is, in the words of mod_xml_curl.

use data_encoding::{BASE64, HEXLOWER};
use linekey_sip::digest::{Algorithm, Asked, Ha1, response};
use md5::{Digest, Md5};
use reqwest::Method;
use roxmltree::Document;

use super::access::Access;
use super::document::NOT_FOUND;
use crate::clock::HOUR;
use crate::config::Freeswitch;
use crate::db::query;
use crate::ids::PhoneId;
use crate::new_file::write_new;
use crate::phones::act::By;
use crate::phones::rotate::{Rotated, rotate};
use crate::testing::{Answer, Browser, Folder, Portal, stories};

const OLD: &str = "Demo-ann-desk-2026";
const PASSWORD: &str = "b7c1b0a2f0f94d3b9f3f6a6f";
const DOMAIN: &str = "acme.example";

/// The portal with a FreeSWITCH that may ask.
async fn with_freeswitch(p: Portal) -> Portal {
    let file = p.app.config.keys.file.with_file_name("freeswitch.password");
    write_new(&file, format!("{PASSWORD}\n").as_bytes()).expect("a new file");
    p.restart_with(|config| {
        config.freeswitch.user = "freeswitch".to_owned();
        config.freeswitch.password_file = file;
    })
    .await
}

fn basic(user_and_password: &str) -> String {
    format!("Basic {}", BASE64.encode(user_and_password.as_bytes()))
}

fn right() -> String {
    basic(&format!("freeswitch:{PASSWORD}"))
}

/// What a phone sends to prove that it knows `password`; FreeSWITCH hands it on. Without `qop` as RFC 2069 has it.
struct Proof<'a> {
    user: &'a str,
    realm: &'a str,
    password: &'a str,
    has_qop: bool,
}

const NONCE: &str = "7b9c7d2e-cd1d-11f0-8a4e-0242ac110002";
const URI: &str = "sip:acme.example";

fn ann_knows(password: &str) -> Proof<'_> {
    Proof {
        user: "ann-desk",
        realm: DOMAIN,
        password,
        has_qop: true,
    }
}

fn md5(text: &str) -> String {
    HEXLOWER.encode(&Md5::digest(text.as_bytes()))
}

impl Proof<'_> {
    fn response(&self) -> String {
        let ha1 = Ha1::of(Algorithm::Md5, self.user, self.realm, self.password);
        let asked = Asked {
            method: "REGISTER",
            uri: URI,
            nonce: NONCE,
            nc: "00000001",
            cnonce: "0a4f113b",
        };
        match self.has_qop {
            true => response(Algorithm::Md5, &ha1, &asked),
            false => md5(&format!(
                "{}:{NONCE}:{}",
                ha1.reveal_hex(),
                md5(&format!("REGISTER:{URI}"))
            )),
        }
    }

    /// Whether FreeSWITCH lets the phone in, reckoning as sofia_reg.c does with the `a1-hash` that it was told.
    fn is_let_in_with(&self, a1_hash: &str) -> bool {
        let ha2 = md5(&format!("REGISTER:{URI}"));
        let right = match self.has_qop {
            true => md5(&format!("{a1_hash}:{NONCE}:00000001:0a4f113b:auth:{ha2}")),
            false => md5(&format!("{a1_hash}:{NONCE}:{ha2}")),
        };
        right == self.response()
    }

    /// The fields, in the order in which FreeSWITCH writes them: first what every question has, then the event.
    fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields: Vec<(&str, String)> = [
            ("hostname", "pbx1"),
            ("section", "directory"),
            ("tag_name", "domain"),
            ("key_name", "name"),
            ("key_value", self.realm),
            ("Event-Name", "REQUEST_PARAMS"),
            ("Event-Calling-Function", "sofia_reg_parse_auth"),
            ("action", "sip_auth"),
            ("sip_profile", "internal"),
            ("sip_user_agent", "Yealink SIP-T46S 66.86.0.15"),
            ("sip_auth_username", self.user),
            ("sip_auth_realm", self.realm),
            ("sip_auth_nonce", NONCE),
            ("sip_auth_uri", URI),
            ("sip_contact_user", self.user),
            ("sip_to_user", self.user),
            ("sip_to_host", self.realm),
            ("sip_via_protocol", "udp"),
            ("sip_call_id", "1-2@192.0.2.7"),
        ]
        .map(|(name, value)| (name, value.to_owned()))
        .into();
        if self.has_qop {
            fields.extend([
                ("sip_auth_qop", "auth".to_owned()),
                ("sip_auth_cnonce", "0a4f113b".to_owned()),
                ("sip_auth_nc", "00000001".to_owned()),
            ]);
        }
        fields.extend([
            ("sip_auth_response", self.response()),
            ("sip_auth_method", "REGISTER".to_owned()),
            ("client_port", "5060".to_owned()),
            ("key", "id".to_owned()),
            ("user", self.user.to_owned()),
            ("domain", self.realm.to_owned()),
            ("ip", "192.0.2.7".to_owned()),
        ]);
        fields
    }
}

/// Sends fields as they are, those that come twice too.
async fn ask(p: &Portal, fields: &[(&str, String)]) -> Answer {
    ask_as(&p.browser(), &right(), fields).await
}

async fn ask_as(browser: &Browser, authorization: &str, fields: &[(&str, String)]) -> Answer {
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("user-agent", "freeswitch-xml/1.0"),
        ("authorization", authorization),
    ];
    let body = encoded(fields).into_bytes();
    browser
        .send(Method::POST, "/freeswitch/directory", &headers, Some(body))
        .await
}

fn encoded(fields: &[(&str, String)]) -> String {
    let pairs = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", crate::web::form::encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// The fields with another value in the place of one.
fn with(fields: &[(&'static str, String)], name: &'static str, value: &str) -> Vec<(&'static str, String)> {
    let others = fields.iter().filter(|(known, _)| *known != name).cloned();
    others.chain([(name, value.to_owned())]).collect()
}

/// The value of a user's parameter or variable.
#[track_caller]
fn value(answer: &Answer, element: &str, name: &str) -> Option<String> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let document = Document::parse(&answer.text).expect("XML");
    let user = document.descendants().find(|node| node.has_tag_name("user"))?;
    let mut found = user
        .descendants()
        .filter(|node| node.has_tag_name(element) && node.attribute("name") == Some(name));
    found.next()?.attribute("value").map(str::to_owned)
}

#[track_caller]
fn a1_hash(answer: &Answer) -> String {
    value(answer, "param", "a1-hash").expect("an HA1")
}

#[track_caller]
fn is_nobody(answer: &Answer, why: &str) {
    assert_eq!(
        (answer.status.as_u16(), answer.text.as_str()),
        (200, NOT_FOUND),
        "{why}"
    );
}

/// A new SIP password for Ann's desk phone.
async fn renew(p: &Portal, hours: i64) -> String {
    let ann = p.who(&p.signed_in("ann").await).await;
    let (id,): (PhoneId,) = query("select id from phones where sip_name = 'ann-desk'")
        .one(&p.app.db)
        .await
        .expect("Ann's desk phone");
    match rotate(&p.app, By::Owner(&ann), &id, hours).await.expect("a database") {
        Rotated::Done(new) => new.sip_password.to_string(),
        other => panic!("{other:?}"),
    }
}

async fn freeswitch_lets_in_who_knows_the_sip_password(p: Portal) {
    let p = with_freeswitch(p).await;
    p.alter(query("update phones set extension = '201' where sip_name = 'ann-desk'"))
        .await;
    let fields = ann_knows(OLD).fields();
    let answer = ask(&p, &fields).await;
    assert_eq!(answer.header("content-type"), "text/xml; charset=utf-8");
    assert!(ann_knows(OLD).is_let_in_with(&a1_hash(&answer)));
    assert!(!ann_knows("Demo-ann-desk-2025").is_let_in_with(&a1_hash(&answer)));
    let document = Document::parse(&answer.text).expect("XML");
    let named = |tag: &str, attribute: &str| {
        let mut found = document.descendants().filter(|node| node.has_tag_name(tag));
        (
            found
                .next()
                .and_then(|node| node.attribute(attribute))
                .map(str::to_owned),
            found.count(),
        )
    };
    assert_eq!(named("document", "type"), (Some("freeswitch/xml".to_owned()), 0));
    assert_eq!(named("section", "name"), (Some("directory".to_owned()), 0));
    assert_eq!(named("domain", "name"), (Some(DOMAIN.to_owned()), 0));
    assert_eq!(named("user", "id"), (Some("ann-desk".to_owned()), 0));
    for (element, name, is) in [
        ("param", "max-registrations-per-extension", "10"),
        ("variable", "user_context", DOMAIN),
        ("variable", "effective_caller_id_name", "Ann Archer"),
        ("variable", "effective_caller_id_number", "201"),
    ] {
        assert_eq!(value(&answer, element, name).as_deref(), Some(is), "{name}");
    }
    // A phone without qop, and one that writes its name with the domain.
    for proof in [
        Proof {
            has_qop: false,
            ..ann_knows(OLD)
        },
        Proof {
            user: "ann-desk@acme.example",
            ..ann_knows(OLD)
        },
    ] {
        let answer = ask(&p, &proof.fields()).await;
        assert!(proof.is_let_in_with(&a1_hash(&answer)), "{}", proof.user);
        assert!(answer.text.contains(&format!("<user id=\"{}\">", proof.user)));
    }
    // It asks again with what it asked before, and appends.
    let twice: Vec<_> = ann_knows("wrong").fields().into_iter().chain(fields.clone()).collect();
    assert!(ann_knows(OLD).is_let_in_with(&a1_hash(&ask(&p, &twice).await)));
    // One look-up is one question to the database.
    let mut least = u64::MAX;
    for _ in 0..5 {
        let before = crate::db::counted::asked(&p.app.db);
        ask(&p, &fields).await;
        least = least.min(crate::db::counted::asked(&p.app.db) - before);
    }
    assert_eq!(least, 1);
}

async fn a_call_rings_the_phones_of_a_name_or_an_extension(p: Portal) {
    let p = with_freeswitch(p).await;
    p.alter(query(
        "update phones set extension = '201' where sip_domain = 'acme.example'",
    ))
    .await;
    p.alter(query(
        "update phones set blocked_at = 1 where sip_name = 'ann-warehouse'",
    ))
    .await;
    let fields = with(&ann_knows(OLD).fields(), "action", "user_call");
    let ring = async |called: &str| ask(&p, &with(&fields, "user", called)).await;
    let contact = |name: &str| format!("${{sofia_contact(*/{name}@{DOMAIN})}}");
    let invite = "{^^:sip_invite_domain=${dialed_domain}:presence_id=${dialed_user}@${dialed_domain}}";
    for (called, rung) in [
        ("ann-desk", vec!["ann-desk"]),
        ("201", vec!["ann-desk", "ann-softphone"]),
    ] {
        let answer = ring(called).await;
        let contacts: Vec<_> = rung.into_iter().map(contact).collect();
        let dial = format!("{invite}{}", contacts.join(","));
        assert_eq!(value(&answer, "param", "dial-string"), Some(dial), "{called}");
        assert_eq!(value(&answer, "param", "a1-hash"), None, "nothing to register with");
        assert!(answer.text.contains(&format!("<user id=\"{called}\">")));
    }
    for nobody in ["ann-warehouse", "202", "", "20"] {
        is_nobody(&ring(nobody).await, nobody);
    }
    // An extension is no name to register with, and rings in its own domain alone.
    is_nobody(&ask(&p, &with(&ann_knows(OLD).fields(), "user", "201")).await, "201");
    is_nobody(
        &ask(&p, &with(&with(&fields, "user", "201"), "domain", "globex.example")).await,
        "201",
    );
}

async fn nobody_else_is_found_and_no_reason_is_told(p: Portal) {
    let p = with_freeswitch(p).await;
    let fields = ann_knows(OLD).fields();
    let before = p.dump_everything().await;
    for (name, other) in [
        ("section", "dialplan"),
        ("section", "configuration"),
        ("section", ""),
        ("action", "group_call"),
        ("action", "reverse-auth-lookup"),
        ("action", ""),
        ("user", "nobody"),
        ("user", ""),
        ("user", "ann-desk@globex.example"),
        ("user", "gina-desk"),
        ("user", "ANN-DESK"),
        ("domain", "globex.example"),
        ("domain", ""),
        ("sip_auth_realm", "globex.example"),
        ("sip_auth_realm", "ACME.example"),
    ] {
        is_nobody(&ask(&p, &with(&fields, name, other)).await, &format!("{name}={other}"));
    }
    let scan = [
        ("section", "directory"),
        ("tag_name", "domain"),
        ("key_name", "name"),
        ("key_value", DOMAIN),
        ("Event-Calling-Function", "switch_xml_locate_domain"),
        ("purpose", "gateways"),
    ];
    is_nobody(
        &ask(&p, &scan.map(|(name, value)| (name, value.to_owned()))).await,
        "a scan",
    );
    is_nobody(&ask(&p, &[]).await, "nothing at all");
    let odd = [
        ("section", "directory"),
        ("action", "sip_auth"),
        ("user", "%"),
        ("domain", "\u{fffd}"),
    ];
    is_nobody(
        &ask(&p, &odd.map(|(name, value)| (name, value.to_owned()))).await,
        "odd names",
    );
    assert_eq!(p.dump_everything().await, before);
    for (change, back) in [
        (
            "update phones set blocked_at = 1 where sip_name = 'ann-desk'",
            "update phones set blocked_at = null",
        ),
        (
            "update users set disabled_at = 1 where name = 'ann'",
            "update users set disabled_at = null",
        ),
        (
            "update accounts set suspended_at = 1 where domain = 'acme.example'",
            "update accounts set suspended_at = null",
        ),
    ] {
        p.alter(query(change)).await;
        is_nobody(&ask(&p, &fields).await, change);
        p.alter(query(back)).await;
        assert!(
            ann_knows(OLD).is_let_in_with(&a1_hash(&ask(&p, &fields).await)),
            "{back}"
        );
    }
}

async fn in_an_overlap_both_sip_passwords_are_let_in_until_the_new_one_is_used(p: Portal) {
    let p = with_freeswitch(p).await;
    let new = renew(&p, 24).await;
    let (old_one, new_one) = (ann_knows(OLD), ann_knows(&new));
    let without_qop = Proof {
        has_qop: false,
        ..ann_knows(OLD)
    };
    let before = p.dump_everything().await;
    assert!(old_one.is_let_in_with(&a1_hash(&ask(&p, &old_one.fields()).await)));
    assert!(without_qop.is_let_in_with(&a1_hash(&ask(&p, &without_qop.fields()).await)));
    let wrong = a1_hash(&ask(&p, &ann_knows("wrong").fields()).await);
    assert!(
        new_one.is_let_in_with(&wrong),
        "a wrong one is compared with the newest"
    );
    // A question by GET changes nothing, whatever it proves.
    let path = format!("/freeswitch/directory?{}", encoded(&new_one.fields()));
    let asked = p.browser();
    let by_get = asked
        .send(Method::GET, &path, &[("authorization", &right())], None)
        .await;
    assert!(new_one.is_let_in_with(&a1_hash(&by_get)));
    assert_eq!(p.dump_everything().await, before);

    assert!(new_one.is_let_in_with(&a1_hash(&ask(&p, &new_one.fields()).await)));
    let after = p.dump_everything().await;
    assert_ne!(after, before, "the overlap is over");
    let told = a1_hash(&ask(&p, &old_one.fields()).await);
    assert!(!old_one.is_let_in_with(&told) && new_one.is_let_in_with(&told));
    assert!(new_one.is_let_in_with(&a1_hash(&ask(&p, &new_one.fields()).await)));
    assert_eq!(p.dump_everything().await, after, "what is no news is not written");
    // What the embedded registrar lets in is the same.
    let mut desk = crate::testing::TestPhone::with_password(&p, "ann-desk", DOMAIN, OLD).await;
    assert_eq!(desk.register().await.status, 401);

    // One that nobody uses ends by itself.
    let newer = renew(&p, 1).await;
    assert!(new_one.is_let_in_with(&a1_hash(&ask(&p, &new_one.fields()).await)));
    p.wait(HOUR + 1);
    assert!(!new_one.is_let_in_with(&a1_hash(&ask(&p, &new_one.fields()).await)));
    assert!(ann_knows(&newer).is_let_in_with(&a1_hash(&ask(&p, &ann_knows(&newer).fields()).await)));
}

async fn whoever_cannot_prove_to_be_freeswitch_learns_nothing(p: Portal) {
    let fields = ann_knows(OLD).fields();
    assert_eq!(ask(&p, &fields).await.status, 404, "there is none in the settings");
    let p = with_freeswitch(p).await;
    let (ann, anyone) = (p.signed_in("ann").await, p.browser());
    for browser in [&ann, &anyone] {
        let answer = ask_as(browser, "", &fields).await;
        assert_eq!(answer.status, 401);
        assert!(answer.header("www-authenticate").starts_with("Basic realm="));
        let by_get = browser.get("/freeswitch/directory?section=directory").await;
        assert_eq!(by_get.status, 401);
    }
    let wrong = [
        basic("freeswitch:wrong"),
        basic(&format!("freeswitch2:{PASSWORD}")),
        basic(&format!("freeswitch:{PASSWORD} ")),
        basic(PASSWORD),
        right().replace("Basic", "Bearer"),
    ];
    for authorization in &wrong {
        let answer = ask_as(&anyone, authorization, &fields).await;
        assert_eq!(answer.status, 401, "{authorization}");
        assert!(!answer.text.contains("a1-hash"));
    }
    assert_eq!(p.events("sip-server-refused").await, 1, "told once");
    assert_eq!(ask_as(&anyone, &wrong[0], &fields).await.status, 401);
    let waits = ask_as(&anyone, &wrong[0], &fields).await;
    assert_eq!(waits.status, 429);
    assert!(!waits.header("retry-after").is_empty());
    assert_eq!(p.events("sip-server-refused").await, 2, "and once that it waits");
    // From the same address, at the same moment.
    assert!(ann_knows(OLD).is_let_in_with(&a1_hash(&ask(&p, &fields).await)));
}

async fn names_of_people_stay_names(p: Portal) {
    let p = with_freeswitch(p).await;
    let fields = ann_knows(OLD).fields();
    let name = "O'Hara \"Ann\" <a&b> \u{5e2}\u{5e0}\u{5ea} $${x} ${system(id)} $ 5 {ok}";
    p.alter(query("update users set display_name = $1 where name = 'ann'").bind(name))
        .await;
    let answer = ask(&p, &fields).await;
    let told = value(&answer, "variable", "effective_caller_id_name").expect("a name");
    // FreeSWITCH would put something in the place of ${..}.
    assert_eq!(
        told,
        "O'Hara \"Ann\" <a&b> \u{5e2}\u{5e0}\u{5ea} {x} {system(id)} $ 5 {ok}"
    );
    p.alter(query("update users set display_name = $1 where name = 'ann'").bind("a\u{1}b\u{ffff}c$\u{1}{x}"))
        .await;
    let told = value(&ask(&p, &fields).await, "variable", "effective_caller_id_name");
    assert!(!told.expect("a name").contains("${"));
}

stories!(
    freeswitch_lets_in_who_knows_the_sip_password,
    a_call_rings_the_phones_of_a_name_or_an_extension,
    nobody_else_is_found_and_no_reason_is_told,
    in_an_overlap_both_sip_passwords_are_let_in_until_the_new_one_is_used,
    whoever_cannot_prove_to_be_freeswitch_learns_nothing,
    names_of_people_stay_names,
);

#[test]
fn a_password_is_long_and_for_the_servers_eyes_alone() {
    let folder = Folder::new();
    let settings = |name: &str, text: &str| {
        let password_file = folder.path().join(name);
        write_new(&password_file, text.as_bytes()).expect("a new file");
        Freeswitch {
            user: "freeswitch".to_owned(),
            password_file,
        }
    };
    let said = |settings: &Freeswitch| format!("{:#}", Access::read(settings).expect_err("refused"));
    assert!(Access::read(&Freeswitch::default()).expect("nobody").is_none());
    let good = settings("good", &format!("{PASSWORD}\nmore\n"));
    assert!(Access::read(&good).expect("a password").is_some());
    assert!(said(&settings("short", "nineteen-characters")).contains("20 to 200"));
    assert!(said(&settings("spaces", "twenty characters long")).contains("20 to 200"));
    assert!(said(&settings("empty", "")).contains("20 to 200"));
    let missing = Freeswitch {
        password_file: folder.path().join("missing"),
        ..good.clone()
    };
    assert!(said(&missing).contains("cannot be read"));
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o640);
    std::fs::set_permissions(&good.password_file, open).expect("its owner");
    assert!(said(&good).contains("chmod 600"));
}

/// What mod_xml_curl is told in `deploy/`.
#[test]
fn the_sample_for_freeswitch_checks_whom_it_asks() {
    let sample = include_str!("../../../../../deploy/freeswitch/xml_curl.conf.xml");
    let document = Document::parse(sample).expect("XML");
    let param = |name| {
        let mut params = document.descendants().filter(|node| node.has_tag_name("param"));
        params.find(|node| node.attribute("name") == Some(name))
    };
    let set = |name| param(name).and_then(|node| node.attribute("value"));
    assert_eq!(
        param("gateway-url").and_then(|node| node.attribute("bindings")),
        Some("directory")
    );
    assert!(
        set("gateway-url").is_some_and(|url| url.starts_with("https://") && url.ends_with("/freeswitch/directory"))
    );
    for checked in ["enable-cacert-check", "enable-ssl-verifyhost"] {
        assert_eq!(set(checked), Some("true"), "{checked}");
    }
    assert_eq!((set("auth-scheme"), set("method")), (Some("basic"), Some("POST")));
}
