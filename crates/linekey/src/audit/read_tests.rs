//! Stories about reading the record, and the words of every kind of event.

use std::collections::BTreeSet;

use super::read::{self, Filter, Listed};
use super::{Kind, Outcome};
use crate::ids::UserId;
use crate::testing::{Portal, stories};
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
            let is_said = !said.contains("Unknown localization") && !said.contains("{$") && !said.contains(kind);
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

stories![an_accounts_record_is_read_newest_first_page_by_page_with_names];
