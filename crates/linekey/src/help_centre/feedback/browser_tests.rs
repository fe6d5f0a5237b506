//! Votes and suggestions in a real browser: in place with script, and without it.

use super::tests::ARTICLE;
use crate::clock::MINUTE;
use crate::testing::chromium::Chromium;
use crate::testing::{Portal, stories};

stories! {
    a_reader_votes_and_suggests_without_leaving_the_article,
    a_reader_without_script_does_the_same,
}

async fn a_reader_votes_and_suggests_without_leaving_the_article(portal: Portal) {
    let reader = Chromium::start(&portal).await;
    reader.open(ARTICLE).await;
    reader.press("Yes").await;
    reader.says("Thank you. It's good to know that this helped.").await;
    reader.has(1, "[value=yes][aria-pressed=true]").await;
    reader.press("No").await;
    reader.says("tell us below what is missing").await;
    reader.has(1, "[value=no][aria-pressed=true]").await;
    reader.has(0, "[value=yes][aria-pressed=true]").await;
    // Whoever was not helped is asked for more there and then.
    reader.type_into("What could be better?", "   ").await;
    portal.wait(MINUTE);
    reader.press("Send suggestion").await;
    reader.says("Write what could be better.").await;
    assert_eq!(reader.attribute("What could be better?", "aria-invalid").await, "true");
    reader.picture(&portal, "feedback-wrong").await;
    reader.type_into("What could be better?", "The third step").await;
    reader.press("Send suggestion").await;
    reader.says("Your suggestion has reached us.").await;
    reader.says_nothing_of("What could be better?").await;
    reader.picture(&portal, "feedback-thanks").await;
    reader.reload().await;
    reader.has(1, "[value=no][aria-pressed=true]").await;
    reader.close().await;

    let olivia = Chromium::start(&portal).await;
    olivia.open("/sign-in").await;
    olivia.type_into("Sign-in name or e-mail", "olivia").await;
    olivia.type_into("Password", "Harbour-Light-4").await;
    olivia.press("Sign in").await;
    olivia.press("Feedback").await;
    olivia.arrives_at("/operator/help").await;
    olivia.says("The third step").await;
    olivia.says("Last 12 weeks: 0 of 1 were helped").await;
    olivia.picture(&portal, "operator-feedback").await;
    olivia.press("Mark as done").await;
    olivia.says("The suggestion is done.").await;
    olivia.close().await;
}

async fn a_reader_without_script_does_the_same(portal: Portal) {
    let reader = Chromium::without_script(&portal).await;
    reader.open(ARTICLE).await;
    reader.press("Yes").await;
    reader.says("Thank you. It's good to know that this helped.").await;
    reader.arrives_at(ARTICLE).await;
    reader.press("Spotted something to improve?").await;
    reader.type_into("What could be better?", "   ").await;
    portal.wait(MINUTE);
    reader.press("Send suggestion").await;
    reader.says("Nothing was saved yet").await;
    reader.type_into("What could be better?", "The third step").await;
    reader.press("Send suggestion").await;
    reader.says("Your suggestion has reached us.").await;
    reader.arrives_at(ARTICLE).await;
    reader.close().await;
}
