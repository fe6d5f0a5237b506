//! Start, and datagrams: they come in here and answers go out. What they mean is decided in [`crate::requests`], which
//! knows no socket; TCP and TLS are [`crate::streams`].

use std::net::SocketAddr;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::{Semaphore, watch};

use crate::ask::{Directory, SavedBinding, Surroundings, Transport, Unavailable};
use crate::authenticate::Authenticator;
use crate::bindings::Bindings;
use crate::codec::MAX_DATAGRAM;
use crate::hosts::OurHosts;
use crate::nonce::{Keyed, Nonces};
use crate::pings::Pings;
use crate::requests::{Look, Reply, Requests, Tables};
use crate::room::Room;
use crate::running::{CountedOut, Inner, Running, Tasks, ping, sweep};
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
        let listen = |socket| {
            tokio::spawn(listen(
                socket,
                Arc::clone(&requests),
                Arc::clone(&inner),
                stopped.clone(),
            ))
        };
        let stream = |(listener, tls)| {
            let streams = Streams {
                requests: Arc::clone(&requests),
                inner: Arc::clone(&inner),
                stopped: stopped.clone(),
                tls,
            };
            tokio::spawn(streams.listen(listener))
        };
        let datagrams = datagrams.into_iter().map(listen);
        let listeners = datagrams.chain(sockets.streams.into_iter().map(stream)).collect();
        *inner.tasks.lock().unwrap_or_else(PoisonError::into_inner) = Some(Tasks { listeners, writer });
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

fn requests<D: Directory, S: Surroundings>(
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

/// Reads one socket until the stop.
async fn listen<D: Directory>(
    socket: Arc<UdpSocket>,
    requests: Arc<Requests<D>>,
    inner: Arc<Inner>,
    mut stopped: watch::Receiver<bool>,
) {
    let _counted = CountedOut(Arc::clone(&inner));
    // One byte more than is read, to tell a datagram that was cut off.
    let mut buffer = vec![0; MAX_DATAGRAM + 1];
    loop {
        let received = tokio::select! {
            received = socket.recv_from(&mut buffer) => received,
            _ = stopped.wait_for(|stop| *stop) => return,
        };
        let (length, peer) = match received {
            Ok(received) => received,
            Err(error) => {
                // An ICMP message about an earlier answer can surface here; the socket lives on.
                tracing::debug!(%error, "receiving failed");
                tokio::time::sleep(Duration::from_millis(1)).await;
                continue;
            }
        };
        let source = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        match requests.look(buffer.get(..length).unwrap_or(&[]), source, Transport::Udp) {
            Look::Nothing => {}
            Look::Reply(reply) => send(&socket, peer, &reply).await,
            Look::Work(work) => {
                let Ok(permit) = Arc::clone(&inner.permits).try_acquire_owned() else {
                    tracing::debug!(%source, "too many requests at once, dropped");
                    continue;
                };
                let (socket, requests) = (Arc::clone(&socket), Arc::clone(&requests));
                tokio::spawn(async move {
                    if let Some(reply) = requests.work(*work).await {
                        if reply.is_success() {
                            requests.pings.came_by(source, &socket, requests.surroundings.now_ms());
                        }
                        send(&socket, peer, &reply).await;
                    }
                    // In this order: whoever waits for the permit may want the port again.
                    drop(socket);
                    drop(permit);
                });
            }
        }
    }
}

/// From the socket that received the request, so that the answer passes the phone's NAT.
async fn send(socket: &UdpSocket, peer: SocketAddr, reply: &Reply) {
    let to = SocketAddr::new(peer.ip(), reply.port);
    if let Err(error) = socket.send_to(&reply.bytes, to).await {
        tracing::debug!(%to, %error, "sending failed");
    }
}
