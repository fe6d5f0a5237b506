//! The addresses to listen on: free, held by a Linekey that runs, or by somebody else.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Check;
use crate::config::{Config, SipMode};

/// How long whoever listens may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) async fn all(config: &Config) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut serves = false;
    for address in &config.portal.listen {
        let bound = TcpListener::bind(address).map(drop);
        let ours = is_in_use(&bound) && is_portal(config, *address).await;
        serves |= ours;
        checks.push(said("portal port", *address, bound, ours));
    }
    if let Some(address) = config.admin.listen {
        let bound = TcpListener::bind(address).map(drop);
        let ours = is_in_use(&bound) && ask(address, "localhost", "/healthz").await.ends_with("\nup\n");
        checks.push(said("admin port", address, bound, ours));
    }
    if config.sip.mode == SipMode::Embedded {
        let sip = &config.sip;
        let streams = [&sip.tcp, &sip.tls].into_iter().flatten();
        let mut every = sip.udp.iter().chain(streams.clone()).peekable();
        if every.peek().is_some() && every.all(|address| address.ip().is_loopback()) {
            checks.push(Check::warning(
                "sip address",
                "the registrar listens on this machine alone: no phone reaches it",
                "sip.udp = [\"0.0.0.0:5060\"] once phones are to register",
            ));
        }
        for address in &sip.udp {
            // A portal that runs has its SIP addresses, or it would not have started.
            checks.push(said("sip port", *address, UdpSocket::bind(address).map(drop), serves));
        }
        for address in streams {
            checks.push(said("sip port", *address, TcpListener::bind(address).map(drop), serves));
        }
    }
    checks
}

fn is_in_use(bound: &std::io::Result<()>) -> bool {
    bound.as_ref().is_err_and(|error| error.kind() == ErrorKind::AddrInUse)
}

fn said(name: &'static str, address: SocketAddr, bound: std::io::Result<()>, ours: bool) -> Check {
    let Err(error) = bound else {
        return Check::ok(name, format!("{address} is free"));
    };
    match error.kind() {
        ErrorKind::AddrInUse if ours => Check::ok(name, format!("{address} is served by linekey")),
        ErrorKind::AddrInUse => Check::failed(
            name,
            format!("{address} is taken by another program"),
            "stop it (`ss -tulpn` names it), or choose another address",
        ),
        ErrorKind::AddrNotAvailable => Check::failed(
            name,
            format!("{address} is no address of this machine"),
            "choose one of `ip address`, or 0.0.0.0 for all",
        ),
        ErrorKind::PermissionDenied => Check::failed(
            name,
            format!("{address} needs a right that this user does not have"),
            "choose a port from 1024 on, or give the service CAP_NET_BIND_SERVICE",
        ),
        _ => Check::failed(name, format!("{address}: {error}"), "choose another address"),
    }
}

/// Whether a portal answers there: nobody else sends this address there.
async fn is_portal(config: &Config, address: SocketAddr) -> bool {
    let origin = config.portal.public_url.origin();
    let host = origin.split_once("://").map_or(origin, |(_, authority)| authority);
    let answer = ask(address, host, "/.well-known/change-password").await;
    answer.to_lowercase().contains("location: /account/settings#password")
}

/// The answer to one GET, or nothing.
async fn ask(address: SocketAddr, host: &str, path: &str) -> String {
    let asked = async {
        let mut stream = TcpStream::connect(address).await?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(16 * 1024).read_to_end(&mut answer).await?;
        std::io::Result::Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(answer)) => answer,
        _ => String::new(),
    }
}
