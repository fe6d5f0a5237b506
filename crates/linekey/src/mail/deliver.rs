//! The worker that takes mails from the outbox and hands them to the transport. Any number of portals may run one.

use std::time::Duration;

use tokio::sync::watch;

use super::Mail;
use super::letter::{self, Letter};
use super::store::{self, Claimed};
use super::transport::{Handed, Transport};
use crate::app::App;
use crate::clock::{DAY, Millis, SECOND};
use crate::error::{Error, Result};
use crate::links::{self, Made, Wanted};

/// Between two looks at an outbox that holds nothing due: mail leaves within about a second of its change.
const IDLE: Duration = Duration::from_millis(500);
/// After a failure of the database.
const REST: Duration = Duration::from_secs(5);
/// Mails that are taken at once.
const BATCH: i64 = 8;
/// How long they are a worker's own. Whatever a dead one leaves is taken again after this.
const CLAIM: Millis = 30 * SECOND;
/// The first wait after a failure; each further one is twice as long.
const FIRST_WAIT: Millis = SECOND;
/// The longest wait, jitter aside, so that all mail is out within a minute of the transport's return.
const LONGEST_WAIT: Millis = 40 * SECOND;
/// How long a mail with which there is nothing left to do stays in the outbox, for whoever asks what became of it.
const KEPT: Millis = 7 * DAY;
/// Longest reason that is stored, in characters.
const LONGEST_REASON: usize = 300;

/// Delivers until told to stop; the mail at hand is finished first.
pub async fn run(app: App, transport: Transport, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let pause = match round(&app, &transport).await {
            Ok(0) => IDLE,
            Ok(_) => continue,
            Err(error) => {
                tracing::warn!(cause = %error, "mail has to wait");
                REST
            }
        };
        // An error says that whoever could tell it to stop is gone.
        if let Ok(Err(_)) = tokio::time::timeout(pause, stop.changed()).await {
            return;
        }
    }
}

/// Takes what is due, at most [`BATCH`], and hands it over. Says how many mails it took.
pub(super) async fn round(app: &App, transport: &Transport) -> Result<usize> {
    let now = app.clock.now();
    if !store::is_due(&app.db, now).await? {
        return Ok(0);
    }
    let mut tx = app.db.begin().await?;
    let claimed = store::claim(&mut tx, now, now + CLAIM, BATCH).await?;
    tx.commit().await?;
    for mail in &claimed {
        if app.clock.now() >= now + CLAIM {
            break;
        }
        let handed = match read(app, mail).await {
            Ok(Some(letter)) => transport.hand_over(&letter).await,
            Ok(None) => Handed::Never("whom its link was for may not use it any more".to_owned()),
            // A newer portal may have written it; that one can read it.
            Err(Error::Defect(what)) => Handed::NotNow(what),
            Err(error) => return Err(error),
        };
        mark(app, mail, handed).await?;
    }
    Ok(claimed.len())
}

/// The mail in words, with links that were just made and are good from now on. `None`: nobody may use one.
pub(super) async fn read(app: &App, claimed: &Claimed) -> Result<Option<Letter>> {
    let mail: Mail = serde_json::from_str(&claimed.parameters).map_err(Error::defect)?;
    let reader = store::reader(&app.db, &claimed.account_id, &claimed.user_id).await?;
    let wanted = mail.links();
    let made = make_links(app, &claimed.id, &wanted).await?;
    if !wanted.is_empty() && made.iter().all(Option::is_none) {
        return Ok(None);
    }
    let (subject, text, html) = letter::render(app, &mail, &reader, &made)?;
    Ok(Some(Letter {
        id: claimed.id.clone(),
        kind: mail.kind().to_owned(),
        to: claimed.to_address.clone(),
        subject,
        text,
        html,
        at: claimed.created_at,
    }))
}

/// Makes the links of a mail, committed before it is handed over: whoever reads it at once can use them.
async fn make_links(app: &App, mail: &str, wanted: &[Wanted]) -> Result<Vec<Option<Made>>> {
    let mut made = Vec::new();
    if wanted.is_empty() {
        return Ok(made);
    }
    let mut tx = app.db.begin().await?;
    for wanted in wanted {
        made.push(links::make(app, &mut tx, wanted, Some(mail)).await?);
    }
    tx.commit().await?;
    Ok(made)
}

async fn mark(app: &App, mail: &Claimed, handed: Handed) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    match handed {
        Handed::Over => store::delivered(&mut tx, mail, now).await?,
        Handed::NotNow(why) => {
            tracing::warn!(mail = mail.id, tries = mail.tries, cause = why, "a mail has to wait");
            let due = now + wait(mail.tries, app.random.bytes());
            store::failed(&mut tx, mail, Some(due), shortened(&why)).await?;
        }
        Handed::Never(why) => {
            tracing::error!(mail = mail.id, cause = why, "a mail cannot be delivered");
            store::failed(&mut tx, mail, None, shortened(&why)).await?;
        }
    }
    tx.commit().await
}

/// How long after so many tries the next one is due: twice as long each time, and up to a quarter more by chance, so
/// that what failed together does not come back together.
fn wait(tries: i64, chance: [u8; 2]) -> Millis {
    let doublings = tries.saturating_sub(1).clamp(0, 16);
    let wait = (FIRST_WAIT << doublings).min(LONGEST_WAIT);
    wait + wait / 4 * Millis::from(u16::from_ne_bytes(chance)) / Millis::from(u16::MAX)
}

fn shortened(why: &str) -> &str {
    why.char_indices()
        .nth(LONGEST_REASON)
        .map_or(why, |(end, _)| &why[..end])
}

/// Removes mails that were delivered or given up long enough ago.
pub async fn sweep(app: &App) -> Result<()> {
    let mut tx = app.db.begin().await?;
    store::remove_done(&mut tx, app.clock.now() - KEPT).await?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_below_a_minute_and_never_agree() {
        assert_eq!(wait(1, [0, 0]), SECOND);
        assert_eq!(wait(2, [0, 0]), 2 * SECOND);
        assert_eq!(wait(5, [0, 0]), 16 * SECOND);
        for tries in [7, 20, i64::MAX] {
            assert_eq!(wait(tries, [0, 0]), LONGEST_WAIT);
            assert!(wait(tries, [255, 255]) <= 50 * SECOND);
        }
        assert!(wait(3, [255, 255]) > wait(3, [0, 0]));
    }
}
