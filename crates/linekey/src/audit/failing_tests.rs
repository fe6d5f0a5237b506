//! No change without its event: each kind of change is asked for while no event can be written, and nothing may change.
//!
//! A new kind of event needs a line in [`CHANGES`], or in [`NOT_OF_A_REQUEST`] with the reason.

use std::pin::Pin;

use super::Kind;
use crate::clock::MINUTE;
use crate::db::query;
use crate::mail::Letter;
use crate::testing::{Browser, Engine, Portal, stories};

/// A request that is ready to be sent.
struct Request {
    from: Browser,
    path: String,
    fields: Vec<(&'static str, String)>,
}

fn request(from: Browser, path: impl Into<String>, fields: &[(&'static str, &str)]) -> Request {
    Request {
        from,
        path: path.into(),
        fields: fields
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect(),
    }
}

/// One change that people can ask for.
struct Change {
    /// The kind of its event.
    kind: Kind,
    /// The answer once events can be written again: it shows that the request really asks for the change.
    then: u16,
    /// Gets everything ready that the change needs, and makes the request that asks for it.
    ready: for<'a> fn(&'a Portal) -> Pin<Box<dyn Future<Output = Request> + Send + 'a>>,
}

/// The page of one of the demo's people, for administrators.
async fn page_of(p: &Portal, name: &str) -> String {
    let found = query("select id from users where name = $1").bind(name);
    let (id,): (String,) = found.one(&p.app.db).await.expect("one of the demo's people");
    format!("/admin/users/{id}")
}

/// What Acme Boats' administrator does for one of its people.
async fn helps(p: &Portal, name: &str, act: &str, fields: &[(&'static str, &str)]) -> Request {
    let page = page_of(p, name).await;
    request(p.signed_in("adam").await, format!("{page}/{act}"), fields)
}

/// What Ann does to her desk phone.
async fn on_desk(p: &Portal, act: &str, fields: &[(&'static str, &str)]) -> Request {
    let desk = query("select id from phones where sip_name = 'ann-desk'");
    let (id,): (String,) = desk.one(&p.app.db).await.expect("Ann's desk phone");
    request(p.signed_in("ann").await, format!("/phones/{id}/{act}"), fields)
}

/// Somebody who has opened a reset link.
async fn resets(p: &Portal, name: &str, email: &str) -> Request {
    let browser = p.browser();
    let flow = crate::password::reset::tests::opened(p, &browser, name).await;
    let fields = [
        ("flow", flow.as_str()),
        ("email", email),
        ("new_password", NEW),
        ("confirm_password", NEW),
    ];
    request(browser, "/reset-password/new", &fields)
}

/// Somebody who is about to choose a password with the slip that was printed for them.
async fn with_a_slip(p: &Portal, name: &str) -> Request {
    let slip = helps(p, name, "setup-slip", &[]).await;
    slip.from.post(&slip.path, &[]).await;
    let shown = slip.from.get(&slip.path).await;
    let (_, code) = shown.text.split_once("class=\"code\">").expect("a code");
    let code = code.split('<').next().expect("a code");
    let (from, sign_in_name) = (p.browser(), format!("{name}@acme.example"));
    let typed = [("username", sign_in_name.as_str()), ("code", code)];
    let onward = from.post("/set-up/code", &typed).await;
    let flow = onward.location().rsplit('=').next().expect("a flow").to_owned();
    let fields = [
        ("flow", flow.as_str()),
        ("new_password", NEW),
        ("confirm_password", NEW),
    ];
    request(from, "/set-up/new", &fields)
}

/// Asks for another address for Gina, in a browser that is hers.
async fn gina_wishes(p: &Portal, email: &'static str) -> Request {
    let fields = [("display_name", "Gina"), ("time_zone", "UTC"), ("email", email)];
    request(p.signed_in("gina").await, "/account/settings", &fields)
}

/// The link to `path` in a mail to `to`, once there is one.
async fn mailed(p: &Portal, path: &'static str, to: &str) -> String {
    let anyone = p.browser();
    for _ in 0..500 {
        let listed = anyone.get("/demo/mail.json").await.text;
        let mails: Vec<Letter> = serde_json::from_str(&listed).expect("a list of letters");
        for mail in mails.iter().filter(|mail| mail.to == to) {
            if let Some((_, rest)) = mail.text.split_once(path) {
                return format!("{path}{}", rest.lines().next().unwrap_or_default());
            }
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("no mail to {to} leads to {path}");
}

/// Who writes events without a browser asking for it.
const NOT_OF_A_REQUEST: [(Kind, &str); 18] = [
    (
        Kind::ResetRequest,
        "a worker, out of sight of whoever asked, with the mail",
    ),
    (Kind::PortalSetUp, "a command, told in tests/commands"),
    (Kind::AccountAdd, "a command, told beside provider"),
    (Kind::AccountSipAlgorithm, "a command, told beside phones"),
    (Kind::AccountMaxPhones, "a command, told beside phones"),
    (Kind::KeyAdd, "a command, told beside provider"),
    (Kind::KeyUse, "a command, told beside provider"),
    (Kind::KeyRetire, "a command, told beside provider"),
    (Kind::Backup, "a command, told beside backup"),
    (Kind::Restore, "a command, told beside backup"),
    (Kind::PhoneWrongAddress, "the registrar refuses and changes nothing"),
    (Kind::PhoneRefused, "the registrar refuses and changes nothing"),
    (Kind::PhoneAct, "a refusal changes nothing"),
    (
        Kind::PhoneNewNetwork,
        "the registrar's, beside a registration that stays",
    ),
    (Kind::PhoneNotRegistered, "Kamailio's, beside a call that goes on"),
    (Kind::PhoneSetUpFetched, "no form: told beside phones/provision"),
    (Kind::Export, "a command, told beside export"),
    (Kind::SipServerRefused, "a refusal changes nothing"),
];

const OLD: &str = "Harbour-Light-7";
const NEW: &str = "Tidewater-Kestrel-1";
const TWICE: [(&str, &str); 3] = [
    ("new_password", NEW),
    ("confirm_password", NEW),
    ("sign_out_others", "on"),
];

/// In order: a person whose password a line changes is not signed in by a later one.
const CHANGES: &[Change] = &[
    Change {
        kind: Kind::SignIn,
        then: 303,
        ready: |p| {
            Box::pin(async {
                request(
                    p.browser(),
                    "/sign-in",
                    &[("username", "ann@acme.example"), ("password", OLD)],
                )
            })
        },
    },
    // A refusal that cannot be recorded is not told either.
    Change {
        kind: Kind::SignIn,
        then: 422,
        ready: |p| {
            Box::pin(async {
                request(
                    p.browser(),
                    "/sign-in",
                    &[("username", "bob@acme.example"), ("password", "x")],
                )
            })
        },
    },
    Change {
        kind: Kind::MailRetry,
        then: 303,
        ready: |p| {
            Box::pin(async {
                let mail = "0198c0de-0000-7000-8000-0000000000e1";
                let given_up = query(
                    "insert into outbox (id, account_id, user_id, kind, to_address, parameters, created_at, tries)
                     select $1, account_id, id, 'trial', 'ann@acme.example', $2, 1, 1 from users where name = 'ann'",
                );
                p.alter(given_up.bind(mail).bind(r#"{"kind":"trial","at":1}"#)).await;
                request(p.signed_in("olivia").await, format!("/operator/mail/{mail}/retry"), &[])
            })
        },
    },
    Change {
        kind: Kind::SignOut,
        then: 303,
        ready: |p| Box::pin(async { request(p.signed_in("ann").await, "/sign-out", &[]) }),
    },
    Change {
        kind: Kind::Confirm,
        then: 303,
        ready: |p| {
            Box::pin(async {
                let ann = p.signed_in("ann").await;
                p.wait(6 * MINUTE);
                ann.get("/account/settings").await;
                request(ann, "/confirm", &[("next", "/account/settings"), ("password", OLD)])
            })
        },
    },
    Change {
        kind: Kind::Confirm,
        then: 422,
        ready: |p| {
            Box::pin(async {
                request(
                    p.signed_in("cora").await,
                    "/confirm",
                    &[("next", "/account/settings"), ("password", "x")],
                )
            })
        },
    },
    Change {
        kind: Kind::SessionsEnded,
        then: 303,
        ready: |p| {
            Box::pin(async {
                let (ann, _other) = (p.signed_in("ann").await, p.signed_in("ann").await);
                let session = ann
                    .get("/account/sessions")
                    .await
                    .id_after("action=\"/account/sessions/");
                request(ann, format!("/account/sessions/{session}/end"), &[])
            })
        },
    },
    Change {
        kind: Kind::SessionsEnded,
        then: 303,
        ready: |p| {
            Box::pin(async {
                let (ann, _other) = (p.signed_in("ann").await, p.signed_in("ann").await);
                request(ann, "/account/sessions/end-others", &[])
            })
        },
    },
    Change {
        kind: Kind::BrowserForgotten,
        then: 303,
        ready: |p| {
            Box::pin(async {
                let ann = p.signed_in("ann").await;
                let device = ann
                    .get("/account/sessions")
                    .await
                    .id_after("/account/sessions/devices/");
                request(ann, format!("/account/sessions/devices/{device}/forget"), &[])
            })
        },
    },
    Change {
        kind: Kind::ProfileChange,
        then: 303,
        ready: |p| {
            Box::pin(async {
                let fields = [("display_name", "Ann Anchor"), ("time_zone", "Europe/Paris")];
                request(p.signed_in("ann").await, "/account/settings", &fields)
            })
        },
    },
    Change {
        kind: Kind::EmailAsk,
        then: 303,
        ready: |p| Box::pin(async { gina_wishes(p, "gina1@home.example").await }),
    },
    Change {
        kind: Kind::EmailCancel,
        then: 303,
        ready: |p| {
            Box::pin(async {
                let Request { from, path, fields } = gina_wishes(p, "gina2@home.example").await;
                let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                from.post(&path, &fields).await;
                request(from, "/account/email/cancel", &[])
            })
        },
    },
    Change {
        kind: Kind::EmailChange,
        then: 303,
        ready: |p| {
            Box::pin(async {
                let Request { from, path, fields } = gina_wishes(p, "gina3@home.example").await;
                let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                from.post(&path, &fields).await;
                let me = [("username", "gina@globex.example")];
                request(p.browser(), mailed(p, "/email/", "gina3@home.example").await, &me)
            })
        },
    },
    Change {
        kind: Kind::EmailRemove,
        then: 303,
        ready: |p| {
            Box::pin(async {
                let mut wish = gina_wishes(p, "").await;
                wish.fields.push(("without_email", "on".to_owned()));
                wish
            })
        },
    },
    Change {
        kind: Kind::NotMe,
        then: 303,
        ready: |p| {
            Box::pin(async {
                p.signed_in("gus").await.change_password(NEW).await;
                let link = mailed(p, "/not-me/", "gus@globex.example").await;
                request(p.browser(), link, &[("username", "gus@globex.example")])
            })
        },
    },
    Change {
        kind: Kind::PhoneAdd,
        then: 303,
        ready: |p| Box::pin(async { request(p.signed_in("ann").await, "/phones", &[("label", "Kitchen")]) }),
    },
    Change {
        kind: Kind::PhoneRotate,
        then: 303,
        ready: |p| Box::pin(async { on_desk(p, "rotate", &[("overlap_hours", "24")]).await }),
    },
    Change {
        kind: Kind::PhoneNotices,
        then: 303,
        ready: |p| Box::pin(async { on_desk(p, "notices", &[("mail", "on")]).await }),
    },
    Change {
        kind: Kind::PhoneSetUp,
        then: 303,
        ready: |p| Box::pin(async { on_desk(p, "set-up", &[("kind", "yealink"), ("overlap_hours", "24")]).await }),
    },
    Change {
        kind: Kind::PhoneDisconnect,
        then: 303,
        ready: |p| Box::pin(async { on_desk(p, "disconnect", &[("block", "on")]).await }),
    },
    Change {
        kind: Kind::PhoneAllow,
        then: 303,
        ready: |p| {
            Box::pin(async {
                let Request { from, path, fields } = on_desk(p, "disconnect", &[("block", "on")]).await;
                let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                from.post(&path, &fields).await;
                on_desk(p, "allow", &[]).await
            })
        },
    },
    Change {
        kind: Kind::PhoneRemove,
        then: 303,
        ready: |p| Box::pin(async { on_desk(p, "remove", &[]).await }),
    },
    Change {
        kind: Kind::PasswordSet,
        then: 303,
        ready: |p| Box::pin(async { helps(p, "cora", "password", &TWICE).await }),
    },
    Change {
        kind: Kind::SignedOut,
        then: 303,
        ready: |p| {
            Box::pin(async {
                p.signed_in("ann").await;
                helps(p, "ann", "sign-out", &[]).await
            })
        },
    },
    Change {
        kind: Kind::UserDisable,
        then: 303,
        ready: |p| Box::pin(async { helps(p, "bob", "disable", &[]).await }),
    },
    Change {
        kind: Kind::UserEnable,
        then: 303,
        ready: |p| Box::pin(async { helps(p, "bob", "enable", &[]).await }),
    },
    Change {
        kind: Kind::PasswordReset,
        then: 422,
        ready: |p| Box::pin(async { resets(p, "bob", "somebody@acme.example").await }),
    },
    Change {
        kind: Kind::PasswordReset,
        then: 303,
        ready: |p| Box::pin(async { resets(p, "bob", "office@acme.example").await }),
    },
    Change {
        kind: Kind::UserAdd,
        then: 303,
        ready: |p| {
            Box::pin(async {
                let fields = [
                    ("name", "dora"),
                    ("display_name", "Dora Deck"),
                    ("email", "dora@home.example"),
                    ("invite", "on"),
                ];
                request(p.signed_in("adam").await, "/admin/users", &fields)
            })
        },
    },
    Change {
        kind: Kind::Invitation,
        then: 303,
        ready: |p| Box::pin(async { helps(p, "dora", "invite", &[]).await }),
    },
    Change {
        kind: Kind::SetUpSlip,
        then: 303,
        ready: |p| Box::pin(async { helps(p, "dora", "setup-slip", &[]).await }),
    },
    Change {
        kind: Kind::PasswordSetUp,
        then: 303,
        ready: |p| Box::pin(async { with_a_slip(p, "dora").await }),
    },
    Change {
        kind: Kind::UserRemove,
        then: 303,
        ready: |p| Box::pin(async { helps(p, "dora", "remove", &[]).await }),
    },
    // What is not adam's to do is not refused either, unless that is on record.
    Change {
        kind: Kind::UserDisable,
        then: 403,
        ready: |p| Box::pin(async { helps(p, "adam", "disable", &[]).await }),
    },
    Change {
        kind: Kind::Forbidden,
        then: 403,
        ready: |p| {
            Box::pin(async {
                let page = page_of(p, "bob").await;
                request(p.signed_in("ann").await, format!("{page}/disable"), &[])
            })
        },
    },
    Change {
        kind: Kind::PasswordChange,
        then: 303,
        ready: |p| Box::pin(async { request(p.signed_in("adam").await, "/account/password", &TWICE) }),
    },
    // After "Confirm it's you", in one request with the proof.
    Change {
        kind: Kind::PasswordChange,
        then: 303,
        ready: |p| {
            Box::pin(async {
                let ann = p.signed_in("ann").await;
                p.wait(6 * MINUTE);
                let change = ann.change_password(NEW).await.id_after("/confirm?change=");
                request(ann, "/confirm", &[("change", &change), ("password", OLD)])
            })
        },
    },
    // The last one: its link is made when the mail leaves, at a time of its own.
    Change {
        kind: Kind::ResetLinkSent,
        then: 303,
        ready: |p| {
            Box::pin(async {
                let (adam, page) = (p.browser(), page_of(p, "cora").await);
                adam.sign_in("adam@acme.example", NEW).await.leads_to("/");
                request(adam, format!("{page}/send-reset"), &[])
            })
        },
    },
];

/// Lets every insert of an event fail from here on, and everything else go on.
async fn let_events_fail(p: &Portal) {
    match p.engine {
        Engine::Sqlite => {
            p.alter(query(
                "create trigger no_events before insert on audit_events begin select raise(abort, 'no events'); end",
            ))
            .await;
        }
        #[cfg(feature = "outside")]
        Engine::Postgres => {
            p.alter(query(
                "create or replace function no_events() returns trigger language plpgsql as
                 $$ begin raise exception 'no events'; end $$",
            ))
            .await;
            p.alter(query(
                "create trigger no_events before insert on audit_events for each row execute function no_events()",
            ))
            .await;
        }
    }
}

async fn let_events_be_written(p: &Portal) {
    match p.engine {
        Engine::Sqlite => p.alter(query("drop trigger no_events")).await,
        #[cfg(feature = "outside")]
        Engine::Postgres => p.alter(query("drop trigger no_events on audit_events")).await,
    }
}

async fn no_change_is_made_whose_event_cannot_be_written(p: Portal) {
    for Change { kind, then, ready } in CHANGES {
        let Request { from, path, fields } = ready(&p).await;
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        // A link is made when its mail is delivered, which is no part of the change.
        let waiting = || query("select count(*) from outbox where due_at is not null");
        p.until(async || p.count(waiting()).await == 0).await;
        let before = p.dump_everything().await;
        let_events_fail(&p).await;
        let failed = from.copy().post(&path, &fields).await;
        assert!(
            failed.status.is_server_error(),
            "{kind:?}: {} was answered by {} {}",
            path,
            failed.status,
            failed.location()
        );
        assert_eq!(p.dump_everything().await, before, "{kind:?}: {path} changed something");
        let_events_be_written(&p).await;
        let told = p.events(kind.as_str()).await;
        let again = from.post(&path, &fields).await;
        assert_eq!(
            again.status, *then,
            "{kind:?}: {path} is not the request it should be: {}",
            again.text
        );
        assert_eq!(
            p.events(kind.as_str()).await,
            told + 1,
            "{kind:?}: {path} is on record once"
        );
        if *then == 303 {
            assert_ne!(p.dump_everything().await, before, "{kind:?}: {path} changes nothing");
        }
    }
}

#[test]
fn every_kind_of_event_is_tried_or_says_why_not() {
    for kind in Kind::ALL {
        let tried = CHANGES.iter().any(|change| change.kind == *kind);
        let excused = NOT_OF_A_REQUEST.iter().any(|(excused, _)| excused == kind);
        assert!(
            tried != excused,
            "{kind:?} needs one line, in CHANGES or in NOT_OF_A_REQUEST"
        );
    }
}

stories![no_change_is_made_whose_event_cannot_be_written];
