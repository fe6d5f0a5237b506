//! The commented settings file that `linekey init` writes: every setting, its default, and a line about it.

use toml::Value;

/// Every setting with its default.
const SAMPLE: &str = include_str!("sample.toml");

/// The text of a settings file.
#[derive(Clone, Debug)]
pub struct Sample(String);

impl Default for Sample {
    fn default() -> Self {
        Self(SAMPLE.to_owned())
    }
}

impl Sample {
    /// Puts another value in the place of a default.
    ///
    /// # Panics
    /// When there is no such setting: the names come from the program.
    #[must_use]
    pub fn with(mut self, section: &str, key: &str, value: impl Into<Value>) -> Self {
        let head = format!("[{section}]\n");
        let start = self.0.find(&head).expect("a section of the sample");
        let line = format!("\n{key} = ");
        let at = start + self.0[start..].find(&line).expect("a setting of the section") + line.len();
        let end = at + self.0[at..].find('\n').expect("a line ends");
        self.0.replace_range(at..end, &value.into().to_string());
        self
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// A section of the settings.
#[derive(Clone, Debug)]
pub struct Section {
    /// `portal`
    pub name: &'static str,
    /// In the order of the sample.
    pub settings: Vec<Setting>,
}

/// A setting.
#[derive(Clone, Debug)]
pub struct Setting {
    /// `public_url`
    pub key: &'static str,
    /// As TOML.
    pub default: &'static str,
    /// What it does, and what is allowed.
    pub about: String,
}

/// Every setting, as the documentation tells them.
pub fn sections() -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut about: Vec<&str> = Vec::new();
    for line in SAMPLE.lines() {
        if let Some(said) = line.strip_prefix("# ") {
            about.push(said);
        } else if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let settings = Vec::new();
            sections.push(Section { name, settings });
        } else if let (Some((key, default)), Some(section)) = (line.split_once(" = "), sections.last_mut()) {
            let about = std::mem::take(&mut about).join(" ");
            section.settings.push(Setting { key, default, about });
        } else {
            about.clear();
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    fn read(text: &str) -> anyhow::Result<Config> {
        Config::of_text(Path::new("linekey.toml"), text, &BTreeMap::new())
    }

    /// What a configuration with an unknown name is told there is.
    fn allowed(text: &str) -> BTreeSet<String> {
        let said = read(text).expect_err("an unknown name").to_string();
        let (_, expected) = said.split_once("expected").expect("what is allowed");
        expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    #[test]
    fn the_sample_holds_every_setting_with_its_default_and_a_line_about_it() {
        let config = read(SAMPLE).expect("the sample is right");
        assert_eq!(format!("{config:?}"), format!("{:?}", Config::default()));
        let table: toml::Table = toml::from_str(SAMPLE).expect("TOML");
        assert_eq!(table.keys().cloned().collect::<BTreeSet<_>>(), allowed("bogus = 1\n"));
        for (section, keys) in &table {
            let keys = keys.as_table().expect("a section").keys().cloned().collect();
            assert_eq!(allowed(&format!("[{section}]\nbogus = 1\n")), keys, "[{section}]");
        }
        let lines: Vec<_> = SAMPLE.lines().collect();
        for pair in lines
            .windows(2)
            .filter(|pair| pair[1].contains(" = ") && !pair[1].starts_with('#'))
        {
            assert!(pair[0].starts_with("# "), "nothing explains {}", pair[1]);
        }
    }

    #[test]
    fn every_setting_is_told_with_its_default_and_what_it_does() {
        let table: toml::Table = toml::from_str(SAMPLE).expect("TOML");
        let told = sections();
        assert_eq!(told.len(), table.len());
        for section in told {
            let keys = table[section.name].as_table().expect("a section");
            assert_eq!(section.settings.len(), keys.len(), "[{}]", section.name);
            for setting in section.settings {
                let default: toml::Table = toml::from_str(&format!("it = {}", setting.default)).expect("a value");
                assert_eq!(default["it"], keys[setting.key], "{}", setting.key);
                assert!(
                    setting.about.ends_with(['.', ')', ';']),
                    "{}: {}",
                    setting.key,
                    setting.about
                );
            }
        }
    }

    #[test]
    fn a_chosen_value_stands_in_the_place_of_its_default_whatever_it_is() {
        let sample = Sample::default().with("brand", "name", "Quay \"Side\" \\ Co").with(
            "portal",
            "public_url",
            "https://portal.example",
        );
        let config = read(sample.text()).expect("still right");
        assert_eq!(config.brand.name, "Quay \"Side\" \\ Co");
        assert_eq!(config.portal.public_url.origin(), "https://portal.example");
        assert_eq!(config.database.url, Config::default().database.url);
    }

    #[test]
    fn relative_paths_begin_at_the_folder_of_the_file() {
        let read = |text| Config::of_text(Path::new("/etc/linekey/linekey.toml"), text, &BTreeMap::new());
        let config = read("").expect("defaults");
        assert_eq!(config.database.url, "sqlite:/etc/linekey/linekey.db");
        assert_eq!(config.keys.file, Path::new("/etc/linekey/linekey.key"));
        assert_eq!(config.mail.folder, Path::new("/etc/linekey/mail"));
        let text = "[database]\nurl = \"sqlite:/var/lib/x.db?mode=rwc\"\n[keys]\nfile = \"/k\"\n";
        let config = read(text).expect("absolute");
        assert_eq!(config.database.url, "sqlite:/var/lib/x.db?mode=rwc");
        assert_eq!(config.keys.file, Path::new("/k"));
        let config = read("[database]\nurl = \"postgres://a@b/c\"\n").expect("a server");
        assert_eq!(config.database.url, "postgres://a@b/c");
    }
}
