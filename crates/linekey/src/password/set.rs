//! The one place that sets a portal password. Everyone who changes one comes through here, with a hash that only the
//! rules can lead to, and leaves with sessions ended, waiting changes and open links voided, an audit event and a mail: or with
//! nothing done at all.
//!
//! No row of `phones` or `registrations` is written here, ever.

use std::net::IpAddr;

use super::hash::HashedPassword;
use super::store;
use crate::app::App;
use crate::audit::{self, Event, Kind, Outcome};
use crate::clock::Millis;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::ids::{AccountId, UserId};
use crate::links;
use crate::mail::{self, Did, Happened, Mail, NotMe};
use crate::sessions::{self, SignedIn, Token};
use crate::users::{self, Actor, Subject};

/// Who sets it, and what becomes of the sessions.
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
    /// Somebody who helps the owner, and may: every session of the owner ends.
    ForUser {
        /// Who helps.
        actor: Actor<'a>,
        /// The owner, as read before the password was prepared.
        subject: &'a Subject,
        /// How long it is good for.
        lasting: Lasting,
    },
    /// Whoever holds a reset link of the owner, which is used up in the same transaction: every session of the owner ends.
    Reset {
        /// The owner, as read before the password was prepared.
        subject: &'a Subject,
        /// Where the request came from.
        address: IpAddr,
        /// The browser, in words.
        browser: &'a str,
    },
    /// Whoever holds a set-up link of the owner, which is used up in the same transaction: every session of the owner ends.
    SetUp {
        /// The owner, as read before the password was prepared.
        subject: &'a Subject,
        /// Where the request came from.
        address: IpAddr,
        /// The browser, in words.
        browser: &'a str,
        /// Whether the link was mailed to the address on file, which is the owner's then.
        proven: bool,
    },
}

/// How long a password is good for. The owner's own lasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lasting {
    /// Whether it must be changed at the next sign-in, before anything else.
    pub must_change: bool,
    /// When it stops signing in, milliseconds UTC.
    pub expires_at: Option<Millis>,
}

/// What came of it.
#[derive(Debug)]
pub enum Set {
    /// It is set.
    Done {
        /// The new token of the session that did it, if it was the owner's.
        token: Option<Token>,
        /// How many sessions ended.
        ended: u64,
    },
    /// Another change was faster: nothing is done.
    Overtaken,
}

/// Sets the password in `tx`. After [`Set::Overtaken`] the caller drops the transaction.
pub async fn set(app: &App, tx: &mut Tx, hash: &HashedPassword, cause: Cause<'_>) -> Result<Set> {
    let (account, user, epoch) = cause.owner();
    // The user's row first: whoever else sets this user's password waits here, before either holds a session.
    let now = app.clock.now();
    if !store::put_hash(tx, (account, user, epoch), hash, now, cause.lasting()).await? {
        return Ok(Set::Overtaken);
    }
    let (token, ended) = match cause {
        Cause::OwnChange {
            me,
            sign_out_others,
            proven,
        } => {
            let token = sessions::start::renew(app, tx, &me.session, proven).await?;
            // Whoever set it knows it: sessions that began with it do not outlive it.
            let ended = match sign_out_others || me.person.must_change {
                true => sessions::end::others_in(tx, user, &me.session).await?,
                false => 0,
            };
            (Some(token), ended)
        }
        Cause::ForUser { .. } | Cause::Reset { .. } | Cause::SetUp { .. } => {
            users::email::thaw(tx, user).await?;
            (None, sessions::end::all_in(tx, user).await?)
        }
    };
    store::void_pending(tx, user).await?;
    users::email::void(tx, user).await?;
    links::void_for_new_password(tx, user).await?;
    audit::record(app, tx, cause.event(ended)).await?;
    if let Some((address, since)) = cause.verified_email(now) {
        let happened = Happened {
            did: cause.did(),
            at: now,
            epoch: epoch + 1,
            email: address.to_owned(),
            email_verified_at: since,
        };
        let not_me = NotMe {
            account: account.clone(),
            user: user.clone(),
            happened,
        };
        mail::send(app, tx, (account, user), address, &cause.mail(now, not_me)).await?;
    }
    Ok(Set::Done { token, ended })
}

impl<'a> Cause<'a> {
    /// Whose password it is: account, user, and the epoch that was read.
    fn owner(&self) -> (&'a AccountId, &'a UserId, i64) {
        match self {
            Self::OwnChange { me, .. } => (&me.person.account, &me.person.id, me.person.credential_epoch),
            Self::ForUser { subject, .. } | Self::Reset { subject, .. } | Self::SetUp { subject, .. } => {
                (&subject.account, &subject.id, subject.credential_epoch)
            }
        }
    }

    fn lasting(&self) -> Lasting {
        match self {
            Self::OwnChange { .. } | Self::Reset { .. } | Self::SetUp { .. } => Lasting::default(),
            Self::ForUser { lasting, .. } => *lasting,
        }
    }

    /// Where the mail goes, and since when that is known to be the owner's.
    fn verified_email(&self, now: Millis) -> Option<(&'a str, Millis)> {
        match self {
            Self::OwnChange { me, .. } => me.person.verified_email.as_deref().zip(me.person.email_verified_at),
            // The link came to it: it is known to be theirs from now on.
            Self::SetUp {
                subject, proven: true, ..
            } => Some((subject.email.as_deref()?, subject.email_verified_at.unwrap_or(now))),
            Self::ForUser { subject, .. } | Self::Reset { subject, .. } | Self::SetUp { subject, .. } => {
                subject.verified_email().zip(subject.email_verified_at)
            }
        }
    }

    fn did(&self) -> Did {
        match self {
            Self::OwnChange { .. } | Self::ForUser { .. } | Self::SetUp { .. } => Did::ChangePassword,
            Self::Reset { .. } => Did::ResetPassword,
        }
    }

    fn event(&self, ended: u64) -> Event<'a> {
        match self {
            Self::OwnChange { me, .. } => {
                let detail = serde_json::json!({ "sessions": ended });
                me.event(Kind::PasswordChange, Outcome::Done, detail)
            }
            Self::ForUser {
                actor,
                subject,
                lasting,
            } => {
                let detail = serde_json::json!({
                    "sessions": ended, "must_change": lasting.must_change, "expires_at": lasting.expires_at,
                });
                actor.event(Kind::PasswordSet, Outcome::Done, subject, detail)
            }
            Self::Reset { subject, address, .. } => reset_event(subject, *address, Outcome::Done, ended),
            Self::SetUp {
                subject,
                address,
                proven,
                ..
            } => Event {
                kind: Kind::PasswordSetUp,
                detail: serde_json::json!({ "sessions": ended, "email_confirmed": proven }),
                ..reset_event(subject, *address, Outcome::Done, ended)
            },
        }
    }

    fn mail(&self, now: Millis, not_me: NotMe) -> Mail {
        match self {
            Self::OwnChange { me, .. } => Mail::PasswordChanged {
                name: me.person.display_name.clone(),
                sign_in_name: me.person.sign_in_name(),
                at: now,
                browser: me.browser.clone(),
                address: me.address.to_string(),
                not_me: Some(not_me),
            },
            Self::Reset {
                subject,
                address,
                browser,
            } => Mail::PasswordChanged {
                name: subject.display_name.clone(),
                sign_in_name: subject.sign_in_name(),
                at: now,
                browser: (*browser).to_owned(),
                address: address.to_string(),
                not_me: Some(not_me),
            },
            Self::SetUp {
                subject,
                address,
                browser,
                ..
            } => Mail::PasswordChanged {
                name: subject.display_name.clone(),
                sign_in_name: subject.sign_in_name(),
                at: now,
                browser: (*browser).to_owned(),
                address: address.to_string(),
                not_me: Some(not_me),
            },
            Self::ForUser {
                actor,
                subject,
                lasting,
            } => Mail::PasswordSet {
                name: subject.display_name.clone(),
                sign_in_name: subject.sign_in_name(),
                by: actor.by(),
                at: now,
                must_change: lasting.must_change,
                valid_until: lasting.expires_at,
            },
        }
    }
}

/// The event of a reset. Nobody is known to have done it but as the holder of the link.
pub(super) fn reset_event(subject: &Subject, address: IpAddr, outcome: Outcome, ended: u64) -> Event<'_> {
    Event {
        kind: Kind::PasswordReset,
        outcome,
        account: Some(&subject.account),
        actor: None,
        subject: Some(&subject.id),
        session: None,
        address: Some(address),
        detail: serde_json::json!({ "sessions": ended }),
    }
}

/// Stores a costlier hash of the password that was just proven. Not a change: nothing ends, nobody is told.
pub async fn rehash(tx: &mut Tx, user: &UserId, epoch: i64, hash: &HashedPassword) -> Result<()> {
    store::put_rehash(tx, user, epoch, hash).await
}

/// Gives a user who has no password yet their first one, in the transaction that makes them and reports it.
pub async fn first(
    app: &App,
    tx: &mut Tx,
    (account, user): (&AccountId, &UserId),
    hash: &HashedPassword,
    lasting: Lasting,
) -> Result<()> {
    if store::put_hash(tx, (account, user, 0), hash, app.clock.now(), lasting).await? {
        return Ok(());
    }
    Err(Error::defect("a first password for someone who has one"))
}
