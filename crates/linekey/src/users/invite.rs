//! Invites somebody to choose their first password, by mail to the address they were added with.

use super::act::{self, Asked, Begun, Whom};
use super::permissions::{Act, Refusal};
use super::{Actor, Subject, name};
use crate::app::App;
use crate::audit::{self, Outcome};
use crate::db::Tx;
use crate::error::Result;
use crate::ids::{AccountId, UserId};
use crate::links::{self, Purpose};
use crate::mail::{self, Mail};
use crate::throttle;

/// Somebody who has no password yet.
#[derive(Debug)]
pub(super) struct Invited<'a> {
    /// Of which account.
    pub(super) account: &'a AccountId,
    /// Who.
    pub(super) user: &'a UserId,
    /// `Ann Archer`
    pub(super) name: &'a str,
    /// `ann@acme.example`
    pub(super) sign_in_name: String,
    /// `Acme Boats`
    pub(super) account_name: &'a str,
    /// As written; nobody has confirmed it yet.
    pub(super) email: &'a str,
    /// Their credential epoch.
    pub(super) epoch: i64,
}

/// Puts the invitation into the outbox; its link is made when it is delivered.
pub(super) async fn send_in(app: &App, tx: &mut Tx, actor: Actor<'_>, whom: Invited<'_>) -> Result<()> {
    let invitation = Mail::Invitation {
        account: whom.account.clone(),
        user: whom.user.clone(),
        name: whom.name.to_owned(),
        sign_in_name: whom.sign_in_name,
        account_name: whom.account_name.to_owned(),
        email_key: name::canonical(whom.email),
        by: actor.by(),
        epoch: Some(whom.epoch),
    };
    mail::send(app, tx, (whom.account, whom.user), whom.email, &invitation).await
}

/// What came of inviting somebody again.
#[derive(Debug)]
pub enum Sent {
    /// It is on its way.
    Done(Box<Subject>),
    /// They have a password, or had one: a reset is what they need.
    HasPassword,
    /// There is no address on file.
    NoAddress,
    /// They may not sign in.
    Disabled,
    /// It is not the actor's to do.
    Forbidden(Refusal),
    /// There is nobody with that id in the account.
    Nobody,
    /// That address got as many mails as one gets within an hour: wait so many seconds.
    Wait(i64),
}

/// Sends `whom` a new invitation; earlier ones, and set-up slips, are void.
pub async fn again(app: &App, actor: Actor<'_>, whom: Whom<'_>) -> Result<Sent> {
    let asked = match act::ask(app, actor, Act::Invite, whom).await? {
        Asked::May(subject) => subject,
        Asked::Refused(refusal, _) => return Ok(Sent::Forbidden(refusal)),
        Asked::Nobody => return Ok(Sent::Nobody),
    };
    let counted = match ready(&asked) {
        Ok(email) => email,
        Err(refused) => return Ok(refused),
    };
    if let Some(seconds) = throttle::count_mail(app, counted, None).await? {
        return Ok(Sent::Wait(seconds));
    }
    let (mut tx, subject) = match act::begin(app, actor, Act::Invite, whom).await? {
        Begun::May(tx, subject) => (tx, subject),
        Begun::Refused(refusal) => return Ok(Sent::Forbidden(refusal)),
        Begun::Nobody => return Ok(Sent::Nobody),
    };
    let email = match ready(&subject) {
        Ok(email) => email,
        Err(refused) => return Ok(refused),
    };
    void_earlier(&mut tx, &subject.id).await?;
    let invited = Invited {
        account: &subject.account,
        user: &subject.id,
        name: &subject.display_name,
        sign_in_name: subject.sign_in_name(),
        account_name: &subject.account_name,
        email,
        epoch: subject.credential_epoch,
    };
    send_in(app, &mut tx, actor, invited).await?;
    let event = actor.event(Act::Invite.kind(), Outcome::Done, &subject, serde_json::json!({}));
    audit::record(app, &mut tx, event).await?;
    tx.commit().await?;
    Ok(Sent::Done(subject))
}

/// The address of somebody for whom an invitation is of use.
fn ready(subject: &Subject) -> std::result::Result<&str, Sent> {
    if subject.disabled_at.is_some() {
        Err(Sent::Disabled)
    } else if subject.password_set_at.is_some() || subject.credential_epoch > 0 {
        Err(Sent::HasPassword)
    } else {
        subject.email.as_deref().ok_or(Sent::NoAddress)
    }
}

/// Makes earlier invitations and set-up slips void: those that wait first, or one of them could get its link afterwards.
pub(super) async fn void_earlier(tx: &mut Tx, user: &UserId) -> Result<()> {
    mail::withdraw_invitations(tx, user).await?;
    links::void(tx, user, Purpose::SetUp).await?;
    Ok(())
}
