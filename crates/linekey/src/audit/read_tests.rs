//! Stories about reading the record, and the words of every kind of event.

use std::collections::BTreeSet;

use super::read::{self, Filter, Listed};
use super::{Kind, Outcome};
use crate::db::query;
use crate::ids::{AccountId, UserId};
use crate::phones::create_for::create_for;
use crate::testing::{Portal, stories};
use crate::users::{self, Actor};
use crate::words::Words;

fn listed(kind: &str, outcome: &str) -> Listed {
    Listed {
        id: "0".to_owned(),
        at: 0,
        account_id: None,
        account: None,
        kind: kind.to_owned(),
        outcome: outcome.to_owned(),
        session_id: None,
        address: None,
        detail: "{\"sessions\":2}".to_owned(),
        seq: None,
        actor_id: None,
        subject_id: None,
        actor: None,
        subject: None,
        actor_name: Some("Adam Ames".to_owned()),
        subject_name: Some("Ann Archer".to_owned()),
    }
}

#[test]
fn every_kind_has_words_for_every_way_it_can_end() {
    let words = Words::english();
    let unknown = listed("moon-landing", "done").sentence(&words);
    assert!(unknown.contains("moon-landing"), "{unknown}");
    let mut texts = BTreeSet::new();
    for kind in Kind::ALL {
        assert!(texts.insert(kind.as_str()), "two kinds are stored as {}", kind.as_str());
        assert!(!kind.outcomes().is_empty(), "{kind:?} never ends");
        for outcome in kind.outcomes() {
            let (kind, outcome) = (kind.as_str(), outcome.as_str());
            let said = listed(kind, outcome).sentence(&words);
            let is_unknown = said == unknown.replace("moon-landing", kind);
            let is_said = !said.contains("Unknown localization") && !said.contains("{$") && !is_unknown;
            assert!(is_said, "locales/en/audit.ftl needs audit-{kind}-{outcome}: {said}");
        }
    }
    let two = listed("sessions-ended", "done").sentence(&words);
    assert_eq!(two, "Signed out 2 other browsers");
    assert_eq!(
        listed("phone-refused", Outcome::Refused.as_str()).sentence(&words),
        "A phone of Ann Archer sent wrong SIP passwords"
    );
}

#[test]
fn what_the_console_did_is_nobodys_own() {
    let words = Words::english();
    let own = listed("phone-add", "done");
    assert_eq!(own.sentence(&words), "Added a phone");
    let consoles = Listed {
        detail: "{\"by\":\"console\"}".to_owned(),
        actor_name: None,
        ..own
    };
    assert_eq!(consoles.sentence(&words), "The provider added a phone for Ann Archer");
    assert!(!consoles.is_own());
}

async fn a_phone_that_the_provider_added_is_not_shown_as_the_persons_own_act(p: Portal) {
    let (ann, adam) = (p.signed_in("ann").await, p.signed_in("adam").await);
    let me = p.who(&ann).await.person;
    let subject = users::subject(&p.app, &me.account, &me.id)
        .await
        .expect("a row")
        .expect("ann");
    create_for(&p.app, Actor::Console, &subject, "Kitchen", "")
        .await
        .expect("a phone");
    let said = adam.get("/admin/audit?kind=phone-add").await;
    said.says(200, "The provider added a phone for Ann Archer");
    assert!(!said.text.contains("<bdi>Ann Archer</bdi>"), "{}", said.text);
    ann.post("/phones", &[("label", "Attic")]).await;
    let said = adam.get("/admin/audit?kind=phone-add").await;
    said.says(200, "<bdi>Added a phone</bdi>")
        .says(200, "<bdi>Attic · Ann Archer");
}

async fn an_accounts_record_is_read_newest_first_page_by_page_with_names(p: Portal) {
    let ann = p.signed_in("ann").await;
    p.wait(1_000);
    p.signed_in("adam").await;
    p.signed_in("gina").await;
    p.wait(1_000);
    ann.post("/phones", &[("label", "Kitchen")]).await;
    let account = p.who(&ann).await.person.account;
    let all = read::of_account(&p.app.db, &account, &Filter::default(), 10)
        .await
        .expect("rows");
    let told: Vec<_> = all
        .iter()
        .map(|event| (event.sentence(&p.app.words), event.actor.clone().unwrap_or_default()))
        .collect();
    let expected = [
        ("Added a phone", "ann@acme.example"),
        ("Signed in", "adam@acme.example"),
        ("Signed in", "ann@acme.example"),
    ];
    assert_eq!(
        told,
        expected.map(|(what, who)| (what.to_owned(), who.to_owned())),
        "no other account's"
    );
    assert_eq!(all[0].subject_name.as_deref(), Some("Ann Archer"));

    let mut paged = Vec::new();
    let mut filter = Filter::default();
    loop {
        let page = read::of_account(&p.app.db, &account, &filter, 1).await.expect("rows");
        let Some(last) = page.last() else { break };
        filter.before = Some(last.cursor());
        paged.extend(page.into_iter().map(|event| event.id));
    }
    assert_eq!(paged, all.iter().map(|event| event.id.clone()).collect::<Vec<_>>());

    let person = UserId::new(all[1].actor_id.clone().expect("adam"));
    let adams = Filter {
        person: Some(&person),
        ..Filter::default()
    };
    assert_eq!(
        read::of_account(&p.app.db, &account, &adams, 10)
            .await
            .expect("rows")
            .len(),
        1
    );
    let since = Filter {
        kind: Some("sign-in"),
        since: all[1].at,
        ..Filter::default()
    };
    assert_eq!(
        read::of_account(&p.app.db, &account, &since, 10)
            .await
            .expect("rows")
            .len(),
        1
    );
    let everyone = Filter {
        kind: Some("sign-in"),
        ..Filter::default()
    };
    assert_eq!(
        read::of_everyone(&p.app.db, &everyone, 10).await.expect("rows").len(),
        3
    );
}

/// Reads a list to its end, so many events at a time.
async fn paged(p: &Portal, account: &AccountId, filter: &Filter<'_>, limit: i64) -> Vec<String> {
    let mut ids = Vec::new();
    let mut filter = filter.clone();
    loop {
        let page = read::of_account(&p.app.db, account, &filter, limit)
            .await
            .expect("rows");
        let Some(last) = page.last() else { return ids };
        filter.before = Some(last.cursor());
        ids.extend(page.into_iter().map(|event| event.id));
    }
}

async fn a_list_that_is_narrowed_is_the_whole_one_without_the_others(p: Portal) {
    let (ann, adam) = (p.signed_in("ann").await, p.signed_in("adam").await);
    let anns = p.who(&ann).await.person;
    let hers = format!("/admin/users/{}", anns.id);
    // Her own acts, his own, what he did to her, and what nobody did to her; several in one millisecond.
    for label in ["Kitchen", "Attic"] {
        ann.post("/phones", &[("label", label)]).await;
        adam.post("/phones", &[("label", label)]).await;
        p.browser().sign_in("ann@acme.example", "wrong").await.says(422, "");
        p.wait(1_000);
        adam.post(&format!("{hers}/disable"), &[]).await;
        adam.post(&format!("{hers}/enable"), &[]).await;
    }
    p.alter(query(
        "update audit_events set at = (select min(at) from audit_events) where kind = 'phone-add'",
    ))
    .await;
    let all = read::of_account(&p.app.db, &anns.account, &Filter::default(), 100)
        .await
        .expect("rows");
    let about = |event: &Listed, person: &UserId| {
        [&event.actor_id, &event.subject_id]
            .into_iter()
            .any(|id| id.as_deref() == Some(person.as_str()))
    };
    let him = p.who(&adam).await.person.id;
    for person in [None, Some(&anns.id), Some(&him)] {
        for kind in [None, Some("phone-add"), Some("user-disable"), Some("sign-in")] {
            let meant = |event: &&Listed| {
                person.is_none_or(|person| about(event, person)) && kind.is_none_or(|kind| kind == event.kind)
            };
            let expected: Vec<_> = all.iter().filter(meant).map(|event| event.id.clone()).collect();
            assert!(!expected.is_empty(), "{person:?} {kind:?}");
            let filter = Filter {
                person,
                kind,
                ..Filter::default()
            };
            for limit in [1, 3, 100] {
                assert_eq!(
                    paged(&p, &anns.account, &filter, limit).await,
                    expected,
                    "{person:?} {kind:?} {limit}"
                );
            }
        }
    }
}

stories![
    an_accounts_record_is_read_newest_first_page_by_page_with_names,
    a_phone_that_the_provider_added_is_not_shown_as_the_persons_own_act,
    a_list_that_is_narrowed_is_the_whole_one_without_the_others,
];
