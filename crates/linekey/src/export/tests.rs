//! Stories of exports: what Asterisk's tables hold after them, and what FreeSWITCH reads.

use linekey_sip::digest::{Algorithm, Ha1};
use roxmltree::Document;
use sqlx::{Connection, Executor, PgConnection, Row, SqliteConnection};

use super::asterisk::{self, Form, Hashes, Wish};
use super::{Exported, freeswitch};
use crate::accounts::{self, Named};
use crate::db::query;
use crate::ids::PhoneId;
use crate::phones::act::By;
use crate::phones::rotate::{Rotated, rotate};
use crate::testing::{Engine, Portal, stories};

const DOMAIN: &str = "acme.example";
const DESK: &str = "ann-desk@acme.example";

/// Asterisk's tables as far as they are written, as its migrations make them; the first word of a line with an enum of
/// PostgreSQL's is the type that SQLite has instead.
const TABLES: &str = "
    create table ps_auths (
        id varchar(255) not null unique, auth_type AUTH_TYPE, nonce_lifetime integer, md5_cred varchar(40),
        password varchar(80), realm varchar(255), username varchar(40), password_digest varchar(1024),
        supported_algorithms_uas varchar(1024), supported_algorithms_uac varchar(1024)
    );
    create table ps_aors (
        id varchar(255) not null unique, contact varchar(255), default_expiration integer, max_contacts integer,
        minimum_expiration integer, remove_existing BOOL, qualify_frequency integer, maximum_expiration integer
    );
    create table ps_endpoints (
        id varchar(255) not null unique, transport varchar(40), aors varchar(2048), auth varchar(255),
        context varchar(40), disallow varchar(200), allow varchar(200), callerid varchar(40), identify_by varchar(80)
    );";
const ENUMS: &str = "
    create schema asterisk;
    set search_path to asterisk;
    create type pjsip_auth_type_values_v2 as enum ('md5', 'userpass', 'google_oauth');
    create type ast_bool_values as enum ('0', '1', 'off', 'on', 'false', 'true', 'no', 'yes');";

/// Asterisk's database.
enum Realtime {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

#[expect(clippy::disallowed_methods, reason = "a database that is not the portal's")]
impl Realtime {
    async fn of(p: &Portal) -> Self {
        let url = p.app.config.database.url.as_str();
        let tables = |auth_type: &str, boolean: &str| TABLES.replace("AUTH_TYPE", auth_type).replace("BOOL", boolean);
        if p.engine == Engine::Sqlite {
            let connection = SqliteConnection::connect("sqlite::memory:").await.expect("SQLite");
            let mut made = Self::Sqlite(connection);
            made.run(&tables("text", "text")).await;
            return made;
        }
        let mut made = Self::Postgres(PgConnection::connect(url).await.expect("PostgreSQL"));
        made.run(&format!(
            "{ENUMS}{}",
            tables("pjsip_auth_type_values_v2", "ast_bool_values")
        ))
        .await;
        made
    }

    async fn run(&mut self, statements: &str) {
        let statements = sqlx::raw_sql(sqlx::AssertSqlSafe(statements.to_owned()));
        match self {
            Self::Sqlite(connection) => connection.execute(statements).await.map(|_| ()),
            Self::Postgres(connection) => connection.execute(statements).await.map(|_| ()),
        }
        .expect("statements that the engine takes");
    }

    /// The texts of a column, by id.
    async fn texts(&mut self, column: &str, table: &str) -> Vec<Option<String>> {
        let question = format!("select cast({column} as text) from {table} order by id");
        let question = sqlx::AssertSqlSafe(question);
        match self {
            Self::Sqlite(connection) => {
                let rows = sqlx::query(question).fetch_all(connection).await.expect("rows");
                rows.iter().map(|row| row.get(0)).collect()
            }
            Self::Postgres(connection) => {
                let rows = sqlx::query(question).fetch_all(connection).await.expect("rows");
                rows.iter().map(|row| row.get(0)).collect()
            }
        }
    }

    /// The only text of a column of the desk phone.
    async fn of_desk(&mut self, column: &str, table: &str) -> Option<String> {
        let ids = self.texts("id", table).await;
        let at = ids
            .iter()
            .position(|id| id.as_deref() == Some(DESK))
            .expect("the desk phone");
        self.texts(column, table).await.swap_remove(at)
    }
}

async fn acme(p: &Portal) -> Named {
    let account = accounts::named(&p.app.db, DOMAIN).await.expect("a database");
    account.expect("an account of the demo")
}

const WISH: Wish<'_> = Wish {
    form: Form::Sql,
    hashes: Hashes::Digests,
    context: DOMAIN,
};

async fn for_asterisk(p: &Portal, wish: Wish<'_>) -> Exported {
    asterisk::export(&p.app, &acme(p).await, wish).await.expect("an export")
}

fn ha1(algorithm: Algorithm, password: &str) -> String {
    Ha1::of(algorithm, "ann-desk", DOMAIN, password).reveal_hex()
}

fn digests(password: &str) -> String {
    let one = |algorithm: Algorithm| format!("{}:{}", algorithm.as_str(), ha1(algorithm, password));
    Algorithm::ALL.map(one).join(",")
}

async fn asterisk_has_the_phones_that_may_register(p: Portal) {
    let mut realtime = Realtime::of(&p).await;
    let others = "insert into ps_auths (id, realm, username) values ('trunk', 'acme.example', 'trunk');
                  insert into ps_endpoints (id, auth) values ('trunk', 'trunk');";
    realtime.run(others).await;
    p.alter(query("update phones set extension = '201' where sip_name = 'ann-desk'"))
        .await;
    let exported = for_asterisk(&p, WISH).await;
    assert_eq!((exported.phones, exported.overlapping), (3, 0));
    for _ in 0..2 {
        realtime.run(&exported.text).await;
        let ids: Vec<_> = realtime
            .texts("id", "ps_endpoints")
            .await
            .into_iter()
            .flatten()
            .collect();
        let all = [
            DESK,
            "ann-softphone@acme.example",
            "ann-warehouse@acme.example",
            "trunk",
        ];
        assert_eq!(ids, all);
    }
    for (column, table, is) in [
        ("username", "ps_auths", Some("ann-desk")),
        ("realm", "ps_auths", Some(DOMAIN)),
        ("auth_type", "ps_auths", None),
        ("password", "ps_auths", None),
        (
            "password_digest",
            "ps_auths",
            Some(digests("Demo-ann-desk-2026").as_str()),
        ),
        ("max_contacts", "ps_aors", Some("10")),
        ("remove_existing", "ps_aors", Some("yes")),
        ("maximum_expiration", "ps_aors", Some("3600")),
        ("aors", "ps_endpoints", Some(DESK)),
        ("auth", "ps_endpoints", Some(DESK)),
        ("context", "ps_endpoints", Some(DOMAIN)),
        ("callerid", "ps_endpoints", Some("\"Ann Archer\" <201>")),
    ] {
        assert_eq!(realtime.of_desk(column, table).await.as_deref(), is, "{table}.{column}");
    }

    // What the provider chose stays; what is Linekey's is put right.
    let chosen = "update ps_endpoints set context = 'internal', allow = 'opus', callerid = 'x';
                  update ps_aors set max_contacts = 2;
                  update ps_auths set password = 'clear' where id <> 'trunk';";
    realtime.run(chosen).await;
    let odd = "O'Hara; ^ \"A\" \\ \u{5e2}\u{5e0}\u{5ea}\u{5e2}\u{5e0}\u{5ea} and much, much more of it";
    p.alter(query("update users set display_name = $1 where name = 'ann'").bind(odd))
        .await;
    p.alter(query(
        "update phones set blocked_at = 1 where sip_name = 'ann-softphone'",
    ))
    .await;
    let new = renew(&p).await;
    let exported = for_asterisk(&p, WISH).await;
    assert_eq!((exported.phones, exported.overlapping), (2, 1));
    realtime.run(&exported.text).await;
    for table in ["ps_endpoints", "ps_aors", "ps_auths"] {
        let ids = realtime.texts("id", table).await;
        assert!(
            !ids.contains(&Some("ann-softphone@acme.example".to_owned())),
            "{table}: blocked"
        );
        assert_eq!(ids.contains(&Some("trunk".to_owned())), table != "ps_aors", "{table}");
    }
    assert_eq!(
        realtime.of_desk("context", "ps_endpoints").await.as_deref(),
        Some("internal")
    );
    assert_eq!(realtime.of_desk("max_contacts", "ps_aors").await.as_deref(), Some("2"));
    assert_eq!(realtime.of_desk("password", "ps_auths").await, None);
    assert_eq!(
        realtime.of_desk("password_digest", "ps_auths").await,
        Some(digests(&new))
    );
    let caller = realtime.of_desk("callerid", "ps_endpoints").await.expect("a caller");
    assert!(caller.starts_with("\"O'Hara^3B ^5E \\\"A\\\" \\\\ \u{5e2}"), "{caller}");
    assert!(caller.ends_with("\" <201>") && caller.chars().count() <= 40, "{caller}");

    // Nobody of a suspended account registers anywhere.
    p.alter(query(
        "update accounts set suspended_at = 1 where domain = 'acme.example'",
    ))
    .await;
    realtime.run(&for_asterisk(&p, WISH).await.text).await;
    assert_eq!(realtime.texts("id", "ps_auths").await, [Some("trunk".to_owned())]);
    assert_eq!(p.events("export").await, 3);
}

/// A new SIP password for Ann's desk phone; the one it has is good for a day more.
async fn renew(p: &Portal) -> String {
    let ann = p.who(&p.signed_in("ann").await).await;
    let desk = query("select id from phones where sip_name = 'ann-desk'");
    let (id,): (PhoneId,) = desk.one(&p.app.db).await.expect("Ann's desk phone");
    match rotate(&p.app, By::Owner(&ann), &id, 24).await.expect("a database") {
        Rotated::Done(new) => new.sip_password.to_string(),
        other => panic!("{other:?}"),
    }
}

async fn an_older_asterisk_has_md5_alone(p: Portal) {
    let mut realtime = Realtime::of(&p).await;
    realtime.run("alter table ps_auths drop column password_digest;").await;
    let wish = Wish {
        hashes: Hashes::Md5,
        ..WISH
    };
    realtime.run(&for_asterisk(&p, wish).await.text).await;
    let md5 = ha1(Algorithm::Md5, "Demo-ann-desk-2026");
    assert_eq!(realtime.of_desk("md5_cred", "ps_auths").await, Some(md5));
    assert_eq!(realtime.of_desk("auth_type", "ps_auths").await.as_deref(), Some("md5"));
}

async fn a_name_that_asterisk_has_no_room_for_is_left_out_and_named(p: Portal) {
    let long = "a-name-of-forty-one-characters-and-a-desk";
    p.alter(query("update phones set sip_name = $1 where sip_name = 'ann-softphone'").bind(long))
        .await;
    let exported = for_asterisk(&p, WISH).await;
    assert_eq!(exported.left_out, [format!("{long}@{DOMAIN}")]);
    assert_eq!(exported.phones, 2);
    assert!(!exported.text.contains(long));
}

async fn pjsip_conf_has_three_sections_a_phone(p: Portal) {
    p.alter(query("update users set display_name = $1 where name = 'ann'").bind("Ann\n; Archer"))
        .await;
    let wish = Wish {
        form: Form::Conf,
        ..WISH
    };
    let text = for_asterisk(&p, wish).await.text;
    let sections: Vec<_> = text.split(&format!("\n[{DESK}]\n")).skip(1).collect();
    assert_eq!(sections.len(), 3);
    let lines = |section: &str| -> Vec<String> {
        let lines = section.lines().take_while(|line| !line.is_empty());
        lines.map(str::to_owned).collect()
    };
    let digest = format!("password_digest = {}", digests("Demo-ann-desk-2026"));
    assert_eq!(
        lines(sections[0]),
        ["type = auth", "username = ann-desk", "realm = acme.example", &digest]
    );
    assert_eq!(lines(sections[1])[0], "type = aor");
    let endpoint = lines(sections[2]);
    assert_eq!(endpoint[0], "type = endpoint");
    assert!(
        endpoint
            .iter()
            .any(|line| line.starts_with("callerid = \"Ann\\; Archer\"")),
        "{endpoint:?}"
    );
}

async fn freeswitch_reads_a_file_of_its_directory(p: Portal) {
    p.alter(query(
        "update phones set blocked_at = 1 where sip_name = 'ann-softphone'",
    ))
    .await;
    let exported = freeswitch::export(&p.app, &acme(&p).await).await.expect("an export");
    assert_eq!(exported.phones, 2);
    let document = Document::parse(&exported.text).expect("XML");
    assert!(document.root_element().has_tag_name("include"));
    let users: Vec<_> = document
        .descendants()
        .filter(|node| node.has_tag_name("user"))
        .collect();
    let ids: Vec<_> = users.iter().filter_map(|user| user.attribute("id")).collect();
    assert_eq!(ids, ["ann-desk", "ann-warehouse"]);
    for user in &users {
        let mut params = user.descendants().filter(|node| node.has_tag_name("param"));
        assert!(
            params.any(|param| param.attribute("name") == Some("a1-hash")),
            "a way in without a password"
        );
    }
    let hash = users[0]
        .descendants()
        .find(|node| node.attribute("name") == Some("a1-hash"));
    let md5 = ha1(Algorithm::Md5, "Demo-ann-desk-2026");
    assert_eq!(hash.and_then(|node| node.attribute("value")), Some(md5.as_str()));
}

async fn nothing_is_exported_where_a_hash_does_not_open(p: Portal) {
    p.alter(query(
        "update phones set sip_hashes = (select d.sip_hashes from phones d where d.sip_name = 'ann-desk')
          where sip_name = 'ann-softphone'",
    ))
    .await;
    let refused = asterisk::export(&p.app, &acme(&p).await, WISH).await;
    assert!(
        refused
            .expect_err("moved hashes")
            .to_string()
            .contains("ann-softphone@acme.example")
    );
    assert_eq!(p.events("export").await, 0);
}

stories!(
    asterisk_has_the_phones_that_may_register,
    an_older_asterisk_has_md5_alone,
    a_name_that_asterisk_has_no_room_for_is_left_out_and_named,
    pjsip_conf_has_three_sections_a_phone,
    freeswitch_reads_a_file_of_its_directory,
    nothing_is_exported_where_a_hash_does_not_open,
);
