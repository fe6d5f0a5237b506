//! Fields of a form, called by their labels.

use thirtyfour::{By, TypingData, WebElement};

use super::{Chromium, quoted};

impl Chromium {
    /// Replaces what is in the field with this label.
    pub(crate) async fn type_into(&self, label: &str, text: impl Into<TypingData>) {
        let field = self.field(label).await;
        field.clear().await.expect("the field can be emptied");
        field.send_keys(text).await.expect("the field takes text");
    }

    /// Chooses the option of the list with this label by typing its words, as people at a keyboard do.
    pub(crate) async fn choose(&self, label: &str, option: &str) {
        let list = self.field(label).await;
        list.send_keys(option).await.expect("the list takes keys");
    }

    /// Ticks the box with this label, or takes the tick away.
    pub(crate) async fn tick(&self, label: &str) {
        self.field(label).await.click().await.expect("the box can be ticked");
    }

    /// Whether the box with this label is ticked.
    pub(crate) async fn is_ticked(&self, label: &str) -> bool {
        self.field(label).await.is_selected().await.expect("a box")
    }

    /// What is in the field with this label.
    pub(crate) async fn value(&self, label: &str) -> String {
        self.field(label)
            .await
            .value()
            .await
            .expect("a field")
            .unwrap_or_default()
    }

    /// An attribute of the field with this label; empty if it has none.
    pub(crate) async fn attribute(&self, label: &str, name: &str) -> String {
        self.field(label)
            .await
            .attr(name)
            .await
            .expect("a field")
            .unwrap_or_default()
    }

    /// What the elements that `aria-describedby` of the field names say.
    pub(crate) async fn description(&self, label: &str) -> String {
        let mut all = Vec::new();
        for id in self.attribute(label, "aria-describedby").await.split_whitespace() {
            let described = self
                .driver
                .find(By::Id(id))
                .await
                .unwrap_or_else(|_| panic!("{label}: no element {id}"));
            all.push(described.text().await.expect("text"));
        }
        all.join(" ").trim().to_owned()
    }

    async fn field(&self, label: &str) -> WebElement {
        let path = format!("//*[@id=//label[normalize-space()={}]/@for]", quoted(label));
        self.until(&format!("the field \"{label}\""), async || {
            // Forms that are folded away may have one of the same label.
            let visible = self.visible(By::XPath(path.as_str())).await.into_iter().next();
            match visible {
                Some(field) => Some(field),
                None => self.driver.find(By::XPath(path.as_str())).await.ok(),
            }
        })
        .await
    }
}
