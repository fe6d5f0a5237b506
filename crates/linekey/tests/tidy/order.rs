//! Who may import whom.
//!
//! The order of the features is not written here: it is the one in the head of `lib.rs`.

use super::none_breaks;
use super::paths::{Named, named};
use super::rust::{Source, portal};
use super::tree;

/// Modules that read input, call an action and answer. They may call everyone; only doors call doors.
const DOOR_MODULES: [&str; 5] = ["cli", "demo", "jobs", "routes", "serve"];
const DOOR_FILES: [&str; 2] = ["pages", "api"];
/// What a feature's extractors are, although they are no door: they hand a door who asks.
const EXTRACTORS: &str = "sessions/signed_in.rs";
/// Files that anyone may import, further left too: but for their own feature they import the first group alone.
const PURE: &[&str] = &["password::hash", "help_centre::shelf"];

/// The features from left to right; those in one group may import each other.
fn order() -> Vec<Vec<String>> {
    let lib = std::fs::read_to_string(tree::root().join("crates/linekey/src/lib.rs")).expect("lib.rs");
    let head: String = lib.lines().map_while(|line| line.strip_prefix("//!")).collect();
    let (_, order) = head
        .split_once("eft never imports right: `")
        .expect("the head of lib.rs tells the order");
    let order = order.split('`').next().unwrap_or_default();
    order
        .split("->")
        .map(|group| group.split_whitespace().map(str::to_owned).collect())
        .collect()
}

fn rank(order: &[Vec<String>], module: &str) -> Option<usize> {
    order.iter().position(|group| group.iter().any(|name| name == module))
}

fn own_module(source: &Source) -> &str {
    let file = source.in_portal().unwrap_or_default();
    file.split('/').next().unwrap_or_default().trim_end_matches(".rs")
}

fn is_door(source: &Source) -> bool {
    let stem = source
        .path
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .trim_end_matches(".rs");
    let in_module = own_module(source);
    let in_pages = source.path.contains("/pages/");
    in_pages || DOOR_MODULES.contains(&in_module) || DOOR_FILES.contains(&stem) || ["lib", "main"].contains(&in_module)
}

fn names_a_door(mention: &Named) -> bool {
    let inside = mention.path.get(2).map(String::as_str).unwrap_or_default();
    mention
        .module()
        .is_some_and(|module| DOOR_MODULES.contains(&module) || DOOR_FILES.contains(&inside))
}

fn is_pure(mention: &Named) -> bool {
    let path = mention.path[1..].join("::");
    PURE.iter()
        .any(|pure| path == *pure || path.starts_with(&format!("{pure}::")))
}

fn told(source: &Source, mention: &Named) -> String {
    format!("{}: {}", source.place(mention.at), mention.path.join("::"))
}

#[test]
fn every_module_has_a_place_in_the_order() {
    let order = order();
    let modules = portal()
        .iter()
        .map(|source| own_module(source).to_owned())
        .collect::<Vec<_>>();
    let doors = DOOR_MODULES
        .into_iter()
        .chain(["lib", "main", "web"])
        .collect::<Vec<_>>();
    let lost = modules
        .iter()
        .filter(|module| rank(&order, module).is_none() && !doors.contains(&module.as_str()));
    none_breaks(
        "crates/linekey/src/lib.rs: the order in its head leaves out:",
        lost.cloned().collect(),
    );
    let gone = order.iter().flatten().filter(|named| !modules.contains(named));
    none_breaks(
        "crates/linekey/src/lib.rs: the order in its head names what is not there:",
        gone.cloned().collect(),
    );
}

#[test]
fn left_never_imports_right() {
    let order = order();
    let mut places = Vec::new();
    for source in portal().iter().filter(|source| !is_door(source)) {
        let Some(own) = rank(&order, own_module(source)) else {
            continue;
        };
        let right = named(source).into_iter().filter(|mention| {
            mention
                .module()
                .and_then(|module| rank(&order, module))
                .is_some_and(|named| named > own)
        });
        places.extend(
            right
                .filter(|mention| !is_pure(mention))
                .map(|mention| told(source, &mention)),
        );
    }
    none_breaks("left never imports right, in the order of lib.rs:", places);
}

#[test]
fn what_anyone_may_import_leads_nowhere_itself() {
    let order = order();
    let mut places = Vec::new();
    for source in portal() {
        let file = source
            .in_portal()
            .unwrap_or_default()
            .trim_end_matches(".rs")
            .replace('/', "::");
        if PURE.contains(&file.as_str()) {
            let other = |mention: &Named| mention.module().is_some_and(|module| rank(&order, module) != Some(0));
            let mentions = named(source)
                .into_iter()
                .filter(|mention| other(mention) && !is_pure(mention));
            let far = mentions.filter(|mention| mention.module() != Some(own_module(source)));
            places.extend(far.map(|mention| told(source, &mention)));
        }
    }
    none_breaks("what anyone may import must not lead anywhere itself:", places);
}

#[test]
fn only_doors_call_doors() {
    let mut places = Vec::new();
    for source in portal().iter().filter(|source| !is_door(source)) {
        places.extend(
            named(source)
                .iter()
                .filter(|mention| names_a_door(mention))
                .map(|mention| told(source, mention)),
        );
    }
    none_breaks("actions, rules and stores never call a door:", places);
}

#[test]
fn actions_never_see_the_web_framework() {
    let web = ["axum", "askama_web", "hyper", "http", "tower", "tower_http"];
    let mut places = Vec::new();
    for source in portal()
        .iter()
        .filter(|source| !is_door(source) && own_module(source) != "web")
    {
        let mentions = named(source)
            .into_iter()
            .filter(|_| source.in_portal() != Some(EXTRACTORS));
        let seen =
            mentions.filter(|mention| web.contains(&mention.path[0].as_str()) || mention.module() == Some("web"));
        places.extend(seen.map(|mention| told(source, &mention)));
    }
    none_breaks("actions, rules and stores know no web; doors do:", places);
}

#[test]
fn the_web_plumbing_knows_no_feature() {
    let order = order();
    let app = rank(&order, "app").expect("app is in the order");
    let mut places = Vec::new();
    for source in portal().iter().filter(|source| own_module(source) == "web") {
        let known = |module: &str| module == "web" || rank(&order, module).is_some_and(|rank| rank <= app);
        let far = named(source)
            .into_iter()
            .filter(|mention| mention.module().is_some_and(|module| !known(module)));
        places.extend(far.map(|mention| told(source, &mention)));
    }
    none_breaks("web may know what is left of app, and app, but no feature:", places);
}

#[test]
fn a_store_is_used_by_its_own_feature_alone() {
    let mut places = Vec::new();
    for source in portal() {
        let foreign = named(source).into_iter().filter(|mention| {
            mention.path.get(2).is_some_and(|part| part == "store") && mention.module() != Some(own_module(source))
        });
        places.extend(foreign.map(|mention| told(source, &mention)));
    }
    none_breaks("an action calls its own store and other features' actions:", places);
}
