//! Links that let somebody do one thing without being signed in, once: mailed, or printed on a set-up slip.
//!
//! Owns their tokens and codes, of which the database holds hashes alone, how long they are good, and that each is used
//! once at most. What a link is good for is its purpose's: `password` resets, `users` confirm an address.

pub mod code;
mod store;
#[cfg(test)]
mod tests;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

pub use code::Code;
pub use store::Link;

use crate::app::App;
use crate::clock::Millis;
use crate::db::Tx;
use crate::error::Result;
use crate::ids::{AccountId, LinkId, UserId};

/// Wrong answers to what a link asks to be confirmed until it is spent.
pub const MOST_TRIES: i64 = 5;

/// What a link is good for, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Setting a new password without the old one.
    Reset,
    /// Choosing the first password.
    SetUp,
    /// Confirming an e-mail address.
    Email,
    /// "This wasn't me": undoing the one change that a mail reports.
    NotMe,
}

impl Purpose {
    /// The stored text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::SetUp => "set-up",
            Self::Email => "email",
            Self::NotMe => "not-me",
        }
    }

    /// Where its links lead: the address is this, a slash, and the token.
    pub fn path(self) -> &'static str {
        match self {
            Self::Reset => "/reset-password",
            Self::SetUp => "/set-up",
            Self::Email => "/email",
            Self::NotMe => "/not-me",
        }
    }
}

/// The secret in a link: 256 random bits. The database holds its SHA-256 alone.
pub struct Token(Zeroizing<String>);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(***)")
    }
}

impl Token {
    /// A new one.
    pub fn new(app: &App) -> Self {
        Self(Zeroizing::new(BASE64URL_NOPAD.encode(&app.random.bytes::<32>())))
    }

    /// The text, for an address or a cookie.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// SHA-256 of the text of a token or a cookie, whatever it is.
pub fn hash_of(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// A link that is wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What for.
    pub purpose: Purpose,
    /// Of which account.
    pub account: AccountId,
    /// For whom.
    pub user: UserId,
    /// How long it is good, from the moment it is made.
    pub lifetime: Millis,
    /// The user's credential epoch when it was asked for: at another one it is not made. `None`: at any.
    pub epoch: Option<i64>,
    /// The code that can be typed instead.
    pub code: Option<WantedCode>,
    /// What it is about beside the user: JSON without secrets.
    pub detail: serde_json::Value,
}

/// A code that is wanted beside a link.
#[derive(Clone, Debug)]
pub struct WantedCode {
    /// Short ones are for the browser that asked, long ones for whoever holds the slip.
    pub size: code::Size,
    /// SHA-256 of the cookie of the browser that it works in; `None` for any.
    pub browser: Option<[u8; 32]>,
    /// How long it is good.
    pub lifetime: Millis,
}

/// A link that was just made. Only whoever gets this can use it.
#[derive(Debug)]
pub struct Made {
    /// Its id.
    pub id: LinkId,
    /// The whole address: from the configured public URL, whatever a request claimed.
    pub url: String,
    /// The code that can be typed instead.
    pub code: Option<Code>,
    /// When the link ends, milliseconds UTC.
    pub expires_at: Millis,
}

impl Made {
    /// One that looks as those of `wanted` do, alike each time; it opens nothing.
    pub fn sample(wanted: &Wanted, origin: &str, now: Millis) -> Self {
        let path = wanted.purpose.path();
        Self {
            id: LinkId::new("01970000-0000-7000-8000-00000000000c"),
            url: format!("{origin}{path}/7nFq2vWmR0sTz4Xc9LkJ1bHd8eYg5uPa3oNi6tQw-_M"),
            code: wanted.code.as_ref().map(|code| Code::sample(code.size)),
            expires_at: now + wanted.lifetime,
        }
    }
}

/// Makes a link; `mail` names the outbox row that will carry it. `None`: whom it was for is gone, disabled, of a
/// suspended account, or has another password than when it was asked for.
pub async fn make(app: &App, tx: &mut Tx, wanted: &Wanted, mail: Option<&str>) -> Result<Option<Made>> {
    let id = LinkId::new(app.new_id());
    let token = Token::new(app);
    let code = wanted.code.as_ref().map(|code| Code::new(&app.random, code.size));
    let now = app.clock.now();
    let row = store::NewRow {
        id: &id,
        token_hash: hash_of(token.reveal()),
        code_mac: code.as_ref().map(|code| code.mac(app, wanted.purpose)),
        now,
    };
    if !store::insert(tx, wanted, row, mail).await? {
        return Ok(None);
    }
    let origin = app.config.portal.public_url.origin();
    Ok(Some(Made {
        id,
        url: format!("{origin}{}/{}", wanted.purpose.path(), token.reveal()),
        code,
        expires_at: now + wanted.lifetime,
    }))
}

/// The link of a token, if it is for this purpose and still good: not used, not voided, not over, not tried too
/// often, its user enabled, and (but for [`Purpose::NotMe`]) their password the one they had when it was made.
pub async fn open(app: &App, purpose: Purpose, token: &str) -> Result<Option<Link>> {
    store::by_token(&app.db, purpose, &hash_of(token), app.clock.now()).await
}

/// The link of a code that was typed in the browser with this cookie; one more try of all codes of that browser is
/// counted first, and after [`MOST_TRIES`] none of them works.
pub async fn open_by_code_in_browser(app: &App, purpose: Purpose, cookie: &str, typed: &str) -> Result<Option<Link>> {
    let (browser, now) = (hash_of(cookie), app.clock.now());
    let mut tx = app.db.begin().await?;
    let links = store::try_codes_of_browser(&mut tx, purpose, &browser, now, MOST_TRIES).await?;
    tx.commit().await?;
    which(app, purpose, links, typed).await
}

/// The link of a long code that was typed beside a user's name. No try is counted here: the caller delays whoever types
/// wrong ones, and nobody guesses 98 bits.
pub async fn open_by_code_of_user(app: &App, purpose: Purpose, user: &UserId, typed: &str) -> Result<Option<Link>> {
    let links = store::codes_of_user(&app.db, purpose, user, app.clock.now()).await?;
    which(app, purpose, links, typed).await
}

async fn which(app: &App, purpose: Purpose, links: Vec<store::Coded>, typed: &str) -> Result<Option<Link>> {
    let typed = code::canonical(typed);
    // Every one is looked at, found or not.
    let mut found = None;
    for link in links {
        if code::is_it(app, purpose, &typed, &link.code_mac) {
            found = Some(link.token_hash);
        }
    }
    match found {
        Some(token_hash) => store::by_token(&app.db, purpose, &token_hash, app.clock.now()).await,
        None => Ok(None),
    }
}

/// Gives the holder of a link another token for it, such as the browser in which its code was typed; the address in the
/// mail goes on working. `None`: the link is gone.
pub async fn again(app: &App, tx: &mut Tx, link: &Link, lifetime: Millis) -> Result<Option<Token>> {
    let token = Token::new(app);
    let now = app.clock.now();
    let until = link.expires_at.min(now + lifetime);
    let id = LinkId::new(app.new_id());
    let copied = store::copy(tx, &link.id, &id, &hash_of(token.reveal()), (now, until)).await?;
    Ok(copied.then_some(token))
}

/// Counts a confirmation before it is judged. False: there were [`MOST_TRIES`] already, or the link is gone.
pub async fn count_try(app: &App, link: &Link) -> Result<bool> {
    let mut tx = app.db.begin().await?;
    let may = store::count_try(&mut tx, &link.id, MOST_TRIES).await?;
    tx.commit().await?;
    Ok(may)
}

/// Takes back what [`count_try`] counted: the confirmation was right.
pub async fn forgive_try(app: &App, link: &Link) -> Result<()> {
    let mut tx = app.db.begin().await?;
    store::uncount_try(&mut tx, &link.id).await?;
    tx.commit().await
}

/// How many mails hold a link of the user for this that is still good.
pub async fn live(app: &App, user: &UserId, purpose: Purpose) -> Result<i64> {
    store::live_mails(&app.db, user, purpose, app.clock.now()).await
}

/// Until when the latest link of the user for this is good, milliseconds UTC.
pub async fn open_until(app: &App, user: &UserId, purpose: Purpose) -> Result<Option<Millis>> {
    store::open_until(&app.db, user, purpose, app.clock.now()).await
}

/// Uses a link up. False: somebody else just did, or it was voided; then nothing may be done with it.
pub async fn spend(tx: &mut Tx, link: &Link) -> Result<bool> {
    store::remove(tx, &link.id).await
}

/// Voids the user's links of one purpose.
pub async fn void(tx: &mut Tx, user: &UserId, purpose: Purpose) -> Result<u64> {
    store::remove_of(tx, user, purpose).await
}

/// Voids every link of the user that a new password makes needless or dangerous: all but those of "This wasn't me".
pub async fn void_for_new_password(tx: &mut Tx, user: &UserId) -> Result<u64> {
    store::remove_but(tx, user, Purpose::NotMe).await
}

/// Voids every link of the user.
pub async fn void_all(tx: &mut Tx, user: &UserId) -> Result<u64> {
    store::remove_all(tx, user).await
}

/// Voids links that a mail would have carried: it certainly did not leave. Those of an earlier try of the same mail stay,
/// since that one may have.
pub async fn void_made(tx: &mut Tx, made: &[LinkId]) -> Result<()> {
    for id in made {
        store::remove(tx, id).await?;
    }
    Ok(())
}

/// Removes links that are over; run now and then.
pub async fn sweep(app: &App) -> Result<()> {
    let mut tx = app.db.begin().await?;
    store::remove_older(&mut tx, app.clock.now()).await?;
    tx.commit().await
}
