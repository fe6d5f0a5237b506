//! axe-core, which knows what WCAG asks of a page: every page that is pictured is shown to it.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::Chromium;
use super::pictures::target;

/// Findings that fail a story, frames aside, which are mails and are looked at as such: the rule, how grave it is, the element, and what would mend it.
const ASK: &str = "axe.run(document, {
    runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] },
    resultTypes: ['violations'],
    iframes: false,
}).then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, impact, nodes }) => nodes.map(({ target, failureSummary }) =>
        `${id} (${impact}) at ${target.join(' ')}: ${failureSummary.replace(/\\s+/g, ' ')}`)))";

impl Chromium {
    /// Fails on anything serious or critical by WCAG 2.2 AA on the page as it is; `state` says which page and how shown.
    pub(crate) async fn passes_axe(&self, state: &str) {
        // It waits for promises, which a browser without script never keeps: there it is asked about the same page with it.
        if !self.script {
            return;
        }
        if self.evaluate("typeof axe").await == json!("undefined") {
            let source = std::fs::read_to_string(installed()).expect("axe-core can be read");
            self.evaluate(&format!("{source};0")).await;
        }
        let found = self.evaluate(ASK).await;
        let findings = found.as_array().unwrap_or_else(|| panic!("{state}: axe says {found}"));
        let findings: Vec<_> = findings.iter().filter_map(Value::as_str).collect();
        assert!(findings.is_empty(), "axe about {state}:\n{}", findings.join("\n"));
    }
}

fn installed() -> PathBuf {
    let path = target().join("tools/node_modules/axe-core/axe.min.js");
    assert!(
        path.is_file(),
        "axe-core is not installed; scripts/test does it, as does: npm install --prefix target/tools axe-core@4"
    );
    path
}
