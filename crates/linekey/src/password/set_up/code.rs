//! Opens a set-up slip by the code that is printed on it, beside the sign-in name.

use std::net::IpAddr;

use crate::app::App;
use crate::audit::{self, Event, Kind, Outcome};
use crate::clock::{HOUR, Millis};
use crate::error::Result;
use crate::ids::UserId;
use crate::links::{self, Purpose, Token};
use crate::throttle::{self, Bucket, Counted};
use crate::users::name::TypedName;
use crate::users::{self, Subject};

/// How long the browser in which the code was typed has to choose a password.
const OPEN_FOR: Millis = HOUR;

/// What came of it.
#[derive(Debug)]
pub enum Coded {
    /// It is right: with this token the password can be chosen.
    Right(Token),
    /// That name and code don't belong together, or the slip is used, void or over.
    Refused,
    /// So many seconds must pass first, whether the code was right or not.
    Wait(i64),
}

/// Tries a code. Counted before it is judged, with the failed sign-ins by that name in browsers that are not known.
pub async fn open(app: &App, typed_name: &str, typed_code: &str, address: IpAddr) -> Result<Coded> {
    let name = TypedName::new(typed_name);
    let meant = users::by_full_name(app, typed_name).await?;
    let buckets = name.buckets(meant.as_ref().map(|user| (&user.id, user.role)), address);
    let telling = match throttle::count(app, &buckets).await? {
        Counted::Go { telling, .. } => telling,
        Counted::Wait(seconds) => return Ok(Coded::Wait(seconds)),
    };
    // A name that nobody has is looked for as well.
    let nobody = UserId::new(app.new_id());
    let user = meant.as_ref().map_or(&nobody, |user| &user.id);
    let Some(link) = links::open_by_code_of_user(app, Purpose::SetUp, user, typed_code).await? else {
        if let Some(user) = meant.as_ref().filter(|_| telling) {
            refuse(app, user, address, &buckets).await?;
        }
        return Ok(Coded::Refused);
    };
    let mut tx = app.db.begin().await?;
    throttle::clear(app, &mut tx, &buckets).await?;
    let Some(token) = links::again(app, &mut tx, &link, OPEN_FOR).await? else {
        return Ok(Coded::Refused);
    };
    tx.commit().await?;
    Ok(Coded::Right(token))
}

/// Puts a refusal on record; one in ten minutes, and the first that costs time.
async fn refuse(app: &App, user: &Subject, address: IpAddr, buckets: &[Bucket<'_>]) -> Result<()> {
    let mut tx = app.db.begin().await?;
    throttle::told(app, &mut tx, buckets).await?;
    let event = Event {
        kind: Kind::PasswordSetUp,
        outcome: Outcome::Refused,
        account: Some(&user.account),
        actor: None,
        subject: Some(&user.id),
        session: None,
        address: Some(address),
        detail: serde_json::json!({}),
    };
    audit::record(app, &mut tx, event).await?;
    tx.commit().await
}
