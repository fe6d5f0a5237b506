//! Stories of `/operator/help`: what operators see, and what they do.

use super::answer::{Answered, answer};
use super::done::{Marked, mark};
use super::suggestion_tests::suggests;
use super::tests::ARTICLE;
use crate::clock::{DAY, MINUTE};
use crate::db::query;
use crate::error::Error;
use crate::testing::{Portal, stories};
use crate::users::Actor;

const PAGE: &str = "/operator/help";

async fn vote(p: &Portal, helpful: &str) {
    let path = format!("{ARTICLE}/vote");
    assert_eq!(p.browser().post(&path, &[("helpful", helpful)]).await.status, 303);
}

/// The only suggestion, or the one that says so.
async fn id_of(p: &Portal, text: &str) -> String {
    let found = query("select id from help_suggestions where text = $1").bind(text);
    let (id,): (String,) = found.one(&p.app.db).await.expect("a suggestion");
    id
}

async fn an_operator_sees_whom_each_article_helped_week_by_week(p: Portal) {
    let olivia = p.signed_in("olivia").await;
    olivia
        .get(PAGE)
        .await
        .says(200, "Nobody has voted yet.")
        .says(200, "There is nothing here.");
    for helpful in ["no", "no", "no", "no"] {
        vote(&p, helpful).await;
    }
    p.wait(100 * DAY);
    for helpful in ["yes", "yes", "no"] {
        vote(&p, helpful).await;
    }
    p.wait(7 * DAY);
    vote(&p, "yes").await;
    let olivia = p.signed_in("olivia").await;
    let page = olivia.get(PAGE).await;
    page.says(200, "Last 12 weeks: 3 of 4 were helped (75%)");
    page.says(200, "In all: 3 of 8 (38%)");
    page.says(200, &format!("<a href=\"{ARTICLE}\">"));
    for bar in [
        "<rect x=\"80\" y=\"0\" width=\"6\" height=\"14\"/>",
        "<rect class=\"bad\" x=\"80\" y=\"15\" width=\"6\" height=\"7\"/>",
        "<rect x=\"88\" y=\"7\" width=\"6\" height=\"7\"/>",
    ] {
        page.says(200, bar);
    }
    assert_eq!(page.text.matches("width=\"6\"").count(), 3);
    assert!(p.statements_of(&olivia, PAGE).await <= 3);
}

async fn suggestions_come_newest_first_twenty_a_page(p: Portal) {
    for number in 0..22 {
        let add = query(
            "insert into help_suggestions (id, form, category, article, text, created_at)
             values ($1, $1, 'passwords', 'change-your-password', $2, cast($3 as bigint))",
        );
        let id = format!("0198c0de-0000-7000-8000-0000000001{number:02}");
        p.alter(add.bind(id).bind(format!("text-{number:02}.")).bind(number))
            .await;
    }
    let olivia = p.signed_in("olivia").await;
    let page = olivia.get(PAGE).await;
    let first = page.text.find("text-21.").expect("the newest");
    assert!(first < page.text.find("text-20.").expect("the next"));
    page.says(200, "text-02.").lacks("text-01.");
    let next = page
        .text
        .split("href=\"")
        .find(|link| link.contains("before="))
        .expect("a next page");
    let next = next.split(['"', '#']).next().expect("an address");
    // The entity of an ampersand has a number sign itself.
    let next = format!(
        "{}&before=0198c0de-0000-7000-8000-000000000102",
        next.split('&').next().expect("a path")
    );
    let page = olivia.get(&next).await;
    page.says(200, "text-01.")
        .says(200, "text-00.")
        .says(200, "First page")
        .lacks("text-02.");
}

async fn an_operator_is_done_with_a_suggestion_and_that_is_on_record(p: Portal) {
    suggests(&p, "First", "").await;
    suggests(&p, "Second", "").await;
    let olivia = p.signed_in("olivia").await;
    let done = format!("/operator/help/{}/done", id_of(&p, "First").await);
    olivia.post(&done, &[]).await.leads_to(PAGE);
    olivia
        .get(PAGE)
        .await
        .says(200, "The suggestion is done.")
        .says(200, "Second")
        .lacks("First<");
    olivia
        .get("/operator/help?state=done")
        .await
        .says(200, "First<")
        .lacks("Second<");
    olivia
        .get("/operator/help?state=all")
        .await
        .says(200, "First<")
        .says(200, "Second<");
    assert_eq!(p.events("suggestion-done").await, 1);
    olivia.post(&done, &[]).await.leads_to(PAGE);
    olivia.get(PAGE).await.says(200, "somebody else was faster");
    assert_eq!(p.events("suggestion-done").await, 1);
    // From the part of the list where it was chosen, and back there.
    olivia
        .get("/operator/help?state=all")
        .await
        .says(200, "/done?state=all\"");
    olivia
        .post(&format!("{done}?state=all"), &[("state", "open")])
        .await
        .leads_to("/operator/help?state=all");
    olivia
        .get(PAGE)
        .await
        .says(200, "The suggestion is open again.")
        .says(200, "First<");
    assert_eq!(p.events("suggestion-reopen").await, 1);
    let nobodys = format!("{PAGE}/0198c0de-0000-7000-8000-000000000000/done");
    olivia.post(&nobodys, &[]).await.leads_to(PAGE);
    assert_eq!(p.events("suggestion-done").await, 1);
}

async fn an_answer_is_mailed_once_to_the_address_that_came_with_the_suggestion(p: Portal) {
    suggests(&p, "Buy at https://evil.example", "reader@home.example").await;
    suggests(&p, "No address", "").await;
    let olivia = p.signed_in("olivia").await;
    let page = olivia.get(PAGE).await;
    assert_eq!(page.text.matches("Send answer").count(), 1, "where there is an address");
    let act = format!(
        "/operator/help/{}/answer",
        id_of(&p, "Buy at https://evil.example").await
    );
    olivia.post(&act, &[("answer", " \n ")]).await.leads_to(PAGE);
    olivia.get(PAGE).await.says(200, "the answer was empty");
    olivia
        .post(&act, &[("answer", &"x".repeat(4_001))])
        .await
        .leads_to(PAGE);
    olivia.get(PAGE).await.says(200, "the answer was too long");
    let text = "Thank you.\r\n\r\nIt is <b>better</b> now.";
    olivia.post(&act, &[("answer", text)]).await.leads_to(PAGE);
    let page = olivia.get(PAGE).await;
    page.says(200, "The answer is on its way.")
        .says(200, "Answered:")
        .lacks("Send answer");
    let mails = p.mails(1).await;
    let mail = &mails[0];
    assert_eq!(
        (mail.kind.as_str(), mail.to.as_str()),
        ("suggestion-answer", "reader@home.example")
    );
    assert_eq!(mail.subject, "Quayside: about your suggestion");
    for said in [
        "Thank you.\n\nIt is <b>better</b> now.",
        "Olivia Quay (Quayside) answers",
        "- Article: Change your password",
        "/help/passwords/change-your-password",
    ] {
        assert!(mail.text.contains(said), "{said}: {}", mail.text);
    }
    assert!(
        !mail.html.contains("<b>better") && !mail.text.contains("evil.example"),
        "{}",
        mail.html
    );
    olivia.post(&act, &[("answer", "Again")]).await.leads_to(PAGE);
    olivia
        .get(PAGE)
        .await
        .says(200, "Nothing was sent: the suggestion was answered before");
    let without = format!("/operator/help/{}/answer", id_of(&p, "No address").await);
    olivia.post(&without, &[("answer", "Hello")]).await.leads_to(PAGE);
    assert_eq!(p.events("suggestion-answer").await, 1);
    assert_eq!(p.count(query("select count(*) as count from outbox")).await, 1);
    olivia.get("/operator/mail").await.says(200, "Answer to a suggestion");
}

async fn votes_and_suggestions_are_exported_and_hold_no_formula(p: Portal) {
    vote(&p, "yes").await;
    suggests(
        &p,
        "=HYPERLINK(\"https://evil.example\")\nand more",
        "reader@home.example",
    )
    .await;
    let olivia = p.signed_in("olivia").await;
    let votes = olivia.get("/operator/help/export/votes.csv").await;
    let day = crate::when::exact(p.app.clock.now())[..10].to_owned();
    let lines: Vec<_> = votes.text.split("\r\n").collect();
    assert_eq!(lines[0], "\"day\",\"article\",\"helpful\",\"not_helpful\"");
    assert_eq!(
        lines[1],
        format!("\"{day}\",\"passwords/change-your-password\",\"1\",\"0\"")
    );
    assert_eq!(
        votes.header("content-disposition"),
        "attachment; filename=\"votes.csv\""
    );
    assert_eq!(votes.header("content-type"), "text/csv; charset=utf-8");
    let suggestions = olivia.get("/operator/help/export/suggestions.csv").await;
    let text = "\"'=HYPERLINK(\"\"https://evil.example\"\")\nand more\",\"reader@home.example\",\"\",\"\",\"\"\r\n";
    assert!(suggestions.text.ends_with(text), "{}", suggestions.text);
    assert_eq!(p.events("feedback-export").await, 2);
    assert_eq!(olivia.get("/operator/help/export/users.csv").await.status, 404);
    assert_eq!(p.events("feedback-export").await, 2);
}

async fn nobody_but_an_operator_sees_or_does_anything(p: Portal) {
    suggests(&p, "Mine", "reader@home.example").await;
    let id = id_of(&p, "Mine").await;
    for name in ["ann", "adam"] {
        let browser = p.signed_in(name).await;
        for page in [
            PAGE,
            "/operator/help/export/suggestions.csv",
            "/operator/help/export/votes.csv",
        ] {
            browser.get(page).await.says(403, "").lacks("reader@home.example");
        }
        for act in ["done", "answer"] {
            let path = format!("{PAGE}/{id}/{act}");
            assert_eq!(
                browser.post(&path, &[("answer", "x")]).await.status,
                403,
                "{name} {act}"
            );
        }
    }
    let stranger = p.browser();
    assert!(stranger.get(PAGE).await.location().starts_with("/sign-in"));

    // Between the door and the act the session may end, or its owner be somebody else.
    let me = p.who(&p.signed_in("olivia").await).await;
    let Actor::Person(person) = me.actor() else {
        panic!("she is signed in");
    };
    p.alter(query("update users set role = 'administrator' where name = 'olivia'"))
        .await;
    let marked = mark(&p.app, me.actor(), &id, true).await.expect("an answer");
    assert_eq!(marked, Marked::Forbidden);
    let answered = answer(&p.app, person, &id, "x").await.expect("an answer");
    assert_eq!(answered, Answered::Forbidden);
    p.alter(query("update users set role = 'operator' where name = 'olivia'"))
        .await;
    p.alter(query("delete from sessions")).await;
    let ended = answer(&p.app, person, &id, "x").await;
    assert!(matches!(ended, Err(Error::SessionEnded)), "{ended:?}");
    let ended = mark(&p.app, me.actor(), &id, true).await;
    assert!(matches!(ended, Err(Error::SessionEnded)), "{ended:?}");
    for kind in ["suggestion-done", "suggestion-answer", "feedback-export"] {
        assert_eq!(p.events(kind).await, 0, "{kind}");
    }
    p.wait(MINUTE);
    assert_eq!(p.count(query("select count(*) as count from outbox")).await, 0);
}

stories!(
    an_operator_sees_whom_each_article_helped_week_by_week,
    suggestions_come_newest_first_twenty_a_page,
    an_operator_is_done_with_a_suggestion_and_that_is_on_record,
    an_answer_is_mailed_once_to_the_address_that_came_with_the_suggestion,
    votes_and_suggestions_are_exported_and_hold_no_formula,
    nobody_but_an_operator_sees_or_does_anything,
);
