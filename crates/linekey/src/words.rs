//! The words people read: pages and mails take every sentence from the Fluent files in `locales/`.
//!
//! Owns the look-up of a message in a language. Owns no sentence itself: a test fails on text in a template.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

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

/// The messages of one language. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Words {
    language: LanguageIdentifier,
    /// The messages without arguments that were said before. A page says dozens, the same ones every time; their keys
    /// are the product's own, so there is an end to them.
    said: Arc<RwLock<HashMap<String, String>>>,
}

impl Words {
    /// English, the only language so far.
    pub fn english() -> Self {
        Self {
            language: langid!("en"),
            said: Arc::default(),
        }
    }

    /// The BCP 47 tag for the `lang` attribute.
    pub fn tag(&self) -> String {
        self.language.to_string()
    }

    /// The message `key` without arguments.
    pub fn say(&self, key: &str) -> String {
        // Written to in one step, so a poisoned lock is as good as any.
        let before = self
            .said
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
            .cloned();
        before.unwrap_or_else(|| {
            let said = self.look_up(key, None);
            let mut all = self.said.write().unwrap_or_else(PoisonError::into_inner);
            all.entry(key.to_owned()).or_insert(said).clone()
        })
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
        self.look_up(key, Some(&arguments))
    }

    fn look_up(&self, key: &str, arguments: Option<&HashMap<Cow<'static, str>, FluentValue<'_>>>) -> String {
        // Finding the languages to fall back on takes longer than the message, and is hardly ever needed.
        MESSAGES
            .lookup_single_language(&self.language, key, arguments)
            .unwrap_or_else(|_| MESSAGES.lookup_complete(&self.language, key, arguments))
    }

    /// `30 seconds`, `5 minutes` or, from two hours on, `2 hours`, rounded up, of seconds to wait.
    pub fn wait(&self, seconds: i64) -> String {
        let (key, unit) = match seconds {
            ..60 => ("wait-seconds", 1),
            60..7_200 => ("wait-minutes", 60),
            _ => ("wait-hours", 3_600),
        };
        self.say_with(key, "count", (seconds + unit - 1) / unit)
    }

    /// Whether the language has the message `key`.
    pub fn has(&self, key: &str) -> bool {
        MESSAGES.try_lookup(&self.language, key).is_some()
    }
}

/// Whether a character has no place in a name: control characters, separators of lines, what nobody sees (fillers, soft
/// hyphens, tags), and marks that turn the direction of what follows (UAX #9), which make one name look like another.
/// The joiners stay: Persian and the scripts of India are written with them.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
        )
        || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}
