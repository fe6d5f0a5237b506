//! What a Kamailio tells: that something was registered under an address, or expired, which is a hint and no more, since
//! what there is, is read from the database; or what it refused, as JSON.

use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

use super::compare;
use super::report::Report;
use crate::app::App;
use crate::config::SipMode;
use crate::error::Result;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It was looked at.
    Looked,
    /// Whoever tells does not know the secret, or no Kamailio serves this portal.
    Stranger,
    /// It is neither an address nor a report, for this reason.
    Unreadable(String),
}

/// Looks at what is told, an address such as `ann-desk@acme.example` or a report, if `secret` is the one of the settings.
pub async fn told(app: &App, secret: &str, text: &str) -> Result<Heard> {
    let ours = app.config.sip.kamailio_token.expose_secret();
    let is_ours = bool::from(ours.as_bytes().ct_eq(secret.as_bytes()));
    if app.config.sip.mode != SipMode::Kamailio || !is_ours {
        return Ok(Heard::Stranger);
    }
    let text = text.trim();
    if text.starts_with('{') {
        return match Report::read(text) {
            Ok((report, source)) => report.keep(app, source).await.map(|()| Heard::Looked),
            Err(why) => Ok(Heard::Unreadable(why)),
        };
    }
    let Some(address) = text.rsplit_once('@') else {
        return Ok(Heard::Unreadable("neither name@domain nor a report in JSON".to_owned()));
    };
    compare::one(app, address).await?;
    Ok(Heard::Looked)
}
