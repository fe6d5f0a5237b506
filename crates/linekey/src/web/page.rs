//! The frame around every page: brand, menu, words. Filled by the door, so that `web` needs to know no feature.

use std::sync::{Arc, OnceLock};

use crate::app::App;
use crate::brand::Accents;
use crate::words::Words;

/// Where the menu stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// `/phones`
    Phones,
    /// `/account/settings` and the password pages.
    Settings,
    /// `/account/sessions`
    Sessions,
    /// `/admin/users`
    People,
    /// `/admin/phones`
    AllPhones,
    /// `/admin/audit`
    Record,
    /// `/operator/accounts`
    Accounts,
    /// `/operator/mail`
    Mail,
    /// `/help`
    Help,
    /// `/operator/help`
    Feedback,
    /// A page outside the menu, such as an error.
    None,
}

/// Who is signed in, as far as the frame shows it.
#[derive(Clone, Debug)]
pub struct Person {
    /// `ann@acme.example`
    pub sign_in_name: String,
    /// `Ann Archer`
    pub display_name: String,
    /// `Acme Boats`
    pub account_name: String,
    /// Operators see accounts instead of phones.
    pub operator: bool,
    /// Administrators see the people of their account.
    pub administrator: bool,
    /// A password was set for them: only the change form, and signing out, is open.
    pub must_change: bool,
}

impl Person {
    /// `AA` of `Ann Archer`: the first letters of the first and the last word.
    pub fn initials(&self) -> String {
        let mut letters = self
            .display_name
            .split_whitespace()
            .filter_map(|word| word.chars().next());
        let (first, last) = (letters.next(), letters.next_back());
        first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
    }
}

/// Who asks, once that is known: the gate hands it out empty, so that the page of a problem can have the person's frame
/// without asking the database, which may be the problem.
#[derive(Clone, Debug, Default)]
pub struct Asking(Arc<OnceLock<Person>>);

impl Asking {
    /// Notes who it is. The first to say so is believed.
    pub fn is(&self, person: Person) {
        let _ = self.0.set(person);
    }

    /// Who it is, if anything asked.
    pub fn who(&self) -> Option<Person> {
        self.0.get().cloned()
    }
}

/// The article that explains a page of the portal.
#[derive(Clone, Debug)]
pub struct Explained {
    /// `/help/passwords/change-your-password`
    pub href: String,
    /// `Change your password`
    pub title: String,
}

tokio::task_local! {
    /// Of the page that is being answered. Handlers make frames in many places, and none of them has a say in it.
    static EXPLAINED: Option<Explained>;
}

impl Explained {
    /// Answers a request whose page is explained by an article.
    pub async fn while_in<T>(explained: Option<Self>, answering: impl Future<Output = T>) -> T {
        EXPLAINED.scope(explained, answering).await
    }

    /// The article of the page that is being answered.
    pub fn now() -> Option<Self> {
        EXPLAINED.try_with(Clone::clone).ok().flatten()
    }
}

/// What `web/layout.html` needs of every page.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The messages in the reader's language.
    pub words: Words,
    /// The provider's name for the portal.
    pub brand: String,
    /// The brand's colours.
    pub accents: Accents,
    /// Nobody on the pages that need no session.
    pub person: Option<Person>,
    /// Which entry of the menu is current.
    pub section: Section,
    /// The article that explains the page.
    pub explained: Option<Explained>,
}

impl Frame {
    /// The frame of a page that needs no session.
    pub fn for_strangers(app: &App) -> Self {
        Self {
            words: app.words.clone(),
            brand: app.config.brand.name.clone(),
            accents: app.accents,
            person: None,
            section: Section::None,
            explained: Explained::now(),
        }
    }

    /// A message without arguments; what templates call.
    pub fn say(&self, key: &str) -> String {
        self.words.say(key)
    }

    /// Whether `section` is the current one.
    pub fn at(&self, section: &Section) -> bool {
        self.section == *section
    }
}

/// A message at a form's field.
#[derive(Clone, Debug)]
pub struct FieldError {
    /// The `id` of the input, which the summary at the top links to.
    pub field: &'static str,
    /// One sentence: what is wrong and what would be right.
    pub text: String,
}
