//! Gives a phone a new SIP password. The one it has stays good until the phone first registers with the new one, or for as
//! long as was chosen, so that nobody has to stand beside the phone at that moment. Whoever makes another before the phone
//! knows the new one replaces that one: the phone keeps what it has.

use zeroize::Zeroizing;

use super::act::{Begun, By, Doing, begin};
use super::create::new_sip_password;
use super::orders::Ending;
use super::{notices, orders, sealed, store};
use crate::app::App;
use crate::audit::Kind;
use crate::clock::{DAY, HOUR, Millis};
use crate::error::Result;
use crate::ids::PhoneId;
use crate::users::permissions::Refusal;
use linekey_sip::digest::Ha1Set;

/// The longest overlap, in hours.
pub const LONGEST_OVERLAP: i64 = 168;
/// What it is unless somebody says otherwise, in hours.
pub const USUAL_OVERLAP: i64 = 24;
/// How long a SIP password that is not good any more is known, to tell which phone still uses it.
pub(super) const KNOWN_FOR: Millis = 30 * DAY;

/// A new SIP password, which nobody will ever see again.
#[derive(Debug)]
pub struct NewPassword {
    /// What the phone is called.
    pub label: String,
    /// The name it registers with: `ann-desk`.
    pub sip_name: String,
    /// The realm that it registers in.
    pub sip_domain: String,
    /// The SIP password.
    pub sip_password: Zeroizing<String>,
    /// Until when the one before is good at most, milliseconds UTC; `None`: not any more.
    pub old_until: Option<Millis>,
}

/// What came of it.
#[derive(Debug)]
pub enum Rotated {
    /// It has a new one.
    Done(NewPassword),
    /// An overlap is 0 to [`LONGEST_OVERLAP`] hours.
    Overlap,
    /// It is not the actor's to do.
    Forbidden(Refusal),
    /// The owner has no such phone.
    NoPhone,
}

/// Gives `phone` a new SIP password; the one it has is good for `overlap_hours` more, or with 0 not at all.
pub async fn rotate(app: &App, by: By<'_>, phone: &PhoneId, overlap_hours: i64) -> Result<Rotated> {
    if !(0..=LONGEST_OVERLAP).contains(&overlap_hours) {
        return Ok(Rotated::Overlap);
    }
    let mut doing = match begin(app, by, phone).await? {
        Begun::May(doing) => doing,
        Begun::Refused(refusal) => return Ok(Rotated::Forbidden(refusal)),
        Begun::NoPhone => return Ok(Rotated::NoPhone),
    };
    let new = renew(app, &mut doing, overlap_hours).await?;
    let detail = serde_json::json!({ "hours": overlap_hours });
    doing.record(app, by, Kind::PhoneRotate, detail).await?;
    doing.tx.commit().await?;
    Ok(Rotated::Done(new))
}

/// The same in an act that has begun and that the caller puts on record: `overlap_hours` are some that are allowed.
pub(super) async fn renew(app: &App, doing: &mut Doing, overlap_hours: i64) -> Result<NewPassword> {
    let now = app.clock.now();
    let old_until = now + overlap_hours * HOUR;
    let held = doing.phone.clone();
    let sip_password = new_sip_password(app);
    let hashes = Ha1Set::of(&held.sip_name, &held.sip_domain, &sip_password);
    let new = sealed::seal(app, &held.id, &hashes);
    // One that another key file sealed is nobody's any more.
    let old = sealed::open(app, &held.id, &held.sip_hashes).ok();
    let old = old.map(|hashes| sealed::seal_old(app, &held.id, &hashes));
    // Whoever chose a short one knows.
    let told_at = (overlap_hours * HOUR <= notices::BEFORE).then_some(now);
    let overlap = store::Overlap {
        phone: &held.id,
        old_until,
        told_at,
    };
    // While an earlier overlap lasts, the newest was used by nobody.
    let goes_on = overlap_hours > 0;
    let is_unused = store::replace_unused(&mut doing.tx, &overlap, &new, goes_on, now).await?;
    if !is_unused {
        store::rotate(&mut doing.tx, &overlap, &new, old.as_deref()).await?;
    }
    // A set-up link gives one that is the newest no more.
    doing.void_link().await?;
    doing.publish(app).await?;
    if is_unused && goes_on {
        orders::store::move_all(&mut doing.tx, &held.id, now, old_until).await?;
    } else {
        // What an earlier overlap left is over now: one SIP password beside the newest is enough.
        orders::store::move_all(&mut doing.tx, &held.id, now, now).await?;
        doing.phone.generation += 1;
    }
    doing
        .order(app, Ending::Below(doing.phone.generation), old_until)
        .await?;
    Ok(NewPassword {
        label: held.label,
        sip_name: held.sip_name,
        sip_domain: held.sip_domain,
        sip_password,
        old_until: (overlap_hours > 0).then_some(old_until),
    })
}

/// Forgets SIP passwords that have not been good for long; run now and then.
pub async fn sweep(app: &App) -> Result<()> {
    let mut tx = app.db.begin().await?;
    store::forget_old(&mut tx, app.clock.now() - KNOWN_FOR).await?;
    tx.commit().await
}
