//! Adds a phone. Its SIP password is made here, shown once by the caller, and kept only as sealed hashes.

use linekey_sip::digest::Ha1Set;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::by_heart::store::tell_one;
use super::store::Which;
use super::{kamailio, sealed, store};
use crate::accounts::{self, name};
use crate::app::App;
use crate::audit::{self, Kind, Outcome};
use crate::db::Tx;
use crate::error::Result;
use crate::ids::PhoneId;
use crate::sessions::SignedIn;
use crate::users::{self, permissions};
use crate::words::Words;

/// The longest label, in characters.
pub const LONGEST_LABEL: usize = 40;
/// Phones a user may have.
pub const MOST_PER_USER: usize = 25;
/// SIP names that are tried for one phone.
const TRIES: usize = 8;
/// RFC 3261 sets no bound; phones and Kamailio's columns do.
const LONGEST_SIP_NAME: usize = 64;
/// 32 letters and digits that look different on a phone's small screen: five bits each.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// 26 of them hold 130 random bits.
const LENGTH: usize = 26;

/// Why a phone was not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No label.
    LabelEmpty,
    /// Longer than [`LONGEST_LABEL`].
    LabelTooLong,
    /// Control characters in the label.
    LabelCharacters,
    /// The user has a phone of that label.
    LabelTaken,
    /// An extension is 1 to 16 digits.
    ExtensionCharacters,
    /// Only administrators choose an extension.
    ExtensionNotYours,
    /// The user has [`MOST_PER_USER`].
    TooMany,
    /// The account may have so many, and has them.
    AccountFull(i64),
}

impl Refusal {
    /// The sentence about it, for whose phone it is to be. `label` is what was typed.
    pub fn text(self, words: &Words, label: &str) -> String {
        match self {
            Self::LabelEmpty => words.say("label-empty"),
            Self::LabelTooLong => words.say_with("label-too-long", "most", LONGEST_LABEL),
            Self::LabelCharacters => words.say("label-characters"),
            Self::LabelTaken => words.say_with("label-taken", "label", label.trim()),
            Self::TooMany => words.say_with("phones-limit", "count", MOST_PER_USER),
            Self::AccountFull(most) => words.say_with("phones-limit-account", "count", most),
            Self::ExtensionCharacters => words.say("extension-characters"),
            Self::ExtensionNotYours => words.say("extension-not-yours"),
        }
    }

    /// The same for whoever adds it for `name`.
    pub fn text_for_another(self, words: &Words, label: &str, name: &str) -> String {
        match self {
            Self::LabelTaken => words.say_all(
                "label-taken-theirs",
                [("name", name.into()), ("label", label.trim().into())],
            ),
            Self::TooMany => words.say_all(
                "phones-limit-theirs",
                [("name", name.into()), ("count", MOST_PER_USER.into())],
            ),
            _ => self.text(words, label),
        }
    }

    /// Whether it is about the extension rather than the name.
    pub fn is_of_extension(self) -> bool {
        matches!(self, Self::ExtensionCharacters | Self::ExtensionNotYours)
    }
}

/// A phone just added, with the password that nobody will ever see again.
#[derive(Debug)]
pub struct Added {
    /// Its id.
    pub id: PhoneId,
    /// The name it registers with: `ann-desk`.
    pub sip_name: String,
    /// The realm that it registers in.
    pub sip_domain: String,
    /// The SIP password.
    pub sip_password: Zeroizing<String>,
}

/// What came of it.
#[derive(Debug)]
pub enum Outcomes {
    /// It is added.
    Added(Added),
    /// It is not, for these reasons.
    Refused(Vec<Refusal>),
}

/// Adds a phone for `me`.
pub async fn create(app: &App, me: &SignedIn, label: &str, extension: &str) -> Result<Outcomes> {
    let may_choose = permissions::may_choose_extension(me.person.role);
    let wanted = match Wanted::of(label, extension, me.person.extension.as_deref(), may_choose) {
        Ok(wanted) => wanted,
        Err(refused) => return Ok(Outcomes::Refused(refused)),
    };
    let mut tx = app.db.begin().await?;
    users::hold(&mut tx, &me.person.id, &me.session).await?;
    let owner = Owner {
        account: &me.person.account,
        user: &me.person.id,
        sip_domain: &me.person.sip_domain,
    };
    let added = match add_in(app, &mut tx, (owner, &me.person.name), wanted).await? {
        Ok(added) => added,
        Err(refusal) => return Ok(Outcomes::Refused(vec![refusal])),
    };
    let detail = serde_json::json!({ "phone": added.id, "label": wanted.label });
    let event = me.event(Kind::PhoneAdd, Outcome::Done, detail);
    audit::record(app, &mut tx, event).await?;
    tx.commit().await?;
    Ok(Outcomes::Added(added))
}

/// What a phone is to be, looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// What the phone is called.
    pub(super) label: &'a str,
    extension: Option<&'a str>,
}

impl<'a> Wanted<'a> {
    /// Of what was typed; without an extension it is the owner's. `may_choose`: whether the extension is theirs to say.
    pub(super) fn of(
        label: &'a str,
        extension: &'a str,
        owners: Option<&'a str>,
        may_choose: bool,
    ) -> std::result::Result<Self, Vec<Refusal>> {
        let (label, extension) = (label.trim(), extension.trim());
        let refused = refusals(label, extension, may_choose);
        if !refused.is_empty() {
            return Err(refused);
        }
        let extension = if extension.is_empty() { owners } else { Some(extension) };
        Ok(Self { label, extension })
    }
}

/// Adds a phone of the user whose row the caller holds, and who is called `name` in front of `@`.
pub(super) async fn add_in(
    app: &App,
    tx: &mut Tx,
    (owner, name): (Owner<'_>, &str),
    wanted: Wanted<'_>,
) -> Result<std::result::Result<Added, Refusal>> {
    let labels = store::labels_of(tx, owner.account, owner.user).await?;
    if labels.len() >= MOST_PER_USER {
        return Ok(Err(Refusal::TooMany));
    }
    if labels.iter().any(|taken| taken == wanted.label) {
        return Ok(Err(Refusal::LabelTaken));
    }
    // The user's row alone keeps nobody else of the account from adding the last one that there is room for.
    accounts::hold(tx, owner.account).await?;
    let (most, has) = accounts::max_phones_of(tx, owner.account).await?;
    if has >= most {
        return Ok(Err(Refusal::AccountFull(most)));
    }
    let sip_password = new_sip_password(app);
    let inserted = insert_named(app, tx, (owner, name), wanted, &sip_password).await?;
    if let Some((id, _)) = &inserted {
        tell_one(tx, id, app.clock.now()).await?;
    }
    // Another browser of the same user took the label at this moment.
    Ok(inserted.ok_or(Refusal::LabelTaken).map(|(id, sip_name)| Added {
        id,
        sip_name,
        sip_domain: owner.sip_domain.to_owned(),
        sip_password,
    }))
}

/// Inserts the phone under the first SIP name that is free: `ann-desk`, `ann-desk-2`, and so on.
async fn insert_named(
    app: &App,
    tx: &mut Tx,
    (owner, user_name): (Owner<'_>, &str),
    wanted: Wanted<'_>,
    sip_password: &str,
) -> Result<Option<(PhoneId, String)>> {
    let base = sip_name(user_name, wanted.label);
    for nth in 1..=TRIES {
        let name = match nth {
            1 => base.clone(),
            2..=3 => format!("{base}-{nth}"),
            // Names of other scripts all come to `user-phone`: counting up among many would take long.
            _ => format!("{base}-{}", data_encoding::HEXLOWER.encode(&app.random.bytes::<4>())),
        };
        let new = NewPhone {
            label: wanted.label,
            sip_name: &name,
            sip_password,
            extension: wanted.extension,
        };
        if let Some(id) = insert(app, tx, owner, new).await? {
            return Ok(Some((id, name)));
        }
    }
    Ok(None)
}

/// Whose phone it becomes.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// The account.
    pub account: &'a crate::ids::AccountId,
    /// The user.
    pub user: &'a crate::ids::UserId,
    /// The account's realm.
    pub sip_domain: &'a str,
}

/// What a phone is made of.
#[derive(Clone, Copy)]
pub struct NewPhone<'a> {
    /// `Desk`
    pub label: &'a str,
    /// `ann-desk`
    pub sip_name: &'a str,
    /// Kept as hashes only.
    pub sip_password: &'a str,
    /// `201`
    pub extension: Option<&'a str>,
}

impl std::fmt::Debug for NewPhone<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewPhone({}, ***)", self.sip_name)
    }
}

/// Seals and stores a phone. `None`: its SIP name or label is taken.
pub async fn insert(app: &App, tx: &mut Tx, owner: Owner<'_>, new: NewPhone<'_>) -> Result<Option<PhoneId>> {
    let id = PhoneId::new(app.new_id());
    let sealed = sealed::seal(app, &id, &Ha1Set::of(new.sip_name, owner.sip_domain, new.sip_password));
    let inserted = store::insert(tx, &id, owner, new, &sealed, app.clock.now()).await?;
    if !inserted {
        return Ok(None);
    }
    let which = Which {
        account: owner.account,
        user: owner.user,
        phone: Some(&id),
    };
    kamailio::publish(app, tx, which).await?;
    Ok(Some(id))
}

fn refusals(label: &str, extension: &str, may_choose: bool) -> Vec<Refusal> {
    let mut refused = Vec::new();
    refused.extend(name::refusal(label, LONGEST_LABEL).map(|refusal| match refusal {
        name::Refusal::Empty => Refusal::LabelEmpty,
        name::Refusal::TooLong => Refusal::LabelTooLong,
        name::Refusal::Characters => Refusal::LabelCharacters,
    }));
    if !extension.is_empty() && !may_choose {
        refused.push(Refusal::ExtensionNotYours);
    } else if extension.len() > 16 || !extension.bytes().all(|byte| byte.is_ascii_digit()) {
        refused.push(Refusal::ExtensionCharacters);
    }
    refused
}

/// `<user>-<slug of label>`, with room for what tells it apart behind it.
fn sip_name(user: &str, label: &str) -> String {
    let slug = |text: &str| {
        let plain = text.nfkd().filter(|c| c.is_ascii()).collect::<String>().to_lowercase();
        let parts = plain
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join("-")
    };
    let or = |text: String, other: &str| if text.is_empty() { other.to_owned() } else { text };
    let mut name = format!("{}-{}", or(slug(user), "user"), or(slug(label), "phone"));
    name.truncate(LONGEST_SIP_NAME - "-0123abcd".len());
    name.trim_end_matches('-').to_owned()
}

/// One that nobody guesses, of letters and digits that a phone's keys can type.
pub(super) fn new_sip_password(app: &App) -> Zeroizing<String> {
    let random = Zeroizing::new(app.random.bytes::<LENGTH>());
    Zeroizing::new(
        random
            .iter()
            .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sip_name_is_typed_easily_whatever_the_label_is() {
        assert_eq!(sip_name("ann", "Desk"), "ann-desk");
        assert_eq!(sip_name("ann", "  Café, 2nd floor! "), "ann-cafe-2nd-floor");
        assert_eq!(sip_name("ann", "会議室"), "ann-phone");
        assert!(sip_name(&"a".repeat(80), "Desk").len() <= LONGEST_SIP_NAME);
    }
}
