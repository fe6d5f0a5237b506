//! Who may ask: a user and a password of FreeSWITCH's own, by HTTP basic authentication (RFC 7617).

use std::net::IpAddr;
use std::path::Path;

use anyhow::{Context, bail};
use data_encoding::BASE64;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::app::App;
use crate::audit::{self, Event, Kind, Outcome};
use crate::config::Freeswitch;
use crate::error::Result;
use crate::new_file;
use crate::throttle::{self, Bucket, Counted};

/// How long the password is, in characters: it is made by a program and typed by nobody.
const LENGTH: std::ops::RangeInclusive<usize> = 20..=200;

/// What FreeSWITCH has to send, kept as a hash: a stranger who asks is compared with it in constant time.
#[derive(Clone)]
pub struct Access([u8; 32]);

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Access(***)")
    }
}

impl Access {
    /// Reads the password of the settings; `None` where they let nobody ask.
    ///
    /// # Errors
    /// When the file cannot be read, is open to others, or holds no such password.
    pub fn read(settings: &Freeswitch) -> anyhow::Result<Option<Self>> {
        if !settings.is_on() {
            return Ok(None);
        }
        let password = read_password(&settings.password_file)?;
        Ok(Some(Self(hash(format!("{}:{}", settings.user, *password).as_bytes()))))
    }

    /// Whether the value of an `Authorization` header is the right one.
    fn lets_in(&self, authorization: &str) -> bool {
        let (scheme, sent) = authorization.split_once(' ').unwrap_or_default();
        let sent = Zeroizing::new(BASE64.decode(sent.trim().as_bytes()).unwrap_or_default());
        let is_right: bool = self.0.ct_eq(&hash(&sent)).into();
        is_right && scheme.eq_ignore_ascii_case("basic")
    }
}

/// What becomes of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// It is FreeSWITCH.
    Rightly,
    /// It is not, or it cannot show it.
    Wrongly,
    /// It is not, and did not stop trying: for so many seconds it is not even told.
    Wait(i64),
}

/// Judges an `Authorization` header. The right one always passes: strangers behind the same address cannot keep
/// FreeSWITCH out, and the password is too long to be guessed. A wrong one is counted and told.
pub async fn judge(app: &App, access: &Access, authorization: &str, from: IpAddr) -> Result<Asks> {
    if access.lets_in(authorization) {
        return Ok(Asks::Rightly);
    }
    // What curl sends first, to learn how it has to prove itself.
    if authorization.is_empty() {
        return Ok(Asks::Wrongly);
    }
    let buckets = [Bucket::SipServer(from)];
    let (costs, telling) = match throttle::count(app, &buckets).await? {
        Counted::Wait(seconds) => return Ok(Asks::Wait(seconds)),
        Counted::Go { costs, telling } => (costs, telling),
    };
    if telling {
        let mut tx = app.db.begin().await?;
        throttle::told(app, &mut tx, &buckets).await?;
        let event = Event {
            kind: Kind::SipServerRefused,
            outcome: if costs { Outcome::Delayed } else { Outcome::Refused },
            account: None,
            actor: None,
            subject: None,
            session: None,
            address: Some(from),
            detail: serde_json::json!({}),
        };
        audit::record(app, &mut tx, event).await?;
        tx.commit().await?;
    }
    Ok(Asks::Wrongly)
}

fn hash(text: &[u8]) -> [u8; 32] {
    Sha256::digest(text).into()
}

fn read_password(file: &Path) -> anyhow::Result<Zeroizing<String>> {
    let setting = "freeswitch.password_file";
    let named = || format!("{setting} {}", file.display());
    let text = std::fs::read_to_string(file).map(Zeroizing::new);
    let text = text.with_context(|| format!("{} cannot be read", named()))?;
    new_file::refuse_if_open_to_others(setting, file)?;
    let password = text.lines().next().unwrap_or_default().trim();
    if !LENGTH.contains(&password.chars().count()) || !password.chars().all(|c| c.is_ascii_graphic()) {
        bail!(
            "{}: its first line is a password of {} to {} letters, digits and signs; `openssl rand -hex 24` makes one",
            named(),
            LENGTH.start(),
            LENGTH.end()
        );
    }
    Ok(Zeroizing::new(password.to_owned()))
}
