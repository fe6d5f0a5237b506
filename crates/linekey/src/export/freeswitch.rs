//! A file for FreeSWITCH's own directory, where it cannot ask the portal.

use linekey_sip::digest::{Algorithm, NameForm};

use super::{Exported, take};
use crate::accounts::Named;
use crate::app::App;
use crate::error::Result;
use crate::phones::freeswitch::document;

/// The phones of an account as a file of the folder `directory`.
pub async fn export(app: &App, account: &Named) -> Result<Exported> {
    let phones = take(app, account, "freeswitch").await?;
    let domain = document::of_domain(&phones.sip_domain, &phones.all, |phone| {
        phone.hashes.get(Algorithm::Md5, NameForm::Plain).clone()
    });
    let mut text = zeroize::Zeroizing::new(String::with_capacity(domain.len() + 256));
    text.push_str(
        "<!-- Linekey's phones, with what is as good as their SIP passwords. Written anew, not edited. -->\n",
    );
    text.push_str("<include>\n");
    text.push_str(&domain);
    text.push_str("</include>\n");
    Ok(Exported {
        text,
        phones: phones.all.len(),
        overlapping: phones.overlapping(),
        left_out: Vec::new(),
    })
}
