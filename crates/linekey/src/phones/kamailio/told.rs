//! What a Kamailio tells: that something was registered under an address, or expired. It is a hint and no more: what there
//! is, is read from the database.

use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

use super::compare;
use crate::app::App;
use crate::config::SipMode;
use crate::error::Result;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It was looked at.
    Looked,
    /// Whoever tells does not know the secret, or no Kamailio serves this portal.
    Stranger,
    /// It is no address.
    NoAddress,
}

/// Looks at `address`, such as `ann-desk@acme.example`, if `secret` is the one of the settings.
pub async fn told(app: &App, secret: &str, address: &str) -> Result<Heard> {
    let ours = app.config.sip.kamailio_token.expose_secret();
    let is_ours = bool::from(ours.as_bytes().ct_eq(secret.as_bytes()));
    if app.config.sip.mode != SipMode::Kamailio || !is_ours {
        return Ok(Heard::Stranger);
    }
    let Some(address) = address.trim().rsplit_once('@') else {
        return Ok(Heard::NoAddress);
    };
    compare::one(app, address).await?;
    Ok(Heard::Looked)
}
