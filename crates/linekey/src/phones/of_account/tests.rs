//! Stories of the administrator's list of all phones of the account.

use super::PAGE;
use crate::clock::HOUR;
use crate::config::SipMode;
use crate::db::query;
use crate::phones::rotation_tests::comes_to;
use crate::testing::{Answer, Browser, Portal, stories};

/// The labels of the phones on a page with whose they are, as they stand there.
fn listed(answer: &Answer) -> Vec<(String, String)> {
    answer.says(200, "<h1>All phones</h1>");
    let text_of = |part: &str| {
        let (_, rest) = part.split_once("<bdi>").expect("a name");
        rest.split('<').next().unwrap_or_default().to_owned()
    };
    let rows = answer.text.split("<th scope=\"row\">").skip(1);
    rows.map(|row| {
        let (phone, rest) = row.split_once("</th>").expect("a row");
        (text_of(phone), text_of(rest))
    })
    .collect()
}

async fn found(adam: &Browser, question: &str) -> Vec<String> {
    let answer = adam.get(&format!("/admin/phones?{question}")).await;
    listed(&answer).into_iter().map(|(phone, _)| phone).collect()
}

/// How many phones the page says are in a state.
fn count(answer: &Answer, state: &str) -> i64 {
    let shown = answer.text.split_once(&format!("{state} <span class=\"muted\">"));
    shown.map_or(0, |(_, rest)| {
        let count = rest.split('<').next().unwrap_or_default();
        count.parse().expect("a number")
    })
}

async fn add_phones(p: &Portal, owner: &str, labels: &[&str]) {
    for label in labels {
        let me = p.who(&p.signed_in(owner).await).await;
        let added = crate::phones::create::create(&p.app, &me, label, "").await;
        added.expect("a database");
    }
}

async fn an_administrator_finds_every_phone_of_the_account_in_its_state(p: Portal) {
    add_phones(&p, "bob", &["Ångström", "Shed"]).await;
    add_phones(&p, "adam", &["Office"]).await;
    let mut desk = p.phone("ann-desk", "acme.example").await;
    assert!(desk.is_registered().await);
    comes_to(&p, 1).await;
    p.alter(query("update phones set blocked_at = 1 where label = 'Shed'"))
        .await;
    let adam = p.signed_in("adam").await;
    let page = adam.get("/admin/phones").await;
    let all = [
        ("Office", "Adam Alder"),
        ("Desk", "Ann Archer"),
        ("Softphone", "Ann Archer"),
        ("Warehouse", "Ann Archer"),
        ("Shed", "Bob Boatwright"),
        ("Ångström", "Bob Boatwright"),
    ];
    let mut shown = listed(&page);
    shown.sort_unstable();
    let mut expected = all.map(|(phone, person)| (phone.to_owned(), person.to_owned()));
    expected.sort_unstable();
    assert_eq!(shown, expected, "and none of another account");
    let owners: Vec<_> = listed(&page).into_iter().map(|(_, owner)| owner).collect();
    assert!(owners.is_sorted(), "by person");
    page.says(200, "Test phone 1.0 at 127.0.0.1");
    for (state, class, labels) in [
        ("Registered", "registered", &["Desk"][..]),
        ("Offline", "offline", &["Warehouse"]),
        ("Never connected", "never", &["Office", "Softphone", "Ångström"]),
        ("Blocked", "blocked", &["Shed"]),
        ("Not answering", "silent", &[]),
        ("Old SIP password", "outdated", &[]),
    ] {
        assert_eq!(
            count(&page, state),
            i64::try_from(labels.len()).expect("few"),
            "{state}"
        );
        let mut these = found(&adam, &format!("state={class}")).await;
        these.sort_unstable();
        assert_eq!(these, labels, "{state}");
    }
    assert_eq!(count(&page, "All"), 6);
    let silent = "update registrations set silent_at = 1 where ended_at is null";
    p.alter(query(silent)).await;
    assert_eq!(found(&adam, "state=silent").await, ["Desk"]);
    p.alter(query("update registrations set ended_at = 1")).await;
    p.alter(query("update phones set outdated_at = 1 where label = 'Desk'"))
        .await;
    assert_eq!(found(&adam, "state=outdated").await, ["Desk"]);
    assert_eq!(found(&adam, "state=nonsense").await.len(), 6);
}

/// Whatever a phone's rows are, the state that it is found by is the one that it is shown with.
async fn a_phone_is_found_by_the_state_that_it_is_shown_with(p: Portal) {
    p.without_jobs();
    let now = p.app.clock.now();
    let adam = p.signed_in("adam").await;
    let mut seen = std::collections::BTreeSet::new();
    for blocked in ["null", "1"] {
        for outdated in ["null", "1"] {
            let phones = format!("update phones set blocked_at = {blocked}, outdated_at = {outdated}");
            p.alter(query(Box::leak(phones.into_boxed_str()))).await;
            for (ended, expires, silent) in [
                (None, now + HOUR, None),
                (None, now + HOUR, Some(1)),
                (None, now, None),
                (Some(1), now + HOUR, None),
                (Some(1), now, Some(1)),
            ] {
                let change = query(
                    "update registrations set ended_at = cast($1 as bigint), expires_at = $2, silent_at = cast($3 as bigint)",
                );
                p.alter(change.bind(ended).bind(expires).bind(silent)).await;
                let page = adam.get("/admin/phones?q=ann@acme").await;
                for (label, state) in states(&page) {
                    let by_state = found(&adam, &format!("q=ann@acme&state={state}")).await;
                    assert!(by_state.contains(&label), "{label} {state} {blocked} {outdated}");
                    seen.insert(state);
                }
                let sum: i64 = [
                    "Registered",
                    "Not answering",
                    "Old SIP password",
                    "Offline",
                    "Never connected",
                    "Blocked",
                ]
                .map(|state| count(&page, state))
                .iter()
                .sum();
                assert_eq!(sum, 3);
            }
        }
    }
    assert_eq!(
        seen.iter().map(String::as_str).collect::<Vec<_>>(),
        ["blocked", "never", "offline", "outdated", "registered", "silent"]
    );
}

/// Each phone on a page with the class of its dot.
fn states(answer: &Answer) -> Vec<(String, String)> {
    let labels = listed(answer).into_iter().map(|(label, _)| label);
    let cells = answer.text.split("<td><span class=\"dot ").skip(1);
    let classes = cells.map(|cell| cell.split('"').next().unwrap_or_default().to_owned());
    labels.zip(classes).collect()
}

async fn phones_are_searched_by_person_label_address_and_agent(p: Portal) {
    add_phones(&p, "bob", &["ÉTAGE 2", "50%"]).await;
    let mut desk = p.phone("ann-desk", "acme.example").await;
    assert!(desk.is_registered().await);
    comes_to(&p, 1).await;
    let adam = p.signed_in("adam").await;
    for (typed, labels) in [
        ("ARCHER", &["Desk", "Softphone", "Warehouse"][..]),
        ("ann@acme.ex", &["Desk", "Softphone", "Warehouse"]),
        ("étage", &["ÉTAGE 2"]),
        ("bob-etage-2@acme", &["ÉTAGE 2"]),
        ("test PHONE", &["Desk"]),
        ("127.0.0.1", &["Desk"]),
        ("%25", &["50%"]),
        ("globex", &[]),
        ("gina", &[]),
    ] {
        assert_eq!(found(&adam, &format!("q={typed}")).await, labels, "{typed}");
    }
    let page = adam.get("/admin/phones?q=ann-&state=registered").await;
    assert_eq!(
        (count(&page, "All"), count(&page, "Registered")),
        (3, 1),
        "of those that fit"
    );
    assert!(
        page.text.contains("name=\"state\" value=\"registered\""),
        "the next search keeps it"
    );
    let none = adam.get("/admin/phones?q=nothing-like-this").await;
    none.says(200, "No phone found").says(200, "Show all phones");
    p.alter(query("update users set role = 'administrator' where name = 'ann'"))
        .await;
    let page = adam.get("/admin/phones?q=Desk").await;
    assert!(
        !page.text.contains("/phones/0"),
        "another administrator's phones are not theirs to open"
    );
}

async fn many_phones_come_page_by_page(p: Portal) {
    for n in 0..(2 * PAGE + 5) {
        let phone = query(
            "insert into phones (id, account_id, user_id, label, sip_domain, sip_name, sip_hashes, generation, created_at)
             select $1, p.account_id, u.id, $2, p.sip_domain, $2, p.sip_hashes, 1, 1
               from phones p, users u where p.sip_name = 'ann-desk' and u.name = 'bob'",
        );
        let (id, label) = (
            format!("0198c0de-0000-7000-8000-0000000002{n:02}"),
            format!("room{n:02}"),
        );
        p.alter(phone.bind(&*id).bind(&*label)).await;
    }
    let adam = p.signed_in("adam").await;
    let mut all = Vec::new();
    let mut place = "/admin/phones?q=acme&state=never".to_owned();
    for _ in 0..4 {
        let page = adam.get(&place).await;
        let these = listed(&page);
        assert!(these.len() <= PAGE);
        all.extend(these.into_iter().map(|(label, _)| label));
        let next = page.text.split("href=\"").find(|link| link.contains("&#38;after="));
        let Some(next) = next else { break };
        place = next.split('"').next().unwrap_or_default().replace("&#38;", "&");
    }
    assert_eq!(all.len(), 2 * PAGE + 7, "two of Ann's, and the rooms");
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 2 * PAGE + 7, "none twice");
    let foreign = query("select id from phones where sip_name = 'gina-desk'");
    let (gina,): (String,) = foreign.one(&p.app.db).await.expect("Gina's phone");
    let answer = adam.get(&format!("/admin/phones?after={gina}")).await;
    assert_eq!(listed(&answer).len(), 0);
}

async fn without_a_registrar_no_phone_is_said_to_be_offline(p: Portal) {
    let p = p.restart_with(|config| config.sip.mode = SipMode::Off).await;
    let adam = p.signed_in("adam").await;
    let page = adam.get("/admin/phones").await;
    assert_eq!((count(&page, "State not known"), count(&page, "Offline")), (3, 0));
    assert_eq!(found(&adam, "state=unknown").await.len(), 3);
    assert_eq!(found(&adam, "state=offline").await.len(), 0);
}

stories!(
    an_administrator_finds_every_phone_of_the_account_in_its_state,
    a_phone_is_found_by_the_state_that_it_is_shown_with,
    phones_are_searched_by_person_label_address_and_agent,
    many_phones_come_page_by_page,
    without_a_registrar_no_phone_is_said_to_be_offline,
);
