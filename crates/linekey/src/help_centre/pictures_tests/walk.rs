//! The walk through all steps: signs in, opens the page, clicks what is to be clicked, and looks for the control.

use std::path::Path;

use super::read::{Step, files, steps};
use crate::testing::chromium::{Chromium, write};
use crate::testing::scene::{Scene, Who};

/// Bytes of a picture, and of all of them, at most.
const PICTURE: usize = 60_000;
const ALL: u64 = 6_000_000;
const SCHEMES: [&str; 2] = ["light", "dark"];

/// What is wanted of a walk.
pub(super) struct Asked {
    /// The articles and steps that it goes to; all when it names none.
    pub(super) of: Vec<String>,
    /// Whether pictures and structures are written instead of compared.
    pub(super) writes: bool,
    /// Whether each control is taken from its page first.
    pub(super) without: bool,
}

impl Asked {
    fn goes_to(&self, step: &Step) -> bool {
        self.of.is_empty() || self.of.iter().any(|of| *of == step.article || *of == step.name())
    }
}

struct Walk<'a> {
    help: &'a Path,
    asked: &'a Asked,
    scene: Scene,
    browser: Chromium,
    who: Option<Who>,
    /// The page that it is at, with what was clicked there.
    at: Option<(String, Vec<String>)>,
    /// Whether a step changed something, so that the next one needs a new scene.
    used: bool,
}

/// Goes to every step, and says what is wrong with which.
pub(super) async fn walk(help: &Path, asked: &Asked) -> Vec<String> {
    let (steps, mut complaints) = steps(help);
    let wanted: Vec<_> = steps.iter().filter(|step| asked.goes_to(step)).collect();
    if wanted.is_empty() {
        complaints.push("no article in help/ has such a picture".to_owned());
        return complaints;
    }
    let scene = Scene::new().await;
    let browser = Chromium::start(&scene.portal).await;
    browser.poses(SCHEMES[0]).await;
    let mut walk = Walk {
        help,
        asked,
        scene,
        browser,
        who: None,
        at: None,
        used: false,
    };
    for step in wanted {
        if let Err(complaint) = walk.go(step).await {
            complaints.push(format!("{}: {complaint}", step.title()));
        }
    }
    // A script that misses what is gone from its page complains too, and would be the only one to be heard.
    match complaints.is_empty() {
        true => walk.browser.close().await,
        false => walk.browser.close_unheard().await,
    }
    if asked.of.is_empty() {
        complaints.extend(of_files(help, &steps));
    }
    complaints
}

impl Walk<'_> {
    async fn go(&mut self, step: &Step) -> Result<(), String> {
        let shown = &step.shown;
        self.come_as(shown.who).await;
        if self.asked.without {
            self.browser.loses(&shown.control).await;
        }
        let found = self.find(step).await;
        if self.asked.without {
            self.browser.keeps().await;
        }
        found?;
        self.browser.says_instead(&self.scene.instead()).await;
        let structure = format!("{}\n", self.browser.describes(&shown.control).await);
        if self.asked.writes {
            self.take(step, &structure).await
        } else {
            compare(self.help, step, &structure)
        }
    }

    /// Opens the page, and clicks up to the control.
    async fn find(&mut self, step: &Step) -> Result<(), String> {
        let place = (step.shown.page.clone(), step.shown.open.clone());
        if self.at.as_ref() != Some(&place) || self.asked.without {
            self.at = None;
            self.browser.open(&step.shown.page).await;
            for selector in &step.shown.open {
                let clicked = self.browser.clicks(selector).await;
                self.used |= clicked.map_err(|error| format!("to get there: {error}"))?;
            }
            self.at = Some(place);
        }
        self.browser.finds(&step.shown.control).await
    }

    async fn come_as(&mut self, who: Who) {
        if self.used {
            // A page that listens would complain that nobody speaks any more.
            self.browser.shows("").await;
            self.scene = Scene::new().await;
            self.browser.moves_to(&self.scene.portal);
        }
        if self.used || self.who != Some(who) {
            self.browser.becomes(&self.scene.browser(who)).await;
            self.who = Some(who);
            (self.at, self.used) = (None, false);
        }
    }

    /// Takes the pictures of a step that the browser is at.
    async fn take(&self, step: &Step, structure: &str) -> Result<(), String> {
        let control = &step.shown.control;
        self.browser.outlines(control).await;
        for scheme in SCHEMES {
            self.browser.poses(scheme).await;
            let picture = self.browser.picture_around(control, PICTURE).await;
            write(&step.file(self.help, &format!("{scheme}.webp")), &picture);
        }
        self.browser.poses(SCHEMES[0]).await;
        write(&step.file(self.help, "txt"), structure.as_bytes());
        sized(self.help, step)
    }
}

/// The committed picture is there, and of this page.
fn compare(help: &Path, step: &Step, structure: &str) -> Result<(), String> {
    let committed = std::fs::read_to_string(step.file(help, "txt")).unwrap_or_default();
    if committed != structure {
        return Err(format!(
            "the page has changed since its picture: {}",
            difference(&committed, structure)
        ));
    }
    sized(help, step)
}

fn sized(help: &Path, step: &Step) -> Result<(), String> {
    let mut wrong = Vec::new();
    for scheme in SCHEMES {
        let file = step.file(help, &format!("{scheme}.webp"));
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        match std::fs::metadata(&file) {
            Ok(found) if found.len() <= PICTURE as u64 => {}
            Ok(found) => wrong.push(format!("{name} has {} bytes, {PICTURE} are allowed", found.len())),
            Err(_) => wrong.push(format!("{name} is missing")),
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("; "))
    }
}

/// The lines that only one of them has, the first few.
fn difference(committed: &str, now: &str) -> String {
    let only = |mark: &str, of: &str, other: &str| -> Vec<String> {
        let lines = of.lines().filter(|line| !other.lines().any(|others| others == *line));
        lines.take(3).map(|line| format!("{mark} {}", line.trim())).collect()
    };
    let lines = [only("-", committed, now), only("+", now, committed)].concat();
    if lines.is_empty() {
        "the order".to_owned()
    } else {
        lines.join("  ")
    }
}

/// Pictures that no step shows, and too many bytes.
fn of_files(help: &Path, steps: &[Step]) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut bytes = 0;
    for path in files(help).into_iter().filter(|path| !path.ends_with(".md")) {
        bytes += std::fs::metadata(help.join(&path)).map_or(0, |found| found.len());
        let ends = ["light.webp", "dark.webp", "txt"];
        let is_shown = |step: &Step| ends.iter().any(|end| step.file(help, end) == help.join(&path));
        if !steps.iter().any(is_shown) {
            complaints.push(format!("help/{path}: no step shows it"));
        }
    }
    if bytes > ALL {
        complaints.push(format!("help: pictures have {bytes} bytes, {ALL} are allowed"));
    }
    complaints
}
