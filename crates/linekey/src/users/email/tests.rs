//! Stories of changing one's e-mail address: rows 3, 5, 9, 11, 12, 15 and 30 of the museum.

use crate::clock::{DAY, HOUR, MINUTE};
use crate::db::query;
use crate::testing::{Answer, Browser, Portal, join_all, stories};

const OWN: &str = "Harbour-Light-7";
const NEW: &str = "ann.archer@home.example";
/// What the link asks for.
const ME: &[(&str, &str)] = &[("username", "ann@acme.example")];

/// Saves Ann's profile with another address, and whatever else.
async fn wish(browser: &Browser, email: &str, more: &[(&str, &str)]) -> Answer {
    let mut fields = vec![
        ("display_name", "Ann Archer"),
        ("time_zone", "Europe/Lisbon"),
        ("email", email),
    ];
    fields.extend(more);
    browser.post("/account/settings", &fields).await
}

/// The link to `path` in the newest mail to `to` that has one, once there are `count` mails.
async fn link(p: &Portal, count: usize, path: &str, to: &str) -> String {
    let mails = p.mails(count).await;
    let found = mails.iter().filter(|mail| mail.to == to).find_map(|mail| {
        let (_, rest) = mail.text.split_once(path)?;
        Some(format!("{path}{}", rest.lines().next().unwrap_or_default()))
    });
    found.unwrap_or_else(|| panic!("no link to {path} for {to}: {mails:?}"))
}

async fn confirm_link(p: &Portal, count: usize, to: &str) -> String {
    link(p, count, "/email/", to).await
}

/// The address on file, its key, and whether it is verified.
async fn on_file(p: &Portal, name: &str) -> (Option<String>, Option<String>, bool) {
    let row = query("select email, email_key, email_verified_at from users where name = $1").bind(name);
    let row: (Option<String>, Option<String>, Option<i64>) = row.one(&p.app.db).await.expect("a user");
    (row.0, row.1, row.2.is_some())
}

fn is(email: &str) -> (Option<String>, Option<String>, bool) {
    (Some(email.to_owned()), Some(email.to_lowercase()), true)
}

async fn an_address_is_on_file_once_its_mail_was_answered(p: Portal) {
    let ann = p.signed_in("ann").await;
    wish(&ann, "Ann.Archer@Home.example", &[])
        .await
        .leads_to("/account/settings?saved=email-asked");
    ann.get("/account/settings?saved=email-asked")
        .await
        .says(200, "We sent a mail to Ann.Archer@Home.example.")
        .says(200, "Waiting for confirmation of Ann.Archer@Home.example.")
        .says(200, "ann@acme.example");
    assert_eq!(on_file(&p, "ann").await, is("ann@acme.example"));
    let link = confirm_link(&p, 1, "Ann.Archer@Home.example").await;
    // Anywhere, signed in or not: looking is free.
    let phone = p.browser();
    for _ in 0..3 {
        phone
            .get(&link)
            .await
            .says(200, "Ann.Archer@Home.example")
            .says(200, "Your sign-in name");
    }
    assert_eq!(on_file(&p, "ann").await, is("ann@acme.example"));
    phone.post(&link, ME).await.leads_to("/email/done");
    phone.get("/email/done").await.says(200, "Address confirmed");
    // Mail goes to what was written, and is looked up by its key.
    assert_eq!(on_file(&p, "ann").await, is("Ann.Archer@Home.example"));
    phone.post(&link, ME).await.says(410, "This link no longer works");
    phone.get(&link).await.says(410, "This link no longer works");
    ann.get("/account/settings").await.says(200, "Ann.Archer@Home.example");
    let mails = p.mails(3).await;
    let sent = |to: &str, kind: &str| mails.iter().filter(|mail| mail.to == to && mail.kind == kind).count();
    assert_eq!(sent("ann@acme.example", "email-change"), 1);
    assert_eq!(sent("Ann.Archer@Home.example", "email-confirmed"), 1);
    assert_eq!(mails.len(), 3, "{mails:?}");
    assert_eq!((p.events("email-ask").await, p.events("email-change").await), (1, 1));
    // It signs in, and the old one does so as a full sign-in name alone.
    p.browser().sign_in("ann.archer@home.example", OWN).await.leads_to("/");
}

/// A scanner of mail presses every button, and a mistyped address has a reader: neither is told a name, or knows it.
async fn whoever_reads_the_mail_alone_confirms_nothing(p: Portal) {
    let ann = p.signed_in("ann").await;
    wish(&ann, NEW, &[])
        .await
        .leads_to("/account/settings?saved=email-asked");
    let link = confirm_link(&p, 1, NEW).await;
    for mail in p.mails(1).await {
        assert!(!mail.text.contains("ann@acme.example") && !mail.html.contains("ann@acme.example"));
    }
    let reader = p.browser();
    let page = reader.get(&link).await;
    assert!(!page.text.contains("Ann Archer") && !page.text.contains("ann@acme.example"));
    for _ in 0..10 {
        let empty = reader.post(&link, &[]).await;
        empty.says(422, "Enter your sign-in name.");
    }
    // Somebody else's session names somebody else.
    let gina = p.signed_in("gina").await;
    gina.post(&link, &[]).await.says(422, "Enter your sign-in name.");
    assert_eq!(p.events("email-change").await, 0);
    for name in [NEW, "ann", "gina@globex.example", "adam@acme.example"] {
        let wrong = reader.post(&link, &[("username", name)]).await;
        wrong.says(422, "That is not the sign-in name");
    }
    assert_eq!(p.events("email-change").await, 4);
    assert_eq!(on_file(&p, "ann").await, is("ann@acme.example"));
    let wrong = reader.post(&link, &[("username", "bob@acme.example")]).await;
    wrong.says(422, "That is not the sign-in name");
    // Five tries, of whatever names.
    reader.post(&link, ME).await.says(410, "This link no longer works");
    assert_eq!(on_file(&p, "ann").await, is("ann@acme.example"));
}

async fn in_ones_own_session_the_link_asks_for_no_name(p: Portal) {
    let ann = p.signed_in("ann").await;
    wish(&ann, NEW, &[])
        .await
        .leads_to("/account/settings?saved=email-asked");
    let link = confirm_link(&p, 1, NEW).await;
    let page = ann.get(&link).await;
    assert!(!page.text.contains("Your sign-in name"), "{}", page.text);
    ann.post(&link, &[]).await.leads_to("/email/done");
    assert_eq!(on_file(&p, "ann").await, is(NEW));
}

/// Museum row 8 for this link.
async fn of_fifty_confirmations_at_once_one_succeeds(p: Portal) {
    let ann = p.signed_in("ann").await;
    wish(&ann, NEW, &[])
        .await
        .leads_to("/account/settings?saved=email-asked");
    let link = confirm_link(&p, 1, NEW).await;
    let browsers: Vec<_> = (0..50).map(|_| p.browser()).collect();
    let posts = browsers.iter().map(|browser| browser.post(&link, ME));
    let answers = join_all(posts.collect()).await;
    let done = answers
        .iter()
        .filter(|answer| answer.location() == "/email/done")
        .count();
    assert_eq!(done, 1);
    assert!(
        answers
            .iter()
            .all(|answer| [303, 410].contains(&answer.status.as_u16()))
    );
    assert_eq!(p.events("email-change").await, 1);
    assert_eq!(p.mails(3).await.len(), 3);
}

/// Museum row 11: two changes at once, and in any order, confirm only what was mailed, and only the newest wish.
async fn only_the_address_that_was_mailed_and_asked_for_last_is_confirmed(p: Portal) {
    let (one, two) = (p.signed_in("ann").await, p.signed_in("ann").await);
    let wishes = [(&one, "first@home.example"), (&two, "second@home.example")];
    let wishes = wishes.map(|(browser, email)| async move { wish(browser, email, &[]).await.status.as_u16() });
    assert_eq!(join_all(wishes.into()).await, [303, 303]);
    let waiting = query("select new_email from email_changes where done_at is null");
    let (newest,): (String,) = waiting.one(&p.app.db).await.expect("one waits");
    let first = confirm_link(&p, 2, "first@home.example").await;
    let second = confirm_link(&p, 2, "second@home.example").await;
    let (wins, loses) = match newest.as_str() {
        "first@home.example" => (first, second),
        _ => (second, first),
    };
    p.browser()
        .post(&loses, ME)
        .await
        .says(410, "This link no longer works");
    assert_eq!(on_file(&p, "ann").await, is("ann@acme.example"));
    p.browser().get(&wins).await.says(200, &newest);
    // Whatever else is sent with it, it is the address of the mail.
    let fields = [("email", "mallory@evil.example"), ("username", "ann@acme.example")];
    p.browser().post(&wins, &fields).await.leads_to("/email/done");
    assert_eq!(on_file(&p, "ann").await, is(&newest));
    // Asked for once more: both mails are of one change, and one confirmation uses both.
    wish(&one, "third@home.example", &[])
        .await
        .leads_to("/account/settings?saved=email-asked");
    let third = confirm_link(&p, 5, "third@home.example").await;
    one.post("/account/email/again", &[])
        .await
        .leads_to("/account/settings?saved=email-asked");
    let again = confirm_link(&p, 6, "third@home.example").await;
    assert_ne!(third, again);
    p.browser().post(&third, ME).await.leads_to("/email/done");
    p.browser()
        .post(&again, ME)
        .await
        .says(410, "This link no longer works");
}

async fn a_link_dies_with_the_address_that_it_replaces(p: Portal) {
    let ann = p.signed_in("ann").await;
    wish(&ann, NEW, &[])
        .await
        .leads_to("/account/settings?saved=email-asked");
    let link = confirm_link(&p, 1, NEW).await;
    p.alter(query(
        "update users set email = 'by-adam@acme.example' where name = 'ann'",
    ))
    .await;
    p.browser().get(&link).await.says(410, "This link no longer works");
    p.browser().post(&link, ME).await.says(410, "This link no longer works");
    p.alter(query("update users set email = 'ann@acme.example' where name = 'ann'"))
        .await;
    p.browser().get(&link).await.says(200, NEW);
    p.wait(DAY);
    p.browser().post(&link, ME).await.says(410, "This link no longer works");
    ann.get("/account/settings").await;
    let page = p.signed_in("ann").await.get("/account/settings").await;
    assert!(!page.text.contains("Waiting for confirmation"));
    assert_eq!(on_file(&p, "ann").await, is("ann@acme.example"));
}

async fn a_change_is_cancelled_and_its_link_with_it(p: Portal) {
    let ann = p.signed_in("ann").await;
    ann.post("/account/email/cancel", &[])
        .await
        .leads_to("/account/settings");
    ann.post("/account/email/again", &[])
        .await
        .leads_to("/account/settings");
    wish(&ann, NEW, &[])
        .await
        .leads_to("/account/settings?saved=email-asked");
    let link = confirm_link(&p, 1, NEW).await;
    // Of another person's change nobody knows.
    p.signed_in("bob")
        .await
        .post("/account/email/cancel", &[])
        .await
        .leads_to("/account/settings");
    p.browser().get(&link).await.says(200, NEW);
    ann.post("/account/email/cancel", &[])
        .await
        .leads_to("/account/settings?saved=email-cancelled");
    let page = ann.get("/account/settings?saved=email-cancelled").await;
    page.says(200, "The change of your e-mail address is cancelled.");
    assert!(!page.text.contains(NEW));
    p.browser().post(&link, ME).await.says(410, "This link no longer works");
    assert_eq!(p.events("email-cancel").await, 1);
}

async fn in_a_stale_session_a_new_address_needs_the_password_and_a_new_name_does_not(p: Portal) {
    let ann = p.signed_in("ann").await;
    p.wait(6 * MINUTE);
    let fields = [
        ("display_name", "Ann Anchor"),
        ("time_zone", "Europe/Lisbon"),
        ("email", "ann@acme.example"),
    ];
    ann.post("/account/settings", &fields)
        .await
        .leads_to("/account/settings?saved=profile");
    let asked = wish(&ann, NEW, &[]).await;
    asked
        .says(422, "Enter your own password")
        .says(422, "value=\"ann.archer@home.example\"");
    assert!(asked.at_field("your_password").contains("Enter your own password"));
    let wrong = wish(&ann, NEW, &[("your_password", "Harbour-Light-8")]).await;
    wrong.says(422, "That is not your own password.");
    assert_eq!(p.events("email-ask").await, 0);
    let old = ann.copy();
    wish(&ann, NEW, &[("your_password", OWN)])
        .await
        .leads_to("/account/settings?saved=email-asked");
    assert_eq!(p.events("email-ask").await, 1);
    // The proof gave the session a new token.
    assert!(!old.is_signed_in().await && ann.is_signed_in().await);
    let gone = wish(&old, "x@evil.example", &[("your_password", OWN)]).await;
    assert!(gone.location().starts_with("/sign-in"));
}

async fn five_mails_an_hour_are_sent_to_confirm_addresses(p: Portal) {
    let ann = p.signed_in("ann").await;
    for n in 0..5 {
        wish(&ann, &format!("ann{n}@home.example"), &[])
            .await
            .leads_to("/account/settings?saved=email-asked");
    }
    wish(&ann, "ann5@home.example", &[])
        .await
        .says(422, "So many mails were sent");
    ann.post("/account/email/again", &[])
        .await
        .says(422, "So many mails were sent");
    // To one address, whoever asks, in whatever case.
    for name in ["bob", "cora"] {
        let browser = p.signed_in(name).await;
        for n in 0..2 {
            let email = if n == 0 {
                "shared@home.example"
            } else {
                "Shared@HOME.example"
            };
            wish(&browser, email, &[])
                .await
                .leads_to("/account/settings?saved=email-asked");
        }
    }
    let gina = p.signed_in("gina").await;
    wish(&gina, "shared@home.example", &[])
        .await
        .leads_to("/account/settings?saved=email-asked");
    gina.post("/account/email/again", &[])
        .await
        .says(422, "So many mails were sent");
    p.wait(HOUR);
    let ann = p.signed_in("ann").await;
    wish(&ann, "ann5@home.example", &[])
        .await
        .leads_to("/account/settings?saved=email-asked");
    assert_eq!(p.mails(11).await.len(), 11);
}

/// Museum row 3: what looks alike is another address or none, on either database.
async fn what_looks_like_an_address_is_not_that_address(p: Portal) {
    p.alter(query(
        "update users set email = 'kiss@acme.example', email_key = 'kiss@acme.example' where name = 'gina'",
    ))
    .await;
    let ann = p.signed_in("ann").await;
    for none in [
        "\u{212a}iss@acme.example",
        "KI\u{1e9e}S@acme.example",
        "k\u{130}ss@acme.example",
        "kiss@acme.example.",
        "kiss@\u{ff41}cme.example",
        "kiss@acme\u{ff0e}example",
        "kiss@\u{430}cme.example",
        "kiss@acme.example\r\nbcc: x@evil.example",
        "kiss@acme.example, x@evil.example",
        "Kiss <kiss@acme.example>",
        "kiss",
        "\u{202e}kiss@acme.example",
    ] {
        let answer = wish(&ann, none, &[]).await;
        assert_eq!(answer.status, 422, "{none:?}");
        assert!(
            answer.at_field("email").contains("Enter an address such as"),
            "{none:?}"
        );
    }
    for other in [
        "k\u{131}ss@acme.example",
        "\u{ff4b}iss@acme.example",
        "ki\u{df}@acme.example",
        "k\u{456}ss@acme.example",
        "kiss.@acme.example",
    ] {
        let mut buckets = query("delete from throttle");
        p.alter(buckets).await;
        let answer = wish(&ann, other, &[]).await;
        if answer.status == 422 {
            continue;
        }
        answer.leads_to("/account/settings?saved=email-asked");
        buckets = query(
            "update users set email_key = (select lower(new_email) from email_changes where done_at is null)
                          where name = 'ann'",
        );
        p.alter(buckets).await;
        let alike = query("select count(*) from users where email_key = 'kiss@acme.example'");
        assert_eq!(p.count(alike).await, 1, "{other:?}");
        assert_ne!(crate::users::name::canonical(other), "kiss@acme.example", "{other:?}");
    }
}

/// Museum row 5: what is no token opens nothing, and changes nothing.
async fn what_is_no_token_opens_nothing(p: Portal) {
    let ann = p.signed_in("ann").await;
    wish(&ann, NEW, &[])
        .await
        .leads_to("/account/settings?saved=email-asked");
    let link = confirm_link(&p, 1, NEW).await;
    let before = p.dump_everything().await;
    let token = link.trim_start_matches("/email/");
    for path in ["/email", "/not-me"] {
        for none in [
            "null",
            "0",
            "[]",
            "%7B%7D",
            "%20",
            "undefined",
            "%00",
            "a%2Fb",
            &token[1..],
            &token.to_lowercase(),
        ] {
            for answer in [
                p.browser().get(&format!("{path}/{none}")).await,
                p.browser()
                    .post(&format!("{path}/{none}"), &[("username", "ann@acme.example")])
                    .await,
            ] {
                assert!(
                    [400, 404, 410].contains(&answer.status.as_u16()),
                    "{path}/{none}: {}",
                    answer.status
                );
            }
        }
    }
    // Museum row 9: a token of one purpose at the others' doors.
    let at_others = p
        .browser()
        .post(&format!("/not-me/{token}"), &[("username", "ann@acme.example")])
        .await;
    at_others.says(410, "This link no longer works");
    assert_eq!(p.dump_everything().await, before);
    p.browser().post(&link, ME).await.leads_to("/email/done");
}

/// Museum row 12: the form sets no mark of verification, no role and no account; the address waits like any other.
async fn the_form_verifies_nothing(p: Portal) {
    let ann = p.signed_in("ann").await;
    let more = [
        ("email_verified_at", "1"),
        ("email_verified", "on"),
        ("verified", "true"),
        ("role", "administrator"),
        ("account_id", "x"),
        ("frozen_until", ""),
        ("done_at", "1"),
        ("without_email", "on"),
    ];
    wish(&ann, NEW, &more)
        .await
        .leads_to("/account/settings?saved=email-asked");
    assert_eq!(on_file(&p, "ann").await, is("ann@acme.example"));
    let staff = query("select count(*) from users where role <> 'user'");
    assert_eq!(p.count(staff).await, 3, "adam, gus and olivia, as before");
    let waits = query("select count(*) from email_changes where done_at is null");
    assert_eq!(p.count(waits).await, 1);
    let twice = ann.send(
        reqwest::Method::POST,
        "/account/settings",
        &[("content-type", "application/x-www-form-urlencoded")],
        Some(b"display_name=Ann&time_zone=UTC&email=a%40home.example&email=b%40home.example".to_vec()),
    );
    assert_eq!(twice.await.status, 400);
}

/// Museum row 30: what somebody calls themselves is text on the page of the link, and in its mails.
async fn a_name_is_text_on_the_pages_and_in_the_mails_of_a_link(p: Portal) {
    let ann = p.signed_in("ann").await;
    let hostile = "<img src=x onerror=alert(1)>";
    let fields = [
        ("display_name", hostile),
        ("time_zone", "UTC"),
        ("email", "o'neil+x@home.example"),
    ];
    ann.post("/account/settings", &fields)
        .await
        .leads_to("/account/settings?saved=email-asked");
    let link = confirm_link(&p, 1, "o'neil+x@home.example").await;
    let page = ann.get("/account/settings").await;
    assert!(
        !page.text.contains("<img") && page.text.contains("&#60;img"),
        "{}",
        page.text
    );
    let typed = p.browser().post(&link, &[("username", hostile)]).await;
    typed.says(422, "&#60;img src=x onerror=alert(1)&#62;");
    assert!(!typed.text.contains("<img"), "{}", typed.text);
    p.browser().post(&link, ME).await.leads_to("/email/done");
    for mail in p.mails(3).await {
        assert!(!mail.html.contains("<img") && !mail.subject.contains("img"));
    }
}

async fn an_address_is_removed_by_whoever_knows_what_that_means(p: Portal) {
    let ann = p.signed_in("ann").await;
    let asked = wish(&ann, "", &[]).await;
    asked
        .says(422, "tick the box below to go without one")
        .says(422, "no reset link if I lose my password");
    assert_eq!(on_file(&p, "ann").await, is("ann@acme.example"));
    wish(&ann, "", &[("without_email", "on")])
        .await
        .leads_to("/account/settings?saved=email-removed");
    assert_eq!(on_file(&p, "ann").await, (None, None, false));
    assert_eq!(p.events("email-remove").await, 1);
    let [mail] = p.mails(1).await.try_into().expect("one mail");
    assert_eq!(
        (mail.to.as_str(), mail.kind.as_str()),
        ("ann@acme.example", "email-change")
    );
    assert!(mail.text.contains("was removed") && mail.text.contains("/not-me/"));
    ann.get("/account/settings?saved=email-removed")
        .await
        .says(200, "Your e-mail address is removed.");
}

async fn an_address_that_an_administrator_typed_is_verified_by_its_owner(p: Portal) {
    p.alter(query("update users set email_verified_at = null where name = 'ann'"))
        .await;
    let ann = p.signed_in("ann").await;
    ann.get("/account/settings")
        .await
        .says(200, "not verified")
        .says(200, "Nobody has confirmed this address yet.");
    ann.post("/account/email/again", &[])
        .await
        .leads_to("/account/settings?saved=email-asked");
    let link = confirm_link(&p, 1, "ann@acme.example").await;
    p.browser().post(&link, ME).await.leads_to("/email/done");
    assert_eq!(on_file(&p, "ann").await, is("ann@acme.example"));
    assert_eq!(
        p.mails(2).await.len(),
        2,
        "no mail to an address that nobody had confirmed"
    );
}

/// Museum row 15, for addresses: what was mailed to the old one opens nothing any more.
async fn a_reset_link_that_is_open_ends_with_the_address_it_went_to(p: Portal) {
    use crate::links::{Purpose, Wanted};
    let ann = p.signed_in("ann").await;
    let me = p.who(&ann).await.person;
    let wanted = Wanted {
        purpose: Purpose::Reset,
        account: me.account.clone(),
        user: me.id.clone(),
        lifetime: 2 * HOUR,
        epoch: None,
        code: None,
        detail: serde_json::json!({}),
    };
    let mut tx = p.app.db.begin().await.expect("a transaction");
    let reset = crate::links::make(&p.app, &mut tx, &wanted, None)
        .await
        .expect("a link");
    tx.commit().await.expect("a commit");
    let reset = reset.expect("ann may sign in").url;
    let token = reset.rsplit('/').next().unwrap_or_default();
    let open = async || {
        let found = crate::links::open(&p.app, Purpose::Reset, token).await;
        found.expect("an answer").is_some()
    };
    wish(&ann, NEW, &[])
        .await
        .leads_to("/account/settings?saved=email-asked");
    let link = confirm_link(&p, 1, NEW).await;
    assert!(open().await, "asking changes nothing");
    p.browser().post(&link, ME).await.leads_to("/email/done");
    assert!(!open().await);
}

async fn a_new_password_ends_the_change_that_somebody_else_left_waiting(p: Portal) {
    let (thief, ann) = (p.signed_in("ann").await, p.signed_in("ann").await);
    wish(&thief, "thief@evil.example", &[])
        .await
        .leads_to("/account/settings?saved=email-asked");
    let link = confirm_link(&p, 1, "thief@evil.example").await;
    ann.change_password("Tidewater-Kestrel-1")
        .await
        .leads_to("/account/password/done");
    p.browser().post(&link, ME).await.says(410, "This link no longer works");
    assert_eq!(on_file(&p, "ann").await, is("ann@acme.example"));
    let page = ann.get("/account/settings").await;
    assert!(!page.text.contains("thief@evil.example"), "nothing waits any more");
}

async fn whoever_has_a_change_waiting_and_one_done_can_be_removed(p: Portal) {
    let ann = p.signed_in("ann").await;
    wish(&ann, "first@home.example", &[])
        .await
        .leads_to("/account/settings?saved=email-asked");
    let link = confirm_link(&p, 1, "first@home.example").await;
    p.browser().post(&link, ME).await.leads_to("/email/done");
    wish(&ann, NEW, &[])
        .await
        .leads_to("/account/settings?saved=email-asked");
    let adam = p.signed_in("adam").await;
    let (id,): (String,) = query("select id from users where name = 'ann'")
        .one(&p.app.db)
        .await
        .expect("ann");
    let removed = adam.post(&format!("/admin/users/{id}/remove"), &[]).await;
    assert_eq!(removed.status, 303, "{}", removed.text);
    assert_eq!(p.count(query("select count(*) from users where name = 'ann'")).await, 0);
    assert_eq!(p.count(query("select count(*) from email_changes")).await, 0);
}

/// A mail that waited for its server brings a fresh link, and confirms no change that the settings do not show any more.
async fn a_mail_that_comes_too_late_confirms_nothing(p: Portal) {
    let ann = p.signed_in("ann").await;
    wish(&ann, NEW, &[])
        .await
        .leads_to("/account/settings?saved=email-asked");
    let link = confirm_link(&p, 1, NEW).await;
    let day = query("update email_changes set asked_at = asked_at - $1").bind(DAY);
    p.alter(day).await;
    let page = ann.get("/account/settings").await;
    assert!(!page.text.contains("Waiting for confirmation"), "{}", page.text);
    p.browser().get(&link).await.says(410, "This link no longer works");
    p.browser().post(&link, ME).await.says(410, "This link no longer works");
    assert_eq!(on_file(&p, "ann").await, is("ann@acme.example"));
}

async fn a_mail_of_a_change_that_was_cancelled_is_not_sent(p: Portal) {
    let ann = p.signed_in("ann").await;
    wish(&ann, NEW, &[])
        .await
        .leads_to("/account/settings?saved=email-asked");
    confirm_link(&p, 1, NEW).await;
    for kind in ["email-confirm", "reset"] {
        let waits = query(
            "insert into outbox (id, account_id, user_id, kind, to_address, parameters, created_at, due_at)
             select $1, account_id, id, $2, 'x@home.example', '{}', 1, 9000000000000 from users where name = 'ann'",
        );
        p.alter(waits.bind(kind).bind(kind)).await;
    }
    ann.post("/account/email/cancel", &[]).await;
    let waiting = query("select kind from outbox where due_at = 9000000000000");
    let waiting: Vec<(String,)> = waiting.all(&p.app.db).await.expect("mails");
    assert_eq!(waiting, [("reset".to_owned(),)], "what was asked for otherwise stays");
}

stories!(
    a_mail_that_comes_too_late_confirms_nothing,
    a_mail_of_a_change_that_was_cancelled_is_not_sent,
    whoever_has_a_change_waiting_and_one_done_can_be_removed,
    an_address_is_on_file_once_its_mail_was_answered,
    whoever_reads_the_mail_alone_confirms_nothing,
    in_ones_own_session_the_link_asks_for_no_name,
    of_fifty_confirmations_at_once_one_succeeds,
    only_the_address_that_was_mailed_and_asked_for_last_is_confirmed,
    a_link_dies_with_the_address_that_it_replaces,
    a_change_is_cancelled_and_its_link_with_it,
    in_a_stale_session_a_new_address_needs_the_password_and_a_new_name_does_not,
    five_mails_an_hour_are_sent_to_confirm_addresses,
    what_looks_like_an_address_is_not_that_address,
    what_is_no_token_opens_nothing,
    the_form_verifies_nothing,
    a_name_is_text_on_the_pages_and_in_the_mails_of_a_link,
    an_address_is_removed_by_whoever_knows_what_that_means,
    an_address_that_an_administrator_typed_is_verified_by_its_owner,
    a_reset_link_that_is_open_ends_with_the_address_it_went_to,
    a_new_password_ends_the_change_that_somebody_else_left_waiting,
);
