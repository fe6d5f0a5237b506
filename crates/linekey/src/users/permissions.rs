//! Who may do what: every may-rule of the portal, pure. The table they make is printed in `docs/permissions.md`.

use super::Role;
use crate::ids::{AccountId, UserId};

/// A part of the portal that not everyone may open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// The people of one's own account, and its audit events.
    Administration,
    /// All accounts.
    Operation,
}

impl Area {
    /// Whether people of this role may open it.
    pub fn is_open_to(self, role: Role) -> bool {
        match self {
            Self::Administration => role == Role::Administrator,
            Self::Operation => role == Role::Operator,
        }
    }
}

/// Whether people of this role choose the extension of a phone they add; others get their own.
pub fn may_choose_extension(role: Role) -> bool {
    role != Role::User
}

/// Whether people of this role add somebody of the role `new` to their own account. Operators do it from the command line.
pub fn may_add(role: Role, new: Role) -> bool {
    role == Role::Administrator && new != Role::Operator
}

/// Whether people of this role have a mail tried again, whoever it goes to.
pub fn may_retry_mail(role: Role) -> bool {
    role == Role::Operator
}

/// What one person does to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Sets their password.
    SetPassword,
    /// Sends them a reset link, by which they set it themselves.
    SendReset,
    /// Ends one of their sessions, or all.
    SignOut,
    /// Keeps them from signing in.
    Disable,
    /// Lets them sign in again.
    Enable,
    /// Sends them an invitation to choose their first password.
    Invite,
    /// Prints a slip with which they choose a password.
    SetUpSlip,
    /// Removes them, with what is theirs.
    Remove,
    /// Changes their phones: adds and removes one, gives it a new SIP password, disconnects it.
    Phones,
}

impl Act {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::SetPassword,
        Self::SendReset,
        Self::SignOut,
        Self::Disable,
        Self::Enable,
        Self::Invite,
        Self::SetUpSlip,
        Self::Remove,
        Self::Phones,
    ];
}

/// Why an act is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is themselves: there is a page for that, and nobody locks themselves out by mistake.
    Yourself,
    /// The other has the same rank.
    Equal,
    /// The other has a higher rank, or the actor none that helps others.
    Higher,
}

impl Refusal {
    /// The key of the sentence that says so, with `$name`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Yourself => "refused-yourself",
            Self::Equal => "refused-equal",
            Self::Higher => "refused-higher",
        }
    }

    /// Its name in an audit event.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yourself => "yourself",
            Self::Equal => "equal",
            Self::Higher => "higher",
        }
    }
}

/// Someone, as far as permissions look at them.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// Who.
    pub id: &'a UserId,
    /// Of which account.
    pub account: &'a AccountId,
    /// Of which rank.
    pub role: Role,
}

/// Whether `actor` may do `act` to `subject`; `None` if so. Someone of another account is not asked about here: for an
/// administrator they do not exist.
///
/// One act is excepted: a reset link gives nothing to whoever sends it, so administrators send it to each other too.
pub fn refusal(actor: Standing<'_>, act: Act, subject: Standing<'_>) -> Option<Refusal> {
    if actor.id == subject.id {
        return Some(Refusal::Yourself);
    }
    match (actor.role, subject.role) {
        (Role::Administrator, Role::User) if actor.account == subject.account => None,
        (Role::Administrator, Role::Administrator) if act == Act::SendReset && actor.account == subject.account => None,
        (Role::Administrator, Role::Administrator) => Some(Refusal::Equal),
        // Operators act from the command line so far: their pages only show.
        _ => Some(Refusal::Higher),
    }
}
