//! Answers the registrar: who may register, and where registrations are kept.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use anyhow::Context;
use linekey_sip::digest::{Algorithm, Ha1Set};
use linekey_sip::{
    BindingChange, Credential, Directory, Domain, Event as SipEvent, Former, PhoneKey, Registrar, Running,
    SavedBinding, Secret, Settings, Sockets, Surroundings, Tls, Transport, Unavailable,
};
use tokio::sync::mpsc;

use super::by_heart::{Away, ByHeart, Phone};
use super::certificate::Shown;
use super::history::store::keep_spells;
use super::reached::reached;
use super::rotate;
use super::rows::{OnePhone, Rows};
use super::store::{self, Hashes, Registration};
use super::{binding, events, orders, overlap, sealed};
use crate::app::App;
use crate::clock::Millis;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::ids::PhoneId;
use crate::keys::Purpose;

/// How often the list of SIP domains is read again, for accounts that another process made.
const DOMAINS_EVERY: Duration = Duration::from_secs(5);
/// Events that may wait to be recorded; beyond it the newest are dropped and said to be.
const EVENTS: usize = 1024;

/// The registrar of this process, and the tasks that serve it.
#[derive(Debug)]
pub struct Served {
    /// The running registrar.
    pub running: Running,
    /// What phones are shown over TLS, where that is spoken.
    pub certificate: Option<Shown>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Served {
    /// Ends cleanly: every registration is stored.
    pub async fn shutdown(self) {
        if self.running.shutdown().await.is_err() {
            tracing::warn!("the last refreshes of phones could not be stored; they register again by themselves");
        }
        for task in self.tasks {
            task.abort();
        }
    }
}

/// Takes the addresses of the settings, and says which one cannot be had.
fn sockets(app: &App, certificate: Option<&Shown>) -> anyhow::Result<Sockets> {
    fn take<T>(
        addresses: &[SocketAddr],
        transport: Transport,
        bind: fn(SocketAddr) -> std::io::Result<T>,
    ) -> anyhow::Result<Vec<T>> {
        let taken = |address: &SocketAddr| {
            let name = transport.as_str().to_uppercase();
            bind(*address).with_context(|| {
                format!("the SIP address {address} ({name}) is taken; stop what uses it or choose another")
            })
        };
        addresses.iter().map(taken).collect()
    }
    let sip = &app.config.sip;
    let listeners = take(&sip.tls, Transport::Tls, TcpListener::bind::<SocketAddr>)?;
    Ok(Sockets {
        udp: take(&sip.udp, Transport::Udp, UdpSocket::bind::<SocketAddr>)?,
        tcp: take(&sip.tcp, Transport::Tcp, TcpListener::bind::<SocketAddr>)?,
        tls: certificate.map(|shown| Tls {
            listeners,
            config: shown.followed(),
        }),
    })
}

/// Starts the registrar on the addresses of the settings.
///
/// # Errors
/// When an address is taken, the certificate cannot be used, or the database does not answer.
pub async fn start(app: &App) -> anyhow::Result<Served> {
    let sip = &app.config.sip;
    let certificate = (!sip.tls.is_empty()).then(|| Shown::open(sip)).transpose()?;
    let sockets = sockets(app, certificate.as_ref())?;
    let settings = Settings {
        connections: most_connections(),
        realm: app.config.sip.realm.clone(),
        hosts: vec![app.config.portal.public_url.host().to_owned()],
        min_expires_s: app.config.sip.min_expires,
        max_expires_s: app.config.sip.max_expires,
        ping_s: app.config.sip.ping,
        ..Settings::default()
    };
    let (events, told) = mpsc::channel(EVENTS);
    let answers = Arc::new(Answers {
        app: app.clone(),
        domains: RwLock::default(),
        phones: Arc::new(ByHeart::new(app.clone())),
        changing: Mutex::default(),
        silent: Mutex::default(),
        events,
        nobody: RwLock::new(sealed::nobody(app)),
    });
    answers.read_domains().await?;
    let key = *app.keys.derived(Purpose::SipNonce);
    let running = Registrar::start(
        settings,
        key,
        sockets,
        Arc::clone(&answers),
        Arc::new(Around(app.clone())),
    )
    .await?;
    let tasks = vec![
        tokio::spawn(events::record_all(app.clone(), told)),
        tokio::spawn(Arc::clone(&answers.phones).run()),
        tokio::spawn(keep_domains(answers)),
        tokio::spawn(orders::run(app.clone(), orders::Registrar::Embedded(running.clone()))),
    ];
    Ok(Served {
        running,
        certificate,
        tasks,
    })
}

/// Connections of phones at once: each is an open file, of which browsers and the database need most where there are few.
fn most_connections() -> usize {
    let most = Settings::default().connections;
    #[cfg(unix)]
    {
        let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let quarter = files.map_or(most, |files| usize::try_from(files / 4).unwrap_or(most));
        most.min(quarter)
    }
    #[cfg(not(unix))]
    most
}

/// Server and port that a phone tries first, UDP where that is spoken; [`reached`] tells all.
pub fn address(app: &App) -> (String, String) {
    let first = reached(&app.config).into_iter().next();
    first
        .map(|first| (first.server, first.port.to_string()))
        .unwrap_or_default()
}

struct Answers {
    app: App,
    domains: RwLock<HashMap<String, Domain>>,
    phones: Arc<ByHeart>,
    /// Phones that may have to be told to know their newest SIP password: the one before is still good, or was used, or a
    /// set-up link gives the newest.
    changing: Mutex<HashSet<PhoneId>>,
    /// Phones that do not answer at a contact, as they were stored last: a page is told of what changes.
    silent: Mutex<HashSet<(PhoneId, String)>>,
    events: mpsc::Sender<SipEvent>,
    /// Hashes of no phone, sealed like a phone's.
    nobody: RwLock<(PhoneId, Vec<u8>)>,
}

impl Answers {
    async fn read_domains(&self) -> Result<()> {
        let mut domains = HashMap::new();
        for (name, algorithm) in crate::accounts::sip_domains(&self.app.db).await? {
            let Some(algorithm) = Algorithm::parse(&algorithm) else {
                tracing::error!(
                    domain = name,
                    algorithm,
                    "an account asks for an unknown digest algorithm"
                );
                continue;
            };
            domains.insert(
                name.to_lowercase(),
                Domain {
                    name: name.into(),
                    algorithm,
                },
            );
        }
        *self.domains.write().unwrap_or_else(PoisonError::into_inner) = domains;
        Ok(())
    }

    async fn store(&self, changes: Vec<BindingChange>) -> Result<()> {
        let now = self.app.clock.now();
        let (mut news, mut is_told) = (Vec::new(), false);
        let mut tx = self.app.db.begin().await?;
        // In order, what follows each other of one sort in one statement.
        let mut changes = changes.into_iter().peekable();
        while let Some(change) = changes.next() {
            match change {
                BindingChange::Put(binding) => {
                    let mut rows = vec![binding::row_of(&binding)];
                    while let Some(BindingChange::Put(next)) =
                        changes.next_if(|next| matches!(next, BindingChange::Put(_)))
                    {
                        rows.push(binding::row_of(&next));
                    }
                    let silence = rows.iter().filter(|row| self.note_silence(row));
                    news.extend(silence.map(|row| row.phone_id.clone()));
                    is_told |= self.put(&mut tx, &rows, now).await?;
                    let new = rows.into_iter().filter(Registration::is_new);
                    news.extend(new.map(|row| row.phone_id));
                }
                BindingChange::Refresh(binding) => {
                    let mut bindings = vec![binding];
                    let is_refresh = |next: &_| matches!(next, BindingChange::Refresh(_));
                    while let Some(BindingChange::Refresh(next)) = changes.next_if(is_refresh) {
                        bindings.push(next);
                    }
                    is_told |= self.refresh(&mut tx, &bindings, now).await?;
                }
                BindingChange::Remove {
                    phone, contact, at_ms, ..
                } => {
                    let phone = PhoneId::new(phone.0.to_string());
                    store::end_registration(&mut tx, &phone, &contact, at_ms).await?;
                    let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
                    silent.remove(&(phone.clone(), contact.to_string()));
                    drop(silent);
                    news.push(phone);
                }
            }
        }
        let commit = tx.commit_counted().await?;
        if !is_told {
            self.phones.is_unmoved_by(commit);
        }
        news.iter().for_each(|phone| self.app.news.tell(phone));
        Ok(())
    }

    /// Writes that registrations live longer, and says whether that makes any phone another.
    async fn refresh(&self, tx: &mut Tx, bindings: &[Arc<SavedBinding>], now: Millis) -> Result<bool> {
        let rows = Rows::of(bindings.iter().map(|binding| binding::refreshed(binding)))?;
        let refreshed = store::refresh_registrations(tx, &rows).await?;
        if usize::try_from(refreshed) != Ok(bindings.len()) {
            // Some are not there, for whatever reason.
            let rows: Vec<_> = bindings.iter().map(|binding| binding::row_of(binding)).collect();
            return self.put(tx, &rows, now).await;
        }
        let mut is_told = false;
        if !self.changing().is_empty() {
            for binding in bindings {
                let phone = PhoneId::new(binding.phone.0.to_string());
                is_told |= self.note_newest(tx, &phone, binding.generation, now).await?;
            }
        }
        Ok(is_told)
    }

    /// Writes registrations, and says whether that makes any phone another.
    async fn put(&self, tx: &mut Tx, rows: &[Registration], now: Millis) -> Result<bool> {
        let new = rows.iter().filter(|row| row.is_new());
        let new = Rows::of(new.map(|row| OnePhone {
            phone_id: &row.phone_id,
        }))?;
        keep_spells(tx, &new, now).await?;
        store::forget_ended(tx, &new, now).await?;
        // The same one twice is no row of one statement: the later one counts.
        let latest: BTreeMap<_, _> = rows
            .iter()
            .map(|row| ((row.phone_id.as_str(), row.contact.as_str()), row))
            .collect();
        store::put_registrations(tx, &Rows::of(latest.into_values())?).await?;
        let mut is_told = false;
        for row in rows {
            is_told |= self.note_newest(tx, &row.phone_id, row.generation, now).await?;
        }
        Ok(is_told)
    }
}

impl Answers {
    /// Whether the phone stopped or began to answer at this contact.
    fn note_silence(&self, row: &store::Registration) -> bool {
        let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        let key = || (row.phone_id.clone(), row.contact.clone());
        if row.silent_at.is_some() {
            silent.insert(key())
        } else {
            !silent.is_empty() && silent.remove(&key())
        }
    }

    /// The first registration with the newest SIP password of a phone ends the overlap with the one before, and the set-up
    /// link that gave it. True: the phone is another from now on.
    async fn note_newest(&self, tx: &mut Tx, phone: &PhoneId, generation: i64, now: Millis) -> Result<bool> {
        if !self.changing().contains(phone) {
            return Ok(false);
        }
        if overlap::end(tx, phone, generation, now).await? {
            self.changing().remove(phone);
            return Ok(true);
        }
        Ok(false)
    }

    fn changing(&self) -> MutexGuard<'_, HashSet<PhoneId>> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The SIP password before, of a phone that has one.
    fn former(&self, phone: &Hashes) -> Option<Former> {
        let now = self.app.clock.now();
        // One that is not good for so long may have been forgotten meanwhile.
        let until = phone.old_until.filter(|until| *until >= now - rotate::KNOWN_FOR)?;
        let sealed = phone.old_hashes.clone()?;
        let valid = until > now;
        if valid || phone.outdated_at.is_some() {
            self.changing().insert(phone.id.clone());
        }
        Some(Former {
            generation: phone.generation - 1,
            sealed,
            valid,
        })
    }

    /// Opens what belongs to no phone, as long as opening a phone's takes. Sealed anew once its key is retired.
    fn open_nobody(&self) {
        let opened = {
            let nobody = self.nobody.read().unwrap_or_else(PoisonError::into_inner);
            sealed::open(&self.app, &nobody.0, &nobody.1)
        };
        if opened.is_err() {
            *self.nobody.write().unwrap_or_else(PoisonError::into_inner) = sealed::nobody(&self.app);
        }
    }
}

impl Directory for Answers {
    fn domain(&self, host: &str) -> Option<Domain> {
        let domains = self.domains.read().unwrap_or_else(PoisonError::into_inner);
        domains.get(host).or_else(|| domains.get(&host.to_lowercase())).cloned()
    }

    async fn credential(
        &self,
        sip_domain: &str,
        sip_name: &str,
    ) -> std::result::Result<Option<Credential>, Unavailable> {
        let (phone, is_away) = match self.phones.ask(sip_domain, sip_name).await {
            Ok(phone) => (phone, false),
            Err(Away) => {
                let known = self.phones.recall(sip_domain, sip_name);
                (Some(known.ok_or(Unavailable)?), true)
            }
        };
        // A name that nobody has is unsealed as well: opening takes long enough to be measured.
        let Some(phone) = phone else {
            self.open_nobody();
            return Ok(None);
        };
        let Phone { key, row: phone } = &*phone;
        let Ok(ha1) = sealed::open(&self.app, &phone.id, &phone.sip_hashes) else {
            if is_away {
                // What is remembered was sealed with a key that is retired: the phone is right to come back later.
                return Err(Unavailable);
            }
            tracing::error!(
                phone = phone.id.as_str(),
                "the SIP hashes do not open with the key file"
            );
            return Ok(None);
        };
        if phone.links > 0 {
            self.changing().insert(phone.id.clone());
        }
        Ok(Some(Credential {
            phone: key.clone(),
            former: self.former(phone),
            current: Secret {
                generation: phone.generation,
                ha1,
            },
        }))
    }

    fn open(&self, former: Option<(&PhoneKey, &Former)>) -> Option<Ha1Set> {
        let Some((phone, former)) = former else {
            self.open_nobody();
            return None;
        };
        let id = PhoneId::new(phone.0.to_string());
        let opened = sealed::open_old(&self.app, &id, &former.sealed);
        if opened.is_err() {
            tracing::error!(
                phone = id.as_str(),
                "the SIP hashes before the newest do not open with the key file"
            );
        }
        opened.ok()
    }

    async fn load(&self) -> std::result::Result<Vec<SavedBinding>, Unavailable> {
        let rows = store::registrations(&self.app.db, self.app.clock.now()).await;
        let rows = rows.map_err(|error| unavailable(&error))?;
        for row in &rows {
            self.note_silence(row);
        }
        Ok(rows.into_iter().filter_map(binding::of_row).collect())
    }

    async fn save(&self, changes: Vec<BindingChange>) -> std::result::Result<(), Unavailable> {
        self.store(changes).await.map_err(|error| unavailable(&error))
    }

    fn event(&self, event: SipEvent) {
        if self.events.try_send(event).is_err() {
            tracing::warn!("too many SIP events at once: one is not recorded");
        }
    }
}

fn unavailable(error: &Error) -> Unavailable {
    tracing::error!(cause = %error, "the registrar gets no answer from the database");
    Unavailable
}

/// Time and randomness as the SIP crate is handed them.
pub struct Around(pub App);

impl Surroundings for Around {
    fn now_ms(&self) -> i64 {
        self.0.clock.now()
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        self.0.random.fill(bytes);
    }
}

async fn keep_domains(answers: Arc<Answers>) {
    loop {
        tokio::time::sleep(DOMAINS_EVERY).await;
        if let Err(error) = answers.read_domains().await {
            tracing::warn!(cause = %error, "the SIP domains could not be read again; the known ones stay");
        }
    }
}
