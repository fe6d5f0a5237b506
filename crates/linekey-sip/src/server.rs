//! The start. Messages come in over [`crate::datagrams`] and [`crate::streams`]; what they mean is decided in
//! [`crate::requests`], which knows no socket.

use std::net::SocketAddr;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};

use crate::ask::{Directory, SavedBinding, Surroundings, Transport, Unavailable};
use crate::authenticate::Authenticator;
use crate::bindings::Bindings;
use crate::datagrams::Datagrams;
use crate::hosts::OurHosts;
use crate::nonce::{Keyed, Nonces};
use crate::pings::Pings;
use crate::requests::{Requests, Tables};
use crate::room::Room;
use crate::running::{Inner, Running, Tasks, ping, sweep};
use crate::saving::Saving;
use crate::settings::Settings;
use crate::sockets::Sockets;
use crate::streams::Streams;

/// Why the registrar did not start.
#[derive(Debug)]
pub enum StartError {
    /// No socket was handed in.
    NoSocket,
    /// A socket could not be used.
    Socket(std::io::Error),
    /// The stored bindings could not be loaded.
    Directory(Unavailable),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoSocket => f.write_str("the SIP registrar was given no socket to listen on"),
            Self::Socket(error) => write!(f, "the SIP registrar cannot use its socket: {error}"),
            Self::Directory(error) => write!(f, "the SIP registrar cannot load its bindings: {error}"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NoSocket => None,
            Self::Socket(error) => Some(error),
            Self::Directory(error) => Some(error),
        }
    }
}

/// Starts registrars.
#[derive(Debug)]
pub struct Registrar;

impl Registrar {
    /// Loads the bindings, then answers on every socket until [`Running::shutdown`].
    ///
    /// `key` signs nonces. It must be secret and should outlive a restart: phones then bear the
    /// restart with one more request, where a new key would look like a wrong password to them.
    /// Must be called within a tokio runtime.
    ///
    /// # Errors
    /// No socket, an unusable socket, or bindings that cannot be loaded.
    pub async fn start<D: Directory, S: Surroundings>(
        settings: Settings,
        key: [u8; 32],
        sockets: Sockets,
        directory: Arc<D>,
        surroundings: Arc<S>,
    ) -> Result<Running, StartError> {
        let sockets = sockets.adopt().map_err(StartError::Socket)?;
        if sockets.local.is_empty() {
            return Err(StartError::NoSocket);
        }
        let stored = directory.load().await.map_err(StartError::Directory)?;
        let requests = requests(settings, &key, &sockets.local, directory, surroundings, stored);
        let (stop, stopped) = watch::channel(false);
        let inner = Arc::new(inner(&requests, sockets.local, stop));
        tokio::spawn(sweep(Arc::clone(&inner), stopped.clone()));
        let writer = tokio::spawn(Arc::clone(&requests.saving).write(Arc::clone(&requests.directory)));
        let datagrams: Vec<_> = sockets.udp.into_iter().map(Arc::new).collect();
        if requests.pings.are_sent() {
            // Weakly: a socket closes when it is read no more.
            let datagrams = datagrams.iter().map(Arc::downgrade).collect();
            let pings = Arc::clone(&requests.pings);
            tokio::spawn(ping(Arc::clone(&inner), pings, datagrams, stopped.clone()));
        }
        let requests = Arc::new(requests);
        let stream = |(listener, tls)| {
            let streams = Streams {
                requests: Arc::clone(&requests),
                inner: Arc::clone(&inner),
                stopped: stopped.clone(),
                tls,
            };
            tokio::spawn(streams.listen(listener))
        };
        let streams = sockets.streams.into_iter().map(stream).collect();
        let listen = |socket| {
            let datagrams = Datagrams {
                socket,
                requests: Arc::clone(&requests),
                inner: Arc::downgrade(&inner),
                runtime: Handle::current(),
            };
            datagrams.listen()
        };
        let datagrams = datagrams.into_iter().map(listen).collect::<Result<_, _>>();
        let datagrams = datagrams.map_err(StartError::Socket)?;
        let tasks = Tasks {
            datagrams,
            streams,
            writer,
        };
        *inner.tasks.lock().unwrap_or_else(PoisonError::into_inner) = Some(tasks);
        tracing::info!(addresses = ?inner.local, bindings = inner.bindings.len(), "SIP registrar started");
        Ok(Running(inner))
    }
}

/// What the host holds of it.
fn inner<D>(requests: &Requests<D>, local: Vec<(Transport, SocketAddr)>, stop: watch::Sender<bool>) -> Inner {
    let settings = &requests.settings;
    let at_once = settings.at_once.clamp(1, Semaphore::MAX_PERMITS);
    Inner {
        bindings: Arc::clone(&requests.bindings),
        saving: Arc::clone(&requests.saving),
        tables: Arc::clone(&requests.tables),
        sent: Arc::clone(&requests.sent),
        surroundings: Arc::clone(&requests.surroundings),
        listening: AtomicUsize::new(local.len()),
        local,
        room: Arc::new(Room::new(settings.connections, settings.connections_per_source)),
        permits: Arc::new(Semaphore::new(at_once)),
        at_once,
        stop,
        tasks: Mutex::new(None),
    }
}

pub(crate) fn requests<D: Directory, S: Surroundings>(
    settings: Settings,
    key: &[u8; 32],
    local: &[(Transport, SocketAddr)],
    directory: Arc<D>,
    surroundings: Arc<S>,
    mut stored: Vec<SavedBinding>,
) -> Requests<D> {
    if settings.ping_s == 0 {
        // Nobody would find out that it answers again.
        stored.iter_mut().for_each(|binding| binding.silent_since_ms = None);
    }
    let mut start = [0; 8];
    surroundings.fill_random(&mut start);
    let mut nobody = [0; 32];
    surroundings.fill_random(&mut nobody);
    let nonces = Nonces::new(key, start, settings.nonce_lifetime_s);
    let hosts = OurHosts::new(&settings, local);
    let nobody = data_encoding::HEXLOWER.encode(&nobody);
    Requests {
        authenticator: Authenticator::new(nonces, settings.realm.clone(), hosts, &nobody),
        tags: Keyed::new(key, "linekey-sip tag"),
        tables: Arc::new(Mutex::new(Tables::new(&settings))),
        bindings: Arc::new(Bindings::new(stored, surroundings.now_ms())),
        saving: Arc::new(Saving::new(settings.refresh_lag_ms)),
        sent: Arc::default(),
        pings: Arc::new(Pings::new(settings.ping_s, surroundings.now_ms())),
        settings,
        directory,
        surroundings,
    }
}
