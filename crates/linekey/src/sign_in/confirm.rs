//! "Confirm it's you": the password once more before a change, in a session that has not proven it lately.

use crate::app::App;
use crate::audit::{self, Event, Kind, Outcome};
use crate::error::Result;
use crate::password;
use crate::password::change::{self, Changed};
use crate::password::pending::Waiting;
use crate::password::typed::TypedPassword;
use crate::sessions::{self, SignedIn, Token};
use crate::throttle::{self, Bucket, Counted};

/// What came of it.
#[derive(Debug)]
pub enum Confirmed {
    /// The person is who they say, and nothing waited: the session is fresh, under a new token.
    Fresh(Token),
    /// The same, and the change that waited was committed or refused; the token is the session's if it was refused.
    Change(Changed, Option<Token>),
    /// That is not the password.
    Refused,
    /// It is, but a temporary one whose time is over.
    Expired,
    /// So many seconds must pass first.
    Wait(i64),
    /// The password changed meanwhile.
    Overtaken,
}

/// Proves `typed` for `me`, and commits `waiting` (and nothing else) if it is right.
pub async fn confirm(app: &App, me: &SignedIn, typed: &TypedPassword, waiting: Option<&Waiting>) -> Result<Confirmed> {
    let buckets = [Bucket::Confirm(&me.person.id)];
    let telling = match throttle::count(app, &buckets).await? {
        Counted::Go { telling, .. } => telling,
        Counted::Wait(seconds) => return Ok(Confirmed::Wait(seconds)),
    };
    let person = &me.person;
    let Some(stored) = password::hash_at(&app.db, &person.account, &person.id, person.credential_epoch).await? else {
        return Ok(Confirmed::Overtaken);
    };
    if !app.hashes.verify(typed, Some(&stored)).await?.matches {
        if telling {
            let mut tx = app.db.begin().await?;
            throttle::told(app, &mut tx, &buckets).await?;
            audit::record(app, &mut tx, event(me, Outcome::Refused)).await?;
            tx.commit().await?;
        }
        return Ok(Confirmed::Refused);
    }
    if person.password_expires_at.is_some_and(|at| at <= app.clock.now()) {
        return Ok(Confirmed::Expired);
    }
    let Some(waiting) = waiting else {
        return Ok(renew(app, me).await?.map_or(Confirmed::Overtaken, Confirmed::Fresh));
    };
    let changed = change::commit(app, me, waiting).await?;
    if matches!(changed, Changed::Done(..) | Changed::Overtaken) {
        return Ok(Confirmed::Change(changed, None));
    }
    Ok(match renew(app, me).await? {
        Some(token) => Confirmed::Change(changed, Some(token)),
        None => Confirmed::Overtaken,
    })
}

/// The session, fresh and under a new token; `None` when the password was changed meanwhile.
async fn renew(app: &App, me: &SignedIn) -> Result<Option<Token>> {
    let mut tx = app.db.begin().await?;
    if !password::hold(&mut tx, &me.person.id, me.person.credential_epoch).await? {
        return Ok(None);
    }
    let token = sessions::start::renew(app, &mut tx, &me.session, true).await?;
    throttle::clear(app, &mut tx, &[Bucket::Confirm(&me.person.id)]).await?;
    audit::record(app, &mut tx, event(me, Outcome::Done)).await?;
    tx.commit().await?;
    Ok(Some(token))
}

fn event(me: &SignedIn, outcome: Outcome) -> Event<'_> {
    me.event(Kind::Confirm, outcome, serde_json::json!({}))
}
