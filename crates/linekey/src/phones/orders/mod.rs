//! What a registrar has to end, in its memory as in the database: whoever withdraws a SIP password, in this process or by a
//! command beside it, leaves an order in the same transaction, and the registrar carries it out as soon as it is due.

pub(super) mod store;

use std::time::Duration;

use linekey_sip::{PhoneKey, Running};
use store::Order;

use super::by_heart::store::tell;
use super::kamailio::end;
use super::store::Which;
use crate::app::App;
use crate::clock::Millis;
use crate::db::Tx;
use crate::error::Result;

/// Between two looks at orders that are not due yet.
const IDLE: Duration = Duration::from_millis(300);
/// After a failure of the database.
const REST: Duration = Duration::from_secs(5);
/// After a registrar could not do what is due.
const AGAIN: Duration = Duration::from_secs(1);
/// Orders that are read at once.
const BATCH: i64 = 100;

/// Who carries orders out.
pub(super) enum Registrar {
    /// The one in this process.
    Embedded(Running),
    /// Every Kamailio of the settings.
    Kamailio,
}

/// Which registrations of a phone are to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// All; the phone may come back.
    All,
    /// Those made with a SIP password older than this generation.
    Below(i64),
    /// All, for good: the phone is blocked or gone.
    ForGood,
}

impl Ending {
    fn below(self) -> i64 {
        match self {
            Self::All => 0,
            Self::Below(generation) => generation,
            Self::ForGood => i64::MAX,
        }
    }
}

/// Has registrations of these phones end at `due_at`, and tells that the phones are others from now on.
pub(super) async fn order(app: &App, tx: &mut Tx, which: Which<'_>, ending: Ending, due_at: Millis) -> Result<()> {
    tell(tx, which, app.clock.now()).await?;
    store::order(tx, which, ending.below(), due_at).await
}

/// Carries orders out until it is aborted.
pub(super) async fn run(app: App, registrar: Registrar) {
    loop {
        let pause = match round(&app, &registrar).await {
            Ok(true) => IDLE,
            Ok(false) => AGAIN,
            Err(error) => {
                tracing::warn!(cause = %error, "phones that are to be disconnected have to wait");
                REST
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Whether everything that was due is done.
async fn round(app: &App, registrar: &Registrar) -> Result<bool> {
    let due = store::due(&app.db, app.clock.now(), BATCH).await?;
    let count = due.len();
    let mut done = Vec::new();
    for order in due {
        if is_carried_out(app, &order, registrar).await {
            done.push(order);
        }
    }
    if done.is_empty() {
        return Ok(count == 0);
    }
    let mut tx = app.db.begin().await?;
    for order in &done {
        store::remove(&mut tx, order).await?;
    }
    tx.commit().await?;
    Ok(done.len() == count)
}

async fn is_carried_out(app: &App, order: &Order, registrar: &Registrar) -> bool {
    let running = match registrar {
        Registrar::Embedded(running) => running,
        Registrar::Kamailio => {
            let done = end::carry_out(app, order).await;
            if let Err(error) = &done {
                tracing::warn!(cause = %error, "a phone that is to be disconnected has to wait");
            }
            return done.is_ok();
        }
    };
    let phone = PhoneKey(order.phone_id.as_str().into());
    let done = match order.below {
        0 => running.disconnect(&phone).await,
        below => running.withdraw(&phone, below).await,
    };
    done.is_ok()
}
