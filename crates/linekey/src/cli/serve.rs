//! `linekey serve`

use std::path::PathBuf;

use anyhow::bail;

use super::open;
use crate::app::{self, App};
use crate::clock::Clock;
use crate::db::ServerLock;
use crate::keys::Follower;
use crate::phones::certificate::Shown;
use crate::serve::{self, Listeners, told_to_stop};

/// Runs the portal until it is told to stop. Without `--config`, `linekey.toml` is read if it is there.
pub(super) async fn run(file: Option<PathBuf>) -> anyhow::Result<()> {
    let hangups = Hangups::take();
    let config = open::settings(file)?.config;
    super::log(&config.log);
    open::there_is_a_database(&config)?;
    let listeners = Listeners::take(&config.portal.listen, config.admin.listen).await?;
    let _lock = ServerLock::take(&config.database.url)?;
    let app = app::open(config, Clock::default()).await?;
    if app.db.kind().await?.as_deref() == Some("demo") {
        bail!("this is a demo's database, whose passwords are known to everyone; `linekey demo --data DIR` opens it");
    }
    // What is wrong with an article is told now, not when somebody asks for it.
    app.help.read_again();
    let url = app.config.portal.public_url.origin().to_owned();
    let running = serve::start(app, listeners, false).await?;
    tracing::info!(url, sip = ?running.sip_addresses(), "ready");
    hangups.reload(running.app(), running.certificate());
    told_to_stop().await;
    tracing::info!("stopping");
    running.stop().await;
    Ok(())
}

/// SIGHUP, which must not end the portal: a terminal that goes away sends it too.
struct Hangups {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

impl Hangups {
    /// From here on it ends nothing.
    fn take() -> Self {
        Self {
            #[cfg(unix)]
            signal: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok(),
        }
    }

    /// Lets each read the key file, the phones' certificate and the help articles again, one that came meanwhile too;
    /// everything else is read at the next start.
    fn reload(self, app: &App, certificate: Option<Shown>) {
        #[cfg(unix)]
        if let Some(mut signal) = self.signal {
            let mut follower = Follower::of(&app.keys);
            let help = app.help.clone();
            tokio::spawn(async move {
                while signal.recv().await.is_some() {
                    let news = follower.read();
                    follower.log(&news);
                    certificate.iter().for_each(Shown::read_again);
                    let help = help.clone();
                    // A folder may be large or far away.
                    std::thread::spawn(move || help.read_again());
                }
            });
        }
    }
}
