//! A real browser: headless Chromium, driven through chromedriver, told what to do in the words on the page.
//!
//! Every wait is for a condition, with a limit. A story ends each browser with [`Chromium::close`], which fails on
//! whatever the browser complained about: a blocked resource, a script that threw.

mod axe;
mod fields;
mod keyboard;
mod pictures;
mod point;
mod start;
mod tree;

pub(crate) use pictures::{root, target, write};

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use thirtyfour::common::command::FormatRequestData;
use thirtyfour::{By, RequestData, SessionId, WebDriver, WebElement};

use super::{Folder, Portal};
use crate::demo;
use start::Chromedriver;

/// Longest wait for anything on a page.
const LIMIT: Duration = Duration::from_secs(15);
/// Between two looks at a page.
const AGAIN: Duration = Duration::from_millis(25);

/// A browser with a profile of its own.
pub(crate) struct Chromium {
    driver: WebDriver,
    origin: String,
    script: bool,
    closed: bool,
    /// What takes something from every page, while it does.
    lost: Option<Value>,
    // Dropped in this order: the browser ends before its driver, and both before their files go.
    _chromedriver: Chromedriver,
    _profile: Folder,
}

/// A command that the WebDriver standard does not have, or that the library does not know.
#[derive(Debug)]
struct Extra(Method, String, Option<Value>);

impl FormatRequestData for Extra {
    fn format_request(&self, session: &SessionId) -> RequestData {
        let Self(method, path, body) = self;
        let data = RequestData::new(method.clone(), format!("session/{session}/{path}"));
        body.iter().fold(data, |data, body| data.add_body(body.clone()))
    }
}

impl Chromium {
    /// A browser that nobody is signed in with.
    pub(crate) async fn start(portal: &Portal) -> Self {
        Self::with(portal, true).await
    }

    /// The same, with scripts switched off by its owner.
    pub(crate) async fn without_script(portal: &Portal) -> Self {
        Self::with(portal, false).await
    }

    async fn with(portal: &Portal, script: bool) -> Self {
        let profile = Folder::new();
        let (chromedriver, port) = Chromedriver::start();
        let driver = start::session(port, profile.path(), script).await;
        let origin = format!("http://localhost:{}", portal.http.port());
        let chromium = Self {
            driver,
            origin,
            script,
            closed: false,
            lost: None,
            _chromedriver: chromedriver,
            _profile: profile,
        };
        chromium.appear(pictures::WIDE, "light").await;
        chromium
    }

    /// Signs in as one of the demo's people, by their bare name, at the sign-in page.
    pub(crate) async fn sign_in(&self, name: &str) {
        let someone = demo::people()
            .into_iter()
            .find(|someone| someone.name == name)
            .expect("one of the demo's people");
        self.open("/sign-in").await;
        self.type_into("Sign-in name or e-mail", someone.sign_in_name()).await;
        self.type_into("Password", someone.password).await;
        self.press("Sign in").await;
        self.arrives_at("/phones").await;
    }

    /// Types an address.
    pub(crate) async fn open(&self, path: &str) {
        self.driver
            .goto(format!("{}{path}", self.origin))
            .await
            .expect("the portal answers");
    }

    /// Opens a file of this machine.
    pub(crate) async fn opens_file(&self, path: &std::path::Path) {
        let path = path.canonicalize().expect("the file is there");
        let address = format!("file://{}", path.display());
        self.driver.goto(address).await.expect("a file opens");
    }

    /// Shows a page that comes from nowhere, as a mail program shows a mail.
    pub(crate) async fn shows(&self, html: &str) {
        self.driver.goto("about:blank").await.expect("an empty page");
        let tree = self.devtools("Page.getFrameTree", json!({})).await;
        let frame = tree["frameTree"]["frame"]["id"].clone();
        self.devtools("Page.setDocumentContent", json!({ "frameId": frame, "html": html }))
            .await;
    }

    /// Loads the page again.
    pub(crate) async fn reload(&self) {
        self.driver.refresh().await.expect("the page loads again");
    }

    /// The browser's own back button.
    pub(crate) async fn back(&self) {
        self.driver.back().await.expect("there is a page before this one");
    }

    /// The path of the page, without query and fragment.
    pub(crate) async fn path(&self) -> String {
        self.driver
            .current_url()
            .await
            .expect("the browser is somewhere")
            .path()
            .to_owned()
    }

    /// Waits until the browser is at `path`.
    pub(crate) async fn arrives_at(&self, path: &str) {
        self.until(&format!("the page {path}"), async || {
            (self.path().await == path).then_some(())
        })
        .await;
    }

    /// All visible text, white space collapsed.
    pub(crate) async fn text(&self) -> String {
        let body = self.driver.find(By::Tag("body")).await;
        let text = match body {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        };
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Waits until the page visibly says `text`.
    pub(crate) async fn says(&self, text: &str) {
        self.until(&format!("\"{text}\""), async || {
            self.text().await.contains(text).then_some(())
        })
        .await;
    }

    /// Waits until the page's first frame visibly says `text`.
    pub(crate) async fn frame_says(&self, text: &str) {
        self.until("a frame", async || self.driver.enter_frame(0).await.ok())
            .await;
        self.says(text).await;
        self.driver.enter_default_frame().await.expect("the page around it");
    }

    /// Checks that the page, as it is, does not say `text`.
    pub(crate) async fn says_nothing_of(&self, text: &str) {
        let all = self.text().await;
        assert!(!all.contains(text), "the page says \"{text}\": {all}");
    }

    /// Presses the one visible button, link or disclosure with this text.
    pub(crate) async fn press(&self, text: &str) {
        let named =
            [".//button", ".//a", ".//summary"].map(|kind| format!("{kind}[normalize-space()={}]", quoted(text)));
        self.press_at(&named.join(" | "), &format!("\"{text}\" to press")).await;
    }

    /// Presses the button with this text at the field with this label.
    pub(crate) async fn press_at_field(&self, label: &str, text: &str) {
        let (label, text) = (quoted(label), quoted(text));
        let field = format!("//div[@class='field'][.//label[normalize-space()={label}]]");
        self.press_at(
            &format!("{field}//button[normalize-space()={text}]"),
            &format!("{text} at {label}"),
        )
        .await;
    }

    async fn press_at(&self, path: &str, what: &str) {
        self.until(what, async || {
            let [only] = self.visible(By::XPath(path)).await.try_into().ok()?;
            let only: WebElement = only;
            only.click().await.ok()
        })
        .await;
    }

    /// How many elements a CSS selector finds, visible or not.
    pub(crate) async fn count(&self, selector: &str) -> usize {
        self.driver.find_all(By::Css(selector)).await.expect("a selector").len()
    }

    /// Waits until a CSS selector finds so many elements, visible or not.
    pub(crate) async fn has(&self, count: usize, selector: &str) {
        let what = format!("{count} of {selector}");
        self.until(&what, async || (self.count(selector).await == count).then_some(()))
            .await;
    }

    /// The text of each visible element that a CSS selector finds.
    pub(crate) async fn texts(&self, selector: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for element in self.visible(By::Css(selector)).await {
            texts.push(element.text().await.expect("text"));
        }
        texts
    }

    async fn visible(&self, by: By) -> Vec<WebElement> {
        let mut visible = Vec::new();
        for element in self.driver.find_all(by).await.unwrap_or_default() {
            if element.is_displayed().await.unwrap_or(false) {
                visible.push(element);
            }
        }
        visible
    }

    async fn extra(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let answer = self.driver.cmd(Extra(method, path.to_owned(), body)).await;
        answer
            .and_then(thirtyfour::session::http::CmdResponse::value_json)
            .unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// A command of the Chrome DevTools Protocol.
    async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters });
        self.extra(Method::POST, "goog/cdp/execute", Some(body)).await
    }

    /// What a script answers, by the developer tools, which the content security policy does not bind.
    async fn evaluate(&self, script: &str) -> Value {
        let asked = json!({ "expression": script, "awaitPromise": true, "returnByValue": true });
        let answer = self.devtools("Runtime.evaluate", asked).await;
        assert!(answer.get("exceptionDetails").is_none(), "{answer}");
        answer["result"]["value"].clone()
    }

    /// Asks again until there is an answer, up to the limit.
    async fn until<T>(&self, what: &str, ask: impl AsyncFn() -> Option<T>) -> T {
        let asking = async {
            loop {
                if let Some(answer) = ask().await {
                    return answer;
                }
                tokio::time::sleep(AGAIN).await;
            }
        };
        match tokio::time::timeout(LIMIT, asking).await {
            Ok(answer) => answer,
            Err(_) => panic!("waited for {what}; {} says: {}", self.path().await, self.text().await),
        }
    }

    /// Ends a browser whose pages are known to be broken, whatever it has to say.
    pub(crate) async fn close_unheard(mut self) {
        self.closed = true;
        self.driver.clone().quit().await.expect("the browser ends");
    }

    /// Ends the browser, and fails if it complained about anything.
    pub(crate) async fn close(mut self) {
        self.closed = true;
        let log = self.driver.browser_log().await.expect("the browser's log");
        self.driver.clone().quit().await.expect("the browser ends");
        // A form that comes back with its errors, or a page that does not exist, is an answer and not a defect.
        let is_answer = |text: &str| text.contains("responded with a status of 4") && !text.contains("/assets/");
        let complaints: Vec<_> = log
            .into_iter()
            .map(|entry| entry.message)
            .filter(|text| !is_answer(text))
            .collect();
        assert!(complaints.is_empty(), "the browser complains: {complaints:#?}");
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        assert!(
            self.closed || std::thread::panicking(),
            "a story ends its browser with `close`, which reads its log"
        );
    }
}

/// A string of XPath 1.0, which knows no escapes.
fn quoted(text: &str) -> String {
    if text.contains('\'') {
        format!("\"{text}\"")
    } else {
        format!("'{text}'")
    }
}
