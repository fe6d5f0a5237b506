//! Stories of votes: one a visitor, which they may change, and no more from a network than a network has people.

use reqwest::Method;

use crate::clock::{DAY, MINUTE};
use crate::db::query;
use crate::help_centre::feedback::suggestion_tests::ABOUT;
use crate::help_centre::feedback::vote::{Voted, vote};
use crate::help_centre::feedback::{VOTER_KEPT, Voter, sweep};
use crate::testing::{Answer, Browser, Portal, stories};

pub(super) const ARTICLE: &str = "/help/passwords/change-your-password";
const VOTE: &str = "/help/passwords/change-your-password/vote";
const OTHER: &str = "/help/phones/your-phones";
const SHOWN: &str = "/help/passwords/change-your-password#feedback";
const VOTER: &str = "linekey-voter";

async fn votes(browser: &Browser, article: &str, helpful: &str) -> Answer {
    browser.post(&format!("{article}/vote"), &[("helpful", helpful)]).await
}

/// Sends a form as a script does, from behind a proxy that says it came from `address`.
pub(super) async fn from_address(browser: &Browser, path: &str, address: &str, body: &str) -> Answer {
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("accept", "application/json"),
        ("x-forwarded-for", address),
    ];
    let body = body.as_bytes().to_vec();
    browser.send(Method::POST, path, &headers, Some(body)).await
}

/// The portal behind a proxy on the same machine.
pub(super) async fn behind_a_proxy(p: Portal) -> Portal {
    p.restart_with(|config| config.portal.trusted_proxies = vec!["127.0.0.1/32".parse().expect("a network")])
        .await
}

/// Yes and no, counted over all days.
async fn counted(p: &Portal) -> (i64, i64) {
    let sums = query(
        "select cast(coalesce(sum(helpful), 0) as bigint) as yes, cast(coalesce(sum(unhelpful), 0) as bigint) as no
           from help_vote_days",
    );
    sums.one(&p.app.db).await.expect("sums")
}

async fn voters(p: &Portal) -> i64 {
    p.count(query("select count(*) as count from help_votes")).await
}

/// Which buttons of the article are pressed for this browser: yes, no.
async fn pressed(browser: &Browser) -> (bool, bool) {
    let page = browser.get(ARTICLE).await;
    page.says(200, "Was this article helpful?");
    let is = |value: &str| page.text.contains(&format!("value=\"{value}\" aria-pressed=\"true\""));
    (is("yes"), is("no"))
}

async fn a_visitor_votes_changes_their_mind_and_is_known_after_a_restart(p: Portal) {
    let visitor = p.browser();
    assert_eq!(pressed(&visitor).await, (false, false));
    assert_eq!(visitor.cookie(VOTER), None, "reading sets no cookie");
    let voted = votes(&visitor, ARTICLE, "yes").await;
    voted.leads_to(SHOWN);
    let set = voted.headers.get_all("set-cookie").iter();
    let set: Vec<_> = set.map(|cookie| cookie.to_str().expect("text")).collect();
    let own = set.iter().find(|cookie| cookie.starts_with(VOTER)).expect("a cookie");
    assert!(own.contains("Max-Age=34560000") && own.contains("HttpOnly"), "{own}");
    visitor.get(ARTICLE).await.says(200, "Thank you. It's good to know");
    visitor.get(ARTICLE).await.says(200, "helpful?").lacks("Thank you");
    assert_eq!((pressed(&visitor).await, counted(&p).await), ((true, false), (1, 0)));

    votes(&visitor, ARTICLE, "yes").await.leads_to(SHOWN);
    assert_eq!(counted(&p).await, (1, 0), "the same again is the same");
    p.wait(2 * DAY);
    votes(&visitor, ARTICLE, "no").await.leads_to(SHOWN);
    visitor.get(ARTICLE).await.says(200, "tell us below what is missing");
    assert_eq!((pressed(&visitor).await, counted(&p).await), ((false, true), (0, 1)));
    let days = query("select count(*) as count from help_vote_days");
    assert_eq!(p.count(days).await, 1, "it is counted on the day of the first vote");

    let second = p.browser();
    votes(&second, ARTICLE, "yes").await.leads_to(SHOWN);
    assert_eq!((pressed(&second).await, counted(&p).await), ((true, false), (1, 1)));

    let cookie = visitor.cookie(VOTER).expect("a voter's");
    let p = p.restart().await;
    let visitor = p.browser();
    visitor.set_cookie(VOTER, &cookie);
    assert_eq!(pressed(&visitor).await, (false, true));
    votes(&visitor, ARTICLE, "yes").await.leads_to(SHOWN);
    assert_eq!((counted(&p).await, voters(&p).await), ((2, 0), 2));
}

/// What is stored says neither whose vote it is nor what else they voted about.
async fn of_a_voter_a_keyed_hash_is_stored_and_a_different_one_for_each_article(p: Portal) {
    let visitor = p.browser();
    votes(&visitor, ARTICLE, "yes").await.leads_to(SHOWN);
    votes(&visitor, OTHER, "yes").await;
    let stored: Vec<(Vec<u8>,)> = query("select visitor from help_votes")
        .all(&p.app.db)
        .await
        .expect("rows");
    assert_eq!(stored.len(), 2);
    assert_ne!(stored[0], stored[1]);
    let cookie = visitor.cookie(VOTER).expect("a voter's");
    let bytes = data_encoding::BASE64URL_NOPAD
        .decode(cookie.as_bytes())
        .expect("base64url");
    for (hash,) in &stored {
        assert_eq!(hash.len(), 36, "a key's name and a hash");
        assert!(!hash.windows(16).any(|part| bytes.windows(16).any(|own| own == part)));
    }
    // A cookie that is none of ours is nobody's.
    visitor.set_cookie(VOTER, "x");
    assert_eq!(pressed(&visitor).await, (false, false));
}

async fn a_voter_is_known_when_another_key_seals(p: Portal) {
    let visitor = p.browser();
    votes(&visitor, ARTICLE, "yes").await.leads_to(SHOWN);
    let new = crate::provider::keys::add(&p.app).await.expect("a second key");
    crate::provider::keys::put_first(&p.app, new).await.expect("known");
    p.app.keys.reload().expect("the key file");
    assert_eq!(pressed(&visitor).await, (true, false));
    votes(&visitor, ARTICLE, "no").await.leads_to(SHOWN);
    assert_eq!((counted(&p).await, voters(&p).await), ((0, 1), 1));
}

async fn ten_thousand_votes_from_one_browser_are_one(p: Portal) {
    let visitor = p.browser();
    let mut refused = 0;
    for number in 0..1_000 {
        let helpful = if number % 2 == 0 { "yes" } else { "no" };
        match votes(&visitor, ARTICLE, helpful).await.status.as_u16() {
            303 => {}
            429 => refused += 1,
            other => panic!("{other}"),
        }
    }
    // The rest past the browser, which costs ten times as much as what it asks for.
    let voter = Voter::of(&visitor.cookie(VOTER).expect("a voter's")).expect("its cookie");
    let address = "127.0.0.1".parse().expect("an address");
    for number in 1_000..10_000 {
        let voted = vote(&p.app, &voter, ABOUT, number % 2 == 0, address).await;
        refused += i64::from(voted.expect("a database") != Voted::Done);
    }
    // The first, twenty changes, and from then on every second is what the vote is anyway.
    assert_eq!(refused, 4_990);
    assert_eq!((counted(&p).await, voters(&p).await), ((1, 0), 1));
    votes(&visitor, ARTICLE, "no")
        .await
        .says(429, "from your network today");
    votes(&visitor, OTHER, "no")
        .await
        .leads_to(&format!("{OTHER}#feedback"));
    p.wait(DAY);
    votes(&visitor, ARTICLE, "no").await.leads_to(SHOWN);
}

async fn a_network_has_twenty_votes_a_day_about_an_article_however_many_browsers_it_has(p: Portal) {
    let p = behind_a_proxy(p).await;
    let path = VOTE;
    let first = p.browser();
    let mut last = None;
    for number in 0..200 {
        let fresh = p.browser();
        let answer = from_address(&fresh, path, "198.51.100.7", "helpful=yes").await;
        assert_eq!(answer.status.as_u16(), if number < 20 { 200 } else { 429 }, "{number}");
        if number == 0 {
            first.set_cookie(VOTER, &fresh.cookie(VOTER).expect("a voter's"));
        }
        last = Some((answer, fresh));
    }
    let (answer, fresh) = last.expect("two hundred answers");
    answer.says(
        429,
        "Many votes about this article came from your network today. Try again in 24 hours.",
    );
    let seconds: i64 = answer.header("retry-after").parse().expect("seconds");
    assert!((86_000..=86_400).contains(&seconds), "{seconds}");
    assert_eq!((fresh.cookie(VOTER), counted(&p).await), (None, (20, 0)));
    // Whoever voted may still change their mind.
    let changed = from_address(&first, path, "198.51.100.7", "helpful=no").await;
    assert_eq!((changed.status.as_u16(), counted(&p).await), (200, (19, 1)));
    // Another network, another article, another day.
    for number in 0..30 {
        let address = format!("2001:db8:1:2::{number:x}");
        let answer = from_address(&p.browser(), path, &address, "helpful=no").await;
        assert_eq!(answer.status.as_u16(), if number < 20 { 200 } else { 429 }, "{number}");
    }
    let other = from_address(&p.browser(), &format!("{OTHER}/vote"), "198.51.100.7", "helpful=no").await;
    assert_eq!(other.status, 200);
    p.wait(DAY);
    let next_day = from_address(&p.browser(), path, "198.51.100.7", "helpful=no").await;
    assert_eq!((next_day.status.as_u16(), counted(&p).await), (200, (19, 23)));
}

async fn a_vote_is_yes_or_no_about_an_article_that_exists_and_from_our_own_page(p: Portal) {
    let visitor = p.browser();
    for fields in [&[][..], &[("helpful", "perhaps")], &[("helpful", "")]] {
        assert_eq!(visitor.post(VOTE, fields).await.status, 400);
    }
    for nothing in ["/help/passwords/nothing/vote", "/help/phones/change-your-password/vote"] {
        assert_eq!(visitor.post(nothing, &[("helpful", "yes")]).await.status, 404);
    }
    let elsewhere = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("sec-fetch-site", "cross-site"),
    ];
    let body = Some(b"helpful=yes".to_vec());
    let path = VOTE;
    assert_eq!(visitor.send(Method::POST, path, &elsewhere, body).await.status, 403);
    assert_eq!((visitor.cookie(VOTER), counted(&p).await), (None, (0, 0)));
    let asked = from_address(&visitor, path, "", "helpful=no").await;
    asked.says(200, "{\"said\":\"Thank you.");
    assert!(visitor.get(ARTICLE).await.text.contains("/assets/feedback.js"));
    // Nobody signs in for it, and it takes one question to show how somebody voted.
    assert_eq!(p.statements_of(&p.browser(), ARTICLE).await, 0);
    assert_eq!(p.statements_of(&visitor, ARTICLE).await, 1);
}

async fn votes_stay_when_the_hashes_of_their_cookies_go(p: Portal) {
    p.without_jobs();
    let (old, new) = (p.browser(), p.browser());
    votes(&old, ARTICLE, "yes").await.leads_to(SHOWN);
    p.wait(DAY);
    votes(&new, ARTICLE, "no").await.leads_to(SHOWN);
    p.wait(VOTER_KEPT - DAY + MINUTE);
    sweep(&p.app).await.expect("a database");
    assert_eq!((counted(&p).await, voters(&p).await), ((1, 1), 1));
    assert_eq!(pressed(&old).await, (false, false));
    p.wait(DAY);
    crate::jobs::sweep(&p.app).await.expect("a database");
    assert_eq!((counted(&p).await, voters(&p).await), ((1, 1), 0));
}

stories!(
    a_visitor_votes_changes_their_mind_and_is_known_after_a_restart,
    of_a_voter_a_keyed_hash_is_stored_and_a_different_one_for_each_article,
    a_voter_is_known_when_another_key_seals,
    ten_thousand_votes_from_one_browser_are_one,
    a_network_has_twenty_votes_a_day_about_an_article_however_many_browsers_it_has,
    a_vote_is_yes_or_no_about_an_article_that_exists_and_from_our_own_page,
    votes_stay_when_the_hashes_of_their_cookies_go,
);
