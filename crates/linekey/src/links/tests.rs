//! What every link has in common, whatever it is good for.

use super::code::{self, Code};
use super::{Link, Made, Purpose, Wanted, WantedCode};
use crate::clock::{DAY, HOUR, MINUTE};
use crate::db::query;
use crate::ids::{AccountId, UserId};
use crate::random::Random;
use crate::testing::{Portal, join_all, stories};

async fn ann(p: &Portal) -> (AccountId, UserId) {
    let found = query("select account_id, id from users where name = 'ann'");
    found.one(&p.app.db).await.expect("one of the demo's people")
}

async fn made(p: &Portal, purpose: Purpose, browser: Option<&str>) -> Made {
    let (account, user) = ann(p).await;
    let wanted = Wanted {
        purpose,
        account,
        user,
        lifetime: HOUR,
        epoch: None,
        code: Some(WantedCode {
            size: code::Size::Short,
            browser: browser.map(super::hash_of),
            lifetime: 10 * MINUTE,
        }),
        detail: serde_json::json!({}),
    };
    let mut tx = p.app.db.begin().await.expect("a transaction");
    let made = super::make(&p.app, &mut tx, &wanted, None).await.expect("a link");
    tx.commit().await.expect("a commit");
    made.expect("ann may sign in")
}

fn token(made: &Made) -> &str {
    made.url.rsplit('/').next().unwrap_or_default()
}

async fn open(p: &Portal, purpose: Purpose, token: &str) -> Option<Link> {
    super::open(&p.app, purpose, token).await.expect("an answer")
}

async fn by_code(p: &Portal, cookie: &str, typed: &str) -> bool {
    let found = super::open_by_code_in_browser(&p.app, Purpose::Reset, cookie, typed).await;
    found.expect("an answer").is_some()
}

/// Museum row 9: a token is good for its own purpose alone.
async fn a_link_is_for_one_purpose_until_it_is_over(p: Portal) {
    let link = made(&p, Purpose::Reset, None).await;
    for other in [Purpose::SetUp, Purpose::Email, Purpose::NotMe] {
        assert!(open(&p, other, token(&link)).await.is_none(), "{other:?}");
    }
    for other in ["", "x", &token(&link)[1..]] {
        assert!(open(&p, Purpose::Reset, other).await.is_none(), "{other:?}");
    }
    p.wait(HOUR - MINUTE);
    assert!(open(&p, Purpose::Reset, token(&link)).await.is_some());
    p.wait(MINUTE);
    assert!(open(&p, Purpose::Reset, token(&link)).await.is_none());
    super::sweep(&p.app).await.expect("a sweep");
    assert_eq!(p.count(query("select count(*) from links")).await, 0);
}

async fn a_link_is_used_once_however_many_try(p: Portal) {
    let link = made(&p, Purpose::Reset, None).await;
    let link = open(&p, Purpose::Reset, token(&link)).await.expect("a good link");
    let tries = (0..20).map(|_| async {
        let mut tx = p.app.db.begin().await.expect("a transaction");
        let spent = super::spend(&mut tx, &link).await.expect("an answer");
        tx.commit().await.expect("a commit");
        spent
    });
    let spent = join_all(tries.collect()).await;
    assert_eq!(spent.into_iter().filter(|spent| *spent).count(), 1);
}

async fn a_code_works_in_its_browser_for_five_tries_and_ten_minutes(p: Portal) {
    let link = made(&p, Purpose::Reset, Some("mine")).await;
    let code = link.code.as_ref().map(Code::reveal).unwrap_or_default();
    assert!(!by_code(&p, "another", code).await, "another browser");
    assert!(by_code(&p, "mine", &code.to_lowercase().replace('-', " ")).await);
    for _ in 0..3 {
        assert!(!by_code(&p, "mine", "2222-2222").await);
    }
    assert!(by_code(&p, "mine", code).await, "the fifth try");
    assert!(!by_code(&p, "mine", code).await, "the sixth");
    assert!(
        open(&p, Purpose::Reset, token(&link)).await.is_some(),
        "burning the code leaves the link"
    );
    let link = made(&p, Purpose::Reset, Some("later")).await;
    p.wait(10 * MINUTE);
    assert!(
        !by_code(&p, "later", link.code.as_ref().map(Code::reveal).unwrap_or_default()).await,
        "too late"
    );
}

/// Museum row 23: counted before they are judged, or a hundred at once would all be judged.
async fn of_a_hundred_codes_at_once_five_are_judged(p: Portal) {
    let link = made(&p, Purpose::Reset, Some("mine")).await;
    let code = link.code.as_ref().map(Code::reveal).unwrap_or_default();
    let tries = (0..100).map(|_| by_code(&p, "mine", code));
    let right = join_all(tries.collect()).await;
    assert_eq!(right.into_iter().filter(|right| *right).count(), 5);
}

async fn a_link_dies_with_the_password_it_was_made_for_and_with_its_user(p: Portal) {
    let reset = made(&p, Purpose::Reset, None).await;
    let not_me = made(&p, Purpose::NotMe, None).await;
    p.alter(query("update users set credential_epoch = credential_epoch + 1"))
        .await;
    assert!(open(&p, Purpose::Reset, token(&reset)).await.is_none());
    assert!(open(&p, Purpose::NotMe, token(&not_me)).await.is_some());
    p.alter(query("update users set disabled_at = 1 where name = 'ann'"))
        .await;
    assert!(open(&p, Purpose::NotMe, token(&not_me)).await.is_none());
}

async fn a_change_of_password_voids_links_but_those_that_undo_it(p: Portal) {
    let (reset, set_up) = (
        made(&p, Purpose::Reset, None).await,
        made(&p, Purpose::SetUp, None).await,
    );
    let email = made(&p, Purpose::Email, None).await;
    let not_me = made(&p, Purpose::NotMe, None).await;
    let ann = p.signed_in("ann").await;
    ann.change_password("Tidewater-Kestrel-1")
        .await
        .leads_to("/account/password/done");
    assert!(open(&p, Purpose::NotMe, token(&not_me)).await.is_some());
    for (purpose, link) in [
        (Purpose::Reset, &reset),
        (Purpose::SetUp, &set_up),
        (Purpose::Email, &email),
    ] {
        assert!(open(&p, purpose, token(link)).await.is_none(), "{purpose:?}");
    }
}

async fn another_token_of_a_link_lasts_no_longer_than_the_link(p: Portal) {
    let first = made(&p, Purpose::Reset, None).await;
    let link = open(&p, Purpose::Reset, token(&first)).await.expect("a good link");
    let mut tx = p.app.db.begin().await.expect("a transaction");
    let second = super::again(&p.app, &mut tx, &link, DAY).await.expect("an answer");
    tx.commit().await.expect("a commit");
    let second = second.expect("the link is there");
    assert!(open(&p, Purpose::Reset, second.reveal()).await.is_some());
    p.wait(HOUR);
    assert!(open(&p, Purpose::Reset, second.reveal()).await.is_none());
}

/// Museum row 36 for links: what the database holds opens nothing.
async fn neither_token_nor_code_is_in_the_database(p: Portal) {
    let link = made(&p, Purpose::Reset, Some("mine")).await;
    let dump = p.dump_everything().await.to_lowercase();
    assert!(dump.contains("links: "), "{dump}");
    for secret in [token(&link), link.code.as_ref().map(Code::reveal).unwrap_or_default()] {
        assert!(!dump.contains(&secret.to_lowercase()));
        let hex = data_encoding::HEXLOWER.encode(secret.as_bytes());
        assert!(!dump.contains(&hex));
    }
    assert_eq!(
        format!("{:?} {:?}", link.code, super::Token::new(&p.app)),
        "Some(Code(***)) Token(***)"
    );
}

#[test]
fn codes_are_typed_as_people_type_and_differ() {
    let random = Random::default();
    let long = Code::new(&random, code::Size::Long);
    let groups: Vec<_> = long.reveal().split('-').map(str::len).collect();
    assert_eq!(groups, [5, 5, 5, 5]);
    let short = Code::new(&random, code::Size::Short);
    assert_eq!(short.reveal().len(), 9);
    assert_ne!(short.reveal(), Code::new(&random, code::Size::Short).reveal());
    assert!(!long.reveal().contains(['0', 'O', '1', 'I', 'L', 'U']));
    assert_eq!(*code::canonical(" 7kqm\u{2013}3xta "), "7KQM3XTA");
}

stories!(
    a_link_is_for_one_purpose_until_it_is_over,
    a_link_is_used_once_however_many_try,
    a_code_works_in_its_browser_for_five_tries_and_ten_minutes,
    of_a_hundred_codes_at_once_five_are_judged,
    a_link_dies_with_the_password_it_was_made_for_and_with_its_user,
    a_change_of_password_voids_links_but_those_that_undo_it,
    another_token_of_a_link_lasts_no_longer_than_the_link,
    neither_token_nor_code_is_in_the_database,
);
