//! Gives a phone the file it asks for. Whoever holds the link may ask, as often as they like.

use std::net::IpAddr;

use super::kind::File;
use super::make::place;
use super::settings::Settings;
use super::{Kind, store};
use crate::app::App;
use crate::audit::{self, Event, Outcome};
use crate::error::{Error, Result};
use crate::keys::TokenKey;
use crate::links;
use crate::throttle::{self, Bucket, Counted};

/// What is known of whoever asks.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// Where they are.
    pub address: IpAddr,
    /// What they say they are.
    pub user_agent: &'a str,
    /// Whether they get the file, and not only what would come with it.
    pub reads: bool,
}

/// What they get.
#[derive(Debug)]
pub enum Fetched {
    /// The file.
    File(File),
    /// Nothing is there: the link never was or is over, or such a phone has no use for a file of that name.
    Nothing,
    /// So many links that do not work were tried in that network that it waits for so many seconds. One that works does,
    /// even then.
    Wait(i64),
}

/// The file `name` of the link of `token`.
pub async fn fetch(app: &App, token: &str, name: &str, asker: Asker<'_>) -> Result<Fetched> {
    let hash = links::hash_of(token);
    let Some(link) = store::open(&app.db, &hash, app.clock.now()).await? else {
        // Nobody guesses 256 bits. What is kept short is the work that trying makes.
        return Ok(
            match throttle::count(app, &[Bucket::SetUpFiles(asker.address)]).await? {
                Counted::Go { .. } => Fetched::Nothing,
                Counted::Wait(seconds) => Fetched::Wait(seconds),
            },
        );
    };
    let plain = TokenKey::of(token)
        .open(&place(&link.phone_id), &link.sealed)
        .map_err(Error::defect)?;
    let settings = Settings::from_bytes(&plain)?;
    let kind = Kind::parse(&link.kind).ok_or_else(|| Error::defect("a set-up link of an unknown kind"))?;
    let Some(file) = kind.file(name, &settings) else {
        return Ok(Fetched::Nothing);
    };
    if asker.reads && link.fetched_at.is_none() {
        note_first(app, &hash, &link, asker).await?;
    }
    Ok(Fetched::File(file))
}

/// Puts the first fetch on record; whoever comes at the same moment is not the first.
async fn note_first(app: &App, hash: &[u8; 32], link: &store::Open, asker: Asker<'_>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    if !store::put_fetched(&mut tx, hash, app.clock.now()).await? {
        return Ok(());
    }
    let event = Event {
        kind: audit::Kind::PhoneSetUpFetched,
        outcome: Outcome::Done,
        account: Some(&link.account_id),
        actor: None,
        subject: Some(&link.user_id),
        session: None,
        address: Some(asker.address),
        detail: serde_json::json!({
            "phone": link.phone_id, "for": link.kind, "agent": agent(asker.user_agent),
        }),
    };
    audit::record(app, &mut tx, event).await?;
    tx.commit().await
}

/// What asks, in a word of ours: the record holds no text of a stranger's.
fn agent(user_agent: &str) -> &'static str {
    const KNOWN: [(&str, &str); 9] = [
        ("yealink", "Yealink"),
        ("polycom", "Polycom"),
        ("poly", "Polycom"),
        ("grandstream", "Grandstream"),
        ("snom", "Snom"),
        ("linphone", "Linphone"),
        ("bot", "a robot"),
        ("mozilla", "a browser"),
        ("curl", "curl"),
    ];
    let user_agent = user_agent.to_ascii_lowercase();
    let known = KNOWN.iter().find(|(mark, _)| user_agent.contains(mark));
    known.map_or("another program", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::agent;

    #[test]
    fn who_asks_is_told_in_words_of_ours() {
        for (user_agent, known) in [
            ("Yealink SIP-T46U 108.86.0.20 00:15:65:aa:bb:cc", "Yealink"),
            ("FileTransport PolycomVVX-VVX_450-UA/6.4.0 Type/Application", "Polycom"),
            ("Mozilla/4.0 (compatible; snomD735-SIP 10.1.64.14)", "Snom"),
            ("Grandstream Model HW GXP2170 SW 1.0.11.48", "Grandstream"),
            ("Linphone/5.1.65 (belle-sip/5.1.65)", "Linphone"),
            ("TelegramBot (like TwitterBot)", "a robot"),
            ("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "a browser"),
            ("", "another program"),
        ] {
            assert_eq!(agent(user_agent), known, "{user_agent}");
        }
    }
}
