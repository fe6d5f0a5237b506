//! What a registrar has to end, in its memory as in the database: whoever withdraws a SIP password, in this process or by a
//! command beside it, leaves an order in the same transaction, and the registrar carries it out as soon as it is due.

use std::time::Duration;

use linekey_sip::{PhoneKey, Running, Unavailable};

use super::by_heart::store::tell;
use super::store::{self, Order, Which};
use crate::app::App;
use crate::clock::Millis;
use crate::db::Tx;
use crate::error::Result;

/// Between two looks at orders that are not due yet.
const IDLE: Duration = Duration::from_millis(300);
/// After a failure of the database.
const REST: Duration = Duration::from_secs(5);
/// Orders that are read at once.
const BATCH: i64 = 100;

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
pub(super) async fn run(app: App, running: Running) {
    loop {
        let pause = match round(&app, &running).await {
            Ok(()) => IDLE,
            Err(error) => {
                tracing::warn!(cause = %error, "phones that are to be disconnected have to wait");
                REST
            }
        };
        tokio::time::sleep(pause).await;
    }
}

async fn round(app: &App, running: &Running) -> Result<()> {
    let due = store::due_orders(&app.db, app.clock.now(), BATCH).await?;
    let mut done = Vec::new();
    for order in due {
        if carry_out(&order, running).await.is_ok() {
            done.push(order);
        }
    }
    if done.is_empty() {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    for order in &done {
        store::remove_order(&mut tx, order).await?;
    }
    tx.commit().await
}

async fn carry_out(order: &Order, running: &Running) -> std::result::Result<usize, Unavailable> {
    let phone = PhoneKey(order.phone_id.to_string());
    match order.below {
        0 => running.disconnect(&phone).await,
        below => running.withdraw(&phone, below).await,
    }
}
