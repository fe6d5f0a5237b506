//! Administrators who send somebody a reset link.

use super::request_tests::{codes_in, links_in, reset_mails};
use super::tests::{NEW, OLD, choose, follow};
use crate::clock::MINUTE;
use crate::db::query;
use crate::testing::{Answer, Browser, Portal, stories};

async fn id_of(p: &Portal, name: &str) -> String {
    let found = query("select id from users where name = $1").bind(name);
    let (id,): (String,) = found.one(&p.app.db).await.expect("one of the demo's people");
    id
}

async fn send(p: &Portal, by: &Browser, to: &str) -> Answer {
    let path = format!("/admin/users/{}/send-reset", id_of(p, to).await);
    by.post(&path, &[]).await
}

async fn adam_sends_ann_a_link_and_nothing_changes_until_she_uses_it(p: Portal) {
    let (adam, ann) = (p.signed_in("adam").await, p.signed_in("ann").await);
    let page = format!("/admin/users/{}", id_of(&p, "ann").await);
    adam.get(&page)
        .await
        .says(200, "ann@acme.example gets a mail with a link");
    send(&p, &adam, "ann").await.leads_to(&page);
    adam.get(&page)
        .await
        .says(200, "A reset link is on its way to Ann Archer.");
    let mail = &p.mails(1).await[0];
    assert!(
        mail.text.contains("Sent by: Adam Alder (administrator)"),
        "{}",
        mail.text
    );
    assert!(
        !mail.text.contains("Browser:") && codes_in(mail).is_empty(),
        "{}",
        mail.text
    );
    assert!(ann.is_signed_in().await);
    let browser = p.browser();
    let flow = follow(&browser, &links_in(&p, mail)[0]).await;
    choose(&browser, &flow, "ann@acme.example", NEW)
        .await
        .leads_to("/sign-in?reset=done");
    assert!(!ann.is_signed_in().await);
    assert_eq!(p.events("reset-link-sent").await, 1);
}

async fn administrators_send_links_to_each_other_and_nothing_more(p: Portal) {
    p.alter(query("update users set role = 'administrator' where name = 'bob'"))
        .await;
    let (adam, bob) = (p.signed_in("adam").await, p.signed_in("bob").await);
    let page = format!("/admin/users/{}", id_of(&p, "bob").await);
    let shown = adam.get(&page).await;
    shown.says(200, "office@acme.example gets a mail with a link");
    assert!(!shown.text.contains("Make a temporary password"));
    // At once, in both directions: neither waits for the other.
    let (one, other) = tokio::join!(send(&p, &adam, "bob"), send(&p, &bob, "adam"));
    assert_eq!(
        (one.status.as_u16(), other.status.as_u16()),
        (303, 303),
        "{}{}",
        one.text,
        other.text
    );
    assert_eq!(reset_mails(&p).await, 2);
    assert_eq!(send(&p, &adam, "adam").await.status, 403);
}

/// Museum row 13.
async fn studiocms_cve_2026_32103_nobody_sends_links_across_accounts_or_upwards(p: Portal) {
    let (adam, gus, ann, olivia) = (
        p.signed_in("adam").await,
        p.signed_in("gus").await,
        p.signed_in("ann").await,
        p.signed_in("olivia").await,
    );
    assert_eq!(send(&p, &gus, "ann").await.status, 404);
    assert_eq!(send(&p, &gus, "adam").await.status, 404);
    assert_eq!(send(&p, &adam, "gina").await.status, 404);
    assert_eq!(send(&p, &adam, "olivia").await.status, 404);
    assert_eq!(send(&p, &ann, "bob").await.status, 403);
    assert_eq!(send(&p, &ann, "adam").await.status, 403);
    assert_eq!(send(&p, &olivia, "ann").await.status, 403);
    p.browser()
        .post(&format!("/admin/users/{}/send-reset", id_of(&p, "ann").await), &[])
        .await
        .leads_to("/sign-in?next=/admin/users&reason=ended");
    assert_eq!(reset_mails(&p).await, 0);
}

async fn a_link_is_sent_only_where_it_can_arrive_and_be_used(p: Portal) {
    let adam = p.signed_in("adam").await;
    p.alter(query("update users set email_verified_at = null where name = 'ann'"))
        .await;
    send(&p, &adam, "ann")
        .await
        .says(422, "there is no confirmed address on file");
    let page = format!("/admin/users/{}", id_of(&p, "ann").await);
    let shown = adam.get(&page).await;
    shown.says(200, "there is no confirmed address on file");
    assert!(!shown.text.contains("/send-reset\""));
    p.alter(query("update users set disabled_at = 1 where name = 'bob'"))
        .await;
    send(&p, &adam, "bob").await.says(403, "Enable Bob Boatwright first");
    for _ in 0..5 {
        assert_eq!(send(&p, &adam, "cora").await.status, 303);
    }
    send(&p, &adam, "cora").await.says(
        422,
        "Cora Caulker got as many reset links as one address gets within an hour",
    );
    assert_eq!(reset_mails(&p).await, 5);
}

async fn a_stale_session_proves_itself_first(p: Portal) {
    let adam = p.signed_in("adam").await;
    p.wait(6 * MINUTE);
    send(&p, &adam, "ann").await.says(422, "Enter your own password");
    let path = format!("/admin/users/{}/send-reset", id_of(&p, "ann").await);
    let wrong = adam.post(&path, &[("your_password", OLD)]).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(reset_mails(&p).await, 0);
    let right = adam.post(&path, &[("your_password", "Harbour-Light-1")]).await;
    assert_eq!(right.status, 303, "{}", right.text);
    assert_eq!(reset_mails(&p).await, 1);
}

stories!(
    adam_sends_ann_a_link_and_nothing_changes_until_she_uses_it,
    administrators_send_links_to_each_other_and_nothing_more,
    studiocms_cve_2026_32103_nobody_sends_links_across_accounts_or_upwards,
    a_link_is_sent_only_where_it_can_arrive_and_be_used,
    a_stale_session_proves_itself_first,
);
