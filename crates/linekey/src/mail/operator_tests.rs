//! Stories about the operator's page of mail: what became of each, sending again, and looking at all of them.

use crate::clock::MINUTE;
use crate::db::query;
use crate::testing::{Portal, stories};

use super::scripted_server::{Fault, Server};

async fn with_server(p: Portal) -> (Portal, Server) {
    let server = Server::start().await;
    let p = p.restart_with(|config| server.settings(&mut config.mail)).await;
    (p, server)
}

/// Changes Ann's password, which mails her, and waits until that was tried.
async fn mail_ann(p: &Portal, old: &str, new: &str) {
    let ann = p.browser();
    ann.sign_in("ann@acme.example", old).await.leads_to("/");
    ann.change_password(new).await.leads_to("/account/password/done");
    let at_hand = || query("select count(*) from outbox where due_at is not null and last_error is null");
    p.until(async || p.count(at_hand()).await == 0).await;
}

const FIRST: &str = "Harbour-Light-7";
const SECOND: &str = "Tidewater-Kestrel-1";
const THIRD: &str = "Tidewater-Kestrel-2";

async fn an_operator_sees_what_became_of_each_mail_and_never_what_it_says(p: Portal) {
    let (p, server) = with_server(p).await;
    let olivia = p.signed_in("olivia").await;
    olivia.get("/operator/mail").await.says(200, "No mail here");
    mail_ann(&p, FIRST, SECOND).await;
    let page = olivia.get("/operator/mail").await;
    for said in [
        "Password changed",
        "ann@acme.example",
        "Acme Boats",
        "delivered",
        "queued as 1",
    ] {
        page.says(200, said);
    }
    assert!(
        !page.text.contains("stay connected") && !page.text.contains("Firefox"),
        "{}",
        page.text
    );
    server.does(Fault::Says("RCPT", "550 5.1.1 <b>no such user</b>"));
    mail_ann(&p, SECOND, THIRD).await;
    let page = olivia.get("/operator/mail?state=given-up").await;
    page.says(200, "Given up (1)");
    page.says(200, "550 5.1.1 &#60;b&#62;no such user");
    assert!(!page.text.contains("queued as 1"), "delivered ones are elsewhere");
    let page = olivia.get("/operator/mail?state=delivered").await;
    assert!(page.text.contains("queued as 1") && !page.text.contains("no such user"));
    olivia
        .get("/operator/mail?state=waiting")
        .await
        .says(200, "No mail here");
    for other in ["ann", "adam"] {
        let browser = p.browser();
        let (name, password) = if other == "ann" {
            ("ann@acme.example", THIRD)
        } else {
            ("adam@acme.example", "Harbour-Light-1")
        };
        browser.sign_in(name, password).await.leads_to("/");
        assert_eq!(browser.get("/operator/mail").await.status, 403, "{other}");
        assert_eq!(browser.get("/operator/mail/preview/reset").await.status, 403, "{other}");
    }
}

async fn a_mail_that_was_given_up_leaves_once_the_operator_says_so_and_that_is_on_record(p: Portal) {
    let (p, server) = with_server(p).await;
    server.does(Fault::Says("RCPT", "550 5.1.1 no such user"));
    mail_ann(&p, FIRST, SECOND).await;
    let olivia = p.signed_in("olivia").await;
    let found: Vec<(String,)> = query("select id from outbox").all(&p.app.db).await.expect("ids");
    let id = &found[0].0;
    server.does(None);
    p.wait(MINUTE);
    assert_eq!(server.taken().len(), 0, "given up is given up");
    let again = format!("/operator/mail/{id}/retry");
    olivia.post(&again, &[]).await.leads_to("/operator/mail");
    olivia
        .get("/operator/mail")
        .await
        .says(200, "tried again within a second");
    let delivered = || query("select count(*) from outbox where delivered_at is not null");
    p.until(async || p.count(delivered()).await == 1).await;
    assert_eq!(p.events("mail-retry").await, 1);
    let adam = p.signed_in("adam").await;
    adam.get("/admin/audit")
        .await
        .says(200, "had a mail to Ann Archer sent again");

    olivia.post(&again, &[]).await.leads_to("/operator/mail");
    olivia.get("/operator/mail").await.says(200, "nothing to send again");
    assert_eq!((server.taken().len(), p.events("mail-retry").await), (1, 1));
    let nobodys = "/operator/mail/0198c0de-0000-7000-8000-000000000000/retry";
    olivia.post(nobodys, &[]).await.leads_to("/operator/mail");
    assert_eq!(p.events("mail-retry").await, 1);
}

/// A second worker would send it a second time.
async fn a_mail_that_is_being_sent_is_not_sent_again_by_an_impatient_operator(p: Portal) {
    let (p, server) = with_server(p).await;
    server.does(Fault::Waits("."));
    let ann = p.signed_in("ann").await;
    ann.change_password(SECOND).await.leads_to("/account/password/done");
    p.until(async || server.waiting() == 1).await;
    let olivia = p.signed_in("olivia").await;
    let page = olivia.get("/operator/mail").await;
    page.says(200, "being sent");
    assert!(!page.text.contains("Send again"), "{}", page.text);
    let found: Vec<(String,)> = query("select id from outbox").all(&p.app.db).await.expect("ids");
    let again = format!("/operator/mail/{}/retry", found[0].0);
    olivia.post(&again, &[]).await.leads_to("/operator/mail");
    olivia.get("/operator/mail").await.says(200, "nothing to send again");
    server.release();
    let delivered = || query("select count(*) from outbox where delivered_at is not null");
    p.until(async || p.count(delivered()).await == 1).await;
    assert_eq!(server.taken().len(), 1);
}

async fn a_mail_that_a_restore_held_back_is_told_from_the_past_and_can_be_sent(p: Portal) {
    let (p, server) = with_server(p).await;
    p.without_mail();
    let ann = p.signed_in("ann").await;
    ann.change_password(SECOND).await.leads_to("/account/password/done");
    p.alter(query("update outbox set due_at = null")).await;
    let olivia = p.signed_in("olivia").await;
    let past = olivia.get("/operator/mail").await;
    past.says(200, "Written by a version that sent no mail");
    assert!(!past.text.contains("Send again"));
    let held_back = "update outbox set last_error = 'a backup was restored before it was sent'";
    p.alter(query(held_back)).await;
    let page = olivia.get("/operator/mail").await;
    page.says(200, "a backup was restored").says(200, "Send again");
    assert!(!page.text.contains("Written by a version"), "{}", page.text);
    let (id,): (String,) = query("select id from outbox").one(&p.app.db).await.expect("one");
    let again = format!("/operator/mail/{id}/retry");
    olivia.post(&again, &[]).await.leads_to("/operator/mail");
    let due = query("select count(*) from outbox where due_at is not null");
    assert_eq!((p.count(due).await, server.taken().len()), (1, 0));
}

/// Between the door and the act the session may end, or its owner be somebody else.
async fn whoever_is_no_operator_any_more_sends_nothing_again(p: Portal) {
    use crate::error::Error;
    use crate::users::retry_mail::{Retried, retry_mail};
    p.without_mail();
    let ann = p.signed_in("ann").await;
    ann.change_password(SECOND).await.leads_to("/account/password/done");
    p.alter(query("update outbox set due_at = null, tries = 1")).await;
    let (id,): (String,) = query("select id from outbox").one(&p.app.db).await.expect("one");
    let me = p.who(&p.signed_in("olivia").await).await;
    p.alter(query("update users set role = 'administrator' where name = 'olivia'"))
        .await;
    let refused = retry_mail(&p.app, me.actor(), &id).await.expect("an answer");
    assert_eq!(refused, Retried::Forbidden);
    p.alter(query("update users set role = 'operator' where name = 'olivia'"))
        .await;
    p.alter(query("delete from sessions")).await;
    let ended = retry_mail(&p.app, me.actor(), &id).await;
    assert!(matches!(ended, Err(Error::SessionEnded)), "{ended:?}");
    assert_eq!(p.events("mail-retry").await, 0);
}

async fn older_mail_is_on_further_pages(p: Portal) {
    p.without_mail();
    for number in 100..145 {
        let add = query(
            "insert into outbox (id, account_id, user_id, kind, to_address, parameters, created_at, delivered_at)
             select $1, account_id, id, 'trial', $2, '{}', 1, 1 from users where name = 'ann'",
        );
        let id = format!("0198c0de-0000-7000-8000-000000000{number}");
        p.alter(add.bind(id).bind(format!("n{number}@acme.example"))).await;
    }
    let olivia = p.signed_in("olivia").await;
    let page = olivia.get("/operator/mail?state=delivered").await;
    assert!(page.text.contains("n144@") && page.text.contains("n105@") && !page.text.contains("n104@"));
    let link = page
        .text
        .split("href=\"")
        .find(|link| link.contains("before="))
        .expect("a next page");
    let link = link
        .split('"')
        .next()
        .expect("an address")
        .replace("&#38;", "&")
        .replace("&amp;", "&");
    let page = olivia.get(&link).await;
    assert!(page.text.contains("n104@") && page.text.contains("n100@") && !page.text.contains("n105@"));
    page.says(200, "First page");
    assert!(!page.text.contains("before="));
}

async fn every_mail_can_be_looked_at_and_does_nothing_in_its_frame(p: Portal) {
    let olivia = p.signed_in("olivia").await;
    let zone = p.who(&olivia).await.person.time_zone;
    let first = olivia.get("/operator/mail/preview").await;
    first.leads_to("/operator/mail/preview/password-changed");
    for sample in super::samples(&p.app, &zone).expect("samples") {
        let page = olivia.get(&format!("/operator/mail/preview/{}", sample.name)).await;
        page.says(200, sample.letter.text.lines().next().expect("a greeting"));
        let frame = format!("/operator/mail/preview/{}/html", sample.name);
        page.says(200, &format!("src=\"{frame}\""));
        let framed = olivia.get(&frame).await;
        assert_eq!(framed.text, sample.letter.html);
        assert!(
            framed
                .header("content-security-policy")
                .ends_with("frame-ancestors 'self'; sandbox")
        );
    }
    assert_eq!(olivia.get("/operator/mail/preview/pigeon").await.status, 404);
    assert_eq!(olivia.get("/operator/mail/preview/pigeon/html").await.status, 404);
}

#[tokio::test]
async fn every_kind_of_mail_has_a_name_for_people() {
    let p = Portal::start(crate::testing::Engine::Sqlite).await;
    for sample in super::samples(&p.app, "UTC").expect("samples") {
        assert!(
            p.app.words.has(&format!("mail-kind-{}", sample.kind)),
            "{}",
            sample.kind
        );
    }
}

/// Two entries of a list that read alike make one open both.
#[tokio::test]
async fn samples_of_one_kind_say_in_what_they_differ() {
    let p = Portal::start(crate::testing::Engine::Sqlite).await;
    let samples = super::samples(&p.app, "UTC").expect("samples");
    let mut said = std::collections::BTreeSet::new();
    for sample in &samples {
        let key = format!("mail-sample-{}", sample.name);
        let differs = p.app.words.has(&key).then(|| p.app.words.say(&key));
        assert!(said.insert((sample.kind, differs)), "{} reads as another", sample.name);
        let has_double = samples.iter().filter(|other| other.kind == sample.kind).count() > 1;
        assert_eq!(p.app.words.has(&key), has_double, "{}", sample.name);
    }
    let page = p
        .signed_in("olivia")
        .await
        .get("/operator/mail/preview/reset-several")
        .await;
    page.says(200, "Several people with one address");
    assert!(!page.text.contains(">reset-several<"), "{}", page.text);
}

stories!(
    a_mail_that_a_restore_held_back_is_told_from_the_past_and_can_be_sent,
    whoever_is_no_operator_any_more_sends_nothing_again,
    an_operator_sees_what_became_of_each_mail_and_never_what_it_says,
    a_mail_that_was_given_up_leaves_once_the_operator_says_so_and_that_is_on_record,
    a_mail_that_is_being_sent_is_not_sent_again_by_an_impatient_operator,
    older_mail_is_on_further_pages,
    every_mail_can_be_looked_at_and_does_nothing_in_its_frame,
);
