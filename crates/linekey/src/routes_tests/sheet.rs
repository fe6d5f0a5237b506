//! Every page of the portal, beside the routes: which addresses are pages, who sees them, and how they come to be. With
//! CONTACT_SHEET=1 (`scripts/shots --sheet`) each is pictured in Chromium; without, each is opened.

use std::fmt::Write as _;
use std::path::Path;

use super::reads::{Document, dead_links, faults};
use super::routes;
use crate::db::query;
use crate::testing::Browser;
use crate::testing::chromium::{Chromium, target, write};
use crate::testing::scene::{Scene, Who};

/// Routes that answer GET with something else than a page: files, events, what programs ask, and what leads on.
const NO_PAGE: [&str; 15] = [
    "/",
    "/.well-known/change-password",
    "/account/password",
    "/admin",
    "/assets/{name}",
    "/demo/mail.json",
    "/freeswitch/directory",
    "/help/{category}/{article}/{picture}",
    "/operator",
    "/operator/help/export/{file}",
    "/operator/mail/preview",
    "/phones/events",
    "/provision/{token}/{file}",
    "/sitemap.xml",
    // A page for its frame alone.
    "/operator/mail/preview/{kind}/html",
];
/// The narrowest is for axe alone.
const WIDTHS: [u32; 3] = [320, 390, 1280];
const SCHEMES: [&str; 2] = ["light", "dark"];

/// Pages that need nothing but somebody who looks at them.
const PLAIN: [(&str, &str, Who); 29] = [
    ("help", "/help", Who::Nobody),
    ("help-category", "/help/passwords", Who::Nobody),
    ("help-found", "/help/search?q=phone+password", Who::Nobody),
    ("help-nowhere", "/help/passwords/change-password", Who::Nobody),
    ("help-article", "/help/phones/your-phones", Who::User),
    ("sign-in", "/sign-in", Who::Nobody),
    ("reset-ask", "/reset-password", Who::Nobody),
    ("reset-sent", "/reset-password/sent", Who::Nobody),
    ("reset-gone", "/reset-password/new?flow=none", Who::Nobody),
    ("set-up-code", "/set-up/code", Who::Nobody),
    ("email-done", "/email/done", Who::Nobody),
    ("mail", "/demo/mail", Who::Nobody),
    ("nothing-here", "/nothing-here", Who::Nobody),
    ("phones", "/phones", Who::User),
    ("settings", "/account/settings", Who::User),
    ("settings-profile", "/account/settings?edit=profile", Who::User),
    ("sessions", "/account/sessions", Who::User),
    ("confirm", "/confirm?next=/account/sessions", Who::User),
    ("only-administrators", "/admin/users", Who::User),
    ("nothing-here", "/nothing-here", Who::User),
    ("phones", "/phones", Who::Administrator),
    ("people", "/admin/users", Who::Administrator),
    ("people-new", "/admin/users/new", Who::Administrator),
    ("all-phones", "/admin/phones", Who::Administrator),
    ("audit", "/admin/audit", Who::Administrator),
    ("accounts", "/operator/accounts", Who::Operator),
    ("mail", "/operator/mail", Who::Operator),
    ("feedback", "/operator/help", Who::Operator),
    ("settings", "/account/settings", Who::Operator),
];

/// A page as somebody sees it.
struct Page {
    name: &'static str,
    address: String,
    who: Who,
    browser: Browser,
}

impl Page {
    /// What its picture is called, as the page of this number.
    fn file(&self, number: usize) -> String {
        format!("{:02}-{}-{}", number + 1, self.who.word(), self.name)
    }
}

/// The pages of one scene.
struct Sheet {
    scene: Scene,
    pages: Vec<Page>,
}

impl Sheet {
    async fn new() -> Self {
        let mut sheet = Self {
            scene: Scene::new().await,
            pages: Vec::new(),
        };
        sheet.change().await;
        for (name, address, who) in PLAIN {
            sheet.add(name, address, who);
        }
        let library = sheet.scene.portal.app.help.library();
        for article in library.articles() {
            sheet.add("help-article", article.address(), Who::Nobody);
        }
        sheet.with_ids().await;
        sheet.slip().await;
        sheet.by_link().await;
        sheet.previews().await;
        sheet
    }

    fn add(&mut self, name: &'static str, address: impl Into<String>, who: Who) {
        let browser = self.scene.browser(who);
        self.add_with(name, address, who, browser);
    }

    fn add_with(&mut self, name: &'static str, address: impl Into<String>, who: Who, browser: Browser) {
        self.pages.push(Page {
            name,
            address: address.into(),
            who,
            browser,
        });
    }

    async fn id(&self, of: crate::db::Query) -> String {
        let (id,): (String,) = of.one(&self.scene.portal.app.db).await.expect("one of the demo's");
        id
    }

    async fn person(&self, name: &str) -> String {
        let id = self.id(query("select id from users where name = $1").bind(name)).await;
        format!("/admin/users/{id}")
    }

    /// Ann has changed her password just now.
    async fn change(&mut self) {
        let ann = self.scene.browser(Who::User);
        ann.change_password("Seven-Lanterns-Out")
            .await
            .leads_to("/account/password/done");
        self.add_with("changed", "/account/password/done", Who::User, ann.copy());
        ann.get("/account/password/done").await.says(200, "<h1");
        self.scene.seats(Who::User, ann);
    }

    async fn with_ids(&mut self) {
        let phone = |name: &'static str| query("select id from phones where sip_name = $1").bind(name);
        let (desk, warehouse) = (self.id(phone("ann-desk")).await, self.id(phone("ann-warehouse")).await);
        let (ann, adam) = (self.person("ann").await, self.person("adam").await);
        self.add("phone", format!("/phones/{desk}"), Who::User);
        self.add("phone-offline", format!("/phones/{warehouse}"), Who::User);
        self.add("phone-set-up", format!("/phones/{desk}/set-up"), Who::User);
        self.add("person", ann.as_str(), Who::Administrator);
        self.add("person-self", adam, Who::Administrator);
        self.add("person-phone", format!("{ann}/phones/{desk}"), Who::Administrator);
        self.add(
            "person-phone-set-up",
            format!("{ann}/phones/{desk}/set-up"),
            Who::Administrator,
        );
    }

    /// Adam has made a set-up slip for Bob.
    async fn slip(&mut self) {
        let (adam, slip) = (
            self.scene.browser(Who::Administrator),
            self.person("bob").await + "/setup-slip",
        );
        adam.post(&slip, &[]).await.leads_to(&slip);
        self.add_with("person-slip", slip, Who::Administrator, adam);
    }

    /// What the links of mails open.
    async fn by_link(&mut self) {
        let adam = self.scene.browser(Who::Administrator);
        let dora = [
            ("name", "dora"),
            ("display_name", "Dora Deck"),
            ("email", "dora@home.example"),
            ("invite", "on"),
        ];
        assert_eq!(adam.post("/admin/users", &dora).await.status, 303);
        let cora = self.scene.portal.signed_in("cora").await;
        let profile = [
            ("display_name", "Cora Caulker"),
            ("email", "cora@home.example"),
            ("time_zone", "Europe/Lisbon"),
        ];
        cora.post("/account/settings", &profile)
            .await
            .leads_to("/account/settings?saved=email-asked");
        self.add_with("settings-email-waits", "/account/settings", Who::User, cora);
        let reset = self.scene.link("/reset-password/", "office@acme.example").await;
        let invitation = self.scene.link("/set-up/", "dora@home.example").await;
        for (name, link) in [("reset-new", reset), ("set-up-new", invitation)] {
            let browser = self.scene.portal.browser();
            let opened = browser.get(&link).await;
            self.add_with(name, opened.location(), Who::Nobody, browser);
        }
        let email = self.scene.link("/email/", "cora@home.example").await;
        self.add("email", email, Who::Nobody);
        let not_me = self.scene.link("/not-me/", "ann@acme.example").await;
        self.add("not-me", not_me, Who::Nobody);
        self.undone().await;
    }

    /// Gina was robbed and has said so.
    async fn undone(&mut self) {
        let thief = self.scene.portal.signed_in("gina").await;
        thief
            .change_password("Stolen-Anchor-12")
            .await
            .leads_to("/account/password/done");
        let gina = "gina@globex.example";
        let link = self.scene.link("/not-me/", gina).await;
        let browser = self.scene.portal.browser();
        browser
            .post(&link, &[("username", gina)])
            .await
            .leads_to("/not-me/done");
        self.add_with("not-me-done", "/not-me/done", Who::Nobody, browser);
    }

    /// Every mail, as operators look at it, and one as the demo shows it.
    async fn previews(&mut self) {
        for kind in ["password-changed", "reset", "invitation"] {
            self.add("mail-preview", format!("/operator/mail/preview/{kind}"), Who::Operator);
        }
        let newest = self.scene.portal.mails(1).await.swap_remove(0);
        self.add("mail-body", format!("/demo/mail/{}", newest.id), Who::Nobody);
    }
}

/// Whether `path` is one of the route `pattern`.
fn leads_to(path: &str, pattern: &str) -> bool {
    let (path, pattern): (Vec<_>, Vec<_>) = (path.split('/').collect(), pattern.split('/').collect());
    let fits = |(part, wanted): (&&str, &&str)| part == wanted || wanted.starts_with('{');
    path.len() == pattern.len() && path.iter().zip(&pattern).all(fits)
}

/// A switch for tests alone.
#[expect(clippy::disallowed_methods, reason = "a switch for tests alone")]
fn is_asked() -> bool {
    std::env::var("CONTACT_SHEET").is_ok_and(|value| value == "1")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_on_the_contact_sheet() {
    let sheet = Sheet::new().await;
    let (mut missing, all) = (Vec::new(), routes());
    for route in all.iter().filter(|route| route.methods.contains(&"GET")) {
        let is_another = |path: &str| all.iter().any(|other| other.pattern == path && path != route.pattern);
        let is_its = |page: &Page| {
            let path = page.address.split('?').next().unwrap_or_default();
            leads_to(path, route.pattern) && !is_another(path)
        };
        // What moves a token from a link to a cookie was opened on the way to its page.
        let leads_on = ["/reset-password/{token}", "/set-up/{token}"].contains(&route.pattern);
        if !leads_on && !NO_PAGE.contains(&route.pattern) && !sheet.pages.iter().any(is_its) {
            missing.push(route.pattern);
        }
    }
    assert!(missing.is_empty(), "pages that are on no contact sheet: {missing:#?}");
    if is_asked() {
        sheet.picture().await;
        return;
    }
    let mut documents = Vec::new();
    for (number, page) in sheet.pages.iter().enumerate() {
        let answer = page.browser.copy().get(&page.address).await;
        assert!(
            answer.header("content-type").starts_with("text/html"),
            "{}",
            page.address
        );
        assert!(
            !answer.status.is_redirection(),
            "{} leads to {}",
            page.address,
            answer.location()
        );
        assert!(!answer.status.is_server_error(), "{}", page.address);
        // A mail is a document of its own kind.
        if page.name != "mail-body" {
            let weight = page.browser.copy().weight(&answer.text).await;
            assert!(
                weight < 50_000,
                "{} weighs {weight} bytes with its style and scripts",
                page.address
            );
            documents.push(Document {
                name: page.file(number),
                html: answer.text,
                browser: page.browser.copy(),
            });
        }
    }
    let dead = dead_links(&documents).await;
    assert!(dead.is_empty(), "dead links:\n  {}", dead.join("\n  "));
    let faults = faults(&documents);
    assert!(faults.is_empty(), "{faults}");
}

impl Sheet {
    async fn picture(&self) {
        let folder = target().join("shots");
        let browser = Chromium::start(&self.scene.portal).await;
        let mut rows = String::new();
        for (number, page) in self.pages.iter().enumerate() {
            let file = page.file(number);
            let _ = write!(
                rows,
                "<section><h2>{file} <small>{}</small></h2><div>",
                plain(&page.address)
            );
            for width in WIDTHS {
                for scheme in SCHEMES {
                    browser.becomes(&page.browser).await;
                    browser.appear(width, scheme).await;
                    browser.open(&page.address).await;
                    browser.says_instead(&self.scene.instead()).await;
                    // In a mail nothing may run, axe neither; stories about mails show it the same text.
                    if page.name != "mail-body" {
                        browser.passes_axe(&format!("{file}, {width} wide, {scheme}")).await;
                    }
                    let png = browser.whole_page(&page.address, width).await;
                    if width == WIDTHS[0] {
                        continue;
                    }
                    let name = format!("sheet/{file}-{width}-{scheme}.png");
                    write(&folder.join(&name), &png);
                    let _ = write!(rows, "<img src=\"{name}\" class=\"w{width}\" alt=\"\">");
                }
            }
            rows.push_str("</div></section>\n");
        }
        overview(&browser, &folder, &rows).await;
        browser.close().await;
    }
}

/// All of them on one page, and that page as a picture.
async fn overview(browser: &Chromium, folder: &Path, rows: &str) {
    let style = "body{margin:24px;font:14px sans-serif;background:#888}section{display:inline-block;vertical-align:top;\
                 margin:0 16px 24px 0}h2{font-size:13px;margin:0 0 6px}small{font-weight:normal}div{display:flex;gap:6px;\
                 align-items:start}img{max-height:400px;object-fit:cover;object-position:top}.w390{width:110px}\
                 .w1280{width:250px}";
    let html =
        format!("<!doctype html><meta charset=\"utf-8\"><title>Every page</title><style>{style}</style>\n{rows}");
    let file = folder.join("sheet.html");
    write(&file, html.as_bytes());
    browser.opens_file(&file).await;
    let width = 2360;
    browser.appear(width, "light").await;
    let png = browser.whole_page("the overview", width).await;
    write(&folder.join("sheet.png"), &png);
}

fn plain(address: &str) -> String {
    let shown: String = address.chars().take(60).collect();
    shown.replace('&', "&amp;").replace('<', "&lt;")
}
