//! The real binary, end to end: what it prints, how it ends, what it refuses.

#[path = "commands/backup.rs"]
mod backup;
#[path = "commands/certificate.rs"]
mod certificate;
#[path = "commands/console.rs"]
mod console;
#[cfg(feature = "outside")]
#[path = "commands/deploy.rs"]
mod deploy;
#[path = "commands/export.rs"]
mod export;
#[path = "commands/feedback.rs"]
mod feedback;
#[path = "commands/help_articles.rs"]
mod help_articles;
#[path = "commands/install.rs"]
mod install;
#[path = "commands/people.rs"]
mod people;
#[path = "commands/phones.rs"]
mod phones;
#[path = "commands/place.rs"]
mod place;

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

/// A folder of one test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("linekey-commands-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    fn text(&self) -> &str {
        self.0.to_str().expect("a plain path")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn linekey(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linekey"));
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    // Cheap: these tests are not about hashing.
    command
        .env("LINEKEY_HASHING__MEMORY_KIB", "64")
        .env("LINEKEY_HASHING__PASSES", "1");
    command
}

fn ends(arguments: &[&str]) -> Output {
    linekey(arguments).output().expect("the binary runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A demo that is ready, with the lines it printed until then.
struct Demo {
    child: Child,
    lines: Vec<String>,
    portal: String,
}

impl Demo {
    fn start(more: &[&str], settings: &[(&str, &str)]) -> Self {
        let mut command = linekey(&[&["demo", "--http", "127.0.0.1:0", "--sip", "127.0.0.1:0"], more].concat());
        command.envs(settings.iter().copied());
        let mut child = command.spawn().expect("the binary runs");
        let mut lines = Vec::new();
        for line in BufReader::new(child.stdout.take().expect("piped")).lines() {
            lines.push(line.expect("text"));
            if lines.last().is_some_and(|line| line.contains("Ctrl-C")) {
                break;
            }
        }
        let portal = lines
            .iter()
            .find_map(|line| line.strip_prefix("portal  "))
            .map(str::to_owned);
        let Some(portal) = portal else {
            let mut errors = String::new();
            let _ = child.stderr.take().expect("piped").read_to_string(&mut errors);
            panic!("the demo did not get ready: {lines:?} {errors}");
        };
        Self {
            child,
            lines,
            portal: portal.trim_end_matches('/').replace("localhost", "127.0.0.1"),
        }
    }

    /// Asks it to end as a service manager does, and says whether it ended well.
    fn terminate(mut self) -> bool {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().expect("kill runs");
        self.child.wait().expect("it ends").success()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn post(client: &reqwest::Client, url: String, fields: &[(&str, &str)]) -> (u16, String) {
    let answer = client.post(url).form(fields).send().await.expect("an answer");
    let place = answer
        .headers()
        .get("location")
        .map_or("", |place| place.to_str().expect("text"))
        .to_owned();
    (answer.status().as_u16(), place)
}

fn browser() -> reqwest::Client {
    let client = reqwest::Client::builder()
        .cookie_store(true)
        .redirect(reqwest::redirect::Policy::none());
    client.build().expect("a client")
}

#[test]
fn linekey_alone_says_three_things_to_try_and_wrong_usage_ends_with_2() {
    let alone = ends(&[]);
    assert_eq!(alone.status.code(), Some(0));
    for command in ["linekey demo", "linekey init", "linekey --help"] {
        assert!(said(&alone).contains(command), "{command}: {}", said(&alone));
    }
    assert_eq!(ends(&["bogus"]).status.code(), Some(2));
    assert_eq!(ends(&["demo", "--http", "nowhere"]).status.code(), Some(2));
    let version = ends(&["version"]);
    assert!(said(&version).starts_with(concat!("linekey ", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn a_demo_listens_on_loopback_only() {
    for option in ["--http", "--sip"] {
        let refused = ends(&["demo", option, "0.0.0.0:0"]);
        assert_eq!(refused.status.code(), Some(1));
        assert!(said(&refused).contains("loopback only"), "{}", said(&refused));
    }
}

#[tokio::test]
async fn a_demo_says_where_it_is_and_who_can_sign_in_and_ends_cleanly() {
    let demo = Demo::start(&["--seed-users", "3"], &[]);
    let text = demo.lines.join("\n");
    for line in [
        "ann-desk, ann-softphone, gina-desk are registered",
        "ann@acme.example      Harbour-Light-7    user           Acme Boats",
        "olivia                Harbour-Light-4    operator       Quayside Telecom",
        "u000000@load.example to u000002@load.example",
    ] {
        assert!(text.contains(line), "{line} is missing:\n{text}");
    }
    assert!(
        demo.lines
            .iter()
            .any(|line| line.starts_with("mail  http://localhost:") && line.ends_with("/demo/mail"))
    );
    assert!(demo.lines.iter().any(|line| line.starts_with("sip  127.0.0.1:")));
    let fields = [("username", "u000002@load.example"), ("password", "Harbour-Light-0")];
    assert_eq!(
        post(&browser(), format!("{}/sign-in", demo.portal), &fields).await.0,
        303
    );
    assert!(demo.terminate());
}

#[tokio::test]
async fn a_kept_demo_remembers_and_is_served_by_nobody_else() {
    let folder = Folder::new("kept");
    let ann = |password| [("username", "ann@acme.example"), ("password", password)];
    let new = [
        ("new_password", "Tidewater-Kestrel-1"),
        ("confirm_password", "Tidewater-Kestrel-1"),
    ];

    let demo = Demo::start(&["--data", folder.text()], &[]);
    let client = browser();
    assert_eq!(
        post(&client, format!("{}/sign-in", demo.portal), &ann("Harbour-Light-7"))
            .await
            .0,
        303
    );
    let changed = post(&client, format!("{}/account/password", demo.portal), &new).await;
    assert_eq!(changed, (303, "/account/password/done".to_owned()));
    let twice = ends(&[
        "demo",
        "--http",
        "127.0.0.1:0",
        "--sip",
        "127.0.0.1:0",
        "--data",
        folder.text(),
    ]);
    assert!(
        said(&twice).contains("another Linekey server is running"),
        "{}",
        said(&twice)
    );
    assert!(demo.terminate());

    let demo = Demo::start(&["--data", folder.text()], &[]);
    assert_eq!(
        post(&browser(), format!("{}/sign-in", demo.portal), &ann("Harbour-Light-7"))
            .await
            .0,
        422
    );
    assert_eq!(
        post(
            &browser(),
            format!("{}/sign-in", demo.portal),
            &ann("Tidewater-Kestrel-1")
        )
        .await
        .0,
        303
    );
    assert!(demo.terminate());

    for name in ["linekey.toml", "linekey.db", "linekey.key", "mail"] {
        assert!(folder.0.join(name).exists(), "{name}");
    }
    let served = linekey(&["serve"])
        .env("LINEKEY_DATABASE__URL", format!("sqlite:{}/linekey.db", folder.text()))
        .env("LINEKEY_KEYS__FILE", folder.0.join("linekey.key"))
        .env("LINEKEY_PORTAL__LISTEN", "[\"127.0.0.1:0\"]")
        .env("LINEKEY_ADMIN__LISTEN", "127.0.0.1:0")
        .output()
        .expect("the binary runs");
    assert_eq!(served.status.code(), Some(1));
    assert!(said(&served).contains("a demo's database"), "{}", said(&served));
}

#[tokio::test]
async fn health_is_told_on_a_listener_of_its_own() {
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .expect("a free port")
        .local_addr()
        .expect("its address");
    let demo = Demo::start(&[], &[("LINEKEY_ADMIN__LISTEN", &free.to_string())]);
    for (path, words) in [
        ("healthz", "up"),
        ("readyz", "database ready"),
        ("readyz", "mail ready"),
    ] {
        let answer = reqwest::get(format!("http://{free}/{path}")).await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 200);
        assert!(answer.text().await.expect("text").contains(words));
        let portal = reqwest::get(format!("{}/{path}", demo.portal))
            .await
            .expect("an answer");
        assert_eq!(portal.status().as_u16(), 404, "not where people go");
    }
    assert!(demo.terminate());
}

#[test]
fn a_setting_that_does_not_exist_stops_the_start_with_its_place() {
    let folder = Folder::new("settings");
    std::fs::create_dir_all(&folder.0).expect("a folder");
    let file = folder.0.join("linekey.toml");
    std::fs::write(&file, "[portal]\nlisten = [\"127.0.0.1:0\"]\npublic_ulr = \"x\"\n").expect("a file");
    let refused = ends(&["serve", "--config", file.to_str().expect("a plain path")]);
    assert_eq!(refused.status.code(), Some(1));
    for words in ["linekey.toml", "line 3", "public_ulr", "public_url"] {
        assert!(said(&refused).contains(words), "{words}: {}", said(&refused));
    }
    let variable = linekey(&["serve"])
        .env("LINEKEY_SIP__BOGUS", "1")
        .output()
        .expect("the binary runs");
    assert!(said(&variable).contains("LINEKEY_SIP__BOGUS"), "{}", said(&variable));
}

/// A command on a demo's folder.
fn inside(folder: &Folder, arguments: &[&str]) -> Output {
    let mut command = linekey(arguments);
    command.current_dir(&folder.0).output().expect("the binary runs")
}

/// Changes a demo's database as somebody would who can write to it and has no key.
async fn tamper(folder: &Folder, change: &'static str) {
    let url = format!("sqlite:{}/linekey.db", folder.text());
    let sizes = linekey::db::PoolSizes { connections: 2 };
    let db = linekey::db::Db::open(&url, sizes).await.expect("the demo's database");
    let mut tx = db.begin().await.expect("a transaction");
    linekey::db::query(change).run(&mut tx).await.expect("a change");
    tx.commit().await.expect("a commit");
    db.close().await;
}

#[tokio::test]
async fn the_audit_record_is_listed_and_verified_and_a_change_of_it_is_named() {
    let folder = Folder::new("audit");
    let demo = Demo::start(&["--data", folder.text()], &[]);
    for (name, password) in [
        ("ann@acme.example", "Harbour-Light-7"),
        ("ann@acme.example", "wrong"),
        ("adam@acme.example", "Harbour-Light-1"),
    ] {
        let fields = [("username", name), ("password", password)];
        post(&browser(), format!("{}/sign-in", demo.portal), &fields).await;
    }
    let json = |output: &Output| serde_json::from_slice::<serde_json::Value>(&output.stdout).expect("JSON");
    let mut verified = inside(&folder, &["audit", "verify", "--json"]);
    for _ in 0..100 {
        assert_eq!(
            verified.status.code(),
            Some(0),
            "beside a running portal: {}",
            said(&verified)
        );
        if json(&verified)["unsealed"] == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        verified = inside(&folder, &["audit", "verify", "--json"]);
    }
    let heads = folder.0.join("heads.json");
    std::fs::write(&heads, &verified.stdout).expect("a file");
    assert_eq!(json(&verified)["chains"][0]["seq"], 3);
    assert!(demo.terminate());

    let text = said(&inside(&folder, &["audit", "verify"]));
    assert!(
        text.contains("acme.example  3 rows") && text.contains("Every row is as it was written."),
        "{text}"
    );
    let table = String::from_utf8(inside(&folder, &["audit", "list"]).stdout).expect("text");
    assert!(table.starts_with("when") && table.lines().count() == 4, "{table}");
    let asked = [
        "audit",
        "list",
        "--account",
        "acme.example",
        "--user",
        "ann@acme.example",
        "--json",
    ];
    let events = json(&inside(&folder, &asked));
    let (refused, done) = (&events[0], &events[1]);
    assert_eq!(
        (&refused["outcome"], &refused["subject"]),
        (&"refused".into(), &"ann@acme.example".into())
    );
    assert_eq!(
        (&done["kind"], &done["actor"], &done["seq"]),
        (&"sign-in".into(), &"ann@acme.example".into(), &1.into())
    );
    assert!(done["at"].as_str().expect("a moment").ends_with('Z'));
    for (wrong, code) in [
        (["--kind", "bogus"], 2),
        (["--since", "yesterday"], 2),
        (["--account", "nowhere.example"], 1),
        (["--user", "nobody"], 1),
    ] {
        let refused = inside(&folder, &[&["audit", "list"], &wrong[..]].concat());
        assert_eq!(refused.status.code(), Some(code), "{wrong:?}");
        assert!(said(&refused).contains(wrong[1]), "{}", said(&refused));
    }

    tamper(&folder, "update audit_events set outcome = 'done' where seq = 2").await;
    let edited = inside(&folder, &["audit", "verify"]);
    assert_eq!(edited.status.code(), Some(1));
    assert!(
        said(&edited).contains("acme.example: row 2 (") && said(&edited).contains("was edited"),
        "{}",
        said(&edited)
    );
    tamper(&folder, "delete from audit_events where seq = 3").await;
    let with_head = [
        "audit",
        "verify",
        "--json",
        "--head",
        heads.to_str().expect("a plain path"),
    ];
    let findings = &json(&inside(&folder, &with_head))["findings"];
    let named: Vec<_> = (0..3)
        .map(|at| (findings[at]["finding"].as_str(), findings[at]["seq"].as_i64()))
        .collect();
    let expected = [("edited", 2), ("cut-off", 2), ("cut-off", 2)];
    assert_eq!(named, expected.map(|(finding, seq)| (Some(finding), Some(seq))));
}
