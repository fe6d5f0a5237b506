//! The commands of the provider's console: what they do, what they refuse, what they leave behind.

use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use crate::place::{INIT, OPERATOR_PASSWORD, Place, told};
use crate::{browser, post, said, tamper};

#[test]
fn init_makes_everything_private_and_never_overwrites() {
    let place = Place::set_up("init");
    for name in ["linekey.toml", "linekey.key", "linekey.db"] {
        let mode = std::fs::metadata(place.folder.0.join(name)).expect("made").mode() & 0o777;
        assert_eq!(mode, 0o600, "{name}");
    }
    let before = std::fs::read(place.folder.0.join("linekey.toml")).expect("settings");
    let again = place.run_with(&INIT, OPERATOR_PASSWORD);
    assert_eq!(again.status.code(), Some(1));
    assert!(
        said(&again).contains("is there already") && said(&again).contains("linekey serve"),
        "{}",
        said(&again)
    );
    assert_eq!(
        std::fs::read(place.folder.0.join("linekey.toml")).expect("settings"),
        before
    );
    std::fs::remove_file(place.folder.0.join("linekey.toml")).expect("ours");
    let without = place.run_with(&INIT, OPERATOR_PASSWORD);
    assert!(
        said(&without).contains("linekey.db is there already"),
        "{}",
        said(&without)
    );
    assert!(!place.folder.0.join("linekey.toml").exists());
}

#[test]
fn init_makes_its_folder_for_its_user_alone() {
    let place = Place::new("init-folder");
    let done = place.run_with(
        &[&INIT[..], &["--config", "portal/here/linekey.toml"]].concat(),
        OPERATOR_PASSWORD,
    );
    assert!(done.status.success(), "{}", said(&done));
    assert!(
        said(&done).contains("linekey serve --config portal/here/linekey.toml"),
        "{}",
        said(&done)
    );
    for folder in ["portal", "portal/here"] {
        let mode = std::fs::metadata(place.folder.0.join(folder)).expect("made").mode() & 0o777;
        assert_eq!(mode, 0o700, "{folder}");
    }
    assert!(
        place.folder.0.join("portal/here/linekey.db").exists(),
        "beside the settings"
    );
    let settings = std::fs::read_to_string(place.folder.0.join("portal/here/linekey.toml")).expect("settings");
    assert!(
        settings.contains("Quayside Telecom <portal@quayside.example>"),
        "{settings}"
    );
    // From anywhere: paths begin at the settings.
    let listed = place.lists(&["account", "list", "--config", "portal/here/linekey.toml"]);
    assert_eq!(listed[0]["domain"], "quayside.example");
    assert_eq!(place.names(), ["portal"]);
}

#[test]
fn a_provider_may_be_called_what_it_is() {
    let place = Place::new("init-names");
    let arguments = INIT.map(|argument| match argument {
        "Quayside Telecom" => "Søn, \"Quay\" & \\ Co. <x>",
        other => other,
    });
    let done = place.run_with(&arguments, OPERATOR_PASSWORD);
    assert!(done.status.success(), "{}", said(&done));
    let accounts = place.lists(&["account", "list"]);
    assert_eq!(accounts[0]["name"], "Søn, \"Quay\" & \\ Co. <x>");
    assert!(place.does(&["doctor"]).contains("mail"));
}

#[test]
fn what_init_refuses_leaves_nothing_behind() {
    let place = Place::new("init-refused");
    let with = |name: &str, value: &str| {
        let mut arguments = INIT.map(str::to_owned);
        let at = arguments
            .iter()
            .position(|argument| argument == name)
            .expect("an argument");
        value.clone_into(&mut arguments[at + 1]);
        arguments.to_vec()
    };
    let mut refused = vec![(INIT.map(str::to_owned).to_vec(), "tidewater", "uppercase")];
    refused.push((INIT.map(str::to_owned).to_vec(), "Olivia-olivia-1", "name"));
    refused.push((INIT.map(str::to_owned).to_vec(), "", "password"));
    refused.push((with("--domain", "quayside"), OPERATOR_PASSWORD, "acme.example"));
    refused.push((
        with("--domain", "kühl.example"),
        OPERATOR_PASSWORD,
        "xn--khl-hoa.example",
    ));
    refused.push((with("--provider", "a\u{202e}b"), OPERATOR_PASSWORD, "--provider"));
    refused.push((
        with("--display-name", &"x".repeat(101)),
        OPERATOR_PASSWORD,
        "--display-name: the name is longer",
    ));
    refused.push((with("--operator", "o livia"), OPERATOR_PASSWORD, "--operator"));
    refused.push((
        [
            INIT.map(str::to_owned).to_vec(),
            ["--database", "postgres://a:b@c/d"].map(str::to_owned).to_vec(),
        ]
        .concat(),
        "",
        "LINEKEY_DATABASE__URL",
    ));
    refused.push((
        [
            INIT.map(str::to_owned).to_vec(),
            ["--public-url", "http://a.example"].map(str::to_owned).to_vec(),
        ]
        .concat(),
        "",
        "https://",
    ));
    refused.push((
        ["init", "--stdin"].map(str::to_owned).to_vec(),
        OPERATOR_PASSWORD,
        "--provider",
    ));
    refused.push((["init"].map(str::to_owned).to_vec(), "", "--provider is missing"));
    for (arguments, password, words) in refused {
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let output = place.run_with(&arguments, password);
        assert!(!output.status.success(), "{arguments:?}");
        assert!(said(&output).contains(words), "{arguments:?}: {}", said(&output));
        assert_eq!(place.names(), [""; 0], "{arguments:?}");
    }
}

#[test]
fn what_init_cannot_write_leaves_nothing_behind() {
    let place = Place::new("init-full");
    // Blocks of a file: none for the key file, or too few for the settings behind it.
    for blocks in ["0", "1"] {
        let mut command = std::process::Command::new("sh");
        let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
        command
            .args(["-c", &limited, "sh", env!("CARGO_BIN_EXE_linekey")])
            .args(INIT);
        let output = place.run_as(command, OPERATOR_PASSWORD);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains("cannot be made"), "{}", said(&output));
        assert_eq!(place.names(), [""; 0], "{blocks}: {}", said(&output));
    }
}

#[test]
fn a_command_in_the_wrong_place_makes_no_empty_portal() {
    let place = Place::new("wrong-place");
    for command in [
        &["account", "list"][..],
        &["user", "list"],
        &["keys", "list"],
        &["migrate"],
    ] {
        let refused = place.refuses(command);
        assert!(refused.contains("linekey init"), "{refused}");
    }
    assert_eq!(place.names(), [""; 0]);
    assert!(place.refuses(&["doctor"]).contains("there is no linekey.toml here"));
}

#[test]
fn what_cannot_be_added_is_said_and_lists_are_for_programs_too() {
    let place = Place::set_up("refused");
    place.does(&["account", "add", "acme.example", "--name", "Acme Boats"]);
    let listed = place.does(&["audit", "list"]);
    assert!(listed.contains("account-add\tdone\tconsole\tacme.example"), "{listed}");
    let add = [
        "user",
        "add",
        "ann@acme.example",
        "--name",
        "Ann Archer",
        "--email",
        "ann@acme.example",
    ];
    place.does(&add);
    for (arguments, words) in [
        (
            &["account", "add", "ACME.example", "--name", "Acme"][..],
            "acme.example already",
        ),
        (
            &[
                "account",
                "add",
                "b.example",
                "--name",
                "B",
                "--sip-domain",
                "acme.sip.quayside.example",
            ],
            "--sip-domain",
        ),
        (&["account", "add", "b.example", "--name", " "], "its name is empty"),
        (&add, "sign-in name already"),
        (
            &["user", "add", "ann@b.example", "--name", "Ann"],
            "no account b.example",
        ),
        (
            &["user", "add", "oz@acme.example", "--name", "Oz", "--role", "operator"],
            "NAME@quayside.example",
        ),
        (
            &["user", "add", "al@acme.example", "--name", "Al", "--email", "x"],
            "e-mail",
        ),
        (&["user", "list", "--account", "acm.example"], "no account acm.example"),
        (
            &["phone", "add", "bob@acme.example", "Desk"],
            "nobody signs in as bob@acme.example",
        ),
        (
            &["phone", "add", "ann@acme.example", "Desk", "--extension", "x"],
            "digits",
        ),
        (&["user", "disable", "bob@acme.example"], "linekey user list"),
    ] {
        let refused = place.refuses(arguments);
        assert!(refused.contains(words), "{arguments:?}: {refused}");
    }
    assert_eq!(
        place.run(&["user", "add", "ann", "--name", "Ann"]).status.code(),
        Some(2)
    );
    let given = ["user", "add", "bob@acme.example", "--name", "Bob", "--stdin"];
    assert!(said(&place.run_with(&given, "short")).contains("at least 8 characters"));
    let people = place.lists(&["user", "list", "--account", "acme.example"]);
    assert_eq!(people.len(), 1, "what is refused leaves nothing");
    assert_eq!(people[0]["sign_in_name"], "ann@acme.example");
    assert_eq!(
        (&people[0]["email_verified"], &people[0]["state"]),
        (&false.into(), &"must_change".into())
    );
    let added = place.run_with(&given, "Harbour-Light-77");
    assert!(
        added.status.success() && !said(&added).contains("Harbour-Light-77"),
        "{}",
        said(&added)
    );
    place.does(&["phone", "add", "ann@acme.example", "Desk", "--extension", "12"]);
    assert!(
        place
            .refuses(&["phone", "add", "ann@acme.example", "Desk"])
            .contains("Desk")
    );
    let phones = place.lists(&["phone", "list", "--account", "acme.example"]);
    assert_eq!(phones[0]["address_of_record"], "ann-desk@acme.sip.quayside.example");
    assert_eq!(
        (&phones[0]["state"], &phones[0]["extension"]),
        (&"never".into(), &"12".into())
    );
    for nothing in ["state_at", "user_agent", "address"] {
        assert!(
            phones[0].get(nothing).is_some_and(|value| value.is_null()),
            "{phones:?}"
        );
    }
    let accounts = place.lists(&["account", "list"]);
    for moment in [&accounts[0]["created_at"], &people[0]["created_at"]] {
        let moment = moment.as_str().expect("text");
        assert_eq!(
            (moment.len(), &moment[19..20]),
            ("2026-11-23T08:02:11.123Z".len(), "."),
            "{moment}"
        );
    }
    // On a pipe: a head and fields between tabs.
    let table = place.does(&["account", "list"]);
    assert!(
        table.starts_with("domain\tname\t") && table.contains("acme.example\tAcme Boats\t2\t0\t1\tactive"),
        "{table}"
    );
}

#[tokio::test]
async fn passwords_and_the_right_to_sign_in_are_given_and_taken_at_the_console() {
    let place = Place::set_up("passwords");
    let server = place.serve().await;
    let signs_in = async |password: &str| {
        let fields = [("username", "ann@acme.example"), ("password", password)];
        post(&browser(), format!("{}/sign-in", server.portal), &fields).await.0
    };
    place.does(&["account", "add", "acme.example", "--name", "Acme Boats"]);
    let first = told(
        &place.does(&["user", "add", "ann@acme.example", "--name", "Ann"]),
        "password",
    );
    assert_eq!(signs_in(&first).await, 303);

    let set = place.does(&["user", "set-password", "ann@acme.example"]);
    assert!(
        set.contains("one session ended") && set.contains("changed at the first sign-in"),
        "{set}"
    );
    assert_eq!(signs_in(&told(&set, "password")).await, 303);
    let kept = place.run_with(
        &["user", "set-password", "ann@acme.example", "--stdin", "--keep"],
        "Harbour-Light-78",
    );
    assert!(said(&kept).contains("lasts until it is changed"), "{}", said(&kept));
    assert!(!said(&kept).contains("Harbour-Light-78"));
    assert_eq!(signs_in("Harbour-Light-78").await, 303);
    let same = place.run_with(
        &["user", "set-password", "ann@acme.example", "--stdin"],
        "Harbour-Light-78",
    );
    assert_eq!(same.status.code(), Some(1), "the rules hold here too");
    let asked = place.run(&["user", "set-password", "ann@acme.example", "--keep"]);
    assert_eq!(asked.status.code(), Some(2), "there is no terminal to ask on");

    let disabled = place.does(&["user", "disable", "ann@acme.example"]);
    assert!(
        disabled.contains("session ended") && disabled.contains("phones are disconnected"),
        "{disabled}"
    );
    assert!(place.does(&["user", "disable", "ann@acme.example"]).contains("already"));
    assert_eq!(signs_in("Harbour-Light-78").await, 422);
    assert!(
        place
            .refuses(&["user", "set-password", "ann@acme.example"])
            .contains("user enable")
    );
    place.does(&["user", "enable", "ann@acme.example"]);
    assert_eq!(signs_in("Harbour-Light-78").await, 303);
    place.run_with(
        &["user", "set-password", "olivia", "--stdin", "--keep"],
        "Lantern-Mooring-3",
    );
    let olivia = [("username", "olivia"), ("password", "Lantern-Mooring-3")];
    let answer = post(&browser(), format!("{}/sign-in", server.portal), &olivia).await;
    assert_eq!(answer.0, 303, "the way back in for an operator who forgot");
    server.terminate();
}

#[tokio::test]
async fn a_key_is_replaced_while_the_portal_runs() {
    let place = Place::set_up("keys");
    let server = place.serve().await;
    let ids = |state: &str| {
        let keys = place.lists(&["keys", "list"]);
        let of_state = keys.iter().filter(|key| key["state"] == state);
        of_state
            .map(|key| key["id"].as_str().expect("text").to_owned())
            .collect::<Vec<_>>()
    };
    let old = ids("in_use").remove(0);
    assert!(place.refuses(&["keys", "retire", &old]).contains("the key in use"));
    assert!(place.does(&["keys", "add"]).contains("seals nothing yet"));
    let new = ids("opens").remove(0);
    place.does(&["keys", "use", &new]);
    assert!(place.does(&["keys", "retire", &old]).contains("taken out"));
    assert_eq!((ids("in_use"), ids("retired")), (vec![new.clone()], vec![old.clone()]));
    assert!(place.refuses(&["keys", "retire", &old]).contains("no key"));
    // The events of before were made with a key that opens nothing any more.
    place.does(&["audit", "verify"]);
    assert_eq!(place.run(&["keys", "use", "nonsense"]).status.code(), Some(2));
    // The server has read the file meanwhile: it seals with the new key.
    let (olivia, fields) = (browser(), [("username", "olivia"), ("password", OPERATOR_PASSWORD)]);
    assert_eq!(
        post(&olivia, format!("{}/sign-in", server.portal), &fields).await.0,
        303
    );
    let added = post(&olivia, format!("{}/phones", server.portal), &[("label", "Desk")]).await;
    assert_eq!(added.0, 303);
    let sealed = place.lists(&["keys", "list"]);
    let with_new = sealed.iter().find(|key| key["id"] == new.as_str()).expect("listed");
    assert_eq!(with_new["phones"], 1, "{sealed:?}");
    server.signal("-HUP");
    assert_eq!(
        post(&browser(), format!("{}/sign-in", server.portal), &fields).await.0,
        303
    );
    server.terminate();
}

#[test]
fn a_hangup_before_the_portal_is_ready_does_not_end_it() {
    let place = Place::new("hangup");
    let settings = place.folder.0.join("linekey.toml");
    let made = std::process::Command::new("mkfifo").arg(&settings).status();
    assert!(made.expect("mkfifo runs").success());
    let serving = place.command(&["serve"]).spawn().expect("the binary runs");
    // A pipe opens once it reads the settings, which it waits for from then on.
    let mut pipe = std::fs::File::options().write(true).open(&settings).expect("a pipe");
    let sent = std::process::Command::new("kill")
        .args(["-HUP", &serving.id().to_string()])
        .status();
    assert!(sent.expect("kill runs").success());
    pipe.write_all(b"[portal]\nbogus = 1\n").expect("it reads on");
    drop(pipe);
    let output = serving.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1), "by itself: {}", said(&output));
    assert!(said(&output).contains("bogus"), "{}", said(&output));
}

#[test]
fn doctor_names_what_is_wrong_and_what_to_do() {
    let place = Place::set_up("doctor");
    let checks = place.lists(&["doctor"]);
    let names: Vec<_> = checks
        .iter()
        .map(|check| check["check"].as_str().expect("text"))
        .collect();
    for name in [
        "settings",
        "public url",
        "folder",
        "key file",
        "database",
        "schema",
        "writes",
        "key fits",
        "clock",
        "hashing",
        "portal port",
        "admin port",
        "sip port",
        "mail",
        "disk",
    ] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    assert!(checks.iter().all(|check| check["state"] != "failed"), "{checks:?}");

    let taken = std::net::TcpListener::bind(place.http).expect("free so far");
    assert!(place.refuses(&["doctor"]).contains("taken by another program"));
    drop(taken);
    let key = place.folder.0.join("linekey.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).expect("ours");
    assert!(place.refuses(&["doctor"]).contains("chmod 600"));
    std::fs::remove_file(&key).expect("ours");
    assert!(place.refuses(&["doctor"]).contains("restore it"));
    let other = Place::set_up("doctor-other");
    std::fs::copy(other.folder.0.join("linekey.key"), &key).expect("a copy");
    assert!(
        place.refuses(&["doctor"]).contains("belongs to this database"),
        "another portal's key file"
    );
    std::fs::write(place.folder.0.join("linekey.toml"), "[portal]\nlisten = 1\n").expect("ours");
    let wrong = place.refuses(&["doctor"]);
    assert!(
        wrong.contains("line 2") && wrong.contains("one check failed"),
        "{wrong}"
    );
}

#[test]
fn doctor_tries_the_mail_server_and_sends_a_test_mail() {
    let place = Place::set_up("doctor-mail");
    let sent = place.does(&["doctor", "--mail", "ann@acme.example"]);
    assert!(
        sent.contains("the mail to ann@acme.example is in") && sent.contains("leaves this machine only if"),
        "{sent}"
    );
    let wrong = place.refuses(&["doctor", "--mail", "ann"]);
    assert!(
        wrong.contains("test mail") && wrong.contains("ann is no e-mail address"),
        "{wrong}"
    );
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("its port").port();
    drop(listener);
    let place = place.with("LINEKEY_MAIL__TRANSPORT", "smtp").with(
        "LINEKEY_MAIL__SMTP_URL",
        &format!("smtp://portal:never-shown@127.0.0.1:{port}"),
    );
    let wrong = place.refuses(&["doctor", "--mail", "ann@acme.example"]);
    assert!(
        wrong.contains("nobody listens there") && wrong.contains("2 checks failed"),
        "{wrong}"
    );
    assert!(!wrong.contains("never-shown"), "{wrong}");
}

#[test]
fn migrate_says_from_which_version_to_which() {
    let place = Place::set_up("migrate");
    let text = place.does(&["migrate"]);
    assert!(text.contains("up to date"), "{text}");
    std::fs::write(place.folder.0.join("empty.db"), "").expect("ours");
    let empty = Place::new("migrate-empty").with(
        "LINEKEY_DATABASE__URL",
        &format!("sqlite:{}/empty.db", place.folder.text()),
    );
    assert!(empty.does(&["migrate"]).contains("was empty"));
}

#[tokio::test]
async fn a_command_of_a_newer_version_leaves_the_schema_to_the_server() {
    let place = Place::set_up("older-schema");
    let newest = linekey::db::newest_schema();
    tamper(
        &place.folder,
        "delete from _sqlx_migrations where version = (select max(version) from _sqlx_migrations)",
    )
    .await;
    for command in [
        &["user", "list"][..],
        &["account", "add", "acme.example", "--name", "Acme"],
        &["keys", "list"],
        &["audit", "verify"],
    ] {
        let refused = place.refuses(command);
        assert!(
            refused.contains(&format!(", this program needs {newest}: ")) && refused.contains("linekey migrate"),
            "{refused}"
        );
    }
    let checked = place.does(&["doctor"]);
    assert!(checked.contains(&format!("this version brings {newest}")), "{checked}");
}

#[test]
fn a_reset_link_is_sent_where_it_can_arrive() {
    let place = Place::set_up("resets");
    place.does(&["account", "add", "acme.example", "--name", "Acme Boats"]);
    place.does(&["user", "add", "ann@acme.example", "--name", "Ann"]);
    let refused = place.refuses(&["user", "send-reset", "ann@acme.example"]);
    assert!(refused.contains("no confirmed e-mail address"), "{refused}");
    let address = ["--email", "bob@acme.example", "--email-verified"];
    place.does(&[&["user", "add", "bob@acme.example", "--name", "Bob"], &address[..]].concat());
    for _ in 0..5 {
        let sent = place.does(&["user", "send-reset", "bob@acme.example"]);
        assert!(sent.contains("on its way to bob@acme.example"), "{sent}");
    }
    let refused = place.refuses(&["user", "send-reset", "bob@acme.example"]);
    assert!(refused.contains("as many reset links as one address gets"), "{refused}");
    let refused = place.refuses(&["user", "send-reset", "eve@acme.example"]);
    assert!(refused.contains("nobody signs in as eve@acme.example"), "{refused}");
    let listed = place.does(&["audit", "list"]);
    assert!(
        listed.contains("reset-link-sent\tdone\tconsole\tbob@acme.example"),
        "{listed}"
    );
}
