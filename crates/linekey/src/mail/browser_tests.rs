//! Mail in a real browser: the demo's mail box, how each mail looks, and what operators see.

use crate::db::query;
use crate::testing::chromium::Chromium;
use crate::testing::{Portal, stories};

use super::scripted_server::{Fault, Server};

/// As a well-known server says it.
const UNKNOWN: &str = "550 5.1.1 <ann@acme.example>: Recipient address rejected: User unknown in virtual mailbox table";
/// The same for now.
const GREYLISTED: &str = "450 4.2.0 <ann@acme.example>: Recipient address rejected: Greylisted, see http://postgrey.example/acme.example.html";

async fn sign_in(olivia: &Chromium) {
    olivia.open("/sign-in").await;
    olivia.type_into("Sign-in name or e-mail", "olivia").await;
    olivia.type_into("Password", "Harbour-Light-4").await;
    olivia.press("Sign in").await;
    olivia.arrives_at("/operator/accounts").await;
}

async fn a_mail_is_seen_as_it_will_look(p: Portal) {
    let ann = p.signed_in("ann").await;
    ann.change_password("Tidewater-Kestrel-1")
        .await
        .leads_to("/account/password/done");
    p.mails(1).await;
    let anyone = Chromium::start(&p).await;
    anyone.open("/demo/mail").await;
    anyone.says("Quayside: your portal password was changed").await;
    anyone.press("As plain text").await;
    anyone.says("Hello Ann Archer,").await;
    anyone.press("As plain text").await;
    anyone.frame_says("Your phones stay connected.").await;
    anyone.picture(&p, "demo-mail").await;
    anyone.close().await;
}

async fn every_mail_looks_well_on_a_phone_and_on_a_desk(p: Portal) {
    let olivia = Chromium::start(&p).await;
    sign_in(&olivia).await;
    olivia.open("/operator/mail/preview/reset-several").await;
    olivia.says("Quayside: choose a new portal password").await;
    olivia
        .frame_says("For Bob Boatwright, who signs in as bob@acme.example:")
        .await;
    olivia.picture(&p, "operator-preview").await;
    for sample in super::samples(&p.app, "UTC").expect("samples") {
        olivia.shows(&sample.letter.html).await;
        olivia.picture_of_mail(&p, &format!("mail-{}", sample.name)).await;
    }
    olivia.close().await;
}

async fn an_operator_sends_a_mail_again(p: Portal) {
    let server = Server::start().await;
    let p = p.restart_with(|config| server.settings(&mut config.mail)).await;
    let olivia = Chromium::start(&p).await;
    sign_in(&olivia).await;
    olivia.open("/operator/mail").await;
    olivia.says("No mail here").await;
    olivia.picture(&p, "operator-mail-none").await;
    let mut old = "Harbour-Light-7";
    for (new, fault) in [
        ("Tidewater-Kestrel-1", None),
        ("Tidewater-Kestrel-2", Some(Fault::Says("RCPT", UNKNOWN))),
        ("Tidewater-Kestrel-3", Some(Fault::Says("RCPT", GREYLISTED))),
    ] {
        server.does(fault);
        let ann = p.browser();
        ann.sign_in("ann@acme.example", old).await.leads_to("/");
        ann.change_password(new).await.leads_to("/account/password/done");
        old = new;
        let at_hand = || query("select count(*) from outbox where last_error is null and delivered_at is null");
        p.until(async || p.count(at_hand()).await == 0).await;
    }
    olivia.open("/operator/mail").await;
    olivia.says("given up").await;
    olivia.picture(&p, "operator-mail").await;
    olivia.press("Given up (1)").await;
    olivia.says("User unknown").await;
    server.does(None);
    olivia.press("Send again").await;
    olivia.says("The mail is tried again within a second.").await;
    olivia.picture(&p, "operator-mail-again").await;
    olivia.close().await;
}

stories!(
    a_mail_is_seen_as_it_will_look,
    every_mail_looks_well_on_a_phone_and_on_a_desk,
    an_operator_sends_a_mail_again,
);
