//! The handles that every action is given. No behaviour: what the portal does is in its features.

use std::sync::Arc;

use crate::brand::Accents;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::Db;
use crate::help_centre::shelf::Shelf;
use crate::keys::Keys;
use crate::news::News;
use crate::password::hash::Hashes;
use crate::random::Random;
use crate::words::Words;

/// The handles of one portal. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    /// Settings, checked at start.
    pub config: Arc<Config>,
    /// The database.
    pub db: Db,
    /// The key file.
    pub keys: Arc<Keys>,
    /// Password hashes, made on their own threads.
    pub hashes: Arc<Hashes>,
    /// Time.
    pub clock: Clock,
    /// Randomness.
    pub random: Random,
    /// The words of the portal's language.
    pub words: Words,
    /// The brand's colours.
    pub accents: Accents,
    /// News for pages that are open.
    pub news: News,
    /// The articles of the help centre.
    pub help: Arc<Shelf>,
}

impl App {
    /// A new id, UUIDv7 (RFC 9562): sorts by the time it was made.
    pub fn new_id(&self) -> String {
        let millis = u64::try_from(self.clock.now()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &self.random.bytes())
            .into_uuid()
            .to_string()
    }
}

/// Opens the key file and the database and starts the hash threads.
///
/// # Errors
/// With what is wrong and what to do about it.
pub async fn open(config: Config, clock: Clock) -> anyhow::Result<App> {
    let keys = Keys::read(&config.keys.file)?;
    let sizes = crate::db::PoolSizes {
        connections: config.database.connections,
    };
    let db = Db::open(&config.database.url, sizes).await?;
    assemble(config, keys, db, clock)
}

/// Starts the hash threads beside a key file and a database that are open.
///
/// # Errors
/// When the engine of the hashes cannot be started.
pub fn assemble(config: Config, keys: Keys, db: Db, clock: Clock) -> anyhow::Result<App> {
    let random = Random::default();
    let cost = crate::password::hash::Cost {
        memory_kib: config.hashing.memory_kib,
        passes: config.hashing.passes,
        lanes: config.hashing.lanes,
    };
    if !cost.meets_owasp() {
        tracing::warn!(?cost, "password hashes cost less than OWASP's minimum");
    }
    let one = std::num::NonZero::<usize>::MIN;
    let cores = std::thread::available_parallelism().unwrap_or(one);
    let threads = std::num::NonZero::new(config.hashing.threads).unwrap_or(cores);
    let queue = std::num::NonZero::new(config.hashing.queue).unwrap_or(one);
    let hashes = Hashes::start(cost, threads, queue, Arc::new(move |salt: &mut [u8]| random.fill(salt)))?;
    Ok(App {
        accents: Accents::of(config.brand.accent),
        help: Arc::new(Shelf::of(&config)),
        config: Arc::new(config),
        db,
        keys: Arc::new(keys),
        hashes: Arc::new(hashes),
        clock,
        random,
        words: Words::english(),
        news: News::default(),
    })
}
