//! `linekey phone`: what it does while a server runs.

use crate::install::{phone, registers};
use crate::place::{Place, told};

/// What a command does to a phone is done in the memory of the running server too.
#[tokio::test]
async fn phones_are_renewed_disconnected_and_removed_at_the_console() {
    let place = Place::set_up("phones");
    place.does(&["account", "add", "acme.example", "--name", "Acme Boats"]);
    place.does(&["user", "add", "ann@acme.example", "--name", "Ann"]);
    let first = place.does(&["phone", "add", "ann@acme.example", "Desk"]);
    let desk = "ann-desk@acme.sip.quayside.example";
    let server = place.serve().await;
    assert!(registers(&place, &first).await);
    let shown = || {
        let told = place.does(&["phone", "show", desk, "--json"]);
        serde_json::from_str::<serde_json::Value>(&told).expect("one object")
    };
    assert_eq!(shown()["state"], "registered");

    let is_let_in = async |printed: &str| {
        let registered = phone(&place, printed).await.register_once().await;
        registered.expect("an answer").is_registered()
    };

    let second = place.does(&["phone", "rotate", desk]);
    assert!(second.contains("The one it has works until"), "{second}");
    assert_ne!(told(&first, "password"), told(&second, "password"));
    assert!(shown()["old_sip_password_until"].is_string());
    assert!(is_let_in(&first).await && is_let_in(&second).await);
    assert!(!is_let_in(&first).await, "the new one is in use");

    let third = place.does(&["phone", "rotate", desk, "--overlap", "0"]);
    assert!(!is_let_in(&second).await && is_let_in(&third).await);
    place.does(&["phone", "disconnect", desk, "--block"]);
    assert!(!is_let_in(&third).await);
    assert_eq!(shown()["state"], "blocked");
    place.does(&["phone", "allow", desk]);
    place.does(&["phone", "show", desk]);
    place.does(&["phone", "disconnect", desk]);
    place.does(&["phone", "remove", desk]);
    assert!(!is_let_in(&third).await);
    assert!(place.refuses(&["phone", "show", desk]).contains("linekey phone list"));
    for (arguments, words) in [
        (["phone", "rotate", "nobody"], "no phone has the address nobody"),
        (["phone", "disconnect", "ann-desk@elsewhere.example"], "no phone has"),
        (["phone", "remove", ""], "no phone has"),
    ] {
        let refused = place.refuses(&arguments);
        assert!(refused.contains(words), "{arguments:?}: {refused}");
    }
    let long = place.run(&["phone", "rotate", desk, "--overlap", "169"]);
    assert_eq!(long.status.code(), Some(2));
    server.terminate();
}
