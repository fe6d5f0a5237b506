//! One listener: accepts, bounds what a connection may cost, and ends cleanly.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use ipnet::IpNet;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt;

/// How long a connection may take to send the head of a request, the first or another.
const HEAD_WITHIN: Duration = Duration::from_secs(15);
/// Connections of one listener at once; more wait to be accepted. Below the 1,024 files a process usually may open.
const MOST: usize = 768;
/// Connections of one address at once: an office behind one address has room, one machine has not all.
const MOST_PER_ADDRESS: usize = 256;
/// The pause after a failed accept, as when no file is left.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves until told to stop, then lets the requests under way finish.
pub(super) async fn serve(
    listener: TcpListener,
    routes: Router,
    proxies: Vec<IpNet>,
    mut stopped: watch::Receiver<bool>,
) {
    let room = Arc::new(Semaphore::new(MOST));
    let open = Arc::new(Mutex::new(HashMap::new()));
    let ending = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &room) => accepted,
            _ = stopped.wait_for(|stop| *stop) => break,
        };
        let Some((stream, peer, permit)) = accepted else {
            continue;
        };
        let address = peer.ip().to_canonical();
        // Behind a proxy everybody has its address, and load tests come from loopback.
        let many = address.is_loopback() || proxies.iter().any(|network| network.contains(&address));
        let most = if many { MOST } else { MOST_PER_ADDRESS };
        let Some(counted) = Counted::new(&open, address, most) else {
            continue;
        };
        let service = routes
            .clone()
            .map_request(move |mut request: axum::http::Request<hyper::body::Incoming>| {
                request.extensions_mut().insert(ConnectInfo(peer));
                request.map(axum::body::Body::new)
            });
        // HTTP/1.1 alone: browsers speak no other without TLS, and telling the two apart would wait without a limit.
        let mut builder = Builder::new(TokioExecutor::new()).http1_only();
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_WITHIN);
        let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        let connection = ending.watch(connection.into_owned());
        tokio::spawn(async move {
            let _kept = (permit, counted);
            // A connection that breaks is the client's affair; what it asked for has its own line in the log.
            let _ = connection.await;
        });
    }
    drop(listener);
    ending.shutdown().await;
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(room).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            // An answer is one write; without this the last packet of a page may wait for an acknowledgement.
            let _ = stream.set_nodelay(true);
            Some((stream, peer, permit))
        }
        Err(error) => {
            tracing::warn!(cause = %error, "a connection could not be accepted");
            tokio::time::sleep(PAUSE).await;
            None
        }
    }
}

/// One connection of an address, counted until it ends.
struct Counted {
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
    address: IpAddr,
}

impl Counted {
    /// `None` when the address has `most` already.
    fn new(open: &Arc<Mutex<HashMap<IpAddr, usize>>>, address: IpAddr, most: usize) -> Option<Self> {
        let mut counts = open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_insert(0);
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Self {
            open: Arc::clone(open),
            address,
        })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut counts = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}
