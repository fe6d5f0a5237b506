//! `/help/{category}/{article}`, for anybody.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::feedback::About;
use super::feedback::pages::panel::Panel;
use crate::app::App;
use crate::error::Result;
use crate::sessions::signed_in::Visitor;
use crate::web::answer::{Problem, page};
use crate::web::flash::Flash;
use crate::web::page::{Frame, Section};

#[derive(Template)]
#[template(path = "help_centre/article.html")]
struct ArticlePage {
    frame: Frame,
    title: String,
    panel: Panel,
}

/// GET `/help/{category}/{article}`
pub async fn article(
    State(app): State<App>,
    Visitor(me): Visitor,
    Path((category, article)): Path<(String, String)>,
    headers: HeaderMap,
    carried: Flash,
) -> Result<Response> {
    let Some(title) = super::title(&app, &category, &article) else {
        return Ok(Problem::NotFound.into_response());
    };
    let about = About {
        category: &category,
        article: &article,
    };
    let panel = Panel::of(&app, &headers, carried, about).await?;
    let shown = panel.is_notice_shown();
    let body = page(&ArticlePage {
        frame: me.map_or_else(|| Frame::for_strangers(&app), |me| me.frame(&app, Section::None)),
        title,
        panel,
    });
    Ok(Panel::once(&app, shown, body))
}
