//! Stories of phones behind Kamailio: over TCP, while Kamailio is away, of disabled people, of equal names, and of what
//! a dump holds.

use linekey_sip::digest::{self, Algorithm, Asked, Ha1};
use tokio::net::{TcpStream, UdpSocket};

use super::tests::{answer, credentials, is_forgotten, located};
use crate::app;
use crate::clock::Millis;
use crate::db::query;
use crate::ids::{AccountId, UserId};
use crate::phones::act::By;
use crate::phones::copies_tests::{dump, holds, phones_of_every_kind};
use crate::phones::create::{NewPhone, Owner, insert};
use crate::phones::disconnect::Done;
use crate::phones::live::by_address;
use crate::phones::remove;
use crate::phones::rotate::{self, Rotated};
use crate::phones::rotation_tests::{OLD, act, comes_to, desk, desk_page, live, orders_are_done};
use crate::testing::kamailio::Kamailio;
use crate::testing::{Portal, TestPhone, stories, stream_phone};
use crate::users::Actor;
use crate::users::act::Whom;

const TWIN: &str = "Twin-of-ann-desk-2026";
/// So that a dump holds no HA1: `linekey backup` names it too.
const WITHOUT: &str = "--exclude-table-data=kamailio.credential";

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_registers_over_tcp_and_its_page_says_so() {
    let (p, kamailio) = Kamailio::with_portal().await;
    let mut phone = TcpStream::connect(p.sip).await.expect("TCP");
    let status = stream_phone::register(&mut phone, ("ann-desk", "acme.example")).await;
    assert_eq!(status, 200, "{}", kamailio.log());
    comes_to(&p, 1).await;
    let over_tcp = "select count(*) from registrations where ended_at is null and transport = 'tcp'";
    assert_eq!(p.count(query(over_tcp)).await, 1);
    let ann = p.signed_in("ann").await;
    ann.get(&desk_page(&p).await)
        .await
        .says(200, "Registered now")
        .says(200, "Stream phone 1.0");
}

/// A command is a process of its own: it withdraws the SIP password, and the portal that runs has Kamailio forget contacts.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_command_changes_is_carried_out_while_the_portal_runs() {
    let (p, kamailio) = Kamailio::with_portal().await;
    let console = app::open((*p.app.config).clone(), p.app.clock.clone()).await;
    let console = console.expect("a second process opens the database");
    let found = by_address(&console, "ann-desk@acme.example").await.expect("a database");
    let found = found.expect("a phone of the demo's");
    let by = || {
        let (account, id) = (&found.account, &found.user);
        By::Helper(Actor::Console, Whom { account, id })
    };
    let rotate = async |hours: i64| match rotate::rotate(&console, by(), &found.id, hours).await {
        Ok(Rotated::Done(new)) => new.sip_password.to_string(),
        other => panic!("{other:?}"),
    };
    let mut old = desk(&p, OLD).await;
    assert!(old.is_registered().await, "{}", kamailio.log());
    comes_to(&p, 1).await;
    let second = rotate(24).await;
    assert!(old.is_registered().await, "the overlap has begun: {}", kamailio.log());
    let mut renewed = desk(&p, &second).await;
    assert!(renewed.is_registered().await);
    orders_are_done(&p).await;
    comes_to(&p, 1).await;
    assert_eq!(old.register().await.status, 401);

    let third = rotate(0).await;
    assert_eq!(renewed.register().await.status, 401);
    orders_are_done(&p).await;
    comes_to(&p, 0).await;
    let mut newest = desk(&p, &third).await;
    assert!(newest.is_registered().await);
    comes_to(&p, 1).await;
    let removed = remove::remove(&console, by(), &found.id).await;
    assert!(matches!(removed, Ok(Done::Done(_))));
    assert_eq!(newest.register().await.status, 401);
    is_forgotten(&p, &kamailio).await;
}

/// Museum: who is blocked while an instance is away stays out, and what it held is forgotten as soon as it is back.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_instance_that_is_away_has_to_forget_it_forgets_when_it_is_back() {
    let (p, mut kamailio) = Kamailio::with_portal().await;
    let ann = p.signed_in("ann").await;
    let page = desk_page(&p).await;
    let mut phone = desk(&p, OLD).await;
    assert!(phone.is_registered().await, "{}", kamailio.log());
    comes_to(&p, 1).await;
    kamailio.end();
    let before = credentials(&p).await;
    act(&p, &ann, "disconnect", &[("block", "on")]).await.leads_to(&page);
    assert_eq!(credentials(&p).await, before - 1, "withdrawn in the same transaction");
    assert_eq!(located(&p).await, 1, "it cannot be told yet");
    kamailio.begin().await;
    orders_are_done(&p).await;
    comes_to(&p, 0).await;
    is_forgotten(&p, &kamailio).await;
    assert_eq!(phone.register().await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_of_somebody_disabled_are_out_until_they_are_enabled() {
    let (p, kamailio) = Kamailio::with_portal().await;
    let adam = p.signed_in("adam").await;
    let mut phone = desk(&p, OLD).await;
    assert!(phone.is_registered().await, "{}", kamailio.log());
    comes_to(&p, 1).await;
    let before = credentials(&p).await;
    let (id,): (String,) = query("select id from users where name = 'ann'")
        .one(&p.app.db)
        .await
        .expect("Ann");
    let page = format!("/admin/users/{id}");
    adam.post(&format!("{page}/disable"), &[]).await.leads_to(&page);
    assert!(credentials(&p).await < before);
    assert_eq!(phone.register().await.status, 401);
    orders_are_done(&p).await;
    comes_to(&p, 0).await;
    is_forgotten(&p, &kamailio).await;
    adam.post(&format!("{page}/enable"), &[]).await.leads_to(&page);
    assert_eq!(credentials(&p).await, before);
    assert!(phone.is_registered().await, "{}", kamailio.log());
    comes_to(&p, 1).await;
}

/// A phone of Globex with the name of Ann's at Acme.
async fn a_twin(p: &Portal) {
    let (account, user): (AccountId, UserId) = query("select account_id, id from users where name = 'gus'")
        .one(&p.app.db)
        .await
        .expect("Gus");
    let owner = Owner {
        account: &account,
        user: &user,
        sip_domain: "globex.example",
    };
    let new = NewPhone {
        label: "Twin",
        sip_name: "ann-desk",
        sip_password: TWIN,
        extension: None,
    };
    let mut tx = p.app.db.begin().await.expect("a transaction");
    let inserted = insert(&p.app, &mut tx, owner, new).await.expect("a database");
    assert!(inserted.is_some(), "names are by account");
    tx.commit().await.expect("a commit");
    let created_at: Millis = p.app.clock.now();
    let told = "update phones set created_at = $1 where sip_name = 'ann-desk' and sip_domain = 'globex.example'";
    p.alter(query(told).bind(created_at)).await;
}

async fn live_at(p: &Portal, domain: &str) -> i64 {
    p.count(
        query(
            "select count(*) from registrations r join phones f on f.id = r.phone_id
              where f.sip_name = 'ann-desk' and f.sip_domain = $1 and r.ended_at is null",
        )
        .bind(domain),
    )
    .await
}

async fn an_equal_name_in_another_account_is_another_phone(p: Portal) {
    a_twin(&p).await;
    for (password, domain) in [(TWIN, "acme.example"), (OLD, "globex.example")] {
        let mut reaching = TestPhone::with_password(&p, "ann-desk", domain, password).await;
        assert_ne!(reaching.register().await.status, 200, "{domain}");
        let other = if domain == "acme.example" {
            "globex.example"
        } else {
            "acme.example"
        };
        let named = format!("ann-desk@{other}");
        let mut reaching = TestPhone::claiming(&p, ("ann-desk", domain), &named, password).await;
        assert_ne!(reaching.register().await.status, 200, "{named} at {domain}");
    }
    assert_eq!(live(&p).await, 0);
    let mut twin = TestPhone::with_password(&p, "ann-desk", "globex.example", TWIN).await;
    assert!(twin.is_registered().await);
    p.until(async || live_at(&p, "globex.example").await == 1).await;
    assert_eq!(live_at(&p, "acme.example").await, 0);
    assert!(desk(&p, OLD).await.is_registered().await);
    p.until(async || live_at(&p, "acme.example").await == 1).await;
    assert_eq!(live_at(&p, "globex.example").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_equal_name_in_another_account_is_another_phone_at_kamailio() {
    let (p, _kamailio) = Kamailio::with_portal().await;
    an_equal_name_in_another_account_is_another_phone(p).await;
}

/// What auth_check() proves and what the configuration looks at afterwards must be one header.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_header_with_another_name_does_not_open_another_accounts_address() {
    let (p, kamailio) = Kamailio::with_portal().await;
    a_twin(&p).await;
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    socket.connect(p.sip).await.expect("Kamailio's");
    let (own, uri) = (socket.local_addr().expect("a port"), "sip:acme.example");
    let register = async |number: u32, credentials: String| {
        let request = format!(
            "REGISTER {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {own};rport;branch=z9hG4bK-{number}\r\nMax-Forwards: 70\r\n\
             From: <sip:ann-desk@acme.example>;tag=a\r\nTo: <sip:ann-desk@acme.example>\r\nCall-ID: twin\r\n\
             CSeq: {number} REGISTER\r\nContact: <sip:ann-desk@{own}>\r\n{credentials}Content-Length: 0\r\n\r\n"
        );
        answer(&socket, &request).await
    };
    let long_name = "ann-desk@globex.example";
    let ha1 = Ha1::of(Algorithm::Md5, long_name, "globex.example", TWIN);
    let decoy = "Proxy-Authorization: Digest username=\"ann-desk\", realm=\"acme.example\", nonce=\"x\", uri=\"sip:x\", \
                 response=\"00000000000000000000000000000000\"\r\n";
    for (number, more) in [(1, ""), (3, decoy)] {
        let challenge = register(number, String::new()).await;
        let (_, rest) = challenge.split_once("nonce=\"").expect("a challenge");
        let nonce = rest.split('"').next().unwrap_or_default();
        let asked = Asked {
            method: "REGISTER",
            uri,
            nonce,
            nc: "00000001",
            cnonce: "c",
        };
        let response = digest::response(Algorithm::Md5, &ha1, &asked);
        let proof = format!(
            "Authorization: Digest username=\"{long_name}\", realm=\"acme.example\", nonce=\"{nonce}\", uri=\"{uri}\", \
             qop=auth, nc=00000001, cnonce=\"c\", response=\"{response}\", algorithm=MD5\r\n{more}"
        );
        let answer = register(number + 1, proof).await;
        assert!(!answer.starts_with("SIP/2.0 200"), "{answer}\n{}", kamailio.log());
    }
    assert_eq!(located(&p).await, 0);
}

/// The text of a dump without the rows of this table.
fn without_rows(dump: &str, table: &str) -> String {
    let (before, rest) = dump.split_once(&format!("COPY {table} ")).expect("rows of it");
    let (_, after) = rest.split_once("\n\\.\n").expect("rows end");
    format!("{before}{after}")
}

#[tokio::test(flavor = "multi_thread")]
async fn one_table_alone_opens_phones_and_is_made_anew_when_a_dump_left_it_out() {
    let (p, _kamailio) = Kamailio::with_portal().await;
    let ann = p.signed_in("ann").await;
    let all = phones_of_every_kind(&p, &ann).await;
    let url = p.app.config.database.url.clone();
    let whole = dump(&url, &[]);
    assert!(all.iter().any(|secret| holds(&whole, secret)), "HA1s are published");
    for (of, dumped) in [
        ("the rest", without_rows(&whole, "kamailio.credential")),
        ("a backup", dump(&url, &[WITHOUT])),
    ] {
        assert!(holds(&dumped, b"ann-kitchen"), "{of}");
        let held = all.iter().position(|secret| holds(&dumped, secret));
        assert_eq!(held, None, "{of} opens a phone");
    }
    // As after a restore of it.
    let before = credentials(&p).await;
    p.alter(query("delete from kamailio.credential")).await;
    let admin = p.app.config.admin.listen;
    let sip = p.sip;
    let mut restored = p.restart_with(|config| config.admin.listen = admin).await;
    restored.sip = sip;
    assert_eq!(credentials(&restored).await, before);
    let mut phone = restored.phone("ann-softphone", "acme.example").await;
    assert!(phone.is_registered().await);
}

stories!(an_equal_name_in_another_account_is_another_phone);
