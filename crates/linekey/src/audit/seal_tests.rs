//! Stories about sealing: soon, once, in one chain, whoever else seals, writes or dies.

use super::seal::Sealer;
use super::verify::{self, Report};
use super::{Kind, Outcome, record};
use crate::app::App;
use crate::clock::MINUTE;
use crate::db::{counted, query};
use crate::sessions::SignedIn;
use crate::testing::{Portal, stories};

/// Writes so many events of `me`, each in a transaction of its own.
pub(super) async fn write(app: &App, me: &SignedIn, events: usize) {
    for nth in 0..events {
        let mut tx = app.db.begin().await.expect("a transaction");
        let event = me.event(Kind::ProfileChange, Outcome::Done, serde_json::json!({ "nth": nth }));
        record(app, &mut tx, event).await.expect("an event");
        tx.commit().await.expect("a commit");
    }
}

/// Seals everything there is, as the job does.
pub(super) async fn seal(app: &App) -> u64 {
    Sealer::default().pass(app).await.expect("a pass")
}

pub(super) async fn verified(app: &App) -> Report {
    verify::verify(app, None, Vec::new()).await.expect("a report")
}

/// Checks that every event is sealed, that each chain counts up without a gap, and that nothing is wrong.
async fn is_whole(p: &Portal) {
    let report = verified(&p.app).await;
    assert_eq!(report.findings, []);
    assert_eq!(report.unsealed, 0);
    let rows: u64 = report.chains.iter().map(|chain| chain.rows).sum();
    let all = p.count(query("select count(*) from audit_events")).await;
    assert_eq!(i64::try_from(rows), Ok(all));
    for chain in report.chains {
        assert_eq!(chain.seq.map(i64::unsigned_abs), Some(chain.rows), "{}", chain.chain);
    }
}

async fn an_event_is_sealed_by_itself_soon_after(p: Portal) {
    p.signed_in("ann").await;
    p.until(async || {
        p.count(query("select count(*) from audit_events where seq is null"))
            .await
            == 0
    })
    .await;
    is_whole(&p).await;
}

async fn each_account_has_a_chain_and_strangers_have_one(p: Portal) {
    p.without_jobs();
    p.signed_in("ann").await;
    p.signed_in("gina").await;
    p.browser()
        .sign_in("nobody@nowhere.example", "wrong")
        .await
        .says(422, "");
    assert_eq!(verified(&p.app).await.unsealed, 3);
    assert_eq!(seal(&p.app).await, 3);
    assert_eq!(seal(&p.app).await, 0, "each row once");
    is_whole(&p).await;
    let chains = verified(&p.app).await.chains;
    let mut accounts: Vec<_> = chains.iter().map(|chain| chain.account.as_deref()).collect();
    accounts.sort_unstable();
    assert_eq!(accounts, [None, Some("acme.example"), Some("globex.example")]);
}

async fn sealers_at_once_never_fork_while_events_are_being_written(p: Portal) {
    p.without_jobs();
    let mut people = Vec::new();
    for name in ["ann", "gina", "olivia"] {
        people.push(p.who(&p.signed_in(name).await).await);
    }
    let mut writing = Vec::new();
    for me in people {
        let app = p.app.clone();
        writing.push(tokio::spawn(async move { write(&app, &me, 150).await }));
    }
    let mut sealing = Vec::new();
    for _ in 0..4 {
        let app = p.app.clone();
        sealing.push(tokio::spawn(async move {
            let mut sealer = Sealer::default();
            let mut sealed = 0;
            // A busy database may say so; the job comes back too.
            for _ in 0..60 {
                sealed += sealer.pass(&app).await.unwrap_or_default();
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            sealed
        }));
    }
    for task in writing {
        task.await.expect("events are written meanwhile");
    }
    let mut sealed = 0;
    for task in sealing {
        sealed += task.await.expect("a sealer ends well");
    }
    sealed += seal(&p.app).await;
    assert_eq!(sealed, 3 * 150 + 3, "no row twice");
    is_whole(&p).await;
}

async fn a_sealer_that_dies_anywhere_loses_nothing(p: Portal) {
    p.without_jobs();
    let me = p.who(&p.signed_in("ann").await).await;
    write(&p.app, &me, 700).await;
    for micros in [500, 2_000, 5_000, 10_000, 20_000, 40_000, 80_000] {
        let app = p.app.clone();
        let dies = tokio::spawn(async move { Sealer::default().pass(&app).await });
        tokio::time::sleep(std::time::Duration::from_micros(micros)).await;
        dies.abort();
        let _ = dies.await;
        assert_eq!(verified(&p.app).await.findings, []);
    }
    seal(&p.app).await;
    is_whole(&p).await;
}

async fn what_a_stopped_portal_left_unsealed_is_sealed_by_the_next(p: Portal) {
    p.without_jobs();
    let me = p.who(&p.signed_in("ann").await).await;
    write(&p.app, &me, 20).await;
    seal(&p.app).await;
    write(&p.app, &me, 20).await;
    let p = p.restart().await;
    p.until(async || {
        p.count(query("select count(*) from audit_events where seq is null"))
            .await
            == 0
    })
    .await;
    is_whole(&p).await;
}

/// Puts a new key in front of the key file, or takes the last one away.
fn change_keys(p: &Portal, change: impl FnOnce(&mut Vec<String>)) {
    let file = &p.app.config.keys.file;
    let text = std::fs::read_to_string(file).expect("the key file");
    let mut keys: Vec<_> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    change(&mut keys);
    std::fs::write(file, keys.join("\n") + "\n").expect("our own file");
}

async fn a_chain_goes_on_under_a_new_key_and_says_when_the_old_one_is_missing(p: Portal) {
    let me = p.who(&p.signed_in("ann").await).await;
    p.until(async || {
        p.count(query("select count(*) from audit_events where seq is null"))
            .await
            == 0
    })
    .await;
    change_keys(&p, |keys| {
        keys.insert(0, format!("0a0b0c0d {}", data_encoding::BASE64.encode(&[7; 32])));
    });
    let p = p.restart().await;
    p.without_jobs();
    write(&p.app, &me, 3).await;
    seal(&p.app).await;
    is_whole(&p).await;

    change_keys(&p, |keys| keys.truncate(1));
    let p = p.restart().await;
    p.without_jobs();
    let report = verified(&p.app).await;
    let said: Vec<_> = report.findings.iter().map(|finding| &finding.fault).collect();
    assert_eq!(
        said,
        [&verify::Fault::UnknownKey],
        "the one row of the old key; its followers are right"
    );
}

async fn rows_that_wait_for_a_minute_are_told_and_accuse_nobody(p: Portal) {
    p.without_jobs();
    let me = p.who(&p.signed_in("ann").await).await;
    write(&p.app, &me, 4).await;
    assert_eq!(verified(&p.app).await.waiting, [], "young ones are a number");
    p.wait(MINUTE + 1_000);
    p.signed_in("gina").await;
    let report = verified(&p.app).await;
    assert_eq!(report.unsealed, 6);
    let told = report
        .waiting
        .iter()
        .map(|waiting| (waiting.account.as_deref(), waiting.rows));
    assert_eq!(told.collect::<Vec<_>>(), [(Some("acme.example"), 5)]);
    assert!(report.is_sound(), "{:?}", report.findings);
    p.alter(query(
        "update audit_events set outcome = 'refused' where kind = 'profile-change'",
    ))
    .await;
    assert_eq!(verified(&p.app).await.findings.len(), 4, "what was changed is named");
    p.alter(query(
        "update audit_events set outcome = 'done' where kind = 'profile-change'",
    ))
    .await;
    seal(&p.app).await;
    assert_eq!(verified(&p.app).await.waiting, []);
    is_whole(&p).await;
}

/// Adds so many rows to Acme Boats by one statement, which no key made: to the sealer they are as good as others.
async fn pile_up(p: &Portal, rows: i64) {
    let many = query(
        "insert into audit_events (id, at, account_id, kind, outcome, detail, mac)
         with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < $1)
         select '0-' || n, 0, a.id, 'profile-change', 'done', '{}', e.mac
           from numbers join accounts a on a.domain = 'acme.example'
           join audit_events e on e.id = (select min(id) from audit_events)",
    );
    p.alter(many.bind(rows)).await;
}

async fn a_new_chain_whose_first_row_falls_out_of_the_batch_is_begun_by_the_next(p: Portal) {
    p.without_jobs();
    let (ann, gina) = (p.signed_in("ann").await, p.signed_in("gina").await);
    let (mut busy, mut quiet) = (p.who(&ann).await, p.who(&gina).await);
    if quiet.person.account.as_str() < busy.person.account.as_str() {
        (busy, quiet) = (quiet, busy);
    }
    // Both chains had a row when they were looked at; meanwhile the one in front got more than a batch takes.
    write(&p.app, &busy, 500).await;
    let (busy, quiet) = (busy.person.account.as_str(), quiet.person.account.as_str());
    let range = (("", ""), (quiet, "z"));
    let batch = Sealer::default().batch(&p.app, [busy, quiet].into(), range).await;
    assert_eq!(batch.expect("a batch"), 500);
    let empty = query("select count(*) from audit_heads where seq = 0");
    assert_eq!(
        p.count(empty).await,
        0,
        "nobody would know such a head from a forged one"
    );
    assert_eq!(seal(&p.app).await, 2);
    is_whole(&p).await;
}

async fn a_chain_that_rests_costs_a_page_however_much_waits_in_it(p: Portal) {
    p.without_jobs();
    p.signed_in("ann").await;
    seal(&p.app).await;
    p.alter(query("update audit_heads set sealed_at = sealed_at + 1")).await;
    pile_up(&p, 20_000).await;
    let mut sealer = Sealer::default();
    let mut least = u64::MAX;
    for _ in 0..5 {
        p.signed_in("gina").await;
        let before = counted::asked(&p.app.db);
        assert_eq!(sealer.pass(&p.app).await.expect("a pass"), 1, "others go on");
        least = least.min(counted::asked(&p.app.db) - before);
    }
    assert!(least <= 5, "{least} statements for one row");
    assert_eq!(verified(&p.app).await.unsealed, 20_000);
}

stories![
    an_event_is_sealed_by_itself_soon_after,
    each_account_has_a_chain_and_strangers_have_one,
    sealers_at_once_never_fork_while_events_are_being_written,
    a_sealer_that_dies_anywhere_loses_nothing,
    what_a_stopped_portal_left_unsealed_is_sealed_by_the_next,
    a_chain_goes_on_under_a_new_key_and_says_when_the_old_one_is_missing,
    rows_that_wait_for_a_minute_are_told_and_accuse_nobody,
    a_new_chain_whose_first_row_falls_out_of_the_batch_is_begun_by_the_next,
    a_chain_that_rests_costs_a_page_however_much_waits_in_it,
];
