//! A connection that speaks raw SIP.

use std::net::SocketAddr;
use std::time::Duration;

use linekey_sip::Transport;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::support::{Answer, Phone, World};

/// How long anything may take before a story has failed.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Pipe<S = TcpStream> {
    stream: S,
    pub(crate) local: SocketAddr,
    /// Read and not yet looked at.
    read: Vec<u8>,
}

impl Pipe {
    pub(crate) async fn new(world: &World) -> Self {
        Self::from("127.0.0.1", world).await
    }

    /// A connection from an address of its own.
    pub(crate) async fn from(address: &str, world: &World) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::new(address.parse().unwrap(), 0)).unwrap();
        let stream = socket.connect(world.address_of(Transport::Tcp)).await.unwrap();
        let local = stream.local_addr().unwrap();
        Self::over(stream, local)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Pipe<S> {
    pub(crate) fn over(stream: S, local: SocketAddr) -> Self {
        Self {
            stream,
            local,
            read: Vec::new(),
        }
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// Sends as much as the other side takes, until it closes.
    pub(crate) async fn pour(&mut self, text: &str) {
        while self.stream.write_all(text.as_bytes()).await.is_ok() {}
    }

    /// The bytes up to and with `end`.
    pub(crate) async fn until(&mut self, end: &str) -> String {
        loop {
            let found = self.read.windows(end.len()).position(|part| part == end.as_bytes());
            if let Some(at) = found {
                let taken: Vec<u8> = self.read.drain(..at + end.len()).collect();
                return String::from_utf8(taken).unwrap();
            }
            let read = tokio::time::timeout(PATIENCE, self.stream.read_buf(&mut self.read)).await;
            let read = read.expect("the registrar answers").expect("an open connection");
            assert_ne!(read, 0, "closed after {:?}", String::from_utf8_lossy(&self.read));
        }
    }

    pub(crate) async fn receive(&mut self) -> Answer {
        Answer::new(self.until("\r\n\r\n").await.as_bytes())
    }

    pub(crate) async fn ask(&mut self, text: &str) -> Answer {
        self.send(text).await;
        self.receive().await
    }

    /// Asserts that the registrar closes without another byte.
    pub(crate) async fn closes(mut self) {
        let read = tokio::time::timeout(PATIENCE, self.stream.read_buf(&mut self.read)).await;
        // A reset is an end too: it says that bytes were left unread.
        assert_eq!(
            read.expect("the registrar closes").unwrap_or_default(),
            0,
            "{:?}",
            self.read
        );
    }

    /// Waits until the registrar closes, whatever it says before.
    pub(crate) async fn ends(mut self) {
        let rest = tokio::time::timeout(PATIENCE, self.stream.read_to_end(&mut self.read)).await;
        // A reset is an end too.
        let _ = rest.expect("the registrar closes");
    }

    /// Registers a phone's contact over this connection.
    pub(crate) async fn register(&mut self, phone: &mut Phone, expires_s: u32) -> Answer {
        if phone.nonce.is_none() {
            let bare = phone.request("");
            phone.nonce = self.ask(&bare).await.challenge("nonce");
        }
        let contact = format!("Contact: <{}>\r\nExpires: {expires_s}\r\n", phone.contact());
        let request = phone.request(&contact);
        self.ask(&request).await
    }
}
