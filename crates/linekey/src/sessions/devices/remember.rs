//! Remembers a browser in which somebody signs in, and mails them when it is a new one.

use std::net::IpAddr;

use super::super::browser;
use super::{Known, MOST_PER_USER, store};
use crate::app::App;
use crate::clock::{DAY, Millis};
use crate::db::Tx;
use crate::error::Result;
use crate::ids::{AccountId, DeviceId, UserId};
use crate::mail::{self, Did, Happened, Mail, NotMe};
use crate::users;

/// Whose browser it is, and what is known of it.
#[derive(Clone, Copy, Debug)]
pub struct SigningIn<'a> {
    /// Their account.
    pub account: &'a AccountId,
    /// Who signs in.
    pub user: &'a UserId,
    /// The browser, if it is remembered as theirs and trusted.
    pub device: Option<&'a DeviceId>,
    /// How many are remembered as theirs.
    pub devices: i64,
    /// When a sign-in in a new browser was last told them; 0 while none was, `None` at their first.
    pub told_at: Option<Millis>,
    /// Whether there is an address to tell them at.
    pub is_told: bool,
    /// The User-Agent header.
    pub user_agent: &'a str,
    /// Where it signs in from.
    pub address: IpAddr,
}

/// Remembers the browser in the transaction of a sign-in, whose caller holds the user; `known` is what its cookie says.
/// Says what the cookie has to say of them from now on.
pub async fn remember(app: &App, tx: &mut Tx, who: SigningIn<'_>, known: &[Known]) -> Result<Known> {
    let new = DeviceId::new(app.new_id());
    let device = who.device.unwrap_or(&new);
    if who.device.is_none() {
        // What the cookie said of them is no browser of theirs any more: under a new name it is.
        if let Some(old) = known.iter().find(|known| known.user == *who.user) {
            store::remove(tx, who.user, &old.device).await?;
        }
        if who.devices >= MOST_PER_USER {
            store::keep_newest(tx, who.user, MOST_PER_USER - 1).await?;
        }
    }
    let (user_agent, address) = (browser::kept(who.user_agent), who.address.to_canonical().to_string());
    let now = app.clock.now();
    store::put(tx, device, (who.account, who.user), (&user_agent, &address), now).await?;
    match who.told_at {
        _ if who.device.is_some() => {}
        None => users::note_first_browser(tx, who.user).await?,
        Some(at) if !who.is_told || at > now - DAY => {}
        Some(_) => {
            if users::note_new_browser(tx, who.user, now).await? {
                tell(app, tx, who, address).await?;
            }
        }
    }
    Ok(Known {
        user: who.user.clone(),
        device: device.clone(),
        at: now,
    })
}

async fn tell(app: &App, tx: &mut Tx, who: SigningIn<'_>, address: String) -> Result<()> {
    let Some(subject) = users::subject_in(tx, who.account, who.user).await? else {
        return Ok(());
    };
    let Some((to, since)) = subject.verified_email().zip(subject.email_verified_at) else {
        return Ok(());
    };
    let at = app.clock.now();
    let happened = Happened {
        did: Did::SignIn,
        at,
        epoch: subject.credential_epoch,
        email: to.to_owned(),
        email_verified_at: since,
    };
    let mail = Mail::NewBrowser {
        name: subject.display_name.clone(),
        sign_in_name: subject.sign_in_name(),
        at,
        browser: browser::describe(&app.words, who.user_agent),
        address,
        not_me: NotMe {
            account: who.account.clone(),
            user: who.user.clone(),
            happened,
        },
    };
    mail::send(app, tx, (who.account, who.user), to, &mail).await
}
