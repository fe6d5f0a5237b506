//! Stories of choosing a password with an invitation or a set-up slip.

use reqwest::Method;

use crate::clock::{HOUR, MINUTE};
use crate::db::query;
use crate::testing::{Answer, Browser, Portal, join_all, stories};

const NEW: &str = "Tidewater-Kestrel-1";
const GONE: &str = "This link no longer works";
const WRONG: &str = "That name and code don't match";

/// The page of somebody, `/admin/users/{id}`.
async fn page_of(p: &Portal, name: &str) -> String {
    let (id,): (String,) = query("select id from users where name = $1")
        .bind(name)
        .one(&p.app.db)
        .await
        .expect("a person");
    format!("/admin/users/{id}")
}

/// Adds Dora with an invitation, and returns her page.
async fn invite_dora(adam: &Browser) -> String {
    let fields = [
        ("name", "dora"),
        ("display_name", "Dora Deck"),
        ("email", "Dora@Home.example"),
        ("role", "user"),
        ("invite", "on"),
    ];
    let added = adam.post("/admin/users", &fields).await;
    assert_eq!(added.status, 303, "{}", added.text);
    added.location().to_owned()
}

/// The path of the link in a text, the last of them.
fn link_in(p: &Portal, text: &str) -> String {
    let origin = p.app.config.portal.public_url.origin();
    let (_, rest) = text
        .rsplit_once(&format!("{origin}/set-up/"))
        .expect("a link of ours in it");
    let token: String = rest
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
        .collect();
    assert_eq!(token.len(), 43, "{token}");
    format!("/set-up/{token}")
}

/// The path of the link in the newest invitation, once there are so many mails.
async fn invitation(p: &Portal, mails: usize) -> String {
    let mail = &p.mails(mails).await[0];
    assert_eq!(mail.kind, "invitation");
    link_in(p, &mail.text)
}

/// Prints a slip: its code.
async fn slip(adam: &Browser, page: &str) -> String {
    let slip = format!("{page}/setup-slip");
    adam.post(&slip, &[]).await.leads_to(&slip);
    let shown = adam.get(&slip).await;
    shown.says(200, "It is shown only now");
    code_on(&shown)
}

fn code_on(shown: &Answer) -> String {
    let (_, rest) = shown.text.split_once("class=\"code\">").expect("a code");
    rest.split('<').next().expect("a code").to_owned()
}

/// Opens a link, and says which flow it leads to.
async fn follow(browser: &Browser, link: &str) -> String {
    let onward = browser.get(link).await;
    assert_eq!(onward.status, 303, "{}", onward.text);
    flow_of(&onward)
}

fn flow_of(onward: &Answer) -> String {
    let flow = onward.location().strip_prefix("/set-up/new?flow=");
    flow.unwrap_or_else(|| panic!("{} leads to {}", onward.status, onward.location()))
        .to_owned()
}

async fn choose(browser: &Browser, flow: &str, new: &str) -> Answer {
    let fields = [("flow", flow), ("new_password", new), ("confirm_password", new)];
    browser.post("/set-up/new", &fields).await
}

async fn type_code(browser: &Browser, name: &str, code: &str) -> Answer {
    browser
        .post("/set-up/code", &[("username", name), ("code", code)])
        .await
}

async fn form(browser: &Browser, flow: &str) -> Answer {
    browser.get(&format!("/set-up/new?flow={flow}")).await
}

async fn an_invitation_leads_to_a_password_and_proves_the_address(p: Portal) {
    let adam = p.signed_in("adam").await;
    let page = invite_dora(&adam).await;
    adam.get(&page).await.says(200, "The invitation is on its way");
    let link = invitation(&p, 1).await;
    assert_eq!(p.mails(1).await[0].to, "Dora@Home.example");
    let dora = p.browser();
    dora.sign_in("dora@acme.example", "")
        .await
        .says(422, "That name and password don't match.");
    let onward = dora.get(&link).await;
    assert_eq!(onward.header("referrer-policy"), "no-referrer");
    let flow = flow_of(&onward);
    form(&dora, &flow)
        .await
        .says(200, "For Dora Deck, who signs in as dora@acme.example.");
    choose(&dora, &flow, "short").await.says(422, "at least 8 characters");
    choose(&dora, &flow, NEW).await.leads_to("/sign-in?set-up=done");
    dora.get("/sign-in?set-up=done")
        .await
        .says(200, "Your password is saved. Sign in with it now.");
    assert!(!dora.is_signed_in().await, "nobody is signed in by it");
    // The address signs in as well now: it is known to be hers.
    dora.sign_in("dora@home.example", NEW).await.leads_to("/");
    assert!(dora.is_signed_in().await);
    form(&dora, &flow).await.says(410, GONE);
    dora.get(&link).await;
    assert_eq!(p.events("password-set-up").await, 1);
    let mails = p.mails(2).await;
    assert_eq!(
        (mails[0].kind.as_str(), mails[0].to.as_str()),
        ("password-changed", "Dora@Home.example")
    );
}

async fn an_address_that_is_not_the_invited_one_any_more_is_not_confirmed(p: Portal) {
    invite_dora(&p.signed_in("adam").await).await;
    let link = invitation(&p, 1).await;
    p.alter(query(
        "update users set email = 'eve@evil.example', email_key = 'eve@evil.example' where name = 'dora'",
    ))
    .await;
    let dora = p.browser();
    let flow = follow(&dora, &link).await;
    choose(&dora, &flow, NEW).await.leads_to("/sign-in?set-up=done");
    let confirmed = query("select count(*) from users where name = 'dora' and email_verified_at is not null");
    assert_eq!(p.count(confirmed).await, 0);
    dora.sign_in("dora@acme.example", NEW).await.leads_to("/");
}

/// Museum row 31, and the lines of a slip that a scanner follows.
async fn opening_a_link_spends_nothing_and_no_token_is_shown(p: Portal) {
    invite_dora(&p.signed_in("adam").await).await;
    let link = invitation(&p, 1).await;
    let before = p.dump_everything().await;
    let scanner = p.browser();
    for method in [Method::HEAD, Method::GET, Method::HEAD] {
        assert_eq!(scanner.send(method, &link, &[], None).await.status, 303);
    }
    let flow = follow(&scanner, &link).await;
    for _ in 0..8 {
        let page = form(&scanner, &flow).await;
        assert!(!page.text.contains(link.trim_start_matches("/set-up/")));
        assert_eq!(
            scanner.post("/set-up/new", &[("flow", &flow)]).await.status,
            422,
            "a form sent as it was found"
        );
    }
    let kept = |dump: String| dump.replace(char::is_whitespace, "");
    assert_eq!(kept(p.dump_everything().await), kept(before));
    let dora = p.browser();
    let flow = follow(&dora, &link).await;
    choose(&dora, &flow, NEW).await.leads_to("/sign-in?set-up=done");
}

/// Museum row 8.
async fn of_fifty_posts_with_one_link_at_once_one_sets_a_password(p: Portal) {
    invite_dora(&p.signed_in("adam").await).await;
    let link = invitation(&p, 1).await;
    let dora = p.browser();
    let flow = follow(&dora, &link).await;
    // The stored-secret rules count ten an hour: what is sent at once goes past them as well.
    let passwords: Vec<_> = (0..50).map(|n| format!("Tidewater-Kestrel-{n}")).collect();
    let posts = passwords.iter().map(|new| choose(&dora, &flow, new));
    let answers = join_all(posts.collect()).await;
    let won = answers.iter().filter(|answer| answer.status == 303).count();
    assert_eq!(won, 1);
    assert!(answers.iter().all(|answer| !answer.status.is_server_error()));
    assert_eq!(p.events("password-set-up").await, 1);
    let epoch = query("select count(*) from users where name = 'dora' and credential_epoch = 1");
    assert_eq!(p.count(epoch).await, 1);
}

async fn a_new_invitation_or_slip_voids_what_was_there(p: Portal) {
    let adam = p.signed_in("adam").await;
    let page = invite_dora(&adam).await;
    let first = invitation(&p, 1).await;
    adam.post(&format!("{page}/invite"), &[]).await.leads_to(&page);
    adam.get(&page)
        .await
        .says(200, "A new invitation is on its way to Dora@Home.example.");
    let second = invitation(&p, 2).await;
    let dora = p.browser();
    let old = follow(&dora, &first).await;
    form(&dora, &old).await.says(410, GONE);
    let flow = follow(&dora, &second).await;
    form(&dora, &flow).await.says(200, "Dora Deck");
    let code = slip(&adam, &page).await;
    form(&dora, &flow).await.says(410, GONE);
    let newer = slip(&adam, &page).await;
    type_code(&dora, "dora@acme.example", &code).await.says(422, WRONG);
    let flow = flow_of(&type_code(&dora, "dora@acme.example", &newer).await);
    adam.post(&format!("{page}/invite"), &[]).await.leads_to(&page);
    choose(&dora, &flow, NEW).await.says(410, GONE);
    assert_eq!(p.events("invitation").await, 2);
}

/// An invitation that waits for a mail server gets no link any more once a slip has been made.
async fn an_invitation_that_waits_is_withdrawn_with_those_before(p: Portal) {
    let adam = p.signed_in("adam").await;
    let page = invite_dora(&adam).await;
    invitation(&p, 1).await;
    p.alter(query(
        "update outbox set delivered_at = null, due_at = 9999999999999 where kind = 'invitation'",
    ))
    .await;
    slip(&adam, &page).await;
    let waits = || query("select count(*) from outbox where kind = 'invitation'");
    assert_eq!(p.count(waits()).await, 0);
    assert_eq!(p.count(query("select count(*) from links")).await, 1, "the slip's");
}

async fn a_slip_leaves_the_password_until_it_is_used_and_every_spelling_of_its_code_works(p: Portal) {
    let mut desk = p.phone("ann-desk", "acme.example").await;
    assert!(desk.is_registered().await);
    let phones = p.phone_bytes().await;
    let (ann, adam) = (p.signed_in("ann").await, p.signed_in("adam").await);
    let page = page_of(&p, "ann").await;
    adam.get(&page)
        .await
        .says(200, "the password there is now stays until then");
    let code = slip(&adam, &page).await;
    assert_eq!(code.len(), 23);
    assert!(ann.is_signed_in().await, "nothing has ended");
    p.signed_in("ann").await;
    let mail = &p.mails(1).await[0];
    assert_eq!(
        (mail.kind.as_str(), mail.to.as_str()),
        ("setup-slip", "ann@acme.example")
    );
    assert!(!mail.text.contains(&code) && !mail.html.contains("/set-up/"));
    let browser = p.browser();
    let spelled = code.to_lowercase().replace('-', " ");
    let flow = flow_of(&type_code(&browser, " ANN@acme.example", &spelled).await);
    form(&browser, &flow)
        .await
        .says(200, "It replaces the password you have now");
    choose(&browser, &flow, "Harbour-Light-7")
        .await
        .says(422, "the password you have now");
    choose(&browser, &flow, NEW).await.leads_to("/sign-in?set-up=done");
    assert!(!ann.is_signed_in().await);
    browser.sign_in("ann@acme.example", NEW).await.leads_to("/");
    type_code(&browser, "ann@acme.example", &code).await.says(422, WRONG);
    assert!(desk.is_registered().await);
    assert_eq!(p.phone_bytes().await.len(), phones.len());
}

async fn a_slip_is_shown_once_and_to_nobody_else(p: Portal) {
    let adam = p.signed_in("adam").await;
    let page = page_of(&p, "bob").await;
    let slip = format!("{page}/setup-slip");
    let made = adam.post(&slip, &[]).await;
    made.leads_to(&slip);
    // On somebody else's page, or in another session, it is not shown.
    let other = format!("{}/setup-slip", page_of(&p, "ann").await);
    let elsewhere = p.signed_in("adam").await;
    elsewhere.set_cookie("linekey-flash", &adam.cookie("linekey-flash").expect("it is carried"));
    elsewhere.get(&slip).await.leads_to(&page);
    let seen = adam.copy().get(&other).await;
    assert_eq!(seen.status, 303);
    let person = adam.copy().get(&page).await;
    assert!(
        !person.text.contains("/set-up/"),
        "the page of the person shows no slip"
    );
    let shown = adam.get(&slip).await;
    let code = code_on(&shown);
    shown.says(200, "bob@acme.example").says(200, "<svg class=\"qr\"");
    adam.get(&slip).await.leads_to(&page);
    let everything = p.dump_everything().await;
    for secret in [code.clone(), code.replace('-', "")] {
        assert!(!everything.contains(&secret), "the database holds {secret}");
    }
}

/// A stranger who knows the name cannot use the slip up: wrong codes cost time, as passwords do, and nothing else.
async fn wrong_codes_leave_the_slip_good_and_names_that_nobody_has_answer_alike(p: Portal) {
    let adam = p.signed_in("adam").await;
    let code = slip(&adam, &page_of(&p, "bob").await).await;
    let wrong = "22222-22222-22222-22222";
    let tries = (0..30).map(|_| async { type_code(&p.browser(), "bob@acme.example", wrong).await });
    let answers = join_all(tries.collect()).await;
    assert!(
        answers
            .iter()
            .all(|answer| [422, 429].contains(&answer.status.as_u16()))
    );
    p.alter(query("delete from throttle")).await;
    let unknown = type_code(&p.browser(), "nobody@acme.example", wrong).await;
    let known = type_code(&p.browser(), "bob@acme.example", wrong).await;
    known.says(422, WRONG);
    let body = |answer: &Answer| answer.text.replace("nobody@", "bob@");
    assert_eq!(body(&unknown), body(&known));
    assert_eq!(unknown.status, known.status);
    let browser = p.browser();
    let flow = flow_of(&type_code(&browser, "bob@acme.example", &code).await);
    choose(&browser, &flow, NEW).await.leads_to("/sign-in?set-up=done");
}

async fn wrong_codes_cost_time_as_wrong_passwords_do(p: Portal) {
    let adam = p.signed_in("adam").await;
    let code = slip(&adam, &page_of(&p, "bob").await).await;
    let browser = p.browser();
    for name in ["bob@acme.example", "nobody@acme.example"] {
        for _ in 0..6 {
            assert_eq!(type_code(&browser, name, "wrong").await.status, 422, "{name}");
        }
        let waits = type_code(&browser, name, &code).await;
        waits.says(429, "Too many tries.");
        assert_ne!(waits.header("retry-after"), "");
        // And the other way round: both count together.
        browser
            .sign_in(name, "Harbour-Light-8")
            .await
            .says(429, "Too many tries.");
    }
    assert!(p.events("password-set-up").await >= 1, "it is on record");
}

async fn links_and_codes_end_after_three_days_and_with_their_user(p: Portal) {
    let adam = p.signed_in("adam").await;
    let page = invite_dora(&adam).await;
    let link = invitation(&p, 1).await;
    let dora = p.browser();
    let flow = follow(&dora, &link).await;
    p.wait(72 * HOUR - MINUTE);
    form(&dora, &flow).await.says(200, "Dora Deck");
    p.wait(MINUTE);
    choose(&dora, &flow, NEW).await.says(410, GONE);
    let adam = p.signed_in("adam").await;
    let code = slip(&adam, &page).await;
    let flow = flow_of(&type_code(&dora, "dora@acme.example", &code).await);
    adam.post(&format!("{page}/disable"), &[]).await.leads_to(&page);
    choose(&dora, &flow, NEW).await.says(410, GONE);
    adam.post(&format!("{page}/setup-slip"), &[])
        .await
        .says(403, "Enable Dora Deck first.");
}

/// Museum rows 7 and 9: the flow decides whose password it is, and a link of another kind is none here.
async fn a_link_sets_the_password_of_its_own_user_alone(p: Portal) {
    let adam = p.signed_in("adam").await;
    let (bob, cora) = (page_of(&p, "bob").await, page_of(&p, "cora").await);
    let (of_bob, of_cora) = (slip(&adam, &bob).await, slip(&adam, &cora).await);
    let browser = p.browser();
    type_code(&browser, "cora@acme.example", &of_bob).await.says(422, WRONG);
    let flow_bob = flow_of(&type_code(&browser, "bob@acme.example", &of_bob).await);
    let flow_cora = flow_of(&type_code(&browser, "cora@acme.example", &of_cora).await);
    let user = cora.trim_start_matches("/admin/users/");
    let fields = [
        ("flow", flow_bob.as_str()),
        ("username", "cora@acme.example"),
        ("user", user),
        ("id", user),
        ("role", "operator"),
        ("new_password", NEW),
        ("confirm_password", NEW),
    ];
    browser
        .post("/set-up/new", &fields)
        .await
        .leads_to("/sign-in?set-up=done");
    p.browser().sign_in("bob@acme.example", NEW).await.leads_to("/");
    p.browser()
        .sign_in("cora@acme.example", "Harbour-Light-9")
        .await
        .leads_to("/");
    form(&browser, &flow_cora).await.says(200, "Cora Caulker");
    let token = browser.cookie(&format!("linekey-set-up-{flow_cora}")).expect("a token");
    p.alter(query("update links set purpose = 'reset'")).await;
    choose(&browser, &flow_cora, NEW).await.says(410, GONE);
    for odd in ["", "null", "0", "[]", "x", &token] {
        form(&browser, odd).await.says(410, GONE);
    }
}

stories!(
    an_invitation_leads_to_a_password_and_proves_the_address,
    an_address_that_is_not_the_invited_one_any_more_is_not_confirmed,
    opening_a_link_spends_nothing_and_no_token_is_shown,
    of_fifty_posts_with_one_link_at_once_one_sets_a_password,
    a_new_invitation_or_slip_voids_what_was_there,
    an_invitation_that_waits_is_withdrawn_with_those_before,
    a_slip_leaves_the_password_until_it_is_used_and_every_spelling_of_its_code_works,
    a_slip_is_shown_once_and_to_nobody_else,
    wrong_codes_leave_the_slip_good_and_names_that_nobody_has_answer_alike,
    wrong_codes_cost_time_as_wrong_passwords_do,
    links_and_codes_end_after_three_days_and_with_their_user,
    a_link_sets_the_password_of_its_own_user_alone,
);
