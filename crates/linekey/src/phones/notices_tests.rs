//! Stories of mail about phones.

use super::notices::round;
use crate::clock::{HOUR, MINUTE};
use crate::db::query;
use crate::mail::Letter;
use crate::testing::{Portal, TestPhone, stories};

/// The page of Ann's desk phone, and where its form about mail goes.
async fn desk(p: &Portal) -> (String, String) {
    let desk = query("select id from phones where sip_name = 'ann-desk'");
    let (id,): (String,) = desk.one(&p.app.db).await.expect("one of the demo's phones");
    (format!("/phones/{id}"), format!("/phones/{id}/notices"))
}

/// What is told now, and every mail about phones since the beginning, the newest first.
async fn told(p: &Portal) -> Vec<Letter> {
    round(&p.app).await.expect("a round");
    let put = query("select count(*) from outbox where kind in ('overlap-ends', 'phone-offline', 'phone-flapping')");
    let count = p.count(put).await;
    let kinds = ["overlap-ends", "phone-offline", "phone-flapping"];
    let mut mails = Vec::new();
    p.until(async || {
        let all: Vec<Letter> =
            serde_json::from_str(&p.browser().get("/demo/mail.json").await.text).expect("a list of letters");
        all.iter().filter(|mail| kinds.contains(&mail.kind.as_str())).count() == usize::try_from(count).unwrap_or(0)
    })
    .await;
    let all: Vec<Letter> =
        serde_json::from_str(&p.browser().get("/demo/mail.json").await.text).expect("a list of letters");
    mails.extend(all.into_iter().filter(|mail| kinds.contains(&mail.kind.as_str())));
    mails
}

async fn an_overlap_that_ends_unused_is_told_two_hours_before(p: Portal) {
    let ann = p.signed_in("ann").await;
    let (page, _) = desk(&p).await;
    ann.post(&format!("{page}/rotate"), &[("overlap_hours", "24")])
        .await
        .leads_to(&page);
    assert!(told(&p).await.is_empty());
    p.wait(21 * HOUR + 59 * MINUTE);
    assert!(told(&p).await.is_empty());
    p.wait(2 * MINUTE);
    let mails = told(&p).await;
    assert_eq!(mails.len(), 1);
    assert_eq!(
        (mails[0].kind.as_str(), mails[0].to.as_str()),
        ("overlap-ends", "ann@acme.example")
    );
    assert!(
        mails[0]
            .text
            .contains("The old SIP password of Desk stops working soon"),
        "{}",
        mails[0].text
    );
    assert!(mails[0].text.contains(&page), "{}", mails[0].text);
    assert_eq!(told(&p).await.len(), 1, "once");
    // One that is used is not told of, nor one that is short.
    let ann = p.signed_in("ann").await;
    ann.post(&format!("{page}/rotate"), &[("overlap_hours", "24")])
        .await
        .leads_to(&page);
    let shown = ann.get(&page).await;
    let (_, rest) = shown.text.split_once("id=\"sip_password\">").expect("the SIP password");
    let new = rest.split('<').next().unwrap_or_default().to_owned();
    assert!(
        TestPhone::with_password(&p, "ann-desk", "acme.example", &new)
            .await
            .is_registered()
            .await
    );
    p.wait(23 * HOUR);
    assert_eq!(told(&p).await.len(), 1);
    let ann = p.signed_in("ann").await;
    ann.post(&format!("{page}/rotate"), &[("overlap_hours", "1")])
        .await
        .leads_to(&page);
    assert_eq!(told(&p).await.len(), 1);
}

async fn who_asked_for_it_is_mailed_that_a_phone_is_offline(p: Portal) {
    let ann = p.signed_in("ann").await;
    let (page, notices) = desk(&p).await;
    ann.get(&page).await.says(200, "When it is offline for ten minutes");
    let mut desk = p.phone("ann-desk", "acme.example").await;
    let mut other = p.phone("ann-softphone", "acme.example").await;
    assert!(desk.is_registered().await && other.is_registered().await);
    ann.post(&notices, &[("mail", "on")]).await.leads_to(&page);
    ann.get(&page).await.says(200, "You get mail about Desk from now on.");
    assert_eq!(p.events("phone-notices").await, 1);
    // Both are gone; the one that nobody asked about is no mail.
    // What is granted is up to a tenth shorter than an hour.
    p.wait(HOUR + 2 * MINUTE);
    assert!(told(&p).await.is_empty(), "gone for a few minutes");
    p.wait(9 * MINUTE);
    let mails = told(&p).await;
    assert_eq!(mails.len(), 1);
    assert!(
        mails[0].text.contains("Your phone Desk is offline."),
        "{}",
        mails[0].text
    );
    p.wait(3 * HOUR);
    assert_eq!(told(&p).await.len(), 1, "once for each time that it is gone");
    assert!(desk.is_registered().await);
    p.wait(HOUR + 11 * MINUTE);
    assert_eq!(told(&p).await.len(), 2);
    // Not any more.
    let ann = p.signed_in("ann").await;
    ann.post(&notices, &[]).await.leads_to(&page);
    ann.get(&page).await.says(200, "You get no mail about Desk any more.");
    assert!(desk.is_registered().await);
    p.wait(2 * HOUR);
    assert_eq!(told(&p).await.len(), 2);
    let gina = p.signed_in("gina").await;
    assert_eq!(gina.post(&notices, &[("mail", "on")]).await.status, 404);
}

async fn a_phone_that_connects_again_and_again_is_told_once_an_hour(p: Portal) {
    let ann = p.signed_in("ann").await;
    let (page, notices) = desk(&p).await;
    ann.post(&notices, &[("mail", "on")]).await.leads_to(&page);
    let connected =
        || query("select cast(coalesce(sum(times), 0) as bigint) from phone_attempts where outcome = 'registered'");
    for times in 1..=6 {
        assert!(told(&p).await.is_empty(), "{times}");
        assert!(p.phone("ann-desk", "acme.example").await.is_registered().await);
        p.until(async || p.count(connected()).await == times).await;
    }
    let mails = told(&p).await;
    assert_eq!(mails.len(), 1);
    assert!(
        mails[0].text.contains("New connections in the hour before: 6"),
        "{}",
        mails[0].text
    );
    assert!(p.phone("ann-desk", "acme.example").await.is_registered().await);
    p.until(async || p.count(connected()).await == 7).await;
    assert_eq!(told(&p).await.len(), 1, "one mail an hour");
}

stories! {
    an_overlap_that_ends_unused_is_told_two_hours_before,
    who_asked_for_it_is_mailed_that_a_phone_is_offline,
    a_phone_that_connects_again_and_again_is_told_once_an_hour,
}
