//! Stories with a real mail server: TLS, signing in, and what is said where one of them fails.

use crate::config::{self, MailTransport};
use crate::testing::mail_server::MailServer;
use crate::testing::{Portal, stories};

use super::{Cause, Step, Transport, Trouble};

const USER: &str = "portal@quayside.example:Harbour/Light";
const USER_IN_URL: &str = "portal%40quayside.example:Harbour%2FLight";

fn at(settings: &mut config::Mail, url: String, server: Option<&MailServer>) {
    settings.transport = MailTransport::Smtp;
    settings.smtp_url = Some(url.parse().expect("a server"));
    settings.ca_file = server.map(MailServer::authority).unwrap_or_default();
}

/// Changes Ann's password, and returns the message about it.
async fn mail_of(p: &Portal, server: &MailServer) -> serde_json::Value {
    let ann = p.signed_in("ann").await;
    ann.change_password("Tidewater-Kestrel-1")
        .await
        .leads_to("/account/password/done");
    p.until(async || server.taken().len() == 1).await;
    server.taken().remove(0)
}

async fn mail_goes_out_with_starttls_a_user_and_a_password(p: Portal) {
    let server = MailServer::start(&["--tls", "starttls", "--user", USER]);
    let url = format!("smtp://{USER_IN_URL}@localhost:{}?tls=always", server.port);
    let p = p.restart_with(|config| at(&mut config.mail, url, Some(&server))).await;
    let mail = mail_of(&p, &server).await;
    assert_eq!(mail["to"], serde_json::json!(["ann@acme.example"]));
    assert_eq!(mail["tls"], true);
    let message = mail["message"].as_str().expect("text");
    for header in [
        "Message-ID: <",
        "Date: ",
        "Auto-Submitted: auto-generated",
        "Subject: Quayside: your portal password",
    ] {
        assert!(message.contains(header), "{header}: {message}");
    }
    assert!(message.lines().all(|line| line.len() <= 78), "{message}");
    assert!(!p.dump_everything().await.contains("Harbour/Light"));
}

async fn mail_goes_out_with_tls_from_the_first_byte(p: Portal) {
    let server = MailServer::start(&["--tls", "at-once", "--user", USER]);
    let url = format!("smtps://{USER_IN_URL}@localhost:{}", server.port);
    let p = p.restart_with(|config| at(&mut config.mail, url, Some(&server))).await;
    mail_of(&p, &server).await;
}

/// What `linekey doctor` is told.
async fn trouble(p: &Portal, url: String, server: Option<&MailServer>) -> Trouble {
    let mut settings = p.app.config.mail.clone();
    at(&mut settings, url, server);
    let transport = Transport::open(&settings).await.expect("settings that are right");
    let trouble = transport.greet().await.expect_err("something is wrong");
    assert!(!trouble.to_string().contains("wrong-one"), "{trouble}");
    trouble
}

async fn each_thing_that_is_wrong_with_a_server_is_told_apart(p: Portal) {
    let server = MailServer::start(&["--tls", "starttls", "--user", USER]);
    let plain = MailServer::start(&[]);
    let (port, plain_port) = (server.port, plain.port);
    let signing_in = |user: &str| format!("smtp://{user}@localhost:{port}?tls=always");

    let wrong = trouble(&p, signing_in(USER_IN_URL), None).await;
    assert_eq!((wrong.step, wrong.cause), (Step::Tls, Cause::Untrusted), "{wrong}");
    let by_number = format!("smtp://127.0.0.1:{port}?tls=always");
    let wrong = trouble(&p, by_number, Some(&server)).await;
    assert_eq!(
        (wrong.step, wrong.cause),
        (Step::Tls, Cause::Untrusted),
        "another name: {wrong}"
    );
    let wrong = trouble(&p, signing_in("portal:wrong-one"), Some(&server)).await;
    assert_eq!((wrong.step, wrong.cause), (Step::SignIn, Cause::Reply(535)), "{wrong}");
    let wrong = trouble(&p, format!("smtp://localhost:{plain_port}?tls=always"), None).await;
    assert_eq!((wrong.step, wrong.cause), (Step::Tls, Cause::Lacking), "{wrong}");
    let wrong = trouble(&p, format!("smtps://localhost:{plain_port}"), None).await;
    assert_eq!(wrong.cause, Cause::Lost, "{wrong}");
    drop(plain);
    let wrong = trouble(&p, format!("smtp://localhost:{plain_port}"), None).await;
    assert_eq!(
        (wrong.step, wrong.cause),
        (Step::Connection, Cause::NobodyListens),
        "{wrong}"
    );
    let wrong = trouble(&p, "smtp://mail.nowhere.invalid".to_owned(), None).await;
    assert_eq!(wrong.step, Step::Name, "{wrong}");

    let mut settings = p.app.config.mail.clone();
    at(&mut settings, signing_in(USER_IN_URL), Some(&server));
    let transport = Transport::open(&settings).await.expect("settings that are right");
    let greeted = transport.greet().await.expect("nothing is wrong").expect("a server");
    assert!(greeted.is_encrypted && greeted.is_signed_in);
    assert!(!greeted.server.contains("Harbour"), "{}", greeted.server);
    assert_eq!(server.taken().len(), 0, "nothing was sent");
    settings.ca_file = p.app.config.keys.file.clone();
    let refused = Transport::open(&settings).await.expect_err("no certificates");
    assert!(format!("{refused:#}").contains("mail.ca_file"), "{refused:#}");
}

stories!(
    mail_goes_out_with_starttls_a_user_and_a_password,
    mail_goes_out_with_tls_from_the_first_byte,
    each_thing_that_is_wrong_with_a_server_is_told_apart,
);
