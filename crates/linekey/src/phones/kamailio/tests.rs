//! Stories of phones behind a Kamailio with the sample configuration, on the wire.

use std::time::Duration;

use sqlx::{Connection, Executor};
use tokio::net::UdpSocket;

use crate::config::SipMode;
use crate::db::query;
use crate::phones::rotation_tests::{OLD, act, comes_to, desk, desk_page, live, orders_are_done, rotate};
use crate::testing::kamailio::Kamailio;
use crate::testing::{Portal, TestPhone};

pub(super) async fn credentials(p: &Portal) -> i64 {
    p.count(query("select count(*) from kamailio.credential")).await
}

pub(super) async fn located(p: &Portal) -> i64 {
    p.count(query(
        "select count(*) from kamailio.location where username = 'ann-desk'",
    ))
    .await
}

/// Waits until no Kamailio holds the desk phone: ten seconds, much less than the compare of the minute would need.
pub(super) async fn is_forgotten(p: &Portal, kamailio: &Kamailio) {
    for _ in 0..500 {
        if located(p).await == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let rows: Vec<(String, String, i64, String)> = query(
        "select ruid::text, contact::text, cseq::bigint, last_modified::text || ' ' || now()::text from kamailio.location
          where username = 'ann-desk'",
    )
    .all(&p.app.db)
    .await
    .expect("a database");
    panic!("it is still registered at Kamailio: {rows:?}\n{}", kamailio.log());
}

/// What Kamailio answers to a request.
pub(super) async fn answer(socket: &UdpSocket, request: &str) -> String {
    socket.send(request.as_bytes()).await.expect("it is sent");
    let mut answer = vec![0; 4096];
    let length = tokio::time::timeout(Duration::from_secs(10), socket.recv(&mut answer)).await;
    let length = length.expect("an answer").expect("an answer");
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_registers_at_kamailio_and_the_portal_shows_it() {
    let (p, kamailio) = Kamailio::with_portal().await;
    let phones = p.count(query("select count(*) from phones")).await;
    assert_eq!(credentials(&p).await, phones, "each is published");
    let mut phone = desk(&p, OLD).await;
    let outcome = phone.register().await;
    assert!(outcome.is_registered(), "{outcome:?}\n{}", kamailio.log());
    comes_to(&p, 1).await;
    let ann = p.signed_in("ann").await;
    ann.get("/phones").await.says(200, "Registered now");
    let mut wrong = desk(&p, "wrong").await;
    assert_eq!(wrong.register().await.status, 401);
    // Ann's own SIP password opens nobody else's address, and no equal name in another account.
    let mut reaching = TestPhone::claiming(&p, ("bob-desk", "acme.example"), "ann-desk", OLD).await;
    assert_ne!(reaching.register().await.status, 200);
    let mut elsewhere = TestPhone::with_password(&p, "ann-desk", "museum.example", OLD).await;
    assert_eq!(elsewhere.register().await.status, 401);
    assert_eq!(live(&p).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sip_passwords_register_until_the_new_one_is_first_used() {
    let (p, kamailio) = Kamailio::with_portal().await;
    let ann = p.signed_in("ann").await;
    let mut old = desk(&p, OLD).await;
    assert!(old.is_registered().await, "{}", kamailio.log());
    comes_to(&p, 1).await;
    let new = rotate(&p, &ann, "24").await;
    assert!(old.is_registered().await, "the overlap has begun: {}", kamailio.log());
    let mut renewed = desk(&p, &new).await;
    assert!(renewed.is_registered().await);
    orders_are_done(&p).await;
    comes_to(&p, 1).await;
    assert_eq!(located(&p).await, 1, "what the old one registered ended");
    assert_eq!(old.register().await.status, 401);
    // Now means now.
    rotate(&p, &ann, "0").await;
    assert_eq!(renewed.register().await.status, 401);
    comes_to(&p, 0).await;
    is_forgotten(&p, &kamailio).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_disconnected_comes_back_and_whoever_is_blocked_or_removed_does_not() {
    let (p, kamailio) = Kamailio::with_portal().await;
    let ann = p.signed_in("ann").await;
    let page = desk_page(&p).await;
    let mut phone = desk(&p, OLD).await;
    assert!(phone.is_registered().await, "{}", kamailio.log());
    comes_to(&p, 1).await;
    act(&p, &ann, "disconnect", &[]).await.leads_to(&page);
    comes_to(&p, 0).await;
    assert!(phone.is_registered().await);
    act(&p, &ann, "disconnect", &[("block", "on")]).await.leads_to(&page);
    assert_eq!(phone.register().await.status, 401);
    orders_are_done(&p).await;
    comes_to(&p, 0).await;
    act(&p, &ann, "allow", &[]).await.leads_to(&page);
    assert!(phone.is_registered().await);
    act(&p, &ann, "remove", &[]).await.leads_to("/phones");
    orders_are_done(&p).await;
    assert_eq!(phone.register().await.status, 401);
    is_forgotten(&p, &kamailio).await;
}

/// The embedded registrar publishes nothing, and whoever goes back to Kamailio finds what is good by then.
#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_there_in_this_mode_alone() {
    let (p, mut kamailio) = Kamailio::with_portal().await;
    let before = credentials(&p).await;
    assert!(before > 0);
    let (admin, sip) = (p.app.config.admin.listen, p.sip);
    kamailio.end();
    let embedded = p.restart_with(|config| config.sip.mode = SipMode::Embedded).await;
    assert_eq!(credentials(&embedded).await, 0);
    assert!(desk(&embedded, OLD).await.is_registered().await);
    let ann = embedded.signed_in("ann").await;
    let new = rotate(&embedded, &ann, "0").await;
    assert_eq!(credentials(&embedded).await, 0);
    let mut on = embedded
        .restart_with(|config| {
            config.sip.mode = SipMode::Kamailio;
            config.admin.listen = admin;
        })
        .await;
    on.sip = sip;
    assert_eq!(credentials(&on).await, before);
    kamailio.begin().await;
    assert_eq!(desk(&on, OLD).await.register().await.status, 401);
    assert!(desk(&on, &new).await.is_registered().await);
}

/// What Kamailio asks is answered by an index, and its role reaches nothing but its schema.
#[tokio::test(flavor = "multi_thread")]
#[expect(
    clippy::disallowed_methods,
    reason = "a plan and another's connection are no statements of ours"
)]
async fn the_role_reads_its_schema_alone_and_by_index() {
    let (p, _kamailio) = Kamailio::with_portal().await;
    let url = &p.app.config.database.url;
    let name = url.rsplit('/').next().expect("a database");
    let mut owner = sqlx::PgConnection::connect(url).await.expect("the owner");
    let role = format!("role_of_{name}");
    let sql = include_str!("../../../../../deploy/kamailio/role.sql")
        .replace("linekey_kamailio", &role)
        .replace(":'password'", "'kamailio'");
    owner.execute(sqlx::AssertSqlSafe(sql)).await.expect("the role");
    owner
        .execute("set enable_seqscan = off")
        .await
        .expect("a table of a few rows is read whole otherwise");
    for view in ["subscriber", "subscriber_previous"] {
        let asked = format!(
            "explain select ha1, generation from kamailio.{view} where username = 'ann-desk' and domain = 'acme.example'"
        );
        let plan: Vec<(String,)> = sqlx::query_as(sqlx::AssertSqlSafe(asked))
            .fetch_all(&mut owner)
            .await
            .expect("a plan");
        let plan: String = plan.into_iter().map(|(line,)| line + "\n").collect();
        assert!(
            plan.contains("Index Cond: (((username)::text = 'ann-desk'::text)"),
            "{plan}"
        );
    }
    let theirs = url.replace("postgres@", &format!("{role}:kamailio@"));
    let mut kamailio = sqlx::PgConnection::connect(&theirs)
        .await
        .expect("the role may connect");
    for allowed in [
        "select ha1 from subscriber",
        "select * from version",
        "delete from location",
    ] {
        kamailio.execute(allowed).await.expect(allowed);
    }
    for refused in [
        "select * from kamailio.credential",
        "select * from public.phones",
        "update kamailio.version set table_version = 1",
        "create table kamailio.mine (id int)",
    ] {
        assert!(kamailio.execute(refused).await.is_err(), "{refused}");
    }
    owner
        .execute(sqlx::AssertSqlSafe(format!("drop owned by {role}; drop role {role}")))
        .await
        .expect("the role goes with its database");
}
