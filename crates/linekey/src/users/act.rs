//! Begins what one person does to another: permissions are asked, both are held, and what may have changed meanwhile is
//! asked again.

use super::actor::{Acting, Actor};
use super::permissions::{self, Act, Refusal};
use super::{Subject, store};
use crate::app::App;
use crate::audit::{self, Kind, Outcome};
use crate::db::Tx;
use crate::error::Result;
use crate::ids::{AccountId, UserId};
use crate::throttle::{self, Again};

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
            Self::SendReset => Kind::ResetLinkSent,
            Self::SignOut => Kind::SignedOut,
            Self::Disable => Kind::UserDisable,
            Self::Enable => Kind::UserEnable,
            Self::Invite => Kind::Invitation,
            Self::SetUpSlip => Kind::SetUpSlip,
            Self::Remove => Kind::UserRemove,
            Self::Phones => Kind::PhoneAct,
        }
    }
}

/// Whether an act may be done, before any work for it.
#[derive(Debug)]
pub enum Asked {
    /// It may, to this subject.
    May(Box<Subject>),
    /// It may not, to this subject.
    Refused(Refusal, Box<Subject>),
    /// There is nobody with that id in the account.
    Nobody,
}

/// Asks whether `actor` may do `act`, and holds nobody. Whoever may not leaves an event, one in ten minutes of the same.
pub async fn ask(app: &App, actor: Actor<'_>, act: Act, whom: Whom<'_>) -> Result<Asked> {
    let Some(subject) = store::subject(&app.db, whom.account, whom.id).await? else {
        return Ok(Asked::Nobody);
    };
    let refused = actor.person().and_then(|person| {
        let refusal = permissions::refusal(person.standing(person.role), act, subject.standing());
        Some((person, refusal?))
    });
    match refused {
        Some((person, refusal)) => {
            record_refusal(app, actor, person, act, refusal, &subject).await?;
            Ok(Asked::Refused(refusal, Box::new(subject)))
        }
        None => Ok(Asked::May(Box::new(subject))),
    }
}

/// Begins `act`: asks, holds both, and asks again.
///
/// # Errors
/// [`crate::error::Error::SessionEnded`] when the actor's session has ended meanwhile.
pub async fn begin(app: &App, actor: Actor<'_>, act: Act, whom: Whom<'_>) -> Result<Begun> {
    let subject = match ask(app, actor, act, whom).await? {
        Asked::May(subject) => subject,
        Asked::Refused(refusal, _) => return Ok(Begun::Refused(refusal)),
        Asked::Nobody => return Ok(Begun::Nobody),
    };
    let mut tx = app.db.begin().await?;
    // The actor first, then the subject, who is of a lower rank: no two acts wait for each other in a circle. Of two of one
    // rank, it is the one with the smaller id first, whoever acts.
    if actor.person().is_some_and(|person| is_before(&subject, person))
        && !store::hold_row(&mut tx, whom.account, whom.id).await?
    {
        return Ok(Begun::Nobody);
    }
    let actor_now = match actor {
        Actor::Console => None,
        Actor::Person(person) => {
            store::hold(&mut tx, person.id, person.session).await?;
            Some(store::role_of(&mut tx, person.account, person.id).await?)
        }
    };
    if !store::hold_row(&mut tx, whom.account, whom.id).await? {
        return Ok(Begun::Nobody);
    }
    let Some(subject) = store::subject(&mut tx, whom.account, whom.id).await? else {
        return Ok(Begun::Nobody);
    };
    let refused = actor.person().zip(actor_now).and_then(|(person, role)| {
        let refusal = permissions::refusal(person.standing(role), act, subject.standing());
        Some((person, refusal?))
    });
    if let Some((person, refusal)) = refused {
        drop(tx);
        record_refusal(app, actor, person, act, refusal, &subject).await?;
        return Ok(Begun::Refused(refusal));
    }
    Ok(Begun::May(tx, Box::new(subject)))
}

/// Whether the subject is held before the actor.
fn is_before(subject: &Subject, actor: Acting<'_>) -> bool {
    subject.role == actor.role && subject.id.as_str() < actor.id.as_str()
}

async fn record_refusal(
    app: &App,
    actor: Actor<'_>,
    person: Acting<'_>,
    act: Act,
    refusal: Refusal,
    subject: &Subject,
) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let same = Again::Forbidden {
        user: person.id,
        what: act.kind().as_str(),
        whom: Some(&subject.id),
    };
    if throttle::is_worth_telling(app, &mut tx, same).await? {
        let detail = serde_json::json!({ "why": refusal.as_str() });
        audit::record(app, &mut tx, actor.event(act.kind(), Outcome::Refused, subject, detail)).await?;
        tx.commit().await?;
    }
    Ok(())
}
