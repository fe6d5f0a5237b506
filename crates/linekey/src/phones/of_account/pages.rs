//! `/admin/phones`: the phones of the administrator's account.

use askama::Template;
use axum::extract::State as Of;
use axum::response::Response;

use super::{Listed, Sought, find, state_of};
use crate::app::App;
use crate::error::Result;
use crate::ids::PhoneId;
use crate::phones::view::{PhoneView, State};
use crate::sessions::SignedIn;
use crate::sessions::signed_in::Administrator;
use crate::users::permissions::{Act, Standing, refusal};
use crate::web::answer::page;
use crate::web::form::{Query, encode};
use crate::web::page::{Frame, Section};

/// One phone in the list.
struct Row {
    phone: PhoneView,
    /// Its page, if that is theirs to open.
    page: Option<String>,
    owner: String,
    owner_name: String,
}

/// A state that can be looked for, or any.
struct Choice {
    /// Of the dot.
    class: &'static str,
    text: String,
    count: i64,
    href: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "phones/of_account/phones.html")]
struct PhonesPage {
    frame: Frame,
    account: String,
    searched: String,
    state: &'static str,
    choices: Vec<Choice>,
    phones: Vec<Row>,
    next: Option<String>,
    /// The address of the first page, on any other.
    first: Option<String>,
}

/// GET `/admin/phones?q=&state=&after=`
pub async fn list(Of(app): Of<App>, Administrator(me): Administrator, Query(query): Query) -> Result<Response> {
    let searched = query.text("q").trim();
    let state = state_of(query.text("state"));
    let after = PhoneId::parse(query.text("after"));
    let found = find(
        &app,
        Sought {
            account: &me.person.account,
            domain: &me.person.domain,
            text: searched,
            state,
            after: after.as_ref(),
            zone: &me.person.time_zone,
        },
    )
    .await?;
    let first = address(searched, state);
    Ok(page(&PhonesPage {
        frame: me.frame(&app, Section::AllPhones),
        account: me.person.account_name.clone(),
        choices: choices(&app, searched, state, &found.counts),
        phones: found.phones.into_iter().map(|listed| row(&me, listed)).collect(),
        next: found.next.map(|last| format!("{first}&after={last}")),
        first: after.map(|_| first),
        searched: searched.to_owned(),
        state: state.map_or("", State::class),
    }))
}

fn address(searched: &str, state: Option<State>) -> String {
    let state = state.map_or("", State::class);
    format!("/admin/phones?q={}&state={state}", encode(searched))
}

/// Every state that a phone is in, and the one that is looked for; nothing to choose where all are in one.
fn choices(app: &App, searched: &str, chosen: Option<State>, counts: &[(State, i64)]) -> Vec<Choice> {
    let choice = |state: Option<State>, count| {
        let class = state.map_or("", State::class);
        let key = state.map_or("phones-state-any".to_owned(), |_| format!("phones-state-{class}"));
        Choice {
            class,
            text: app.words.say(&key),
            count,
            href: address(searched, state),
            chosen: state == chosen,
        }
    };
    let mut choices = vec![choice(None, counts.iter().map(|(_, count)| count).sum())];
    choices.extend(counts.iter().map(|(state, count)| choice(Some(*state), *count)));
    if let Some(state) = chosen.filter(|state| counts.iter().all(|(other, _)| other != state)) {
        choices.push(choice(Some(state), 0));
    }
    choices
}

fn row(me: &SignedIn, listed: Listed) -> Row {
    let owner = Standing {
        id: &listed.owner,
        account: &me.person.account,
        role: listed.owner_role,
    };
    let phone = &listed.phone.id;
    let page = if listed.owner == me.person.id {
        Some(format!("/phones/{phone}"))
    } else {
        let may = refusal(me.person.standing(), Act::Phones, owner).is_none();
        may.then(|| format!("/admin/users/{}/phones/{phone}", listed.owner))
    };
    Row {
        page,
        owner: listed.owner.to_string(),
        owner_name: listed.owner_name,
        phone: listed.phone,
    }
}
