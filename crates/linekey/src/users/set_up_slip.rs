//! Makes the set-up slip of somebody who has no e-mail, or cannot reach it: a link and a code to print, with which they
//! choose a password. A password they have stays good until then.

use super::act::{self, Begun, Whom};
use super::permissions::{Act, Refusal};
use super::{Actor, Subject, invite};
use crate::app::App;
use crate::audit::{self, Outcome};
use crate::clock::{HOUR, Millis};
use crate::error::Result;
use crate::ids::{AccountId, UserId};
use crate::links::{self, Made, Purpose, Wanted, WantedCode, code};
use crate::mail::{self, Mail};

/// How long a slip can be used.
pub const VALID_FOR: Millis = 72 * HOUR;

/// What a slip of `user` consists of: a link, and a code that works in any browser.
pub fn wanted(account: &AccountId, user: &UserId) -> Wanted {
    Wanted {
        purpose: Purpose::SetUp,
        account: account.clone(),
        user: user.clone(),
        lifetime: VALID_FOR,
        epoch: None,
        code: Some(WantedCode {
            size: code::Size::Long,
            browser: None,
            lifetime: VALID_FOR,
        }),
        detail: serde_json::json!({}),
    }
}

/// What came of it.
#[derive(Debug)]
pub enum Slip {
    /// What is to be printed, and for whom. It cannot be made up again.
    Done(Box<Subject>, Made),
    /// They may not sign in.
    Disabled,
    /// It is not the actor's to do.
    Forbidden(Refusal),
    /// There is nobody with that id in the account.
    Nobody,
}

/// Makes a slip for `whom`; earlier ones, and invitations, are void.
pub async fn make(app: &App, actor: Actor<'_>, whom: Whom<'_>) -> Result<Slip> {
    let (mut tx, subject) = match act::begin(app, actor, Act::SetUpSlip, whom).await? {
        Begun::May(tx, subject) => (tx, subject),
        Begun::Refused(refusal) => return Ok(Slip::Forbidden(refusal)),
        Begun::Nobody => return Ok(Slip::Nobody),
    };
    invite::void_earlier(&mut tx, &subject.id).await?;
    let wanted = wanted(&subject.account, &subject.id);
    let Some(made) = links::make(app, &mut tx, &wanted, None).await? else {
        return Ok(Slip::Disabled);
    };
    let detail = serde_json::json!({ "valid_until": made.expires_at });
    let event = actor.event(Act::SetUpSlip.kind(), Outcome::Done, &subject, detail);
    audit::record(app, &mut tx, event).await?;
    if let Some(address) = subject.verified_email() {
        let mail = Mail::SetUpSlip {
            name: subject.display_name.clone(),
            sign_in_name: subject.sign_in_name(),
            by: actor.by(),
            at: app.clock.now(),
            valid_until: made.expires_at,
        };
        mail::send(app, &mut tx, (&subject.account, &subject.id), address, &mail).await?;
    }
    tx.commit().await?;
    Ok(Slip::Done(subject, made))
}
