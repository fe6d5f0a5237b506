//! `linekey backup` and `linekey restore`: what comes back, what must not, and what is refused.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use sqlx::{Connection, Executor, SqliteConnection};

use crate::install::registers;
use crate::place::{OPERATOR_PASSWORD, Place, told};
use crate::{browser, post, said};

const ANN: &str = "ann@acme.example";

/// A portal with Ann, whose password is given, and her phone. Says what `phone add` printed.
fn with_ann(place: &Place) -> String {
    place.does(&["account", "add", "acme.example", "--name", "Acme Boats"]);
    place.does(&["user", "add", ANN, "--name", "Ann"]);
    set_password(place, "Harbour-Light-78");
    place.does(&["phone", "add", ANN, "Desk"])
}

fn set_password(place: &Place, password: &str) {
    let set = place.run_with(&["user", "set-password", ANN, "--stdin", "--keep"], password);
    assert!(set.status.success(), "{}", said(&set));
}

/// Takes the database away, as when a disk is lost.
fn lose(place: &Place) {
    for name in place.names() {
        if name.starts_with("linekey.db") {
            fs::remove_file(place.folder.0.join(name)).expect("ours");
        }
    }
}

fn database(place: &Place) -> PathBuf {
    place.folder.0.join("linekey.db")
}

async fn alter(file: &Path, change: &'static str) {
    let url = format!("sqlite:{}", file.display());
    let mut connection = SqliteConnection::connect(&url).await.expect("a database");
    connection.execute(change).await.expect("a change");
    connection.close().await.expect("it closes");
}

/// How the sign-in form answers Ann.
async fn signs_in(portal: &str, client: &reqwest::Client, password: &str) -> u16 {
    let fields = [("username", ANN), ("password", password)];
    post(client, format!("{portal}/sign-in"), &fields).await.0
}

async fn opens(portal: &str, client: &reqwest::Client) -> bool {
    let answer = client.get(format!("{portal}/phones")).send().await.expect("an answer");
    answer.status().as_u16() == 200
}

#[tokio::test]
async fn a_backup_beside_a_running_portal_is_all_that_an_empty_machine_needs_beside_settings_and_key() {
    let place = Place::set_up("backup");
    let server = place.serve().await;
    let phone = with_ann(&place);
    let ann = browser();
    assert_eq!(signs_in(&server.portal, &ann, "Harbour-Light-78").await, 303);
    assert!(opens(&server.portal, &ann).await && registers(&place, &phone).await);

    let printed = place.does(&["backup", "copy.db"]);
    assert!(printed.contains("2 accounts, 2 users, 1 phone,"), "{printed}");
    assert!(printed.contains("linekey.key is not in it"), "{printed}");
    let copy = place.folder.0.join("copy.db");
    let found = fs::metadata(&copy).expect("made");
    assert_eq!(found.mode() & 0o777, 0o600);
    assert_eq!(told(&printed, "size"), format!("{} bytes", found.len()));
    let sum = std::process::Command::new("sha256sum").arg(&copy).output();
    assert!(said(&sum.expect("coreutils")).starts_with(&told(&printed, "SHA-256")));
    assert!(place.does(&["audit", "list"]).contains("backup\tdone\tconsole"));

    // What comes after it is lost, and that is told by heads that are kept elsewhere.
    set_password(&place, "Lantern-Mooring-3");
    place.does(&["user", "add", "bob@acme.example", "--name", "Bob"]);
    let after = browser();
    assert_eq!(signs_in(&server.portal, &after, "Lantern-Mooring-3").await, 303);
    let heads = sealed_heads(&place).await;
    server.terminate();

    lose(&place);
    let restored = place.does(&["restore", "copy.db", "--sha256", &told(&printed, "SHA-256")]);
    assert!(restored.contains("1 session ended"), "{restored}");
    assert_eq!(told(&restored, "holds"), told(&printed, "holds"));
    assert_eq!(fs::metadata(database(&place)).expect("there").mode() & 0o777, 0o600);
    let server = place.serve().await;
    assert!(!opens(&server.portal, &ann).await, "its session was ended");
    assert!(!opens(&server.portal, &after).await, "and this one is not in it");
    assert_eq!(signs_in(&server.portal, &browser(), "Lantern-Mooring-3").await, 422);
    assert_eq!(signs_in(&server.portal, &browser(), "Harbour-Light-78").await, 303);
    assert!(registers(&place, &phone).await, "the same SIP password");
    let people = place.lists(&["user", "list", "--account", "acme.example"]);
    assert_eq!(people.len(), 1, "{people:?}");
    place.does(&["audit", "verify"]);
    let behind = place.refuses(&["audit", "verify", "--head", &heads]);
    assert!(behind.contains("acme.example"), "{behind}");
    server.terminate();
}

/// A file with the heads of the record, once nothing waits to be sealed.
async fn sealed_heads(place: &Place) -> String {
    for _ in 0..100 {
        let verified = place.does(&["audit", "verify", "--json"]);
        if verified.contains("\"unsealed\": 0") {
            fs::write(place.folder.0.join("heads.json"), verified).expect("ours");
            return "heads.json".to_owned();
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the record is not sealed");
}

#[tokio::test]
async fn what_was_there_is_put_aside_with_what_was_in_its_log() {
    let place = Place::set_up("backup-replace");
    place.does(&["backup", "copy.db"]);
    let server = place.serve().await;
    with_ann(&place);
    let refused = place.refuses(&["restore", "copy.db", "--replace"]);
    assert!(refused.contains("another Linekey server is running"), "{refused}");
    server.kill();
    assert!(fs::metadata(place.folder.0.join("linekey.db-wal")).is_ok_and(|log| log.len() > 0));
    let refused = place.refuses(&["restore", "copy.db"]);
    assert!(refused.contains("linekey.db is there already; --replace"), "{refused}");

    let url = format!("sqlite:{}", database(&place).display());
    let sizes = linekey::db::PoolSizes { connections: 2 };
    let other = linekey::db::Db::open(&url, sizes).await.expect("a command's");
    let refused = place.refuses(&["restore", "copy.db", "--replace"]);
    assert!(refused.contains("in use by another program"), "{refused}");
    other.close().await;

    let restored = place.does(&["restore", "copy.db", "--replace"]);
    let aside = told(&restored, "before");
    let (aside, _) = aside.split_once(',').expect("and what to do with it");
    assert_eq!(place.lists(&["user", "list"]).len(), 1);
    let old = Place::new("backup-replaced").with("LINEKEY_DATABASE__URL", &format!("sqlite:{aside}"));
    fs::copy(place.folder.0.join("linekey.key"), old.folder.0.join("linekey.key")).expect("a copy");
    assert_eq!(old.lists(&["user", "list"]).len(), 2, "nothing of the old one is lost");

    // One that SQLite cannot open goes aside as it is; so does a log whose file is gone.
    fs::write(database(&place), "no database").expect("ours");
    place.does(&["restore", "copy.db", "--replace"]);
    lose(&place);
    fs::write(place.folder.0.join("linekey.db-wal"), "a log").expect("ours");
    assert!(
        place
            .refuses(&["restore", "copy.db"])
            .contains("linekey.db-wal is there already")
    );
    place.does(&["restore", "copy.db", "--replace"]);
    assert_eq!(place.lists(&["user", "list"]).len(), 1);
    assert!(place.does(&["doctor"]).contains("it opens") || place.does(&["doctor"]).contains("made with it"));
}

#[tokio::test]
async fn what_is_no_whole_backup_of_this_portal_is_refused_and_changes_nothing() {
    let place = Place::set_up("backup-refused");
    with_ann(&place);
    let no_log = !place.names().contains(&"linekey.db-wal".to_owned());
    assert!(no_log, "the last command took its log away: {:?}", place.names());
    let printed = place.does(&["backup", "good.db"]);
    let file = |name: &str| place.folder.0.join(name);
    let good = fs::read(file("good.db")).expect("made");
    let newer = linekey::db::newest_schema() + 1;
    for name in ["newer.db", "open.db", "empty.db", "trigger.db", "view.db"] {
        fs::copy(file("good.db"), file(name)).expect("a copy");
    }
    alter(
        &file("newer.db"),
        "update _sqlx_migrations set version = version + 1 where version = (select max(version) from _sqlx_migrations)",
    )
    .await;
    alter(&file("empty.db"), "delete from portal where name = 'kind'").await;
    alter(
        &file("trigger.db"),
        "create trigger stay before delete on sessions begin select raise(ignore); end",
    )
    .await;
    alter(&file("view.db"), "create view names as select name from users").await;
    fs::write(file("open.db-wal"), "a log").expect("ours");
    fs::write(file("cut-off.db"), &good[..good.len() - 4096]).expect("ours");
    let mut edited = good.clone();
    edited[4096..4104].fill(0xff);
    fs::write(file("edited.db"), &edited).expect("ours");
    fs::write(
        file("text.db"),
        "Dear reader, this is a letter and no database at all. ".repeat(100),
    )
    .expect("ours");
    fs::File::create(file("foreign.db")).expect("ours");
    alter(&file("foreign.db"), "create table notes (note text)").await;
    let before = (place.names(), fs::read(database(&place)).expect("there"));

    for (name, words) in [
        ("cut-off.db", "cut-off.db cannot be used: it is damaged or cut off"),
        ("edited.db", "edited.db cannot be used: it is damaged or cut off"),
        ("text.db", "text.db"),
        ("foreign.db", "not Linekey's"),
        ("empty.db", "no portal was set up in it"),
        ("trigger.db", "it has the trigger \"stay\", which is not Linekey's"),
        ("view.db", "it has the view \"names\", which is not Linekey's"),
        (
            "newer.db",
            &format!("newer Linekey (its schema is at {newer}, this program knows"),
        ),
        ("open.db", "a database in use, and no backup"),
        ("missing.db", "there is no backup missing.db"),
        ("linekey.db", "the database itself"),
    ] {
        let refused = place.refuses(&["restore", name, "--replace"]);
        assert!(refused.contains(words), "{name}: {refused}");
    }
    let sum = told(&printed, "SHA-256");
    let other = place.refuses(&[
        "restore",
        "good.db",
        "--replace",
        "--sha256",
        &sum.replace(&sum[..4], "0000"),
    ]);
    assert!(other.contains(&format!("is {sum}, and not 0000")), "{other}");

    let key = fs::read_to_string(file("linekey.key")).expect("the key file");
    let id = place.lists(&["keys", "list"])[0]["id"]
        .as_str()
        .expect("text")
        .to_owned();
    let elsewhere = Place::set_up("backup-other-key");
    fs::copy(elsewhere.folder.0.join("linekey.key"), file("linekey.key")).expect("a copy");
    let refused = place.refuses(&["restore", "good.db", "--replace"]);
    assert!(
        refused.contains(&format!("the key {id} is needed")) && refused.contains("1 phones are sealed"),
        "{refused}"
    );
    fs::write(file("linekey.key"), key).expect("ours");

    let mut names = place.names();
    names.retain(|name| name != "linekey.db.server");
    assert_eq!(names, before.0, "nothing is left behind");
    assert_eq!(fs::read(database(&place)).expect("there"), before.1);
    place.does(&["restore", "good.db", "--replace"]);
}

#[test]
fn a_backup_overwrites_nothing_it_should_not_and_leaves_no_half_of_one() {
    let place = Place::set_up("backup-names");
    place.does(&["backup", "copy.db"]);
    let first = fs::read(place.folder.0.join("copy.db")).expect("made");
    let refused = place.refuses(&["backup", "copy.db"]);
    assert!(refused.contains("is there already; --force"), "{refused}");
    assert_eq!(fs::read(place.folder.0.join("copy.db")).expect("there"), first);
    place.does(&["account", "add", "acme.example", "--name", "Acme Boats"]);
    // A backup that was killed left this.
    fs::write(place.folder.0.join("copy.db.part"), "half").expect("ours");
    assert!(place.does(&["backup", "copy.db", "--force"]).contains("2 accounts"));
    assert_ne!(fs::read(place.folder.0.join("copy.db")).expect("there"), first);
    for ours in ["linekey.db", "linekey.key", "./linekey.db"] {
        let refused = place.refuses(&["backup", ours, "--force"]);
        assert!(refused.contains("the portal's own"), "{refused}");
    }
    let refused = place.refuses(&["backup", "nowhere/copy.db"]);
    assert!(refused.contains("there is no folder nowhere"), "{refused}");
    assert_eq!(place.run(&["backup"]).status.code(), Some(2));
    assert_eq!(place.run(&["restore"]).status.code(), Some(2));
    assert_eq!(place.run(&["restore", "--after-pg-restore"]).status.code(), Some(2));

    // A disk that is full, as far as a process can tell: no file may grow beyond 64 KiB.
    let before = place.names();
    for arguments in ["backup full.db", "restore copy.db --replace"] {
        let line = format!("trap '' XFSZ; ulimit -f 128; exec \"$0\" {arguments}");
        let mut command = std::process::Command::new("dash");
        command.args(["-c", &line, env!("CARGO_BIN_EXE_linekey")]);
        let full = place.run_as(command, "");
        assert_eq!(full.status.code(), Some(1), "{}", said(&full));
        let mut names = place.names();
        names.retain(|name| name != "linekey.db.server");
        assert_eq!(names, before, "{arguments}: {}", said(&full));
    }
    assert_eq!(place.lists(&["account", "list"]).len(), 2);
}

#[tokio::test]
async fn a_backup_of_an_older_version_is_brought_up_to_date_and_what_a_killed_restore_left_is_in_nobodys_way() {
    let place = Place::set_up("backup-older");
    let newest = linekey::db::newest_schema();
    let migrations = place.folder.0.join("migrations");
    fs::create_dir(&migrations).expect("a folder");
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/sqlite");
    let mut previous = 0;
    for entry in fs::read_dir(ours).expect("the migrations") {
        let name = entry.expect("an entry");
        let number: i64 = name.file_name().to_string_lossy()[..4].parse().expect("a number");
        if number < newest {
            previous = previous.max(number);
            fs::copy(name.path(), migrations.join(name.file_name())).expect("a copy");
        }
    }
    let older = place.folder.0.join("older.db");
    fs::File::create(&older).expect("ours");
    let url = format!("sqlite:{}", older.display());
    let mut connection = SqliteConnection::connect(&url).await.expect("a database");
    let migrator = sqlx::migrate::Migrator::new(migrations).await.expect("migrations");
    migrator.run(&mut connection).await.expect("an older schema");
    connection.close().await.expect("it closes");
    alter(
        &older,
        "insert into portal (name, value) values ('kind', 'portal');
         insert into accounts (id, name, domain, sip_domain, created_at) values ('a', 'A', 'a.example', 'a.sip', 1)",
    )
    .await;
    fs::write(place.folder.0.join("linekey.db.restoring"), "half").expect("ours");
    // A log that SQLite would take for this file's.
    let url = format!("sqlite:{}", database(&place).display());
    let mut writing = SqliteConnection::connect(&url).await.expect("a database");
    writing
        .execute("update accounts set name = 'B'")
        .await
        .expect("a change");
    let log = place.folder.0.join("linekey.db-wal");
    fs::copy(log, place.folder.0.join("linekey.db.restoring-wal")).expect("a copy");
    writing.close().await.expect("it closes");

    let restored = place.does(&["restore", "older.db", "--replace"]);
    assert!(
        told(&restored, "schema") == previous.to_string() && restored.contains(&format!("schema {newest}")),
        "{restored}"
    );
    let account = &place.lists(&["account", "list"])[0];
    assert_eq!(
        (&account["domain"], &account["name"]),
        (&"a.example".into(), &"A".into()),
        "not of that log"
    );
    // A backup is what comes before an upgrade: beside an older schema it works, and leaves that as it is.
    fs::rename(&older, database(&place)).expect("ours");
    assert_eq!(
        told(&place.does(&["backup", "before.db"]), "schema"),
        previous.to_string()
    );
    assert!(place.refuses(&["account", "list"]).contains("linekey migrate"));
}

#[cfg(feature = "outside")]
#[tokio::test]
async fn on_postgresql_the_lines_that_are_told_do_it_and_old_sessions_end() {
    let place = Place::new("backup-postgres").with("LINEKEY_DATABASE__URL", &crate::place::fresh_postgres().await);
    let made = place.run_with(&crate::place::INIT, OPERATOR_PASSWORD);
    assert!(made.status.success(), "{}", said(&made));
    let phone = with_ann(&place);
    let server = place.serve().await;
    let ann = browser();
    assert_eq!(signs_in(&server.portal, &ann, "Harbour-Light-78").await, 303);
    let line = |told: &str, program: &str| {
        let found = told.lines().map(str::trim).find(|line| line.contains(program));
        found.unwrap_or_else(|| panic!("{told}")).to_owned()
    };
    let shell = |place: &Place, line: &str| {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", line]);
        let done = place.run_as(command, "");
        assert!(done.status.success(), "{line}: {}", said(&done));
    };
    shell(&place, &line(&place.refuses(&["backup", "copy.dump"]), "pg_dump"));
    assert_eq!(
        fs::metadata(place.folder.0.join("copy.dump")).expect("made").mode() & 0o777,
        0o600
    );
    server.terminate();

    let empty =
        Place::new("backup-postgres-empty").with("LINEKEY_DATABASE__URL", &crate::place::fresh_postgres().await);
    for name in ["linekey.key", "copy.dump"] {
        fs::copy(place.folder.0.join(name), empty.folder.0.join(name)).expect("a copy");
    }
    assert!(
        empty
            .refuses(&["restore", "--after-pg-restore"])
            .contains("pg_restore comes first")
    );
    shell(
        &empty,
        &line(&empty.refuses(&["restore", "copy.dump"]), "pg_restore --single"),
    );
    let settled = empty.does(&["restore", "--after-pg-restore"]);
    assert!(settled.contains("1 session ended"), "{settled}");
    let server = empty.serve().await;
    let cookies = opens(&server.portal, &ann).await;
    assert!(!cookies, "the old session");
    assert_eq!(signs_in(&server.portal, &browser(), "Harbour-Light-78").await, 303);
    assert!(registers(&empty, &phone).await, "the same SIP password");
    empty.does(&["audit", "verify"]);
    server.terminate();
}
