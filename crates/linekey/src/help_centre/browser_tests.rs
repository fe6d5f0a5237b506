//! The help centre in a real browser: searched while typing, a question opened by its link, shared, printed, without script.

use super::samples::with_articles;
use crate::testing::chromium::Chromium;
use crate::testing::{Portal, stories};

stories!(
    somebody_searches_while_typing_reads_and_shares,
    everything_works_without_script,
);

async fn somebody_searches_while_typing_reads_and_shares(p: Portal) {
    let (p, _folder) = with_articles(p).await;
    let reader = Chromium::start(&p).await;
    reader.open("/sign-in").await;
    reader.picture(&p, "help-sign-in").await;
    reader.press("Help").await;
    reader.arrives_at("/help").await;
    reader.picture(&p, "help-front").await;
    reader.type_into("Search the help", "kestr").await;
    reader.says("Does the kestrel on the mast matter?").await;
    reader.arrives_at("/help").await;
    reader.picture(&p, "help-found-typing").await;
    reader.press("Does the kestrel on the mast matter?").await;
    reader.arrives_at("/help/harbour/moor-a-boat").await;
    reader.says("It leaves by itself when Quayside closes.").await;
    reader.says_nothing_of("Then you get wet.").await;
    reader.picture(&p, "help-article").await;
    reader.press("Share").await;
    reader.says("Send by e-mail").await;
    reader.says("Copy link").await;
    reader.picture(&p, "help-article-share").await;
    reader.open("/help/harbour").await;
    reader.says("Boats, ropes and water.").await;
    reader.picture(&p, "help-category").await;
    reader.open("/help/harbour/moor-a-baot").await;
    reader.says("You may be looking for").await;
    reader.picture(&p, "help-nowhere").await;
    reader.open("/help/search?q=zzzyzx").await;
    reader.says("Nothing about").await;
    reader.picture(&p, "help-found-nothing").await;
    for article in p.app.help.library().articles().filter(|article| !article.own) {
        reader.open(&article.address()).await;
        reader
            .picture(&p, &format!("help-{}-{}", article.category, article.name))
            .await;
    }
    reader.open("/help/harbour/tie-a-knot").await;
    reader.prints_on_one_sheet(&p, "help-printed").await;
    reader.close().await;

    let adam = Chromium::start(&p).await;
    adam.sign_in("adam").await;
    adam.picture(&p, "help-header-administrator").await;
    adam.open("/help/harbour/moor-a-boat").await;
    adam.picture(&p, "help-article-signed-in").await;
    adam.close().await;
}

async fn everything_works_without_script(p: Portal) {
    let (p, _folder) = with_articles(p).await;
    let reader = Chromium::without_script(&p).await;
    reader.open("/help").await;
    reader.type_into("Search the help", "kestrel").await;
    reader.press("Search").await;
    reader.arrives_at("/help/search").await;
    reader.press("Does the kestrel on the mast matter?").await;
    reader.arrives_at("/help/harbour/moor-a-boat").await;
    reader.press("Share").await;
    reader.says("Send by e-mail").await;
    reader.says("/help/harbour/moor-a-boat").await;
    reader.says_nothing_of("Copy link").await;
    reader.press("What if it's raining?").await;
    reader.says("Then you get wet.").await;
    reader.close().await;
}
