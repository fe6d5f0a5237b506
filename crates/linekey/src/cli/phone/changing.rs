//! `linekey phone rotate`, `disconnect`, `allow`, `notices`, `remove` and `show`.

use anyhow::bail;

use super::super::table;
use super::{object, settings};
use crate::app::App;
use crate::phones::act::By;
use crate::phones::disconnect::{self, Done};
use crate::phones::live::{self, Listed};
use crate::phones::notices;
use crate::phones::remove;
use crate::phones::rotate::{self, Rotated};
use crate::users::Actor;
use crate::users::act::Whom;
use crate::when;

/// Gives a phone a new SIP password.
pub(super) async fn rotate(app: &App, address: &str, hours: i64) -> anyhow::Result<()> {
    let phone = find(app, address).await?;
    let new = match rotate::rotate(app, by(&phone), &phone.id, hours).await? {
        Rotated::Done(new) => new,
        Rotated::Overlap => bail!("an overlap is 0 to {} hours", rotate::LONGEST_OVERLAP),
        Rotated::Forbidden(_) => bail!("the console may not do that"),
        Rotated::NoPhone => bail!("{}", nobody(address)),
    };
    let old = match new.old_until {
        Some(until) => format!(
            "The one it has works until {}, or until the phone first registers with this one.",
            when::exact(until)
        ),
        None => "The one it had is good for nothing any more.".to_owned(),
    };
    super::super::say(&format!(
        "The phone {} has a new SIP password. Type into it:\n\n{}\n{old}\nThe SIP password is shown here and never again.\n",
        table::plain(&new.label),
        settings(app, (&new.sip_name, &new.sip_domain), &new.sip_password),
    ));
    Ok(())
}

/// Ends a phone's registrations.
pub(super) async fn disconnect(app: &App, address: &str, block: bool) -> anyhow::Result<()> {
    let phone = find(app, address).await?;
    let ended = disconnect::disconnect(app, by(&phone), &phone.id, block).await?;
    let is_blocked = block || matches!(ended, Done::Already(_));
    let label = done(ended, address)?;
    let then = if is_blocked {
        format!("It can't register until `linekey phone allow {address}`.")
    } else {
        "It may register again.".to_owned()
    };
    super::super::say(&format!(
        "The registrations of {label} end within a second where a server runs. {then}\n"
    ));
    Ok(())
}

/// Lets a blocked phone register again.
pub(super) async fn allow(app: &App, address: &str) -> anyhow::Result<()> {
    let phone = find(app, address).await?;
    let label = done(disconnect::allow(app, by(&phone), &phone.id).await?, address)?;
    super::super::say(&format!("{label} may register again, with the SIP password it has.\n"));
    Ok(())
}

/// Has the owner of a phone mailed about it, or not any more.
pub(super) async fn notices(app: &App, address: &str, on: bool) -> anyhow::Result<()> {
    let phone = find(app, address).await?;
    let label = done(notices::switch(app, by(&phone), &phone.id, on).await?, address)?;
    let text = if on {
        format!("The owner of {label} is mailed when it is offline for ten minutes, or connects again and again.\n")
    } else {
        format!("The owner of {label} gets no mail about it any more.\n")
    };
    super::super::say(&text);
    Ok(())
}

/// Removes a phone.
pub(super) async fn remove(app: &App, address: &str) -> anyhow::Result<()> {
    let phone = find(app, address).await?;
    let label = done(remove::remove(app, by(&phone), &phone.id).await?, address)?;
    super::super::say(&format!(
        "{label} is removed. Its registrations end within a second where a server runs.\n"
    ));
    Ok(())
}

/// Prints one phone: lines for people, one object for programs.
pub(super) async fn show(app: &App, address: &str, json: bool) -> anyhow::Result<()> {
    let phone = find(app, address).await?;
    let listed = live::in_accounts(app, "", Some(&phone.user)).await?;
    let is_it = |listed: &Listed| listed.phone.id == phone.id.as_str();
    let Some(listed) = listed.into_iter().find(is_it) else {
        bail!("{}", nobody(address));
    };
    if json {
        let object = serde_json::to_string_pretty(&object(&listed))?;
        super::super::say(&format!("{object}\n"));
        return Ok(());
    }
    let none = || "none".to_owned();
    let lines = [
        ("phone", listed.phone.label),
        ("user", listed.user),
        ("address", listed.phone.address_of_record),
        ("extension", listed.phone.extension.unwrap_or_else(none)),
        ("state", listed.phone.state_text),
        ("seen", listed.phone.seen_text.unwrap_or_else(none)),
        (
            "mail about it",
            if listed.phone.has_notices { "yes" } else { "no" }.to_owned(),
        ),
        (
            "old SIP password",
            listed
                .old_until
                .map_or_else(none, |until| format!("works until {}", when::exact(until))),
        ),
    ];
    let lines: Vec<_> = lines
        .map(|(name, value)| vec![name.to_owned(), table::plain(&value)])
        .into();
    super::super::say(&table::aligned(&lines));
    Ok(())
}

pub(super) async fn find(app: &App, address: &str) -> anyhow::Result<live::Found> {
    match live::by_address(app, address).await? {
        Some(found) => Ok(found),
        None => bail!("{}", nobody(address)),
    }
}

pub(super) fn by(phone: &live::Found) -> By<'_> {
    let whom = Whom {
        account: &phone.account,
        id: &phone.user,
    };
    By::Helper(Actor::Console, whom)
}

/// What the phone is called, once it is done.
fn done(done: Done, address: &str) -> anyhow::Result<String> {
    match done {
        Done::Done(label) | Done::Already(label) => Ok(table::plain(&label)),
        Done::Forbidden(_) => bail!("the console may not do that"),
        Done::NoPhone => bail!("{}", nobody(address)),
    }
}

pub(super) fn nobody(address: &str) -> String {
    format!("no phone has the address {address}; `linekey phone list` shows those there are")
}
