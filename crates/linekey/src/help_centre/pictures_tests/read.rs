//! The steps of the articles, as their front matter names them.

use std::path::{Path, PathBuf};

use crate::help_centre::articles::front;
use crate::testing::scene::Who;

/// What a picture shows.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    /// The address of the page.
    pub(super) page: String,
    /// Who is signed in.
    pub(super) who: Who,
    /// Controls that are clicked first.
    pub(super) open: Vec<String>,
    /// The control that the step names.
    pub(super) control: String,
}

impl Shown {
    /// `None` for a picture that is not of the portal.
    fn of(step: front::Step) -> Option<Self> {
        Some(Self {
            page: step.page?,
            who: step.who?,
            open: step.open,
            control: step.control?,
        })
    }
}

/// A step of an article that has a picture.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// `passwords/change-your-password`
    pub(super) article: String,
    /// The key of its picture.
    pub(super) picture: String,
    /// The number that a reader sees, if it is a step of a list.
    number: Option<String>,
    pub(super) shown: Shown,
}

impl Step {
    /// `passwords/change-your-password.save`
    pub(super) fn name(&self) -> String {
        format!("{}.{}", self.article, self.picture)
    }

    /// Its file beside the article.
    pub(super) fn file(&self, help: &Path, end: &str) -> PathBuf {
        help.join(format!("{}.{end}", self.name()))
    }

    /// As complaints name it.
    pub(super) fn title(&self) -> String {
        let number = self.number.as_ref().map(|number| format!("step {number}, "));
        format!(
            "help/{}.md, {}picture {}",
            self.article,
            number.unwrap_or_default(),
            self.picture
        )
    }
}

/// Every step with a picture of every article in `help`, and what is wrong with their front matter.
pub(super) fn steps(help: &Path) -> (Vec<Step>, Vec<String>) {
    let (mut steps, mut wrong) = (Vec::new(), Vec::new());
    for path in files(help).into_iter().filter(|path| path.ends_with(".md")) {
        let article = path.trim_end_matches(".md");
        let text = std::fs::read_to_string(help.join(&path)).expect("an article is text");
        if article.ends_with("/index") {
            continue;
        }
        match front::of_article(&text) {
            Ok((front, rest)) => {
                let shown = |(picture, step)| Some((picture, Shown::of(step)?));
                for (picture, shown) in front.pictures.into_iter().filter_map(shown) {
                    let Some(number) = number(rest.text, &picture) else {
                        wrong.push(format!("help/{path}: no step shows the picture {picture}"));
                        continue;
                    };
                    steps.push(Step {
                        article: article.to_owned(),
                        picture,
                        number,
                        shown,
                    });
                }
            }
            Err(error) => wrong.push(format!("help/{path}, line {}: {}", error.line, error.what)),
        }
    }
    steps.sort_by_key(|step| {
        (
            step.shown.who,
            step.shown.page.clone(),
            step.shown.open.clone(),
            step.name(),
        )
    });
    (steps, wrong)
}

/// Every file below `help`, `passwords/index.md`.
pub(super) fn files(help: &Path) -> Vec<String> {
    let inside = |folder: &Path| -> Vec<_> {
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        entries.map(|entry| entry.expect("a readable folder")).collect()
    };
    let categories = inside(help).into_iter().filter(|entry| entry.path().is_dir());
    let files = categories.flat_map(|category| inside(&category.path()));
    let relative = |entry: std::fs::DirEntry| {
        let path = entry.path();
        let path = path.strip_prefix(help).expect("it is below");
        path.to_str().expect("names are UTF-8").to_owned()
    };
    let mut files: Vec<_> = files.map(relative).collect();
    files.sort();
    files
}

/// The number of the list item that shows a picture, if it is in one; `None` where nothing shows it.
fn number(body: &str, picture: &str) -> Option<Option<String>> {
    let (before, _) = body.split_once(&format!("]({picture})"))?;
    let of_item = |line: &str| {
        let (number, rest) = line.split_once(['.', ')'])?;
        let is_item = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) && rest.starts_with(' ');
        is_item.then(|| number.to_owned())
    };
    // Nothing but a list item begins at the margin between its number and its picture.
    let lines = before.lines().rev();
    let mut own = lines.take_while(|line| !line.starts_with('#'));
    Some(own.find_map(of_item))
}

#[test]
fn a_step_is_found_by_its_picture() {
    let body = "## Do it\n\n1. First.\n2. Then.\n\n   ![What one sees](save)\n\nSee ![again](other)\n";
    assert_eq!(number(body, "save"), Some(Some("2".to_owned())));
    assert_eq!(number("# T\n![it](save)", "save"), Some(None));
    assert_eq!(number(body, "nowhere"), None);
}
