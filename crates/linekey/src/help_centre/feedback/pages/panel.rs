//! What stands below an article: the vote and the form for suggestions. `feedback/panel.html` shows it as `panel`, in a
//! page that has `frame` and brings `/assets/feedback.css` and `feedback.js`.

use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::error::Result;
use crate::help_centre::feedback::{About, Voter, form_token, suggest, vote};
use crate::web::cookies;
use crate::web::flash::{self, Flash};
use crate::web::page::FieldError;

/// The cookie of a browser that voted.
pub(super) const VOTER: &str = "linekey-voter";

/// What is said after a form was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// The article helped.
    Helpful,
    /// It did not.
    Unhelpful,
    /// There is a suggestion.
    Suggested,
}

impl Notice {
    const ALL: [Self; 3] = [Self::Helpful, Self::Unhelpful, Self::Suggested];

    /// The message.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Helpful => "feedback-thanks-helpful",
            Self::Unhelpful => "feedback-thanks-unhelpful",
            Self::Suggested => "feedback-thanks-suggested",
        }
    }
}

/// The form of a suggestion.
#[derive(Clone, Debug)]
pub struct SuggestForm {
    /// `/help/passwords/change-your-password`
    pub address: String,
    /// Proves that the portal made the form.
    pub token: String,
    /// What was typed.
    pub text: String,
    /// Where an answer goes.
    pub email: String,
    /// What is wrong with it.
    pub errors: Vec<FieldError>,
    /// The most characters.
    pub longest: usize,
}

impl SuggestForm {
    /// An empty one.
    pub(super) fn new(app: &App, about: About<'_>) -> Self {
        Self {
            address: about.address(),
            token: form_token(app, about),
            text: String::new(),
            email: String::new(),
            errors: Vec::new(),
            longest: suggest::LONGEST,
        }
    }

    /// Whether something is wrong with a field.
    pub fn is_wrong(&self, field: &str) -> bool {
        self.errors.iter().any(|error| error.field == field)
    }

    /// What is wrong with it.
    pub fn wrong(&self, field: &str) -> String {
        let errors = self.errors.iter().filter(|error| error.field == field);
        errors.map(|error| error.text.as_str()).collect::<Vec<_>>().join(" ")
    }
}

/// What stands below an article.
#[derive(Clone, Debug)]
pub struct Panel {
    /// How this browser voted: `yes`, `no`, or empty.
    pub voted: &'static str,
    /// What is said about what was sent; empty for nothing.
    pub notice: String,
    /// For a suggestion.
    pub form: SuggestForm,
}

impl Panel {
    /// The panel of an article that exists. One question to the database, if this browser voted before; none otherwise.
    pub async fn of(app: &App, headers: &HeaderMap, carried: Flash, about: About<'_>) -> Result<Self> {
        let voted = match voter(app, headers) {
            Some(voter) => vote::of(app, &voter, about).await?,
            None => None,
        };
        let said = carried.of_stranger(&kind(about));
        let notice = said.and_then(|said| Notice::ALL.into_iter().find(|notice| notice.key() == said));
        Ok(Self {
            voted: voted.map_or("", |helpful| if helpful { "yes" } else { "no" }),
            notice: notice.map(|notice| app.words.say(notice.key())).unwrap_or_default(),
            form: SuggestForm::new(app, about),
        })
    }

    /// Whether it says something that is said once.
    pub fn is_notice_shown(&self) -> bool {
        !self.notice.is_empty()
    }

    /// The page of the article; what it said once is forgotten, if it was `shown`.
    pub fn once(app: &App, shown: bool, page: Response) -> Response {
        if shown {
            (flash::clear(app), page).into_response()
        } else {
            page
        }
    }
}

/// The browser's cookie, if it voted before.
pub(super) fn voter(app: &App, headers: &HeaderMap) -> Option<Voter> {
    cookies::get(app, headers, VOTER).and_then(Voter::of)
}

/// Under which name a notice is carried to the article it is about.
pub(super) fn kind(about: About<'_>) -> String {
    format!("feedback {}", about.path())
}
