//! What every page must be as a document: HTML by the standard, as html-validate reads it, and without a dead link.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use crate::testing::chromium::{target, write};
use crate::testing::{Browser, Folder};

/// A page as it came.
pub(super) struct Document {
    pub(super) name: String,
    pub(super) html: String,
    /// Who got it.
    pub(super) browser: Browser,
}

/// Where a page leads to and what it brings, within the portal and as it stands there.
fn addresses(html: &str) -> BTreeSet<String> {
    let of = |attribute: &str| {
        let values = html.split(attribute).skip(1).filter_map(|rest| rest.split('"').next());
        values
            .map(|value| value.replace("&#38;", "&").replace("&amp;", "&"))
            .collect::<Vec<_>>()
    };
    let all = [" href=\"", " src=\"", " srcset=\""].map(of).concat();
    all.into_iter()
        .filter(|address| address.starts_with('#') || address.starts_with('/') && !address.starts_with("//"))
        .collect()
}

fn has_place(html: &str, fragment: &str) -> bool {
    fragment.is_empty() || html.contains(&format!(" id=\"{fragment}\""))
}

/// Links that lead nowhere, and places on pages that are not there.
pub(super) async fn dead_links(documents: &[Document]) -> Vec<String> {
    let (mut dead, mut tried) = (Vec::new(), BTreeSet::new());
    for Document { name, html, browser } in documents {
        for address in addresses(html) {
            let (path, fragment) = address.split_once('#').unwrap_or((&address, ""));
            if path.is_empty() {
                if !has_place(html, fragment) {
                    dead.push(format!("{name}: #{fragment} is not on it"));
                }
                continue;
            }
            // What is the same for everybody is looked at once.
            let who = if path.starts_with("/help") || path.starts_with("/assets/") {
                ""
            } else {
                name
            };
            if !tried.insert((who.to_owned(), address.clone())) {
                continue;
            }
            let answer = browser.copy().get(path).await;
            if answer.status.is_client_error() || answer.status.is_server_error() {
                dead.push(format!("{name}: {path} is answered {}", answer.status));
            } else if answer.status.is_success() && !has_place(&answer.text, fragment) {
                dead.push(format!("{name}: {path} has no #{fragment}"));
            }
        }
    }
    dead
}

/// What html-validate says against them.
pub(super) fn faults(documents: &[Document]) -> String {
    let folder = Folder::new();
    for document in documents {
        write(
            &folder.path().join(format!("{}.html", document.name)),
            document.html.as_bytes(),
        );
    }
    let rules = r#"{ "root": true, "extends": ["html-validate:standard"] }"#;
    write(&folder.path().join(".htmlvalidate.json"), rules.as_bytes());
    let ran = Command::new(installed())
        .args(["--formatter", "text", "."])
        .current_dir(folder.path())
        .output()
        .expect("html-validate runs on Node.js; scripts/test installs both");
    let said = [ran.stdout, ran.stderr].concat();
    if ran.status.success() {
        return String::new();
    }
    String::from_utf8_lossy(&said).into_owned()
}

fn installed() -> PathBuf {
    let path = target().join("tools/node_modules/.bin/html-validate");
    assert!(
        path.is_file(),
        "html-validate is not installed; scripts/test does it, as does: npm install --prefix target/tools html-validate@10"
    );
    path
}

#[test]
fn a_page_leads_where_its_attributes_say() {
    let html = r##"<a href="/phones?a=1&amp;b=2">x</a><a href="https://elsewhere.example">y</a><img src="/a.png">
                  <a class="c" href="#top">z</a><source srcset="/b.webp?v=1">"##;
    let expected = ["#top", "/a.png", "/b.webp?v=1", "/phones?a=1&b=2"].map(str::to_owned);
    assert_eq!(addresses(html), BTreeSet::from(expected));
    assert!(has_place("<p id=\"top\">", "top") && !has_place("<p id=\"topmost\">", "top"));
}
