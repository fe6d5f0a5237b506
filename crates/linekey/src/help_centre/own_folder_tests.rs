//! A provider's own articles: added, in the place of ours, read again, and gone.

use super::articles::gather::{File, Files};
use super::articles::{Library, gather};
use super::samples::{self, put, with_articles};
use crate::testing::{Folder, Portal, stories};

stories!(
    a_provider_adds_articles_and_changes_them_while_the_server_runs,
    a_folder_that_disappears_takes_nothing_with_it,
    pictures_are_what_their_content_says,
);

async fn a_provider_adds_articles_and_changes_them_while_the_server_runs(p: Portal) {
    let (p, folder) = with_articles(p).await;
    let stranger = p.browser();
    stranger
        .get("/help/harbour/read-the-tide")
        .await
        .says(200, "twice a day");
    let thrice = samples::TIDE.replace("twice", "thrice");
    put(folder.path(), "harbour/read-the-tide.md", thrice);
    put(
        folder.path(),
        "harbour/new.md",
        "+++\ntitle = \"New\"\nsummary = \"S\"\norder = 0\n+++\nNewt.\n",
    );
    stranger
        .get("/help/harbour/read-the-tide")
        .await
        .says(200, "twice a day");
    p.app.help.read_again();
    stranger
        .get("/help/harbour/read-the-tide")
        .await
        .says(200, "thrice a day");
    stranger.get("/help/harbour/new").await.says(200, "Newt.");
    stranger.get("/help/search?q=newt").await.says(200, "/help/harbour/new");
    stranger.get("/sitemap.xml").await.says(200, "/help/harbour/new");
    std::fs::remove_file(folder.path().join("harbour/new.md")).expect("it was there");
    p.app.help.read_again();
    stranger.get("/help/harbour/new").await.says(404, "not here");
}

async fn a_folder_that_disappears_takes_nothing_with_it(p: Portal) {
    let (p, folder) = with_articles(p).await;
    let stranger = p.browser();
    stranger.get("/help/harbour/moor-a-boat").await.says(200, "Moor a boat");
    std::fs::remove_dir_all(folder.path()).expect("it was there");
    p.app.help.read_again();
    stranger.get("/help/harbour/moor-a-boat").await.says(200, "Moor a boat");
    let picture = stranger.get("/help/harbour/moor-a-boat/rope.light.png").await;
    assert_eq!(picture.status, 200, "its pictures too");
    // A server that starts without it has what comes with the product.
    let p = p.restart().await;
    let stranger = p.browser();
    stranger.get("/help/harbour/moor-a-boat").await.says(404, "not here");
    stranger.get("/help").await.says(200, "How can we help?");
    samples::write(folder.path());
    p.app.help.read_again();
    stranger.get("/help/harbour/moor-a-boat").await.says(200, "Moor a boat");
}

async fn pictures_are_what_their_content_says(p: Portal) {
    let (p, folder) = with_articles(p).await;
    let stranger = p.browser();
    let page = "/help/harbour/moor-a-boat";
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>";
    for (content, kind) in [
        (svg.as_bytes().to_vec(), None),
        (b"<html><script>alert(1)</script>".to_vec(), None),
        (b"GIF89a\x01\0\x01\0\0\0\0".to_vec(), None),
        (b"".to_vec(), None),
        (vec![b'x'; 2 << 20], None),
        (samples::png(), Some("image/png")),
        (
            b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0".to_vec(),
            Some("image/webp"),
        ),
    ] {
        let shown = String::from_utf8_lossy(&content[..content.len().min(20)]).into_owned();
        put(folder.path(), "harbour/moor-a-boat.rope.light.png", content);
        p.app.help.read_again();
        let text = stranger.get(page).await.text;
        let light = text.split("<img src=\"").nth(1).and_then(|rest| rest.split('"').next());
        let light = light.expect("the picture of the other scheme, at least");
        assert_eq!(light.contains("rope.light."), kind.is_some(), "{shown}: {light}");
        if let Some(kind) = kind {
            assert_eq!(stranger.get(light).await.header("content-type"), kind);
        } else {
            assert_eq!(
                stranger.get("/help/harbour/moor-a-boat/rope.light.png").await.status,
                404,
                "{shown}"
            );
            let told = p
                .app
                .help
                .library()
                .problems
                .iter()
                .any(|problem| problem.file.ends_with("rope.light.png"));
            assert!(told, "{shown}");
        }
    }
    std::fs::remove_file(folder.path().join("harbour/moor-a-boat.rope.dark.png")).expect("it was there");
    std::fs::remove_file(folder.path().join("harbour/moor-a-boat.rope.light.png")).expect("it was there");
    p.app.help.read_again();
    let text = stranger.get(page).await.text;
    assert!(
        !text.contains("<picture>") && text.contains("<a href=\"/phones\">Open this page</a>"),
        "{text}"
    );
    put(folder.path(), "harbour/moor-a-boat.rope.png", samples::png());
    p.app.help.read_again();
    stranger.get(page).await.says(200, "rope.light.png");
}

fn files(all: &[(&str, &str)]) -> Files {
    let file = |text: &str, path: &str| File {
        bytes: text.as_bytes().to_vec().into(),
        shown: path.to_owned(),
    };
    all.iter()
        .map(|(path, text)| ((*path).to_owned(), file(text, path)))
        .collect()
}

#[test]
fn a_providers_article_stands_in_the_place_of_ours_unless_it_is_wrong() {
    let article = |title: &str| format!("+++\ntitle = \"{title}\"\nsummary = \"S\"\norder = 1\n+++\n");
    let (index, ours, theirs) = (article("Index"), article("Ours"), article("Theirs"));
    let all = files(&[("a/index.md", &index), ("a/b.md", &ours), ("a/c.md", &ours)]);
    let title = |own: &Files| {
        let library = Library::of(own, &all, Vec::new());
        let title = library.article("a", "b").expect("one of the two").title.clone();
        (title, library.articles().count(), library.problems.len())
    };
    assert_eq!(title(&Files::new()), ("Ours".to_owned(), 2, 0));
    assert_eq!(title(&files(&[("a/b.md", &theirs)])), ("Theirs".to_owned(), 2, 0));
    assert_eq!(title(&files(&[("a/b.md", "nothing")])), ("Ours".to_owned(), 2, 1));
    let named = files(&[("a/index.md", &theirs), ("a/d.md", &theirs)]);
    assert_eq!(title(&named), ("Ours".to_owned(), 3, 0));
    let library = Library::of(&files(&[("new/x.md", &theirs), ("a/note.docx", "")]), &all, Vec::new());
    assert!(library.category("new").is_none() && library.categories.len() == 1);
    let told: Vec<_> = library.problems.iter().map(ToString::to_string).collect();
    assert!(
        told[0].contains("new/index.md") && told[0].contains("title, summary and order"),
        "{told:?}"
    );
    assert!(told[1].contains("a/note.docx"), "{told:?}");
    let bad_name = Library::of(&files(&[("a/Bad Name.md", &theirs)]), &all, Vec::new());
    assert!(bad_name.problems[0].what.contains("a-z, 0-9 and -"));
}

#[cfg(unix)]
#[test]
fn links_of_the_file_system_are_not_followed() {
    use std::os::unix::fs::symlink;
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    samples::write(folder.path());
    samples::write(elsewhere.path());
    put(elsewhere.path(), "secret.md", samples::TIDE);
    symlink(
        elsewhere.path().join("secret.md"),
        folder.path().join("harbour/secret.md"),
    )
    .expect("a link");
    symlink(elsewhere.path().join("harbour"), folder.path().join("linked")).expect("a link");
    symlink("/nowhere", folder.path().join("harbour/lost.md")).expect("a link");
    put(folder.path(), "README.md", "for ourselves");
    put(folder.path(), "harbour/.hidden.md", "x");
    put(folder.path(), "search/index.md", "x");
    put(folder.path(), "Upper/index.md", "x");
    put(folder.path(), "loose.md", "x");
    put(folder.path(), "harbour/deeper/x.md", "x");
    let (files, problems) = gather::of_folder(folder.path()).expect("a folder");
    assert_eq!(files.len(), 6, "{:?}", files.keys());
    assert!(
        files
            .keys()
            .all(|path| path.starts_with("harbour/") && !path.contains("secret"))
    );
    let why = |end: &str| {
        let found = problems.iter().find(|problem| problem.file.ends_with(end));
        found.map(|problem| problem.what.clone()).unwrap_or_default()
    };
    for link in ["harbour/secret.md", "linked", "harbour/lost.md"] {
        assert!(why(link).contains("symbolic link"), "{link}: {problems:?}");
    }
    assert!(
        why("search").contains("not \"search\"") && why("Upper").contains("a-z"),
        "{problems:?}"
    );
    assert!(
        why("loose.md").contains("CATEGORY/ARTICLE.md") && why("deeper").contains("no folders"),
        "{problems:?}"
    );
    assert_eq!(problems.len(), 7, "{problems:?}");
    assert!(gather::of_folder(&folder.path().join("gone")).is_err());
}
