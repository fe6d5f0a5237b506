//! What somebody may have meant with an address that there is not, or with words that find nothing.

use super::articles::{Article, Library};

/// The most that are suggested.
const MOST: usize = 4;
/// How alike names are that may be meant: 1 is the same.
const ALIKE: f64 = 0.72;

/// The articles nearest to `wanted`, which is the end of an address or words; the first ones if none is near.
pub fn near<'a>(library: &'a Library, wanted: &str) -> Vec<&'a Article> {
    let wanted: String = wanted.to_lowercase().chars().take(120).collect();
    let last = wanted
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .replace([' ', '_'], "-");
    let last = last.trim_end_matches(".md").trim_end_matches(".html");
    let alike = |article: &Article| {
        let title = article.title.to_lowercase().replace(' ', "-");
        strsim::normalized_damerau_levenshtein(&article.name, last).max(strsim::jaro_winkler(&title, last))
    };
    let mut nearest: Vec<_> = library.articles().map(|article| (alike(article), article)).collect();
    nearest.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let alike = nearest
        .iter()
        .filter(|(how, _)| *how >= ALIKE)
        .map(|(_, article)| *article);
    // What is at the end says more than the way there.
    let mut asked = vec![last, &wanted];
    asked.dedup();
    let found = asked
        .into_iter()
        .flat_map(|words| library.index.find(&words.replace(['/', '-', '_'], " ")));
    let found: Vec<_> = found.filter_map(|hit| library.at(&hit.path)).collect();
    let mut suggested: Vec<&Article> = Vec::new();
    for article in alike.chain(found) {
        if suggested.len() < MOST && !suggested.iter().any(|known| known.path() == article.path()) {
            suggested.push(article);
        }
    }
    if suggested.is_empty() {
        suggested.extend(library.articles().take(MOST));
    }
    suggested
}
