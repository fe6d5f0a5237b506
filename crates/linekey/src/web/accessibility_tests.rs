//! What assistive technology is told of the pages where somebody changes or resets a password or looks after a phone:
//! `accessibility/<page>.txt` holds the tree of each. `UPDATE_TREES=1` writes them anew; read what changed.

use std::path::Path;

use crate::testing::chromium::Chromium;
use crate::testing::scene::{Scene, Who};

const PAGES: [(&str, &str, Who); 5] = [
    ("sign-in", "/sign-in", Who::Nobody),
    ("reset", "/reset-password", Who::Nobody),
    ("sent", "/reset-password/sent", Who::Nobody),
    ("settings", "/account/settings", Who::User),
    ("phones", "/phones", Who::User),
];

#[expect(clippy::disallowed_methods, reason = "a switch for tests alone")]
fn is_written() -> bool {
    std::env::var("UPDATE_TREES").is_ok_and(|value| value == "1")
}

async fn is_told_as_before(scene: &Scene, browser: &Chromium, name: &str) {
    browser.says_instead(&scene.instead()).await;
    let tree = browser.accessibility_tree().await;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/web/accessibility/{name}.txt"));
    if is_written() {
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder of ours");
        std::fs::write(&file, &tree).expect("a file of ours");
    }
    let before = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(tree, before, "{name}: UPDATE_TREES=1 writes what is right now");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_assistive_technology_is_told_changes_by_intent_alone() {
    let scene = Scene::new().await;
    let browser = Chromium::start(&scene.portal).await;
    let link = scene.link("/reset-password/", "office@acme.example").await;
    browser.open(&link).await;
    is_told_as_before(&scene, &browser, "reset-new").await;
    let mut signed_in = Who::Nobody;
    for (name, path, who) in PAGES {
        if who != signed_in {
            browser.becomes(&scene.browser(who)).await;
            signed_in = who;
        }
        browser.open(path).await;
        is_told_as_before(&scene, &browser, name).await;
    }
    browser.press("Desk").await;
    is_told_as_before(&scene, &browser, "phone").await;
    // What is wrong is told at its field, and gathered at the top, where the focus is.
    browser.open("/account/settings").await;
    browser.type_into("New password", "lantern").await;
    browser.type_into("Confirm new password", "lantern").await;
    browser.press("Save new password").await;
    browser.says("Nothing was saved yet").await;
    is_told_as_before(&scene, &browser, "settings-error").await;
    browser.close().await;
}
