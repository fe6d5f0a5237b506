//! The commands of `linekey`. Exit code 0 done, 1 failed, 2 wrong usage.

mod account;
mod ask;
mod audit;
mod backup;
mod demo;
mod doctor;
mod export;
mod help_centre;
mod init;
mod keys;
mod migrate;
mod open;
mod phone;
mod restore;
mod serve;
mod table;
mod user;
mod version;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::app::App;
use crate::config::{Log, LogFormat, LogLevel};

const WELCOME: &str = "\
Linekey: the account portal of a hosted phone system.

Three things to try:
  linekey demo       a sample provider on this machine: open it, sign in as Ann, change her password
  linekey init       set up a portal of your own here; `linekey serve` runs it
  linekey --help     every command
";

/// The account portal of a hosted phone system.
#[derive(Debug, Parser)]
#[command(name = "linekey", version, max_term_width = 100)]
struct Arguments {
    /// The settings file; `linekey.toml` by default
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a sample provider with people, phones and mail, on this machine alone
    Demo(DemoArguments),
    /// Run the portal
    Serve,
    /// Set up a portal: settings, key file, database, the provider's account and its first operator
    Init(init::InitArguments),
    /// Bring the database's schema up to date, and say from which version to which
    Migrate,
    /// Accounts: customer organisations
    #[command(subcommand)]
    Account(account::AccountCommand),
    /// Users: the people of an account
    #[command(subcommand)]
    User(user::UserCommand),
    /// Phones: desk phones and softphones, each with a SIP password of its own
    #[command(subcommand)]
    Phone(phone::PhoneCommand),
    /// Write an account's phones out for another SIP server, with what is as good as their SIP passwords
    #[command(subcommand)]
    Export(export::ExportCommand),
    /// The help centre: what readers say about its articles
    #[command(subcommand)]
    HelpCentre(help_centre::HelpCentreCommand),
    /// Show the record of who did what, or prove that it is whole
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// The key file: replace the key that seals what is secret in the database
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Write the whole database into one file, beside a server that runs; SQLite
    Backup(backup::BackupArguments),
    /// Make a backup the database; SQLite, and what is left to do after pg_restore
    Restore(restore::RestoreArguments),
    /// Check settings, key file, database, ports and this machine, and say what to do about what is wrong
    Doctor {
        /// One array of objects, for programs
        #[arg(long)]
        json: bool,
        /// Send a test mail to this address, and say what came of it
        #[arg(long, value_name = "TO")]
        mail: Option<String>,
    },
    /// Say which version this is, and what it is built on
    Version,
}

#[derive(Clone, Debug, clap::Args)]
struct DemoArguments {
    /// Where the portal listens; loopback only
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    http: SocketAddr,
    /// Where the SIP registrar listens, UDP and TCP; loopback only
    #[arg(long, default_value = "127.0.0.1:5060", value_name = "ADDRESS:PORT")]
    sip: SocketAddr,
    /// Keep the data in this folder instead of a temporary one
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Add this many users to the account load.example, for load tests
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=5_000_000))]
    seed_users: u32,
}

/// Runs the program with the process's arguments.
pub fn run() -> ExitCode {
    // clap answers wrong usage with 2 and help with 0 by itself.
    let arguments = Arguments::parse();
    let Some(command) = arguments.command else {
        say(WELCOME);
        return ExitCode::SUCCESS;
    };
    let done = match command {
        Command::Demo(options) => on_runtime(demo::run(options, arguments.config)),
        Command::Serve => on_runtime(serve::run(arguments.config)),
        Command::Audit(command) => on_runtime(audit::run(command, arguments.config)),
        Command::Init(options) => on_runtime(init::run(options, arguments.config)),
        Command::Account(command) => on_runtime(account::run(command, arguments.config)),
        Command::User(command) => on_runtime(user::run(command, arguments.config)),
        Command::Phone(command) => on_runtime(phone::run(command, arguments.config)),
        Command::Export(command) => on_runtime(export::run(command, arguments.config)),
        Command::HelpCentre(command) => on_runtime(help_centre::run(command, arguments.config)),
        Command::Keys(command) => on_runtime(keys::run(command, arguments.config)),
        Command::Backup(options) => on_runtime(backup::run(options, arguments.config)),
        Command::Restore(options) => on_runtime(restore::run(options, arguments.config)),
        Command::Doctor { json, mail } => on_runtime(doctor::run(json, mail, arguments.config)),
        Command::Migrate => on_runtime(migrate::run(arguments.config)),
        Command::Version => {
            version::run();
            Ok(())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("linekey: {error:#}"));
            match error.is::<Usage>() {
                true => ExitCode::from(2),
                false => ExitCode::FAILURE,
            }
        }
    }
}

/// Wrong usage that clap cannot know: the program ends with 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

/// Ends a command: the database is closed before the program is.
async fn done(app: App) -> anyhow::Result<()> {
    app.db.close().await;
    Ok(())
}

/// Writes a line to standard error.
fn complain(text: &str) {
    let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{text}\n").as_bytes());
}

/// Writes to standard output; a reader that went away is no failure.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = std::io::Write::write_all(&mut out, text.as_bytes());
    let _ = std::io::Write::flush(&mut out);
}

fn on_runtime(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    // SQLite, phones and hashes have threads of their own, and workers that are idle wake each other.
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores.div_ceil(2))
        .enable_all()
        .build()?
        .block_on(work)
}

/// The variables that may override settings.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn variables() -> BTreeMap<String, String> {
    std::env::vars()
        .filter(|(name, _)| name.starts_with("LINEKEY_"))
        .collect()
}

/// Starts logging to standard error.
fn log(log: &Log) {
    let level = match log.level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
    };
    // The statements of sqlx would show what people are called; they are never logged.
    let filter = EnvFilter::new(format!("{level},sqlx=off"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_writer(std::io::stderr)
        .with_target(false);
    match log.format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().flatten_event(true).init(),
    }
}
