//! Stories of how many phones an account may have.

use super::create::{self, Outcomes, Refusal};
use super::create_for::{AddedFor, create_for};
use crate::accounts::max_phones::{Chosen, MOST, choose};
use crate::db::query;
use crate::testing::{Portal, join_all, stories};
use crate::users::{self, Actor};

const FULL: &str = "The account can have 3 phones at most, and has them.";

async fn phones(p: &Portal) -> i64 {
    let of_acme = "select count(*) as count from phones where sip_domain = 'acme.example'";
    p.count(query(of_acme)).await
}

async fn an_account_that_has_all_its_phones_gets_no_more_at_any_door(p: Portal) {
    let may = async |most| choose(&p.app, " ACME.example", most).await.expect("a database");
    assert_eq!(may(3).await, Chosen::Done { has: 3 });
    assert_eq!(may(3).await, Chosen::Already);
    let (ann, adam) = (p.signed_in("ann").await, p.signed_in("adam").await);
    let kitchen = [("label", "Kitchen")];
    ann.post("/phones", &kitchen).await.says(422, FULL);
    let bob = users::by_full_name(&p.app, "bob@acme.example").await;
    let bob = bob.expect("a database").expect("Bob");
    let form = format!("/admin/users/{}/phones", bob.id);
    adam.post(&form, &kitchen).await.says(422, FULL);
    let by_console = create_for(&p.app, Actor::Console, &bob, "Kitchen", "").await;
    match by_console.expect("a database") {
        AddedFor::Refused(refused) => assert_eq!(refused, [Refusal::AccountFull(3)]),
        other => panic!("{other:?}"),
    }
    assert_eq!((phones(&p).await, p.events("phone-add").await), (3, 0));
    let olivia = p.signed_in("olivia").await;
    olivia.get("/operator/accounts").await.says(200, "3 of 3");
    let gina = p.signed_in("gina").await;
    assert_eq!(gina.post("/phones", &kitchen).await.status, 303, "another account's");

    assert_eq!(may(2).await, Chosen::Done { has: 3 });
    assert_eq!(phones(&p).await, 3, "those there are stay");
    assert_eq!(may(4).await, Chosen::Done { has: 3 });
    assert_eq!(ann.post("/phones", &kitchen).await.status, 303);
    adam.get("/admin/audit")
        .await
        .says(200, "had the account have at most 4 phones");
    assert_eq!(p.events("account-max-phones").await, 3);
}

async fn of_many_who_add_the_last_one_at_once_one_does(p: Portal) {
    choose(&p.app, "acme.example", 4).await.expect("a database");
    let mut who = Vec::new();
    for name in ["ann", "bob", "cora", "adam"] {
        who.push(p.who(&p.signed_in(name).await).await);
    }
    let label = |n: usize| format!("Kitchen {n}");
    let labels: Vec<_> = (0..4).map(label).collect();
    let adding = who.iter().flat_map(|me| labels.iter().map(move |label| (me, label)));
    let adding = adding
        .map(|(me, label)| create::create(&p.app, me, label, ""))
        .collect();
    let mut added = 0;
    for outcome in join_all(adding).await {
        match outcome.expect("a database") {
            Outcomes::Added(_) => added += 1,
            Outcomes::Refused(refused) => assert_eq!(refused, [Refusal::AccountFull(4)]),
        }
    }
    assert_eq!((added, phones(&p).await, p.events("phone-add").await), (1, 4, 1));
}

async fn a_number_that_cannot_be_changes_nothing(p: Portal) {
    for (domain, most, chosen) in [
        ("acme.example", -1, Chosen::OutOfRange),
        ("acme.example", MOST + 1, Chosen::OutOfRange),
        ("acme.example", 1_000, Chosen::Already),
        ("nobody.example", 5, Chosen::NoAccount),
    ] {
        assert_eq!(choose(&p.app, domain, most).await.expect("a database"), chosen);
    }
    assert_eq!(p.events("account-max-phones").await, 0);
}

stories!(
    an_account_that_has_all_its_phones_gets_no_more_at_any_door,
    of_many_who_add_the_last_one_at_once_one_does,
    a_number_that_cannot_be_changes_nothing,
);
