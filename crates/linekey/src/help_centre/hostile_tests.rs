//! What an article may not be: each is refused with its line and what would be right, and takes no other with it.

use super::articles::Library;
use super::articles::gather::{File, Files};
use super::samples;
use crate::testing::{Portal, stories};

const FRONT: &str = "+++\ntitle = \"T\"\nsummary = \"S\"\norder = 1\n+++\n";

/// A category with one right article and this one.
fn library(article: &str) -> Library {
    let right = samples::TIDE.as_bytes();
    let texts = [
        ("harbour/index.md", FRONT.as_bytes()),
        ("harbour/read-the-tide.md", right),
        ("harbour/wrong.md", article.as_bytes()),
    ];
    let files: Files = texts
        .into_iter()
        .map(|(path, bytes)| {
            let bytes = bytes.to_vec().into();
            let shown = path.to_owned();
            (path.to_owned(), File { bytes, shown })
        })
        .collect();
    Library::of(&files, &Files::new(), Vec::new())
}

/// Checks that the article stays out, for this reason in this line, and the other one stays.
#[track_caller]
fn refused(article: &str, line: usize, why: &str) {
    let library = library(article);
    let told: Vec<_> = library.problems.iter().map(ToString::to_string).collect();
    assert!(
        library.article("harbour", "wrong").is_none(),
        "{article}: it was let in"
    );
    assert!(library.article("harbour", "read-the-tide").is_some(), "{article}");
    let expected = format!("harbour/wrong.md, line {line}: ");
    let found = told
        .iter()
        .any(|told| told.starts_with(&expected) && told.contains(why));
    assert!(found, "{article}: no \"{expected}..{why}\" in {told:#?}");
}

#[test]
fn front_matter_that_is_wrong_is_told_with_its_line_and_what_is_allowed() {
    refused("", 1, "front matter is missing");
    refused("# Just a title\n", 1, "front matter is missing");
    refused("+++\ntitle = \"T\"\n", 1, "front matter is missing");
    refused("+++\ntitle = \"T\"\nsumary = \"S\"\norder = 1\n+++\n", 3, "summary");
    refused("+++\ntitle = \"T\"\norder = 1\n+++\n", 2, "summary");
    refused(
        "+++\ntitle = \"T\"\nsummary = \"S\"\norder = \"first\"\n+++\n",
        4,
        "expected u32",
    );
    refused("+++\ntitle = T\nsummary = \"S\"\norder = 1\n+++\n", 2, "");
    refused(
        "+++\ntitle = \"\"\nsummary = \"S\"\norder = 1\n+++\n",
        2,
        "1 to 90 characters",
    );
    refused(
        "+++\ntitle = \"T\"\nsummary = \"{{portal-name}}\"\norder = 1\n+++\n",
        3,
        "stand in the text",
    );
    let with = |more: &str| format!("+++\ntitle = \"T\"\nsummary = \"S\"\norder = 1\n{more}\n+++\n");
    refused(&with("audience = \"children\""), 5, "administrators");
    refused(&with("related = [\"moor.md\"]"), 5, "CATEGORY/ARTICLE");
    refused(&with("[pictures.save]\npage = \"/phones\""), 5, "as = ");
    refused(
        &with("[pictures.save]\npage = \"//evil.example\"\nas = \"user\"\ncontrol = \"a\""),
        5,
        "page = ",
    );
    refused(
        &with("[pictures.save]\npage = \"/phones\"\nas = \"robot\"\ncontrol = \"a\""),
        7,
        "operator",
    );
    refused(&with("[pictures.save]\nclick = \"a\""), 6, "control");
    refused(&with("[pictures.\"a/b\"]"), 2, "a-z, 0-9 and -");
}

#[test]
fn html_scripts_and_pictures_from_elsewhere_are_refused_with_their_line() {
    let after = |text: &str| format!("{FRONT}\nFine.\n\n{text}\n");
    for html in [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<p>a paragraph</p>",
        "before <b>bold</b>",
        "<!-- nothing -->",
        "<svg onload=alert(1)>",
        "> <iframe src=\"https://evil.example\"></iframe>",
        "- item\n  <style>p{}</style>",
    ] {
        let line = if html.starts_with("- item") { 10 } else { 9 };
        refused(&after(html), line, "HTML is not allowed");
    }
    for link in [
        "[a](javascript:alert(1))",
        "[a](JavaScript:alert(1))",
        "[a](data:text/html,x)",
        "[a](//evil.example)",
        "[a](/\\\\evil.example)",
        "[a](vbscript:x)",
        "[a](other-article.md)",
        "<javascript:alert(1)>",
        "[a][b]\n\n[b]: javascript:alert(1)",
        "[a](&#106;avascript:alert(1))",
    ] {
        refused(&after(link), 9, "begins with none of");
    }
    for picture in [
        "![a](https://evil.example/a.png)",
        "![a](//evil.example/a.png)",
        "![a](data:image/png;base64,AAAA)",
        "![a](/help/harbour/moor-a-boat/rope.light.png)",
        "![a](save)",
        "![a]()",
    ] {
        refused(&after(picture), 9, "is not in the front matter");
    }
    refused(&after("# A title"), 9, "# is not used");
    refused(&after("A title\n======="), 9, "# is not used");
    refused(&after("{{nothing}}"), 9, "there is no value {{nothing}}");
    refused(&after("It is {{password-rules}} here."), 9, "stands alone");
    refused(&after("- {{settings}}"), 9, "stands alone");
    refused(&after("## How {{settings}}"), 9, "stands alone");
    refused(
        &after("## Questions and answers\n\n### Is it {{settings}}?\n\nYes."),
        11,
        "stands alone",
    );
    refused(
        &after("## Questions and answers\n\n### Is it?\n\nYes: {{settings}}"),
        13,
        "stands alone",
    );
    refused(&after("[a](/phones '{{support}}')"), 9, "title of a link");
    refused(&after("[a]({{portal-address}})"), 9, "begins with none of");
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let article = format!("{FRONT}<b>one</b>\n\n[two](javascript:x)\n\n![three](x)\n");
    let lines: Vec<_> = library(&article)
        .problems
        .iter()
        .filter_map(|problem| problem.line)
        .collect();
    assert_eq!(lines, [6, 6, 8, 10], "both tags of the first");
}

#[test]
fn what_looks_like_markup_and_is_none_is_text() {
    let article = format!(
        "{FRONT}Is 1 < 2 & 3 > 2? `<script>` and\n\n```\n<script>alert(1)</script>\n```\n\n\\<b\\> &lt;i&gt; \u{e000}x\u{e001} <svg/onload=alert(1)>\n"
    );
    let library = library(&article);
    assert_eq!(library.problems, []);
    let intro = &library.article("harbour", "wrong").expect("an article").intro;
    assert!(
        intro.contains("1 &lt; 2 &amp; 3 &gt; 2") && intro.contains("&lt;b&gt; &lt;i&gt; x"),
        "{intro}"
    );
    assert!(
        !intro.contains("<script") && !intro.contains("<b>") && !intro.contains("<svg"),
        "{intro}"
    );
}

#[test]
fn headings_that_are_alike_have_links_of_their_own() {
    let article = format!("{FRONT}## Main\n\na\n\n## Main\n\nb\n\n## \u{2603}\n\n## It's {{{{portal-name}}}}\n");
    let library = library(&article);
    let ids = |library: &Library| -> Vec<String> {
        let article = library.article("harbour", "wrong").expect("an article");
        article.sections.iter().map(|section| section.id.clone()).collect()
    };
    assert_eq!(ids(&library), ["main-2", "main-3", "part", "its"]);
}

stories!(an_article_with_errors_stays_out_and_the_rest_stays_up);

async fn an_article_with_errors_stays_out_and_the_rest_stays_up(p: Portal) {
    let (p, folder) = samples::with_articles(p).await;
    let stranger = p.browser();
    samples::put(
        folder.path(),
        "harbour/moor-a-boat.md",
        format!("{FRONT}<script>alert(1)</script>"),
    );
    samples::put(folder.path(), "harbour/read-the-tide.md", b"+++\n\xff\xfe\n+++\n");
    p.app.help.read_again();
    stranger.get("/help/harbour/moor-a-boat").await.says(404, "not here");
    stranger.get("/help/harbour/read-the-tide").await.says(404, "not here");
    stranger
        .get("/help/harbour/tie-a-knot")
        .await
        .says(200, "Take the lantern first");
    let front = stranger.get("/help").await;
    front.lacks("moor-a-boat").says(200, "tie-a-knot");
    let told: Vec<_> = p.app.help.library().problems.iter().map(ToString::to_string).collect();
    assert!(
        told.iter().any(|told| told.contains("moor-a-boat.md, line 6: HTML")),
        "{told:?}"
    );
    assert!(
        told.iter()
            .any(|told| told.contains("read-the-tide.md, line 2: these bytes")),
        "{told:?}"
    );
    assert!(
        told.iter()
            .any(|told| told.contains("related: there is no article harbour/moor-a-boat")),
        "{told:?}"
    );
}
