//! Changing one's own password: at once in a session whose password was just proven, else after "Confirm it's you".

use super::pending::{self, Waiting};
use super::prepare::{Owner, accept, count_telling, judge};
use super::rules::Refusal;
use super::set::{Cause, Set, set};
use super::store;
use super::typed::TypedPassword;
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::PendingId;
use crate::sessions::{SignedIn, Token};
use crate::throttle::{self, Bucket};
use crate::users;

/// What came of it.
#[derive(Debug)]
pub enum Changed {
    /// It is changed; this session has a new token, and so many others ended.
    Done(Token, u64),
    /// It is refused, for these reasons.
    Refused(Vec<Refusal>),
    /// It waits for the person to prove who they are.
    ConfirmFirst(PendingId),
    /// Somebody else changed it a moment ago.
    Overtaken,
    /// Too many new passwords were refused for what they are: wait so many seconds.
    Wait(i64),
}

/// Changes the password of `me` to what was typed twice.
pub async fn change(
    app: &App,
    me: &SignedIn,
    typed: &TypedPassword,
    confirmed: &TypedPassword,
    sign_out_others: bool,
) -> Result<Changed> {
    let owner = Owner::of(app, &me.person);
    let new = match accept(app, &owner, typed, confirmed) {
        Ok(new) => new,
        Err(refused) => return Ok(Changed::Refused(refused)),
    };
    if !me.is_fresh(app) {
        // Whoever sits here may not be the owner: the verdict is sealed with the change and told after the proof.
        let (hash, verdict) = judge(app, &owner, typed, &new).await?;
        return Ok(Changed::ConfirmFirst(
            pending::keep(app, me, &hash, verdict, sign_out_others).await?,
        ));
    }
    if let Some(seconds) = count_telling(app, Bucket::SecretRule(&me.person.id, &me.person.id)).await? {
        return Ok(Changed::Wait(seconds));
    }
    let (hash, verdict) = judge(app, &owner, typed, &new).await?;
    if verdict.refuses() {
        return Ok(Changed::Refused(verdict.refusals()));
    }
    let mut tx = app.db.begin().await?;
    let cause = Cause::OwnChange {
        me,
        sign_out_others,
        proven: false,
    };
    let done = set(app, &mut tx, &hash, cause).await?;
    finish(app, me, tx, done).await
}

/// Commits the change that waited, for a person who has just proven who they are.
pub async fn commit(app: &App, me: &SignedIn, waiting: &Waiting) -> Result<Changed> {
    if let Some(seconds) = count_telling(app, Bucket::SecretRule(&me.person.id, &me.person.id)).await? {
        return Ok(Changed::Wait(seconds));
    }
    if waiting.verdict.refuses() {
        return Ok(Changed::Refused(waiting.verdict.refusals()));
    }
    let mut tx = app.db.begin().await?;
    // The user first, as everyone does; then the change: of two confirmations of one change only one finds it.
    users::hold(&mut tx, &me.person.id, &me.session).await?;
    if !store::remove_pending(&mut tx, &me.session, &waiting.id).await? {
        return Ok(Changed::Overtaken);
    }
    let cause = Cause::OwnChange {
        me,
        sign_out_others: waiting.sign_out_others,
        proven: true,
    };
    let done = set(app, &mut tx, &waiting.hash, cause).await?;
    finish(app, me, tx, done).await
}

async fn finish(app: &App, me: &SignedIn, mut tx: crate::db::Tx, done: Set) -> Result<Changed> {
    let (token, ended) = match done {
        Set::Overtaken => return Ok(Changed::Overtaken),
        Set::Done { token, ended } => (token, ended),
    };
    let token = token.ok_or_else(|| Error::defect("a session that changed its password goes on"))?;
    let forgiven = [
        Bucket::Confirm(&me.person.id),
        Bucket::SecretRule(&me.person.id, &me.person.id),
    ];
    throttle::clear(app, &mut tx, &forgiven).await?;
    tx.commit().await?;
    Ok(Changed::Done(token, ended))
}
