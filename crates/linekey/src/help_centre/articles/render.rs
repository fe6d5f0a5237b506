//! From Markdown to the sections of an article. What an article may not hold is refused with its line: HTML, pictures
//! from elsewhere, links to scripts, values that do not exist.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use pulldown_cmark::{Alignment, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, html::push_html};

use super::front::{Rest, Step as PictureOf};
use super::picture::Picture;
use super::{Scheme, Wrong};
use crate::help_centre::values;

/// The section whose subsections are questions.
const QUESTIONS: &str = "Questions and answers";
/// Names that the page needs for itself.
const TAKEN: [&str; 8] = [
    "main", "q", "results", "contents", "address", "feedback", "related", "next",
];

/// A section of an article: what stands below a `##`.
#[derive(Clone, Debug, Default)]
pub struct Section {
    /// What a link to it ends in.
    pub id: String,
    /// Its heading as text.
    pub title: String,
    /// Its heading as HTML.
    pub heading: String,
    /// What stands below, questions aside.
    pub html: String,
    /// The items of its first numbered list.
    pub steps: Vec<Step>,
    /// Of the section of questions.
    pub questions: Vec<Question>,
    /// All of it as text, for the search.
    pub plain: String,
}

/// A step.
#[derive(Clone, Debug)]
pub struct Step {
    /// As text.
    pub text: String,
    /// The name of its picture.
    pub picture: Option<String>,
}

/// A question and its answer.
#[derive(Clone, Debug)]
pub struct Question {
    /// What a link to it ends in.
    pub id: String,
    /// As text.
    pub text: String,
    /// As HTML.
    pub heading: String,
    /// The answer as HTML.
    pub html: String,
    /// The answer as text.
    pub plain: String,
}

/// A rendered text.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    /// What stands above the first section.
    pub intro: String,
    /// The same as text.
    pub opening: String,
    /// In their order.
    pub sections: Vec<Section>,
    /// Addresses within the portal, with their lines.
    pub links: Vec<(String, usize)>,
    /// The pictures that are used.
    pub used: Vec<String>,
}

impl Rendered {
    /// All HTML of it.
    fn htmls(&self) -> impl Iterator<Item = &str> {
        let sections = self.sections.iter().flat_map(|section| {
            let questions = section.questions.iter();
            let questions = questions.flat_map(|question| [&*question.heading, &*question.html]);
            [&*section.heading, &*section.html].into_iter().chain(questions)
        });
        std::iter::once(&*self.intro).chain(sections)
    }
}

/// What a text may show: its pictures, by name, and those of their files that there are.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// `/help/passwords/change-your-password`
    pub address: &'a str,
    /// By name.
    pub pictures: &'a BTreeMap<String, PictureOf>,
    /// By name and scheme.
    pub files: &'a BTreeMap<(String, Scheme), Picture>,
}

type Events<'a> = Vec<Event<'a>>;

/// Renders what follows the front matter.
///
/// # Errors
/// With everything that is wrong.
pub fn render(rest: Rest<'_>, shown: Shown<'_>) -> Result<Rendered, Vec<Wrong>> {
    let marked = values::mark(rest)?;
    let options = Options::ENABLE_TABLES;
    let events: Vec<_> = Parser::new_ext(&marked, options).into_offset_iter().collect();
    let line = |range: &Range<usize>| rest.line + marked[..range.start].matches('\n').count();
    let mut rendered = Rendered::default();
    let mut wrong = Vec::new();
    for (event, range) in &events {
        if let Err(what) = check(event, shown, &mut rendered, line(range)) {
            wrong.push(Wrong {
                line: line(range),
                what,
            });
        }
    }
    let mut ids = Ids(TAKEN.iter().map(|id| (*id).to_owned()).collect());
    let (intro, sections) = split(events.into_iter().map(|(event, _)| event).collect(), HeadingLevel::H2);
    rendered.opening = plain(&intro);
    rendered.intro = html(intro, shown);
    rendered.sections = sections
        .into_iter()
        .map(|(heading, body)| section(heading, body, shown, &mut ids))
        .collect();
    if let Some(name) = rendered.htmls().find_map(values::misplaced) {
        let at = rest
            .text
            .lines()
            .position(|line| line.contains(&format!("{{{{{name}}}}}")));
        wrong.push(Wrong {
            line: rest.line + at.unwrap_or_default(),
            what: format!("{{{{{name}}}}} is a list: it stands alone in its paragraph"),
        });
    }
    if wrong.is_empty() { Ok(rendered) } else { Err(wrong) }
}

/// What is wrong with an event; what it links to is noted.
fn check(event: &Event<'_>, shown: Shown<'_>, rendered: &mut Rendered, line: usize) -> Result<(), String> {
    match event {
        Event::Html(_) | Event::InlineHtml(_) => {
            Err("HTML is not allowed: Markdown is, and a < that is meant as text is written \\<".to_owned())
        }
        Event::Start(Tag::Heading {
            level: HeadingLevel::H1,
            ..
        }) => Err("# is not used: the title is in the front matter, sections begin with ##".to_owned()),
        Event::Start(Tag::Image { dest_url, .. }) => match shown.pictures.contains_key(&**dest_url) {
            true => {
                rendered.used.push(dest_url.to_string());
                Ok(())
            }
            false => Err(format!(
                "the picture \"{dest_url}\" is not in the front matter as [pictures.{}]; pictures from elsewhere are \
                 not shown",
                if super::is_name(dest_url) { dest_url } else { "NAME" }
            )),
        },
        Event::Start(Tag::Link { title, .. }) if values::is_marked(title) => {
            Err("a value in the title of a link is not shown: write it into the text".to_owned())
        }
        Event::Start(Tag::Link {
            link_type, dest_url, ..
        }) => {
            if !is_allowed(*link_type, dest_url) {
                return Err(format!(
                    "the link \"{dest_url}\" begins with none of /, #, https://, http://, mailto: and tel:"
                ));
            }
            if dest_url.starts_with('/') {
                rendered.links.push((dest_url.to_string(), line));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn is_allowed(kind: LinkType, url: &str) -> bool {
    let starts = |start: &&str| url.len() > start.len() && url.to_ascii_lowercase().starts_with(*start);
    let is_local = url.starts_with('#') || url.starts_with('/') && !url.starts_with("//") && !url.contains('\\');
    !values::is_marked(url)
        && (kind == LinkType::Email || is_local || ["https://", "http://", "mailto:", "tel:"].iter().any(starts))
}

/// What stands before the first heading of a level, then each heading with what follows it.
fn split(events: Events<'_>, at: HeadingLevel) -> (Events<'_>, Vec<(Events<'_>, Events<'_>)>) {
    let (mut before, mut parts) = (Events::new(), Vec::<(Events<'_>, Events<'_>)>::new());
    let (mut depth, mut in_heading) = (0_i32, false);
    for event in events {
        let starts = depth == 0 && matches!(&event, Event::Start(Tag::Heading { level, .. }) if *level == at);
        depth += match &event {
            Event::Start(_) => 1,
            Event::End(_) => -1,
            _ => 0,
        };
        if starts {
            parts.push(Default::default());
            in_heading = true;
            continue;
        }
        if in_heading && depth == 0 {
            in_heading = false;
            continue;
        }
        match parts.last_mut() {
            Some((heading, _)) if in_heading => heading.push(event),
            Some((_, body)) => body.push(event),
            None => before.push(event),
        }
    }
    (before, parts)
}

fn section(heading: Events<'_>, body: Events<'_>, shown: Shown<'_>, ids: &mut Ids) -> Section {
    let title = plain(&heading);
    let id = ids.next(&title);
    let whole = plain(&body);
    let (body, asked) = match title == QUESTIONS {
        true => split(body, HeadingLevel::H3),
        false => (body, Vec::new()),
    };
    let questions = asked.into_iter().map(|(heading, answer)| {
        let text = plain(&heading);
        Question {
            id: ids.next(&text),
            text,
            heading: html(heading, shown),
            plain: plain(&answer),
            html: html(answer, shown),
        }
    });
    let questions = questions.collect();
    Section {
        id,
        title,
        heading: html(heading, shown),
        steps: steps(&body),
        html: html(body, shown),
        questions,
        plain: whole,
    }
}

/// The items of the first numbered list that is not inside of something.
fn steps(body: &[Event<'_>]) -> Vec<Step> {
    let mut steps = Vec::new();
    let (mut depth, mut item, mut picture) = (0_i32, None::<Vec<Event<'_>>>, None);
    let first = body.iter().scan(0_i32, |depth, event| {
        let at = *depth;
        *depth += i32::from(matches!(event, Event::Start(_))) - i32::from(matches!(event, Event::End(_)));
        Some((at, event))
    });
    let mut first = first.skip_while(|(at, event)| *at != 0 || !matches!(event, Event::Start(Tag::List(Some(_)))));
    let list = first.by_ref().map(|(_, event)| event);
    for event in list {
        match event {
            Event::Start(Tag::Item) if depth == 1 => item = Some(Vec::new()),
            Event::End(TagEnd::Item) if depth == 2 => {
                let text = plain(&item.take().unwrap_or_default());
                let picture = picture.take();
                steps.push(Step { text, picture });
            }
            Event::Start(Tag::Image { dest_url, .. }) if picture.is_none() => picture = Some(dest_url.to_string()),
            _ => {}
        }
        item.iter_mut().for_each(|item| item.push(event.clone()));
        depth += i32::from(matches!(event, Event::Start(_))) - i32::from(matches!(event, Event::End(_)));
        if depth == 0 {
            break;
        }
    }
    steps
}

/// As HTML: pictures become what browsers choose from, and nothing has a style of its own.
fn html(events: Events<'_>, shown: Shown<'_>) -> String {
    let mut shaped = Events::with_capacity(events.len());
    let mut picture: Option<(String, String, u32)> = None;
    let mut in_link = false;
    for event in events {
        if let Some((name, seen, depth)) = &mut picture {
            match &event {
                Event::Text(text) | Event::Code(text) => seen.push_str(text),
                Event::SoftBreak | Event::HardBreak => seen.push(' '),
                Event::Start(_) => *depth += 1,
                Event::End(_) if *depth > 0 => *depth -= 1,
                Event::End(_) => {
                    shaped.push(Event::InlineHtml(shot(name, seen, shown).into()));
                    picture = None;
                }
                _ => {}
            }
            continue;
        }
        match event {
            Event::Start(Tag::Image { dest_url, .. }) => picture = Some((dest_url.to_string(), String::new(), 0)),
            // Alignment would be a style of its own.
            Event::Start(Tag::Table(columns)) => {
                shaped.push(Event::Start(Tag::Table(vec![Alignment::None; columns.len()])));
            }
            // A link holds no other.
            Event::Text(text) if in_link => shaped.push(Event::Text(values::without_links(&text).into())),
            event => {
                match &event {
                    Event::Start(Tag::Link { .. }) => in_link = true,
                    Event::End(TagEnd::Link) => in_link = false,
                    _ => {}
                }
                shaped.push(event);
            }
        }
    }
    let mut html = String::new();
    push_html(&mut html, shaped.into_iter());
    html
}

/// The picture `name` with what is seen on it, and the way to the page that it shows.
fn shot(name: &str, seen: &str, shown: Shown<'_>) -> String {
    let file = |scheme| shown.files.get(&(name.to_owned(), scheme));
    let (light, dark) = (file(Scheme::Light), file(Scheme::Dark));
    let mut html = "<span class=\"shot\">".to_owned();
    if let Some(picture) = light.or(dark) {
        let source = |scheme: Scheme, picture: &Picture| {
            let (scheme, tag) = (scheme.name(), &picture.tag);
            format!("{}/{name}.{scheme}.{}?v={tag}", shown.address, picture.ending)
        };
        let (width, height) = (picture.width, picture.height);
        html.push_str("<picture>");
        if let (Some(_), Some(dark)) = (light, dark) {
            let dark = source(Scheme::Dark, dark);
            let _ = write!(
                html,
                "<source srcset=\"{dark}\" media=\"(prefers-color-scheme: dark)\">"
            );
        }
        let scheme = if light.is_some() { Scheme::Light } else { Scheme::Dark };
        let _ = write!(
            html,
            "<img src=\"{}\" alt=\"{}\" width=\"{width}\" height=\"{height}\" loading=\"lazy\"></picture>",
            source(scheme, picture),
            values::escape(&values::without_links(seen))
        );
    }
    if let Some(page) = shown.pictures.get(name).and_then(|step| step.page.as_ref()) {
        let _ = write!(html, "<a href=\"{}\">{}</a>", values::escape(page), values::OPEN_PAGE);
    }
    html + "</span>"
}

/// As text: what is said, without what is shown.
fn plain(events: &[Event<'_>]) -> String {
    let (mut text, mut pictures) = (String::new(), 0_u32);
    for event in events {
        match event {
            Event::Start(Tag::Image { .. }) => pictures += 1,
            Event::End(TagEnd::Image) => pictures = pictures.saturating_sub(1),
            Event::Text(said) | Event::Code(said) if pictures == 0 => text.push_str(said),
            Event::SoftBreak | Event::HardBreak | Event::Rule => text.push(' '),
            Event::End(TagEnd::Emphasis | TagEnd::Strong | TagEnd::Link | TagEnd::Strikethrough) => {}
            Event::End(_) => text.push(' '),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The ends of links that a page has.
struct Ids(Vec<String>);

impl Ids {
    /// `what-happens-when-you-save` of `What happens when you save?`, with a number where that is taken.
    fn next(&mut self, title: &str) -> String {
        let title = values::without_marks(title).to_lowercase();
        let words = title.split(|c: char| !c.is_ascii_alphanumeric() && c != '\'' && c != '\u{2019}');
        let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
        let name = words.join("-").replace(['\'', '\u{2019}'], "");
        let name = if name.is_empty() { "part".to_owned() } else { name };
        let taken = |id: &String| self.0.contains(id);
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        let id = std::iter::once(name.clone()).chain(numbered).find(|id| !taken(id));
        let id = id.unwrap_or(name);
        self.0.push(id.clone());
        id
    }
}
