//! Finding an article by words: BM25 (Robertson and Zaragoza, 2009) over all texts, in memory.
//!
//! Our own, since what people type is unfinished and misspelt: each word also finds the words that it begins, and, where
//! there are none, those that differ by a letter or two; and a title weighs more than a text.

use std::collections::{BTreeMap, BTreeSet};

use super::articles::{Article, Audience, Category};
use super::values;

/// How soon more of the same word counts for less.
const K1: f64 = 1.2;
/// How much a long text counts for less.
const B: f64 = 0.75;
/// How much a word weighs in a title, in what else people call it, in a summary, a heading and a text.
const WEIGHTS: [f64; 5] = [8.0, 6.0, 3.0, 3.0, 1.0];
/// How much less an article for engineers counts: most who search have a phone and no server, and what engineers look for
/// stands in their articles alone.
const FOR_FEW: f64 = 0.5;
/// What a word counts that only begins with what was typed, and one that is only spelt alike.
const BEGUN: f64 = 0.6;
const ALIKE: f64 = 0.35;
/// The most words of a question that are looked at, and the most characters of one.
const MOST_WORDS: usize = 12;
const LONGEST_WORD: usize = 40;
/// Words that say nothing of what is looked for, where there are others.
const SMALL: [&str; 38] = [
    "a", "am", "an", "and", "are", "be", "can", "cannot", "cant", "do", "does", "dont", "e", "for", "from", "have",
    "how", "i", "if", "in", "is", "it", "me", "my", "not", "of", "on", "or", "that", "the", "this", "to", "what",
    "when", "why", "with", "you", "your",
];
/// The most hits.
const MOST_HITS: usize = 10;
/// Characters of a text that are shown with a hit.
const SHOWN: usize = 160;

/// What the search looks into.
#[derive(Debug, Default)]
pub struct Index {
    documents: Vec<Document>,
    /// In how many of them each word is.
    known: BTreeMap<String, usize>,
    average: f64,
}

#[derive(Debug)]
struct Document {
    path: String,
    /// How much each word weighs in it.
    words: BTreeMap<String, f64>,
    /// The words of its title, of what else people call it, and of its summary.
    whole: BTreeSet<String>,
    /// How much it counts: less than 1, if it is for few.
    counts: f64,
    length: f64,
    parts: Vec<Part>,
}

/// A section, or a question with its answer.
#[derive(Debug)]
struct Part {
    id: String,
    title: String,
    text: String,
}

/// An article that was found.
#[derive(Clone, Debug)]
pub struct Hit {
    /// `passwords/change-your-password`
    pub path: String,
    /// The end of the link to the part that fits best, and its heading.
    pub part: Option<(String, String)>,
    /// The words around the first that was found, with marks for live values, and whether each run of them is what was looked for.
    pub around: Vec<(String, bool)>,
}

impl Index {
    /// Of all articles.
    pub fn of(categories: &[Category]) -> Self {
        let articles = categories.iter().flat_map(|category| &category.articles);
        let documents: Vec<_> = articles.map(document).collect();
        let mut known = BTreeMap::new();
        for word in documents.iter().flat_map(|document| document.words.keys()) {
            *known.entry(word.clone()).or_insert(0) += 1;
        }
        let total: f64 = documents.iter().map(|document| document.length).sum();
        Self {
            average: total / count(documents.len().max(1)),
            documents,
            known,
        }
    }

    /// What fits best first.
    pub fn find(&self, question: &str) -> Vec<Hit> {
        let mut asked = words(question);
        if asked.iter().any(|word| !SMALL.contains(&word.as_str())) {
            asked.retain(|word| !SMALL.contains(&word.as_str()));
        }
        asked.truncate(MOST_WORDS);
        let asked: Vec<_> = asked.iter().map(|word| self.meant(word)).collect();
        let mut scored: Vec<_> = self
            .documents
            .iter()
            .map(|document| (self.score(document, &asked), document))
            .filter(|(score, _)| *score > 0.0)
            .collect();
        scored.sort_by(|(one, first), (other, second)| other.total_cmp(one).then_with(|| first.path.cmp(&second.path)));
        let found: BTreeSet<&str> = asked.iter().flatten().map(|(word, _)| *word).collect();
        let best = scored.into_iter().take(MOST_HITS);
        best.map(|(_, document)| document.hit(&found)).collect()
    }

    /// The words of the articles that a typed word may mean, and what each counts.
    fn meant(&self, typed: &str) -> Vec<(&str, f64)> {
        let begun = self.known.range(typed.to_owned()..).map(|(word, _)| word.as_str());
        let begun = begun.take_while(|word| word.starts_with(typed));
        let found: Vec<_> = begun
            .map(|word| (word, if word == typed { 1.0 } else { BEGUN }))
            .filter(|(_, counts)| *counts == 1.0 || typed.chars().count() > 1)
            .collect();
        let letters = typed.chars().count();
        if !found.is_empty() || letters < 4 {
            return found;
        }
        let most = if letters < 8 { 1 } else { 2 };
        let alike = self.known.keys().map(String::as_str);
        // Most words are too long or too short, which costs less to see.
        let alike = alike.filter(|word| word.chars().count().abs_diff(letters) <= most);
        let alike = alike.filter(|word| strsim::osa_distance(word, typed) <= most);
        alike.map(|word| (word, ALIKE)).collect()
    }

    fn score(&self, document: &Document, asked: &[Vec<(&str, f64)>]) -> f64 {
        let (mut score, mut met) = (0.0, 0);
        for meant in asked {
            let best = meant.iter().filter_map(|(word, counts)| {
                let weight = document.words.get(*word)?;
                let rare = count(self.documents.len()) - count(self.known[*word]) + 0.5;
                let rare = (rare / (count(self.known[*word]) + 0.5) + 1.0).ln();
                let long = 1.0 - B + B * document.length / self.average;
                Some(counts * rare * weight * (K1 + 1.0) / (weight + K1 * long))
            });
            let best = best.fold(0.0, f64::max);
            met += usize::from(best > 0.0);
            score += best;
        }
        // Whoever types three words means all of them.
        document.counts * score * count(met) / count(asked.len().max(1))
    }
}

impl Document {
    fn hit(&self, found: &BTreeSet<&str>) -> Hit {
        // Whoever means all of it is shown what it is about.
        let mut here = found.iter().filter(|word| self.words.contains_key(**word)).peekable();
        if here.peek().is_some() && here.all(|word| self.whole.contains(*word)) {
            let around = self.parts.first().map(|part| around(&part.text, found));
            return Hit {
                path: self.path.clone(),
                part: None,
                around: around.unwrap_or_default(),
            };
        }
        let in_part = |part: &Part| {
            let title = words(&part.title);
            let titled = title.iter().filter(|word| found.contains(word.as_str())).count();
            let all = title.into_iter().chain(words(&part.text));
            let here: BTreeSet<_> = all.filter(|word| found.contains(word.as_str())).collect();
            here.len() * 2 + titled
        };
        // The first of those that fit as well as the best.
        let mut best = None;
        for part in &self.parts {
            let fits = in_part(part);
            if fits > best.map_or(0, |(most, _)| most) {
                best = Some((fits, part));
            }
        }
        let best = best.map(|(_, part)| part);
        Hit {
            path: self.path.clone(),
            part: best
                .filter(|part| !part.id.is_empty())
                .map(|part| (part.id.clone(), part.title.clone())),
            around: best.map(|part| around(&part.text, found)).unwrap_or_default(),
        }
    }
}

fn document(article: &Article) -> Document {
    let mut parts = vec![Part {
        id: String::new(),
        title: String::new(),
        text: format!("{} {}", article.summary, article.opening),
    }];
    for section in &article.sections {
        for question in &section.questions {
            parts.push(Part {
                id: question.id.clone(),
                title: question.text.clone(),
                text: question.plain.clone(),
            });
        }
        if section.questions.is_empty() {
            parts.push(Part {
                id: section.id.clone(),
                title: section.title.clone(),
                text: section.plain.clone(),
            });
        }
    }
    let headings = parts
        .iter()
        .map(|part| part.title.as_str())
        .collect::<Vec<_>>()
        .join(" ");
    let texts = parts
        .iter()
        .map(|part| part.text.as_str())
        .collect::<Vec<_>>()
        .join(" ");
    let mut weighed = BTreeMap::new();
    let mut length = 0.0;
    for (text, weight) in [&article.title, &article.search, &article.summary, &headings, &texts]
        .into_iter()
        .zip(WEIGHTS)
    {
        for word in words(text) {
            *weighed.entry(word).or_insert(0.0) += weight;
            length += weight;
        }
    }
    let whole = [&article.title, &article.search, &article.summary];
    Document {
        path: article.path(),
        words: weighed,
        whole: whole.into_iter().flat_map(|text| words(text)).collect(),
        counts: match article.audience {
            Audience::Engineers => FOR_FEW,
            Audience::Everyone | Audience::Administrators => 1.0,
        },
        length,
        parts,
    }
}

/// The words of a text as they are compared: small letters, no apostrophes, no plural, and an e-mail is a mail.
fn words(text: &str) -> Vec<String> {
    let small = values::without_marks(text)
        .to_lowercase()
        .replace(['\'', '\u{2019}'], "");
    let all = small
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    all.map(|word| {
        let word: String = word.chars().take(LONGEST_WORD).collect();
        let is_one = ["ss", "is", "us"].iter().any(|end| word.ends_with(end));
        let word = if word.starts_with("email") {
            word[1..].to_owned()
        } else {
            word
        };
        let is_plural = word.len() > 3 && word.ends_with('s') && !is_one;
        if is_plural {
            word[..word.len() - 1].to_owned()
        } else {
            word
        }
    })
    .collect()
}

/// The words around the first one that was found.
fn around(text: &str, found: &BTreeSet<&str>) -> Vec<(String, bool)> {
    let is_found = |word: &str| words(word).iter().any(|word| found.contains(word.as_str()));
    let all: Vec<&str> = text.split_whitespace().collect();
    let first = all.iter().position(|word| is_found(word)).unwrap_or_default();
    let start = if first < 8 { 0 } else { first - 6 };
    let mut around: Vec<(String, bool)> = Vec::new();
    let mut letters = 0;
    for (number, word) in all.iter().enumerate().skip(start) {
        if letters > SHOWN {
            around.push((" \u{2026}".to_owned(), false));
            break;
        }
        letters += word.chars().count() + 1;
        let space = match number {
            number if number == start && start == 0 => "",
            number if number == start => "\u{2026} ",
            _ => " ",
        };
        match around.last_mut() {
            Some((run, false)) => run.push_str(space),
            _ if space.is_empty() => {}
            _ => around.push((space.to_owned(), false)),
        }
        match around.last_mut() {
            Some((run, marked)) if *marked == is_found(word) => run.push_str(word),
            _ => around.push(((*word).to_owned(), is_found(word))),
        }
    }
    around
}

/// A small number, as reckoning takes it.
fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::help_centre::articles::Library;

    #[test]
    fn words_are_compared_without_what_does_not_matter() {
        assert_eq!(
            words("This WASN'T me: passwords, pass!"),
            ["this", "wasnt", "me", "password", "pass"]
        );
    }

    #[test]
    fn what_was_found_is_shown_with_what_stands_around_it() {
        let found = BTreeSet::from(["kestrel"]);
        let text = format!("{} Kestrels, and more {}", "before ".repeat(20), "behind ".repeat(40));
        let shown = around(&text, &found);
        let all: String = shown.iter().map(|(run, _)| run.as_str()).collect();
        assert!(
            all.starts_with("\u{2026} before") && all.ends_with(" \u{2026}"),
            "{all}"
        );
        assert_eq!(shown.iter().filter(|(_, marked)| *marked).count(), 1);
        assert_eq!(shown[1].0, "Kestrels,");
        let first = around("kestrel first", &found);
        assert_eq!(first, [("kestrel".to_owned(), true), (" first".to_owned(), false)]);
    }

    /// As people type who do not know our words, with the article that they mean.
    #[test]
    fn what_people_type_finds_what_they_mean() {
        let library = Library::embedded();
        let mut wrong = Vec::new();
        for (typed, meant) in [
            ("reset", "passwords/reset-your-password"),
            ("forgot password", "passwords/reset-your-password"),
            ("forgot my pasword", "passwords/reset-your-password"),
            ("lost my password", "passwords/reset-your-password"),
            ("cannot log in", "passwords/reset-your-password"),
            ("locked out", "passwords/reset-your-password"),
            ("change password", "passwords/change-your-password"),
            ("strong password", "passwords/choose-a-strong-password"),
            ("new employee", "passwords/set-a-password-for-someone-else"),
            ("delete user", "passwords/set-a-password-for-someone-else"),
            ("log out", "passwords/sessions-and-this-wasnt-me"),
            ("somebody hacked my account", "passwords/sessions-and-this-wasnt-me"),
            ("email not arriving", "passwords/the-mail-did-not-arrive"),
            ("change my email", "passwords/the-mail-did-not-arrive"),
            ("softphone", "phones/your-phones"),
            ("qr code", "phones/your-phones"),
            ("kamailio", "engineers/connect-kamailio"),
            ("asterisk", "engineers/connect-freeswitch-or-asterisk"),
            ("restore a backup", "engineers/back-up"),
        ] {
            let found = library.index.find(typed);
            let first = found.first().map(|hit| hit.path.as_str());
            if first != Some(meant) {
                let order: Vec<_> = found.iter().take(3).map(|hit| &hit.path).collect();
                wrong.push(format!("{typed:?}: {order:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
