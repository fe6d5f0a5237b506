//! `docs/install.md`, followed to the letter: every command of it, a server, people who sign in, a phone that registers.

use std::process::{Command, Stdio};
use std::sync::Arc;

use linekey_sip::Surroundings;
use linekey_sip::client::{Account, Phone};

use crate::place::{OPERATOR_PASSWORD, Place, told};
use crate::{browser, post, said};

const GUIDE: &str = include_str!("../../../../docs/install.md");

/// The commands of the blocks that begin with this mark, in order.
fn commands(mark: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut in_block = false;
    for line in GUIDE.lines() {
        match line {
            "```" => in_block = false,
            begins if begins.strip_prefix("```") == Some(mark) => in_block = true,
            command if in_block => commands.push(command.to_owned()),
            _ => {}
        }
    }
    assert!(commands.len() >= 9, "the guide's commands are found: {commands:?}");
    commands
}

/// Runs a line of the guide in a shell, as people do.
fn shell(place: &Place, line: &str) -> String {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_linekey"));
    let folder = program.parent().expect("a folder").display();
    let mut command = Command::new("sh");
    command.args(["-c", &format!("PATH=\"{folder}:$PATH\"; {line}")]);
    let like = place.command(&[]);
    command.current_dir(&place.folder.0);
    command.envs(like.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.stdin(Stdio::null()).output().expect("a shell");
    assert!(output.status.success(), "{line}: {}", said(&output));
    String::from_utf8(output.stdout).expect("text")
}

struct Around;

impl Surroundings for Around {
    fn now_ms(&self) -> i64 {
        linekey::clock::Clock::default().now()
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        linekey::random::Random::default().fill(bytes);
    }
}

/// Whether the phone registers that `linekey phone add` printed so. The registrar knows a domain that another process
/// added within five seconds.
pub(crate) async fn registers(place: &Place, printed: &str) -> bool {
    let mut desk = phone(place, printed).await;
    for _ in 0..80 {
        if desk.register_once().await.expect("an answer").is_registered() {
            return true;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    false
}

/// The phone that `linekey phone add` or `rotate` printed so.
pub(crate) async fn phone(place: &Place, printed: &str) -> Phone {
    let account = Account::new(
        place.sip,
        &told(printed, "user"),
        &told(printed, "domain"),
        &told(printed, "password"),
    );
    Phone::new(account, Arc::new(Around)).await.expect("a socket")
}

async fn text(client: &reqwest::Client, url: String) -> (u16, String) {
    let answer = client.get(url).send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("text"))
}

async fn follow(place: &Place) {
    std::fs::write(
        place.folder.0.join("operator-password"),
        format!("{OPERATOR_PASSWORD}\n"),
    )
    .expect("a file");
    let commands = commands("sh");
    let (mut ann, mut phone) = (String::new(), String::new());
    let mut server = None;
    for line in &commands {
        let printed = shell(place, line);
        if line.contains("user add ann@") {
            ann = told(&printed, "password");
        }
        if line.contains("phone add") {
            phone = printed.clone();
        }
        // The guide starts the server before the first account.
        if line == "linekey doctor" {
            assert!(!printed.contains("failed"), "{printed}");
            server = Some(place.serve().await);
        }
    }
    let server = server.expect("the guide checks with doctor");
    let at = |path: &str| format!("{}{path}", server.portal);

    let olivia = browser();
    let fields = [("username", "olivia"), ("password", OPERATOR_PASSWORD)];
    assert_eq!(post(&olivia, at("/sign-in"), &fields).await, (303, "/".to_owned()));
    let (status, page) = text(&olivia, at("/operator/accounts")).await;
    assert_eq!(status, 200);
    assert!(page.contains("Acme Boats") && page.contains("acme.example"), "{page}");

    let client = browser();
    let fields = [("username", "ann@acme.example"), ("password", ann.as_str())];
    assert_eq!(post(&client, at("/sign-in"), &fields).await.0, 303);
    assert_eq!(
        text(&client, at("/phones")).await.0,
        303,
        "the password must be changed first"
    );
    let new = [
        ("new_password", "Harbour-Light-77"),
        ("confirm_password", "Harbour-Light-77"),
    ];
    let changed = post(&client, at("/account/password"), &new).await;
    assert_eq!(changed, (303, "/account/password/done".to_owned()));
    assert_eq!(text(&client, at("/phones")).await.0, 200);

    assert_eq!(told(&phone, "server"), format!("{}, UDP", place.sip));
    assert!(registers(place, &phone).await, "{phone}");
    let listed = place.lists(&["phone", "list", "--user", "ann@acme.example"]);
    assert_eq!(listed[0]["state"], "registered", "{listed:?}");
    assert_eq!(listed[0]["address"], "127.0.0.1", "{listed:?}");
    let since = listed[0]["state_at"].as_str().expect("a moment");
    assert!(since.contains('T') && since.ends_with('Z'), "{since}");
    assert!(place.does(&["phone", "list"]).contains("Registered now"));

    let checked = place.does(&["doctor"]);
    assert!(
        checked.contains("is served by linekey") && !checked.contains("failed"),
        "{checked}"
    );
    assert!(checked.contains("it opens what is sealed"), "{checked}");
    server.terminate();
}

#[tokio::test]
async fn the_guide_leads_from_nothing_to_a_registered_phone_on_sqlite() {
    let place = Place::new("guide-sqlite");
    follow(&place).await;
    let mut printed = String::new();
    for line in commands("sh sqlite") {
        printed = shell(&place, &line);
    }
    assert!(printed.contains("it opens what is sealed"), "{printed}");
    let left: Vec<_> = place.names().into_iter().filter(|name| name == "try").collect();
    assert_eq!(left, [""; 0]);
}

#[cfg(feature = "outside")]
#[tokio::test]
async fn the_guide_leads_from_nothing_to_a_registered_phone_on_postgresql() {
    let url = crate::place::fresh_postgres().await;
    // The server asks for none, but a password is what must not be written down.
    let with_password = url.replacen("postgres@", "postgres:Never-Written-Down@", 1);
    assert_ne!(url, with_password);
    let place = Place::new("guide-postgres").with("LINEKEY_DATABASE__URL", &with_password);
    follow(&place).await;
    let text = std::fs::read_to_string(place.folder.0.join("linekey.toml")).expect("the settings");
    assert!(text.contains(&format!("url = \"{url}\"")), "{text}");
    assert!(!text.contains("Never-Written-Down"), "{text}");
    let checked = place.does(&["doctor", "--json"]);
    assert!(
        checked.contains("PostgreSQL") && !checked.contains("Never-Written-Down"),
        "{checked}"
    );
    let again = Place::new("guide-postgres-again").with("LINEKEY_DATABASE__URL", &with_password);
    let refused = again.run_with(&crate::place::INIT, OPERATOR_PASSWORD);
    assert!(said(&refused).contains("a portal's already"), "{}", said(&refused));
    assert_eq!(again.names(), [""; 0], "nothing is left behind");
}

#[test]
fn the_settings_in_the_guide_are_right() {
    let toml = GUIDE
        .split("```toml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    let path = std::path::Path::new("linekey.toml");
    let config = linekey::config::Config::of_text(path, toml.expect("settings"), &Default::default());
    assert!(config.expect("they are right").portal.public_url.is_secure());
}
