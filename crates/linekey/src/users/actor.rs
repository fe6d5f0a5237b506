//! Who does something to somebody else: a person in a session, or whoever runs a command on the server.

use std::net::IpAddr;

use super::permissions::Standing;
use super::{Role, Subject};
use crate::audit::{Event, Kind, Outcome};
use crate::ids::{AccountId, SessionId, UserId};
use crate::mail::By;

/// The actor of an act on another.
#[derive(Clone, Copy, Debug)]
pub enum Actor<'a> {
    /// Someone signed in.
    Person(Acting<'a>),
    /// A command on the provider's own machine: whoever may run it reads the key file, and may do everything.
    Console,
}

/// Someone signed in who acts on another.
#[derive(Clone, Copy, Debug)]
pub struct Acting<'a> {
    /// Who.
    pub id: &'a UserId,
    /// Of which account. Comes from the session, never from input.
    pub account: &'a AccountId,
    /// What they may do.
    pub role: Role,
    /// `Adam Alder`, for the mail.
    pub display_name: &'a str,
    /// The session it is done in.
    pub session: &'a SessionId,
    /// Where the request came from.
    pub address: IpAddr,
}

impl<'a> Acting<'a> {
    /// As permissions see them, in the role `role`: theirs, or what it has become meanwhile.
    pub fn standing(&self, role: Role) -> Standing<'a> {
        Standing {
            id: self.id,
            account: self.account,
            role,
        }
    }
}

impl<'a> Actor<'a> {
    /// The event of what this actor does to `subject`. `detail` is a JSON object without secrets.
    pub fn event<'e>(&self, kind: Kind, outcome: Outcome, subject: &'e Subject, detail: serde_json::Value) -> Event<'e>
    where
        'a: 'e,
    {
        self.event_about(kind, outcome, (&subject.account, &subject.id), detail)
    }

    /// The same about a user of an account who is not read yet, or not any more.
    pub fn event_about<'e>(
        &self,
        kind: Kind,
        outcome: Outcome,
        (account, user): (&'e AccountId, &'e UserId),
        detail: serde_json::Value,
    ) -> Event<'e>
    where
        'a: 'e,
    {
        let Some(person) = self.person() else {
            let event = Event::of_console(kind, Some(account), Some(user), detail);
            return Event { outcome, ..event };
        };
        Event {
            kind,
            outcome,
            account: Some(account),
            actor: Some(person.id),
            subject: Some(user),
            session: Some(person.session),
            address: Some(person.address),
            detail,
        }
    }

    /// As a mail to the subject names this actor.
    pub fn by(&self) -> By {
        match self {
            Self::Console => By::Provider,
            Self::Person(person) if person.role == Role::Operator => By::Operator(person.display_name.to_owned()),
            Self::Person(person) => By::Administrator(person.display_name.to_owned()),
        }
    }

    /// The person, unless it is the console.
    pub fn person(&self) -> Option<Acting<'a>> {
        match self {
            Self::Person(person) => Some(*person),
            Self::Console => None,
        }
    }
}
