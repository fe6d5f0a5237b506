//! Statements on `help_votes`, `help_vote_days` and `help_suggestions`.

use super::About;
use super::list::Suggestion;
use crate::clock::Millis;
use crate::db::{Db, Tx, query};
use crate::error::Result;

/// Whether the visitor of this hash was helped, if they voted.
pub(super) async fn vote_of(db: &Db, visitor: &[u8]) -> Result<Option<bool>> {
    let found: Option<(i64,)> = query("select helpful from help_votes where visitor = $1")
        .bind(visitor)
        .optional(db)
        .await?;
    Ok(found.map(|(helpful,)| helpful == 1))
}

/// Keeps a first vote. False: there is one already.
pub(super) async fn add_vote(
    tx: &mut Tx,
    visitor: &[u8],
    about: About<'_>,
    helpful: bool,
    (day, at): (i64, Millis),
) -> Result<bool> {
    let added = query(
        "insert into help_votes (visitor, category, article, helpful, day, at) values ($1, $2, $3, $4, $5, $6)
         on conflict (visitor) do nothing",
    )
    .bind(visitor)
    .bind(about.category)
    .bind(about.article)
    .bind(i64::from(helpful))
    .bind(day)
    .bind(at)
    .run(tx)
    .await?;
    Ok(added == 1)
}

/// Changes a vote: the day on which it is counted. `None`: it was so before.
pub(super) async fn change_vote(tx: &mut Tx, visitor: &[u8], helpful: bool, at: Millis) -> Result<Option<i64>> {
    let changed: Option<(i64,)> =
        query("update help_votes set helpful = $2, at = $3 where visitor = $1 and helpful <> $2 returning day")
            .bind(visitor)
            .bind(i64::from(helpful))
            .bind(at)
            .optional(tx)
            .await?;
    Ok(changed.map(|(day,)| day))
}

/// Adds to what is counted on a day.
pub(super) async fn count_votes(
    tx: &mut Tx,
    about: About<'_>,
    day: i64,
    (helpful, unhelpful): (i64, i64),
) -> Result<()> {
    query(
        "insert into help_vote_days (category, article, day, helpful, unhelpful) values ($1, $2, $3, $4, $5)
         on conflict (category, article, day) do update
            set helpful = help_vote_days.helpful + excluded.helpful,
                unhelpful = help_vote_days.unhelpful + excluded.unhelpful",
    )
    .bind(about.category)
    .bind(about.article)
    .bind(day)
    .bind(helpful)
    .bind(unhelpful)
    .run(tx)
    .await?;
    Ok(())
}

/// The votes about one article in one week; -1 is the time before the first week.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct OfWeek {
    pub(super) category: String,
    pub(super) article: String,
    pub(super) week: i64,
    pub(super) helpful: i64,
    pub(super) unhelpful: i64,
}

/// Every article's votes, by the weeks from the day `since` on.
pub(super) async fn votes_by_week(db: &Db, since: i64) -> Result<Vec<OfWeek>> {
    query(
        "select category, article, case when day >= $1 then (day - $1) / 7 else -1 end as week,
                cast(sum(helpful) as bigint) as helpful, cast(sum(unhelpful) as bigint) as unhelpful
           from help_vote_days group by 1, 2, 3 order by 1, 2, 3",
    )
    .bind(since)
    .all(db)
    .await
}

/// The votes about one article on one day.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct OfDay {
    pub(super) category: String,
    pub(super) article: String,
    pub(super) day: i64,
    pub(super) helpful: i64,
    pub(super) unhelpful: i64,
}

/// Every article's votes, by day, the newest first.
pub(super) async fn votes_by_day(db: &Db, most: i64) -> Result<Vec<OfDay>> {
    query(
        "select category, article, day, helpful, unhelpful from help_vote_days
          order by day desc, category, article limit $1",
    )
    .bind(most)
    .all(db)
    .await
}

/// A suggestion to keep.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewSuggestion<'a> {
    pub(super) id: &'a str,
    pub(super) form: &'a str,
    pub(super) about: About<'a>,
    pub(super) text: &'a str,
    pub(super) email: Option<&'a str>,
}

/// Keeps a suggestion, unless its form was sent before.
pub(super) async fn add_suggestion(tx: &mut Tx, new: NewSuggestion<'_>, at: Millis) -> Result<()> {
    query(
        "insert into help_suggestions (id, form, category, article, text, email, created_at)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (form) do nothing",
    )
    .bind(new.id)
    .bind(new.form)
    .bind(new.about.category)
    .bind(new.about.article)
    .bind(new.text)
    .bind(new.email)
    .bind(at)
    .run(tx)
    .await?;
    Ok(())
}

/// Suggestions that are older than `before`, newest first. For operators alone.
pub(super) async fn suggestions(db: &Db, state: &str, before: &str, most: i64) -> Result<Vec<Suggestion>> {
    query(
        "select id, category, article, text, email, created_at, answered_at, answer, done_at from help_suggestions
          where ($1 = 'all' or ($1 = 'open' and done_at is null) or ($1 = 'done' and done_at is not null))
            and ($2 = '' or id < $2)
          order by id desc limit $3",
    )
    .bind(state)
    .bind(before)
    .bind(most)
    .all(db)
    .await
}

/// Marks a suggestion as done at that moment, or as open. False: it was so before, or there is none.
pub(super) async fn mark(tx: &mut Tx, id: &str, done_at: Option<Millis>) -> Result<bool> {
    let marked = match done_at {
        Some(at) => {
            query("update help_suggestions set done_at = $2 where id = $1 and done_at is null")
                .bind(id)
                .bind(at)
                .run(tx)
                .await?
        }
        None => {
            query("update help_suggestions set done_at = null where id = $1 and done_at is not null")
                .bind(id)
                .run(tx)
                .await?
        }
    };
    Ok(marked == 1)
}

/// Whom an answer goes to, and about what it is.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct AnswerTo {
    pub(super) category: String,
    pub(super) article: String,
    pub(super) email: String,
    pub(super) created_at: Millis,
}

/// Notes the answer to a suggestion. `None`: it has one, came without an address, or there is none.
pub(super) async fn answer(tx: &mut Tx, id: &str, text: &str, at: Millis) -> Result<Option<AnswerTo>> {
    query(
        "update help_suggestions set answer = $2, answered_at = $3
          where id = $1 and answered_at is null and email is not null
         returning category, article, email, created_at",
    )
    .bind(id)
    .bind(text)
    .bind(at)
    .optional(tx)
    .await
}

/// Forgets by whom votes from before `before` were. What is counted a day stays.
pub(super) async fn forget_voters(tx: &mut Tx, before: Millis) -> Result<u64> {
    query("delete from help_votes where at < $1").bind(before).run(tx).await
}

/// Removes suggestions that were done before `done`, and open ones from before `open`.
pub(super) async fn remove_suggestions(tx: &mut Tx, done: Millis, open: Millis) -> Result<u64> {
    query("delete from help_suggestions where done_at < $1 or (done_at is null and created_at < $2)")
        .bind(done)
        .bind(open)
        .run(tx)
        .await
}
