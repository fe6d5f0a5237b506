//! The keyboard, and where the focus is.

use reqwest::Method;
use thirtyfour::{Key, TypingData};

use super::Chromium;

/// More Tab stops than any page has.
const MOST_STOPS: usize = 60;

impl Chromium {
    /// Types on the keyboard, into whatever has the focus.
    pub(crate) async fn keys(&self, keys: impl Into<TypingData>) {
        let keys = keys.into();
        self.driver
            .action_chain()
            .send_keys(keys)
            .perform()
            .await
            .expect("the keyboard works");
    }

    /// A key pressed in the field with this label, with Caps Lock on or off, which no driver can switch: the field is told.
    pub(crate) async fn press_with_caps_lock(&self, label: &str, on: bool) {
        let label = serde_json::Value::from(label);
        let script = format!(
            "[...document.querySelectorAll('label')].find((label) => label.textContent.trim() === {label}).control
                .dispatchEvent(new KeyboardEvent('keydown', {{ key: 'x', modifierCapsLock: {on} }}))"
        );
        self.evaluate(&script).await;
    }

    /// Presses Tab until the focus is on what assistive technology calls `name`; every stop shows that it has the focus.
    pub(crate) async fn tab_to(&self, name: &str) {
        let mut stops = Vec::new();
        while stops.len() < MOST_STOPS {
            self.keys(Key::Tab).await;
            let stop = self.focused().await;
            if stop == name {
                return;
            }
            stops.push(stop);
        }
        panic!("Tab never comes to \"{name}\", but to {stops:?}");
    }

    /// Waits until what assistive technology calls `name` has the focus, and is visible as such: a page that opens something
    /// moves the focus a moment later.
    pub(crate) async fn focus_comes_to(&self, name: &str) {
        let what = format!("the focus on {name}");
        self.until(&what, async || (self.focus().await.0 == name).then_some(()))
            .await;
        assert_eq!(self.focused().await, name);
    }

    /// The accessible name of what has the focus, which must be visible as such.
    pub(crate) async fn focused(&self) -> String {
        let (name, outline) = self.focus().await;
        assert_ne!(outline, "none", "nothing shows that \"{name}\" has the focus");
        name
    }

    /// The accessible name of what has the focus, and the style of its outline.
    async fn focus(&self) -> (String, String) {
        let focused = self.driver.active_element().await.expect("something has the focus");
        let name = self
            .extra(
                Method::GET,
                &format!("element/{}/computedlabel", focused.element_id()),
                None,
            )
            .await;
        let name = name.as_str().unwrap_or_default().to_owned();
        let outline = focused.css_value("outline-style").await.expect("a style");
        (name, outline)
    }
}
