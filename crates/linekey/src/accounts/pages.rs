//! `/operator/accounts`: all accounts of the provider, to look at.

use askama::Template;
use axum::extract::State;
use axum::response::{Redirect, Response};

use super::find::{self, Listed};
use crate::app::App;
use crate::error::Result;
use crate::sessions::signed_in::Operator;
use crate::web::answer::page;
use crate::web::form::{Query, encode};
use crate::web::page::{Frame, Section};

#[derive(Template)]
#[template(path = "accounts/accounts.html")]
struct AccountsPage {
    frame: Frame,
    searched: String,
    accounts: Vec<Listed>,
    next: Option<String>,
    /// The address of the first page, on any other.
    first: Option<String>,
}

/// GET `/operator`: accounts come first.
pub async fn to_accounts(_: Operator) -> Redirect {
    Redirect::to("/operator/accounts")
}

/// GET `/operator/accounts?q=&after=`
pub async fn list(State(app): State<App>, Operator(me): Operator, Query(query): Query) -> Result<Response> {
    let searched = query.text("q").trim().to_owned();
    let after = query.text("after");
    let found = find::accounts(&app, &searched, after).await?;
    let next = |last: String| format!("/operator/accounts?q={}&after={}", encode(&searched), encode(&last));
    Ok(page(&AccountsPage {
        frame: me.frame(&app, Section::Accounts),
        accounts: found.accounts,
        first: (!after.is_empty()).then(|| format!("/operator/accounts?q={}", encode(&searched))),
        next: found.next.map(next),
        searched,
    }))
}
