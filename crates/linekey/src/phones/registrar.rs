//! Answers the registrar: who may register, and where registrations are kept.

use std::collections::{HashMap, HashSet};
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use anyhow::Context;
use linekey_sip::digest::Algorithm;
use linekey_sip::{
    BindingChange, Credential, Directory, Domain, Event as SipEvent, Former, PhoneKey, Registrar, Running,
    SavedBinding, Secret, Settings, Surroundings, Unavailable,
};
use tokio::sync::mpsc;

use super::history::store::keep_spells;
use super::store::{self, Hashes};
use super::{binding, events, orders, sealed};
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
/// Phones whose last answer is remembered for the time without a database, about 400 bytes each.
const REMEMBERED: usize = 200_000;

/// The registrar of this process, and the tasks that serve it.
#[derive(Debug)]
pub struct Served {
    /// The running registrar.
    pub running: Running,
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

/// Starts the registrar on `addresses`.
///
/// # Errors
/// When an address is taken, or the database does not answer.
pub async fn start(app: &App, addresses: &[SocketAddr]) -> anyhow::Result<Served> {
    let sockets = addresses
        .iter()
        .map(|address| {
            UdpSocket::bind(address).with_context(|| {
                format!("the SIP address {address} (UDP) is taken; stop what uses it or choose another")
            })
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let settings = Settings {
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
        remembered: Mutex::default(),
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
        tokio::spawn(keep_domains(answers)),
        tokio::spawn(orders::run(app.clone(), running.clone())),
    ];
    Ok(Served { running, tasks })
}

/// Where phones reach the registrar: the address it listens on, or the portal's host where it listens on all.
pub fn address(app: &App) -> (String, String) {
    let Some(address) = app.config.sip.udp.first() else {
        return (String::new(), String::new());
    };
    let host = if address.ip().is_unspecified() {
        app.config.portal.public_url.host().to_owned()
    } else {
        address.ip().to_string()
    };
    (host, address.port().to_string())
}

struct Answers {
    app: App,
    domains: RwLock<HashMap<String, Domain>>,
    /// What the database last said of each phone that asked, sealed as it is stored. Asked only while the
    /// database is away, so that phones stay registered through an outage.
    remembered: Mutex<HashMap<(String, String), Hashes>>,
    /// Phones that may have to be told to know their newest SIP password: the one before is still good, or was used.
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
            domains.insert(name.to_lowercase(), Domain { name, algorithm });
        }
        *self.domains.write().unwrap_or_else(PoisonError::into_inner) = domains;
        Ok(())
    }

    async fn store(&self, changes: Vec<BindingChange>) -> Result<()> {
        let now = self.app.clock.now();
        let mut news = Vec::new();
        let mut tx = self.app.db.begin().await?;
        for change in changes {
            match change {
                BindingChange::Put(binding) => {
                    let row = binding::row_of(binding);
                    if row.registered_at == row.refreshed_at {
                        keep_spells(&mut tx, &row.phone_id, now).await?;
                        store::forget_ended(&mut tx, &row.phone_id, now).await?;
                        news.push(row.phone_id.clone());
                    }
                    if self.note_silence(&row) {
                        news.push(row.phone_id.clone());
                    }
                    store::put_registration(&mut tx, &row).await?;
                    self.note_newest(&mut tx, &row, now).await?;
                }
                BindingChange::Remove {
                    phone, contact, at_ms, ..
                } => {
                    let phone = PhoneId::new(phone.0);
                    store::end_registration(&mut tx, &phone, &contact, at_ms).await?;
                    let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
                    silent.remove(&(phone.clone(), contact));
                    drop(silent);
                    news.push(phone);
                }
            }
        }
        tx.commit().await?;
        news.iter().for_each(|phone| self.app.news.tell(phone));
        Ok(())
    }
}

impl Answers {
    /// Whether the phone stopped or began to answer at this contact.
    fn note_silence(&self, row: &store::Registration) -> bool {
        let key = (row.phone_id.clone(), row.contact.clone());
        let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        if row.silent_at.is_some() {
            silent.insert(key)
        } else {
            silent.remove(&key)
        }
    }

    /// The first registration with the newest SIP password of a phone ends the overlap with the one before.
    async fn note_newest(&self, tx: &mut Tx, row: &store::Registration, now: Millis) -> Result<()> {
        if !self.changing().contains(&row.phone_id) {
            return Ok(());
        }
        if store::end_overlap(tx, &row.phone_id, row.generation, now).await? {
            store::hasten_orders(tx, &row.phone_id, now).await?;
            self.changing().remove(&row.phone_id);
        }
        Ok(())
    }

    fn changing(&self) -> MutexGuard<'_, HashSet<PhoneId>> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The SIP password before, of a phone that has one; of any other something of the same size, since opening takes long
    /// enough to be measured.
    fn former(&self, phone: &Hashes) -> Option<Former> {
        let Some(old) = phone.old_hashes.as_deref() else {
            self.open_nobody();
            return None;
        };
        let Ok(ha1) = sealed::open_old(&self.app, &phone.id, old) else {
            tracing::error!(
                phone = phone.id.as_str(),
                "the SIP hashes before the newest do not open with the key file"
            );
            return None;
        };
        let valid = phone.old_until.is_some_and(|until| until > self.app.clock.now());
        if valid || phone.outdated_at.is_some() {
            self.changing().insert(phone.id.clone());
        }
        let generation = phone.generation - 1;
        let secret = Secret { generation, ha1 };
        Some(Former { secret, valid })
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

    fn remember(&self, sip_domain: &str, sip_name: &str, phone: Option<&Hashes>) {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (sip_domain.to_owned(), sip_name.to_owned());
        match phone {
            Some(phone) if remembered.len() < REMEMBERED || remembered.contains_key(&key) => {
                remembered.insert(key, phone.clone());
            }
            Some(_) => {}
            None => {
                remembered.remove(&key);
            }
        }
    }

    fn recall(&self, sip_domain: &str, sip_name: &str) -> Option<Hashes> {
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.get(&(sip_domain.to_owned(), sip_name.to_owned())).cloned()
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
        let (phone, is_away) = match store::by_sip_name(&self.app.db, sip_domain, sip_name).await {
            Ok(phone) => {
                self.remember(sip_domain, sip_name, phone.as_ref());
                (phone, false)
            }
            Err(error) => {
                let away = unavailable(&error);
                (Some(self.recall(sip_domain, sip_name).ok_or(away)?), true)
            }
        };
        // A name that nobody has is unsealed as well: opening takes long enough to be measured.
        let Some(phone) = phone else {
            self.open_nobody();
            self.open_nobody();
            return Ok(None);
        };
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
        Ok(Some(Credential {
            phone: PhoneKey(phone.id.to_string()),
            former: self.former(&phone),
            current: Secret {
                generation: phone.generation,
                ha1,
            },
        }))
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
