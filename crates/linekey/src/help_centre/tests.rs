//! Stories about reading the help centre.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;

use super::articles::Library;
use super::samples::with_articles;
use crate::db::query;
use crate::testing::{Answer, Browser, Portal, stories};

stories!(
    an_article_shows_steps_pictures_questions_and_what_is_true_here,
    who_is_signed_in_reads_the_rules_of_their_account,
    the_front_and_a_category_lead_to_every_article,
    the_search_finds_what_was_begun_and_what_was_misspelt,
    what_is_searched_for_is_never_markup,
    an_address_that_leads_nowhere_suggests_what_was_meant,
    search_engines_are_told_of_steps_and_questions,
    search_engines_are_told_of_every_article_and_nothing_else,
    a_picture_is_kept_by_browsers_until_it_changes,
    everybody_finds_the_help_in_the_header,
    a_page_leads_to_the_article_that_explains_it,
    no_page_of_the_help_centre_is_heavy_or_asks_the_database_much,
);

async fn read(browser: &Browser, page: &str) -> Answer {
    let answer = browser.get(page).await;
    assert_eq!(answer.status, 200, "{page}: {}", answer.text);
    let content_policy = answer.header("content-security-policy");
    assert!(content_policy.contains("default-src 'none'"), "{page}");
    let inline = ["<script>", " style=", "onclick", "javascript:"];
    assert!(!inline.iter().any(|bad| answer.text.contains(bad)), "{page}");
    assert!(
        !answer.text.contains(['\u{e000}', '\u{e001}']) && !answer.text.contains("{{"),
        "{page}"
    );
    answer
}

async fn an_article_shows_steps_pictures_questions_and_what_is_true_here(p: Portal) {
    let (p, _folder) = with_articles(p).await;
    let stranger = p.browser();
    let page = read(&stranger, "/help/harbour/moor-a-boat").await;
    for part in [
        "<h1>Moor a boat</h1>",
        "<p class=\"lead\">How to bring a boat to the quay and keep it there.</p>",
        "Every boat of Quayside has a place.",
        "<a href=\"mailto:support@quayside.example\">support@quayside.example</a>",
        "<h2 id=\"bring-her-in\">Bring her in</h2>",
        "<a href=\"#bring-her-in\">Bring her in</a>",
        "within 60 minutes.",
        "<li>At least 8 characters</li>",
        "Your administrator may ask for more.",
        "<a href=\"/help\">Or ask support@quayside.example</a>",
        "<td><code>ferries</code>",
        "linekey doctor &lt;place&gt;",
        "<details class=\"question\" id=\"does-the-kestrel-on-the-mast-matter\">",
        "<a href=\"#what-if-its-raining\">",
        "when Quayside closes",
        "<a href=\"/help/harbour/tie-a-knot\">Tie a knot</a>",
        "mailto:?subject=Moor%20a%20boat&#38;body=http%3A//localhost",
    ] {
        assert!(page.text.contains(part), "no {part} in {}", page.text);
    }
    let picture = page.text.split("<picture>").nth(1).expect("a picture");
    assert!(
        picture.contains("width=\"800\" height=\"400\" loading=\"lazy\""),
        "{picture}"
    );
    assert!(
        picture.contains("srcset=\"/help/harbour/moor-a-boat/rope.dark.png?v="),
        "{picture}"
    );
    assert!(picture.contains("media=\"(prefers-color-scheme: dark)\""), "{picture}");
    assert!(
        picture.contains("alt=\"The list of boats of support@quayside.example, with &quot;Moor&quot; outlined\""),
        "{picture}"
    );
    assert!(
        picture.contains("</picture><a href=\"/phones\">Open this page</a>"),
        "{picture}"
    );
    let knot = read(&stranger, "/help/harbour/tie-a-knot").await;
    knot.says(200, "For administrators");
    // A single section needs no table of contents, and none at all neither.
    let tide = read(&stranger, "/help/harbour/read-the-tide").await;
    tide.lacks("On this page");
    page.says(200, "On this page");

    let p = p
        .restart_with(|config| config.brand.support_email = String::new())
        .await;
    let page = read(&p.browser(), "/help/harbour/moor-a-boat").await;
    page.says(200, "Ask your administrator for yours");
    let p = p
        .restart_with(|config| config.brand.support_phone = "+44 20 7946 0000".to_owned())
        .await;
    let page = read(&p.browser(), "/help/harbour/moor-a-boat").await;
    page.says(200, "Ask +44 20 7946 0000 for yours");
}

async fn who_is_signed_in_reads_the_rules_of_their_account(p: Portal) {
    let (p, _folder) = with_articles(p).await;
    let ann = p.signed_in("ann").await;
    let page = read(&ann, "/help/harbour/moor-a-boat").await;
    page.says(200, "ann@acme.example").says(200, "At least 8 characters");
    page.lacks("Your administrator may ask for more.");
    let p = p
        .restart_with(|config| config.password.policy = crate::config::Profile::Standards)
        .await;
    let page = read(&p.browser(), "/help/harbour/moor-a-boat").await;
    page.says(200, "At least 15 characters").lacks("At least 8 characters");
}

async fn the_front_and_a_category_lead_to_every_article(p: Portal) {
    let (p, _folder) = with_articles(p).await;
    let stranger = p.browser();
    let front = read(&stranger, "/help").await;
    let library = p.app.help.library();
    assert!(library.articles().count() >= 3);
    for article in library.articles() {
        assert!(
            front.text.contains(&format!("href=\"{}\"", article.address())),
            "{}",
            article.path()
        );
        read(&stranger, &article.address()).await;
    }
    let category = read(&stranger, "/help/harbour").await;
    for part in [
        "<h1>Harbour</h1>",
        "Boats, ropes and water.",
        "/help/harbour/read-the-tide\"",
        "When there is water, and when there is mud.",
    ] {
        assert!(category.text.contains(part), "no {part} in {}", category.text);
    }
}

/// The addresses of the articles that a search finds, in their order.
async fn found(browser: &Browser, question: &str) -> Vec<String> {
    let page = read(
        browser,
        &format!("/help/search?q={}", crate::web::form::encode(question)),
    )
    .await;
    let hits = page.text.split("<ol class=\"hits\">").nth(1).unwrap_or_default();
    let hits = hits.split("<h2><a href=\"").skip(1);
    hits.filter_map(|hit| hit.split('"').next())
        .map(str::to_owned)
        .collect()
}

async fn the_search_finds_what_was_begun_and_what_was_misspelt(p: Portal) {
    let (p, _folder) = with_articles(p).await;
    let stranger = p.browser();
    let moor = "/help/harbour/moor-a-boat";
    for question in [
        "kestrel",
        "KESTRELS",
        "kest",
        "kestrle",
        "boat moor",
        "kestrel's mast",
        "moor a boat",
    ] {
        assert_eq!(
            found(&stranger, question).await.first().map(String::as_str),
            Some(moor),
            "{question}"
        );
    }
    assert_eq!(
        found(&stranger, "what is a kestrel").await,
        [moor],
        "small words find nothing"
    );
    assert_eq!(found(&stranger, "lantern").await, ["/help/harbour/tie-a-knot"]);
    assert_eq!(
        found(&stranger, "mud").await,
        ["/help/harbour/read-the-tide"],
        "summaries count"
    );
    assert_eq!(
        found(&stranger, "tide knot").await.len(),
        3,
        "any of the words is enough"
    );
    let page = read(&stranger, "/help/search?q=kestrel").await;
    assert!(
        page.text.contains("<mark>kestrel</mark>") || page.text.contains("#does-the-kestrel"),
        "{}",
        page.text
    );
    assert!(
        page.text
            .contains(&format!("{moor}#does-the-kestrel-on-the-mast-matter"))
    );
    page.says(200, "1 article")
        .says(200, "It leaves by itself when Quayside closes.");
    let nothing = read(&stranger, "/help/search?q=zzzyzx").await;
    nothing.says(200, "Nothing about “zzzyzx”").says(200, "/help/");
    assert!(
        nothing.text.contains("class=\"tiles\""),
        "something to read all the same"
    );
    let misspelt = read(&stranger, "/help/search?q=reed+teh+tyde+tabel").await;
    misspelt.says(200, "/help/harbour/read-the-tide");
    stranger.get("/help/search?q=").await.leads_to("/help");
    stranger.get("/help/search").await.leads_to("/help");
}

async fn what_is_searched_for_is_never_markup(p: Portal) {
    let (p, _folder) = with_articles(p).await;
    let stranger = p.browser();
    let page = read(&stranger, "/help/search?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%20x").await;
    assert!(!page.text.contains("<script>alert"), "{}", page.text);
    let long = "kestrel+".repeat(5_000);
    let page = stranger.get(&format!("/help/search?q={long}")).await;
    assert!(page.status == 200 && page.text.len() < 50_000, "{}", page.status);
    assert_eq!(stranger.get("/help/search?q=a&q=b").await.status, 400);
    assert_eq!(stranger.get("/help/search?q=%00").await.status, 400);
    for odd in ["%F0%9F%90%A6", "...", "%E2%80%99", "a", "%20%20b%20"] {
        read(&stranger, &format!("/help/search?q={odd}")).await;
    }
}

async fn an_address_that_leads_nowhere_suggests_what_was_meant(p: Portal) {
    let (p, _folder) = with_articles(p).await;
    let stranger = p.browser();
    for lost in [
        "/help/harbour/moor-a-baot",
        "/help/harbour/moor-boat",
        "/help/elsewhere/moor-a-boat",
        "/help/moor_a_boat",
        "/help/harbour/moor-a-boat/more/and/more/moor-a-boat",
        "/help/harbour/boat-mooring",
        "/help/harbour/moor-a-boat.html",
    ] {
        let page = stranger.get(lost).await;
        page.says(404, "This article is not here")
            .says(404, "href=\"/help/harbour/moor-a-boat\"");
        let first = page.text.split("class=\"tiles\"").nth(1).expect("suggestions");
        let first = first.split("href=\"").nth(1).unwrap_or_default();
        assert!(first.starts_with("/help/harbour/moor-a-boat\""), "{lost}: {first}");
    }
    let page = stranger.get("/help/%3Cscript%3E/x").await;
    assert!(page.status == 404 && !page.text.contains("<script>"), "{}", page.text);
    for (typed, meant) in [
        ("/help/", "/help"),
        ("/help/harbour/", "/help/harbour"),
        ("/help/harbour/moor-a-boat/", "/help/harbour/moor-a-boat"),
        ("/help/Harbour/Moor-a-boat", "/help/harbour/moor-a-boat"),
    ] {
        let answer = stranger.get(typed).await;
        assert_eq!((answer.status.as_u16(), answer.location()), (308, meant), "{typed}");
    }
    let ann = p.signed_in("ann").await;
    ann.get("/help/nothing/here").await.says(404, "ann@acme.example");
    stranger.get("/helpless").await.says(404, "Nothing is here");
}

/// The block of data in a page.
fn structured(page: &Answer) -> Vec<Value> {
    let (_, data) = page
        .text
        .split_once("<script type=\"application/ld+json\">")
        .expect("structured data");
    let data = data.split("</script>").next().unwrap_or_default();
    let whole: Value = serde_json::from_str(data).expect("JSON");
    assert_eq!(whole["@context"], "https://schema.org");
    whole["@graph"].as_array().expect("a graph").clone()
}

async fn search_engines_are_told_of_steps_and_questions(p: Portal) {
    let (p, _folder) = with_articles(p).await;
    let stranger = p.browser();
    let of = |graph: &[Value], kind: &str| graph.iter().find(|node| node["@type"] == kind).cloned();
    let graph = structured(&read(&stranger, "/help/harbour/moor-a-boat").await);
    let how = of(&graph, "HowTo").expect("steps");
    assert_eq!(how["name"], "Moor a boat");
    let steps = how["step"].as_array().expect("steps");
    let texts: Vec<_> = steps.iter().map(|step| step["text"].as_str().expect("text")).collect();
    assert_eq!(
        texts,
        [
            "Open Phones.",
            "Throw the rope. Not at anybody. Or ask support@quayside.example.",
            "Tie a knot within 60 minutes."
        ]
    );
    assert_eq!(steps[0]["@type"], "HowToStep");
    assert_eq!(
        stranger.get("/help/harbour/moor-a-boat/rope.light.png").await.status,
        200
    );
    let asked = of(&graph, "FAQPage").expect("questions");
    let questions = asked["mainEntity"].as_array().expect("questions");
    assert_eq!(questions.len(), 2);
    assert_eq!(questions[0]["name"], "Does the kestrel on the mast matter?");
    let answer = &questions[0]["acceptedAnswer"];
    assert_eq!(answer["text"], "No. It leaves by itself when Quayside closes.");
    let crumbs = of(&graph, "BreadcrumbList").expect("where it is");
    assert_eq!(crumbs["itemListElement"][2]["name"], "Moor a boat");

    let graph = structured(&read(&stranger, "/help/harbour/tie-a-knot").await);
    let how = of(&graph, "HowTo").expect("steps");
    assert_eq!(how["step"][1]["@type"], "HowToSection");
    assert_eq!(
        how["step"][1]["itemListElement"][0]["text"],
        "Do the same, but quicker."
    );
    let graph = structured(&read(&stranger, "/help/harbour/read-the-tide").await);
    assert!(of(&graph, "HowTo").is_none() && of(&graph, "FAQPage").is_none());
    for article in p.app.help.library().articles() {
        structured(&read(&stranger, &article.address()).await);
    }
}

async fn search_engines_are_told_of_every_article_and_nothing_else(p: Portal) {
    let (p, _folder) = with_articles(p).await;
    let stranger = p.browser();
    let answer = stranger.get("/sitemap.xml").await;
    assert!(answer.header("content-type").starts_with("application/xml"));
    let xml = roxmltree::Document::parse(&answer.text).expect("XML");
    let places: BTreeSet<String> = xml
        .descendants()
        .filter(|node| node.has_tag_name(("http://www.sitemaps.org/schemas/sitemap/0.9", "loc")))
        .filter_map(|node| node.text().map(str::to_owned))
        .collect();
    let origin = p.app.config.portal.public_url.origin();
    for article in p.app.help.library().articles() {
        assert!(
            places.contains(&format!("{origin}{}", article.address())),
            "{}",
            article.path()
        );
    }
    for place in places {
        let path = place.strip_prefix(origin).expect("an address of ours");
        assert!(path == "/help" || path.starts_with("/help/"), "{path}");
        let page = read(&stranger, path).await;
        assert!(
            page.text
                .contains(&format!("<link rel=\"canonical\" href=\"{place}\">")),
            "{path}"
        );
    }
}

async fn a_picture_is_kept_by_browsers_until_it_changes(p: Portal) {
    let (p, folder) = with_articles(p).await;
    let stranger = p.browser();
    let page = read(&stranger, "/help/harbour/moor-a-boat").await;
    let source = |page: &Answer| {
        let source = page
            .text
            .split("<img src=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        source.expect("a picture").to_owned()
    };
    let shown = source(&page);
    let picture = stranger.get(&shown).await;
    assert_eq!(picture.status, 200);
    assert_eq!(picture.header("content-type"), "image/png");
    assert_eq!(picture.header("x-content-type-options"), "nosniff");
    assert_eq!(picture.header("cache-control"), "public, max-age=31536000, immutable");
    let bare = "/help/harbour/moor-a-boat/rope.light.png";
    assert_eq!(stranger.get(bare).await.header("cache-control"), "no-cache");
    let tag = picture.header("etag").to_owned();
    for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
        let again = stranger
            .send(Method::GET, bare, &[("if-none-match", &known)], None)
            .await;
        assert!(again.status == 304 && again.text.is_empty(), "{known}");
        assert_eq!(again.header("etag"), tag);
    }
    let other = stranger
        .send(Method::GET, bare, &[("if-none-match", "\"x\"")], None)
        .await;
    assert_eq!(other.status, 200);
    let head = stranger.send(Method::HEAD, bare, &[], None).await;
    assert!(head.status == 200 && head.text.is_empty());
    for missing in [
        "rope.light.webp",
        "rope.png",
        "rope",
        "other.light.png",
        "rope.light.png.exe",
    ] {
        let path = format!("/help/harbour/moor-a-boat/{missing}");
        assert_eq!(stranger.get(&path).await.status, 404, "{missing}");
    }

    let mut changed = super::samples::png();
    changed.extend_from_slice(b"changed");
    super::samples::put(folder.path(), "harbour/moor-a-boat.rope.light.png", changed);
    p.app.help.read_again();
    let now = source(&read(&stranger, "/help/harbour/moor-a-boat").await);
    assert_ne!(now, shown, "another picture has another address");
    let old = stranger.get(&shown).await;
    assert!(
        old.status == 200 && old.header("cache-control") == "no-cache",
        "never the new one under the old tag for good"
    );
}

async fn everybody_finds_the_help_in_the_header(p: Portal) {
    let link = "href=\"/help\"";
    for page in ["/sign-in", "/reset-password", "/help", "/nothing-here"] {
        p.browser()
            .get(page)
            .await
            .plain()
            .contains(link)
            .then_some(())
            .expect(page);
    }
    for (name, page) in [
        ("ann", "/phones"),
        ("adam", "/admin/users"),
        ("olivia", "/operator/accounts"),
    ] {
        let browser = p.signed_in(name).await;
        browser.get(page).await.says(200, link);
        browser.get("/help").await.says(200, "aria-current=\"page\">Help");
    }
    let bob = p.signed_in("bob").await;
    p.alter(query("update users set must_change_at = 1 where name = 'bob'"))
        .await;
    bob.get("/account/settings").await.says(200, link);
    bob.get("/help").await.says(200, "How can we help?");
}

async fn a_page_leads_to_the_article_that_explains_it(p: Portal) {
    let folder = crate::testing::Folder::new();
    for (_, path) in crate::routes::ARTICLES {
        let path = path.split('#').next().expect("a path");
        let (category, _) = path.split_once('/').expect("a path");
        let front = format!("+++\ntitle = \"About {path}\"\nsummary = \"x\"\norder = 1\n+++\n");
        super::samples::put(folder.path(), &format!("{category}/index.md"), &front);
        super::samples::put(folder.path(), &format!("{path}.md"), &front);
    }
    let own = folder.path().to_owned();
    let p = p.restart_with(|config| config.help.folder = own).await;
    let (ann, adam, olivia) = (
        p.signed_in("ann").await,
        p.signed_in("adam").await,
        p.signed_in("olivia").await,
    );
    let phone = ann.get("/phones").await.id_after("/phones/");
    let person = format!("0{}", adam.get("/admin/users").await.id_after("href=\"/admin/users/0"));
    let stranger = p.browser();
    for (browser, page, path) in [
        (&stranger, "/sign-in", "passwords/reset-your-password"),
        (&stranger, "/reset-password/sent", "passwords/the-mail-did-not-arrive"),
        (&ann, "/account/settings", "passwords/change-your-password"),
        (&ann, "/account/sessions", "passwords/sessions-and-this-wasnt-me"),
        (&ann, &format!("/phones/{phone}"), "phones/your-phones"),
        (&adam, "/admin/users", "passwords/set-a-password-for-someone-else"),
        (
            &adam,
            &format!("/admin/users/{person}"),
            "passwords/set-a-password-for-someone-else",
        ),
        (&olivia, "/operator/mail", "passwords/the-mail-did-not-arrive"),
    ] {
        let answer = browser.get(page).await;
        let link = format!("<a href=\"/help/{path}\">How this works: About {path}</a>");
        assert!(answer.plain().contains(&link), "{page}: no {link} in {}", answer.text);
        read(browser, &format!("/help/{path}")).await;
    }
    stranger.get("/help").await.lacks("How this works");
    // Until there is the article, nothing leads to it.
    std::fs::remove_file(folder.path().join("phones/your-phones.md")).expect("it was there");
    p.app.help.read_again();
    if Library::embedded().at("phones/your-phones").is_none() {
        ann.get("/phones").await.lacks("How this works");
    }
}

async fn no_page_of_the_help_centre_is_heavy_or_asks_the_database_much(p: Portal) {
    let (p, _folder) = with_articles(p).await;
    let (stranger, ann) = (p.browser(), p.signed_in("ann").await);
    let library = p.app.help.library();
    let articles = library.articles().map(|article| article.address());
    let categories = library
        .categories
        .iter()
        .map(|category| format!("/help/{}", category.name));
    let others = ["/help", "/help/search?q=boat", "/help/search?q=zzzyzx"].map(str::to_owned);
    for path in others.into_iter().chain(categories).chain(articles) {
        let page = read(&ann, &path).await.text;
        let assets: BTreeSet<&str> = page
            .split("\"/assets/")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .filter(|name| *name != "icon.svg")
            .collect();
        assert!(
            assets.contains("help.css") && !assets.contains("style.css"),
            "{path}: {assets:?}"
        );
        let weight = ann.weight(&page).await;
        assert!(
            weight < 50_000,
            "{path} weighs {weight} bytes with its style and scripts"
        );
        assert_eq!(p.statements_of(&stranger, &path).await, 0, "{path}");
        assert!(p.statements_of(&ann, &path).await <= 1, "{path}");
    }
}

#[test]
fn every_page_has_an_article_and_every_article_of_a_page_exists() {
    let library = Library::embedded();
    for (page, path) in crate::routes::ARTICLES {
        let (path, place) = path.split_once('#').unwrap_or((path, ""));
        let article = library.at(path);
        let article = article.unwrap_or_else(|| panic!("{page} is to be explained by {path}, which is not in help/"));
        let is_there = place.is_empty() || article.sections.iter().any(|section| section.id == place);
        assert!(is_there, "{page}: {path} has no section {place}");
    }
    // What is no page: what programs ask, what only sends on, what is sent by a form and answers with another page.
    let none = [
        "/",
        "/sign-out",
        "/admin",
        "/operator",
        "/assets/{name}",
        "/.well-known/change-password",
        "/sitemap.xml",
        "/account/password/check",
        "/account/password/suggest",
        "/account/email/again",
        "/account/email/cancel",
        "/account/sessions/{id}/end",
        "/account/sessions/devices/{id}/forget",
        "/account/sessions/end-others",
        "/phones/events",
        "/provision/{token}/{file}",
        "/freeswitch/directory",
        "/operator/mail/preview",
        "/operator/mail/preview/{kind}/html",
        "/operator/help/export/{file}",
        "/operator/help/{id}/done",
        "/operator/help/{id}/answer",
        "/admin/users/{id}/phones",
    ];
    let source = include_str!("../routes.rs");
    let routes = source
        .split(".route(")
        .skip(1)
        .filter_map(|rest| rest.split('"').nth(1));
    let with_page = |route: &&str| {
        let end = [
            "/disconnect",
            "/allow",
            "/notices",
            "/remove",
            "/send-reset",
            "/sign-out",
            "/disable",
            "/enable",
            "/invite",
            "/end",
            "/retry",
        ];
        !none.contains(route)
            && !route.starts_with("/demo/")
            && !route.starts_with("/help")
            && !end.iter().any(|end| route.ends_with(end))
    };
    for route in routes.filter(with_page) {
        let explained = crate::routes::ARTICLES.iter().any(|(page, _)| *page == route);
        assert!(
            explained,
            "no article explains {route}; routes/explained.rs has room for it"
        );
    }
}

#[test]
fn what_comes_with_the_product_is_right() {
    let problems = Library::embedded().problems;
    let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}
