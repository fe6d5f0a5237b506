//! Begins what one person does to another: both are held, what may have changed meanwhile is read again, and
//! permissions are asked.

use super::actor::{Acting, Actor};
use super::permissions::{self, Act, Refusal, Standing};
use super::{Subject, store};
use crate::app::App;
use crate::audit::{self, Kind, Outcome};
use crate::db::Tx;
use crate::error::Result;
use crate::ids::{AccountId, UserId};
use crate::throttle;

/// How an act begins.
#[derive(Debug)]
pub enum Begun {
    /// It may be done, in this transaction, to this subject. The caller commits, or drops what is no change.
    May(Tx, Box<Subject>),
    /// It may not.
    Refused(Refusal),
    /// There is nobody with that id in the account.
    Nobody,
}

/// Whose act it is, to whom: an id from a request, in an account that is not.
#[derive(Clone, Copy, Debug)]
pub struct Whom<'a> {
    /// The account that is looked in: the actor's own, unless the console names another.
    pub account: &'a AccountId,
    /// Whoever was asked for.
    pub id: &'a UserId,
}

impl Act {
    /// What it is on record.
    pub fn kind(self) -> Kind {
        match self {
            Self::SetPassword => Kind::PasswordSet,
            Self::SignOut => Kind::SignedOut,
            Self::Disable => Kind::UserDisable,
            Self::Enable => Kind::UserEnable,
        }
    }
}

/// Begins `act`. Whoever may not do it leaves an event; a stream of refusals leaves its first and the first that would
/// cost time elsewhere.
///
/// # Errors
/// [`crate::error::Error::SessionEnded`] when the actor's session has ended meanwhile.
pub async fn begin(app: &App, actor: Actor<'_>, act: Act, whom: Whom<'_>) -> Result<Begun> {
    let mut tx = app.db.begin().await?;
    // The actor first, then the subject, who is always of a lower rank: no two acts wait for each other in a circle.
    let actor_now = match actor {
        Actor::Console => None,
        Actor::Person(person) => {
            store::hold(&mut tx, person.id, person.session).await?;
            Some(store::role_of(&mut tx, person.account, person.id).await?)
        }
    };
    let yourself = actor.person().is_some_and(|person| person.id == whom.id);
    if !yourself && !store::hold_row(&mut tx, whom.account, whom.id).await? {
        return Ok(Begun::Nobody);
    }
    let Some(subject) = store::subject(&mut tx, whom.account, whom.id).await? else {
        return Ok(Begun::Nobody);
    };
    let refusal = actor.person().zip(actor_now).and_then(|(person, role)| {
        let standing = Standing {
            id: person.id,
            account: person.account,
            role,
        };
        permissions::refusal(standing, act, subject.standing())
    });
    match (refusal, actor.person()) {
        (Some(refusal), Some(person)) => {
            drop(tx);
            record_refusal(app, actor, person, act, refusal, &subject).await?;
            Ok(Begun::Refused(refusal))
        }
        _ => Ok(Begun::May(tx, Box::new(subject))),
    }
}

async fn record_refusal(
    app: &App,
    actor: Actor<'_>,
    person: Acting<'_>,
    act: Act,
    refusal: Refusal,
    subject: &Subject,
) -> Result<()> {
    if !throttle::is_worth_telling(app, person.id).await? {
        return Ok(());
    }
    let detail = serde_json::json!({ "why": refusal.as_str() });
    let mut tx = app.db.begin().await?;
    audit::record(app, &mut tx, actor.event(act.kind(), Outcome::Refused, subject, detail)).await?;
    tx.commit().await
}
