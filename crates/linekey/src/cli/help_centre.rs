//! `linekey help-centre`

use std::path::PathBuf;

use anyhow::bail;
use clap::{Subcommand, ValueEnum};
use serde_json::json;

use super::table::{self, Row};
use super::{done, open};
use crate::app::App;
use crate::help_centre::feedback::done::{Marked, mark};
use crate::help_centre::feedback::list::{self, Choice, OfArticle, Suggestion};
use crate::users::Actor;
use crate::when;

/// How much of a suggestion a line of the table shows, in characters.
const SHOWN: usize = 80;

/// What can be done with what readers say.
#[derive(Debug, Subcommand)]
pub(super) enum HelpCentreCommand {
    /// Show whom each article helped: in the last 12 weeks, and in all
    Votes {
        /// One array of objects, for programs
        #[arg(long)]
        json: bool,
    },
    /// List suggestions, newest first
    Suggestions {
        /// Which
        #[arg(long, value_enum, default_value_t = State::Open)]
        state: State,
        /// At most this many
        #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
        limit: u32,
        /// One array of objects, for programs; with the whole text
        #[arg(long)]
        json: bool,
    },
    /// Mark a suggestion as done
    Done {
        /// Its id; `help-centre suggestions` shows it
        #[arg(value_name = "ID")]
        suggestion: String,
    },
    /// Open a suggestion again that was done
    Reopen {
        /// Its id; `help-centre suggestions --state done` shows it
        #[arg(value_name = "ID")]
        suggestion: String,
    },
}

/// Which suggestions.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum State {
    Open,
    Done,
    All,
}

pub(super) async fn run(command: HelpCentreCommand, file: Option<PathBuf>) -> anyhow::Result<()> {
    let app = open::portal(file).await?;
    match command {
        HelpCentreCommand::Votes { json } => {
            let rows = list::votes(&app).await?.into_iter().map(of_article).collect();
            let head = ["article", "helped in 12 weeks", "not", "helped in all", "not"];
            table::print(&head, rows, json, "Nobody has voted yet.")?;
        }
        HelpCentreCommand::Suggestions { state, limit, json } => {
            let choice = match state {
                State::Open => Choice::Open,
                State::Done => Choice::Done,
                State::All => Choice::All,
            };
            let most = usize::try_from(limit).unwrap_or(usize::MAX);
            let found = list::newest(&app, choice, "", most).await?;
            let head = ["id", "when", "article", "state", "e-mail", "text"];
            let rows = found.into_iter().map(of_suggestion).collect();
            table::print(&head, rows, json, "There are no such suggestions.")?;
        }
        HelpCentreCommand::Done { suggestion } => set(&app, &suggestion, true).await?,
        HelpCentreCommand::Reopen { suggestion } => set(&app, &suggestion, false).await?,
    }
    done(app).await
}

async fn set(app: &App, suggestion: &str, is_done: bool) -> anyhow::Result<()> {
    let state = if is_done { "done" } else { "open" };
    match mark(app, Actor::Console, suggestion, is_done).await? {
        Marked::Done => super::say(&format!("The suggestion is {state}.\n")),
        Marked::Nothing | Marked::Forbidden => {
            bail!("nothing is changed: there is no suggestion {suggestion}, or it is {state} already")
        }
    }
    Ok(())
}

fn of_article(of: OfArticle) -> Row {
    let path = format!("{}/{}", of.category, of.article);
    let weeks = of
        .weeks
        .map(|week| json!({ "helpful": week.helpful, "not_helpful": week.unhelpful }));
    Row {
        object: json!({
            "article": path,
            "weeks": weeks,
            "helpful": of.ever.helpful,
            "not_helpful": of.ever.unhelpful,
        }),
        cells: vec![
            path,
            of.lately.helpful.to_string(),
            of.lately.unhelpful.to_string(),
            of.ever.helpful.to_string(),
            of.ever.unhelpful.to_string(),
        ],
    }
}

fn of_suggestion(one: Suggestion) -> Row {
    let state = if one.done_at.is_some() { "done" } else { "open" };
    let path = one.about().path();
    let mut text: String = one.text.replace('\n', " ").chars().take(SHOWN).collect();
    if text.len() < one.text.len() {
        text.push('\u{2026}');
    }
    Row {
        object: json!({
            "id": one.id,
            "at": when::rfc3339(one.created_at),
            "article": path,
            "text": one.text,
            "email": one.email,
            "answered_at": one.answered_at.map(when::rfc3339),
            "answer": one.answer,
            "done_at": one.done_at.map(when::rfc3339),
        }),
        cells: vec![
            one.id,
            when::exact(one.created_at),
            path,
            state.to_owned(),
            one.email.unwrap_or_default(),
            text,
        ],
    }
}
