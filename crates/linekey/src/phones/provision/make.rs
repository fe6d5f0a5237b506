//! Makes the set-up link of a phone. The SIP password in it is made here, as a rotation: the one the phone has stays good
//! until the phone first registers with the new one, or for as long as was chosen.

use zeroize::Zeroizing;

use super::super::act::{Begun, By, Doing, begin};
use super::super::registrar;
use super::super::rotate::{LONGEST_OVERLAP, NewPassword, renew};
use super::settings::{Settings, one_line};
use super::{Kind, store};
use crate::app::App;
use crate::audit;
use crate::clock::{HOUR, Millis};
use crate::config::SipMode;
use crate::error::Result;
use crate::ids::PhoneId;
use crate::keys::TokenKey;
use crate::links::{self, Token};
use crate::users::permissions::Refusal;

/// How long a link works at most.
pub const VALID_FOR: Millis = 24 * HOUR;
/// Where the files of all links are.
const PATH: &str = "/provision";

/// A link that was just made. Only whoever gets this can use it.
pub struct Link {
    /// What the phone is called.
    pub label: String,
    /// Its address of record: `ann-desk@acme.example`.
    pub address: String,
    /// Whose format its files are in.
    pub kind: Kind,
    /// The secret in its address.
    pub token: Zeroizing<String>,
    /// The SIP password that it gives.
    pub sip_password: Zeroizing<String>,
    /// Until when it works at most, milliseconds UTC.
    pub valid_until: Millis,
    /// Until when the SIP password before is good at most, milliseconds UTC; `None`: not any more.
    pub old_until: Option<Millis>,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Link({:?} for {}, ***)", self.kind, self.address)
    }
}

impl Link {
    /// What is scanned or typed into the phone: an address of the configured public URL.
    pub fn url(&self, app: &App) -> Zeroizing<String> {
        let folder = format!("{}{PATH}/{}", app.config.portal.public_url.origin(), *self.token);
        Zeroizing::new(self.kind.link(&folder))
    }

    /// The account with its password as a SIP URI in the form of RFC 3261, 19.1.1: what softphones have in common that scan
    /// more than the codes of their own maker. Names and passwords of ours are letters, digits and dashes: nothing is
    /// escaped. `None` for desk phones, which scan nothing.
    pub fn uri(&self) -> Option<Zeroizing<String>> {
        let (name, domain) = self.address.split_once('@')?;
        let uri = || Zeroizing::new(format!("sip:{name}:{}@{domain};transport=udp", *self.sip_password));
        (self.kind == Kind::Softphone).then(uri)
    }
}

/// What came of it.
#[derive(Debug)]
pub enum Made {
    /// It is made.
    Done(Link),
    /// An overlap is 0 to [`LONGEST_OVERLAP`] hours.
    Overlap,
    /// The phone may not register.
    Blocked,
    /// No registrar is known here that the file could name.
    NoServer,
    /// It is not the actor's to do.
    Forbidden(Refusal),
    /// The owner has no such phone.
    NoPhone,
}

/// Whether set-up files can be made here: there is a registrar that they can name.
pub fn is_possible(app: &App) -> bool {
    server(app).is_some()
}

/// Makes the link of `phone` with a new SIP password; the one it has is good for `overlap_hours` more, or with 0 not at
/// all. A link made before is void.
pub async fn make(app: &App, by: By<'_>, phone: &PhoneId, kind: Kind, overlap_hours: i64) -> Result<Made> {
    if !(0..=LONGEST_OVERLAP).contains(&overlap_hours) {
        return Ok(Made::Overlap);
    }
    let Some(server) = server(app) else {
        return Ok(Made::NoServer);
    };
    let mut doing = match begin(app, by, phone).await? {
        Begun::May(doing) => doing,
        Begun::Refused(refusal) => return Ok(Made::Forbidden(refusal)),
        Begun::NoPhone => return Ok(Made::NoPhone),
    };
    if doing.phone.blocked_at.is_some() {
        return Ok(Made::Blocked);
    }
    let new = renew(app, &mut doing, overlap_hours).await?;
    let settings = settings(app, &mut doing, server, &new).await?;
    let (token, valid_until) = seal(app, &mut doing, kind, &settings).await?;
    let detail = serde_json::json!({ "for": kind.as_str(), "hours": overlap_hours, "valid_until": valid_until });
    doing.record(app, by, audit::Kind::PhoneSetUp, detail).await?;
    doing.tx.commit().await?;
    Ok(Made::Done(Link {
        address: format!("{}@{}", new.sip_name, new.sip_domain),
        label: new.label,
        kind,
        token: Zeroizing::new(token.reveal().to_owned()),
        sip_password: new.sip_password,
        valid_until,
        old_until: new.old_until,
    }))
}

/// Where phones reach the registrar.
fn server(app: &App) -> Option<(String, u16)> {
    if app.config.sip.mode == SipMode::Off {
        return None;
    }
    let (host, port) = registrar::address(app);
    Some((host, port.parse().ok()?))
}

async fn settings(app: &App, doing: &mut Doing, (host, port): (String, u16), new: &NewPassword) -> Result<Settings> {
    let names = store::names(&mut doing.tx, &doing.phone.id).await?;
    Ok(Settings {
        host,
        port,
        sip_name: new.sip_name.clone(),
        sip_domain: new.sip_domain.clone(),
        sip_password: new.sip_password.to_string(),
        display_name: one_line(&names.display_name),
        label: one_line(names.extension.as_deref().unwrap_or(&new.label)),
        expires: app.config.sip.max_expires,
    })
}

/// Keeps the settings where only whoever has the token opens them, and says until when.
async fn seal(app: &App, doing: &mut Doing, kind: Kind, settings: &Settings) -> Result<(Token, Millis)> {
    let (token, now) = (Token::new(app), app.clock.now());
    let phone = &doing.phone.id;
    let sealed = TokenKey::of(token.reveal()).seal(&place(phone), &settings.to_bytes(), &app.random);
    let new = store::New {
        phone,
        account: &doing.account,
        token_hash: links::hash_of(token.reveal()),
        kind: kind.as_str(),
        generation: doing.phone.generation,
        sealed: &sealed,
        created_at: now,
        expires_at: now + VALID_FOR,
    };
    store::insert(&mut doing.tx, new).await?;
    Ok((token, now + VALID_FOR))
}

/// What the sealed settings are bound to.
pub(super) fn place(phone: &PhoneId) -> String {
    format!("phone_files/{phone}/sealed")
}
