//! An operator answers a suggestion, once, by mail to the address that came with it.

use super::suggest::cleaned;
use super::{About, store};
use crate::app::App;
use crate::audit::{self, Kind, Outcome};
use crate::error::Result;
use crate::mail::{self, Mail, SuggestionAnswer};
use crate::users::actor::{Acting, Actor};
use crate::users::operate::{self, of_provider};

/// The longest answer, in characters.
pub const LONGEST: usize = 4_000;

/// What came of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It is on its way.
    Done,
    /// It is empty.
    Empty,
    /// It is longer than [`LONGEST`].
    TooLong,
    /// It was answered before, there is no address, or no such suggestion.
    Nothing,
    /// It is not theirs to do.
    Forbidden,
}

/// Answers the suggestion `id`.
///
/// # Errors
/// [`crate::error::Error::SessionEnded`] when the actor's session has ended meanwhile.
pub async fn answer(app: &App, person: Acting<'_>, id: &str, text: &str) -> Result<Answered> {
    let (actor, text) = (Actor::Person(person), cleaned(text));
    match text.chars().count() {
        0 => return Ok(Answered::Empty),
        length if length > LONGEST => return Ok(Answered::TooLong),
        _ => {}
    }
    let mut tx = app.db.begin().await?;
    if !operate::may(&mut tx, actor).await? {
        return Ok(Answered::Forbidden);
    }
    let Some(to) = store::answer(&mut tx, id, &text, app.clock.now()).await? else {
        return Ok(Answered::Nothing);
    };
    let about = About {
        category: &to.category,
        article: &to.article,
    };
    let letter = Mail::SuggestionAnswer(SuggestionAnswer {
        title: about.title(app),
        page: about.address(),
        at: to.created_at,
        by: actor.by(),
        answer: text,
    });
    // Whoever wrote it is nobody here: the mail is the operator's.
    mail::send(app, &mut tx, (person.account, person.id), &to.email, &letter).await?;
    let detail = serde_json::json!({ "suggestion": id });
    let event = of_provider(actor, Kind::SuggestionAnswer, Outcome::Done, detail);
    audit::record(app, &mut tx, event).await?;
    tx.commit().await?;
    Ok(Answered::Done)
}
