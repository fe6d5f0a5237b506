//! The demo: a sample provider on loopback, with phones that really register and mail that goes to a folder.

mod data;
pub mod pages;
mod people;
mod phones;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::app::{self, App};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::ServerLock;
use crate::serve::{self, Listeners, Running};

pub use people::{Someone, people};

/// How a demo is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the portal listens; loopback only.
    pub http: SocketAddr,
    /// Where the registrar listens, UDP and TCP; loopback only.
    pub sip: SocketAddr,
    /// A folder that is kept; a temporary one otherwise.
    pub data: Option<PathBuf>,
    /// Users of the account `load.example`, for load tests.
    pub seed_users: u32,
}

/// A running demo.
#[derive(Debug)]
pub struct Demo {
    /// The portal.
    pub portal: Running,
    /// `http://localhost:8080/`
    pub url: String,
    /// `127.0.0.1:5060`
    pub sip: SocketAddr,
    phones: phones::Simulated,
    _lock: ServerLock,
    _data: data::Folder,
}

impl Demo {
    /// The SIP names of the simulated phones.
    pub fn phones(&self) -> Vec<&'static str> {
        self.phones.names()
    }

    /// Ends phones, portal and registrar; temporary data goes.
    pub async fn stop(self) {
        self.phones.stop().await;
        self.portal.stop().await;
    }
}

/// A demo's folder and settings, read and checked.
#[derive(Debug)]
pub struct Prepared {
    /// The settings.
    pub config: Config,
    folder: data::Folder,
}

/// Opens the folder and reads the settings, from `settings` where that is given. `variables` are the `LINEKEY_*` of
/// the environment.
///
/// # Errors
/// When an address is not loopback, the folder is not a demo's, or a setting is wrong.
pub fn prepare(
    options: &Options,
    settings: Option<&Path>,
    variables: &BTreeMap<String, String>,
) -> anyhow::Result<Prepared> {
    for (name, address) in [("--http", options.http), ("--sip", options.sip)] {
        if !address.ip().is_loopback() {
            bail!("{name} {address}: a demo's passwords are known to everyone, so it listens on loopback only");
        }
    }
    let folder = data::Folder::open(options.data.as_deref())?;
    let mut config = Config::load(Some(settings.unwrap_or(&folder.config())), variables)?;
    if !variables.contains_key("LINEKEY_ADMIN__LISTEN") {
        config.admin.listen = None;
    }
    Ok(Prepared { config, folder })
}

/// Starts a demo and returns once its phones are registered.
///
/// # Errors
/// When an address is in use, or the folder's database is not a demo's.
pub async fn start(options: &Options, prepared: Prepared) -> anyhow::Result<Demo> {
    let Prepared { mut config, folder } = prepared;
    let mut listeners = Listeners::take(&[options.http], config.admin.listen).await?;
    let http = listeners.address()?;
    // Browsers look `localhost` up in both families, and passkeys need the name.
    let other: IpAddr = if http.is_ipv4() {
        Ipv6Addr::LOCALHOST.into()
    } else {
        Ipv4Addr::LOCALHOST.into()
    };
    listeners.also(SocketAddr::new(other, http.port())).await;
    let url = format!("http://localhost:{}/", http.port());
    folder.adjust(&mut config, &url, options.sip)?;

    let lock = ServerLock::take(&config.database.url)?;
    let app = app::open(config, Clock::default()).await?;
    seed(&app, options.seed_users).await?;
    let portal = serve::start(app, listeners, true).await?;
    let (_, sip) = *portal
        .sip_addresses()
        .first()
        .context("the demo's registrar listens nowhere")?;
    let phones = phones::Simulated::start(portal.app(), sip).await?;
    Ok(Demo {
        portal,
        url,
        sip,
        phones,
        _lock: lock,
        _data: folder,
    })
}

/// The demo's people on any database, for stories.
#[cfg(test)]
pub(crate) async fn seed_people(app: &App) -> anyhow::Result<()> {
    people::seed(app).await
}

async fn seed(app: &App, seed_users: u32) -> anyhow::Result<()> {
    match app.db.kind().await?.as_deref() {
        Some("demo") => {}
        None => people::seed(app).await?,
        Some(other) => bail!("this folder holds a {other} database, not a demo's; choose another"),
    }
    people::seed_load(app, seed_users).await
}
