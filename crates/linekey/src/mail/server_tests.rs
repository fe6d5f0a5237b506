//! Stories about a mail server: what its answers make of a mail, that one that is slow holds nobody up, and that none is
//! lost, whenever a worker dies.

use std::time::Duration;

use crate::clock::{DAY, HOUR, MINUTE, SECOND};
use crate::db::query;
use crate::ids::{AccountId, UserId};
use crate::testing::{Portal, stories};

use super::scripted_server::{Fault, PLACES, Server};
use super::store::Claimed;
use super::{By, Mail, Person, Transport, deliver, send};

const SOON: Duration = Duration::from_millis(20);

async fn with_server(p: Portal) -> (Portal, Server) {
    let server = Server::start().await;
    let p = p.restart_with(|config| server.settings(&mut config.mail)).await;
    (p, server)
}

async fn ann(p: &Portal) -> (AccountId, UserId) {
    let ids = query("select account_id, id from users where name = 'ann'").one(&p.app.db);
    ids.await.expect("ann")
}

/// Mails Ann that she was signed out.
async fn tell_ann(p: &Portal) {
    let (account, user) = ann(p).await;
    let mail = Mail::SignedOut {
        count: 2,
        name: "Ann Archer".to_owned(),
        sign_in_name: "ann@acme.example".to_owned(),
        by: By::Administrator("Adam Alder".to_owned()),
        at: p.app.clock.now(),
    };
    put(p, (&account, &user), &mail).await;
}

/// Mails Ann a reset link.
async fn mail_link(p: &Portal) {
    let (account, user) = ann(p).await;
    let mail = Mail::Reset {
        people: vec![Person {
            account: account.clone(),
            user: user.clone(),
            name: "Ann Archer".to_owned(),
            sign_in_name: "ann@acme.example".to_owned(),
            epoch: None,
        }],
        at: p.app.clock.now(),
        browser: "Firefox on Linux".to_owned(),
        address: "203.0.113.7".to_owned(),
        code_for: None,
        by: None,
        not_me: false,
    };
    put(p, (&account, &user), &mail).await;
}

async fn put(p: &Portal, whose: (&AccountId, &UserId), mail: &Mail) {
    let mut tx = p.app.db.begin().await.expect("a transaction");
    let sent = send(&p.app, &mut tx, whose, "ann@acme.example", mail).await;
    sent.expect("an outbox");
    tx.commit().await.expect("a commit");
}

async fn waiting(p: &Portal) -> i64 {
    p.count(query("select count(*) from outbox where due_at is not null"))
        .await
}

async fn delivered(p: &Portal) -> i64 {
    p.count(query("select count(*) from outbox where delivered_at is not null"))
        .await
}

async fn links(p: &Portal) -> i64 {
    p.count(query("select count(*) from links")).await
}

/// What is noted of the one mail that there is, once it was tried `tries` times and nobody is at it.
async fn tried(p: &Portal, tries: i64) -> Noted {
    let ended = "select count(*) from outbox where tries = $1 and (last_error is not null or delivered_at is not null)";
    p.until(async || p.count(query(ended).bind(tries)).await == 1).await;
    let noted = query("select due_at, last_error, reply from outbox").one(&p.app.db);
    let noted = noted.await.expect("one mail");
    // So that the next try's is told from this one's.
    p.alter(query("update outbox set last_error = null")).await;
    noted
}

#[derive(Debug, sqlx::FromRow)]
struct Noted {
    due_at: Option<i64>,
    last_error: Option<String>,
    reply: Option<String>,
}

async fn take_one(p: &Portal) -> Claimed {
    let mut taken = deliver::take(&p.app, 8).await.expect("an outbox");
    assert_eq!(taken.len(), 1);
    taken.remove(0)
}

async fn forget_mail(p: &Portal) {
    for table in [query("delete from outbox"), query("delete from links")] {
        p.alter(table).await;
    }
}

async fn a_mail_is_handed_over_once_and_what_the_server_said_is_kept(p: Portal) {
    let (p, server) = with_server(p).await;
    let ann = p.signed_in("ann").await;
    ann.change_password("Tidewater-Kestrel-1")
        .await
        .leads_to("/account/password/done");
    let noted = tried(&p, 1).await;
    assert_eq!(noted.reply.as_deref(), Some("250 2.0.0 Ok: queued as 1"));
    assert_eq!(noted.last_error, None);
    let taken = server.taken().remove(0);
    assert!(taken.contains("\r\nTo: ann@acme.example\r\n"), "{taken}");
    tell_ann(&p).await;
    p.until(async || delivered(&p).await == 2).await;
    assert_eq!(server.taken().len(), 2);
    assert_eq!(server.connections(), 1, "the connection was kept");
}

async fn a_refusal_for_now_is_tried_again_and_one_for_good_is_given_up(p: Portal) {
    let (p, server) = with_server(p).await;
    for place in PLACES {
        for (reply, is_for_good) in [("451 4.7.1 come back later", false), ("550 5.7.1 no thanks", true)] {
            // Nothing is said of a connection that was kept.
            server.stop().await;
            server.again().await;
            server.does(Fault::Says(place, reply));
            mail_link(&p).await;
            let noted = tried(&p, 1).await;
            // What a server refuses before it knows whom the mail is for says nothing about the mail.
            let is_given_up = is_for_good && !["greeting", "EHLO", "MAIL"].contains(&place);
            assert_eq!(noted.due_at.is_none(), is_given_up, "{place} {reply}: {noted:?}");
            let why = noted.last_error.expect("a reason");
            assert!(why.contains(reply), "{place} {reply}: {why}");
            assert_eq!(
                links(&p).await,
                0,
                "{place} {reply}: a mail that did not leave takes its link along"
            );
            server.does(None);
            if !is_given_up {
                p.wait(MINUTE);
                tried(&p, 2).await;
                p.until(async || delivered(&p).await == 1).await;
                assert_eq!(links(&p).await, 1);
            }
            forget_mail(&p).await;
        }
    }
}

/// A password that is wrong is put right once; mails that were given up meanwhile would stay behind.
async fn no_mail_is_given_up_because_the_portal_has_to_sign_in_first(p: Portal) {
    let (p, server) = with_server(p).await;
    for reply in ["530 5.7.0 authentication required", "535 5.7.8 who are you"] {
        server.does(Fault::Says("RCPT", reply));
        tell_ann(&p).await;
        assert!(tried(&p, 1).await.due_at.is_some(), "{reply}");
        forget_mail(&p).await;
    }
}

async fn a_mail_that_may_have_left_keeps_its_link_and_leaves_again_as_the_same_mail(p: Portal) {
    let (p, server) = with_server(p).await;
    server.does(Fault::HangsUp("."));
    mail_link(&p).await;
    let noted = tried(&p, 1).await;
    assert!(noted.due_at.is_some(), "{noted:?}");
    assert_eq!(links(&p).await, 1, "its reader may have it");
    server.does(Fault::Says("RCPT", "550 5.1.1 no such user"));
    p.wait(MINUTE);
    assert!(tried(&p, 2).await.due_at.is_none());
    assert_eq!(links(&p).await, 1, "of the first try, not of the second");
    assert_eq!(server.taken().len(), 1);
    forget_mail(&p).await;

    server.does(Fault::HangsUp("."));
    mail_link(&p).await;
    tried(&p, 1).await;
    server.does(None);
    p.wait(MINUTE);
    p.until(async || delivered(&p).await == 1).await;
    let ids = server.message_ids();
    assert_eq!(ids[1], ids[2], "a mail program shows one of the two");
    assert_eq!(links(&p).await, 2);
    for place in ["greeting", "EHLO", "MAIL", "RCPT", "DATA"] {
        forget_mail(&p).await;
        server.stop().await;
        server.again().await;
        server.does(Fault::HangsUp(place));
        mail_link(&p).await;
        tried(&p, 1).await;
        assert_eq!(links(&p).await, 0, "{place}");
    }
    forget_mail(&p).await;
    server.does(Fault::HangsUpInMessage);
    mail_link(&p).await;
    assert!(tried(&p, 1).await.due_at.is_some());
}

async fn a_server_that_is_down_delays_mail_and_no_longer_than_a_minute_after_its_return(p: Portal) {
    let (p, server) = with_server(p).await;
    server.stop().await;
    tell_ann(&p).await;
    for tries in 1..12 {
        let due = tried(&p, tries).await.due_at.expect("it is tried again");
        let wait = due - p.app.clock.now();
        assert!(wait <= 50 * SECOND, "{wait}");
        if tries < 11 {
            p.wait(wait.max(0));
        }
    }
    server.again().await;
    p.wait(50 * SECOND);
    p.until(async || delivered(&p).await == 1).await;
    assert_eq!(server.taken().len(), 1);
}

async fn a_mail_is_given_up_after_three_days_and_says_why(p: Portal) {
    let (p, server) = with_server(p).await;
    server.does(Fault::Says("RCPT", "450 4.2.0 greylisted"));
    tell_ann(&p).await;
    assert!(tried(&p, 1).await.due_at.is_some());
    p.wait(3 * DAY - HOUR);
    assert!(tried(&p, 2).await.due_at.is_some());
    p.wait(HOUR);
    let noted = tried(&p, 3).await;
    assert!(noted.due_at.is_none(), "{noted:?}");
    assert!(noted.last_error.expect("a reason").contains("450 4.2.0 greylisted"));
}

async fn one_slow_mail_holds_no_other_up(p: Portal) {
    let (p, server) = with_server(p).await;
    server.does(Fault::Waits("."));
    for _ in 0..20 {
        tell_ann(&p).await;
    }
    p.until(async || delivered(&p).await == 19).await;
    assert_eq!(server.waiting(), 1);
    server.release();
    p.until(async || delivered(&p).await == 20).await;
    assert_eq!(server.taken().len(), 20);
}

async fn nobody_takes_a_mail_from_a_worker_that_is_slow_with_it(p: Portal) {
    let (p, server) = with_server(p).await;
    p.without_mail();
    server.does(Fault::Waits("DATA"));
    tell_ann(&p).await;
    let transport = Transport::open(&p.app.config.mail).await.expect("a server");
    let mail = take_one(&p).await;
    let hand = tokio::spawn(deliver::deliver(p.app.clone(), transport, mail, SOON));
    p.until(async || server.waiting() == 1).await;
    for _ in 0..5 {
        p.wait(25 * SECOND);
        let now = p.app.clock.now();
        let renewed = || query("select count(*) from outbox where due_at > $1").bind(now + 20 * SECOND);
        p.until(async || p.count(renewed()).await == 1).await;
        assert_eq!(deliver::take(&p.app, 8).await.expect("an outbox").len(), 0);
    }
    server.release();
    hand.await.expect("it ends");
    assert_eq!((delivered(&p).await, server.taken().len()), (1, 1));
}

async fn a_worker_whose_mail_was_taken_over_lets_go_of_it(p: Portal) {
    let (p, server) = with_server(p).await;
    p.without_mail();
    server.does(Fault::Waits("DATA"));
    tell_ann(&p).await;
    let transport = Transport::open(&p.app.config.mail).await.expect("a server");
    let mail = take_one(&p).await;
    let hand = tokio::spawn(deliver::deliver(p.app.clone(), transport, mail, SOON));
    p.until(async || server.waiting() == 1).await;
    p.alter(query("update outbox set tries = tries + 1")).await;
    // Long before the server's silence ends it.
    p.until(async || hand.is_finished()).await;
    server.release();
    assert_eq!((delivered(&p).await, waiting(&p).await), (0, 1));
    assert_eq!(server.taken().len(), 0);
}

/// Polls `work` so many times and drops it, as a process that is killed drops it. Whether it was done by then.
async fn until_poll(most: usize, work: impl Future<Output = ()>) -> bool {
    let mut work = Box::pin(work);
    let mut polls = 0;
    std::future::poll_fn(|context| {
        if polls == most {
            return std::task::Poll::Ready(false);
        }
        polls += 1;
        work.as_mut().poll(context).map(|()| true)
    })
    .await
}

/// At every point at which it could wait, a worker dies, until none is left. No mail is lost; one is doubled at one point
/// alone: the server has said 250, and it is not noted yet.
async fn wherever_a_worker_dies_no_mail_is_lost(p: Portal) {
    let (p, server) = with_server(p).await;
    p.without_mail();
    let (mut points, mut doubled) = (0, 0);
    for point in 1.. {
        tell_ann(&p).await;
        let before = server.taken().len();
        let transport = Transport::open(&p.app.config.mail).await.expect("a server");
        let mail = take_one(&p).await;
        let work = deliver::deliver(p.app.clone(), transport.clone(), mail, Duration::from_secs(10));
        let is_done = until_poll(point, work).await;
        // A transaction that was under way ends before anybody else looks.
        let was_noted = delivered(&p).await == 1;
        p.wait(MINUTE);
        for mail in deliver::take(&p.app, 8).await.expect("an outbox") {
            deliver::deliver(p.app.clone(), transport.clone(), mail, Duration::from_secs(10)).await;
        }
        assert_eq!(delivered(&p).await, 1, "lost at point {point}");
        let copies = server.message_ids().split_off(before);
        match copies.as_slice() {
            [_] => {}
            [one, other] => {
                assert!(!was_noted, "doubled at point {point}, although it was noted");
                assert_eq!(one, other);
                doubled += 1;
            }
            _ => panic!("{} copies at point {point}", copies.len()),
        }
        forget_mail(&p).await;
        if is_done {
            break;
        }
        points = point;
    }
    println!("killed at {points} points: none lost, {doubled} doubled");
    // One for each answer of the server at least; what the database does may take no wait at all.
    assert!(points >= 6, "{points} points are hardly all");
}

/// The one point: the server has the mail, and its 250 is on the way.
async fn a_worker_that_dies_between_the_servers_250_and_its_mark_leads_to_the_same_mail_twice(p: Portal) {
    let (p, server) = with_server(p).await;
    p.without_mail();
    server.does(Fault::Waits("."));
    tell_ann(&p).await;
    let transport = Transport::open(&p.app.config.mail).await.expect("a server");
    let mail = take_one(&p).await;
    let hand = tokio::spawn(deliver::deliver(p.app.clone(), transport.clone(), mail, SOON));
    p.until(async || server.waiting() == 1).await;
    hand.abort();
    assert!(hand.await.is_err(), "it was killed");
    server.release();
    assert_eq!(
        deliver::take(&p.app, 8).await.expect("an outbox").len(),
        0,
        "not before the claim ends"
    );
    p.wait(MINUTE);
    let mail = take_one(&p).await;
    deliver::deliver(p.app.clone(), transport, mail, SOON).await;
    assert_eq!(delivered(&p).await, 1);
    let ids = server.message_ids();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
}

stories!(
    a_mail_is_handed_over_once_and_what_the_server_said_is_kept,
    a_refusal_for_now_is_tried_again_and_one_for_good_is_given_up,
    no_mail_is_given_up_because_the_portal_has_to_sign_in_first,
    a_mail_that_may_have_left_keeps_its_link_and_leaves_again_as_the_same_mail,
    a_server_that_is_down_delays_mail_and_no_longer_than_a_minute_after_its_return,
    a_mail_is_given_up_after_three_days_and_says_why,
    one_slow_mail_holds_no_other_up,
    nobody_takes_a_mail_from_a_worker_that_is_slow_with_it,
    a_worker_whose_mail_was_taken_over_lets_go_of_it,
    wherever_a_worker_dies_no_mail_is_lost,
    a_worker_that_dies_between_the_servers_250_and_its_mark_leads_to_the_same_mail_twice,
);
