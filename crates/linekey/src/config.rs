//! Settings: `linekey.toml`, overridden by `LINEKEY_<SECTION>__<KEY>`.
//!
//! Owns every setting, its default and its check. An unknown key, an unknown variable or a bad value stops the start
//! with the place and what is allowed: a typing error in a security setting must never look like it was obeyed.

mod freeswitch;
mod help;
mod log;
mod policy;
mod read;
pub mod sample;
mod sip;
mod smtp;
mod sqlite;

pub use freeswitch::Freeswitch;
pub use help::Help;
pub use log::{Log, LogFormat, LogLevel};
pub use policy::{Profile, UnknownProfile};
pub use smtp::{SmtpUrl, Tls};
pub use sqlite::sqlite_file;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use ipnet::IpNet;
use secrecy::SecretString;
use serde::Deserialize;

use crate::brand::Colour;
use crate::clock::{DAY, HOUR, MINUTE, Millis};

/// All settings of one portal.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where people reach the portal.
    pub portal: Portal,
    /// The listener for health checks.
    pub admin: Admin,
    /// Where data is kept.
    pub database: Database,
    /// Where the key file is.
    pub keys: Keys,
    /// How mail leaves.
    pub mail: Mail,
    /// The registrar.
    pub sip: Sip,
    /// What FreeSWITCH asks the portal with.
    pub freeswitch: Freeswitch,
    /// Which passwords are accepted.
    pub password: Password,
    /// What a password hash costs.
    pub hashing: Hashing,
    /// How long sessions last.
    pub session: Sessions,
    /// What failures cost.
    pub throttle: Throttle,
    /// Whose portal this is.
    pub brand: Brand,
    /// The provider's own help articles.
    pub help: Help,
    /// What is logged, and how.
    pub log: Log,
}

/// `[portal]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Portal {
    /// Where browsers reach the portal, `https://portal.example`; plain HTTP for loopback only.
    pub public_url: PublicUrl,
    /// Addresses to listen on.
    pub listen: Vec<SocketAddr>,
    /// Networks of reverse proxies whose `X-Forwarded-For` and `Forwarded` are believed.
    pub trusted_proxies: Vec<IpNet>,
}

/// `[admin]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Admin {
    /// Address of `/healthz` and `/readyz`; empty for no listener.
    #[serde(deserialize_with = "read::optional_address")]
    pub listen: Option<SocketAddr>,
}

/// `[database]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `sqlite:PATH` or `postgres://USER@HOST/NAME`.
    pub url: String,
    /// Connections to keep open: 2 to 200.
    pub connections: u32,
}

/// `[keys]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keys {
    /// The key file, readable by the server's user alone.
    pub file: PathBuf,
}

/// What mail leaves the portal by. There is no portal without mail: the folder needs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTransport {
    /// Files in a folder, for another program to send.
    Folder,
    /// A mail server.
    Smtp,
}

/// `[mail]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// `folder` or `smtp`.
    pub transport: MailTransport,
    /// The server of the transport `smtp`.
    #[serde(deserialize_with = "smtp::optional")]
    pub smtp_url: Option<SmtpUrl>,
    /// Certificates (PEM) of authorities that sign the mail server's, beside the public ones; empty for none.
    pub ca_file: PathBuf,
    /// Whom mail comes from, `Quayside <portal@quayside.example>`.
    pub from: Sender,
    /// Where the transport `folder` puts its files, readable by the server's user alone.
    pub folder: PathBuf,
    /// How many mails with a link one address is sent in an hour, whoever asks for them: reset links, invitations and
    /// confirmations together. 1 to 1000.
    pub per_address_hour: i64,
}

/// A name and an address, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender(pub lettre::message::Mailbox);

/// Where registrations are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SipMode {
    /// By the registrar in this process.
    Embedded,
    /// By Kamailio, which reads its credentials from this PostgreSQL database and writes there what is registered.
    Kamailio,
    /// Nowhere: the state of phones is not known.
    Off,
}

/// `[sip]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sip {
    /// Where registrations are taken.
    pub mode: SipMode,
    /// The realm of challenges for domains that are not ours; authenticates nobody.
    pub realm: String,
    /// What a new account's SIP domain ends in.
    pub domain_suffix: String,
    /// UDP addresses to listen on.
    pub udp: Vec<SocketAddr>,
    /// The same for TCP. Empty by default: a port that nobody asked for is not opened, and cannot be taken either.
    pub tcp: Vec<SocketAddr>,
    /// The same for TLS, which needs both files below.
    pub tls: Vec<SocketAddr>,
    /// The certificate that phones are shown, and those that lead to its authority (PEM); empty for none.
    pub tls_certificate: PathBuf,
    /// Its private key (PEM); empty for none.
    pub tls_key: PathBuf,
    /// Shortest registration, seconds: 30 to 3600.
    pub min_expires: u32,
    /// Longest registration, seconds: from `min_expires` to 86400.
    pub max_expires: u32,
    /// How often phones behind a NAT are asked whether they answer, seconds: 15 to 600, or 0 for never.
    pub ping: u32,
    /// The JSON-RPC of every Kamailio, `http://10.0.0.5:5080/rpc`.
    pub kamailio_rpc: Vec<String>,
    /// What a Kamailio proves to be one with, at least 32 characters.
    #[serde(deserialize_with = "sip::secret")]
    pub kamailio_token: SecretString,
}

/// `[password]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Password {
    /// `classic`, `balanced` or `standards`.
    pub policy: Profile,
}

/// `[hashing]`: Argon2id. Hashes already stored with less are renewed at the next sign-in.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hashing {
    /// Memory of one hash in KiB: 8 to 262144; OWASP's minimum, 19456, is the default.
    pub memory_kib: u32,
    /// Passes over the memory: 1 to 16.
    pub passes: u32,
    /// Lanes: 1 to 8.
    pub lanes: u32,
    /// Threads that hash; 0 for one a core.
    pub threads: usize,
    /// Hashes that may wait before a request is told to come back: 1 to 10000.
    pub queue: usize,
}

/// `[session]`, in seconds.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sessions {
    /// A user's session ends after this long without a request: 60 to 2592000.
    pub idle: i64,
    /// A user's session ends this long after the sign-in: 60 to 31536000.
    pub absolute: i64,
    /// The same for administrators and operators.
    pub staff_idle: i64,
    /// The same for administrators and operators.
    pub staff_absolute: i64,
    /// How long after proving the password a change needs no new proof: 0 to 3600. With the policy `standards` it is 0.
    pub fresh_for: i64,
}

/// `[throttle]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Throttle {
    /// Failed sign-ins within 15 minutes that cost nothing.
    pub free_failures: i64,
    /// Seconds to wait after each further failure; the last one repeats.
    pub ladder: Vec<i64>,
    /// Failed sign-ins within 24 hours as one user, in all browsers together in which that user never signed in, after
    /// which the ladder begins.
    pub user_cap: i64,
    /// Requests for a reset link, and reset codes typed, that one network may send within an hour: 1 to 1000000.
    pub reset_requests: i64,
    /// Reset mails that one network may ask for within an hour: 1 to 1000000.
    pub reset_mails: i64,
}

/// `[brand]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Brand {
    /// The provider's name for the portal, at most 60 characters.
    pub name: String,
    /// The provider's colour, `#0a6b77`. Where it would be hard to read, a darker or lighter one of its hue is used.
    pub accent: Colour,
    /// Where people ask for help by e-mail, as mails tell them; empty for nowhere.
    pub support_email: String,
    /// The same by phone, at most 40 characters.
    pub support_phone: String,
}

/// An origin without a path, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    origin: String,
    secure: bool,
}

impl PublicUrl {
    /// `https://portal.example` or `http://localhost:8080`, without a trailing slash.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// `portal.example`, without scheme and port.
    pub fn host(&self) -> &str {
        self.host_and_port().0
    }

    fn host_and_port(&self) -> (&str, Option<u16>) {
        let authority = self.origin.split_once("://").map_or("", |(_, authority)| authority);
        let parts = authority.rsplit_once(':');
        let parts = parts.and_then(|(host, port)| Some((host, port.parse().ok()?)));
        parts.map_or((authority, None), |(host, port)| (host, Some(port)))
    }

    /// Whether browsers speak TLS to the portal: cookies are then `__Host-` and `Secure`.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The port of `http://localhost:8080`; nothing for https, behind which a reverse proxy stands.
    pub fn local_port(&self) -> Option<u16> {
        (!self.secure).then(|| self.host_and_port().1.unwrap_or(80))
    }
}

impl Config {
    /// The settings file that is read where none is named.
    pub const FILE: &str = "linekey.toml";

    /// Reads `file` (absent only when `None`: then all defaults) and the `LINEKEY_*` variables.
    ///
    /// # Errors
    /// With the file and line, or the variable, and what would be right.
    pub fn load(file: Option<&Path>, variables: &BTreeMap<String, String>) -> anyhow::Result<Self> {
        let text = match file {
            None => String::new(),
            Some(path) => std::fs::read_to_string(path)
                .with_context(|| format!("the configuration {} cannot be read", path.display()))?,
        };
        Self::of_text(file.unwrap_or(Path::new(Self::FILE)), &text, variables)
    }

    /// The settings of `text`, which is or will be the file `path`, and of the `LINEKEY_*` variables. Relative paths
    /// in them begin at the folder of that file, wherever the program is started.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn of_text(path: &Path, text: &str, variables: &BTreeMap<String, String>) -> anyhow::Result<Self> {
        let name = path.display().to_string();
        let mut config = read::read(&name, text, variables)?;
        config.check().with_context(|| format!("in {name}"))?;
        if let Some(folder) = path.parent() {
            config.begin_at(folder);
        }
        Ok(config)
    }

    fn begin_at(&mut self, folder: &Path) {
        self.keys.file = folder.join(&self.keys.file);
        self.mail.folder = folder.join(&self.mail.folder);
        let sip = &mut self.sip;
        for file in [&mut self.mail.ca_file, &mut sip.tls_certificate, &mut sip.tls_key] {
            if !file.as_os_str().is_empty() {
                *file = folder.join(&*file);
            }
        }
        self.freeswitch.begin_at(folder);
        self.help.begin_at(folder);
        self.database.url = sqlite::begin_at(&self.database.url, folder);
    }

    /// How long after its proof a password counts as just proven.
    pub fn fresh_for(&self) -> Millis {
        if self.password.policy == Profile::Standards {
            0
        } else {
            self.session.fresh_for * 1000
        }
    }

    fn check(&self) -> anyhow::Result<()> {
        within("database.connections", self.database.connections.into(), 2, 200)?;
        self.sip.check()?;
        within("hashing.memory_kib", self.hashing.memory_kib.into(), 8, 1 << 18)?;
        within("hashing.passes", self.hashing.passes.into(), 1, 16)?;
        within("hashing.lanes", self.hashing.lanes.into(), 1, 8)?;
        within("hashing.threads", i64::try_from(self.hashing.threads)?, 0, 256)?;
        within("hashing.queue", i64::try_from(self.hashing.queue)?, 1, 10_000)?;
        within("session.idle", self.session.idle, 60, 30 * DAY / 1000)?;
        within("session.absolute", self.session.absolute, 60, 365 * DAY / 1000)?;
        within("session.staff_idle", self.session.staff_idle, 60, 30 * DAY / 1000)?;
        within(
            "session.staff_absolute",
            self.session.staff_absolute,
            60,
            365 * DAY / 1000,
        )?;
        within("session.fresh_for", self.session.fresh_for, 0, 3600)?;
        within("throttle.free_failures", self.throttle.free_failures, 1, 1_000_000)?;
        within("throttle.user_cap", self.throttle.user_cap, 1, 1_000_000)?;
        within("throttle.reset_requests", self.throttle.reset_requests, 1, 1_000_000)?;
        within("throttle.reset_mails", self.throttle.reset_mails, 1, 1_000_000)?;
        if self.throttle.ladder.is_empty() || self.throttle.ladder.iter().any(|step| !(0..=3600).contains(step)) {
            bail!("throttle.ladder: a list of seconds, each from 0 to 3600");
        }
        if self.portal.listen.is_empty() {
            bail!("portal.listen: at least one address is needed");
        }
        let name = self.brand.name.trim();
        if name.is_empty() || name.chars().count() > 60 || name.chars().any(char::is_control) {
            bail!("brand.name: 1 to 60 printable characters");
        }
        let email = &self.brand.support_email;
        if !email.is_empty() && email.parse::<lettre::Address>().is_err() {
            bail!("brand.support_email \"{email}\": an address such as support@quayside.example, or nothing");
        }
        let phone = &self.brand.support_phone;
        if phone.chars().count() > 40 || phone.chars().any(char::is_control) {
            bail!("brand.support_phone: at most 40 printable characters");
        }
        within("mail.per_address_hour", self.mail.per_address_hour, 1, 1000)?;
        self.check_neighbours()
    }

    /// What programs beside the portal need.
    fn check_neighbours(&self) -> anyhow::Result<()> {
        self.mail.check()?;
        self.freeswitch.check()?;
        self.sip.check_kamailio(&self.database.url)
    }
}

/// Refuses a number that is not from `low` to `high`.
fn within(name: &str, value: i64, low: i64, high: i64) -> anyhow::Result<()> {
    if (low..=high).contains(&value) {
        Ok(())
    } else {
        bail!("{name} = {value}: from {low} to {high} is allowed")
    }
}

impl Sip {
    fn check(&self) -> anyhow::Result<()> {
        within("sip.min_expires", self.min_expires.into(), 30, 3600)?;
        within(
            "sip.max_expires",
            self.max_expires.into(),
            self.min_expires.into(),
            86_400,
        )?;
        if self.ping != 0 {
            within("sip.ping", self.ping.into(), 15, 600)?;
        }
        let is_missing = |file: &Path| file.as_os_str().is_empty();
        if !self.tls.is_empty() && (is_missing(&self.tls_certificate) || is_missing(&self.tls_key)) {
            bail!("sip.tls: with it, sip.tls_certificate and sip.tls_key are needed, both files in PEM");
        }
        Ok(())
    }
}

impl Mail {
    fn check(&self) -> anyhow::Result<()> {
        if self.folder.as_os_str().is_empty() {
            bail!("mail.folder: the name of a folder is needed");
        }
        if self.transport == MailTransport::Smtp && self.smtp_url.is_none() {
            bail!(
                "mail.smtp_url: with mail.transport = \"smtp\" a server is needed, such as smtp://mail.quayside.example"
            );
        }
        Ok(())
    }
}

impl Default for PublicUrl {
    /// This machine alone.
    fn default() -> Self {
        Self {
            origin: "http://localhost:8080".to_owned(),
            secure: false,
        }
    }
}

impl Default for Portal {
    fn default() -> Self {
        Self {
            public_url: PublicUrl::default(),
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 8080))],
            trusted_proxies: Vec::new(),
        }
    }
}

impl Default for Admin {
    fn default() -> Self {
        Self {
            listen: Some(SocketAddr::from(([127, 0, 0, 1], 9464))),
        }
    }
}

impl Default for Database {
    fn default() -> Self {
        Self {
            url: "sqlite:linekey.db".to_owned(),
            connections: 8,
        }
    }
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            file: PathBuf::from("linekey.key"),
        }
    }
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            transport: MailTransport::Folder,
            smtp_url: None,
            ca_file: PathBuf::new(),
            from: "Linekey <portal@localhost>".parse().expect("a name and an address"),
            folder: PathBuf::from("mail"),
            per_address_hour: 5,
        }
    }
}

impl Default for Sip {
    fn default() -> Self {
        Self {
            mode: SipMode::Embedded,
            realm: "linekey".to_owned(),
            domain_suffix: "sip.invalid".to_owned(),
            udp: vec![SocketAddr::from(([127, 0, 0, 1], 5060))],
            tcp: Vec::new(),
            tls: Vec::new(),
            tls_certificate: PathBuf::new(),
            tls_key: PathBuf::new(),
            min_expires: 60,
            max_expires: 3600,
            ping: 60,
            kamailio_rpc: Vec::new(),
            kamailio_token: SecretString::default(),
        }
    }
}

impl Default for Password {
    fn default() -> Self {
        Self {
            policy: Profile::Classic,
        }
    }
}

impl Default for Hashing {
    fn default() -> Self {
        Self {
            memory_kib: 19_456,
            passes: 2,
            lanes: 1,
            threads: 0,
            queue: 256,
        }
    }
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            idle: 12 * HOUR / 1000,
            absolute: 30 * DAY / 1000,
            staff_idle: 30 * MINUTE / 1000,
            staff_absolute: 12 * HOUR / 1000,
            fresh_for: 5 * MINUTE / 1000,
        }
    }
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            free_failures: 5,
            ladder: vec![1, 3, 5, 10, 30, 60, 120, 300, 600, 900],
            user_cap: 100,
            reset_requests: 60,
            reset_mails: 20,
        }
    }
}

impl Default for Brand {
    fn default() -> Self {
        Self {
            name: "Linekey".to_owned(),
            accent: Colour([0x00, 0x6a, 0x77]),
            support_email: String::new(),
            support_phone: String::new(),
        }
    }
}
