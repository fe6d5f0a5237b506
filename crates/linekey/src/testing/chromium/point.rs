//! One control of a page, named by a CSS selector: looked for, clicked, described, outlined, and pictured with what is
//! around it.

use data_encoding::BASE64;
use serde_json::{Value, json};
use thirtyfour::By;

use super::{AGAIN, Chromium};
use crate::testing::{Browser, Portal};

/// What is asked of the page, by a function that the developer tools call.
const POINT: &str = include_str!("point.js");
/// The window of these pictures: as wide as a small tablet, so that nothing is cut off at the sides, and as high as any
/// page, since one that is scrolled or grows for its picture is another one.
const WINDOW: (u32, u32) = (720, 3200);
/// Dots of the screen a pixel: sharp where screens are.
const DOTS: u32 = 2;
/// How often a control is looked for before it is missing: a second, and more on a busy machine.
const LOOKS: u32 = 40;
/// How well a picture is kept, from the first choice to the last.
const QUALITIES: [u32; 5] = [82, 72, 60, 45, 30];

impl Chromium {
    /// From here on addresses are those of another portal.
    pub(crate) fn moves_to(&mut self, portal: &Portal) {
        self.origin = format!("http://localhost:{}", portal.http.port());
    }

    /// Has the cookies of another browser and no others: it is signed in as that one is.
    pub(crate) async fn becomes(&self, other: &Browser) {
        self.devtools("Network.clearBrowserCookies", json!({})).await;
        let address = self.origin.replacen("http://", "https://", 1);
        for (name, value) in other.cookies() {
            let cookie = json!({
                "name": name, "value": value, "url": address, "path": "/", "secure": true, "httpOnly": true,
                "sameSite": "Lax",
            });
            let set = self.devtools("Network.setCookie", cookie).await;
            assert_eq!(set["success"], true, "the cookie {name}");
        }
    }

    /// Until [`Self::keeps`] no page has what `selector` finds, as if its template had lost it.
    pub(crate) async fn loses(&mut self, selector: &str) {
        // A row that goes makes the next one the first: a template that has lost it has lost them all.
        let script = format!(
            "addEventListener('DOMContentLoaded', () => {{
                 for (let one; (one = document.querySelector({}));) one.remove();
             }}, true)",
            json!(selector)
        );
        let added = self
            .devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script }))
            .await;
        self.lost = Some(added);
    }

    /// Pages are as they are served again.
    pub(crate) async fn keeps(&mut self) {
        if let Some(added) = self.lost.take() {
            self.devtools("Page.removeScriptToEvaluateOnNewDocument", added).await;
        }
    }

    /// Shows the pages of pictures, in colours that suit `scheme`.
    pub(crate) async fn poses(&self, scheme: &str) {
        self.appear_at(WINDOW, DOTS, scheme).await;
        self.devtools("Emulation.setScrollbarsHidden", json!({ "hidden": true }))
            .await;
    }

    /// Waits for the one control that `selector` finds, which people see; says what is there instead.
    pub(crate) async fn finds(&self, selector: &str) -> Result<(), String> {
        let mut looked = Value::Null;
        for _ in 0..LOOKS {
            looked = self.ask("look", selector, &[]).await;
            if looked["count"] == 1 && looked["seen"] == 1 {
                return Ok(());
            }
            if looked["error"].is_string() || looked["count"].as_u64() > Some(1) {
                break;
            }
            tokio::time::sleep(AGAIN).await;
        }
        let page = format!("at {} (\"{}\")", text(&looked["path"]), text(&looked["heading"]));
        Err(match (&looked["error"], looked["count"].as_u64()) {
            (Value::String(error), _) => format!("{selector} is no selector: {error}"),
            (_, Some(0)) => format!("nothing is {selector} {page}"),
            (_, Some(1)) => format!("what is {selector} cannot be seen {page}"),
            (_, count) => format!("{} things are {selector} {page}", count.unwrap_or_default()),
        })
    }

    /// Clicks that control. True: it sent a form that may have changed something.
    pub(crate) async fn clicks(&self, selector: &str) -> Result<bool, String> {
        self.finds(selector).await?;
        let sends = self.ask("sends", selector, &[]).await == true;
        let control = self.driver.find(By::Css(selector)).await;
        let control = control.map_err(|error| format!("{selector} went away: {error}"))?;
        control
            .click()
            .await
            .map_err(|error| format!("{selector} cannot be clicked: {error}"))?;
        // The pointer would go on colouring what it is over.
        let away = json!({ "type": "mouseMoved", "x": 0, "y": 0 });
        self.devtools("Input.dispatchMouseEvent", away).await;
        Ok(sends)
    }

    /// Has the page say something else in place of each first text.
    pub(crate) async fn says_instead(&self, texts: &[(String, String)]) {
        self.ask("replace", "body", texts).await;
    }

    /// What is around the one control that `selector` finds, a line for each thing that people would name.
    pub(crate) async fn describes(&self, selector: &str) -> String {
        text(&self.ask("describe", selector, &[]).await).to_owned()
    }

    /// Outlines that control until the next page.
    pub(crate) async fn outlines(&self, selector: &str) {
        self.ask("mark", selector, &[]).await;
    }

    /// A WebP of it with what is around it, of at most so many bytes if that can be.
    pub(crate) async fn picture_around(&self, selector: &str, most: usize) -> Vec<u8> {
        let clip = self.ask("clip", selector, &[]).await;
        let mut picture = Vec::new();
        for quality in QUALITIES {
            let wanted = json!({
                "format": "webp", "quality": quality, "clip": clip,
            });
            let taken = self.devtools("Page.captureScreenshot", wanted).await;
            picture = BASE64.decode(text(&taken["data"]).as_bytes()).expect("base64");
            if picture.len() <= most {
                break;
            }
        }
        picture
    }

    async fn ask(&self, what: &str, selector: &str, instead: &[(String, String)]) -> Value {
        let asked = json!({ "ask": what, "selector": selector, "instead": instead });
        let (_, function) = POINT.split_once('\n').expect("a comment, and the function");
        self.evaluate(&format!("({})({asked})", function.trim_end())).await
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
