//! Stories about keys that change while phones stay registered, and about what is on record of the console.

use super::keys::{Retired, add, put_first, retire};
use crate::accounts::{self, add::Wanted};
use crate::db::query;
use crate::keys::{Change, Changed, KeyId};
use crate::password::add_user::{Outcome, add_user};
use crate::phones::create_for::{AddedFor, create_for};
use crate::testing::{Portal, stories};
use crate::users::create::NewUser;
use crate::users::{self, Actor, Role};

/// How many phones' hashes the key sealed.
async fn sealed_with(p: &Portal, id: KeyId) -> i64 {
    let counted = crate::phones::reseal::count_by_key(&p.app).await.expect("a database");
    let of_key = counted.iter().filter(|(key, _)| *key == Some(id));
    of_key.map(|(_, phones)| phones).sum()
}

async fn a_key_is_replaced_and_retired_and_no_phone_notices(p: Portal) {
    let mut desk = p.phone("ann-desk", "acme.example").await;
    assert!(desk.is_registered().await);
    let old = p.app.keys.ids()[0];
    let refused = retire(&p.app, old, &|_| ()).await.expect("a database");
    assert!(matches!(refused, Retired::InUse), "the key that seals stays");

    let new = add(&p.app).await.expect("a second key");
    assert_eq!(put_first(&p.app, new).await.expect("known"), Changed::Done);
    p.app.keys.reload().expect("the key file");
    assert!(desk.is_registered().await, "what the old key sealed still opens");
    let ann = p.signed_in("ann").await;
    let added = ann.post("/phones", &[("label", "Kitchen")]).await;
    assert_eq!(added.status, 303);
    assert_eq!((sealed_with(&p, old).await, sealed_with(&p, new).await), (4, 1));

    let told = std::sync::Mutex::new(Vec::new());
    let retired = retire(&p.app, old, &|so_far| told.lock().expect("not poisoned").push(so_far)).await;
    assert!(matches!(retired, Ok(Retired::Done(4))), "{retired:?}");
    assert_eq!(*told.lock().expect("not poisoned"), [4]);
    p.app.keys.reload().expect("the key file");
    assert_eq!((p.app.keys.ids(), p.app.keys.retired()), (vec![new], vec![old]));
    assert_eq!((sealed_with(&p, old).await, sealed_with(&p, new).await), (0, 5));
    assert!(desk.is_registered().await);
    let mut softphone = p.phone("ann-softphone", "acme.example").await;
    assert!(softphone.is_registered().await, "and one that was not there meanwhile");
    for kind in ["key-add", "key-use", "key-retire"] {
        assert_eq!(p.events(kind).await, 1, "{kind}");
    }

    let p = p.restart().await;
    let mut desk = p.phone("ann-desk", "acme.example").await;
    assert!(desk.is_registered().await, "a server that never knew the old key");
    ann_changes_her_password(&p).await;
}

async fn ann_changes_her_password(p: &Portal) {
    p.signed_in("ann")
        .await
        .change_password("Tidewater-Kestrel-1")
        .await
        .leads_to("/account/password/done");
}

async fn a_key_that_is_used_again_meanwhile_is_not_retired(p: Portal) {
    let old = p.app.keys.ids()[0];
    let new = add(&p.app).await.expect("a second key");
    put_first(&p.app, new).await.expect("known");
    let used_again = |_| {
        let mut change = Change::begin(&p.app.config.keys.file).expect("the key file");
        assert_eq!(change.put_first(old).expect("room"), Changed::Done);
        change.finish().expect("the key file");
    };
    let refused = retire(&p.app, old, &used_again).await.expect("a database");
    assert!(matches!(refused, Retired::InUse), "{refused:?}");
    assert_eq!(
        p.events("key-retire").await,
        0,
        "nothing is on record that was not done"
    );
    p.app.keys.reload().expect("the key file");
    assert_eq!(p.app.keys.ids(), [old, new]);
    let retired = retire(&p.app, new, &|_| ()).await.expect("a database");
    assert!(
        matches!(retired, Retired::Done(4)),
        "and nothing is in the way: {retired:?}"
    );
}

async fn a_key_stays_while_something_it_sealed_does_not_open(p: Portal) {
    let old = p.app.keys.ids()[0];
    let new = add(&p.app).await.expect("a second key");
    p.app.keys.reload().expect("the key file");
    put_first(&p.app, new).await.expect("known");
    p.app.keys.reload().expect("the key file");
    // One phone's hashes in another's row: sealed with the key, but not for that place.
    let moved = query(
        "update phones set sip_hashes = (select p.sip_hashes from phones p where p.sip_name = 'ann-desk')
          where sip_name = 'gina-desk'",
    );
    p.alter(moved).await;
    let refused = retire(&p.app, old, &|_| ()).await.expect("a database");
    assert!(
        matches!(&refused, Retired::Damaged(phones) if phones.len() == 1),
        "{refused:?}"
    );
    p.app.keys.reload().expect("the key file");
    assert_eq!(p.app.keys.ids(), [new, old], "nothing is taken away");
    assert_eq!(sealed_with(&p, new).await, 3, "what could be done is done");
    assert_eq!(p.events("key-retire").await, 0);
}

/// Everyone and everything that a command may add, and the keys that open.
async fn what_there_is(p: &Portal) -> (i64, i64, i64, String) {
    (
        p.count(query("select count(*) from accounts")).await,
        p.count(query("select count(*) from users")).await,
        p.count(query("select count(*) from phones")).await,
        std::fs::read_to_string(&p.app.config.keys.file).expect("the key file"),
    )
}

async fn nothing_is_done_at_the_console_without_its_event(p: Portal) {
    let old = p.app.keys.ids()[0];
    let new = add(&p.app).await.expect("a second key");
    p.app.keys.reload().expect("the key file");
    let before = what_there_is(&p).await;
    let ann = users::by_full_name(&p.app, "ann@acme.example").await;
    let ann = ann.expect("a database").expect("one of the demo's people");
    let bert = NewUser {
        role: Role::User,
        name: "bert",
        display_name: "Bert",
        email: None,
        email_verified: false,
        extension: None,
        time_zone: "UTC",
    };
    let north = Wanted {
        name: "North",
        domain: "north.example",
        sip_domain: None,
    };
    p.alter(query("alter table audit_events rename to gone")).await;
    assert!(accounts::add::add(&p.app, north).await.is_err());
    assert!(add_user(&p.app, "acme.example", bert, None).await.is_err());
    assert!(create_for(&p.app, Actor::Console, &ann, "Kitchen", "").await.is_err());
    assert!(add(&p.app).await.is_err());
    assert!(put_first(&p.app, new).await.is_err());
    p.alter(query("alter table gone rename to audit_events")).await;
    assert_eq!(what_there_is(&p).await, before);

    assert!(accounts::add::add(&p.app, north).await.expect("a database").is_ok());
    let added = add_user(&p.app, "acme.example", bert, None).await;
    assert!(matches!(added, Ok(Outcome::Added(_))), "{added:?}");
    let added = create_for(&p.app, Actor::Console, &ann, "Kitchen", "").await;
    assert!(matches!(added, Ok(AddedFor::Added(_))), "{added:?}");
    assert_eq!(put_first(&p.app, new).await.expect("known"), Changed::Done);
    p.app.keys.reload().expect("the key file");
    let before = what_there_is(&p).await;
    p.alter(query("alter table audit_events rename to gone")).await;
    assert!(retire(&p.app, old, &|_| ()).await.is_err());
    p.alter(query("alter table gone rename to audit_events")).await;
    assert_eq!(what_there_is(&p).await, before, "the old key is still there");
}

stories!(
    nothing_is_done_at_the_console_without_its_event,
    a_key_is_replaced_and_retired_and_no_phone_notices,
    a_key_stays_while_something_it_sealed_does_not_open,
    a_key_that_is_used_again_meanwhile_is_not_retired,
);
