//! Listening on TCP and TLS: who is let in, and how all of it ends. What is said is [`crate::connection`]'s.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::ask::{Directory, Transport};
use crate::connection::Connection;
use crate::requests::Requests;
use crate::running::{CountedOut, FINISH, Inner};

/// The pause after a failed accept, as when no file is left.
const PAUSE: Duration = Duration::from_millis(50);

/// One listener, and what its connections share with all others.
pub(crate) struct Streams<D> {
    pub(crate) requests: Arc<Requests<D>>,
    pub(crate) inner: Arc<Inner>,
    pub(crate) stopped: watch::Receiver<bool>,
    /// For TLS: looked at anew for every connection, so that a new certificate needs no restart.
    pub(crate) tls: Option<watch::Receiver<Arc<ServerConfig>>>,
}

impl<D> Clone for Streams<D> {
    fn clone(&self) -> Self {
        Self {
            requests: Arc::clone(&self.requests),
            inner: Arc::clone(&self.inner),
            stopped: self.stopped.clone(),
            tls: self.tls.clone(),
        }
    }
}

impl<D: Directory> Streams<D> {
    /// Accepts until the stop, then lets each connection answer what it is working on.
    pub(crate) async fn listen(self, listener: TcpListener) {
        let _counted = CountedOut(Arc::downgrade(&self.inner));
        let mut stopped = self.stopped.clone();
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                Some(_) = connections.join_next() => continue,
                _ = stopped.wait_for(|stop| *stop) => break,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a SIP connection could not be accepted");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            let source = SocketAddr::new(peer.ip().to_canonical(), peer.port());
            let Some(place) = self.inner.room.enter(source.ip()) else {
                tracing::debug!(%source, "too many connections, closed");
                continue;
            };
            let streams = self.clone();
            connections.spawn(async move {
                streams.serve(stream, source).await;
                drop(place);
            });
        }
        drop(listener);
        let ended = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(FINISH, ended).await.is_err() {
            tracing::warn!("some SIP connections were cut off");
        }
    }

    async fn serve(self, stream: TcpStream, source: SocketAddr) {
        // An answer is one write; without this it may wait for an acknowledgement.
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.tls else {
            return self.converse(stream, source, Transport::Tcp).await;
        };
        let config = Arc::clone(&tls.borrow());
        let whole_within = Duration::from_secs(self.requests.settings.whole_within_s.into());
        let mut stopped = self.stopped.clone();
        let shaken = tokio::select! {
            shaken = tokio::time::timeout(whole_within, TlsAcceptor::from(config).accept(stream)) => shaken,
            _ = stopped.wait_for(|stop| *stop) => return,
        };
        match shaken {
            Ok(Ok(stream)) => self.converse(Box::new(stream), source, Transport::Tls).await,
            Ok(Err(error)) => tracing::debug!(%source, %error, "TLS could not be agreed on"),
            Err(_) => tracing::debug!(%source, "TLS took too long"),
        }
    }

    async fn converse<S>(&self, stream: S, source: SocketAddr, transport: Transport)
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send,
    {
        let connection = Connection::new(stream, (source, transport), &self.requests, &self.inner);
        let why = connection.run(self.stopped.clone()).await;
        tracing::debug!(%source, transport = transport.as_str(), why, "connection closed");
    }
}
