//! The words people read: pages and mails take every sentence from the Fluent files in `locales/`.
//!
//! Owns the look-up of a message in a language. Owns no sentence itself: a test fails on text in a template.

use std::collections::HashMap;

use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, Loader, langid, static_loader};

static_loader! {
    static MESSAGES = {
        locales: "../../locales",
        fallback_language: "en",
        // Isolation marks are invisible characters that break copying and comparing.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

/// The messages of one language.
#[derive(Clone, Debug)]
pub struct Words {
    language: LanguageIdentifier,
}

impl Words {
    /// English, the only language so far.
    pub fn english() -> Self {
        Self {
            language: langid!("en"),
        }
    }

    /// The BCP 47 tag for the `lang` attribute.
    pub fn tag(&self) -> String {
        self.language.to_string()
    }

    /// The message `key` without arguments.
    pub fn say(&self, key: &str) -> String {
        MESSAGES.lookup(&self.language, key)
    }

    /// The message `key` with one named argument.
    pub fn say_with<'a>(&self, key: &str, name: &'static str, value: impl Into<FluentValue<'a>>) -> String {
        self.say_all(key, [(name, value.into())])
    }

    /// The message `key` with named arguments.
    pub fn say_all<'a>(
        &self,
        key: &str,
        arguments: impl IntoIterator<Item = (&'static str, FluentValue<'a>)>,
    ) -> String {
        let arguments: HashMap<_, _> = arguments
            .into_iter()
            .map(|(name, value)| (name.into(), value))
            .collect();
        MESSAGES.lookup_with_args(&self.language, key, &arguments)
    }

    /// `30 seconds` or `5 minutes`, of seconds to wait.
    pub fn wait(&self, seconds: i64) -> String {
        if seconds < 60 {
            self.say_with("wait-seconds", "count", seconds)
        } else {
            self.say_with("wait-minutes", "count", (seconds + 59) / 60)
        }
    }

    /// Whether the language has the message `key`.
    pub fn has(&self, key: &str) -> bool {
        MESSAGES.try_lookup(&self.language, key).is_some()
    }
}
