//! One connection: reads messages, answers them in order, and costs a bounded time and memory.
//!
//! Until the answer to a request is written nothing further is read, so a client that sends faster than it is answered, or
//! reads no answers, fills its own buffers and none of ours.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use crate::ask::{Directory, Transport};
use crate::frames::{Cut, Frames};
use crate::requests::{Look, Reply, Requests};
use crate::running::Inner;

/// How long an answer may take to be written, or the end of TLS to be said.
const WRITTEN_WITHIN: Duration = Duration::from_secs(10);
/// The answer to a keep-alive (RFC 5626 section 3.5.1).
const PONG: &[u8] = b"\r\n";

/// A connection, and when it did what.
pub(crate) struct Connection<'a, S, D> {
    stream: S,
    source: SocketAddr,
    transport: Transport,
    requests: &'a Requests<D>,
    inner: &'a Arc<Inner>,
    frames: Frames,
    opened: Instant,
    /// When the last whole message or keep-alive came.
    heard: Instant,
    /// When the message that is coming began.
    begun: Option<Instant>,
    /// Whether a phone has proven itself here.
    is_known: bool,
}

impl<'a, S, D> Connection<'a, S, D>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    D: Directory,
{
    pub(crate) fn new(
        stream: S,
        (source, transport): (SocketAddr, Transport),
        requests: &'a Requests<D>,
        inner: &'a Arc<Inner>,
    ) -> Self {
        let now = Instant::now();
        Self {
            stream,
            source,
            transport,
            requests,
            inner,
            frames: Frames::default(),
            opened: now,
            heard: now,
            begun: None,
            is_known: false,
        }
    }

    /// Talks until either side has enough, closes, and tells why.
    pub(crate) async fn run(mut self, mut stopped: watch::Receiver<bool>) -> &'static str {
        let why = loop {
            if *stopped.borrow() {
                break "the registrar stops";
            }
            let done = match self.frames.cut() {
                Cut::Message(message) => self.answer(&message).await,
                Cut::KeepAlive => self.write(PONG).await,
                Cut::Garbage(why) => Err(why),
                Cut::More => {
                    let read = tokio::select! {
                        read = self.read() => read,
                        _ = stopped.wait_for(|stop| *stop) => continue,
                    };
                    if let Err(why) = read {
                        break why;
                    }
                    continue;
                }
            };
            if let Err(why) = done {
                break why;
            }
            self.heard = Instant::now();
            self.begun = None;
        };
        let _ = timeout(WRITTEN_WITHIN, self.stream.shutdown()).await;
        why
    }

    async fn read(&mut self) -> Result<(), &'static str> {
        if self.frames.has_begun() && self.begun.is_none() {
            self.begun = Some(Instant::now());
        }
        let deadline = self.deadline();
        // Asked for first: whoever always has something to say would be read for ever.
        if Instant::now() >= deadline {
            return Err("out of time");
        }
        match timeout_at(deadline, self.stream.read_buf(self.frames.room())).await {
            Ok(Ok(0)) => Err("closed by the client"),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err("broken"),
            Err(_) if self.begun.is_some() => Err("a message took too long"),
            Err(_) => Err("idle"),
        }
    }

    /// Until when something must come. A connection on which no phone has proven itself has a short life whatever is said on
    /// it; one that is known is kept beyond the longest registration.
    fn deadline(&self) -> Instant {
        let settings = &self.requests.settings;
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        let idle = if self.is_known {
            self.heard + seconds(settings.idle_s)
        } else {
            self.opened + seconds(settings.stranger_s)
        };
        match self.begun {
            Some(begun) => idle.min(begun + seconds(settings.whole_within_s)),
            None => idle,
        }
    }

    async fn answer(&mut self, message: &[u8]) -> Result<(), &'static str> {
        let reply = match self.requests.look(message, self.source, self.transport) {
            Look::Nothing => None,
            Look::Reply(reply) => Some(reply),
            Look::Work(work) => {
                // Over UDP it would be dropped and sent again; here it waits, and what comes behind it with it.
                let permit = Arc::clone(&self.inner.permits).acquire_owned().await;
                let _permit = permit.map_err(|_| "the registrar has stopped")?;
                let reply = self.requests.work(work).await;
                self.is_known |= reply.as_ref().is_some_and(Reply::is_success);
                reply
            }
        };
        match reply {
            Some(reply) => {
                let written = self.write(&reply.bytes).await;
                self.requests.tell(reply);
                written
            }
            None => Ok(()),
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        let written = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        match timeout(WRITTEN_WITHIN, written).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err("broken"),
            Err(_) => Err("answers are not read"),
        }
    }
}
