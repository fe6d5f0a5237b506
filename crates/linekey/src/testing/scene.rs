//! The portal as it is in pictures: the demo's people on one Monday morning that never passes, with the phones, browsers
//! and mail of an ordinary office. Nothing in it is waited for, and a picture that is taken again is the same.

use std::net::{IpAddr, SocketAddr};

use super::{Browser, Engine, Portal};
use crate::clock::{Clock, DAY, HOUR, MINUTE, Millis};
use crate::db::query;
pub(crate) use crate::help_centre::articles::front::Who;
use crate::ids::PhoneId;
use crate::mail::Letter;
use crate::phones;
use crate::random::Random;

/// When it is: a Monday.
const NOW: &str = "2026-11-23T09:42:00Z";
/// What the portal is called on the network.
const HOST: &str = "portal.quayside.example";
/// The office's.
const OFFICE: &str = "203.0.113.20";
/// Where `Browser` comes from.
const LOOPBACK: &str = "127.0.0.1";

const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";
const EDGE: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 \
                    Safari/537.36 Edg/138.0.0.0";
const SAFARI: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                      Version/18.5 Mobile/15E148 Safari/604.1";

/// Who is signed in, other browsers first: the user agent, where it is, how long ago it signed in and was used.
const BROWSERS: [(&str, &str, &str, Millis, Millis); 6] = [
    ("ann", SAFARI, "198.51.100.61", 49 * HOUR, 3 * HOUR),
    ("ann", EDGE, OFFICE, 26 * HOUR, 2 * HOUR),
    ("bob", EDGE, OFFICE, 2 * HOUR, 40 * MINUTE),
    ("ann", FIREFOX, OFFICE, 2 * MINUTE, 0),
    ("adam", FIREFOX, OFFICE, 2 * MINUTE, 0),
    ("olivia", FIREFOX, "198.51.100.4", 2 * MINUTE, 0),
];

/// The phones that are registered: name, domain, what they say they are, from where, and since when.
const PHONES: [(&str, &str, &str, &str, Millis); 3] = [
    (
        "ann-desk",
        "acme.example",
        "Yealink SIP-T46U 108.86.0.20",
        "203.0.113.20:5062",
        52 * HOUR,
    ),
    (
        "ann-softphone",
        "acme.example",
        "Linphone-Desktop/5.2.6",
        "203.0.113.20:40112",
        71 * MINUTE,
    ),
    (
        "gina-desk",
        "globex.example",
        "Yealink SIP-T46U 108.86.0.20",
        "198.51.100.90:5060",
        52 * HOUR,
    ),
];

impl Who {
    /// Whom of the demo's people they are.
    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Self::Nobody => None,
            Self::User => Some("ann"),
            Self::Administrator => Some("adam"),
            Self::Operator => Some("olivia"),
        }
    }

    /// As it is written in an article.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::User => "user",
            Self::Administrator => "administrator",
            Self::Operator => "operator",
        }
    }
}

/// That portal, and a browser of each who looks.
pub(crate) struct Scene {
    pub(crate) portal: Portal,
    sip: IpAddr,
    signed_in: Vec<(&'static str, Browser)>,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let now = NOW.parse::<jiff::Timestamp>().expect("a moment").as_millisecond();
        // An address of loopback that is this scene's alone, so that the port can be the one that people know.
        let [one, two, three] = Random::default().bytes::<3>();
        let sip = IpAddr::from([127, one | 1, two, three.clamp(1, 254)]);
        let portal = Portal::start_at(Clock::standing(now), Engine::Sqlite, |config| {
            config.portal.public_url = format!("https://{HOST}").parse().expect("an origin");
            config.sip.udp = vec![SocketAddr::new(sip, 5060)];
            config.sip.tcp = config.sip.udp.clone();
        })
        .await;
        let mut scene = Self {
            portal,
            sip,
            signed_in: Vec::new(),
        };
        scene.seat(now).await;
        scene.connect(now).await;
        scene.write().await;
        scene
    }

    /// A browser that is signed in as they are.
    pub(crate) fn browser(&self, who: Who) -> Browser {
        let signed_in = self.signed_in.iter().rfind(|(name, _)| Some(*name) == who.name());
        signed_in.map_or_else(|| self.portal.browser(), |(_, browser)| browser.copy())
    }

    /// From here on `who` looks with this browser.
    pub(crate) fn seats(&mut self, who: Who, browser: Browser) {
        self.signed_in.extend(who.name().map(|name| (name, browser)));
    }

    /// What pages say of this run alone, and what they would say at a provider's.
    pub(crate) fn instead(&self) -> Vec<(String, String)> {
        let pairs = [
            (self.sip.to_string(), HOST),
            (format!("localhost:{}", self.portal.http.port()), HOST),
            (LOOPBACK.to_owned(), OFFICE),
        ];
        pairs.map(|(own, other)| (own, other.to_owned())).to_vec()
    }

    /// The link to `path` in the newest mail to `to` that has one, once it is out.
    pub(crate) async fn link(&self, path: &str, to: &str) -> String {
        let portal = &self.portal;
        let link = |mail: &Letter| {
            let (_, rest) = mail.text.split_once(path).filter(|_| mail.to == to)?;
            Some(format!("{path}{}", rest.lines().next().unwrap_or_default()))
        };
        let found = async || portal.mails(1).await.iter().find_map(link);
        portal.until(async || found().await.is_some()).await;
        found().await.expect("it was there")
    }

    async fn seat(&mut self, now: Millis) {
        for (name, agent, address, started, used) in BROWSERS {
            let browser = self.portal.signed_in(name).await;
            let sessions = query(
                "update sessions set user_agent = $1, address = $2, started_at = $3, last_seen_at = $4 where address = $5",
            );
            let devices = query(
                "update devices set user_agent = $1, address = $2, first_at = $3, last_at = $4 where address = $5",
            );
            for change in [sessions, devices] {
                let change = change.bind(agent).bind(address).bind(now - started).bind(now - used);
                self.portal.alter(change.bind(LOOPBACK)).await;
            }
            self.signed_in.push((name, browser));
        }
    }

    /// Registers the phones that are connected, and has the one that is not try with a wrong SIP password.
    async fn connect(&self, now: Millis) {
        for (name, domain, agent, address, since) in PHONES {
            let mut tx = self.portal.app.db.begin().await.expect("a transaction");
            let phone = query("select id from phones where sip_name = $1").bind(name);
            let (phone,): (PhoneId,) = phone.one(&mut tx).await.expect("a phone of the demo's");
            phones::live::seed_offline(&mut tx, &phone, (name, domain), (now - since, now + HOUR))
                .await
                .expect("a registration");
            tx.commit().await.expect("a commit");
            let seen = query("update registrations set user_agent = $1, received = $2 where phone_id = $3");
            self.portal.alter(seen.bind(agent).bind(address).bind(&phone)).await;
        }
        let (first, last) = (now - DAY - 20 * MINUTE, now - DAY - 12 * MINUTE);
        let tried = query(
            "insert into phone_attempts (phone_id, account_id, outcome, address, hour, user_agent, first_at, last_at, times)
             select id, account_id, 'wrong-password', $1, $2, 'Yealink SIP-T31P 124.86.0.40', $3, $4, 4
               from phones where sip_name = 'ann-warehouse'",
        );
        let tried = tried.bind(OFFICE).bind(first / HOUR).bind(first).bind(last);
        self.portal.alter(tried).await;
    }

    /// Has a mail leave, to the two who share an address, for whoever looks at it.
    async fn write(&self) {
        let asked = self.portal.browser();
        asked
            .post("/reset-password", &[("email", "office@acme.example")])
            .await
            .leads_to("/reset-password/sent");
        self.portal.mails(1).await;
    }
}
