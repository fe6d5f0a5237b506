//! What a phone's page says of its past.

use super::attempts::{MOST, Tried};
use super::store::{self, Happened, Spell};
use super::strip::Strip;
use crate::app::App;
use crate::clock::{DAY, Millis};
use crate::error::Result;
use crate::ids::{AccountId, PhoneId, UserId};
use crate::phones::view::PhoneView;
use crate::when;

/// How far back the strip looks.
const SHOWN: Millis = 8 * DAY;
/// How long a new network is pointed out.
const NEW_FOR: Millis = 7 * DAY;

/// Tries of a phone, counted together.
#[derive(Clone, Debug)]
pub struct AttemptView {
    /// `good` or `bad`, for the dot.
    pub class: &'static str,
    /// `Wrong SIP password`
    pub text: String,
    /// What to do about it, if there is something.
    pub advice: Option<String>,
    /// `Yealink T46U at 203.0.113.7`
    pub seen: String,
    /// `Monday 08:02`, of the latest.
    pub when: String,
    /// The same, exact, in UTC.
    pub at: String,
    /// Unless it was one.
    pub times: Option<String>,
}

/// Something that may be no more than a move to another desk, or a stolen SIP password.
#[derive(Clone, Debug)]
pub struct Sign {
    /// `Connected from a new network`
    pub title: String,
    /// When, from where, and what it may mean.
    pub text: String,
}

/// What a phone did.
#[derive(Clone, Debug)]
pub struct Past {
    /// A week of it.
    pub strip: Strip,
    /// The latest first.
    pub attempts: Vec<AttemptView>,
    /// Signs that somebody else knows its SIP password, of the last days.
    pub signs: Vec<Sign>,
}

/// The past of one phone, with times in `zone`.
pub async fn of_phone(app: &App, account: &AccountId, phone: &PhoneView, zone: &str) -> Result<Past> {
    let now = app.clock.now();
    let id = PhoneId::new(phone.id.clone());
    let happened = store::of_phone(&app.db, (account, &id), now - SHOWN).await?;
    let of_kind = |what: &'static str| happened.iter().filter(move |row| row.what == what);
    let spans = of_kind("spell").map(|row| (row.first_at, row.last_at));
    let spans: Vec<_> = spans.chain(phone.spans.iter().copied()).collect();
    let signs = [
        new_network(app, of_kind("network").collect(), zone),
        not_registered(app, of_kind("try"), zone),
    ];
    let attempts = of_kind("try").take(usize::try_from(MOST).unwrap_or(0));
    Ok(Past {
        strip: Strip::of(&app.words, &spans, now, zone),
        attempts: attempts.filter_map(|row| attempt(app, row, zone)).collect(),
        signs: signs.into_iter().flatten().collect(),
    })
}

/// The strips of a user's phones, in the order of `phones`.
pub async fn strips(
    app: &App,
    (account, user): (&AccountId, &UserId),
    phones: &[PhoneView],
    zone: &str,
) -> Result<Vec<Strip>> {
    let now = app.clock.now();
    let spells = store::spells_of_user(&app.db, (account, user), now - SHOWN).await?;
    let strip = |phone: &PhoneView| {
        let own = spells
            .iter()
            .filter(|spell: &&Spell| spell.phone_id.as_str() == phone.id);
        let own = own.map(|spell| (spell.from_at, spell.until_at));
        let spans: Vec<_> = own.chain(phone.spans.iter().copied()).collect();
        Strip::of(&app.words, &spans, now, zone)
    };
    Ok(phones.iter().map(strip).collect())
}

fn attempt(app: &App, row: &Happened, zone: &str) -> Option<AttemptView> {
    let words = &app.words;
    let tried = Tried::parse(row.outcome.as_deref()?)?;
    let key = format!("attempt-{}", tried.as_str());
    let address = row.place.clone().unwrap_or_default();
    let seen = match row.user_agent.clone().filter(|agent| !agent.is_empty()) {
        Some(agent) => words.say_all("phone-seen", [("agent", agent.into()), ("address", address.into())]),
        None => address,
    };
    Some(AttemptView {
        class: if tried == Tried::Registered { "good" } else { "bad" },
        advice: (tried != Tried::Registered).then(|| words.say(&format!("{key}-advice"))),
        text: words.say(&key),
        seen,
        when: when::short(words, row.last_at, app.clock.now(), zone),
        at: when::exact(row.last_at),
        times: (row.times > 1).then(|| words.say_with("attempt-times", "times", row.times)),
    })
}

/// The first network that a phone was in is not new.
fn new_network(app: &App, networks: Vec<&Happened>, zone: &str) -> Option<Sign> {
    let now = app.clock.now();
    let first = networks.iter().map(|row| row.first_at).min()?;
    let newest = networks.into_iter().max_by_key(|row| row.first_at)?;
    let is_new = newest.first_at > first && now - newest.first_at < NEW_FOR;
    is_new.then(|| sign(app, "new-network", (newest.first_at, newest.place.as_deref()), zone))
}

fn not_registered<'a>(app: &App, mut tries: impl Iterator<Item = &'a Happened>, zone: &str) -> Option<Sign> {
    let latest = tries.find(|row| row.outcome.as_deref() == Some(Tried::NotRegistered.as_str()))?;
    let is_new = app.clock.now() - latest.last_at < NEW_FOR;
    is_new.then(|| sign(app, "not-registered", (latest.last_at, latest.place.as_deref()), zone))
}

fn sign(app: &App, key: &str, (at, place): (Millis, Option<&str>), zone: &str) -> Sign {
    let words = &app.words;
    let when = when::short(words, at, app.clock.now(), zone);
    let arguments = [("place", place.unwrap_or_default().into()), ("when", when.into())];
    Sign {
        title: words.say(&format!("phone-sign-{key}-title")),
        text: words.say_all(&format!("phone-sign-{key}-what"), arguments),
    }
}
