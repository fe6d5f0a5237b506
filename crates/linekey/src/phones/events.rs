//! What the registrar tells beyond registrations: recorded where it belongs on record.

use linekey_sip::Event as SipEvent;
use tokio::sync::mpsc;

use super::store;
use crate::app::App;
use crate::audit::{self, Event, Kind, Outcome};
use crate::error::Result;
use crate::ids::PhoneId;

/// Records events until the registrar ends.
pub(super) async fn record_all(app: App, mut told: mpsc::Receiver<SipEvent>) {
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
