//! Handlers and the URLs that lead to them.

use super::none_breaks;
use super::paths::named;
use super::rust::{Source, portal, sources};

/// The types that say who asks.
const ACTORS: [&str; 6] = ["SignedIn", "Visitor", "Fresh", "Administrator", "Operator", "SipServer"];
/// Handlers that serve everyone alike, and know nothing that needs an actor.
const FOR_EVERYONE: [&str; 28] = [
    "help_centre/feedback/pages.rs vote",
    "routes.rs change_password",
    "help_centre/pages/picture.rs picture",
    "help_centre/pages/sitemap.rs sitemap",
    "phones/provision/pages.rs file",
    "password/not_me/pages.rs done",
    "password/not_me/pages.rs form",
    "password/not_me/pages.rs submit",
    "password/pages.rs to_form",
    "password/reset/pages.rs ask_form",
    "password/reset/pages.rs ask",
    "password/reset/pages.rs sent",
    "password/reset/pages.rs by_code",
    "password/reset/pages.rs open",
    "password/reset/pages.rs new_form",
    "password/reset/pages.rs save",
    "password/set_up/pages.rs open",
    "password/set_up/pages.rs new_form",
    "password/set_up/pages.rs save",
    "password/set_up/pages.rs code_form",
    "password/set_up/pages.rs code",
    "users/email/pages.rs done",
    "users/email/pages.rs form",
    "users/email/pages.rs submit",
    "web/assets.rs asset",
    "web/gate.rs no_such_method",
    "demo/pages.rs mail_json",
    "demo/pages.rs mail_html",
];

/// The file in which the module at `path` (from the crate's root) is written.
fn file_of(sources: &[&'static Source], path: &[String]) -> Option<&'static Source> {
    let inside = path[1..].join("/");
    let names = match inside.as_str() {
        "" => ["lib.rs".to_owned(), "main.rs".to_owned()],
        _ => [format!("{inside}.rs"), format!("{inside}/mod.rs")],
    };
    sources
        .iter()
        .copied()
        .find(|source| names.iter().any(|name| source.in_portal() == Some(name)))
}

#[test]
fn every_handler_says_who_may_call_it() {
    let sources = portal();
    let routes = file_of(&sources, &["crate".to_owned(), "routes".to_owned()]).expect("routes.rs");
    let mut handlers: Vec<(&'static Source, String)> = Vec::new();
    for mention in named(routes) {
        let Some((name, module)) = mention.path.split_last() else {
            continue;
        };
        if mention.module().is_some() && !module.is_empty() {
            handlers.extend(file_of(&sources, module).map(|source| (source, name.clone())));
        }
    }
    let own = routes
        .functions()
        .into_iter()
        .filter(|function| function.name != "portal");
    handlers.extend(own.map(|function| (routes, function.name)));
    for source in sources {
        if source.path.ends_with("/pages.rs") || source.path.ends_with("/api.rs") {
            let takes_state = source.functions().into_iter().filter(|function| {
                source.bare[..function.signature.start]
                    .trim_end()
                    .ends_with("pub async")
                    && source.bare[function.signature.clone()].contains("State(")
            });
            handlers.extend(takes_state.map(|function| (source, function.name)));
        }
    }
    let mut places = Vec::new();
    for (source, name) in handlers {
        let key = format!("{} {name}", source.in_portal().unwrap_or_default());
        for function in source.functions().into_iter().filter(|function| function.name == name) {
            let before = source.bare[..function.signature.start].trim_end();
            let signature = &source.bare[function.signature.clone()];
            let mut words = signature.split(|c: char| !c.is_alphanumeric() && c != '_');
            let is_layer = signature.contains(": Next");
            let has_actor = words.any(|word| ACTORS.contains(&word));
            if before.ends_with("async") && !is_layer && !has_actor && !FOR_EVERYONE.contains(&key.as_str()) {
                places.push(format!("{}: {name}", source.place(function.signature.start)));
            }
        }
    }
    none_breaks(
        "a handler takes a type that says who asks, or is named as being for everyone:",
        places,
    );
}

/// Whether `url` may be an address of the route `pattern`: `{id}` stands for any one segment.
fn leads_to(url: &str, pattern: &str) -> bool {
    let (url, pattern): (Vec<_>, Vec<_>) = (url.split('/').collect(), pattern.split('/').collect());
    url.len() == pattern.len()
        && url
            .iter()
            .zip(&pattern)
            .all(|(part, wanted)| part == wanted || (wanted.starts_with('{') && !part.is_empty()))
}

/// What may be addresses in a text.
fn urls(text: &str) -> Vec<&str> {
    let ends = |c: char| c.is_whitespace() || "\"'`?#()<>,;".contains(c);
    let starts = text
        .match_indices('/')
        .map(|(at, _)| at)
        .filter(|at| text[..*at].ends_with(ends) || *at == 0);
    starts
        .map(|at| &text[at..at + text[at..].find(ends).unwrap_or(text.len() - at)])
        .collect()
}

#[test]
fn every_route_is_named_by_a_story() {
    let sources = sources();
    let routes = sources
        .iter()
        .find(|source| source.in_portal() == Some("routes.rs"))
        .expect("routes.rs");
    let stories: String = sources
        .iter()
        .filter(|source| !source.path.ends_with("/tests/tidy/handlers.rs"))
        .map(|source| source.tests.as_str())
        .collect();
    let told = urls(&stories);
    let mut places = Vec::new();
    for at in routes.words("route") {
        if let Some((at, pattern)) = routes.string_at(at + "route(".len())
            && !told.iter().any(|url| leads_to(url, pattern))
        {
            places.push(format!("{}: {pattern}", routes.place(at)));
        }
    }
    none_breaks("no test names the address of a route:", places);
}

#[test]
fn an_address_leads_to_its_route() {
    assert_eq!(urls("get(\"/phones/{id}?x=/y\") or '/'"), ["/phones/{id}", "/"]);
    assert!(leads_to("/phones/{}", "/phones/{id}") && leads_to("/", "/"));
    assert!(!leads_to("/phones/", "/phones/{id}") && !leads_to("/phones", "/phones/{id}"));
}
