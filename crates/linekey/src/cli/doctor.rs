//! `linekey doctor`: looks at everything that a portal stands on, and says what to do. It changes nothing, but for one
//! row that shows whether the database takes writes, and sends a test mail where one is asked for.

mod certificate;
mod data;
mod help;
mod machine;
mod mail;
mod ports;

use std::path::PathBuf;

use anyhow::bail;

use super::{open, table};
use crate::app;
use crate::clock::Clock;

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ok,
    Warning,
    Failed,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// One thing that was looked at.
struct Check {
    name: &'static str,
    state: State,
    found: String,
    what_to_do: Option<String>,
}

impl Check {
    fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self {
            name,
            state: State::Ok,
            found: found.into(),
            what_to_do: None,
        }
    }

    fn warning(name: &'static str, found: impl Into<String>, what_to_do: impl Into<String>) -> Self {
        Self {
            state: State::Warning,
            what_to_do: Some(what_to_do.into()),
            ..Self::ok(name, found)
        }
    }

    fn failed(name: &'static str, found: impl Into<String>, what_to_do: impl Into<String>) -> Self {
        Self {
            state: State::Failed,
            ..Self::warning(name, found, what_to_do)
        }
    }
}

pub(super) async fn run(json: bool, mail_to: Option<String>, file: Option<PathBuf>) -> anyhow::Result<()> {
    let checks = look(file, mail_to.as_deref()).await;
    if json {
        let objects: Vec<_> = checks.iter().map(object).collect();
        super::say(&format!("{}\n", serde_json::to_string_pretty(&objects)?));
    } else {
        super::say(&text(&checks));
    }
    let failed = checks.iter().filter(|check| check.state == State::Failed).count();
    match failed {
        0 => Ok(()),
        1 => bail!("one check failed"),
        _ => bail!("{failed} checks failed"),
    }
}

/// Every check in order; what depends on a failed one is left out.
async fn look(file: Option<PathBuf>, mail_to: Option<&str>) -> Vec<Check> {
    let (mut config, mut checks) = match open::settings(file) {
        Ok(settings) => {
            let from = settings
                .file
                .map(|file| Check::ok("settings", file.display().to_string()));
            let from = from.unwrap_or_else(|| {
                Check::warning(
                    "settings",
                    "there is no linekey.toml here: defaults and LINEKEY_* variables are used",
                    "`linekey init` makes one; --config FILE names one of another place",
                )
            });
            (settings.config, vec![from])
        }
        Err(error) => {
            let what_to_do = "correct it; nothing else can be checked before";
            return vec![Check::failed("settings", format!("{error:#}"), what_to_do)];
        }
    };
    open::prepare(&mut config);
    checks.push(machine::public_url(&config));
    checks.extend(machine::folders(&config));
    let (check, keys) = data::key_file(&config);
    checks.push(check);
    let (found, db) = data::database(&config).await;
    checks.extend(found);
    let mut assembled = None;
    if let (Some(keys), Some(db)) = (keys, db.clone()) {
        match app::assemble(config.clone(), keys, db, Clock::default()) {
            Ok(app) => {
                checks.push(data::key_opens(&app).await);
                checks.push(data::clock(&app).await);
                checks.push(machine::hashing(&app).await);
                assembled = Some(app);
            }
            Err(error) => checks.push(Check::failed(
                "hashing",
                format!("{error:#}"),
                "correct [hashing], or report it with the output of `linekey version`",
            )),
        }
    }
    checks.extend(ports::all(&config).await);
    checks.extend(certificate::shown(&config, Clock::default().now()));
    checks.extend(mail::transport(&config).await);
    checks.extend(data::freeswitch(&config));
    checks.extend(help::articles(&config));
    if let Some(to) = mail_to {
        checks.push(mail::test(assembled.as_ref(), to).await);
    }
    checks.push(machine::disk(&config));
    if let Some(db) = db {
        db.close().await;
    }
    checks
}

fn object(check: &Check) -> serde_json::Value {
    serde_json::json!({
        "check": check.name, "state": check.state.as_str(), "found": check.found, "what_to_do": check.what_to_do,
    })
}

fn text(checks: &[Check]) -> String {
    let mut lines = Vec::new();
    for check in checks {
        let cells = [check.state.as_str(), check.name, &check.found];
        lines.push(cells.map(str::to_owned).to_vec());
        let what_to_do = check.what_to_do.as_ref();
        lines.extend(what_to_do.map(|todo| vec![String::new(), String::new(), format!("-> {todo}")]));
    }
    table::aligned(&lines)
}
