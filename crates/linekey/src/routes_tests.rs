//! Every route, tried by everyone: who may do what, as a table that changes only as a visible diff, and the ways around
//! it that must lead nowhere.

mod cast;
mod must_change;
mod permissions;
#[cfg(feature = "outside")]
mod reads;
#[cfg(feature = "outside")]
mod sheet;

/// The source of the routes: read as it is, so that none can be forgotten.
const SOURCE: &str = include_str!("routes.rs");

/// A route and the methods that it has.
struct Route {
    /// `/phones/{id}`
    pattern: &'static str,
    /// `GET`, `POST`
    methods: Vec<&'static str>,
}

/// All routes, in the order of their addresses.
fn routes() -> Vec<Route> {
    let unread = [".nest(", "_service(", "any(", "MethodFilter", ".on("];
    for how in unread {
        assert!(
            !SOURCE.contains(how),
            "routes.rs has {how}, which this test does not read"
        );
    }
    let mut routes: Vec<Route> = SOURCE.split(".route(").skip(1).map(route).collect();
    routes.sort_by_key(|route| route.pattern);
    routes
}

/// What stands behind `.route(`, up to the parenthesis that closes it.
fn route(text: &'static str) -> Route {
    let mut depth = 1_i32;
    let end = text
        .find(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth == 0
        })
        .expect("a parenthesis that closes");
    let pattern = text.split('"').nth(1).expect("an address");
    let methods = [
        ("GET", "get("),
        ("POST", "post("),
        ("PUT", "put("),
        ("DELETE", "delete("),
        ("PATCH", "patch("),
    ];
    let methods: Vec<_> = methods
        .into_iter()
        .filter(|(_, call)| text[..end].contains(call))
        .map(|(method, _)| method)
        .collect();
    assert!(!methods.is_empty(), "{pattern} has no method that this test reads");
    Route { pattern, methods }
}

#[test]
fn routes_are_read_with_their_methods() {
    let routes = routes();
    let methods = |pattern: &str| {
        let route = routes.iter().find(|route| route.pattern == pattern);
        route.map(|route| route.methods.join(" ")).unwrap_or_default()
    };
    assert_eq!(methods("/confirm"), "GET POST");
    assert_eq!(methods("/phones/{id}"), "GET");
    assert_eq!(methods("/admin/users/{id}/sessions/{session}/end"), "POST");
    assert_eq!(routes.len(), SOURCE.matches(".route(").count());
}
