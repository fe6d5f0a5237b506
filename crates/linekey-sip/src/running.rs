//! A running registrar, as the host holds it: what it tells, and how it ends.

use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot, watch};
use tokio::task::JoinHandle;

use crate::ask::{BindingChange, PhoneKey, Removal, SavedBinding, Surroundings, Transport, Unavailable};
use crate::bindings::{Bindings, removal};
use crate::datagrams;
use crate::pings::{Pings, Round};
use crate::requests::Tables;
use crate::room::Room;
use crate::saving::Saving;
use crate::sent::{Sent, SentCounts};

/// How long requests that are being worked on may take at shutdown.
pub(crate) const FINISH: Duration = Duration::from_secs(5);
/// How often bindings that are over are taken out.
const SWEEP: Duration = Duration::from_secs(5);
/// How often it is looked who is to be pinged.
const PING_ROUND: Duration = Duration::from_secs(1);

/// What the registrar keeps in memory. Only `bindings` and `waiting` grow with the number of phones;
/// nothing grows with the number of strangers beyond its limit in [`crate::Settings`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gauges {
    /// Bindings, including those that are over and not yet taken out.
    pub bindings: usize,
    /// Changes not yet stored.
    pub waiting: usize,
    /// Nonces whose count is remembered.
    pub nonces: usize,
    /// Answers kept for retransmissions.
    pub answers: usize,
    /// (name, source) pairs with wrong answers.
    pub wrong: usize,
    /// (name, source) pairs with credentials that prove nothing, as nonces that are over.
    pub unfit: usize,
    /// Authenticating requests being worked on.
    pub working: usize,
    /// Connections over TCP and TLS.
    pub connections: usize,
}

/// A running registrar. Copies of it are the same registrar; it runs until [`Running::shutdown`],
/// also when every copy is dropped.
#[derive(Clone, Debug)]
pub struct Running(pub(crate) Arc<Inner>);

/// What the tasks of a registrar share with its host.
pub(crate) struct Inner {
    pub(crate) bindings: Arc<Bindings>,
    pub(crate) saving: Arc<Saving>,
    pub(crate) tables: Arc<Mutex<Tables>>,
    pub(crate) sent: Arc<SentCounts>,
    pub(crate) surroundings: Arc<dyn Surroundings>,
    pub(crate) local: Vec<(Transport, SocketAddr)>,
    /// Sockets that are read.
    pub(crate) listening: AtomicUsize,
    /// Of connections.
    pub(crate) room: Arc<Room>,
    /// One for each authenticating request that is being worked on.
    pub(crate) permits: Arc<Semaphore>,
    pub(crate) at_once: usize,
    pub(crate) stop: watch::Sender<bool>,
    /// Taken by the one shutdown.
    pub(crate) tasks: Mutex<Option<Tasks>>,
}

/// What a shutdown waits for.
pub(crate) struct Tasks {
    /// Each hears of the end of a thread.
    pub(crate) datagrams: Vec<oneshot::Receiver<()>>,
    pub(crate) streams: Vec<JoinHandle<()>>,
    pub(crate) writer: JoinHandle<Result<(), Unavailable>>,
}

impl Inner {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running")
            .field("local", &self.local)
            .finish_non_exhaustive()
    }
}

impl Running {
    /// Where it listens: UDP, then TCP, then TLS, each in the order of its sockets.
    #[must_use]
    pub fn local_addresses(&self) -> &[(Transport, SocketAddr)] {
        &self.0.local
    }

    /// Whether every socket is read and bindings can be handed to the host.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.0.listening.load(Ordering::Relaxed) == self.0.local.len()
            && !self.0.saving.is_closed()
            && !*self.0.stop.borrow()
    }

    /// Whether the last save succeeded. While it did not, known contacts are refreshed and new ones
    /// get 503.
    #[must_use]
    pub fn is_saving(&self) -> bool {
        self.0.saving.is_healthy()
    }

    /// The bindings of a phone that are not over.
    #[must_use]
    pub fn bindings_of(&self, phone: &PhoneKey) -> Vec<Arc<SavedBinding>> {
        self.0.bindings.of(phone, self.0.surroundings.now_ms())
    }

    /// Ends the bindings of a phone, durably, and tells how many. The phone may come back at once.
    ///
    /// # Errors
    /// The host could not store it; nothing has changed.
    pub async fn disconnect(&self, phone: &PhoneKey) -> Result<usize, Unavailable> {
        let _one_at_a_time = self.0.bindings.lock(phone).await;
        self.end(phone, |_| true).await
    }

    /// Ends the bindings that were made with a SIP password older than generation `below`, durably, and tells how many.
    /// The host answers with none of those any more ([`crate::Directory::credential`]); a request that it answered just
    /// before makes no binding either.
    ///
    /// # Errors
    /// The host could not store it; nothing has changed.
    pub async fn withdraw(&self, phone: &PhoneKey, below: i64) -> Result<usize, Unavailable> {
        let _one_at_a_time = self.0.bindings.lock(phone).await;
        self.0.bindings.withdraw(phone, below, self.0.surroundings.now_ms());
        self.end(phone, |binding| binding.generation < below).await
    }

    /// Ends those bindings. The caller holds the phone's lock.
    async fn end(&self, phone: &PhoneKey, goes: impl Fn(&SavedBinding) -> bool) -> Result<usize, Unavailable> {
        let now_ms = self.0.surroundings.now_ms();
        let all = self.0.bindings.all_of(phone);
        let (go, stay): (Vec<_>, Vec<_>) = all.into_iter().partition(|binding| goes(binding));
        if go.is_empty() {
            return Ok(0);
        }
        let changes = go
            .iter()
            .map(|binding| removal(binding, now_ms, Removal::Disconnected))
            .collect();
        if let Err(error) = self.0.saving.durable(changes).await {
            self.0.saving.behind(go.into_iter().map(BindingChange::Put).collect());
            return Err(error);
        }
        self.0.bindings.set(phone, stay);
        tracing::info!(phone = &*phone.0, ended = go.len(), "disconnected");
        Ok(go.len())
    }

    /// What it keeps in memory now.
    #[must_use]
    pub fn gauges(&self) -> Gauges {
        let tables = self.0.tables();
        Gauges {
            bindings: self.0.bindings.len(),
            waiting: self.0.saving.waiting(),
            nonces: tables.counts.len(),
            answers: tables.answers.len(),
            wrong: tables.wrong.len(),
            unfit: tables.unfit.len(),
            connections: self.0.room.taken(),
            working: self.0.at_once.saturating_sub(self.0.permits.available_permits()),
        }
    }

    /// Answers sent since the start, by method and status.
    #[must_use]
    pub fn sent(&self) -> Vec<Sent> {
        self.0.sent.all()
    }

    /// Stops reading, closes sockets and connections, finishes what is being worked on (at most 5 s), takes
    /// out what is over and stores every refresh. A second call does nothing.
    ///
    /// # Errors
    /// Some refreshes could not be stored: after the next start these phones seem to have
    /// registered a little earlier than they did.
    pub async fn shutdown(&self) -> Result<(), Unavailable> {
        let tasks = self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Tasks {
            datagrams,
            streams,
            writer,
        }) = tasks
        else {
            return Ok(());
        };
        self.0.stop.send_replace(true);
        let udp = self
            .0
            .local
            .iter()
            .filter(|(transport, _)| *transport == Transport::Udp);
        udp.for_each(|(_, local)| datagrams::wake(*local));
        // An error would be a panic of theirs; they read no more either way.
        for reader in datagrams {
            let _ = reader.await;
        }
        for listener in streams {
            let _ = listener.await;
        }
        let all = u32::try_from(self.0.at_once).unwrap_or(u32::MAX);
        if tokio::time::timeout(FINISH, self.0.permits.acquire_many(all))
            .await
            .is_err()
        {
            tracing::warn!("some SIP requests were cut off");
        }
        take_out_overdue(&self.0).await;
        self.0.saving.close();
        writer.await.unwrap_or(Err(Unavailable))
    }
}

/// Takes out bindings that are over, until the stop.
pub(crate) async fn sweep(inner: Arc<Inner>, mut stopped: watch::Receiver<bool>) {
    loop {
        let stop = tokio::select! {
            () = tokio::time::sleep(SWEEP) => false,
            _ = stopped.wait_for(|stop| *stop) => true,
        };
        if stop {
            return;
        }
        take_out_overdue(&inner).await;
    }
}

/// Asks phones behind a NAT whether they answer, until the stop.
pub(crate) async fn ping(
    inner: Arc<Inner>,
    pings: Arc<Pings>,
    sockets: Vec<Weak<UdpSocket>>,
    mut stopped: watch::Receiver<bool>,
) {
    loop {
        let stop = tokio::select! {
            () = tokio::time::sleep(PING_ROUND) => false,
            _ = stopped.wait_for(|stop| *stop) => true,
        };
        if stop {
            return;
        }
        let Round { pings, found } = pings.round(&inner.bindings, &sockets, &*inner.surroundings);
        for ((phone, contact), is_silent) in found {
            let _one_at_a_time = inner.bindings.lock(&phone).await;
            let since_ms = is_silent.then(|| inner.surroundings.now_ms());
            let change = inner.bindings.note_silence(&phone, &contact, since_ms);
            if change.is_some() {
                tracing::info!(phone = &*phone.0, is_silent, "found out whether the phone answers");
            }
            inner.saving.behind(change.into_iter().collect());
        }
        for ping in pings {
            if let Err(error) = ping.socket.send_to(&ping.bytes, ping.to) {
                tracing::debug!(to = %ping.to, %error, "pinging failed");
            }
        }
    }
}

async fn take_out_overdue(inner: &Inner) {
    for phone in inner.bindings.overdue(inner.surroundings.now_ms()) {
        let _one_at_a_time = inner.bindings.lock(&phone).await;
        let over = inner.bindings.expire(&phone, inner.surroundings.now_ms());
        tracing::info!(phone = &*phone.0, ended = over.len(), "registration ran out");
        inner.saving.behind(over);
    }
    let now_ms = inner.surroundings.now_ms();
    inner
        .tables
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .answers
        .make_room(now_ms);
}

/// Tells that a socket is no longer read, however that came.
pub(crate) struct CountedOut(pub(crate) Weak<Inner>);

impl Drop for CountedOut {
    fn drop(&mut self) {
        if let Some(inner) = self.0.upgrade() {
            inner.listening.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
