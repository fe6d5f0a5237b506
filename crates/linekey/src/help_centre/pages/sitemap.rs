//! What search engines are to know of: the help centre, and nothing else of the portal.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::whole;
use crate::app::App;
use crate::help_centre::values::escape;

/// GET `/sitemap.xml` (sitemaps.org, 0.9)
pub async fn sitemap(State(app): State<App>) -> Response {
    let library = app.help.library();
    let filled = library
        .categories
        .iter()
        .filter(|category| !category.articles.is_empty());
    let categories = filled.map(|category| format!("/help/{}", category.name));
    let articles = library.articles().map(|article| article.address());
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                   <urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n"
        .to_owned();
    for path in std::iter::once("/help".to_owned()).chain(categories).chain(articles) {
        let _ = writeln!(xml, "<url><loc>{}</loc></url>", escape(&whole(&app, &path)));
    }
    xml.push_str("</urlset>\n");
    ([(header::CONTENT_TYPE, "application/xml; charset=utf-8")], xml).into_response()
}
