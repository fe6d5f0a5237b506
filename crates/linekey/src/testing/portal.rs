//! A portal of one story: the demo's people, a clock that can be moved, real sockets on free ports.

use std::net::SocketAddr;

use axum::extract::FromRequestParts;

use crate::app::{self, App};
use crate::clock::{Clock, Millis};
use crate::config::Config;
use crate::db::{Query, query};
use crate::demo;
use crate::keys::Keys;
use crate::mail::Letter;
use crate::random::Random;
use crate::serve::{self, Listeners, Running};
use crate::sessions::SignedIn;

use super::{Browser, Folder, TestPhone};

/// Which database a story runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    #[cfg(feature = "outside")]
    Postgres,
}

/// A running portal.
pub(crate) struct Portal {
    pub(crate) engine: Engine,
    pub(crate) app: App,
    pub(crate) clock: Clock,
    pub(crate) http: SocketAddr,
    pub(crate) sip: SocketAddr,
    running: Option<Running>,
    folder: Folder,
}

impl Portal {
    pub(crate) async fn start(engine: Engine) -> Self {
        Self::start_with(engine, |_| {}).await
    }

    /// A portal with other settings.
    pub(crate) async fn start_with(engine: Engine, settings: impl FnOnce(&mut Config)) -> Self {
        Self::start_at(Clock::default(), engine, settings).await
    }

    /// The same by a clock of its own.
    pub(crate) async fn start_at(clock: Clock, engine: Engine, settings: impl FnOnce(&mut Config)) -> Self {
        let folder = Folder::new();
        let mut config = Config::default();
        config.keys.file = folder.path().join("linekey.key");
        config.database.url = match engine {
            Engine::Sqlite => format!("sqlite:{}", folder.path().join("linekey.db").display()),
            #[cfg(feature = "outside")]
            Engine::Postgres => super::postgres::fresh().await,
        };
        config.database.connections = 4;
        // Cheap, since these stories are not about hashing: what a hash is worth is tested beside it.
        config.hashing.memory_kib = 64;
        config.hashing.passes = 1;
        config.hashing.threads = 2;
        config.sip.udp = vec![SocketAddr::from(([127, 0, 0, 1], 0))];
        config.mail.folder = folder.path().join("mail");
        config.mail.from = "Quayside <portal@quayside.example>".parse().expect("a sender");
        config.brand.name = "Quayside".to_owned();
        config.brand.support_email = "support@quayside.example".to_owned();
        config.admin.listen = None;
        settings(&mut config);
        Keys::create(&config.keys.file, &Random::default()).expect("a new key file");
        let portal = Self::run(engine, folder, clock, config, true).await;
        // In most stories somebody signs in with several browsers, and that is not what they are about.
        portal
            .alter(query("update users set new_browser_at = 9000000000000"))
            .await;
        portal
    }

    /// From here on people are told of new browsers, as they are outside of stories.
    pub(crate) async fn telling_of_new_browsers(self) -> Self {
        self.alter(query("update users set new_browser_at = null")).await;
        self
    }

    async fn run(engine: Engine, folder: Folder, clock: Clock, mut config: Config, seed: bool) -> Self {
        let listeners = Listeners::take(&[SocketAddr::from(([127, 0, 0, 1], 0))], config.admin.listen)
            .await
            .expect("a free port");
        let http = listeners.address().expect("a bound socket has an address");
        if !config.portal.public_url.is_secure() {
            config.portal.public_url = format!("http://localhost:{}", http.port()).parse().expect("an origin");
        }
        let app = app::open(config, clock.clone()).await.expect("a portal opens");
        if seed {
            demo::seed_people(&app)
                .await
                .expect("the demo's people fit every database");
        }
        let running = serve::start(app.clone(), listeners, true)
            .await
            .expect("a portal starts");
        let sip = running.sip_addresses().first().map_or(http, |(_, address)| *address);
        Self {
            engine,
            app,
            clock,
            http,
            sip,
            running: Some(running),
            folder,
        }
    }

    /// Stops the portal cleanly and starts it again on the same data, with the same SIP port.
    pub(crate) async fn restart(self) -> Self {
        self.restart_with(|_| {}).await
    }

    /// The same with other settings.
    pub(crate) async fn restart_with(mut self, settings: impl FnOnce(&mut Config)) -> Self {
        let mut config = (*self.app.config).clone();
        config.sip.udp = vec![self.sip];
        settings(&mut config);
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
        let Self {
            engine, clock, folder, ..
        } = self;
        Self::run(engine, folder, clock, config, false).await
    }

    /// Ends what is done now and then: from here on the story seals and sweeps itself.
    pub(crate) fn without_jobs(&self) {
        self.running.as_ref().expect("it runs").without_jobs();
    }

    /// Ends the mail worker: from here on the story delivers itself.
    pub(crate) fn without_mail(&self) {
        self.running.as_ref().expect("it runs").without_mail();
    }

    /// Registrations in the memory of the registrar, whatever the database has.
    pub(crate) fn registrations(&self) -> usize {
        self.running.as_ref().expect("it runs").registrations()
    }

    /// Where the registrar listens for a transport.
    pub(crate) fn sip_address(&self, transport: linekey_sip::Transport) -> SocketAddr {
        let mut all = self.running.as_ref().expect("it runs").sip_addresses().iter();
        all.find(|(found, _)| *found == transport).expect("it is spoken").1
    }

    /// A browser that nobody is signed in with.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.http)
    }

    /// A browser signed in as one of the demo's people, by their bare name.
    pub(crate) async fn signed_in(&self, name: &str) -> Browser {
        let someone = demo::people()
            .into_iter()
            .find(|someone| someone.name == name)
            .expect("one of the demo's people");
        let browser = self.browser();
        browser
            .sign_in(&someone.sign_in_name(), someone.password)
            .await
            .leads_to("/");
        browser
    }

    /// What the portal makes of a browser's cookie: who is let in, as a request is.
    pub(crate) async fn who(&self, browser: &Browser) -> SignedIn {
        let cookie = format!("linekey={}", browser.cookie("linekey").expect("a session"));
        let request = axum::http::Request::builder()
            .header("cookie", cookie)
            .body(())
            .expect("a request");
        let (mut parts, ()) = request.into_parts();
        SignedIn::from_request_parts(&mut parts, &self.app)
            .await
            .expect("someone signed in")
    }

    /// One of the demo's phones, by its SIP name and domain, with its own SIP password.
    pub(crate) async fn phone(&self, sip_name: &str, sip_domain: &str) -> TestPhone {
        TestPhone::new(self, sip_name, sip_domain, &format!("Demo-{sip_name}-2026")).await
    }

    /// Moves the clock forward, in milliseconds.
    pub(crate) fn wait(&self, by: Millis) {
        self.clock.advance(by);
    }

    /// Changes the database behind the portal's back, as an operator's hand or another release might.
    pub(crate) async fn alter(&self, change: Query) {
        let mut tx = self.app.db.begin().await.expect("a transaction");
        change.run(&mut tx).await.expect("an update");
        // It may have been about phones, which the registrar knows by heart.
        query("insert into phone_changes (phone_id, at) select id, cast($1 as bigint) from phones")
            .bind(self.clock.now())
            .run(&mut tx)
            .await
            .expect("changes");
        tx.commit().await.expect("a commit");
    }

    /// The number that a statement counts.
    pub(crate) async fn count(&self, question: Query) -> i64 {
        let (count,): (i64,) = question.one(&self.app.db).await.expect("a count");
        count
    }

    /// How often a page asks the database, transactions counted as one; the least of a few times, since jobs ask too.
    pub(crate) async fn statements_of(&self, browser: &Browser, page: &str) -> u64 {
        let mut least = u64::MAX;
        for _ in 0..30 {
            let before = crate::db::counted::asked(&self.app.db);
            assert_eq!(browser.get(page).await.status, 200, "{page}");
            least = least.min(crate::db::counted::asked(&self.app.db) - before);
        }
        least
    }

    /// Waits for what another task does, such as recording an event of the registrar; gives up after ten seconds.
    pub(crate) async fn until(&self, happened: impl AsyncFn() -> bool) {
        for _ in 0..500 {
            if happened().await {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("it did not happen within ten seconds");
    }

    /// What `/demo/mail.json` lists, newest first, once it lists so many mails.
    pub(crate) async fn mails(&self, count: usize) -> Vec<Letter> {
        let browser = self.browser();
        let delivered = async || {
            let listed = browser.get("/demo/mail.json").await.text;
            serde_json::from_str::<Vec<Letter>>(&listed).expect("a list of letters")
        };
        self.until(async || delivered().await.len() >= count).await;
        delivered().await
    }

    /// Waits until every mail has left, since its links are made then, and until every registration that is to end has ended.
    async fn settle(&self) {
        let under_way = "select count(*) from outbox where due_at is not null and delivered_at is null";
        self.until(async || self.count(query(under_way)).await == 0).await;
        // What the registrar has to end by now, it ends in its own time.
        let due = "select count(*) from sip_orders where due_at <= $1";
        let now = self.clock.now();
        self.until(async || self.count(query(due).bind(now)).await == 0).await;
    }

    /// How many audit events of a kind there are.
    pub(crate) async fn events(&self, kind: &str) -> i64 {
        self.count(query("select count(*) from audit_events where kind = $1").bind(kind))
            .await
    }

    /// Every byte of `phones` and `registrations`, as text.
    pub(crate) async fn phone_bytes(&self) -> Vec<String> {
        dump(&self.app.db, &["phones", "registrations"]).await
    }

    /// Every byte of the changes that wait for a confirmation.
    pub(crate) async fn pending_bytes(&self) -> Vec<String> {
        dump(&self.app.db, &["pending_changes"]).await
    }

    /// Every byte of every table that holds something of people's, as text. The throttle's counters are not a change, and
    /// neither is that a mail went out.
    pub(crate) async fn dump_everything(&self) -> String {
        self.settle().await;
        let tables = [
            "accounts",
            "users",
            "sessions",
            "pending_changes",
            "email_changes",
            "links",
            "devices",
            "audit_events",
            "outbox",
            "portal",
            "phones",
            "registrations",
            "removed_users",
            "sip_orders",
            "phone_notices",
            "phone_files",
            "help_votes",
            "help_vote_days",
            "help_suggestions",
        ];
        dump(&self.app.db, &tables).await.join("\n")
    }
}

/// What the mail worker notes in the outbox and the sealer at an event, in their own time: no story can say when.
const MARKS: &str = "'due_at', 'tries', 'delivered_at', 'reply', 'claimed_until', 'chain', 'seq', 'link', \
                     'overlap_told_at', 'mailed_at', 'told_offline_at'";

/// The tables, row by row, every column but [`MARKS`], in a form that both engines give alike.
#[expect(
    clippy::disallowed_methods,
    reason = "a dump names no columns, so that one added later is in it"
)]
async fn dump(db: &crate::db::Db, tables: &[&str]) -> Vec<String> {
    use crate::db::Db;
    let mut rows: Vec<String> = Vec::new();
    for table in tables {
        match db {
            Db::Sqlite { writer, .. } => {
                let mut held = writer.hold().await.expect("the connection");
                let connection = held.connection().expect("the connection");
                let names = format!("select name from pragma_table_info($1) where name not in ({MARKS})");
                let columns: Vec<(String,)> = sqlx::query_as(sqlx::AssertSqlSafe(names))
                    .bind(*table)
                    .fetch_all(&mut *connection)
                    .await
                    .expect("columns");
                let all = columns
                    .iter()
                    .map(|(name,)| format!("quote({name})"))
                    .collect::<Vec<_>>()
                    .join(" || ',' || ");
                let text: Vec<(String,)> =
                    sqlx::query_as(sqlx::AssertSqlSafe(format!("select {all} from {table} order by 1")))
                        .fetch_all(&mut *connection)
                        .await
                        .expect("rows");
                rows.extend(text.into_iter().map(|(row,)| format!("{table}: {row}")));
            }
            Db::Postgres(pool) => {
                let all = format!("select (to_jsonb(t) - array[{MARKS}])::text from {table} t order by 1");
                let text: Vec<(String,)> = sqlx::query_as(sqlx::AssertSqlSafe(all))
                    .fetch_all(pool)
                    .await
                    .expect("rows");
                rows.extend(text.into_iter().map(|(row,)| format!("{table}: {row}")));
            }
        }
    }
    rows
}
