//! Answers FreeSWITCH, which asks for each registration and call who a phone is (mod_xml_curl, section `directory`).
//!
//! Owns what is asked, whose HA1 is told, and the document. What FreeSWITCH registers it keeps for itself: how a phone is
//! doing there is not known here.

pub mod access;
pub mod document;
pub mod pages;
#[cfg(test)]
mod tests;

use linekey_sip::digest::{self, Algorithm, Asked as Digest, Ha1, Ha1Set, NameForm};
use zeroize::Zeroizing;

use super::{overlap, usable};
use crate::app::App;
use crate::error::Result;

/// What FreeSWITCH asks: the fields of its form, the last of those that come twice. It appends what it asks for to what
/// it asked before.
pub struct Question(Vec<(String, Zeroizing<String>)>);

impl std::fmt::Debug for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Question {
    /// Reads a form, or what follows `?`. Bytes that are not UTF-8 become characters that are in no name of ours: phones
    /// write what they like into some fields.
    pub fn read(text: &[u8]) -> Self {
        let fields = url::form_urlencoded::parse(text);
        Self(
            fields
                .map(|(name, value)| (name.into_owned(), Zeroizing::new(value.into_owned())))
                .collect(),
        )
    }

    /// The field; empty and missing are the same.
    fn field(&self, name: &str) -> &str {
        let last = self.0.iter().rev().find(|(known, _)| known == name);
        last.map_or("", |(_, value)| value.as_str())
    }

    /// Whether the phone's response was made with this HA1, as FreeSWITCH reckons it. False where there is none.
    fn is_answered_with(&self, ha1: &Ha1) -> bool {
        let asked = Digest {
            method: self.field("sip_auth_method"),
            uri: self.field("sip_auth_uri"),
            nonce: self.field("sip_auth_nonce"),
            nc: self.field("sip_auth_nc"),
            cnonce: self.field("sip_auth_cnonce"),
        };
        let response = self.field("sip_auth_response");
        match self.field("sip_auth_qop") {
            "auth" if !asked.nc.is_empty() && !asked.cnonce.is_empty() => {
                digest::verify(Algorithm::Md5, ha1, &asked, response)
            }
            _ => digest::verify_without_qop(Algorithm::Md5, ha1, &asked, response),
        }
    }
}

/// The document that answers. `may_change`: whether the use of a new SIP password may end an overlap.
pub async fn answer(app: &App, question: &Question, may_change: bool) -> Result<Zeroizing<String>> {
    let not_found = || Zeroizing::new(document::NOT_FOUND.to_owned());
    let action = question.field("action");
    if question.field("section") != "directory" || !["sip_auth", "user_call"].contains(&action) {
        return Ok(not_found());
    }
    let (sip_domain, realm) = (question.field("domain"), question.field("sip_auth_realm"));
    // The hashes are made with the phone's own realm and good in no other.
    if !realm.is_empty() && realm != sip_domain {
        return Ok(not_found());
    }
    let user = question.field("user");
    if action == "user_call" {
        let rung = usable::rung(app, sip_domain, user).await?;
        return Ok(document::to_ring(&rung, user).unwrap_or_else(not_found));
    }
    let (sip_name, form) = match user.rsplit_once('@') {
        Some((name, domain)) if domain == sip_domain => (name, NameForm::WithDomain),
        _ => (user, NameForm::Plain),
    };
    let Some(asking) = usable::asking(app, sip_domain, sip_name).await? else {
        return Ok(not_found());
    };
    let of = |hashes: &Ha1Set| hashes.get(Algorithm::Md5, form).clone();
    let newest = of(&asking.phone.hashes);
    let former = asking.former.as_ref().map(of);
    // Both are tried, so that the time does not tell which one the phone has.
    let is_newest = question.is_answered_with(&newest);
    let is_former = former.as_ref().is_some_and(|former| question.is_answered_with(former));
    if is_newest && asking.is_changing && may_change {
        let mut tx = app.db.begin().await?;
        overlap::end(&mut tx, &asking.id, asking.generation, app.clock.now()).await?;
        tx.commit().await?;
        app.news.tell(&asking.id);
    }
    let ha1 = former.filter(|_| is_former && !is_newest).unwrap_or(newest);
    Ok(document::of_one(&asking.phone.line, user, &ha1))
}
