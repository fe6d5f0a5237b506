//! A change that waits for "Confirm it's you": the finished hash, never the password, bound to its session, user,
//! epoch and policy, for five minutes.

use super::hash::HashedPassword;
use super::prepare::SecretVerdict;
use super::store;
use crate::app::App;
use crate::clock::{MINUTE, Millis};
use crate::error::Result;
use crate::ids::PendingId;
use crate::keys::Purpose;
use crate::sessions::SignedIn;
use crate::users;

/// How long a change waits.
pub const LIFETIME: Millis = 5 * MINUTE;

/// A change that waits, and is still worth confirming.
#[derive(Debug)]
pub struct Waiting {
    /// Its id, which the confirmation must carry.
    pub id: PendingId,
    /// When Save was pressed.
    pub created_at: Millis,
    /// The finished hash.
    pub(super) hash: HashedPassword,
    /// What it may be refused for once the person is known.
    pub(super) verdict: SecretVerdict,
    /// Whether it ends the other sessions.
    pub(super) sign_out_others: bool,
}

/// Keeps a change for `me`, in place of any that waited in this session.
pub(super) async fn keep(
    app: &App,
    me: &SignedIn,
    hash: &HashedPassword,
    verdict: SecretVerdict,
    sign_out_others: bool,
) -> Result<PendingId> {
    let id = PendingId::new(app.new_id());
    let row = store::PendingRow {
        password_hash: hash.as_str().to_owned(),
        verdict: app
            .keys
            .seal(Purpose::PendingVerdict, &place(&id), &[verdict.to_byte()], &app.random),
        credential_epoch: me.person.credential_epoch,
        policy: app.config.password.policy.to_string(),
        sign_out_others: i64::from(sign_out_others),
        created_at: app.clock.now(),
        id: id.clone(),
    };
    let mut tx = app.db.begin().await?;
    users::hold(&mut tx, &me.person.id, &me.session).await?;
    store::put_pending(&mut tx, (&me.person.account, &me.person.id, &me.session), &row).await?;
    tx.commit().await?;
    Ok(id)
}

/// The change `id` of this session, unless it is too old, or another password or policy came since.
pub async fn find(app: &App, me: &SignedIn, id: &PendingId) -> Result<Option<Waiting>> {
    let Some(row) = store::pending(&app.db, &me.person.id, &me.session, id).await? else {
        return Ok(None);
    };
    let age = app.clock.now() - row.created_at;
    if age >= LIFETIME
        || row.credential_epoch != me.person.credential_epoch
        || row.policy != app.config.password.policy.name()
    {
        return Ok(None);
    }
    // What another key sealed cannot be told, so it cannot be committed either.
    let Ok(verdict) = app.keys.open(Purpose::PendingVerdict, &place(&row.id), &row.verdict) else {
        return Ok(None);
    };
    Ok(Some(Waiting {
        id: row.id,
        created_at: row.created_at,
        hash: HashedPassword::from_store(row.password_hash),
        verdict: SecretVerdict::of_byte(verdict.first().copied().unwrap_or_default()),
        sign_out_others: row.sign_out_others != 0,
    }))
}

/// Removes what nobody confirmed; run now and then.
pub async fn sweep(app: &App) -> Result<()> {
    let mut tx = app.db.begin().await?;
    store::remove_pending_older(&mut tx, app.clock.now() - LIFETIME).await?;
    tx.commit().await
}

fn place(id: &PendingId) -> String {
    format!("pending_changes/{id}/verdict")
}
