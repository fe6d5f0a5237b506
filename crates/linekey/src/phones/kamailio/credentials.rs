//! Which HA1s a Kamailio finds: of phones that may register, the newest, and in an overlap the one before.

use linekey_sip::digest::{Algorithm, Ha1Set, NameForm};
use zeroize::Zeroizing;

use super::store::{self, Sealed};
use crate::app::App;
use crate::config::SipMode;
use crate::db::Tx;
use crate::error::Result;
use crate::phones::sealed;
use crate::phones::store::Which;

/// Phones that are published in one transaction at the start.
const BATCH: i64 = 500;

/// Publishes what is good of these phones now, in the transaction of the change, and nothing else of them. In the other
/// modes nothing is published.
pub(in crate::phones) async fn publish(app: &App, tx: &mut Tx, which: Which<'_>) -> Result<()> {
    if app.config.sip.mode != SipMode::Kamailio {
        return Ok(());
    }
    store::withdraw(tx, which).await?;
    for phone in store::that_may_register(tx, which).await? {
        put(app, tx, &phone).await?;
    }
    Ok(())
}

/// Takes everything away that was published.
pub(super) async fn withdraw_all(app: &App) -> Result<()> {
    let mut tx = app.db.begin().await?;
    store::withdraw_all(&mut tx).await?;
    tx.commit().await
}

/// Takes away what is not good, as after a restore, and publishes what is missing, as after a change of the mode.
pub(super) async fn mend(app: &App) -> Result<()> {
    let mut tx = app.db.begin().await?;
    store::withdraw_what_is_over(&mut tx, app.clock.now()).await?;
    tx.commit().await?;
    let mut after = String::new();
    loop {
        let mut tx = app.db.begin().await?;
        let batch = store::missing(&mut tx, &after, BATCH).await?;
        let Some(last) = batch.last() else {
            return Ok(());
        };
        after = last.id.to_string();
        for phone in &batch {
            put(app, &mut tx, phone).await?;
        }
        tx.commit().await?;
    }
}

async fn put(app: &App, tx: &mut Tx, phone: &Sealed) -> Result<()> {
    // Hashes that another key file sealed open nothing any more: such a phone needs a new SIP password.
    let Ok(newest) = sealed::open(app, &phone.id, &phone.sip_hashes) else {
        tracing::error!(
            phone = phone.id.as_str(),
            "the SIP hashes do not open with the key file"
        );
        return Ok(());
    };
    put_one(tx, phone, &newest, (phone.generation, None)).await?;
    let until = phone.old_until.filter(|until| *until > app.clock.now());
    let old = phone.old_hashes.as_deref().zip(until);
    if let Some((old, until)) = old
        && let Ok(old) = sealed::open_old(app, &phone.id, old)
    {
        put_one(tx, phone, &old, (phone.generation - 1, Some(until))).await?;
    }
    Ok(())
}

async fn put_one(tx: &mut Tx, phone: &Sealed, hashes: &Ha1Set, which: (i64, Option<i64>)) -> Result<()> {
    let revealed = |form| Zeroizing::new(hashes.get(Algorithm::Md5, form).reveal_hex());
    let (ha1, ha1b) = (revealed(NameForm::Plain), revealed(NameForm::WithDomain));
    store::put(tx, &phone.id, (&ha1, &ha1b), which).await
}
