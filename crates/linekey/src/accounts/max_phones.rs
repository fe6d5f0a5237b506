//! Chooses how many phones an account may have. A phone that it has already stays, however few they may be.

use super::store;
use crate::app::App;
use crate::audit::{self, Event, Kind};
use crate::error::Result;

/// The most that can be chosen. A new account may have 1,000, as the schema says.
pub const MOST: i64 = 1_000_000;

/// What became of the choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// It holds from now on.
    Done {
        /// How many phones the account has.
        has: i64,
    },
    /// It was so before.
    Already,
    /// It is not 0 to [`MOST`].
    OutOfRange,
    /// There is no account of that domain.
    NoAccount,
}

/// Has the account of `domain` have at most so many phones; with 0 it gets none.
pub async fn choose(app: &App, domain: &str, most: i64) -> Result<Chosen> {
    if !(0..=MOST).contains(&most) {
        return Ok(Chosen::OutOfRange);
    }
    let mut tx = app.db.begin().await?;
    let Some(account) = store::by_domain(&mut tx, &domain.trim().to_lowercase()).await? else {
        return Ok(Chosen::NoAccount);
    };
    store::hold(&mut tx, &account).await?;
    let (before, has) = store::max_phones_of(&mut tx, &account).await?;
    if before == most {
        return Ok(Chosen::Already);
    }
    store::set_max_phones(&mut tx, &account, most).await?;
    let detail = serde_json::json!({ "before": before, "most": most });
    let event = Event::of_console(Kind::AccountMaxPhones, Some(&account), None, detail);
    audit::record(app, &mut tx, event).await?;
    tx.commit().await?;
    Ok(Chosen::Done { has })
}
