//! An operator is done with a suggestion, or opens it again.

use super::store;
use crate::app::App;
use crate::audit::{self, Kind, Outcome};
use crate::error::Result;
use crate::users::actor::Actor;
use crate::users::operate::{self, of_provider};

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marked {
    /// It is as wished.
    Done,
    /// It was before, or there is no such suggestion.
    Nothing,
    /// It is not theirs to do.
    Forbidden,
}

/// Marks the suggestion `id` as done, or as open again.
///
/// # Errors
/// [`crate::error::Error::SessionEnded`] when the actor's session has ended meanwhile.
pub async fn mark(app: &App, actor: Actor<'_>, id: &str, done: bool) -> Result<Marked> {
    let mut tx = app.db.begin().await?;
    if !operate::may(&mut tx, actor).await? {
        return Ok(Marked::Forbidden);
    }
    let done_at = done.then(|| app.clock.now());
    if !store::mark(&mut tx, id, done_at).await? {
        return Ok(Marked::Nothing);
    }
    let kind = if done {
        Kind::SuggestionDone
    } else {
        Kind::SuggestionReopen
    };
    let event = of_provider(actor, kind, Outcome::Done, serde_json::json!({ "suggestion": id }));
    audit::record(app, &mut tx, event).await?;
    tx.commit().await?;
    Ok(Marked::Done)
}
