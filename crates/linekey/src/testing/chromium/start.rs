//! Starting chromedriver and a browser, each of its own for every story.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::json;
use thirtyfour::{Capabilities, WebDriver};

const FLAGS: [&str; 12] = [
    "--headless=new",
    // Chromium refuses to run as root otherwise, which is what containers run as.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--lang=en-US",
];

/// A running chromedriver; it ends when it is dropped.
pub(super) struct Chromedriver {
    process: Child,
    // Held open, so that it can go on writing.
    output: BufReader<ChildStdout>,
}

impl Chromedriver {
    /// Starts one, which chooses a free port of loopback itself, and says which. It takes one that is free for IPv6 and
    /// ends when another program has the same for IPv4: then the next one is luckier.
    pub(super) fn start() -> (Self, u16) {
        for _ in 0..20 {
            let mut chromedriver = Self::run();
            match chromedriver.port() {
                Ok(port) => return (chromedriver, port),
                Err(said) if said.contains("port not available") => {}
                Err(said) => panic!("chromedriver did not start: {said}"),
            }
        }
        panic!("chromedriver finds no port");
    }

    fn run() -> Self {
        let mut command = Command::new(installed("chromedriver", "chromium-driver"));
        command
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut process = command.spawn().expect("chromedriver can be run");
        let output = BufReader::new(process.stdout.take().expect("its output is piped"));
        Self { process, output }
    }

    /// The port that it names once it is ready; else what it said.
    fn port(&mut self) -> Result<u16, String> {
        let mut said = String::new();
        while self.output.read_line(&mut said).expect("chromedriver writes text") > 0 {
            let port = said
                .rsplit_once(" on port ")
                .map(|(_, rest)| rest.trim().trim_end_matches('.'));
            // The first line names port 0: the one that was asked for.
            if let Some(port) = port.and_then(|port| port.parse().ok()).filter(|port| *port > 0) {
                return Ok(port);
            }
        }
        Err(said)
    }
}

impl Drop for Chromedriver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A new browser with an empty profile.
pub(super) async fn session(port: u16, profile: &Path, script: bool) -> WebDriver {
    let mut flags: Vec<String> = FLAGS.iter().map(|flag| (*flag).to_owned()).collect();
    flags.push(format!("--user-data-dir={}", profile.display()));
    let mut preferences = json!({ "credentials_enable_service": false, "profile.password_manager_enabled": false });
    if !script {
        preferences["profile.default_content_setting_values.javascript"] = json!(2);
    }
    let binary = installed("chromium", "chromium");
    let capabilities = json!({
        "browserName": "chrome",
        "goog:loggingPrefs": { "browser": "WARNING" },
        "goog:chromeOptions": { "binary": binary, "args": flags, "prefs": preferences },
    });
    let capabilities = Capabilities::from(capabilities.as_object().expect("an object").clone());
    let address = format!("http://127.0.0.1:{port}");
    WebDriver::new(address, capabilities)
        .await
        .unwrap_or_else(|error| panic!("Chromium does not start: {error}"))
}

/// Where a program is.
#[expect(clippy::disallowed_methods, reason = "looks for programs that only tests use")]
fn installed(program: &str, package: &str) -> PathBuf {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("{program} is not installed; on Debian: apt-get install {package}"))
}
