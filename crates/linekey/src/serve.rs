//! Runs a portal: its listeners, the registrar and the jobs, from start to a clean end.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle};

mod listen;

use crate::app::App;
use crate::config::SipMode;
use crate::mail::{self, Transport};
use crate::phones::certificate::Shown;
use crate::phones::freeswitch::access::Access;
use crate::phones::kamailio;
use crate::phones::kamailio::told::{self, Heard};
use crate::phones::registrar::{self, Served};
use crate::routes;

/// How long requests may take to finish once the portal is told to stop.
const FINISH: Duration = Duration::from_secs(10);

/// Sockets, taken before anything else is started, so that a port in use is known at once.
#[derive(Debug)]
pub struct Listeners {
    portal: Vec<TcpListener>,
    admin: Option<TcpListener>,
}

impl Listeners {
    /// Takes the portal's addresses and the admin listener's.
    ///
    /// # Errors
    /// When one is in use.
    pub async fn take(portal: &[SocketAddr], admin: Option<SocketAddr>) -> anyhow::Result<Self> {
        let mut taken = Vec::new();
        for address in portal {
            taken.push(bind(*address).await?);
        }
        let admin = match admin {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        Ok(Self { portal: taken, admin })
    }

    /// The first address of the portal, with the port that was found if 0 was asked for.
    ///
    /// # Errors
    /// When the operating system does not say.
    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        self.portal
            .first()
            .context("the portal listens nowhere")?
            .local_addr()
            .context("a socket has no address")
    }

    /// Also listens on `address`, if the machine has it.
    pub async fn also(&mut self, address: SocketAddr) {
        if let Ok(listener) = bind(address).await {
            self.portal.push(listener);
        }
    }
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("the address {address} is taken or not ours; stop what uses it or choose another"))
}

/// A running portal.
#[derive(Debug)]
pub struct Running {
    app: App,
    stop: watch::Sender<bool>,
    servers: Vec<JoinHandle<()>>,
    jobs: Vec<JoinHandle<()>>,
    mail: JoinHandle<()>,
    sip: Option<Served>,
}

/// Starts everything on `listeners`. `is_demo` opens the demo's pages.
///
/// # Errors
/// When mail has nowhere to go, FreeSWITCH's password cannot be read, or the registrar cannot start.
pub async fn start(app: App, listeners: Listeners, is_demo: bool) -> anyhow::Result<Running> {
    let transport = Transport::open(&app.config.mail).await?;
    let freeswitch = Access::read(&app.config.freeswitch)?;
    let sip = match app.config.sip.mode {
        SipMode::Embedded => Some(registrar::start(&app).await?),
        SipMode::Kamailio | SipMode::Off => None,
    };
    let (stop, stopped) = watch::channel(false);
    let mail = tokio::spawn(mail::deliver::run(app.clone(), transport, stopped.clone()));
    let proxies = app.config.portal.trusted_proxies.clone();
    let portal = routes::portal(&app, freeswitch, is_demo);
    let mut jobs = crate::jobs::start(&app);
    jobs.extend(kamailio::start(&app).await?);
    let health = Health {
        app: app.clone(),
        mail: mail.abort_handle(),
        sip: sip.as_ref().map(|sip| sip.running.clone()),
        jobs: jobs.iter().map(JoinHandle::abort_handle).collect(),
    };
    let mut servers: Vec<_> = listeners
        .portal
        .into_iter()
        .map(|listener| {
            tokio::spawn(listen::serve(
                listener,
                portal.clone(),
                proxies.clone(),
                stopped.clone(),
            ))
        })
        .collect();
    servers.extend(listeners.admin.map(|listener| {
        tokio::spawn(listen::serve(
            listener,
            health.router(),
            proxies.clone(),
            stopped.clone(),
        ))
    }));
    Ok(Running {
        app,
        stop,
        servers,
        jobs,
        mail,
        sip,
    })
}

impl Running {
    /// The handles of the portal.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// What phones are shown over TLS, where the registrar speaks it.
    pub fn certificate(&self) -> Option<Shown> {
        self.sip.as_ref().and_then(|sip| sip.certificate.clone())
    }

    /// The SIP addresses, with the ports that were found if 0 was asked for: UDP, then TCP, then TLS.
    pub fn sip_addresses(&self) -> &[(linekey_sip::Transport, SocketAddr)] {
        self.sip.as_ref().map_or(&[], |sip| sip.running.local_addresses())
    }

    /// Ends what is done now and then.
    #[cfg(test)]
    pub(crate) fn without_jobs(&self) {
        self.jobs.iter().for_each(JoinHandle::abort);
    }

    /// Ends the mail worker, as a process that dies ends it.
    #[cfg(test)]
    pub(crate) fn without_mail(&self) {
        self.mail.abort();
    }

    /// Registrations in the memory of the registrar.
    #[cfg(test)]
    pub(crate) fn registrations(&self) -> usize {
        self.sip.as_ref().map_or(0, |sip| sip.running.gauges().bindings)
    }

    /// Stops accepting, lets requests finish, stores what phones did last, and closes the database.
    pub async fn stop(self) {
        // Pages that listen would be waited for.
        self.app.news.end();
        let _ = self.stop.send(true);
        let finished = async {
            for server in self.servers {
                let _ = server.await;
            }
            let _ = self.mail.await;
        };
        if tokio::time::timeout(FINISH, finished).await.is_err() {
            tracing::warn!("some requests or mails did not finish in time");
        }
        self.jobs.iter().for_each(JoinHandle::abort);
        if let Some(sip) = self.sip {
            sip.shutdown().await;
        }
        self.app.db.close().await;
    }
}

/// Waits for SIGTERM or Ctrl-C.
pub async fn told_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = interrupt.await;
}

#[derive(Clone, Debug)]
struct Health {
    app: App,
    mail: AbortHandle,
    sip: Option<linekey_sip::Running>,
    jobs: Vec<AbortHandle>,
}

impl Health {
    fn router(&self) -> Router {
        Router::new()
            .route("/healthz", get(async || "up\n"))
            .route("/readyz", get(ready))
            .route("/kamailio/changed", post(changed))
            .with_state(self.clone())
    }
}

/// POST `/kamailio/changed`: a Kamailio says of which address something is to be looked at, or what it refused.
async fn changed(State(health): State<Health>, headers: HeaderMap, text: String) -> Response {
    let given = headers.get("authorization").and_then(|value| value.to_str().ok());
    let secret = given
        .and_then(|value| value.strip_prefix("Bearer "))
        .unwrap_or_default();
    match told::told(&health.app, secret, &text).await {
        Ok(Heard::Looked) => StatusCode::NO_CONTENT.into_response(),
        Ok(Heard::Stranger) => StatusCode::NOT_FOUND.into_response(),
        Ok(Heard::Unreadable(why)) => (StatusCode::UNPROCESSABLE_ENTITY, why + "\n").into_response(),
        Err(error) => {
            tracing::warn!(cause = %error, "what Kamailio told could not be kept; registrations wait for the next compare");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// GET `/readyz`: whether the database takes writes, and the mail worker, the registrar and the jobs run.
async fn ready(State(health): State<Health>) -> (StatusCode, String) {
    let database = health.app.db.is_writable().await;
    let registrar = health.sip.as_ref().is_none_or(linekey_sip::Running::is_running);
    let mail = !health.mail.is_finished();
    let jobs = health.jobs.iter().all(|job| !job.is_finished());
    let status = if database && mail && registrar && jobs {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let say = |well| if well { "ready" } else { "not ready" };
    (
        status,
        format!(
            "database {}\nmail {}\nregistrar {}\njobs {}\n",
            say(database),
            say(mail),
            say(registrar),
            say(jobs)
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Engine, Portal};

    #[tokio::test(flavor = "multi_thread")]
    async fn a_job_that_ended_is_told_and_takes_no_other_with_it() {
        let p = Portal::start(Engine::Sqlite).await;
        let jobs = crate::jobs::start(&p.app);
        assert_eq!(
            jobs.len(),
            5,
            "the sealer, the key file, the sweep, requests for reset links, notices about phones"
        );
        let mail = tokio::spawn(std::future::pending::<()>());
        let health = Health {
            app: p.app.clone(),
            mail: mail.abort_handle(),
            sip: None,
            jobs: jobs.iter().map(JoinHandle::abort_handle).collect(),
        };
        let (status, said) = ready(State(health.clone())).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(said, "database ready\nmail ready\nregistrar ready\njobs ready\n");
        jobs[0].abort();
        p.until(async || jobs[0].is_finished()).await;
        let (status, said) = ready(State(health)).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(said, "database ready\nmail ready\nregistrar ready\njobs not ready\n");
        assert!(jobs[1..].iter().all(|job| !job.is_finished()));
    }
}
