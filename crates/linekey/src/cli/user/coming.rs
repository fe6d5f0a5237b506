//! `linekey user add --invite`, `setup-slip`: how somebody comes to their first password without being told one.

use anyhow::bail;

use super::{nobody, of, refused};
use crate::accounts::{self, Named};
use crate::app::App;
use crate::users::add::{self, Added};
use crate::users::create::NewUser;
use crate::users::name::canonical;
use crate::users::set_up_slip::{self, Slip};
use crate::users::{Actor, Subject};
use crate::when;

/// Adds `new` to the account of `domain` without a password, and mails them how to choose one.
pub(super) async fn invite(app: &App, domain: &str, new: NewUser<'_>) -> anyhow::Result<()> {
    let Some(account) = accounts::named(&app.db, &canonical(domain)).await? else {
        bail!("{}", super::no_account(domain));
    };
    if let Added::Refused(refusals) = add::add(app, Actor::Console, &account, new, true).await? {
        let why: Vec<_> = refusals.iter().map(refused).collect();
        bail!("the user is not added: {}", why.join("; "));
    }
    super::super::say(&invited(app, &account, &new));
    Ok(())
}

fn invited(app: &App, account: &Named, new: &NewUser<'_>) -> String {
    format!(
        "{} is added and signs in as {} at {}/\nAn invitation goes to {} as soon as a server runs here: its link is good once, within \
         72 hours, and using it confirms the address. `linekey user setup-slip` makes a link and a code to hand over instead.\n",
        new.display_name,
        new.role.sign_in_name(&canonical(new.name), &account.domain),
        app.config.portal.public_url.origin(),
        new.email.unwrap_or_default(),
    )
}

/// Makes a set-up slip and shows what is on it, once.
pub(super) async fn slip(app: &App, whom: &Subject) -> anyhow::Result<()> {
    let name = whom.sign_in_name();
    let (subject, made) = match set_up_slip::make(app, Actor::Console, of(whom)).await? {
        Slip::Done(subject, made) => (subject, made),
        Slip::Disabled => {
            bail!("{name} is disabled and may not sign in; `linekey user enable {name}` comes first")
        }
        Slip::Forbidden(_) => bail!("the console may not do that"),
        Slip::Nobody => bail!("{}", nobody(&name)),
    };
    let stays = match subject.password_set_at {
        Some(_) => " The password there is now stays until then.",
        None => "",
    };
    super::super::say(&format!(
        "A set-up slip for {}:\n\n  link      {}\n  or open   {}/set-up/code\n  name      {name}\n  code      {}\n\nEither is \
         good once, before {}, and is shown here and never again.{stays} Earlier slips and invitations are void.\n",
        subject.display_name,
        made.url,
        app.config.portal.public_url.origin(),
        made.code.as_ref().map(|code| code.reveal()).unwrap_or_default(),
        when::exact(made.expires_at),
    ));
    Ok(())
}
