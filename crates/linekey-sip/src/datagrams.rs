//! UDP: each socket is read by a thread of its own, which answers whatever needs nothing but memory before it reads the
//! next datagram. Nothing else is woken for that, and most registrations are of that kind; what has to wait for the host
//! goes on as a task.

use std::future::Future;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
// For which the clock of a story may stand.
use tokio::time::Instant;

use crate::ask::{Directory, Transport};
use crate::codec::MAX_DATAGRAM;
use crate::requests::{Look, Reply, Requests};
use crate::running::{CountedOut, Inner};

/// How long a thread waits for a datagram before it looks whether the registrar is still there.
const LOOK_UP: Duration = Duration::from_millis(500);
/// How long it lets datagrams gather where many come: waking up, and being woken by an answer, cost as much as an answer, and
/// the first of a go finds cold caches. Phones wait 500 ms before they ask again (RFC 3261 section 17.1.1.1, T1).
const GATHER: Duration = Duration::from_millis(20);
/// Datagrams of that time that are many: with fewer, nobody is let wait.
const MANY: usize = 8;
/// Datagrams of one go after which none are let gather: they come as fast as they are read, or need much of the room there is.
const RUSH: usize = 128;
/// Datagrams that are read at most before the answers to them leave: whoever is woken by the first is awake for the others.
const TOGETHER: usize = 64;
/// Bytes that may gather, as far as the system allows.
const GATHERED: usize = 1024 * 1024;
/// How long an answer waits for room in a network card that is behind.
const SEND: Duration = Duration::from_millis(10);

/// Has a socket wait as the thread that reads it needs it.
pub(crate) fn prepare(socket: &UdpSocket) -> std::io::Result<()> {
    socket.set_nonblocking(false)?;
    #[cfg(unix)]
    {
        use rustix::net::sockopt::{set_socket_recv_buffer_size, socket_recv_buffer_size};
        if socket_recv_buffer_size(socket).is_ok_and(|size| size < GATHERED) {
            let _ = set_socket_recv_buffer_size(socket, GATHERED);
        }
    }
    socket.set_read_timeout(Some(LOOK_UP))?;
    socket.set_write_timeout(Some(SEND))
}

/// Wakes the thread that reads the socket of this address: something came, if only nothing.
pub(crate) fn wake(local: SocketAddr) {
    let (any, this): (IpAddr, IpAddr) = match local {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::LOCALHOST.into()),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED.into(), Ipv6Addr::LOCALHOST.into()),
    };
    let ip = if local.ip().is_unspecified() { this } else { local.ip() };
    // If that fails it looks up by itself soon.
    let _ = UdpSocket::bind((any, 0)).and_then(|socket| socket.send_to(&[], (ip, local.port())));
}

/// One socket, and what answers on it.
pub(crate) struct Datagrams<D> {
    pub(crate) socket: Arc<UdpSocket>,
    pub(crate) requests: Arc<Requests<D>>,
    pub(crate) inner: Weak<Inner>,
    pub(crate) runtime: Handle,
}

impl<D: Directory> Datagrams<D> {
    /// Reads in a thread of its own until the stop, or until nobody is left who could ask for it. The receiver hears when it
    /// has ended.
    pub(crate) fn listen(self) -> std::io::Result<oneshot::Receiver<()>> {
        let (ended, end) = oneshot::channel();
        let thread = std::thread::Builder::new().name("sip-udp".to_owned());
        thread.spawn(move || {
            self.read();
            // The socket is closed by now, so that whoever hears this may have the port.
            drop(ended);
        })?;
        Ok(end)
    }

    fn read(self) {
        let _counted = CountedOut(Weak::clone(&self.inner));
        // The host's answers may need clocks and tasks.
        let _within = self.runtime.enter();
        // One byte more than is read, to tell a datagram that was cut off.
        let mut buffer = vec![0; MAX_DATAGRAM + 1];
        let mut pace = Pace::new(Instant::now());
        let mut answers = Vec::with_capacity(TOGETHER);
        loop {
            let received = self.receive(&mut buffer, pace.waits);
            let Some(inner) = self.inner.upgrade().filter(|inner| !*inner.stop.borrow()) else {
                return self.send(&mut answers);
            };
            match received {
                Ok((length, peer)) => {
                    let is_enough = pace.came();
                    let message = buffer.get(..length).unwrap_or(&[]);
                    let answer = guarded(|| self.answer(&inner, message, peer)).flatten();
                    answers.extend(answer.map(|answer| (peer, answer)));
                    if is_enough {
                        self.send(&mut answers);
                    }
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    self.send(&mut answers);
                    if pace.lets_gather(Instant::now()) {
                        std::thread::sleep(GATHER);
                    }
                }
                Err(error) => {
                    self.send(&mut answers);
                    // An ICMP message about an earlier answer can surface here; the socket lives on.
                    tracing::debug!(%error, "receiving failed");
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
        }
    }

    /// The next datagram: the one that came, or where it `waits` the one that comes.
    fn receive(&self, buffer: &mut [u8], waits: bool) -> std::io::Result<(usize, SocketAddr)> {
        if waits {
            return self.socket.recv_from(buffer);
        }
        #[cfg(unix)]
        {
            let (length, _, peer) = rustix::net::recvfrom(&self.socket, buffer, rustix::net::RecvFlags::DONTWAIT)?;
            let peer = peer.and_then(|peer| SocketAddr::try_from(peer).ok());
            Ok((length, peer.ok_or(ErrorKind::InvalidData)?))
        }
        #[cfg(not(unix))]
        Err(ErrorKind::WouldBlock.into())
    }

    /// Sends these answers, and tells the host what there is to tell with them.
    fn send(&self, answers: &mut Vec<(SocketAddr, Reply)>) {
        for (peer, answer) in answers.iter() {
            send(&self.socket, *peer, answer);
        }
        for (_, answer) in answers.drain(..) {
            guarded(|| self.requests.tell(answer));
        }
    }

    /// The answer, unless there is none, or a task sends it.
    fn answer(&self, inner: &Inner, message: &[u8], peer: SocketAddr) -> Option<Reply> {
        let source = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        let work = match self.requests.look(message, source, Transport::Udp) {
            Look::Nothing => return None,
            Look::Reply(reply) => return Some(reply),
            Look::Work(work) => work,
        };
        let Ok(permit) = Arc::clone(&inner.permits).try_acquire_owned() else {
            tracing::debug!(%source, "too many requests at once, dropped");
            return None;
        };
        let requests = Arc::clone(&self.requests);
        let working = Working {
            socket: Arc::clone(&self.socket),
            requests: Arc::clone(&self.requests),
            peer,
            source,
            _permit: permit,
        };
        let mut work: Pin<Box<dyn Future<Output = Option<Reply>> + Send>> =
            Box::pin(async move { requests.work(work).await });
        match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(reply) => {
                working.note(reply.as_ref());
                reply
            }
            // Polled once more, it tells the task when to go on.
            Poll::Pending => {
                self.runtime.spawn(async move { working.end(work.await) });
                None
            }
        }
    }
}

/// How a thread reads: where few datagrams come each wakes it, where many come they gather.
struct Pace {
    /// Whether the next datagram is waited for; else only what is there already is read.
    waits: bool,
    /// Datagrams of this go, which ends when none is there.
    go: usize,
    since: Instant,
    /// Datagrams since then.
    recent: usize,
}

impl Pace {
    fn new(now: Instant) -> Self {
        Self {
            waits: true,
            go: 0,
            since: now,
            recent: 0,
        }
    }

    /// A datagram was read, and whether more are there is not known. Whether the answers to what was read must leave, however
    /// much comes.
    fn came(&mut self) -> bool {
        self.waits = false;
        self.go = self.go.saturating_add(1);
        self.recent = self.recent.saturating_add(1);
        self.go.is_multiple_of(TOGETHER)
    }

    /// None is there; whether the next ones are let gather.
    fn lets_gather(&mut self, now: Instant) -> bool {
        let go = std::mem::take(&mut self.go);
        if go < MANY && now.saturating_duration_since(self.since) < GATHER {
            self.waits = true;
            return false;
        }
        let recent = std::mem::take(&mut self.recent);
        self.since = now;
        // Elsewhere nothing is read without waiting for it.
        self.waits = recent < MANY || !cfg!(unix);
        !self.waits && go < RUSH
    }
}

/// A request whose answer takes more than a look.
struct Working<D> {
    // In this order: whoever waits for the permit may want the port again.
    socket: Arc<UdpSocket>,
    requests: Arc<Requests<D>>,
    peer: SocketAddr,
    source: SocketAddr,
    _permit: OwnedSemaphorePermit,
}

impl<D: Directory> Working<D> {
    /// Who is answered well is reached by the socket it came by.
    fn note(&self, reply: Option<&Reply>) {
        if reply.is_some_and(Reply::is_success) {
            let now_ms = self.requests.surroundings.now_ms();
            self.requests.pings.came_by(self.source, &self.socket, now_ms);
        }
    }

    fn end(self, reply: Option<Reply>) {
        self.note(reply.as_ref());
        let Some(reply) = reply else { return };
        send(&self.socket, self.peer, &reply);
        self.requests.tell(reply);
    }
}

/// A defect that one message finds costs its sender an answer, and nobody else.
fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    let done = catch_unwind(AssertUnwindSafe(work));
    if done.is_err() {
        tracing::error!("a message met a defect of the registrar");
    }
    done.ok()
}

/// From the socket that received the request, so that the answer passes the phone's NAT.
fn send(socket: &UdpSocket, peer: SocketAddr, reply: &Reply) {
    let to = SocketAddr::new(peer.ip(), reply.port);
    if let Err(error) = socket.send_to(&reply.bytes, to) {
        tracing::debug!(%to, %error, "sending failed");
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// A socket at which so many datagrams come in each millisecond; how often none was there within 200 ms, and in how many
    /// of these cases the next were let gather.
    fn at(each_ms: usize) -> (usize, usize) {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let (mut goes, mut gathered, mut read) = (0, 0, 0);
        let mut ms = 0;
        while ms < 200 {
            let come = each_ms * (ms + 1);
            while read < come {
                pace.came();
                read += 1;
            }
            goes += 1;
            let gathers = pace.lets_gather(start + Duration::from_millis(u64::try_from(ms).unwrap_or(0)));
            gathered += usize::from(gathers);
            ms += if gathers { 20 } else { 1 };
        }
        (goes, gathered)
    }

    #[test]
    fn many_gather_and_few_or_floods_do_not() {
        let alone = Pace::new(Instant::now());
        assert!(alone.waits);
        let (goes, gathered) = at(0);
        assert_eq!((goes, gathered), (200, 0));
        let (goes, gathered) = at(3);
        assert!(goes < 40 && gathered >= 9, "{goes} {gathered}");
        // What comes in 20 ms is more than may wait.
        let (_, gathered) = at(RUSH);
        assert_eq!(gathered, 0);
    }

    #[test]
    fn answers_leave_however_much_comes_that_gets_none() {
        let mut pace = Pace::new(Instant::now());
        let leaves: Vec<_> = (1..=2 * TOGETHER).filter(|_| pace.came()).collect();
        assert_eq!(leaves, [TOGETHER, 2 * TOGETHER]);
    }
}
