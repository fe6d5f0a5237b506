//! What the host hands in to be listened on.

use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;

use tokio::sync::watch;
use tokio_rustls::rustls::ServerConfig;

use crate::ask::Transport;
use crate::datagrams;

/// Bound sockets, which the host opens, since it knows what to say when one is taken. At least one is needed.
#[derive(Debug, Default)]
pub struct Sockets {
    /// RFC 3261 section 18, datagrams.
    pub udp: Vec<UdpSocket>,
    /// RFC 3261 section 18, streams.
    pub tcp: Vec<TcpListener>,
    /// TLS over TCP.
    pub tls: Option<Tls>,
}

/// Listeners for TLS, and what is shown there.
#[derive(Debug)]
pub struct Tls {
    /// Where phones connect.
    pub listeners: Vec<TcpListener>,
    /// Certificate and key. Every new connection takes what is there at that moment, so the host renews a certificate by
    /// sending another; connections that are open keep theirs.
    pub config: watch::Receiver<Arc<ServerConfig>>,
}

/// The same, ready to be read.
pub(crate) struct Adopted {
    pub(crate) udp: Vec<UdpSocket>,
    pub(crate) streams: Vec<(tokio::net::TcpListener, Option<watch::Receiver<Arc<ServerConfig>>>)>,
    /// UDP, then TCP, then TLS, each in its order.
    pub(crate) local: Vec<(Transport, SocketAddr)>,
}

impl Sockets {
    /// Must be called within a tokio runtime.
    pub(crate) fn adopt(self) -> std::io::Result<Adopted> {
        let mut adopted = Adopted {
            udp: Vec::new(),
            streams: Vec::new(),
            local: Vec::new(),
        };
        for socket in self.udp {
            datagrams::prepare(&socket)?;
            adopted.local.push((Transport::Udp, socket.local_addr()?));
            adopted.udp.push(socket);
        }
        let plain = self.tcp.into_iter().map(|listener| (listener, None));
        let tls = self.tls.into_iter().flat_map(|Tls { listeners, config }| {
            let shown = move |listener| (listener, Some(config.clone()));
            listeners.into_iter().map(shown)
        });
        for (listener, tls) in plain.chain(tls) {
            listener.set_nonblocking(true)?;
            let transport = if tls.is_some() { Transport::Tls } else { Transport::Tcp };
            adopted.local.push((transport, listener.local_addr()?));
            adopted
                .streams
                .push((tokio::net::TcpListener::from_std(listener)?, tls));
        }
        Ok(adopted)
    }
}
