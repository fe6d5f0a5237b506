//! Stories of administrators who help with somebody's phone, on its page.

use super::rotation_tests::{OLD, comes_to, desk, orders_are_done};
use crate::clock::MINUTE;
use crate::db::query;
use crate::testing::{Browser, Portal, TestPhone, stories};

/// The page of Ann, and of her desk phone within it.
async fn pages(p: &Portal) -> (String, String) {
    let desk = query("select id, user_id from phones where sip_name = 'ann-desk'");
    let (phone, user): (String, String) = desk.one(&p.app.db).await.expect("Ann's desk phone");
    let person = format!("/admin/users/{user}");
    let page = format!("{person}/phones/{phone}");
    (person, page)
}

/// Where one of its forms goes.
fn form(page: &str, act: &str) -> String {
    let ids = page
        .strip_prefix("/admin/users/")
        .and_then(|rest| rest.split_once("/phones/"));
    let (user, phone) = ids.expect("a phone of somebody");
    match act {
        "rotate" => format!("/admin/users/{user}/phones/{phone}/rotate"),
        "disconnect" => format!("/admin/users/{user}/phones/{phone}/disconnect"),
        "allow" => format!("/admin/users/{user}/phones/{phone}/allow"),
        _ => format!("/admin/users/{user}/phones/{phone}/remove"),
    }
}

async fn rotated(adam: &Browser, page: &str, fields: &[(&str, &str)]) -> String {
    adam.post(&form(page, "rotate"), fields).await.leads_to(page);
    let shown = adam.get(page).await;
    shown.says(200, "It is not shown again");
    let (_, rest) = shown.text.split_once("id=\"sip_password\">").expect("the SIP password");
    rest.split('<').next().unwrap_or_default().to_owned()
}

async fn an_administrator_helps_with_a_phone_on_its_page(p: Portal) {
    let (person, page) = pages(&p).await;
    let adam = p.signed_in("adam").await;
    adam.get(&person)
        .await
        .says(200, &format!("<a href=\"{page}\">Desk</a>"));
    let mut phone = desk(&p, OLD).await;
    assert!(phone.is_registered().await);
    comes_to(&p, 1).await;
    let shown = adam.get(&page).await;
    shown.says(200, "Phone of Ann Archer");
    shown.says(200, "Registered now");
    shown.says(200, "Test phone 1.0");
    assert!(
        !shown.text.contains("/notices"),
        "what Ann is mailed about is hers to say"
    );
    let new = rotated(&adam, &page, &[("overlap_hours", "24")]).await;
    assert!(phone.is_registered().await, "the overlap has begun");
    let mut renewed = desk(&p, &new).await;
    assert!(renewed.is_registered().await);
    assert_eq!(phone.register().await.status, 401);
    let wrong = [("overlap_hours", "999")];
    adam.post(&form(&page, "rotate"), &wrong).await.says(422, "168");
    let block = [("block", "on")];
    adam.post(&form(&page, "disconnect"), &block).await.leads_to(&page);
    adam.get(&page).await.says(200, "Desk is disconnected");
    assert_eq!(renewed.register().await.status, 401);
    adam.post(&form(&page, "allow"), &[]).await.leads_to(&page);
    // Two seconds after it was shut out it is let in.
    orders_are_done(&p).await;
    p.wait(3_000);
    assert!(renewed.is_registered().await);
    adam.post(&form(&page, "remove"), &[]).await.leads_to(&person);
    adam.get(&person).await.says(200, "Desk is removed");
    adam.get(&page).await.says(404, "Nothing is here");
    assert_eq!(renewed.register().await.status, 401);
    for kind in ["phone-rotate", "phone-disconnect", "phone-allow", "phone-remove"] {
        assert_eq!(p.events(kind).await, 1, "{kind}");
    }
    adam.get("/admin/audit")
        .await
        .says(200, "Adam Alder removed a phone of Ann Archer")
        .says(200, "<bdi>Desk · adam@acme.example");
}

async fn a_while_later_they_say_who_they_are_and_lose_nothing(p: Portal) {
    let (_, page) = pages(&p).await;
    let adam = p.signed_in("adam").await;
    p.wait(6 * MINUTE);
    adam.get(&page).await.says(200, "Your own password");
    for (act, fields) in [
        ("rotate", &[("overlap_hours", "0")][..]),
        ("disconnect", &[("block", "on")]),
        ("remove", &[]),
    ] {
        let path = form(&page, act);
        adam.post(&path, fields).await.says(422, "Enter your own password");
        let guess = [fields, &[("your_password", "wrong")]].concat();
        adam.post(&path, &guess)
            .await
            .says(422, "That is not your own password");
    }
    assert!(desk(&p, OLD).await.is_registered().await, "nothing was done");
    let proven = [("overlap_hours", "0"), ("your_password", "Harbour-Light-1")];
    let new = rotated(&adam, &page, &proven).await;
    assert!(desk(&p, &new).await.is_registered().await);
    assert_eq!(p.events("phone-rotate").await, 1);
}

async fn nobody_else_sees_or_touches_it(p: Portal) {
    let (person, page) = pages(&p).await;
    let softphone = query("select id from phones where sip_name = 'gina-desk'");
    let (ginas,): (String,) = softphone.one(&p.app.db).await.expect("Gina's phone");
    let elsewhere = format!("{person}/phones/{ginas}");
    let acts = ["rotate", "disconnect", "allow", "remove"];
    let gus = p.signed_in("gus").await;
    let adam = p.signed_in("adam").await;
    for (browser, page) in [
        (&gus, &page),
        (&adam, &elsewhere),
        (&adam, &format!("{person}/phones/x")),
    ] {
        browser.get(page).await.says(404, "Nothing is here");
        for act in acts {
            let answer = browser.post(&form(page, act), &[("overlap_hours", "0")]).await;
            answer.says(404, "Nothing is here");
        }
    }
    let bob = p.signed_in("bob").await;
    bob.get(&page).await.says(403, "");
    for act in acts {
        bob.post(&form(&page, act), &[("overlap_hours", "0")])
            .await
            .says(403, "");
    }
    assert!(desk(&p, OLD).await.is_registered().await, "nothing was done");
}

/// The address of the form that adds a phone for a person.
fn adding(person: &str) -> String {
    let user = person.rsplit('/').next().expect("an id");
    format!("/admin/users/{user}/phones")
}

/// Sends the form that adds a phone, and reads the SIP password on the page that it leads to.
async fn added(adam: &Browser, person: &str, fields: &[(&str, &str)]) -> (String, String) {
    let answer = adam.post(&adding(person), fields).await;
    let page = answer.location().to_owned();
    assert!(page.starts_with(&format!("{person}/phones/")), "{} {page}", answer.text);
    let shown = adam.get(&page).await;
    shown.says(200, "It is not shown again");
    let (_, rest) = shown.text.split_once("id=\"sip_password\">").expect("the SIP password");
    (page, rest.split('<').next().unwrap_or_default().to_owned())
}

async fn an_administrator_adds_a_phone_for_somebody(p: Portal) {
    let (person, _) = pages(&p).await;
    let adam = p.signed_in("adam").await;
    adam.get(&person).await.says(200, "It becomes a phone of Ann Archer.");
    let (page, sip_password) = added(&adam, &person, &[("label", " Kitchen "), ("extension", "")]).await;
    let again = adam.get(&page).await;
    again.says(200, "Phone of Ann Archer");
    assert!(!again.text.contains(&sip_password), "shown once");
    let mut kitchen = TestPhone::with_password(&p, "ann-kitchen", "acme.example", &sip_password).await;
    assert!(kitchen.is_registered().await);
    let chosen = query("select count(*) as count from phones where sip_name = 'ann-kitchen' and extension = '201'");
    assert_eq!(p.count(chosen).await, 1, "hers, since none was chosen");
    added(&adam, &person, &[("label", "Jetty"), ("extension", "333")]).await;
    let chosen = query("select count(*) as count from phones where sip_name = 'ann-jetty' and extension = '333'");
    assert_eq!(p.count(chosen).await, 1);
    let ann = p.signed_in("ann").await;
    ann.get("/phones").await.says(200, "Kitchen");
    assert_eq!(p.events("phone-add").await, 2);
    adam.get("/admin/audit")
        .await
        .says(200, "Adam Alder added a phone for Ann Archer");
}

async fn a_phone_that_cannot_be_added_for_somebody_is_said_at_the_field(p: Portal) {
    let (person, _) = pages(&p).await;
    let adam = p.signed_in("adam").await;
    let form = adding(&person);
    for (label, extension, field, text) in [
        ("", "", "label", "Name the phone."),
        ("Desk", "", "label", "Ann Archer has a phone called Desk already."),
        ("Kitchen", "12a", "extension", "Use digits only"),
    ] {
        let fields = [("label", label), ("extension", extension)];
        let refused = adam.post(&form, &fields).await;
        refused.says(422, text);
        assert!(refused.text.contains(&format!("id=\"{field}-error\"><p>")), "{label:?}");
        assert!(
            refused.text.contains(&format!("value=\"{extension}\"")),
            "what was typed is kept"
        );
    }
    p.wait(6 * MINUTE);
    let later = adam.post(&form, &[("label", "Kitchen")]).await;
    later
        .says(422, "Enter your own password")
        .says(422, "value=\"Kitchen\"");
    let guess = [("label", "Kitchen"), ("your_password", "wrong")];
    adam.post(&form, &guess)
        .await
        .says(422, "That is not your own password");
    let gus = p.signed_in("gus").await;
    gus.post(&form, &[("label", "Kitchen")])
        .await
        .says(404, "Nothing is here");
    let bob = p.signed_in("bob").await;
    bob.post(&form, &[("label", "Kitchen")]).await.says(403, "");
    assert_eq!(p.events("phone-add").await, 0, "nothing was done");
    let proven = [("label", "Kitchen"), ("your_password", "Harbour-Light-1")];
    added(&adam, &person, &proven).await;
}

stories!(
    an_administrator_adds_a_phone_for_somebody,
    a_phone_that_cannot_be_added_for_somebody_is_said_at_the_field,
    an_administrator_helps_with_a_phone_on_its_page,
    a_while_later_they_say_who_they_are_and_lose_nothing,
    nobody_else_sees_or_touches_it,
);
