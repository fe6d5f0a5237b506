//! The six HA1s of a SIP password at rest: sealed, bound to their phone. They are as good as the password.

use linekey_sip::digest::{Algorithm, Ha1, Ha1Set, NameForm};

use super::store;
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::{AccountId, PhoneId, UserId};
use crate::keys::Purpose;

/// Seals the hashes for the row of `phone`.
pub(super) fn seal(app: &App, phone: &PhoneId, hashes: &Ha1Set) -> Vec<u8> {
    seal_at(app, &place(phone), hashes)
}

/// The same for its SIP password before.
pub(super) fn seal_old(app: &App, phone: &PhoneId, hashes: &Ha1Set) -> Vec<u8> {
    seal_at(app, &place_of_old(phone), hashes)
}

fn seal_at(app: &App, place: &str, hashes: &Ha1Set) -> Vec<u8> {
    let plain = zeroize::Zeroizing::new(hashes.to_bytes());
    app.keys.seal(Purpose::SipHashes, place, &*plain, &app.random)
}

/// Opens those of its SIP password before.
pub(super) fn open_old(app: &App, phone: &PhoneId, sealed: &[u8]) -> Result<Ha1Set> {
    open_at(app, &place_of_old(phone), sealed)
}

/// Opens the hashes of the row of `phone`.
pub(super) fn open(app: &App, phone: &PhoneId, sealed: &[u8]) -> Result<Ha1Set> {
    open_at(app, &place(phone), sealed)
}

fn open_at(app: &App, place: &str, sealed: &[u8]) -> Result<Ha1Set> {
    let plain = app
        .keys
        .open(Purpose::SipHashes, place, sealed)
        .map_err(Error::defect)?;
    Ha1Set::from_bytes(&plain).ok_or_else(|| Error::defect("sealed SIP hashes of another length"))
}

/// Whether the hashes of the phone that was added last open with the key file; `None` while there is no phone.
pub async fn newest_opens(app: &App) -> Result<Option<bool>> {
    let newest = store::newest_sealed(&app.db).await?;
    Ok(newest.map(|phone| open(app, &phone.id, &phone.sip_hashes).is_ok()))
}

/// Sealed hashes that belong to no phone, with the id they are sealed for.
pub(super) fn nobody(app: &App) -> (PhoneId, Vec<u8>) {
    let id = PhoneId::new("nobody");
    let hashes = Ha1Set::of(
        "nobody",
        "nobody",
        &data_encoding::HEXLOWER.encode(&app.random.bytes::<16>()),
    );
    let sealed = seal(app, &id, &hashes);
    (id, sealed)
}

/// Whether `password` is the SIP password of a phone of this user, or the one it had before, found out by computing what
/// is stored of it. Looks at every phone, so that the time does not tell which it was.
pub async fn equals_sip_password(app: &App, account: &AccountId, user: &UserId, password: &str) -> Result<bool> {
    let mut equal = false;
    for phone in store::hashes_of_user(&app.db, account, user).await? {
        // Hashes that another key file sealed are nobody's password any more; the phone has to be set up again anyway.
        let Ok(stored) = open(app, &phone.id, &phone.sip_hashes) else {
            tracing::warn!(
                phone = phone.id.as_str(),
                "the SIP hashes do not open with the key file"
            );
            continue;
        };
        let computed = Ha1::of(Algorithm::Sha256, &phone.sip_name, &phone.sip_domain, password);
        equal |= computed == *stored.get(Algorithm::Sha256, NameForm::Plain);
        let old = phone.old_hashes.and_then(|old| open_old(app, &phone.id, &old).ok());
        equal |= old.is_some_and(|old| computed == *old.get(Algorithm::Sha256, NameForm::Plain));
    }
    Ok(equal)
}

fn place_of_old(phone: &PhoneId) -> String {
    ["phones/", phone.as_str(), "/old_hashes"].concat()
}

fn place(phone: &PhoneId) -> String {
    ["phones/", phone.as_str(), "/sip_hashes"].concat()
}
