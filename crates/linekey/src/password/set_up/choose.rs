//! Sets the password of whoever holds a set-up link.

use crate::app::App;
use crate::error::Result;
use crate::links::{Link, Purpose};
use crate::password::by_link::{self, ByLink, From, Opened, set_by_link};
use crate::password::set::Cause;
use crate::password::typed::TypedPassword;
use crate::users::{Subject, name};

/// What the token of a set-up link opens, if it is still good. Changes nothing.
pub async fn open(app: &App, token: &str) -> Result<Option<Opened>> {
    by_link::open(app, Purpose::SetUp, token).await
}

/// Sets the password of whom the link is for. Whoever used a link that was mailed reads that mail: the address is theirs.
pub async fn choose(
    app: &App,
    opened: &Opened,
    typed: (&TypedPassword, &TypedPassword),
    from: From<'_>,
) -> Result<ByLink> {
    let Opened { link, subject } = opened;
    let invited = invited(link);
    let proven = invited.as_deref().filter(|key| is_of(subject, key));
    let cause = Cause::SetUp {
        subject,
        address: from.address,
        browser: from.browser,
        proven: proven.is_some(),
    };
    set_by_link(app, opened, typed, cause, proven).await
}

/// The key of the address that the link was mailed to; a slip was handed over.
fn invited(link: &Link) -> Option<String> {
    let detail: serde_json::Value = serde_json::from_str(&link.detail).unwrap_or_default();
    detail["email"].as_str().map(str::to_owned)
}

/// Whether it is still the address on file.
fn is_of(subject: &Subject, key: &str) -> bool {
    subject
        .email
        .as_deref()
        .is_some_and(|email| name::canonical(email) == key)
}
