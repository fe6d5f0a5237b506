//! The demo's phones: small SIP clients that really register over UDP, and again before each registration ends.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, bail};
use linekey_sip::Surroundings;
use linekey_sip::client::{Account, Phone, Repeating};

use super::people::sip_password;
use crate::app::App;

/// Which phones are simulated: SIP name, domain, and what they call themselves.
const PHONES: [(&str, &str, &str); 3] = [
    ("ann-desk", "acme.example", "Linekey demo desk phone"),
    ("ann-softphone", "acme.example", "Linekey demo softphone"),
    ("gina-desk", "globex.example", "Linekey demo desk phone"),
];
/// Seconds a phone asks for: short, so that one sees it come again.
const EXPIRES: u32 = 60;

/// The phones, registering until they are stopped.
#[derive(Debug)]
pub(super) struct Simulated(Vec<Repeating>);

impl Simulated {
    /// Starts every phone and returns once all are registered.
    pub(super) async fn start(app: &App, registrar: SocketAddr) -> anyhow::Result<Self> {
        let around: Arc<dyn Surroundings> = Arc::new(crate::phones::registrar::Around(app.clone()));
        let mut phones = Vec::new();
        for (name, domain, agent) in PHONES {
            let account = Account {
                expires_s: EXPIRES,
                user_agent: agent.to_owned(),
                ..Account::new(registrar, name, domain, &sip_password(name))
            };
            let mut phone = Phone::new(account, Arc::clone(&around))
                .await
                .context("a simulated phone has no socket")?;
            let outcome = phone
                .register_once()
                .await
                .with_context(|| format!("the phone {name} gets no answer"))?;
            if !outcome.is_registered() {
                bail!("the phone {name} was refused with {}", outcome.status);
            }
            phones.push(phone.repeat());
        }
        Ok(Self(phones))
    }

    /// Their SIP names.
    pub(super) fn names(&self) -> Vec<&'static str> {
        PHONES.iter().map(|(name, ..)| *name).collect()
    }

    /// Unregisters every phone and ends it.
    pub(super) async fn stop(self) {
        let stopping: Vec<_> = self.0.into_iter().map(|phone| tokio::spawn(phone.stop())).collect();
        for stopped in stopping {
            let _ = stopped.await;
        }
    }
}
