//! A provider's help articles: read again on a hangup, and looked at by `linekey doctor`.

use std::time::Duration;

use crate::place::Place;

const INDEX: &str = "+++\ntitle = \"Harbour\"\nsummary = \"Boats.\"\norder = 1\n+++\n";

#[tokio::test]
async fn articles_are_read_again_after_a_hangup_and_doctor_names_what_is_wrong() {
    let place = Place::set_up("help-centre").with("LINEKEY_HELP__FOLDER", "articles");
    let checked = place.refuses(&["doctor"]);
    assert!(
        checked.contains("articles") && checked.contains("help.folder"),
        "{checked}"
    );
    let harbour = place.folder.0.join("articles/harbour");
    std::fs::create_dir_all(&harbour).expect("a folder");
    std::fs::write(harbour.join("index.md"), INDEX).expect("a folder");
    std::fs::write(harbour.join("moor.md"), format!("{INDEX}Once.\n")).expect("a folder");
    std::fs::write(harbour.join("wrong.md"), format!("{INDEX}\n<b>Bold</b>\n")).expect("a folder");
    let checked = place.does(&["doctor"]);
    assert!(checked.contains("1 of them from"), "{checked}");
    assert!(checked.contains("wrong.md, line 7: HTML is not allowed"), "{checked}");

    let server = place.serve().await;
    let page = format!("{}/help/harbour/moor", server.portal);
    let says = async |text: &str| {
        let page = reqwest::get(&page).await.expect("the portal answers").text().await;
        page.expect("text").contains(text)
    };
    assert!(says("Once.").await);
    std::fs::write(harbour.join("moor.md"), format!("{INDEX}Twice.\n")).expect("a folder");
    assert!(says("Once.").await, "nobody said so yet");
    server.signal("-HUP");
    for _ in 0..200 {
        if says("Twice.").await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(says("Twice.").await);
    std::fs::remove_dir_all(place.folder.0.join("articles")).expect("it was there");
    server.signal("-HUP");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(says("Twice.").await, "what was there before stays");
    let log = server.terminate_and_tell();
    assert!(log.contains("the help folder cannot be read"), "{log}");
    assert!(log.contains("HTML is not allowed"), "{log}");
}
