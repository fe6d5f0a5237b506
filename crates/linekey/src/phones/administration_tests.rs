//! Stories of administrators who help with somebody's phone, on its page.

use super::rotation_tests::{OLD, comes_to, desk};
use crate::clock::MINUTE;
use crate::db::query;
use crate::testing::{Browser, Portal, stories};

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
        .says(200, "Adam Alder removed a phone of Ann Archer");
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

stories!(
    an_administrator_helps_with_a_phone_on_its_page,
    a_while_later_they_say_who_they_are_and_lose_nothing,
    nobody_else_sees_or_touches_it,
);
