//! Undoes changes of the address that were not the user's, and freezes it: a part of "This wasn't me".

use super::{WAITS, store};
use crate::app::App;
use crate::clock::{DAY, Millis};
use crate::db::{Tx, Via};
use crate::error::Result;
use crate::ids::UserId;
use crate::mail::{self, Happened, Mail};
use crate::users::Subject;
use crate::users::name::canonical;

/// How long changes are frozen.
pub const FROZEN_FOR: Millis = DAY;
/// How long what was undone is remembered: as long as a mail about it may still be used.
const REMEMBERED: Millis = 3 * DAY + DAY;

/// Whether the mail about it went to whoever it was, because it happened between another event and the moment at which
/// the owner undid that one.
pub async fn is_part_of_what_was_undone(via: impl Into<Via<'_>>, user: &UserId, happened: &Happened) -> Result<bool> {
    let freeze = store::freeze_of(via, user).await?;
    let span = freeze.undone_from.zip(freeze.undone_at);
    Ok(span.is_some_and(|(from, until)| from < happened.at && happened.at <= until))
}

/// Whether the address on file was put there by the event or by the user after it, and is another one than before it.
pub async fn is_moved(via: impl Into<Via<'_>>, subject: &Subject, happened: &Happened) -> Result<bool> {
    if subject.email.as_deref() == Some(&happened.email) {
        return Ok(false);
    }
    store::was_put_since(via, &subject.id, subject.email.as_deref(), happened.at).await
}

/// Takes back what waits, puts the former address on file if `moved`, tells the addresses that are nobody's then, and
/// freezes changes. The caller holds the user.
pub async fn undo(app: &App, tx: &mut Tx, subject: &Subject, happened: &Happened, moved: bool) -> Result<()> {
    let now = app.clock.now();
    tell_withdrawn(app, tx, subject, happened, moved).await?;
    store::remove_waiting(tx, &subject.id).await?;
    if moved {
        let since = Some(happened.email_verified_at);
        store::put_email(tx, &subject.account, &subject.id, Some(&happened.email), since).await?;
    }
    let before = store::freeze_of(&mut *tx, &subject.id).await?;
    // What was undone a while ago and still may be mailed about stays undone.
    let earlier = before.undone_at.filter(|at| now - at < REMEMBERED);
    let earlier = earlier.and(before.undone_from);
    let freeze = store::Freeze {
        frozen_until: Some(now + FROZEN_FOR),
        undone_from: Some(earlier.map_or(happened.at, |earlier| earlier.min(happened.at))),
        undone_at: Some(now),
    };
    store::put_freeze(tx, &subject.id, freeze).await
}

/// Tells the address on file, if it is moved away from, and the one that was asked for, if any: each once.
async fn tell_withdrawn(app: &App, tx: &mut Tx, subject: &Subject, happened: &Happened, moved: bool) -> Result<()> {
    let at = app.clock.now();
    let waiting = store::waiting(&mut *tx, &subject.id, at - WAITS).await?;
    let asked = waiting.map(|waiting| waiting.new_email);
    let confirmed = subject.verified_email().filter(|_| moved).map(str::to_owned);
    let stays = if moved {
        Some(happened.email.as_str())
    } else {
        subject.email.as_deref()
    };
    let mut told: Vec<String> = stays.map(canonical).into_iter().collect();
    for email in confirmed.into_iter().chain(asked) {
        let key = canonical(&email);
        if !told.contains(&key) {
            let mail = Mail::EmailWithdrawn { at };
            mail::send(app, tx, (&subject.account, &subject.id), &email, &mail).await?;
            told.push(key);
        }
    }
    Ok(())
}

/// Until when changes of the user's address are frozen, milliseconds UTC, if they are now.
pub async fn frozen_until(app: &App, user: &UserId) -> Result<Option<Millis>> {
    let freeze = store::freeze_of(&app.db, user).await?;
    Ok(freeze.frozen_until.filter(|until| *until > app.clock.now()))
}
