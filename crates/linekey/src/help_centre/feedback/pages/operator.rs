//! `/operator/help`: votes per article over time, suggestions, and what operators do with them.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};

use crate::app::App;
use crate::error::Result;
use crate::help_centre::feedback::About;
use crate::help_centre::feedback::answer::{self, Answered};
use crate::help_centre::feedback::done::{Marked, mark};
use crate::help_centre::feedback::export::{What, export as write_out};
use crate::help_centre::feedback::list::{self, Choice, OfArticle, Suggestion, Votes, WEEKS};
use crate::sessions::signed_in::{Operator, SignedIn};
use crate::users::actor::Actor;
use crate::web::answer::{Problem, page};
use crate::web::flash::{self, Flash};
use crate::web::form::{Fields, Form, Query, encode};
use crate::web::page::{Frame, Section};
use crate::when;

/// How high a bar may be on either side of the line, in units of the chart.
const HIGH: i64 = 14;
/// From one bar to the next.
const STEP: i64 = 8;

/// A bar of a chart.
struct Bar {
    x: i64,
    y: i64,
    height: i64,
    is_good: bool,
}

/// The votes about one article.
struct VotesView {
    address: String,
    title: String,
    bars: Vec<Bar>,
    /// The chart in words.
    lately: String,
    ever: String,
}

/// A suggestion.
struct SuggestionView {
    id: String,
    address: String,
    title: String,
    text: String,
    email: Option<String>,
    when: String,
    at: String,
    /// When it was answered, and with what.
    answered: Option<(String, String)>,
    is_done: bool,
}

struct Tab {
    address: String,
    text: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "help_centre/feedback/operator.html")]
struct FeedbackPage {
    frame: Frame,
    notice: Option<String>,
    votes: Vec<VotesView>,
    /// How wide a chart is, and how high.
    chart: (i64, i64),
    tabs: Vec<Tab>,
    suggestions: Vec<SuggestionView>,
    longest: usize,
    next: Option<String>,
    /// The address of the first page, on any other.
    first: Option<String>,
    /// `?state=all`: where the answer to an act leads back to.
    here: String,
}

/// GET `/operator/help?state=&before=`
pub async fn list(
    State(app): State<App>,
    Operator(me): Operator,
    Query(query): Query,
    carried: Flash,
) -> Result<Response> {
    let (choice, before) = (Choice::of(query.text("state")), query.text("before"));
    let votes = list::votes(&app).await?;
    let found = list::suggestions(&app, choice, before).await?;
    let zone = &me.person.time_zone;
    let most = votes
        .iter()
        .flat_map(|of| of.weeks)
        .map(|week| week.helpful.max(week.unhelpful));
    let most = most.max().unwrap_or_default();
    let body = FeedbackPage {
        frame: me.frame(&app, Section::Feedback),
        notice: carried.notice(&me.session),
        votes: votes.iter().map(|of| votes_view(&app, of, most)).collect(),
        chart: (STEP * i64::try_from(WEEKS).unwrap_or_default(), 2 * HIGH + 1),
        tabs: tabs(&app, choice),
        suggestions: found.suggestions.iter().map(|one| view(&app, one, zone)).collect(),
        longest: answer::LONGEST,
        next: found.next.map(|last| format!("{}#suggestions", address(choice, &last))),
        first: (!before.is_empty()).then(|| format!("{}#suggestions", address(choice, ""))),
        here: part(choice, before),
    };
    Ok(if body.notice.is_some() {
        (flash::clear(&app), page(&body)).into_response()
    } else {
        page(&body)
    })
}

/// The part of the list that is looked at, as an address ends in it.
fn part(choice: Choice, before: &str) -> String {
    match (choice, before) {
        (Choice::Open, "") => String::new(),
        (_, "") => format!("?state={}", choice.as_str()),
        _ => format!("?state={}&before={}", choice.as_str(), encode(before)),
    }
}

fn address(choice: Choice, before: &str) -> String {
    format!("/operator/help{}", part(choice, before))
}

fn tabs(app: &App, chosen: Choice) -> Vec<Tab> {
    let key = |choice| match choice {
        Choice::Open => "feedback-open",
        Choice::Done => "feedback-done",
        Choice::All => "feedback-all",
    };
    let tab = |choice| Tab {
        address: address(choice, ""),
        text: app.words.say(key(choice)),
        is_chosen: choice == chosen,
    };
    Choice::ALL.into_iter().map(tab).collect()
}

fn votes_view(app: &App, of: &OfArticle, most: i64) -> VotesView {
    let said = |key: &str, votes: Votes| {
        let Some(percent) = votes.percent() else {
            return app.words.say("feedback-no-votes");
        };
        let counts = [
            ("helpful", votes.helpful.into()),
            ("all", votes.all().into()),
            ("percent", percent.into()),
        ];
        app.words.say_all(key, counts)
    };
    let about = About {
        category: &of.category,
        article: &of.article,
    };
    VotesView {
        address: about.address(),
        title: about.title(app),
        bars: bars(&of.weeks, most),
        lately: said("feedback-lately", of.lately),
        ever: said("feedback-ever", of.ever),
    }
}

/// A bar up for those whom it helped, one down for those whom it did not, week by week; none is lost for being small.
fn bars(weeks: &[Votes], most: i64) -> Vec<Bar> {
    let height = |votes: i64| {
        if votes > 0 {
            (HIGH * votes / most.max(1)).clamp(1, HIGH)
        } else {
            0
        }
    };
    let of_week = |(week, votes): (i64, &Votes)| {
        let (up, down) = (height(votes.helpful), height(votes.unhelpful));
        [(HIGH - up, up, true), (HIGH + 1, down, false)].map(|(y, height, is_good)| Bar {
            x: week * STEP,
            y,
            height,
            is_good,
        })
    };
    let all = (0..).zip(weeks).flat_map(of_week);
    all.filter(|bar| bar.height > 0).collect()
}

fn view(app: &App, one: &Suggestion, zone: &str) -> SuggestionView {
    let now = app.clock.now();
    let answered = one.answered_at.zip(one.answer.clone());
    SuggestionView {
        id: one.id.clone(),
        address: one.about().address(),
        title: one.about().title(app),
        text: one.text.clone(),
        email: one.email.clone(),
        when: when::short(&app.words, one.created_at, now, zone),
        at: when::exact(one.created_at),
        answered: answered.map(|(at, answer)| {
            let when = when::short(&app.words, at, now, zone);
            (app.words.say_with("feedback-answered", "when", when), answer)
        }),
        is_done: one.done_at.is_some(),
    }
}

/// POST `/operator/help/{id}/done`: with `state=open` it is opened again.
pub async fn done(
    State(app): State<App>,
    Operator(me): Operator,
    Path(id): Path<String>,
    Query(query): Query,
    Form(fields): Form,
) -> Result<Response> {
    let opens = fields.text("state") == "open";
    let said = match mark(&app, me.actor(), &id, !opens).await? {
        Marked::Done if opens => "feedback-marked-open",
        Marked::Done => "feedback-marked-done",
        Marked::Nothing => "feedback-marked-nothing",
        Marked::Forbidden => return Ok(Problem::Operators.into_response()),
    };
    Ok(back(&app, &me, &query, said))
}

/// POST `/operator/help/{id}/answer`
pub async fn answer(
    State(app): State<App>,
    Operator(me): Operator,
    Path(id): Path<String>,
    Query(query): Query,
    Form(fields): Form,
) -> Result<Response> {
    let Actor::Person(person) = me.actor() else {
        return Ok(Problem::Operators.into_response());
    };
    let said = match answer::answer(&app, person, &id, fields.text("answer")).await? {
        Answered::Done => "feedback-answer-sent",
        Answered::Empty => "feedback-answer-empty",
        Answered::TooLong => "feedback-answer-too-long",
        Answered::Nothing => "feedback-answer-nothing",
        Answered::Forbidden => return Ok(Problem::Operators.into_response()),
    };
    Ok(back(&app, &me, &query, said))
}

/// To the part of the list that the act was asked for on.
fn back(app: &App, me: &SignedIn, query: &Fields, said: &str) -> Response {
    let carried = flash::notice(app, &me.session, &app.words.say(said));
    let list = address(Choice::of(query.text("state")), query.text("before"));
    (carried, Redirect::to(&list)).into_response()
}

/// GET `/operator/help/export/{file}`
pub async fn export(State(app): State<App>, Operator(me): Operator, Path(file): Path<String>) -> Result<Response> {
    let Some(what) = What::of(&file) else {
        return Ok(Problem::NotFound.into_response());
    };
    let Some(text) = write_out(&app, me.actor(), what).await? else {
        return Ok(Problem::Operators.into_response());
    };
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{file}\"")),
    ];
    Ok((headers, text).into_response())
}
