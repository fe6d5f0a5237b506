//! The worker that takes mails from the outbox and hands them to the transport. Any number of portals may run one.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Mail;
use super::letter::{self, Letter};
use super::store::{self, Claimed};
use super::transport::{Handed, Transport};
use super::trouble;
use crate::app::App;
use crate::clock::{DAY, Millis, SECOND};
use crate::error::{Error, Result};
use crate::ids::LinkId;
use crate::links::{self, Made, Wanted};

/// Between two looks at an outbox that holds nothing due: mail leaves within about a second of its change.
const IDLE: Duration = Duration::from_millis(500);
/// After a failure of the database.
const REST: Duration = Duration::from_secs(5);
/// The same where a mail has left and this is not noted yet: every moment counts until it is.
const REST_OF_MARK: Duration = Duration::from_millis(250);
/// Mails that are handed over at once: one that is slow holds no other up.
const AT_ONCE: usize = 8;
/// How long a mail is a worker's own. Whatever a dead one leaves is taken again after this.
const CLAIM: Millis = 30 * SECOND;
/// How often a claim is renewed while its mail is being handed over, however long that takes.
const RENEW: Duration = Duration::from_secs(10);
/// The first wait after a failure; each further one is twice as long.
const FIRST_WAIT: Millis = SECOND;
/// The longest wait, jitter aside, so that all mail is out within a minute of the transport's return.
const LONGEST_WAIT: Millis = 40 * SECOND;
/// How long a mail is tried before it is given up.
pub const TRIED_FOR: Millis = 3 * DAY;
/// How long a mail with which there is nothing left to do stays in the outbox, for whoever asks what became of it.
pub const KEPT: Millis = 7 * DAY;

/// Delivers until told to stop; the mails at hand are finished first.
pub async fn run(app: App, transport: Transport, mut stop: watch::Receiver<bool>) {
    let mut hands = JoinSet::new();
    while !*stop.borrow() {
        let free = AT_ONCE - hands.len();
        let pause = match take(&app, free).await {
            Ok(mails) => {
                for mail in mails {
                    hands.spawn(deliver(app.clone(), transport.clone(), mail, RENEW));
                }
                IDLE
            }
            Err(error) => {
                tracing::warn!(cause = %error, "mail has to wait");
                REST
            }
        };
        tokio::select! {
            // A hand is free: if there was more than all could take, the rest waits for it.
            _ = hands.join_next(), if hands.len() == AT_ONCE => {}
            () = tokio::time::sleep(pause), if hands.len() < AT_ONCE => while hands.try_join_next().is_some() {},
            // An error says that whoever could tell it to stop is gone.
            told = stop.changed() => if told.is_err() { break },
        }
    }
    while hands.join_next().await.is_some() {}
    transport.close().await;
}

/// Takes what is due, at most `most`.
pub(super) async fn take(app: &App, most: usize) -> Result<Vec<Claimed>> {
    let now = app.clock.now();
    if most == 0 || !store::is_due(&app.db, now).await? {
        return Ok(Vec::new());
    }
    let mut tx = app.db.begin().await?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let claimed = store::claim(&mut tx, now, now + CLAIM, most).await?;
    tx.commit().await?;
    Ok(claimed)
}

/// Hands over a mail that was taken, and notes what came of it. The claim is renewed until then.
pub(super) async fn deliver(app: App, transport: Transport, mail: Claimed, renew: Duration) {
    let handed = tokio::select! {
        handed = hand_over(&app, &transport, &mail) => handed,
        () = lost(&app, &mail, renew) => {
            tracing::warn!(mail = mail.id, "another worker has taken a mail over");
            return;
        }
    };
    let (handed, made) = match handed {
        Ok(Some(done)) => done,
        Ok(None) => {
            tracing::info!(mail = mail.id, "a mail was withdrawn, or is another worker's");
            return;
        }
        Err(error) => {
            tracing::warn!(mail = mail.id, cause = %error, "a mail has to wait");
            return;
        }
    };
    while let Err(error) = mark(&app, &mail, &handed, &made).await {
        tracing::warn!(mail = mail.id, cause = %error, "what came of a mail cannot be noted yet");
        tokio::time::sleep(REST_OF_MARK).await;
    }
}

/// Returns once the claim is somebody else's. While the database does not answer, nobody can take it.
async fn lost(app: &App, mail: &Claimed, renew: Duration) {
    loop {
        tokio::time::sleep(renew).await;
        match hold(app, mail).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!(mail = mail.id, cause = %error, "a claim cannot be renewed yet"),
        }
    }
}

async fn hold(app: &App, mail: &Claimed) -> Result<bool> {
    let mut tx = app.db.begin().await?;
    let held = store::hold(&mut tx, mail, app.clock.now() + CLAIM).await?;
    tx.commit().await?;
    Ok(held.is_some())
}

/// What the transport made of it, and the links that this try made. `None`: it is not this worker's to send.
async fn hand_over(app: &App, transport: &Transport, mail: &Claimed) -> Result<Option<(Handed, Vec<LinkId>)>> {
    match read(app, mail).await {
        Ok(Read::Letter(letter, made)) => Ok(Some((transport.hand_over(&letter).await, made))),
        Ok(Read::Useless) => {
            let why = "whom its link was for may not use it any more".to_owned();
            Ok(Some((Handed::Never(why), Vec::new())))
        }
        Ok(Read::Lost) => Ok(None),
        // A newer portal may have written it; that one can read it.
        Err(Error::Defect(what)) => Ok(Some((Handed::NotNow(what), Vec::new()))),
        Err(error) => Err(error),
    }
}

/// A mail, as it is to be handed over.
#[derive(Debug)]
pub(super) enum Read {
    /// In words, with links that were just made and are good from now on.
    Letter(Box<Letter>, Vec<LinkId>),
    /// It is for its links, and nobody may use one.
    Useless,
    /// It was withdrawn, changed or taken over since it was claimed.
    Lost,
}

/// Puts a mail into words, and makes its links.
pub(super) async fn read(app: &App, claimed: &Claimed) -> Result<Read> {
    let mail: Mail = serde_json::from_str(&claimed.parameters).map_err(Error::defect)?;
    let reader = store::reader(&app.db, &claimed.account_id, &claimed.user_id).await?;
    let wanted = mail.links();
    let Some(made) = make_links(app, claimed, &wanted).await? else {
        return Ok(Read::Lost);
    };
    if mail.is_for_its_links() && made.iter().all(Option::is_none) {
        return Ok(Read::Useless);
    }
    let (subject, text, html) = letter::render(app, &mail, &reader, &made)?;
    let letter = Letter {
        id: claimed.id.clone(),
        kind: mail.kind().to_owned(),
        to: claimed.to_address.clone(),
        subject,
        text,
        html,
        at: claimed.created_at,
    };
    let made = made.into_iter().flatten().map(|made| made.id).collect();
    Ok(Read::Letter(Box::new(letter), made))
}

/// Makes the links of a mail, committed before it is handed over: whoever reads it at once can use them. `None`, and no
/// link is left, for a mail that is another one by now, or no longer this worker's.
async fn make_links(app: &App, mail: &Claimed, wanted: &[Wanted]) -> Result<Option<Vec<Option<Made>>>> {
    let mut made = Vec::new();
    if wanted.is_empty() {
        return Ok(Some(made));
    }
    let mut tx = app.db.begin().await?;
    // The users first, to whom the links refer, then the mail: as whoever removes somebody.
    for wanted in wanted {
        made.push(links::make(app, &mut tx, wanted, Some(&mail.id)).await?);
    }
    // Whoever withdraws it waits, and voids what is made here.
    let held = store::hold(&mut tx, mail, app.clock.now() + CLAIM).await?;
    if held.as_deref() != Some(mail.parameters.as_str()) {
        return Ok(None);
    }
    tx.commit().await?;
    Ok(Some(made))
}

async fn mark(app: &App, mail: &Claimed, handed: &Handed, made: &[LinkId]) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let (due, why) = match handed {
        Handed::Over(reply) => {
            store::delivered(&mut tx, mail, now, reply.as_deref()).await?;
            return tx.commit().await;
        }
        Handed::NotNow(why) | Handed::Unknown(why) => {
            let until = mail.tried_until.unwrap_or(mail.created_at + TRIED_FOR);
            let due = now + wait(mail.tries, app.random.bytes());
            ((now < until).then_some(due), why)
        }
        Handed::Never(why) => (None, why),
    };
    let is_ours = store::failed(&mut tx, mail, due, &trouble::one_line(why)).await?;
    if is_ours && !matches!(handed, Handed::Unknown(_)) {
        links::void_made(&mut tx, made).await?;
    }
    tx.commit().await?;
    if !is_ours {
        return Ok(());
    }
    match due {
        Some(_) => tracing::warn!(mail = mail.id, tries = mail.tries, cause = why, "a mail has to wait"),
        None => tracing::error!(mail = mail.id, tries = mail.tries, cause = why, "a mail is given up"),
    }
    Ok(())
}

/// How long after so many tries the next one is due: twice as long each time, and up to a quarter more by chance, so
/// that what failed together does not come back together.
fn wait(tries: i64, chance: [u8; 2]) -> Millis {
    let doublings = tries.saturating_sub(1).clamp(0, 16);
    let wait = (FIRST_WAIT << doublings).min(LONGEST_WAIT);
    wait + wait / 4 * Millis::from(u16::from_ne_bytes(chance)) / Millis::from(u16::MAX)
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
