//! All articles of a portal: what comes with it, under what the provider adds or puts in its place.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use super::front::{self, OfArticle, Rest};
use super::gather::{self, File, Files};
use super::picture::{ENDINGS, Picture, Scheme};
use super::render::{Shown, render};
use super::{Article, Category, Problem, Wrong, is_name};
use crate::help_centre::search::Index;

/// Every category with its articles, and what is wrong with those that are missing.
#[derive(Debug, Default)]
pub struct Library {
    /// In their order.
    pub categories: Vec<Category>,
    /// What could not be shown, or not as it is meant.
    pub problems: Vec<Problem>,
    /// What the search looks into.
    pub index: Index,
}

impl Library {
    /// What comes with the product, and what is in the provider's folder.
    ///
    /// # Errors
    /// When that folder cannot be read.
    pub fn read(own: Option<&Path>) -> io::Result<Self> {
        match own {
            None => Ok(Self::embedded()),
            Some(folder) => {
                let (files, problems) = gather::of_folder(folder)?;
                Ok(Self::of(&files, &gather::embedded(), problems))
            }
        }
    }

    /// What comes with the product alone.
    pub fn embedded() -> Self {
        Self::of(&Files::new(), &gather::embedded(), Vec::new())
    }

    /// Of the provider's files and ours.
    pub fn of(own: &Files, ours: &Files, problems: Vec<Problem>) -> Self {
        let mut making = Making { own, ours, problems };
        let names: BTreeSet<&str> = own.keys().chain(ours.keys()).filter_map(|path| folder(path)).collect();
        let mut categories: Vec<_> = names.into_iter().filter_map(|name| making.category(name)).collect();
        making.look_for_strays();
        categories.sort_by(|one, other| (one.order, &one.title).cmp(&(other.order, &other.title)));
        let mut library = Self {
            index: Index::of(&categories),
            categories,
            problems: making.problems,
        };
        library.check_links();
        library
    }

    /// The category of that name.
    pub fn category(&self, name: &str) -> Option<&Category> {
        self.categories.iter().find(|category| category.name == name)
    }

    /// The article of that name.
    pub fn article(&self, category: &str, name: &str) -> Option<&Article> {
        let mut articles = self.category(category)?.articles.iter();
        articles.find(|article| article.name == name)
    }

    /// The article at `passwords/change-your-password`.
    pub fn at(&self, path: &str) -> Option<&Article> {
        let (category, name) = path.split_once('/')?;
        self.article(category, name)
    }

    /// All of them, category by category.
    pub fn articles(&self) -> impl Iterator<Item = &Article> {
        self.categories.iter().flat_map(|category| &category.articles)
    }

    /// Related articles and links that lead nowhere are named, and related ones left out.
    fn check_links(&mut self) {
        let known: BTreeSet<String> = self.articles().map(Article::path).collect();
        let categories: BTreeSet<String> = self.categories.iter().map(|category| category.name.clone()).collect();
        let leads_somewhere = |link: &str| {
            let path = link.split(['#', '?']).next().unwrap_or_default();
            match path.strip_prefix("/help/") {
                None | Some("search") => true,
                Some(path) => known.contains(path) || categories.contains(path),
            }
        };
        let mut problems = Vec::new();
        for article in self.categories.iter_mut().flat_map(|category| &mut category.articles) {
            let file = format!("{}/{}.md", article.category, article.name);
            let dead = article.links.iter().filter(|(link, _)| !leads_somewhere(link));
            problems.extend(dead.map(|(link, line)| Problem {
                file: file.clone(),
                line: Some(*line),
                what: format!("the link {link} leads nowhere"),
            }));
            let lost = article.related.iter().filter(|path| !known.contains(*path));
            problems.extend(lost.map(|path| Problem {
                file: file.clone(),
                line: None,
                what: format!("related: there is no article {path}"),
            }));
            article.related.retain(|path| known.contains(path));
        }
        self.problems.extend(problems);
    }
}

fn folder(path: &str) -> Option<&str> {
    path.split_once('/').map(|(folder, _)| folder)
}

struct Making<'a> {
    own: &'a Files,
    ours: &'a Files,
    problems: Vec<Problem>,
}

impl Making<'_> {
    fn tell(&mut self, file: &File, wrong: Wrong) {
        self.problems.push(Problem {
            file: file.shown.clone(),
            line: Some(wrong.line),
            what: wrong.what,
        });
    }

    /// The provider's file of that path, then ours: the first one that is right is taken.
    fn candidates(&self, path: &str) -> Vec<(File, bool)> {
        let of = |files: &Files, own| files.get(path).map(|file| (file.clone(), own));
        of(self.own, true).into_iter().chain(of(self.ours, false)).collect()
    }

    fn category(&mut self, name: &str) -> Option<Category> {
        let index = format!("{name}/index.md");
        let mut found = None;
        for (file, _) in self.candidates(&index) {
            let read = text(&file).and_then(|text| front::of_category(text).map(|(front, _)| front));
            match read {
                Ok(front) => {
                    found = Some(front);
                    break;
                }
                Err(wrong) => self.tell(&file, wrong),
            }
        }
        let Some(front) = found else {
            if self.candidates(&index).is_empty() {
                self.problems.push(Problem {
                    file: index,
                    line: None,
                    what: "the category needs this file, with title, summary and order; its articles are left out"
                        .to_owned(),
                });
            }
            return None;
        };
        let of_category = |path: &&String| folder(path) == Some(name) && path.ends_with(".md") && **path != index;
        let paths: BTreeSet<&String> = self.own.keys().chain(self.ours.keys()).filter(of_category).collect();
        let paths: Vec<String> = paths.into_iter().cloned().collect();
        let mut articles: Vec<_> = paths.iter().filter_map(|path| self.article(name, path)).collect();
        articles.sort_by(|one, other| (one.order, &one.title).cmp(&(other.order, &other.title)));
        Some(Category {
            name: name.to_owned(),
            title: front.title,
            summary: front.summary,
            order: front.order,
            articles,
        })
    }

    fn article(&mut self, category: &str, path: &str) -> Option<Article> {
        let name = path
            .strip_prefix(category)?
            .trim_start_matches('/')
            .strip_suffix(".md")?;
        for (file, own) in self.candidates(path) {
            if !is_name(name) {
                let what = "no name of an article: a-z, 0-9 and - are allowed".to_owned();
                self.tell(&file, Wrong { line: 1, what });
                continue;
            }
            match text(&file).and_then(front::of_article) {
                Err(wrong) => self.tell(&file, wrong),
                Ok((front, rest)) => match self.rendered(category, name, front, rest, own) {
                    Ok(article) => return Some(article),
                    Err(all) => all.into_iter().for_each(|wrong| self.tell(&file, wrong)),
                },
            }
        }
        None
    }

    fn rendered(
        &mut self,
        category: &str,
        name: &str,
        front: OfArticle,
        rest: Rest<'_>,
        own: bool,
    ) -> Result<Article, Vec<Wrong>> {
        let files = self.pictures(&format!("{category}/{name}"), &front);
        let shown = Shown {
            address: &format!("/help/{category}/{name}"),
            pictures: &front.pictures,
            files: &files,
        };
        let rendered = render(rest, shown)?;
        let lacking = rendered.used.iter().find(|used| {
            let has = |scheme| files.contains_key(&((*used).clone(), scheme));
            own && !has(Scheme::Light) && !has(Scheme::Dark)
        });
        if let Some(picture) = lacking {
            self.problems.push(Problem {
                file: format!("{category}/{name}.{picture}.light.webp"),
                line: None,
                what: "the article shows this picture, and there is none: the step is shown without".to_owned(),
            });
        }
        Ok(Article {
            category: category.to_owned(),
            name: name.to_owned(),
            title: front.title,
            summary: front.summary,
            order: front.order,
            audience: front.audience,
            search: front.search.join(" "),
            related: front.related,
            pictures: front.pictures,
            intro: rendered.intro,
            opening: rendered.opening,
            sections: rendered.sections,
            links: rendered.links,
            files,
            own,
        })
    }

    /// The files beside an article that are pictures of it; the provider's first, of whatever kind.
    fn pictures(&mut self, stem: &str, front: &OfArticle) -> BTreeMap<(String, Scheme), Picture> {
        let mut found = BTreeMap::new();
        for name in front.pictures.keys() {
            for scheme in [Scheme::Light, Scheme::Dark] {
                let with_scheme = ENDINGS.map(|ending| format!("{stem}.{name}.{}.{ending}", scheme.name()));
                let without = ENDINGS.map(|ending| format!("{stem}.{name}.{ending}"));
                let paths = with_scheme.iter().chain(&without);
                let own = paths.clone().filter_map(|path| self.own.get(path));
                let files: Vec<File> = own
                    .chain(paths.filter_map(|path| self.ours.get(path)))
                    .cloned()
                    .collect();
                for file in files {
                    match Picture::of(&file) {
                        Ok(picture) => {
                            found.insert((name.clone(), scheme), picture);
                            break;
                        }
                        Err(what) => {
                            let problem = Problem {
                                file: file.shown,
                                line: None,
                                what,
                            };
                            if !self.problems.contains(&problem) {
                                self.problems.push(problem);
                            }
                        }
                    }
                }
            }
        }
        found
    }

    /// Files of the provider that are neither text nor picture, which may be a typing error.
    fn look_for_strays(&mut self) {
        for (path, file) in self.own {
            let ending = path.rsplit('.').next().unwrap_or_default();
            if ending != "md" && ending != "txt" && !ENDINGS.contains(&ending) {
                self.problems.push(Problem {
                    file: file.shown.clone(),
                    line: None,
                    what: "neither an article (.md) nor a picture (.webp, .png, .jpg): it is not used".to_owned(),
                });
            }
        }
    }
}

fn text(file: &File) -> Result<&str, Wrong> {
    std::str::from_utf8(&file.bytes).map_err(|error| {
        let before = &file.bytes[..error.valid_up_to()];
        Wrong {
            line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
            what: "these bytes are no UTF-8".to_owned(),
        }
    })
}
