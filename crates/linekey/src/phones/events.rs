//! What the registrar tells beyond registrations: recorded where it belongs on record.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use linekey_sip::{Event as SipEvent, Nth, PhoneKey, Why};
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::history::attempts::{Attempts, Tried};
use super::store;
use crate::app::App;
use crate::audit::{self, Event, Kind, Outcome};
use crate::clock::{MINUTE, Millis};
use crate::error::Result;
use crate::ids::PhoneId;

/// How long the same event is not recorded again.
const WINDOW: Millis = 10 * MINUTE;
/// How often what phones tried is written, if there is something.
const WRITE_EVERY: Duration = Duration::from_millis(300);
/// Phones and addresses remembered for that.
const REMEMBERED: usize = 10_000;

/// Records events until the registrar ends.
pub(super) async fn record_all(app: App, mut told: mpsc::Receiver<SipEvent>) {
    let mut recorded = HashMap::new();
    let mut attempts = Attempts::default();
    let mut due = tokio::time::interval(WRITE_EVERY);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let event = tokio::select! {
            event = told.recv() => event,
            _ = due.tick(), if !attempts.is_empty() => {
                // What could not be written waits for the next time.
                if let Err(error) = attempts.write(&app).await {
                    tracing::error!(cause = %error, "what phones tried could not be written");
                }
                continue;
            }
        };
        let Some(event) = event else { return };
        if let Err(error) = attempts.note(&app, &event).await {
            tracing::error!(cause = %error, "what a phone tried is not told of");
        }
        if is_again(&mut recorded, &event, app.clock.now()) {
            continue;
        }
        if let Err(error) = record(&app, &event).await {
            tracing::error!(cause = %error, "a SIP event could not be recorded");
        }
    }
}

/// Keeps at once what another SIP server tells, which counts refusals itself.
pub(super) async fn keep(app: &App, event: &SipEvent) -> Result<()> {
    let mut attempts = Attempts::default();
    attempts.note(app, event).await?;
    if !attempts.is_empty() {
        attempts.write(app).await?;
    }
    record(app, event).await
}

/// Keeps at once that a phone which is not registered made a request that its SIP password proved: whoever knows the
/// password alone need not register to call.
pub(super) async fn keep_unregistered(app: &App, phone: &PhoneId, seen: (SocketAddr, &str)) -> Result<()> {
    let mut attempts = Attempts::default();
    attempts.count(phone.clone(), Tried::NotRegistered, seen, app.clock.now());
    attempts.write(app).await?;
    let told = Told {
        kind: Kind::PhoneNotRegistered,
        outcome: Outcome::Done,
        source: seen.0,
        detail: serde_json::json!({ "phone": phone }),
    };
    told.record(app, phone).await
}

/// Whether the same phone did the same from the same address within [`WINDOW`]: a phone that is set up wrongly tries
/// for ever, and one row says so. Refusals come counted already.
fn is_again(recorded: &mut HashMap<(PhoneKey, IpAddr), Millis>, event: &SipEvent, now: Millis) -> bool {
    let SipEvent::WrongAddressOfRecord { phone, source, .. } = event else {
        return false;
    };
    if recorded.len() >= REMEMBERED {
        recorded.retain(|_, at| now - *at < WINDOW);
    }
    let last = recorded.get(&(phone.clone(), source.ip())).copied();
    if last.is_some_and(|at| now - at < WINDOW) || recorded.len() >= REMEMBERED {
        return true;
    }
    recorded.insert((phone.clone(), source.ip()), now);
    false
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
            nth: nth @ (Nth::First | Nth::Last),
            ..
        } => {
            let outcome = match nth {
                Nth::Last => Outcome::Delayed,
                _ => Outcome::Refused,
            };
            (Kind::PhoneRefused, outcome, phone, source)
        }
        SipEvent::Refused { .. } | SipEvent::FirstContact { .. } => return Ok(()),
    };
    let is_outdated = matches!(
        event,
        SipEvent::Refused {
            why: Why::OutdatedPassword,
            ..
        }
    );
    let phone = PhoneId::new(phone.0.to_string());
    let told = Told {
        kind,
        outcome,
        source: *source,
        detail: serde_json::json!({ "phone": phone, "outdated": is_outdated }),
    };
    told.record(app, &phone).await
}

/// What is put on record about a phone.
struct Told {
    kind: Kind,
    outcome: Outcome,
    source: SocketAddr,
    detail: serde_json::Value,
}

impl Told {
    /// Nothing, if the phone is gone.
    async fn record(self, app: &App, phone: &PhoneId) -> Result<()> {
        let mut tx = app.db.begin().await?;
        let Some((account, user)) = store::owner_of(&mut tx, phone).await? else {
            return Ok(());
        };
        let event = Event {
            kind: self.kind,
            outcome: self.outcome,
            account: Some(&account),
            actor: None,
            subject: Some(&user),
            session: None,
            address: Some(self.source.ip()),
            detail: self.detail,
        };
        audit::record(app, &mut tx, event).await?;
        tx.commit().await
    }
}
