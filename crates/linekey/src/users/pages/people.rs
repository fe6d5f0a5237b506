//! `/admin/users`: the people of the administrator's account.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use crate::app::App;
use crate::error::Result;
use crate::ids::UserId;
use crate::sessions::signed_in::Administrator;
use crate::users::find::{self, Listed};
use crate::web::answer::page;
use crate::web::flash::{self, Flash};
use crate::web::form::{Query, encode};
use crate::web::page::{Frame, Section};

/// What carries what was done to somebody who has no page any more.
pub(super) const NOTICE: &str = "people-notice";

/// One person in the list.
struct Row {
    id: String,
    display_name: String,
    sign_in_name: String,
    email: String,
    extension: String,
    phones: i64,
    administrator: bool,
    /// Class and words of what is out of the ordinary.
    state: Option<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "users/people.html")]
struct PeoplePage {
    frame: Frame,
    account: String,
    notice: Option<String>,
    searched: String,
    people: Vec<Row>,
    next: Option<String>,
    /// The address of the first page, on any other.
    first: Option<String>,
}

/// GET `/admin`: people come first.
pub async fn to_people(_: Administrator) -> Redirect {
    Redirect::to("/admin/users")
}

/// GET `/admin/users?q=&after=`
pub async fn list(
    State(app): State<App>,
    Administrator(me): Administrator,
    carried: Flash,
    Query(query): Query,
) -> Result<Response> {
    let notice = carried.take(&me.session, NOTICE);
    let told = notice.is_some().then(|| flash::clear(&app));
    let searched = query.text("q").trim().to_owned();
    let after = UserId::parse(query.text("after"));
    let found = find::people(&app, &me.person.account, &searched, after.as_ref()).await?;
    let next = found.next.map(|last| {
        let searched = encode(&searched);
        format!("/admin/users?q={searched}&after={last}")
    });
    let row = |listed| row(&app, listed, &me.person.domain);
    let shown = page(&PeoplePage {
        frame: me.frame(&app, Section::People),
        account: me.person.account_name.clone(),
        notice,
        people: found.people.into_iter().map(row).collect(),
        first: after.map(|_| format!("/admin/users?q={}", encode(&searched))),
        searched,
        next,
    });
    Ok((told, shown).into_response())
}

fn row(app: &App, listed: Listed, domain: &str) -> Row {
    let say = |key: &str| app.words.say(key);
    let state = if listed.disabled_at.is_some() {
        Some(("bad", say("person-disabled")))
    } else if listed.password_set_at.is_none() {
        Some(("warn", say("person-no-password")))
    } else if listed.must_change_at.is_some() {
        Some(("warn", say("person-must-change")))
    } else {
        None
    };
    Row {
        sign_in_name: listed.role.sign_in_name(&listed.name, domain),
        administrator: listed.role == crate::users::Role::Administrator,
        id: listed.id.to_string(),
        display_name: listed.display_name,
        email: listed.email.unwrap_or_default(),
        extension: listed.extension.unwrap_or_default(),
        phones: listed.phones,
        state,
    }
}
