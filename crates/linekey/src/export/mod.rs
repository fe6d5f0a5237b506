//! Writes the phones of an account out for another SIP server: those that may register now, each with the hashes of its
//! newest SIP password.
//!
//! Owns the two forms, and that each export is on record. There is no overlap in them: a phone that is being given a new
//! SIP password needs the new one there.

pub mod asterisk;
pub mod freeswitch;
#[cfg(test)]
mod tests;

use zeroize::Zeroizing;

use crate::accounts::{self, Named};
use crate::app::App;
use crate::audit::{self, Event, Kind};
use crate::error::Result;
use crate::phones::usable::{self, Usable};

/// What another server is given. It is as good as the SIP passwords.
pub struct Exported {
    /// The file.
    pub text: Zeroizing<String>,
    /// How many phones are in it.
    pub phones: usize,
    /// Those of them whose SIP password before is still good here, and is not there.
    pub overlapping: usize,
    /// Addresses of phones that the other server has no room for.
    pub left_out: Vec<String>,
}

impl std::fmt::Debug for Exported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Exported({} phones, ***)", self.phones)
    }
}

/// What is exported of an account.
struct Phones {
    sip_domain: String,
    all: Vec<Usable>,
}

/// Reads the phones of an account, and puts on record that they are exported to `whom`, before anybody has them.
async fn take(app: &App, account: &Named, whom: &str) -> Result<Phones> {
    let all = usable::of_account(app, &account.id).await?;
    let detail = serde_json::json!({ "for": whom, "phones": all.len() });
    let event = Event::of_console(Kind::Export, Some(&account.id), None, detail);
    let mut tx = app.db.begin().await?;
    let sip_domain = accounts::sip_domain_of(&mut tx, &account.id).await?;
    audit::record(app, &mut tx, event).await?;
    tx.commit().await?;
    Ok(Phones { sip_domain, all })
}

impl Phones {
    fn overlapping(&self) -> usize {
        self.all.iter().filter(|phone| phone.old_until.is_some()).count()
    }
}
