//! The one place that sets a portal password. Everyone who changes one comes through here, with a hash that only the
//! rules can lead to, and leaves with sessions ended, waiting changes voided, an audit event and a mail: or with
//! nothing done at all.
//!
//! No row of `phones` or `registrations` is written here, ever.

use super::hash::HashedPassword;
use super::store;
use crate::app::App;
use crate::audit::{self, Kind, Outcome};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::mail::{self, Mail};
use crate::sessions::{self, SignedIn, Token};

/// Who sets it, and what becomes of the other sessions.
#[derive(Clone, Copy, Debug)]
pub enum Cause<'a> {
    /// The owner, in this session.
    OwnChange {
        /// The session, which goes on under a new token.
        me: &'a SignedIn,
        /// Whether every other session ends.
        sign_out_others: bool,
        /// Whether the owner proved the old password in this very request.
        proven: bool,
    },
}

/// What came of it.
#[derive(Debug)]
pub enum Set {
    /// It is set.
    Done {
        /// The new token of the session that did it.
        token: Token,
        /// How many other sessions ended.
        ended: u64,
    },
    /// Another change was faster: nothing is done.
    Overtaken,
}

/// Sets the password in `tx`. After [`Set::Overtaken`] the caller drops the transaction.
pub async fn set(app: &App, tx: &mut Tx, hash: &HashedPassword, cause: Cause<'_>) -> Result<Set> {
    let Cause::OwnChange {
        me,
        sign_out_others,
        proven,
    } = cause;
    let person = &me.person;
    let now = app.clock.now();
    // The user's row first: whoever else sets this user's password waits here, before either holds a session.
    if !store::put_hash(tx, &person.account, &person.id, person.credential_epoch, hash, now).await? {
        return Ok(Set::Overtaken);
    }
    let token = sessions::start::renew(app, tx, &me.session, proven).await?;
    let ended = if sign_out_others {
        sessions::end::others_in(tx, &person.id, &me.session).await?
    } else {
        0
    };
    store::void_pending(tx, &person.id).await?;
    let event = me.event(
        Kind::PasswordChange,
        Outcome::Done,
        serde_json::json!({ "sessions": ended }),
    );
    audit::record(app, tx, event).await?;
    if let Some(address) = &person.verified_email {
        let mail = Mail::PasswordChanged {
            name: person.display_name.clone(),
            sign_in_name: person.sign_in_name(),
            at: now,
            browser: me.browser.clone(),
            address: me.address.to_string(),
        };
        mail::send(app, tx, (&person.account, &person.id), address, &mail).await?;
    }
    Ok(Set::Done { token, ended })
}

/// Stores a costlier hash of the password that was just proven. Not a change: nothing ends, nobody is told.
pub async fn rehash(tx: &mut Tx, user: &UserId, epoch: i64, hash: &HashedPassword) -> Result<()> {
    store::put_rehash(tx, user, epoch, hash).await
}

/// Gives a user who has no password yet their first one: for seeding a demo.
pub async fn first(
    app: &App,
    tx: &mut Tx,
    who: (&crate::ids::AccountId, &UserId),
    hash: &HashedPassword,
) -> Result<()> {
    if store::put_hash(tx, who.0, who.1, 0, hash, app.clock.now()).await? {
        return Ok(());
    }
    Err(Error::defect("a first password for someone who has one"))
}
