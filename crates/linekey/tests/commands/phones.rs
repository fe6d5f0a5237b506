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
    // A server reads a few times a second what commands changed.
    let comes_to = async |printed: &str, let_in: bool| {
        for _ in 0..30 {
            if is_let_in(printed).await == let_in {
                return true;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        false
    };

    let second = place.does(&["phone", "rotate", desk]);
    assert!(second.contains("The one it has works until"), "{second}");
    assert_ne!(told(&first, "password"), told(&second, "password"));
    assert!(shown()["old_sip_password_until"].is_string());
    assert!(is_let_in(&first).await && comes_to(&second, true).await);
    assert!(comes_to(&first, false).await, "the new one is in use");

    let third = place.does(&["phone", "rotate", desk, "--overlap", "0"]);
    assert!(comes_to(&second, false).await && comes_to(&third, true).await);
    place.does(&["phone", "disconnect", desk, "--block"]);
    assert!(comes_to(&third, false).await);
    assert_eq!(shown()["state"], "blocked");
    place.does(&["phone", "allow", desk]);
    place.does(&["phone", "show", desk]);
    place.does(&["phone", "disconnect", desk]);
    place.does(&["phone", "remove", desk]);
    assert!(comes_to(&third, false).await);
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

/// The link of `phone setup` is fetched from a server that runs, which names it in no line of its log.
#[tokio::test]
async fn a_phone_is_set_up_at_the_console() {
    let place = Place::set_up("phone-setup");
    place.does(&["account", "add", "acme.example", "--name", "Acme Boats"]);
    place.does(&["user", "add", "ann@acme.example", "--name", "Ann"]);
    place.does(&["phone", "add", "ann@acme.example", "Desk"]);
    let desk = "ann-desk@acme.sip.quayside.example";
    let server = place.serve().await;
    let made = place.does(&["phone", "setup", desk, "--kind", "yealink", "--overlap", "0", "--json"]);
    let made: serde_json::Value = serde_json::from_str(&made).expect("one object");
    let link = made["link"].as_str().expect("a link").to_owned();
    assert_eq!(made["files"][0], "y000000000000.cfg");
    assert!(made["old_sip_password_until"].is_null());
    let fetched = reqwest::get(format!("{link}y000000000000.cfg"))
        .await
        .expect("an answer");
    assert_eq!(fetched.status(), 200);
    let file = fetched.text().await.expect("text");
    let said = |name: &str| {
        let line = file
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "));
        line.expect("the setting").to_owned()
    };
    let printed = format!(
        "  user  {}\n  domain  {}\n  password  {}\n",
        said("account.1.user_name"),
        said("account.1.sip_server.1.address"),
        said("account.1.password")
    );
    assert_eq!(said("account.1.outbound_proxy.1.port"), place.sip.port().to_string());
    assert!(registers(&place, &printed).await);
    let gone = reqwest::get(format!("{link}y000000000000.cfg"))
        .await
        .expect("an answer");
    assert_eq!(gone.status(), 404);

    let told = place.does(&["phone", "setup", desk, "--kind", "softphone", "--qr"]);
    for words in ["/linphone.xml", "The SIP password it has works until", "████"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    place.does(&["phone", "disconnect", desk, "--block"]);
    let refused = place.refuses(&["phone", "setup", desk, "--kind", "snom"]);
    assert!(refused.contains("linekey phone allow"), "{refused}");
    let unknown = place.run(&["phone", "setup", desk, "--kind", "teapot"]);
    assert_eq!(unknown.status.code(), Some(2));
    let log = server.terminate_and_tell();
    let token = link.trim_end_matches('/').rsplit('/').next().expect("a token");
    assert!(log.contains("/provision/{token}/{file}"), "{log}");
    assert!(
        !log.contains(token) && !log.contains(&said("account.1.password")),
        "{log}"
    );
}

#[test]
fn the_console_says_how_many_phones_an_account_may_have() {
    let place = Place::set_up("max-phones");
    place.does(&["account", "add", "acme.example", "--name", "Acme Boats"]);
    place.does(&["user", "add", "ann@acme.example", "--name", "Ann"]);
    let shown = place.does(&["account", "show", "acme.example"]);
    assert!(shown.contains("phones at most  1000"), "{shown}");
    let set = ["account", "set", "acme.example", "--max-phones"];
    let told = place.does(&[&set[..], &["1"]].concat());
    assert!(told.contains("is 1 from now on. It has 0."), "{told}");
    place.does(&["phone", "add", "ann@acme.example", "Desk"]);
    let full = place.refuses(&["phone", "add", "ann@acme.example", "Kitchen"]);
    assert!(full.contains("The account can have 1 phone, and has it."), "{full}");
    let told = place.does(&[&set[..], &["0"]].concat());
    assert!(told.contains("It has 1: they stay"), "{told}");
    let object = place.does(&["account", "show", "acme.example", "--json"]);
    let object: serde_json::Value = serde_json::from_str(&object).expect("one object");
    assert_eq!((&object["phones"], &object["max_phones"]), (&1.into(), &0.into()));
    for wrong in [&["-1"][..], &["1000001"], &["many"], &[]] {
        assert_eq!(
            place.run(&[&set[..], wrong].concat()).status.code(),
            Some(2),
            "{wrong:?}"
        );
    }
    assert_eq!(place.run(&set[..3]).status.code(), Some(2), "there is nothing to set");
    let nobody = ["account", "set", "nobody.example", "--max-phones", "1"];
    assert!(place.refuses(&nobody).contains("there is no account nobody.example"));
}
