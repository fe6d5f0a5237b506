//! Sign-in names and addresses, in the form in which they are compared.

use std::net::IpAddr;

pub use crate::db::like::canonical;

use super::Role;
use crate::ids::UserId;
use crate::throttle::{self, Bucket, Whom};

/// The longest name that is looked at, in bytes; every name that exists is shorter.
const LONGEST: usize = 320;

/// A sign-in name as typed, ready to be looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedName {
    /// Trimmed, NFC, lower case. Compatibility forms stay apart: a full-width `ａnn` is not `ann`.
    pub canonical: String,
}

impl TypedName {
    /// Where a try by this name counts, unless it is in a browser that is known to be the user's; `meant` is who has it.
    pub fn buckets<'a>(&'a self, meant: Option<(&'a UserId, Role)>, address: IpAddr) -> [Bucket<'a>; 4] {
        let name = self.canonical.as_str();
        let whom = meant.map_or(Whom::Name(name), |(user, _)| Whom::User(user));
        // Operators sign in by two names, with a domain and without; by names that nobody has these are two as well, or
        // the cap would tell which operators there are.
        let capped = match meant {
            Some((_, Role::Operator)) => Whom::Name(name),
            _ => whom,
        };
        throttle::of_stranger(name, (whom, capped), address)
    }

    /// Of whatever was typed. What no name can be, such as empty or endless text, is a name that nobody has.
    pub fn new(typed: &str) -> Self {
        let typed = typed.trim();
        let canonical = if typed.len() > LONGEST {
            String::new()
        } else {
            canonical(typed)
        };
        Self { canonical }
    }

    /// The name and the account's domain, if an `@` parts them.
    pub fn parts(&self) -> (&str, Option<&str>) {
        match self.canonical.rsplit_once('@') {
            Some((name, domain)) => (name, Some(domain)),
            None => (&self.canonical, None),
        }
    }
}
