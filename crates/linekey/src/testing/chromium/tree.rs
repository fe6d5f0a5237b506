//! The accessibility tree: a page as assistive technology is told of it.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Chromium;

/// Roles that say nothing: boxes, the lines that a text is broken into, and headers of what is no page, for which versions
/// of the browser have names of their own.
const SILENT: [&str; 8] = [
    "none",
    "generic",
    "InlineTextBox",
    "LineBreak",
    "sectionheader",
    "sectionfooter",
    "HeaderAsNonLandmark",
    "FooterAsNonLandmark",
];
/// What is told beside role and name, where it is not false.
const TOLD: [&str; 9] = [
    "checked", "disabled", "expanded", "focused", "invalid", "level", "live", "pressed", "required",
];

impl Chromium {
    /// Roles, names, descriptions and states, a line each, indented as they contain each other.
    pub(crate) async fn accessibility_tree(&self) -> String {
        let tree = self.devtools("Accessibility.getFullAXTree", json!({})).await;
        let nodes = tree["nodes"].as_array().expect("nodes");
        let by_id: HashMap<_, _> = nodes
            .iter()
            .filter_map(|node| Some((node["nodeId"].as_str()?, node)))
            .collect();
        let mut text = String::new();
        put(&by_id, &nodes[0], ("", 0), &mut text);
        text
    }
}

/// Writes a node and what is in it; `around` is the name of what it is in, which its own text need not repeat.
fn put(by_id: &HashMap<&str, &Value>, node: &Value, (around, depth): (&str, usize), text: &mut String) {
    let of = |key: &str| node[key]["value"].as_str().unwrap_or_default().trim();
    let (role, name) = (of("role"), of("name"));
    // So do they for what opens.
    let role = if role.starts_with("DisclosureTriangle") {
        "disclosure"
    } else {
        role
    };
    let is_silent = node["ignored"] == true
        || SILENT.contains(&role)
        || role == "StaticText" && (name.is_empty() || around.contains(name));
    let (mut around, mut inside) = (around, depth);
    if !is_silent {
        let _ = write!(text, "{:1$}{role}", "", depth * 2);
        for said in [name, of("description")] {
            if !said.is_empty() {
                let _ = write!(text, " {said:?}");
            }
        }
        for property in node["properties"].as_array().into_iter().flatten() {
            let (key, value) = (
                property["name"].as_str().unwrap_or_default(),
                &property["value"]["value"],
            );
            let is_said =
                TOLD.contains(&key) && *value != false && *value != "false" && (key != "level" || role == "heading");
            if is_said {
                let _ = write!(text, " {key}={}", value.to_string().trim_matches('"'));
            }
        }
        text.push('\n');
        (around, inside) = (name, depth + 1);
    }
    let children = node["childIds"].as_array().into_iter().flatten();
    for child in children.filter_map(|id| by_id.get(id.as_str()?)) {
        put(by_id, child, (around, inside), text);
    }
}
