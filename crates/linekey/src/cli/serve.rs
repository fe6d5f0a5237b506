//! `linekey serve`

use std::path::PathBuf;

use anyhow::bail;

use super::open;
use crate::app::{self, App};
use crate::clock::Clock;
use crate::db::ServerLock;
use crate::serve::{self, Listeners, told_to_stop};

/// Runs the portal until it is told to stop. Without `--config`, `linekey.toml` is read if it is there.
pub(super) async fn run(file: Option<PathBuf>) -> anyhow::Result<()> {
    let config = open::settings(file)?.config;
    super::log(&config.log);
    open::there_is_a_database(&config)?;
    let listeners = Listeners::take(&config.portal.listen, config.admin.listen).await?;
    let _lock = ServerLock::take(&config.database.url)?;
    let app = app::open(config, Clock::default()).await?;
    if app.db.kind().await?.as_deref() == Some("demo") {
        bail!("this is a demo's database, whose passwords are known to everyone; `linekey demo --data DIR` opens it");
    }
    let url = app.config.portal.public_url.origin().to_owned();
    let running = serve::start(app, listeners, false).await?;
    tracing::info!(url, sip = ?running.sip_addresses(), "ready");
    reload_on_hangup(running.app());
    told_to_stop().await;
    tracing::info!("stopping");
    running.stop().await;
    Ok(())
}

/// SIGHUP reads the key file again; everything else is read at the next start. A terminal that goes away sends the same
/// signal, and must not end the portal.
fn reload_on_hangup(app: &App) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let keys = std::sync::Arc::clone(&app.keys);
        let Ok(mut hangups) = signal(SignalKind::hangup()) else {
            return;
        };
        tokio::spawn(async move {
            while hangups.recv().await.is_some() {
                match keys.reload() {
                    Ok(()) => tracing::info!(keys = ?keys.ids(), "read the key file again"),
                    Err(error) => tracing::error!(cause = format!("{error:#}"), "the keys stay as they were"),
                }
            }
        });
    }
}
