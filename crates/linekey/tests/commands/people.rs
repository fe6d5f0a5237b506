//! People who come and go at the console: invited, helped in with a slip, signed out, shown, removed.

use crate::place::{INIT, Place, told};
use crate::{browser, post, said};

/// Chooses a password with a link, and says whether the user then signs in with it.
async fn chooses(portal: &str, link: &str, name: &str) -> bool {
    let client = browser();
    // The link has the public address, which a test has none of.
    let (_, token) = link.split_once("/set-up/").expect("a link");
    let opened = client
        .get(format!("{portal}/set-up/{token}"))
        .send()
        .await
        .expect("an answer");
    let onward = opened.headers()["location"].to_str().expect("text").to_owned();
    let (_, flow) = onward.split_once("flow=").expect("a flow");
    let new = "Tidewater-Kestrel-1";
    let fields = [("flow", flow), ("new_password", new), ("confirm_password", new)];
    let saved = post(&client, format!("{portal}/set-up/new"), &fields).await;
    let fields = [("username", name), ("password", new)];
    let signed_in = post(&browser(), format!("{portal}/sign-in"), &fields).await;
    saved == (303, "/sign-in?set-up=done".to_owned()) && signed_in.0 == 303
}

#[tokio::test]
async fn somebody_is_helped_in_with_a_slip_signed_out_and_removed_at_the_console() {
    let place = Place::set_up("people");
    let server = place.serve().await;
    place.does(&["account", "add", "acme.example", "--name", "Acme Boats"]);
    for (name, role) in [("adam@acme.example", "administrator"), ("ann@acme.example", "user")] {
        place.does(&["user", "add", name, "--name", "Somebody", "--role", role]);
    }
    place.does(&["phone", "add", "ann@acme.example", "Desk"]);
    let slip = place.does(&["user", "setup-slip", "ann@acme.example"]);
    assert!(slip.contains("stays until then"), "{slip}");
    assert_eq!(told(&slip, "code").len(), 23, "{slip}");
    let newer = place.does(&["user", "setup-slip", "ann@acme.example"]);
    let ann = "ann@acme.example";
    let code = told(&slip, "code");
    let fields = [("username", ann), ("code", code.as_str())];
    let void = post(&browser(), format!("{}/set-up/code", server.portal), &fields).await;
    assert_eq!(void.0, 422, "an earlier slip is void");
    assert!(chooses(&server.portal, &told(&newer, "link"), ann).await);

    let shown = place.does(&["user", "show", ann]);
    for part in ["sessions", "Desk", "active"] {
        assert!(shown.contains(part), "{shown}");
    }
    let object: serde_json::Value =
        serde_json::from_str(&place.does(&["user", "show", ann, "--json"])).expect("an object");
    assert_eq!((&object["sessions"], &object["state"]), (&1.into(), &"active".into()));
    assert!(place.does(&["user", "sign-out", ann]).contains("One session ended"));
    assert!(place.does(&["user", "sign-out", ann]).contains("Nobody was signed in"));

    let asks = place.run(&["user", "remove", ann]);
    assert_eq!(asks.status.code(), Some(2), "{}", said(&asks));
    assert!(said(&asks).contains("--yes"));
    let removed = place.does(&["user", "remove", ann, "--yes"]);
    assert!(removed.contains("One phone went with them"), "{removed}");
    assert!(place.refuses(&["user", "show", ann]).contains("nobody signs in as"));
    for (last, what) in [("adam@acme.example", "last administrator"), ("olivia", "last operator")] {
        let kept = place.refuses(&["user", "remove", last, "--yes"]);
        assert!(kept.contains(what), "{kept}");
    }
    let record = place.does(&["audit", "list"]);
    assert!(
        record.contains("user-remove\tdone\tconsole\tann@acme.example"),
        "the record goes on naming them: {record}"
    );
    server.terminate();
}

#[tokio::test]
async fn somebody_is_invited_at_the_console() {
    let place = Place::set_up("invited");
    place.does(&["account", "add", "acme.example", "--name", "Acme Boats"]);
    let add = ["user", "add", "ann@acme.example", "--name", "Ann", "--invite"];
    assert_eq!(place.run(&add).status.code(), Some(2), "an invitation needs an address");
    let with = |email| [&add[..], &["--email", email]].concat();
    assert!(place.refuses(&with("ann")).contains("the e-mail is not of the form"));
    let invited = place.does(&with("ann@home.example"));
    assert!(invited.contains("An invitation goes to ann@home.example"), "{invited}");
    assert!(
        place
            .refuses(&with("ann@home.example"))
            .contains("somebody has that sign-in name")
    );
    let shown = place.does(&["user", "show", "ann@acme.example"]);
    assert!(
        shown.contains("has no password") && shown.contains("not confirmed"),
        "{shown}"
    );
}

#[tokio::test]
async fn init_can_print_the_operators_set_up_link() {
    let place = Place::new("init-link");
    let without: Vec<_> = INIT.into_iter().filter(|argument| *argument != "--stdin").collect();
    let done = place.run(&[&without[..], &["--set-up-link"]].concat());
    assert!(done.status.success(), "{}", said(&done));
    let printed = said(&done);
    let link = printed
        .split_whitespace()
        .find(|word| word.contains("/set-up/"))
        .expect("a link")
        .to_owned();
    let server = place.serve().await;
    assert!(chooses(&server.portal, &link, "olivia").await);
    server.terminate();
}
