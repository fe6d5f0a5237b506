//! `linekey serve`

use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::app;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::ServerLock;
use crate::serve::{self, Listeners, told_to_stop};

const DEFAULT: &str = "linekey.toml";

/// Runs the portal until it is told to stop. Without `--config`, `linekey.toml` is read if it is there.
pub(super) async fn run(file: Option<PathBuf>) -> anyhow::Result<()> {
    let file = file.or_else(|| Path::new(DEFAULT).exists().then(|| PathBuf::from(DEFAULT)));
    let config = Config::load(file.as_deref(), &super::variables())?;
    super::log(&config.log);
    let listeners = Listeners::take(&config.portal.listen, config.admin.listen).await?;
    let _lock = ServerLock::take(&config.database.url)?;
    let app = app::open(config, Clock::default()).await?;
    if app.db.kind().await?.as_deref() == Some("demo") {
        bail!("this is a demo's database, whose passwords are known to everyone; `linekey demo --data DIR` opens it");
    }
    let url = app.config.portal.public_url.origin().to_owned();
    let running = serve::start(app, listeners, false).await?;
    tracing::info!(url, sip = ?running.sip_addresses(), "ready");
    ignore_hangups();
    told_to_stop().await;
    tracing::info!("stopping");
    running.stop().await;
    Ok(())
}

/// A terminal that goes away, or a service manager's reload, must not end the portal.
fn ignore_hangups() {
    #[cfg(unix)]
    tokio::spawn(async {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut hangups) = signal(SignalKind::hangup()) else {
            return;
        };
        while hangups.recv().await.is_some() {
            tracing::info!("nothing is reloaded yet; restart to take new settings");
        }
    });
}
