//! The pictures of articles: kept by browsers for good, since another picture has another address.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::help_centre::articles::{Article, Picture, Scheme};
use crate::web::answer::Problem;
use crate::web::form::Query;

/// For whoever asks with the picture's tag in the address.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";
/// Asked for again each time.
const FOR_NOW: &str = "no-cache";

/// GET `/help/{category}/{article}/{picture}`, such as `save.light.webp?v=2f1c...`
pub async fn picture(
    State(app): State<App>,
    Path((category, article, name)): Path<(String, String, String)>,
    Query(query): Query,
    request: HeaderMap,
) -> Response {
    let library = app.help.library();
    let picture = library
        .article(&category, &article)
        .and_then(|article| of(article, &name));
    let Some(picture) = picture else {
        return Problem::NotFound.into_response();
    };
    let tag = format!("\"{}\"", picture.tag);
    let lifetime = if query.text("v") == picture.tag {
        FOR_GOOD
    } else {
        FOR_NOW
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(picture.kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static(lifetime)),
        (
            header::ETAG,
            HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"\"")),
        ),
    ];
    if is_known(&request, &tag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, picture.bytes.clone()).into_response()
}

/// The picture `save.light.webp`, whatever its file is called.
fn of<'a>(article: &'a Article, file: &str) -> Option<&'a Picture> {
    let (stem, ending) = file.rsplit_once('.')?;
    let (name, scheme) = stem.rsplit_once('.')?;
    let scheme = [Scheme::Light, Scheme::Dark]
        .into_iter()
        .find(|known| known.name() == scheme)?;
    let picture = article.files.get(&(name.to_owned(), scheme))?;
    (picture.ending == ending).then_some(picture)
}

/// Whether the browser has it (RFC 9110 section 13.1.2).
fn is_known(request: &HeaderMap, tag: &str) -> bool {
    let all = request.get_all(header::IF_NONE_MATCH).into_iter();
    let mut tags = all
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    tags.any(|known| matches!(known.trim().trim_start_matches("W/"), known if known == tag || known == "*"))
}
