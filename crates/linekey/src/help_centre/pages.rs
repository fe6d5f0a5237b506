//! `/help`: the help centre, for everybody. Who is signed in sees the frame and the rules of their account.

mod picture;
mod sitemap;

use std::sync::Arc;

use askama::Template;
use axum::extract::{MatchedPath, Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

pub use picture::picture;
pub use sitemap::sitemap;

use super::articles::{Article, Audience, Category, Library};
use super::feedback::About;
use super::feedback::pages::panel::Panel;
use super::near::near;
use super::search::Hit;
use super::structured;
use super::values::Values;
use crate::app::App;
use crate::error::Result;
use crate::sessions::SignedIn;
use crate::sessions::signed_in::Visitor;
use crate::web::answer::page;
use crate::web::flash::Flash;
use crate::web::form::Query;
use crate::web::gate::with_status;
use crate::web::page::{Explained, Frame, Section};

/// The most characters of a question that are looked at.
const LONGEST_QUESTION: usize = 200;

/// A link to an article, with what it is about.
struct Link {
    href: String,
    title: String,
    summary: String,
    /// Of the article that is open.
    current: bool,
}

/// A category with its articles.
struct Group {
    name: String,
    title: String,
    summary: String,
    articles: Vec<Link>,
    /// Whether the page is about it, or about one of its articles.
    current: bool,
}

/// What an article is found with.
struct Found {
    href: String,
    title: String,
    category: String,
    summary: String,
    /// Link and heading of the part that fits best.
    part: Option<(String, String)>,
    around: Vec<(String, bool)>,
}

#[derive(Template)]
#[template(path = "help_centre/front.html")]
struct FrontPage {
    frame: Frame,
    question: String,
    groups: Vec<Group>,
    support: String,
    address: String,
}

#[derive(Template)]
#[template(path = "help_centre/found.html")]
struct FoundPage {
    frame: Frame,
    question: String,
    found: Vec<Found>,
    near: Vec<Link>,
    support: String,
}

#[derive(Template)]
#[template(path = "help_centre/category.html")]
struct CategoryPage {
    frame: Frame,
    groups: Vec<Group>,
    open: Group,
    support: String,
    address: String,
}

#[derive(Template)]
#[template(path = "help_centre/article.html")]
struct ArticlePage {
    frame: Frame,
    groups: Vec<Group>,
    category: Link,
    title: String,
    summary: String,
    /// Whom it is for, if not for everybody.
    audience: Option<String>,
    intro: String,
    sections: Vec<Shown>,
    related: Vec<Link>,
    support: String,
    address: String,
    /// `mailto:` with the title and the address.
    mail: String,
    structured: String,
    panel: Panel,
}

/// A section as one reader sees it.
struct Shown {
    id: String,
    title: String,
    heading: String,
    html: String,
    questions: Vec<ShownQuestion>,
}

struct ShownQuestion {
    id: String,
    heading: String,
    html: String,
}

#[derive(Template)]
#[template(path = "help_centre/nowhere.html")]
struct NowherePage {
    frame: Frame,
    question: String,
    near: Vec<Link>,
    support: String,
}

/// The frame of a page of the help centre.
fn frame(app: &App, visitor: &Visitor) -> Frame {
    match &visitor.0 {
        Some(me) => me.frame(app, Section::Help),
        None => Frame {
            section: Section::Help,
            ..Frame::for_strangers(app)
        },
    }
}

/// Whom to ask, as a sentence's end in HTML.
fn support(app: &App, me: Option<&SignedIn>) -> String {
    Values::of(app, me).html(super::values::SUPPORT)
}

fn link(article: &Article) -> Link {
    Link {
        href: article.address(),
        title: article.title.clone(),
        summary: article.summary.clone(),
        current: false,
    }
}

fn group(category: &Category, current: &str) -> Group {
    let articles = category.articles.iter().map(|article| Link {
        current: article.path() == current,
        ..link(article)
    });
    Group {
        name: category.name.clone(),
        title: category.title.clone(),
        summary: category.summary.clone(),
        articles: articles.collect(),
        current: current.split('/').next() == Some(&category.name),
    }
}

/// Categories with something in them; `current` is a category or an article.
fn groups(library: &Library, current: &str) -> Vec<Group> {
    let filled = library
        .categories
        .iter()
        .filter(|category| !category.articles.is_empty());
    filled.map(|category| group(category, current)).collect()
}

/// An address as others are told it.
fn whole(app: &App, path: &str) -> String {
    format!("{}{path}", app.config.portal.public_url.origin())
}

/// GET `/help`
pub async fn front(State(app): State<App>, visitor: Visitor) -> Response {
    let library = app.help.library();
    page(&FrontPage {
        frame: frame(&app, &visitor),
        question: String::new(),
        groups: groups(&library, ""),
        support: support(&app, visitor.0.as_ref()),
        address: whole(&app, "/help"),
    })
}

/// GET `/help/search?q=`
pub async fn search(State(app): State<App>, visitor: Visitor, Query(query): Query) -> Response {
    let question: String = query.text("q").trim().chars().take(LONGEST_QUESTION).collect();
    if question.is_empty() {
        return Redirect::to("/help").into_response();
    }
    let library = app.help.library();
    let values = Values::of(&app, visitor.0.as_ref());
    let found = library.index.find(&question).into_iter();
    let found: Vec<_> = found.filter_map(|hit| of_hit(&library, &values, hit)).collect();
    let near = match found.is_empty() {
        true => near(&library, &question).into_iter().map(link).collect(),
        false => Vec::new(),
    };
    page(&FoundPage {
        frame: frame(&app, &visitor),
        support: support(&app, visitor.0.as_ref()),
        question,
        found,
        near,
    })
}

fn of_hit(library: &Library, values: &Values<'_>, hit: Hit) -> Option<Found> {
    let article = library.at(&hit.path)?;
    let address = article.address();
    let category = library.category(&article.category)?;
    Some(Found {
        title: article.title.clone(),
        category: category.title.clone(),
        summary: article.summary.clone(),
        part: hit
            .part
            .map(|(id, heading)| (format!("{address}#{id}"), values.text(&heading))),
        around: hit
            .around
            .into_iter()
            .map(|(run, marked)| (values.text(&run), marked))
            .collect(),
        href: address,
    })
}

/// GET `/help/{category}`
pub async fn category(State(app): State<App>, visitor: Visitor, Path(name): Path<String>) -> Response {
    let library = app.help.library();
    match library.category(&name) {
        Some(open) => page(&CategoryPage {
            frame: frame(&app, &visitor),
            groups: groups(&library, &name),
            open: group(open, &name),
            support: support(&app, visitor.0.as_ref()),
            address: whole(&app, &format!("/help/{name}")),
        }),
        None => nowhere(&app, &visitor, &name),
    }
}

/// GET `/help/{category}/{article}`
pub async fn article(
    State(app): State<App>,
    visitor: Visitor,
    Path((category, name)): Path<(String, String)>,
    headers: HeaderMap,
    carried: Flash,
) -> Result<Response> {
    let library = app.help.library();
    let Some((category, article)) = library.category(&category).zip(library.article(&category, &name)) else {
        return Ok(nowhere(&app, &visitor, &format!("{category}/{name}")));
    };
    let about = About {
        category: &category.name,
        article: &name,
    };
    let panel = Panel::of(&app, &headers, carried, about).await?;
    let is_once = panel.is_notice_shown();
    let shown = page(&shown(&app, &visitor, &library, (category, article), panel));
    Ok(Panel::once(&app, is_once, shown))
}

fn shown(
    app: &App,
    visitor: &Visitor,
    library: &Library,
    (category, article): (&Category, &Article),
    panel: Panel,
) -> ArticlePage {
    let values = Values::of(app, visitor.0.as_ref());
    let address = whole(app, &article.address());
    let section = |section: &super::articles::Section| Shown {
        id: section.id.clone(),
        title: values.text(&section.title),
        heading: values.html(&section.heading),
        html: values.html(&section.html),
        questions: section
            .questions
            .iter()
            .map(|question| ShownQuestion {
                id: question.id.clone(),
                heading: values.html(&question.heading),
                html: values.html(&question.html),
            })
            .collect(),
    };
    let encode = |text: &str| crate::web::form::encode(text).replace('+', "%20");
    let audience = match article.audience {
        Audience::Everyone => None,
        Audience::Administrators => Some(app.words.say("help-for-administrators")),
        Audience::Engineers => Some(app.words.say("help-for-engineers")),
    };
    let origin = app.config.portal.public_url.origin();
    ArticlePage {
        frame: frame(app, visitor),
        groups: groups(library, &article.path()),
        category: Link {
            href: format!("/help/{}", category.name),
            title: category.title.clone(),
            summary: String::new(),
            current: false,
        },
        title: article.title.clone(),
        summary: article.summary.clone(),
        audience,
        intro: values.html(&article.intro),
        sections: article.sections.iter().map(section).collect(),
        related: article
            .related
            .iter()
            .filter_map(|path| library.at(path))
            .map(link)
            .collect(),
        support: support(app, visitor.0.as_ref()),
        mail: format!("mailto:?subject={}&body={}", encode(&article.title), encode(&address)),
        structured: structured::of(article, category, &values, origin, &app.words.say("help-title")),
        address,
        panel,
    }
}

/// The answer to an address below `/help` that leads nowhere: what may have been meant. A slash too many is forgiven.
pub fn nowhere(app: &App, visitor: &Visitor, wanted: &str) -> Response {
    let library = app.help.library();
    let trimmed = wanted.trim_end_matches('/').to_ascii_lowercase();
    if trimmed.is_empty() {
        return Redirect::permanent("/help").into_response();
    }
    if trimmed != wanted && (library.category(&trimmed).is_some() || library.at(&trimmed).is_some()) {
        return Redirect::permanent(&format!("/help/{trimmed}")).into_response();
    }
    let near = near(&library, wanted).into_iter().map(link).collect();
    let shown = page(&NowherePage {
        frame: frame(app, visitor),
        question: String::new(),
        near,
        support: support(app, visitor.0.as_ref()),
    });
    with_status(StatusCode::NOT_FOUND, shown)
}

/// Which article explains a page of the portal: its route, and the article, with `#` and a section if that alone does.
pub type Explains = &'static [(&'static str, &'static str)];

/// Tells the frame of a page which article explains it, if there is that article.
pub async fn explain(State((app, table)): State<(App, Explains)>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let path = table
        .iter()
        .find(|(page, _)| Some(*page) == route)
        .map(|(_, path)| *path);
    let library: Option<Arc<Library>> = path.map(|_| app.help.library());
    let path = path.map(|path| path.split_once('#').unwrap_or((path, "")));
    let article = library
        .as_ref()
        .zip(path)
        .and_then(|(library, (path, place))| Some((library.at(path)?, place)));
    let explained = article.map(|(article, place)| Explained {
        href: match article.sections.iter().any(|section| section.id == place) {
            true => format!("{}#{place}", article.address()),
            false => article.address(),
        },
        title: article.title.clone(),
    });
    Explained::while_in(explained, next.run(request)).await
}
