//! Stories about somebody who can write to the database but has no key: whatever they do to the record is found, and the
//! row is named.

use super::seal_tests::{seal, verified, write};
use super::verify::{self, Finding, KeptHead};
use crate::db::query;
use crate::testing::{Portal, stories};

/// A chain of twelve sealed events in Acme Boats and one in Globex, and nobody who seals by himself.
async fn written(p: &Portal) {
    p.without_jobs();
    let me = p.who(&p.signed_in("ann").await).await;
    write(&p.app, &me, 11).await;
    p.signed_in("gina").await;
    seal(&p.app).await;
    assert_eq!(found(p).await, [""; 0]);
}

/// What is found: the name of the fault and the number of the row.
async fn found(p: &Portal) -> Vec<String> {
    verified(&p.app).await.findings.iter().map(short).collect()
}

fn short(finding: &Finding) -> String {
    let fault = format!("{:?}", finding.fault);
    let name = fault.split(' ').next().unwrap_or_default();
    match finding.place.as_ref().and_then(|place| place.seq) {
        Some(seq) => format!("{name} {seq}"),
        None => name.to_owned(),
    }
}

/// The rows of Acme Boats, for a statement: its chain is the longer one.
macro_rules! acme {
    ($change:literal) => {
        query(concat!(
            $change,
            " and chain = (select id from accounts where domain = 'acme.example')"
        ))
    };
}

async fn an_edited_row_is_named_whichever_column_it_was(p: Portal) {
    written(&p).await;
    for change in [
        "update audit_events set detail = '{}' where seq = 5",
        "update audit_events set outcome = 'refused' where seq = 5",
        "update audit_events set at = at - 1 where seq = 5",
        "update audit_events set kind = 'sign-in' where seq = 5",
        "update audit_events set actor_id = null where seq = 5",
        "update audit_events set address = '203.0.113.9' where seq = 5",
        "update audit_events set session_id = null where seq = 5",
        "update audit_events set address = '' where seq = 5",
    ] {
        p.alter(query("create table kept as select * from audit_events where seq = 5"))
            .await;
        p.alter(query(change)).await;
        assert_eq!(found(&p).await, ["Edited 5"], "{change}");
        p.alter(query("delete from audit_events where seq = 5")).await;
        p.alter(query("insert into audit_events select * from kept")).await;
        p.alter(query("drop table kept")).await;
        assert_eq!(found(&p).await, [""; 0], "put back as it was, it is right again");
    }
    p.alter(acme!(
        "update audit_events set mac = (select mac from audit_events where seq = 4) where seq = 5"
    ))
    .await;
    assert_eq!(found(&p).await, ["Edited 5"], "and its followers are right");
}

/// Lets two rows of a chain change places.
async fn swap(p: &Portal, one: i64, other: i64) {
    let aside = query("update audit_events set seq = -1 where seq = $1").bind(one);
    let there = query("update audit_events set seq = $1 where seq = $2")
        .bind(one)
        .bind(other);
    let here = query("update audit_events set seq = $1 where seq = -1").bind(other);
    for change in [aside, there, here] {
        p.alter(change).await;
    }
}

async fn rows_that_changed_places_are_named(p: Portal) {
    written(&p).await;
    for (one, other) in [(5, 9), (5, 6), (2, 12)] {
        swap(&p, one, other).await;
        assert_eq!(found(&p).await, [one, other].map(|seq| format!("Moved {seq}")));
        swap(&p, one, other).await;
        assert_eq!(found(&p).await, [""; 0]);
    }
    p.alter(acme!(
        "update audit_events set link = (select link from audit_events where seq = 2) where seq = 7"
    ))
    .await;
    assert_eq!(found(&p).await, ["Moved 7"]);
}

async fn a_row_that_was_taken_out_is_told_with_its_neighbours(p: Portal) {
    written(&p).await;
    p.alter(query("delete from audit_events where seq = 5")).await;
    let report = verified(&p.app).await;
    let [
        Finding {
            fault,
            place: Some(behind),
            ..
        },
    ] = &report.findings[..]
    else {
        panic!("{:?}", report.findings);
    };
    let verify::Fault::Deleted {
        from: 5,
        to: 5,
        before: Some(before),
    } = fault
    else {
        panic!("{fault:?}");
    };
    assert_eq!((before.seq, behind.seq), (Some(4), Some(6)));
    p.alter(query("delete from audit_events where seq in (2, 6, 8)")).await;
    assert_eq!(found(&p).await, ["Deleted 3", "Deleted 7", "Deleted 9"]);
}

async fn a_record_that_was_cut_off_is_told_even_if_the_head_was_moved_along(p: Portal) {
    written(&p).await;
    p.alter(query("delete from audit_events where seq > 10")).await;
    assert_eq!(found(&p).await, ["CutOff 10"]);
    p.alter(query(
        "update audit_heads set seq = 10, link = (select e.link from audit_events e where e.seq = 10) where seq = 12",
    ))
    .await;
    assert_eq!(found(&p).await, ["HeadForged 10", "TallyDiffers"]);
    let me = p.who(&p.signed_in("ann").await).await;
    write(&p.app, &me, 2).await;
    assert_eq!(seal(&p.app).await, 0, "nobody seals over what was forged");
    assert_eq!(found(&p).await, ["HeadForged 10", "TallyDiffers"]);
    p.alter(query("delete from audit_heads where seq = 10")).await;
    assert_eq!(seal(&p.app).await, 0, "nor begins the chain anew");
    assert_eq!(found(&p).await, ["HeadMissing 10", "TallyDiffers"]);
    p.signed_in("gina").await;
    assert_eq!(seal(&p.app).await, 1, "other accounts go on");
}

async fn what_was_written_after_a_cut_leaves_the_gap_to_be_seen(p: Portal) {
    written(&p).await;
    p.alter(query("delete from audit_events where seq > 10")).await;
    let me = p.who(&p.signed_in("ann").await).await;
    write(&p.app, &me, 2).await;
    seal(&p.app).await;
    assert_eq!(found(&p).await, ["Deleted 13"]);
}

async fn a_record_put_back_whole_is_told_by_a_head_that_was_kept_elsewhere(p: Portal) {
    written(&p).await;
    p.alter(query("create table old_heads as select * from audit_heads"))
        .await;
    p.alter(query("create table old_tally as select * from audit_tally"))
        .await;
    let me = p.who(&p.signed_in("ann").await).await;
    write(&p.app, &me, 3).await;
    seal(&p.app).await;
    let kept: Vec<_> = verified(&p.app).await.chains.iter().map(kept_of).collect();
    let against = async |kept: &[KeptHead]| {
        let report = verify::verify(&p.app, None, kept.to_vec()).await.expect("a report");
        report.findings.iter().map(short).collect::<Vec<_>>()
    };
    write(&p.app, &me, 1).await;
    seal(&p.app).await;
    assert_eq!(against(&kept).await, [""; 0], "a chain that went on is sound");

    p.alter(query("delete from audit_events where seq > 12")).await;
    p.alter(query("delete from audit_heads")).await;
    p.alter(query("insert into audit_heads select * from old_heads")).await;
    assert_eq!(found(&p).await, ["TallyDiffers"], "more was sealed than is there");
    p.alter(query("delete from audit_tally")).await;
    p.alter(query("insert into audit_tally select * from old_tally")).await;
    assert_eq!(found(&p).await, [""; 0], "alone it looks whole");
    assert_eq!(against(&kept).await, ["CutOff 12"]);

    write(&p.app, &me, 4).await;
    seal(&p.app).await;
    assert_eq!(found(&p).await, [""; 0]);
    assert_eq!(against(&kept).await, ["Rewritten 16"]);

    p.alter(query("delete from audit_events")).await;
    p.alter(query("delete from audit_heads")).await;
    assert_eq!(
        against(&kept).await,
        ["TallyDiffers", "CutOff", "CutOff"],
        "chains that are gone altogether"
    );
}

fn kept_of(chain: &verify::Chain) -> KeptHead {
    KeptHead {
        chain: chain.chain.clone(),
        seq: chain.seq,
        link: chain.link.clone(),
    }
}

async fn an_older_head_put_back_alone_is_told(p: Portal) {
    written(&p).await;
    p.alter(query("create table old_heads as select * from audit_heads"))
        .await;
    let me = p.who(&p.signed_in("ann").await).await;
    write(&p.app, &me, 3).await;
    seal(&p.app).await;
    p.alter(query("delete from audit_heads")).await;
    p.alter(query("insert into audit_heads select * from old_heads")).await;
    assert_eq!(found(&p).await, ["HeadBehind 16", "TallyDiffers"]);
    write(&p.app, &me, 1).await;
    assert_eq!(seal(&p.app).await, 0, "nothing forks");
}

async fn an_emptied_chain_with_an_emptied_head_is_told(p: Portal) {
    written(&p).await;
    p.alter(acme!("delete from audit_events where seq > 0")).await;
    p.alter(query(
        "update audit_heads set seq = 0, link = substr(mac, 1, 0), mac = substr(mac, 1, 0) where seq = 12",
    ))
    .await;
    assert_eq!(
        found(&p).await,
        ["HeadForged", "TallyDiffers"],
        "no chain begins like that"
    );
    let me = p.who(&p.signed_in("ann").await).await;
    write(&p.app, &me, 1).await;
    assert_eq!(seal(&p.app).await, 0, "nor is one begun there");
}

async fn an_unsealed_row_that_was_edited_is_named_before_and_after_it_is_sealed(p: Portal) {
    written(&p).await;
    let me = p.who(&p.signed_in("ann").await).await;
    write(&p.app, &me, 1).await;
    p.alter(query(
        "update audit_events set outcome = 'refused' where seq is null and kind = 'profile-change'",
    ))
    .await;
    assert_eq!(found(&p).await, ["Edited"]);
    seal(&p.app).await;
    assert_eq!(found(&p).await, ["Edited 14"]);
}

async fn a_row_in_another_accounts_chain_is_named(p: Portal) {
    written(&p).await;
    p.alter(query(
        "update audit_events set seq = 2, chain = (select id from accounts where domain = 'globex.example')
          where seq = 12",
    ))
    .await;
    let mut found = found(&p).await;
    found.sort();
    assert_eq!(found, ["CutOff 11", "HeadBehind 2", "Strayed 2"]);
    p.alter(query(
        "update audit_events set chain = null where kind = 'profile-change' and seq = 2",
    ))
    .await;
    assert!(
        verified(&p.app)
            .await
            .findings
            .iter()
            .any(|finding| short(finding) == "Moved 2")
    );
}

/// Whoever has no key and no copy of an earlier head cannot have the record sealed anew without some of its rows.
async fn a_chain_that_is_sealed_anew_without_a_row_is_told(p: Portal) {
    written(&p).await;
    p.alter(query("create table kept as select * from audit_heads")).await;
    p.alter(acme!("delete from audit_events where seq = 5")).await;
    p.alter(acme!(
        "update audit_events set chain = null, seq = null, link = null where seq > 0"
    ))
    .await;
    p.alter(query(
        "delete from audit_heads where chain = (select id from accounts where domain = 'acme.example')",
    ))
    .await;
    seal(&p.app).await;
    assert_eq!(
        found(&p).await,
        ["TallyDiffers"],
        "it was sealed twice, and one row is lacking"
    );
    p.alter(query("delete from audit_heads")).await;
    p.alter(query("delete from audit_tally")).await;
    p.alter(query("update audit_events set chain = null, seq = null, link = null"))
        .await;
    seal(&p.app).await;
    let sealed = query("select count(*) from audit_events where seq is not null");
    assert_eq!(p.count(sealed).await, 0, "without a tally nothing is sealed");
    p.alter(query("insert into audit_heads select * from kept")).await;
    assert!(found(&p).await.contains(&"TallyForged".to_owned()));
    p.alter(query(
        "insert into audit_tally (id, sealed, mac) select 1, 0, mac from kept limit 1",
    ))
    .await;
    assert!(
        found(&p).await.contains(&"TallyForged".to_owned()),
        "made by somebody else"
    );
}

async fn a_row_in_no_chain_that_exists_is_named(p: Portal) {
    written(&p).await;
    for place in [
        "'', 1, link",
        "'', 7, null",
        "'nowhere', 1, link",
        "null, 4, link",
        "null, null, null",
    ] {
        for id in ["", "0198c0de-0000-7000-8000-0000000000ee"] {
            let forged = format!(
                "insert into audit_events (id, at, account_id, kind, outcome, detail, mac, chain, seq, link)
                 select '{id}', at, account_id, 'user-disable', 'done', '{{}}', mac, {place}
                   from audit_events where seq = 3 order by chain limit 1"
            );
            p.alter(query(forged.leak())).await;
            let edited = found(&p).await.iter().any(|found| found.starts_with("Edited"));
            assert!(
                edited || found(&p).await.iter().any(|found| found.starts_with("Moved")),
                "{place} {id:?}"
            );
            p.alter(query("delete from audit_events where kind = 'user-disable'"))
                .await;
        }
    }
    assert_eq!(found(&p).await, [""; 0]);
}

stories![
    a_chain_that_is_sealed_anew_without_a_row_is_told,
    a_row_in_no_chain_that_exists_is_named,
    an_edited_row_is_named_whichever_column_it_was,
    rows_that_changed_places_are_named,
    a_row_that_was_taken_out_is_told_with_its_neighbours,
    a_record_that_was_cut_off_is_told_even_if_the_head_was_moved_along,
    what_was_written_after_a_cut_leaves_the_gap_to_be_seen,
    a_record_put_back_whole_is_told_by_a_head_that_was_kept_elsewhere,
    an_older_head_put_back_alone_is_told,
    an_emptied_chain_with_an_emptied_head_is_told,
    an_unsealed_row_that_was_edited_is_named_before_and_after_it_is_sealed,
    a_row_in_another_accounts_chain_is_named,
];
