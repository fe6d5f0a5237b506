//! Answers the registrar: who may register, and where registrations are kept.

use std::collections::HashMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::Context;
use linekey_sip::digest::Algorithm;
use linekey_sip::{
    BindingChange, Credential, Directory, Domain, Event as SipEvent, PhoneKey, Registrar, Running, SavedBinding,
    Settings, Surroundings, Transport, Unavailable,
};
use tokio::sync::mpsc;

use super::sealed;
use super::store::{self, Registration};
use crate::app::App;
use crate::audit::{self, Event, Kind, Outcome};
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
        min_expires_s: app.config.sip.min_expires,
        max_expires_s: app.config.sip.max_expires,
        ..Settings::default()
    };
    let (events, told) = mpsc::channel(EVENTS);
    let answers = Arc::new(Answers {
        app: app.clone(),
        domains: RwLock::default(),
        events,
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
        tokio::spawn(record_events(app.clone(), told)),
        tokio::spawn(keep_domains(answers)),
    ];
    Ok(Served { running, tasks })
}

struct Answers {
    app: App,
    domains: RwLock<HashMap<String, Domain>>,
    events: mpsc::Sender<SipEvent>,
}

impl Answers {
    async fn read_domains(&self) -> Result<()> {
        let mut domains = HashMap::new();
        for (name, algorithm) in crate::accounts::sip_domains(&self.app.db).await? {
            let algorithm = Algorithm::parse(&algorithm)
                .ok_or_else(|| Error::defect(format!("{name} asks for the unknown digest algorithm {algorithm}")))?;
            domains.insert(name.to_lowercase(), Domain { name, algorithm });
        }
        *self.domains.write().unwrap_or_else(PoisonError::into_inner) = domains;
        Ok(())
    }

    async fn store(&self, changes: Vec<BindingChange>) -> Result<()> {
        let now = self.app.clock.now();
        let mut tx = self.app.db.begin().await?;
        for change in changes {
            match change {
                BindingChange::Put(binding) => {
                    let row = row_of(binding);
                    if row.registered_at == row.refreshed_at {
                        store::forget_ended(&mut tx, &row.phone_id, now).await?;
                    }
                    store::put_registration(&mut tx, &row).await?;
                }
                BindingChange::Remove {
                    phone, contact, at_ms, ..
                } => {
                    store::end_registration(&mut tx, &PhoneId::new(phone.0), &contact, at_ms).await?;
                }
            }
        }
        tx.commit().await
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
        let found = async {
            let Some(phone) = store::by_sip_name(&self.app.db, sip_domain, sip_name).await? else {
                return Ok(None);
            };
            let ha1 = sealed::open(&self.app, &phone.id, &phone.sip_hashes)?;
            let phone_key = PhoneKey(phone.id.to_string());
            Ok(Some(Credential {
                phone: phone_key,
                generation: phone.generation,
                ha1,
            }))
        };
        found.await.map_err(|error: Error| unavailable(&error))
    }

    async fn load(&self) -> std::result::Result<Vec<SavedBinding>, Unavailable> {
        let rows = store::registrations(&self.app.db, self.app.clock.now()).await;
        Ok(rows
            .map_err(|error| unavailable(&error))?
            .into_iter()
            .filter_map(binding_of)
            .collect())
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

async fn record_events(app: App, mut told: mpsc::Receiver<SipEvent>) {
    while let Some(event) = told.recv().await {
        if let Err(error) = record(&app, &event).await {
            tracing::error!(cause = %error, "a SIP event could not be recorded");
        }
    }
}

/// Writes what belongs on record: a phone reaching for an address that is not its own, and wrong SIP passwords.
async fn record(app: &App, event: &SipEvent) -> Result<()> {
    let (kind, outcome, phone, source) = match event {
        SipEvent::WrongAddressOfRecord { phone, source, .. } => {
            (Kind::PhoneWrongAddress, Outcome::Refused, phone, source)
        }
        SipEvent::Refused {
            phone: Some(phone),
            source,
            silenced,
            ..
        } => (
            Kind::PhoneRefused,
            if *silenced { Outcome::Delayed } else { Outcome::Refused },
            phone,
            source,
        ),
        SipEvent::Refused { phone: None, .. } | SipEvent::FirstContact { .. } => return Ok(()),
    };
    let phone = PhoneId::new(phone.0.clone());
    let mut tx = app.db.begin().await?;
    let Some((account, user)) = store::owner_of(&mut tx, &phone).await? else {
        return Ok(());
    };
    let event = Event {
        kind,
        outcome,
        account: Some(&account),
        actor: None,
        subject: Some(&user),
        session: None,
        address: Some(source.ip()),
        detail: serde_json::json!({ "phone": phone }),
    };
    audit::record(app, &mut tx, event).await?;
    tx.commit().await
}

fn row_of(binding: SavedBinding) -> Registration {
    Registration {
        phone_id: PhoneId::new(binding.phone.0),
        contact: binding.contact,
        address_of_record: binding.address_of_record,
        received: binding.received.to_string(),
        transport: binding.transport.as_str().to_owned(),
        call_id: binding.call_id,
        cseq: binding.cseq.into(),
        instance: binding.instance,
        user_agent: binding.user_agent,
        q: binding.q.map(i64::from),
        generation: binding.generation,
        registered_at: binding.since_ms,
        refreshed_at: binding.refreshed_ms,
        expires_at: binding.expires_ms,
    }
}

/// `None` for a row that no registrar of ours wrote.
fn binding_of(row: Registration) -> Option<SavedBinding> {
    Some(SavedBinding {
        phone: PhoneKey(row.phone_id.to_string()),
        address_of_record: row.address_of_record,
        contact: row.contact,
        received: row.received.parse().ok()?,
        transport: match row.transport.as_str() {
            "udp" => Transport::Udp,
            "tcp" => Transport::Tcp,
            "tls" => Transport::Tls,
            _ => return None,
        },
        call_id: row.call_id,
        cseq: row.cseq.try_into().ok()?,
        instance: row.instance,
        user_agent: row.user_agent,
        q: row.q.and_then(|q| q.try_into().ok()),
        since_ms: row.registered_at,
        refreshed_ms: row.refreshed_at,
        expires_ms: row.expires_at,
        generation: row.generation,
    })
}
