//! Opens a reset link by the code that was mailed with it, in the browser that asked for it.

use std::net::IpAddr;

use super::redeem::is_on_file;
use crate::app::App;
use crate::clock::HOUR;
use crate::error::Result;
use crate::links::{self, Purpose, Token};
use crate::throttle::{self, Bucket, Counted};
use crate::users;

/// What came of it.
#[derive(Debug)]
pub enum ByCode {
    /// A token of the link, for this browser.
    Open(Token),
    /// It is no code that was asked for in this browser and mailed to that address, it is over, or too many were tried.
    Wrong,
    /// Too many were typed in that network: so many seconds must pass first.
    Wait(i64),
}

/// Opens the link of the code `typed`, which was asked for with `cookie` and mailed to `email`. One more try of all codes
/// of that browser is counted first.
pub async fn open_by_code(app: &App, from: IpAddr, cookie: &str, email: &str, typed: &str) -> Result<ByCode> {
    if let Counted::Wait(seconds) = throttle::count(app, &[Bucket::ResetCodes(from)]).await? {
        return Ok(ByCode::Wait(seconds));
    }
    let Some(link) = links::open_by_code_in_browser(app, Purpose::Reset, cookie, typed).await? else {
        return Ok(ByCode::Wrong);
    };
    let subject = users::subject(app, &link.account, &link.user).await?;
    if !subject.is_some_and(|subject| is_on_file(&subject, email)) {
        return Ok(ByCode::Wrong);
    }
    let mut tx = app.db.begin().await?;
    let token = links::again(app, &mut tx, &link, HOUR).await?;
    tx.commit().await?;
    Ok(token.map_or(ByCode::Wrong, ByCode::Open))
}
