//! Starts a session for someone who has just proven who they are.

use std::net::IpAddr;

use super::{Token, browser, store};
use crate::app::App;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::ids::{AccountId, DeviceId, SessionId, UserId};

/// A session that was just started.
#[derive(Debug)]
pub struct Started {
    /// Its id.
    pub id: SessionId,
    /// What its cookie holds.
    pub token: Token,
    /// How many others of the user ended for it: beyond [`super::MOST_PER_USER`] those unused longest.
    pub ended: u64,
}

/// Starts a session in the remembered browser `device`. The caller holds the user, who had so many `sessions` a moment ago,
/// and reports it.
pub async fn start(
    app: &App,
    tx: &mut Tx,
    (account, user): (&AccountId, &UserId),
    sessions: i64,
    (device, user_agent, address): (&DeviceId, &str, IpAddr),
) -> Result<Started> {
    let id = SessionId::new(app.new_id());
    let token = Token::new(&app.random);
    let user_agent = browser::kept(user_agent);
    let address = address.to_canonical().to_string();
    let are_few = sessions < super::MOST_PER_USER / 2;
    let ended = if are_few {
        0
    } else {
        store::keep_newest(tx, user, super::MOST_PER_USER - 1).await?
    };
    store::insert(
        tx,
        &id,
        (account, user, device),
        &token.hash(),
        (&user_agent, &address),
        app.clock.now(),
    )
    .await?;
    if are_few {
        // Others may have been started in between.
        store::keep_newest_later(tx, user, super::MOST_PER_USER).await?;
    }
    Ok(Started { id, token, ended })
}

/// Gives a session a new token, so that one that was seen before is worth nothing; `proven` when the password was
/// just proven. The caller holds the user.
///
/// # Errors
/// [`Error::SessionEnded`] when the session has ended meanwhile.
pub async fn renew(app: &App, tx: &mut Tx, session: &SessionId, proven: bool) -> Result<Token> {
    let token = Token::new(&app.random);
    let now = app.clock.now();
    let renewed = store::set_token(tx, session, &token.hash(), now, proven.then_some(now)).await?;
    if renewed { Ok(token) } else { Err(Error::SessionEnded) }
}
