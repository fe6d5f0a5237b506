//! The house rules that a machine can check. Each rule is a test; what it finds it names as `file:line`.
//!
//! The rules are about how the code reads and about what must never be, and are written down in `ARCHITECTURE.md`. A
//! rule that is wrong is changed there and here; none is worked around.

#[path = "tidy/handlers.rs"]
mod handlers;
#[path = "tidy/messages.rs"]
mod messages;
#[path = "tidy/order.rs"]
mod order;
#[path = "tidy/paths.rs"]
mod paths;
#[path = "tidy/rust.rs"]
mod rust;
#[path = "tidy/shape.rs"]
mod shape;
#[path = "tidy/statements.rs"]
mod statements;
#[path = "tidy/templates.rs"]
mod templates;
#[path = "tidy/tree.rs"]
mod tree;

/// Fails with `rule` and every place that breaks it.
fn none_breaks(rule: &str, mut places: Vec<String>) {
    places.sort();
    places.dedup();
    assert!(
        places.is_empty(),
        "{rule}\n  {}\n{} in all",
        places.join("\n  "),
        places.len()
    );
}
