//! Stories of suggestions: what people write, and what is sent by nobody.

use super::tests::{ARTICLE, behind_a_proxy, from_address};
use super::{About, DONE_KEPT, OPEN_KEPT, form_token, sweep};
use crate::clock::{DAY, MINUTE, SECOND};
use crate::db::query;
use crate::testing::{Answer, Browser, Portal, stories};
use crate::web::form::encode;

const SHOWN: &str = "/help/passwords/change-your-password#feedback";
const PATH: &str = "/help/passwords/change-your-password/suggest";
pub(super) const ABOUT: About<'_> = About {
    category: "passwords",
    article: "change-your-password",
};

/// The token of a form that was open for a while.
pub(super) fn form(p: &Portal) -> String {
    let token = form_token(&p.app, ABOUT);
    p.wait(10 * SECOND);
    token
}

async fn sends(browser: &Browser, token: &str, text: &str, email: &str) -> Answer {
    let fields = [("form", token), ("text", text), ("email", email), ("website", "")];
    browser.post(PATH, &fields).await
}

/// A suggestion that is taken.
pub(super) async fn suggests(p: &Portal, text: &str, email: &str) {
    sends(&p.browser(), &form(p), text, email).await.leads_to(SHOWN);
}

/// The texts that were kept, in the order they came.
async fn kept(p: &Portal) -> Vec<String> {
    let rows = query("select text from help_suggestions order by id");
    let rows: Vec<(String,)> = rows.all(&p.app.db).await.expect("rows");
    rows.into_iter().map(|(text,)| text).collect()
}

/// The value of the token in a page.
fn token_in(page: &Answer) -> String {
    let (_, rest) = page.text.split_once("name=\"form\" value=\"").expect("a form");
    rest.split('"').next().unwrap_or_default().to_owned()
}

async fn what_somebody_writes_is_kept_as_it_is_and_stays_text(p: Portal) {
    let visitor = p.browser();
    let page = visitor.get(ARTICLE).await;
    page.says(200, "Spotted something to improve?");
    p.wait(MINUTE);
    let text = "Step 3 <script>alert(1)</script>\r\n<a href=\"https://evil.example\">win</a> https://evil.example\u{202e}\u{0007}";
    sends(&visitor, &token_in(&page), text, "reader@home.example")
        .await
        .leads_to(SHOWN);
    visitor.get(ARTICLE).await.says(200, "Your suggestion has reached us.");
    visitor.get(ARTICLE).await.lacks("has reached us");
    let written = "Step 3 <script>alert(1)</script>\n<a href=\"https://evil.example\">win</a> https://evil.example";
    assert_eq!(kept(&p).await, [written]);
    let p = p.restart().await;
    let page = p.signed_in("olivia").await.get("/operator/help").await;
    page.says(200, "reader@home.example").says(200, "https://evil.example");
    assert!(
        !page.text.contains("<script>alert") && !page.text.contains("href=\"https://evil"),
        "{}",
        page.text
    );
    assert_eq!(page.text.matches("https://evil.example").count(), 2, "as text");
}

async fn whoever_is_wrong_is_told_so_and_loses_nothing(p: Portal) {
    let visitor = p.browser();
    let long = "x".repeat(2_001);
    let empty = sends(&visitor, &form(&p), " \r\n ", "").await;
    assert_eq!(
        (empty.status.as_u16(), empty.at_field("feedback-text")),
        (422, "<p>Write what could be better.</p>".to_owned())
    );
    let answer = sends(&visitor, &form(&p), &long, "no address").await;
    answer.says(422, "That is one character too many.").says(422, &long);
    assert_eq!(
        answer.at_field("feedback-email"),
        "<p>Enter an address such as ann@acme.example, or none.</p>"
    );
    answer.says(422, "value=\"no address\"");
    assert_eq!(kept(&p).await, Vec::<String>::new());
    // A browser ends lines with two characters, and counts one.
    let lines = "12345678\n".repeat(222);
    let token = token_in(&answer);
    sends(&visitor, &token, &lines.replace('\n', "\r\n"), "")
        .await
        .leads_to(SHOWN);
    assert_eq!(kept(&p).await, [lines.trim_end()]);
    let as_script = from_address(&visitor, PATH, "", &format!("text=&form={}", form(&p))).await;
    let told: serde_json::Value = serde_json::from_str(&as_script.text).expect("JSON");
    assert_eq!(
        (as_script.status.as_u16(), &told["errors"][0]["field"]),
        (422, &serde_json::json!("feedback-text"))
    );
    let ann = p.signed_in("ann").await;
    sends(&ann, "", "x", "")
        .await
        .says(422, "Account Settings")
        .says(422, "Back to the article");
    assert_eq!(
        visitor
            .post("/help/passwords/nothing/suggest", &[("text", "x")])
            .await
            .status,
        404
    );
}

async fn a_megabyte_is_refused_clearly_and_nothing_is_kept(p: Portal) {
    let visitor = p.browser();
    let megabyte = "x".repeat(1_000_000);
    let refused = sends(&visitor, &form(&p), &megabyte, "").await;
    refused.says(413, "That is too much at once");
    refused.says(413, "shorten what you entered");
    let body = format!("form={}&text={megabyte}", form(&p));
    let as_script = from_address(&visitor, PATH, "", &body).await;
    as_script.says(413, "\"title\":");
    assert!(as_script.header("content-type").contains("json"));
    assert_eq!(kept(&p).await, Vec::<String>::new());
}

async fn what_fills_in_forms_by_itself_gets_nothing_through(p: Portal) {
    let robot = p.browser();
    sends(&robot, "", "buy", "").await.says(422, "open for very long");
    let forged = data_encoding::BASE64URL_NOPAD.encode(&[7; 60]);
    sends(&robot, &forged, "buy", "").await.says(422, "open for very long");
    let good = form(&p);
    let fields = [
        ("form", good.as_str()),
        ("text", "buy"),
        ("website", "https://evil.example"),
    ];
    let filled = robot.post(PATH, &fields).await;
    filled
        .says(422, "A field that people do not see was filled in")
        .lacks("evil.example");
    let elsewhere = About {
        category: "phones",
        article: "your-phones",
    };
    let other = form_token(&p.app, elsewhere);
    p.wait(MINUTE);
    sends(&robot, &other, "buy", "").await.says(422, "open for very long");

    // Too early, it is good in a moment; a day later it is not any more, and the page has a new one.
    let quick = form_token(&p.app, ABOUT);
    let early = sends(&robot, &quick, "buy", "").await;
    early.says(422, "That was very quick").says(422, ">\nbuy</textarea>");
    assert_eq!(token_in(&early), quick);
    let late = form_token(&p.app, ABOUT);
    p.wait(DAY);
    let over = sends(&robot, &late, "buy", "").await;
    over.says(422, "open for very long");
    assert_eq!(kept(&p).await, Vec::<String>::new());
    p.wait(3 * SECOND);
    sends(&robot, &token_in(&over), "It is me", "").await.leads_to(SHOWN);
    // A form is good once, whoever sends it again.
    for _ in 0..5 {
        sends(&p.browser(), &token_in(&over), "buy", "").await.leads_to(SHOWN);
    }
    assert_eq!(kept(&p).await, ["It is me"]);
}

async fn there_is_a_budget_for_a_network_and_one_for_all(p: Portal) {
    let p = behind_a_proxy(p).await;
    let visitor = p.browser();
    let body = |p: &Portal| format!("form={}&text=Better", encode(&form_token(&p.app, ABOUT)));
    let send = async |address: &str| {
        let body = body(&p);
        p.wait(3 * SECOND);
        from_address(&visitor, PATH, address, &body).await
    };
    for number in 0..15 {
        let answer = send("198.51.100.7").await;
        assert_eq!(answer.status.as_u16(), if number < 10 { 200 } else { 429 }, "{number}");
    }
    let answer = send("198.51.100.7").await;
    answer.says(429, "Many suggestions came in today. Try again in 24 hours.");
    // What one network is refused takes nothing from the others.
    for network in 1..50 {
        for _ in 0..10 {
            assert_eq!(send(&format!("203.0.113.{network}")).await.status, 200, "{network}");
        }
    }
    assert_eq!(kept(&p).await.len(), 500);
    send("203.0.113.99").await.says(429, "Many suggestions came in today.");
    p.wait(DAY);
    assert_eq!(send("198.51.100.7").await.status, 200);
    assert_eq!(kept(&p).await.len(), 501);
}

async fn old_suggestions_go(p: Portal) {
    p.without_jobs();
    suggests(&p, "open", "").await;
    suggests(&p, "done", "").await;
    p.alter(query("update help_suggestions set done_at = $1 where text = 'done'").bind(p.app.clock.now()))
        .await;
    p.wait(DONE_KEPT - MINUTE);
    sweep(&p.app).await.expect("a database");
    assert_eq!(kept(&p).await, ["open", "done"]);
    p.wait(2 * MINUTE);
    crate::jobs::sweep(&p.app).await.expect("a database");
    assert_eq!(kept(&p).await, ["open"]);
    p.wait(OPEN_KEPT - DONE_KEPT - 3 * MINUTE);
    sweep(&p.app).await.expect("a database");
    assert_eq!(kept(&p).await, ["open"]);
    p.wait(3 * MINUTE);
    sweep(&p.app).await.expect("a database");
    assert_eq!(kept(&p).await, Vec::<String>::new());
}

stories!(
    what_somebody_writes_is_kept_as_it_is_and_stays_text,
    whoever_is_wrong_is_told_so_and_loses_nothing,
    a_megabyte_is_refused_clearly_and_nothing_is_kept,
    what_fills_in_forms_by_itself_gets_nothing_through,
    there_is_a_budget_for_a_network_and_one_for_all,
    old_suggestions_go,
);
