//! Begins what somebody does to a phone: its owner in a session, or whoever helps the owner. Both hold the owner's row, so
//! that of two acts on one phone the second sees what the first did.

use super::kamailio;
use super::orders::{self, Ending};
use super::provision;
use super::store::{self, Held, Which};
use crate::app::App;
use crate::audit::{self, Kind, Outcome};
use crate::clock::Millis;
use crate::db::Tx;
use crate::error::Result;
use crate::ids::{AccountId, PhoneId, UserId};
use crate::sessions::SignedIn;
use crate::users::act::{self, Begun as BegunOnUser, Whom};
use crate::users::permissions::{Act, Refusal};
use crate::users::{self, Actor};

/// Who does it.
#[derive(Clone, Copy, Debug)]
pub enum By<'a> {
    /// The owner.
    Owner(&'a SignedIn),
    /// Somebody who helps the owner.
    Helper(Actor<'a>, Whom<'a>),
}

/// How it begins.
pub(super) enum Begun {
    /// It may be done, in this transaction.
    May(Box<Doing>),
    /// It is not the actor's to do.
    Refused(Refusal),
    /// The owner has no such phone.
    NoPhone,
}

/// What is being done: the caller commits, or drops what is no change.
pub(super) struct Doing {
    pub(super) tx: Tx,
    pub(super) phone: Held,
    pub(super) account: AccountId,
    pub(super) user: UserId,
}

/// Begins, with the owner's row held.
pub(super) async fn begin(app: &App, by: By<'_>, phone: &PhoneId) -> Result<Begun> {
    let (mut tx, account, user) = match by {
        By::Owner(me) => {
            let mut tx = app.db.begin().await?;
            users::hold(&mut tx, &me.person.id, &me.session).await?;
            (tx, me.person.account.clone(), me.person.id.clone())
        }
        By::Helper(actor, whom) => match act::begin(app, actor, Act::Phones, whom).await? {
            BegunOnUser::May(tx, subject) => (tx, subject.account, subject.id),
            BegunOnUser::Refused(refusal) => return Ok(Begun::Refused(refusal)),
            BegunOnUser::Nobody => return Ok(Begun::NoPhone),
        },
    };
    let found = store::of_held_user(&mut tx, (&account, &user), phone).await?;
    Ok(found.map_or(Begun::NoPhone, |phone| {
        Begun::May(Box::new(Doing {
            tx,
            phone,
            account,
            user,
        }))
    }))
}

impl Doing {
    /// Has registrations of the phone end at `due_at`.
    pub(super) async fn order(&mut self, app: &App, ending: Ending, due_at: Millis) -> Result<()> {
        let (tx, which) = self.parts();
        orders::order(app, tx, which, ending, due_at).await
    }

    /// Ends the set-up link of the phone.
    pub(super) async fn void_link(&mut self) -> Result<()> {
        let (tx, which) = self.parts();
        provision::void(tx, which).await
    }

    /// The transaction, and what it is about.
    pub(super) fn parts(&mut self) -> (&mut Tx, Which<'_>) {
        let which = Which {
            account: &self.account,
            user: &self.user,
            phone: Some(&self.phone.id),
        };
        (&mut self.tx, which)
    }

    /// Publishes what is good of the phone now, where a Kamailio reads it.
    pub(super) async fn publish(&mut self, app: &App) -> Result<()> {
        let which = Which {
            account: &self.account,
            user: &self.user,
            phone: Some(&self.phone.id),
        };
        kamailio::publish(app, &mut self.tx, which).await
    }

    /// Puts it on record.
    pub(super) async fn record(
        &mut self,
        app: &App,
        by: By<'_>,
        kind: Kind,
        mut detail: serde_json::Value,
    ) -> Result<()> {
        detail["phone"] = serde_json::json!(self.phone.id);
        detail["label"] = serde_json::json!(self.phone.label);
        let event = match by {
            By::Owner(me) => me.event(kind, Outcome::Done, detail),
            By::Helper(actor, _) => actor.event_about(kind, Outcome::Done, (&self.account, &self.user), detail),
        };
        audit::record(app, &mut self.tx, event).await
    }
}
