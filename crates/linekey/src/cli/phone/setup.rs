//! `linekey phone setup`.

use anyhow::bail;

use super::super::table;
use super::changing::{by, find, nobody};
use crate::app::App;
use crate::phones::provision::Kind;
use crate::phones::provision::make::{Link, Made, make};
use crate::phones::rotate::LONGEST_OVERLAP;
use crate::web::qr;
use crate::when;

/// A kind, or what may stand there.
pub(super) fn kind(text: &str) -> Result<Kind, String> {
    let all = Kind::ALL.map(Kind::as_str).join(", ");
    Kind::parse(text).ok_or_else(|| format!("one of {all}"))
}

/// Makes the link and prints it: it is the secret that the command is asked for.
pub(super) async fn set_up(
    app: &App,
    address: &str,
    kind: Kind,
    hours: i64,
    (with_code, json): (bool, bool),
) -> anyhow::Result<()> {
    let phone = find(app, address).await?;
    let link = match make(app, by(&phone), &phone.id, kind, hours).await? {
        Made::Done(link) => link,
        Made::Overlap => bail!("an overlap is 0 to {LONGEST_OVERLAP} hours"),
        Made::Blocked => bail!("the phone is blocked; `linekey phone allow {address}` lets it register again"),
        Made::NoServer => bail!("no registrar runs here that the file could name (sip.mode is off)"),
        Made::Forbidden(_) => bail!("the console may not do that"),
        Made::NoPhone => bail!("{}", nobody(address)),
    };
    if json {
        let object = serde_json::to_string_pretty(&object(app, &link))?;
        super::super::say(&format!("{object}\n"));
        return Ok(());
    }
    let code = if with_code {
        qr::text(&link.url(app))?
    } else {
        String::new()
    };
    let old = match link.old_until {
        Some(until) => format!(
            "The SIP password it has works until {}, or until the phone first registers with the new one.",
            when::exact(until)
        ),
        None => "The SIP password it had is good for nothing any more.".to_owned(),
    };
    super::super::say(&format!(
        "The phone {} can be set up with this link:\n\n  {}\n{code}\n  files  {}\n  until  {}, or until the phone registers\n\n\
         Whoever has the link has the SIP password. It is shown here and never again.\n{old}\n",
        table::plain(&link.label),
        *link.url(app),
        kind.file_names().join(", "),
        when::exact(link.valid_until),
    ));
    Ok(())
}

/// A link for programs.
fn object(app: &App, link: &Link) -> serde_json::Value {
    serde_json::json!({
        "phone": link.address, "kind": link.kind.as_str(), "link": *link.url(app), "files": link.kind.file_names(),
        "valid_until": when::rfc3339(link.valid_until),
        "old_sip_password_until": link.old_until.map(when::rfc3339),
    })
}
