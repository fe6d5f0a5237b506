//! A folder with a portal in it, the commands that are run there, and a server of it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use crate::{Folder, linekey, said};

/// The first operator's password in every test.
pub(crate) const OPERATOR_PASSWORD: &str = "Tidewater-Kestrel-1";

/// An address that nobody has, nor is given by asking for any before a server starts there: of Linux's ports below those.
fn free() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 100).expect("below 100") * 80;
    let next = || 12_000 + (first + NEXT.fetch_add(1, Ordering::Relaxed)) % 8_000;
    std::iter::repeat_with(|| SocketAddr::from(([127, 0, 0, 1], next())))
        .find(|address| UdpSocket::bind(address).is_ok() && TcpListener::bind(address).is_ok())
        .expect("a free port")
}

/// Where a portal is set up, with addresses of its own.
pub(crate) struct Place {
    pub(crate) folder: Folder,
    variables: Vec<(String, String)>,
    pub(crate) http: SocketAddr,
    pub(crate) sip: SocketAddr,
}

impl Place {
    pub(crate) fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        std::fs::create_dir_all(&folder.0).expect("a folder");
        let (http, admin, sip) = (free(), free(), free());
        let variables = [
            ("LINEKEY_PORTAL__LISTEN", format!("[\"{http}\"]")),
            (
                "LINEKEY_PORTAL__PUBLIC_URL",
                format!("http://localhost:{}", http.port()),
            ),
            ("LINEKEY_ADMIN__LISTEN", admin.to_string()),
            ("LINEKEY_SIP__UDP", format!("[\"{sip}\"]")),
        ];
        Self {
            folder,
            variables: variables.map(|(name, value)| (name.to_owned(), value)).to_vec(),
            http,
            sip,
        }
    }

    /// With one more variable in the environment of every command.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A place where `init` was run.
    pub(crate) fn set_up(name: &str) -> Self {
        let place = Self::new(name);
        let done = place.run_with(&INIT, OPERATOR_PASSWORD);
        assert!(done.status.success(), "{}", said(&done));
        place
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = linekey(arguments);
        command.stdin(Stdio::null());
        self.here(&mut command);
        command
    }

    fn here(&self, command: &mut Command) {
        command.current_dir(&self.folder.0);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the binary runs")
    }

    /// Runs a command that is given a line on standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], line: &str) -> Output {
        self.run_as(linekey(arguments), line)
    }

    /// The same for a command that begins another way.
    pub(crate) fn run_as(&self, mut command: Command, line: &str) -> Output {
        self.here(&mut command);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        let mut input = child.stdin.take().expect("piped");
        // A command that refuses before it reads has gone by now.
        let _ = writeln!(input, "{line}");
        drop(input);
        child.wait_with_output().expect("it ends")
    }

    /// Runs a command that must succeed, and returns what it printed for programs.
    pub(crate) fn does(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        String::from_utf8(output.stdout).expect("text")
    }

    /// Runs a command that must fail with 1, and returns what it complained.
    pub(crate) fn refuses(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", said(&output));
        said(&output)
    }

    /// The array that a listing prints.
    pub(crate) fn lists(&self, arguments: &[&str]) -> Vec<serde_json::Value> {
        serde_json::from_str(&self.does(&[arguments, &["--json"]].concat())).expect("an array")
    }

    /// Starts `serve` and waits until it answers.
    pub(crate) async fn serve(&self) -> Server {
        let child = self.command(&["serve"]).spawn().expect("the binary runs");
        let mut server = Server {
            child,
            portal: format!("http://127.0.0.1:{}", self.http.port()),
        };
        for _ in 0..400 {
            if reqwest::get(format!("{}/sign-in", server.portal)).await.is_ok() {
                return server;
            }
            if let Ok(Some(_)) = server.child.try_wait() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let _ = server.child.kill();
        let mut errors = String::new();
        let _ = server.child.stderr.take().expect("piped").read_to_string(&mut errors);
        panic!("the portal does not answer: {errors}");
    }

    /// Every name in the folder.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.folder.0).expect("a folder");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
            .collect();
        names.sort();
        names
    }
}

/// `init` without questions.
pub(crate) const INIT: [&str; 10] = [
    "init",
    "--provider",
    "Quayside Telecom",
    "--domain",
    "quayside.example",
    "--operator",
    "olivia",
    "--display-name",
    "Olivia Quay",
    "--stdin",
];

/// A running portal.
pub(crate) struct Server {
    child: Child,
    pub(crate) portal: String,
}

impl Server {
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([name, &id]).status().expect("kill runs");
        assert!(sent.success());
    }

    /// Ends it as a loss of power does.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// Asks it to end as a service manager does.
    pub(crate) fn terminate(mut self) {
        self.signal("-TERM");
        assert!(self.child.wait().expect("it ends").success());
    }

    /// The same, and returns its log.
    pub(crate) fn terminate_and_tell(mut self) -> String {
        self.signal("-TERM");
        let mut log = String::new();
        let mut errors = self.child.stderr.take().expect("piped");
        errors.read_to_string(&mut log).expect("text");
        assert!(self.child.wait().expect("it ends").success());
        log
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a line such as `  password  XYZ` says.
pub(crate) fn told(text: &str, name: &str) -> String {
    let mut lines = text.lines().map(str::trim);
    let found = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix("  "));
    found.unwrap_or_else(|| panic!("no {name} in {text}")).trim().to_owned()
}

/// The address of a new, empty database of the server that `scripts/test` started.
#[cfg(feature = "outside")]
#[expect(
    clippy::disallowed_methods,
    reason = "a test is told by its script where the server is, and makes its database outside the portal"
)]
pub(crate) async fn fresh_postgres() -> String {
    use sqlx::Connection;
    let server = std::env::var("TEST_POSTGRES_URL").expect("`scripts/test` sets TEST_POSTGRES_URL");
    static MADE: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let number = MADE.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let name = format!("c{}_{number}", std::process::id());
    let mut connection = sqlx::PgConnection::connect(&server).await.expect("the server answers");
    for statement in [
        format!("drop database if exists {name}"),
        format!("create database {name}"),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(statement))
            .execute(&mut connection)
            .await
            .expect("a new database");
    }
    let (base, _) = server.rsplit_once('/').expect("an address ends in a database");
    format!("{base}/{name}")
}
