//! Stories about mail: what is in the outbox, what leaves it, once, and what happens when it cannot leave.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use crate::app::App;
use crate::clock::{HOUR, MINUTE};
use crate::db::query;
use crate::error::Result;
use crate::ids::{AccountId, UserId};
use crate::testing::{Portal, join_all, stories};

use super::deliver::{self, Read};
use super::transport::Handed;
use super::{By, Letter, Mail, Person, Transport, send, store};

const NEW: &str = "Tidewater-Kestrel-1";
const RENEW: Duration = Duration::from_secs(10);

/// The names of the files in the mail folder, sorted.
fn files(p: &Portal) -> Vec<String> {
    let entries = fs::read_dir(&p.app.config.mail.folder).expect("the folder is there");
    let names = entries.map(|entry| {
        entry
            .expect("an entry")
            .file_name()
            .into_string()
            .expect("a plain name")
    });
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

fn file(p: &Portal, name: &str) -> PathBuf {
    p.app.config.mail.folder.join(name)
}

/// Ann and her account.
async fn ann(p: &Portal) -> (AccountId, UserId) {
    let ids: (AccountId, UserId) = query("select account_id, id from users where name = 'ann'")
        .one(&p.app.db)
        .await
        .expect("ann");
    ids
}

fn signed_out(p: &Portal) -> Mail {
    Mail::SignedOut {
        count: 2,
        name: "Ann Archer".to_owned(),
        sign_in_name: "ann@acme.example".to_owned(),
        by: By::Administrator("Adam Alder".to_owned()),
        at: p.app.clock.now(),
    }
}

/// Takes what is due, at most eight, and hands it over. Says how many mails it took.
async fn round(app: &App, transport: &Transport) -> Result<usize> {
    let taken = deliver::take(app, 8).await?;
    let hands = taken
        .into_iter()
        .map(|mail| deliver::deliver(app.clone(), transport.clone(), mail, RENEW));
    Ok(join_all(hands.collect()).await.len())
}

async fn undelivered(p: &Portal) -> i64 {
    p.count(query("select count(*) from outbox where delivered_at is null"))
        .await
}

async fn a_change_of_password_leads_to_one_mail_in_two_files_for_its_owner_alone(p: Portal) {
    let ann = p.signed_in("ann").await;
    ann.change_password(NEW).await.leads_to("/account/password/done");
    let mails = p.mails(1).await;
    let [mail] = mails.as_slice() else {
        panic!("one mail: {mails:?}")
    };
    assert_eq!(mail.subject, "Quayside: your portal password was changed");
    assert_eq!(files(&p), [format!("{}.eml", mail.id), format!("{}.json", mail.id)]);
    let message = fs::read_to_string(file(&p, &format!("{}.eml", mail.id))).expect("a message");
    assert!(
        message.contains("Subject: Quayside: your portal password was changed\r\n"),
        "{message}"
    );
    assert!(message.contains(&format!("Message-ID: <{}@quayside.example>\r\n", mail.id)));
    #[cfg(unix)]
    for name in files(&p) {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(file(&p, &name)).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    for said in ["Adam Alder", "Firefox on Linux", "127.0.0.1", " UTC", "stay connected"] {
        assert!(
            mail.text.contains(said) && mail.html.contains(said),
            "{said}: {}",
            mail.text
        );
    }
    let stored = p.dump_everything().await;
    assert!(
        !stored.contains("stay connected"),
        "no words of a mail are in the database"
    );
    p.until(async || undelivered(&p).await == 0).await;
}

/// Killed between the write and the mark, a worker leaves the mail to the next one, which writes the same again.
async fn a_worker_that_died_before_its_mark_leads_to_no_second_mail(p: Portal) {
    let (account, user) = ann(&p).await;
    let transport = Transport::open(&p.app.config.mail).await.expect("a folder");
    let now = p.app.clock.now();
    let mut tx = p.app.db.begin().await.expect("a transaction");
    send(&p.app, &mut tx, (&account, &user), "ann@acme.example", &signed_out(&p))
        .await
        .expect("an outbox");
    // In the same transaction, so that the portal's own worker does not come first.
    let claimed = store::claim(&mut tx, now + 1000, now + MINUTE, 1)
        .await
        .expect("a claim");
    tx.commit().await.expect("a commit");
    let Read::Letter(letter, _) = deliver::read(&p.app, &claimed[0]).await.expect("it is read") else {
        panic!("a letter without links")
    };
    assert!(matches!(transport.hand_over(&letter).await, Handed::Over(None)));
    let name = format!("{}.eml", letter.id);
    let before = fs::read(file(&p, &name)).expect("the message");
    assert_eq!(undelivered(&p).await, 1);

    p.wait(2 * MINUTE);
    p.until(async || undelivered(&p).await == 0).await;
    assert_eq!(files(&p).len(), 2, "one message and its letter: {:?}", files(&p));
    assert_eq!(fs::read(file(&p, &name)).expect("the message"), before, "to the byte");
    assert_eq!(p.count(query("select tries from outbox")).await, 2);
}

async fn of_many_workers_only_one_takes_a_mail(p: Portal) {
    let (account, user) = ann(&p).await;
    let transport = Transport::open(&p.app.config.mail).await.expect("a folder");
    let mut tx = p.app.db.begin().await.expect("a transaction");
    for _ in 0..40 {
        send(&p.app, &mut tx, (&account, &user), "ann@acme.example", &signed_out(&p))
            .await
            .expect("an outbox");
    }
    tx.commit().await.expect("a commit");
    while undelivered(&p).await > 0 {
        let at_once = (
            round(&p.app, &transport),
            round(&p.app, &transport),
            round(&p.app, &transport),
        );
        let (one, two, three) = tokio::join!(at_once.0, at_once.1, at_once.2);
        one.and(two).and(three).expect("rounds");
    }
    assert_eq!(p.count(query("select max(tries) from outbox")).await, 1);
    assert_eq!(p.count(query("select count(*) from outbox")).await, 40);
    assert_eq!(files(&p).len(), 80);
}

async fn mail_waits_while_its_folder_is_gone_and_leaves_when_it_is_back(p: Portal) {
    let folder = &p.app.config.mail.folder;
    fs::remove_dir_all(folder).expect("an empty folder");
    fs::write(folder, "in the way").expect("a file");
    assert!(Transport::open(&p.app.config.mail).await.is_err(), "a start is refused");
    let ann = p.signed_in("ann").await;
    ann.change_password(NEW).await.leads_to("/account/password/done");
    let failed = || query("select count(*) from outbox where last_error is not null and delivered_at is null");
    p.until(async || p.count(failed()).await == 1).await;
    fs::remove_file(folder).expect("the file");
    p.wait(MINUTE);
    assert_eq!(p.mails(1).await.len(), 1);
    p.until(async || undelivered(&p).await == 0).await;
    assert_eq!(p.count(failed()).await, 0, "what went wrong is forgotten");
}

/// Whoever else may write there could lead the portal to a file of its own.
async fn a_folder_that_everybody_writes_is_refused_and_no_link_in_it_is_followed(p: Portal) {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = &p.app.config.mail.folder;
    let key = &p.app.config.keys.file;
    let before = fs::read(key).expect("the key file");
    symlink(key, folder.join(format!(".probe-{}", std::process::id()))).expect("a link");
    Transport::open(&p.app.config.mail).await.expect("its own folder");
    assert_eq!(fs::read(key).expect("the key file"), before);
    fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).expect("its own folder");
    let refused = Transport::open(&p.app.config.mail)
        .await
        .expect_err("open to everybody");
    assert!(format!("{refused:#}").contains("chmod o-w"), "{refused:#}");
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).expect("its own folder");
}

async fn a_mail_to_no_address_is_given_up_and_says_why(p: Portal) {
    let (account, user) = ann(&p).await;
    let mut tx = p.app.db.begin().await.expect("a transaction");
    send(
        &p.app,
        &mut tx,
        (&account, &user),
        "ann@acme.example, eve@evil.example",
        &signed_out(&p),
    )
    .await
    .expect("an outbox");
    tx.commit().await.expect("a commit");
    let given_up = || {
        query(
            "select count(*) from outbox where due_at is null and delivered_at is null and last_error like '%address%'",
        )
    };
    p.until(async || p.count(given_up()).await == 1).await;
    assert_eq!(files(&p).len(), 0);
}

/// What earlier releases put into the outbox has no `due_at`.
async fn the_past_is_not_mailed_and_what_is_out_goes_after_a_week(p: Portal) {
    let (account, user) = ann(&p).await;
    let mut tx = p.app.db.begin().await.expect("a transaction");
    send(&p.app, &mut tx, (&account, &user), "ann@acme.example", &signed_out(&p))
        .await
        .expect("an outbox");
    query("update outbox set due_at = null")
        .run(&mut tx)
        .await
        .expect("an update");
    tx.commit().await.expect("a commit");
    let transport = Transport::open(&p.app.config.mail).await.expect("a folder");
    p.wait(HOUR);
    assert_eq!(round(&p.app, &transport).await.expect("a round"), 0);
    assert_eq!(files(&p).len(), 0);

    deliver::sweep(&p.app).await.expect("a sweep");
    assert_eq!(p.count(query("select count(*) from outbox")).await, 1);
    p.wait(8 * 24 * HOUR);
    let ann = p.signed_in("ann").await;
    ann.change_password(NEW).await.leads_to("/account/password/done");
    deliver::sweep(&p.app).await.expect("a sweep");
    assert_eq!(
        p.count(query("select count(*) from outbox")).await,
        1,
        "the new one stays"
    );
}

async fn a_mail_in_its_frame_may_bring_its_style_and_do_nothing_else(p: Portal) {
    let ann = p.signed_in("ann").await;
    ann.change_password(NEW).await.leads_to("/account/password/done");
    let Letter { id, html, .. } = p.mails(1).await.remove(0);
    let page = ann.get("/demo/mail").await;
    page.says(200, &format!("src=\"/demo/mail/{id}\""));
    assert!(
        page.header("content-security-policy")
            .ends_with("frame-ancestors 'none'; frame-src 'self'")
    );
    let framed = ann.get(&format!("/demo/mail/{id}")).await;
    assert_eq!(framed.text, html);
    assert_eq!(
        framed.header("content-security-policy"),
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
    );
    for elsewhere in ["..%2Flinekey", "01970000-0000-7000-8000-000000000001", "%2E%2E"] {
        assert_eq!(
            ann.get(&format!("/demo/mail/{elsewhere}")).await.status,
            404,
            "{elsewhere}"
        );
    }
}

/// A mail that was withdrawn after a worker took it gets no link, and one that was not does.
async fn a_mail_that_is_withdrawn_at_the_last_moment_gets_no_link(p: Portal) {
    let (account, user) = ann(&p).await;
    let invitation = Mail::Invitation {
        account: account.clone(),
        user: user.clone(),
        name: "Ann Archer".to_owned(),
        sign_in_name: "ann@acme.example".to_owned(),
        account_name: "Acme Boats".to_owned(),
        email_key: "ann@acme.example".to_owned(),
        by: By::Provider,
        epoch: None,
    };
    let mut tx = p.app.db.begin().await.expect("a transaction");
    send(&p.app, &mut tx, (&account, &user), "ann@acme.example", &invitation)
        .await
        .expect("a row of the outbox");
    // Whoever else delivers does not see it.
    let taken = store::claim(&mut tx, i64::MAX, i64::MAX, 1).await.expect("a claim");
    tx.commit().await.expect("a commit");
    let links = || query("select count(*) from links");
    let read = async || deliver::read(&p.app, &taken[0]).await.expect("it is read");
    assert!(matches!(read().await, Read::Letter(..)));
    assert_eq!(p.count(links()).await, 1);
    let mut tx = p.app.db.begin().await.expect("a transaction");
    super::withdraw_invitations(&mut tx, &user).await.expect("an outbox");
    tx.commit().await.expect("a commit");
    assert!(matches!(read().await, Read::Lost));
    assert_eq!(p.count(links()).await, 1, "no other was made");
}

/// A mail that would be of use without its button too is not sent once it was withdrawn.
async fn a_mail_that_is_taken_away_at_the_last_moment_is_not_sent_without_its_button(p: Portal) {
    p.without_mail();
    let ann = p.signed_in("ann").await;
    ann.change_password(NEW).await.leads_to("/account/password/done");
    let taken = deliver::take(&p.app, 8).await.expect("an outbox").remove(0);
    p.alter(query("delete from outbox")).await;
    let transport = Transport::open(&p.app.config.mail).await.expect("a folder");
    deliver::deliver(p.app.clone(), transport, taken, RENEW).await;
    assert_eq!(
        (files(&p).len(), p.count(query("select count(*) from links")).await),
        (0, 0)
    );
}

/// What a release put into the outbox that knew no "This wasn't me".
async fn a_mail_of_an_earlier_release_is_delivered_without_what_it_lacks(p: Portal) {
    p.without_mail();
    let ann = p.signed_in("ann").await;
    ann.change_password(NEW).await.leads_to("/account/password/done");
    let said = "{\"kind\":\"password-changed\",\"name\":\"Ann Archer\",\"sign_in_name\":\"ann@acme.example\",\"at\":1,
                 \"browser\":\"Firefox on Linux\",\"address\":\"127.0.0.1\"}";
    p.alter(query("update outbox set parameters = $1").bind(said.to_owned()))
        .await;
    let transport = Transport::open(&p.app.config.mail).await.expect("a folder");
    assert_eq!(round(&p.app, &transport).await.expect("a round"), 1);
    assert_eq!((undelivered(&p).await, files(&p).len()), (0, 2));
}

fn person(name: &str, (account, user): (AccountId, UserId), epoch: i64) -> Person {
    Person {
        account,
        user,
        name: name.to_owned(),
        sign_in_name: format!("{name}@acme.example"),
        epoch: Some(epoch),
    }
}

/// Puts a reset mail for Ann, and Bob who shares her mailbox, into the outbox.
async fn mail_both(p: &Portal) -> (UserId, UserId) {
    let bob = query("select account_id, id from users where name = 'bob'").one(&p.app.db);
    let (ann, bob): (_, (AccountId, UserId)) = (ann(p).await, bob.await.expect("bob"));
    let epoch = p.count(query(
        "select max(credential_epoch) from users where name in ('ann', 'bob')",
    ));
    let epoch = epoch.await;
    let mail = Mail::Reset {
        people: vec![person("ann", ann.clone(), epoch), person("bob", bob.clone(), epoch)],
        at: p.app.clock.now(),
        browser: "Firefox on Linux".to_owned(),
        address: "203.0.113.7".to_owned(),
        code_for: None,
        by: None,
        not_me: false,
    };
    let mut tx = p.app.db.begin().await.expect("a transaction");
    let sent = send(&p.app, &mut tx, (&ann.0, &ann.1), "ann@acme.example", &mail);
    sent.await.expect("an outbox");
    tx.commit().await.expect("a commit");
    (ann.1, bob.1)
}

/// Whose links there are.
async fn linked(p: &Portal) -> Vec<UserId> {
    let found: Vec<(UserId,)> = query("select user_id from links").all(&p.app.db).await.expect("links");
    found.into_iter().map(|(user,)| user).collect()
}

async fn a_reset_mail_that_waits_has_no_link_for_whoever_set_a_password_since(p: Portal) {
    p.without_mail();
    let transport = Transport::open(&p.app.config.mail).await.expect("a folder");
    let (_, bob) = mail_both(&p).await;
    let newer = || query("update users set credential_epoch = credential_epoch + 1 where name = 'ann'");
    p.alter(newer()).await;
    assert_eq!(round(&p.app, &transport).await.expect("a round"), 1);
    assert_eq!(linked(&p).await, [bob]);
}

async fn a_reset_mail_of_a_shared_mailbox_goes_to_those_who_are_left(p: Portal) {
    p.without_mail();
    let transport = Transport::open(&p.app.config.mail).await.expect("a folder");
    for is_first in [true, false] {
        for is_removed in [true, false] {
            let (ann, bob) = mail_both(&p).await;
            let (gone, left) = if is_first { (ann, bob) } else { (bob, ann) };
            let taken = deliver::take(&p.app, 8).await.expect("an outbox").remove(0);
            let mut tx = p.app.db.begin().await.expect("a transaction");
            if is_removed {
                super::remove_of_user(&mut tx, &gone).await.expect("an outbox");
            } else {
                super::hold_back(&mut tx, &gone).await.expect("an outbox");
            }
            tx.commit().await.expect("a commit");
            // Whoever took it before sends nothing.
            assert!(matches!(
                deliver::read(&p.app, &taken).await.expect("it is read"),
                Read::Lost
            ));
            p.wait(MINUTE);
            assert_eq!(round(&p.app, &transport).await.expect("a round"), 1);
            assert_eq!(linked(&p).await, [left], "{is_first} {is_removed}");
            p.alter(query("delete from links")).await;
        }
    }
}

/// The worker holds the mail, and its link needs the user, whom a removal holds, which needs the mail.
#[cfg(feature = "outside")]
#[tokio::test]
async fn removing_somebody_and_a_mail_that_gets_its_link_come_one_after_the_other() {
    let p = Portal::start(crate::testing::Engine::Postgres).await;
    p.without_mail();
    let (adam, ann) = (p.signed_in("adam").await, p.signed_in("ann").await);
    ann.change_password(NEW).await.leads_to("/account/password/done");
    let (_, user) = self::ann(&p).await;
    let taken = deliver::take(&p.app, 8).await.expect("an outbox").remove(0);
    let waiting = async |count: i64| {
        let waits =
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        p.until(async || p.count(query(waits)).await >= count).await;
    };
    let mut tx = p.app.db.begin().await.expect("a transaction");
    query("update outbox set kind = kind")
        .run(&mut tx)
        .await
        .expect("a row");
    let act = format!("/admin/users/{}/remove", user.as_str());
    let removed = async {
        waiting(1).await;
        adam.post(&act, &[]).await
    };
    let released = async {
        waiting(2).await;
        tx.commit().await.expect("a commit");
    };
    let (read, removed, ()) = tokio::join!(deliver::read(&p.app, &taken), removed, released);
    read.expect("no circle");
    removed.leads_to("/admin/users");
    assert_eq!(p.count(query("select count(*) from users where name = 'ann'")).await, 0);
}

stories!(
    a_mail_that_is_taken_away_at_the_last_moment_is_not_sent_without_its_button,
    a_mail_of_an_earlier_release_is_delivered_without_what_it_lacks,
    a_reset_mail_that_waits_has_no_link_for_whoever_set_a_password_since,
    a_reset_mail_of_a_shared_mailbox_goes_to_those_who_are_left,
    a_mail_that_is_withdrawn_at_the_last_moment_gets_no_link,
    a_change_of_password_leads_to_one_mail_in_two_files_for_its_owner_alone,
    a_worker_that_died_before_its_mark_leads_to_no_second_mail,
    of_many_workers_only_one_takes_a_mail,
    mail_waits_while_its_folder_is_gone_and_leaves_when_it_is_back,
    a_folder_that_everybody_writes_is_refused_and_no_link_in_it_is_followed,
    a_mail_to_no_address_is_given_up_and_says_why,
    the_past_is_not_mailed_and_what_is_out_goes_after_a_week,
    a_mail_in_its_frame_may_bring_its_style_and_do_nothing_else,
);
