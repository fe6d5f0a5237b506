//! Who tries every route, and whose ids they try.

use crate::db::query;
use crate::testing::{Browser, Portal};

/// What everyone types as a new password.
pub(super) const NEW: &str = "Tidewater-Kestrel-1";
/// The password of Dora, who is made of Ann.
const OF_ANN: &str = "Harbour-Light-7";

/// Each has a phone of their own beside those of the demo.
const OWN_PHONES: [(&str, &str); 5] = [
    ("bob", "0198c0de-0000-7000-8000-0000000000f1"),
    ("cora", "0198c0de-0000-7000-8000-0000000000f2"),
    ("adam", "0198c0de-0000-7000-8000-0000000000f3"),
    ("olivia", "0198c0de-0000-7000-8000-0000000000f4"),
    ("dora", "0198c0de-0000-7000-8000-0000000000f5"),
];

/// Someone who tries routes. In the order of the table's columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Actor {
    Nobody,
    User,
    Administrator,
    Operator,
    /// A user whose password was set for them.
    MustChange,
    /// A user who was disabled after signing in.
    Disabled,
}

impl Actor {
    pub(super) const ALL: [Self; 6] = [
        Self::Nobody,
        Self::User,
        Self::Administrator,
        Self::Operator,
        Self::MustChange,
        Self::Disabled,
    ];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::User => "user",
            Self::Administrator => "administrator",
            Self::Operator => "operator",
            Self::MustChange => "must change first",
            Self::Disabled => "disabled meanwhile",
        }
    }

    /// Whom of the demo's people they are.
    fn name(self) -> &'static str {
        match self {
            Self::Nobody => "",
            Self::User => "ann",
            Self::Administrator => "adam",
            Self::Operator => "olivia",
            Self::MustChange => "bob",
            Self::Disabled => "cora",
        }
    }

    /// Their password before anything is tried.
    pub(super) fn password(self) -> &'static str {
        let people = crate::demo::people();
        let found = people.iter().find(|someone| someone.name == self.name());
        found.map_or("", |someone| someone.password)
    }
}

/// Whose id is in an address or a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// The actor's own.
    Own,
    /// Of Dora, a user of the account that everyone but the operator belongs to.
    Colleague,
    /// Of Gina, a user of another account.
    Stranger,
}

impl Whose {
    pub(super) const ALL: [Self; 3] = [Self::Own, Self::Colleague, Self::Stranger];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Colleague => "colleague's",
            Self::Stranger => "stranger's",
        }
    }

    fn name(self, actor: Actor) -> &'static str {
        match self {
            Self::Own => actor.name(),
            Self::Colleague => "dora",
            Self::Stranger => "gina",
        }
    }
}

/// What an id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    User,
    Session,
    Device,
    Phone,
    Pending,
}

/// The portal with everyone in it: each has a phone, two sessions, and a change that waits in the first of them.
pub(super) struct Cast<'a> {
    p: &'a Portal,
    browsers: Vec<(&'static str, Browser)>,
    passwords: Vec<(String, Option<String>)>,
    phones: Vec<Phone>,
}

/// A phone as it was: id, account, user, label, domain, name, hashes and when it was added.
type Phone = (String, String, String, String, String, String, Vec<u8>, i64);

impl<'a> Cast<'a> {
    pub(super) async fn new(p: &'a Portal) -> Self {
        let mut cast = Self {
            p,
            browsers: Vec::new(),
            passwords: Vec::new(),
            phones: Vec::new(),
        };
        cast.add_dora().await;
        for (name, id) in OWN_PHONES {
            cast.add_phone(name, id).await;
        }
        let passwords = query("select id, password_hash from users").all(&p.app.db).await;
        cast.passwords = passwords.expect("everyone's password");
        let phones = query(
            "select id, account_id, user_id, label, sip_domain, sip_name, sip_hashes, created_at from phones order by id",
        );
        cast.phones = phones.all(&p.app.db).await.expect("everyone's phones");
        cast.renew().await;
        cast
    }

    /// A fifth person of Acme Boats, with Ann's password.
    async fn add_dora(&self) {
        let add = query(
            "insert into users (id, account_id, role, name, display_name, display_key, password_hash, password_set_at,
                                credential_epoch, created_at)
             select '0198c0de-0000-7000-8000-0000000000d0', account_id, role, 'dora', 'Dora Deck', 'dora deck',
                    password_hash, password_set_at, credential_epoch, created_at
               from users where name = 'ann'",
        );
        self.p.alter(add).await;
    }

    async fn add_phone(&self, name: &str, id: &str) {
        let add = query(
            "insert into phones (id, account_id, user_id, label, sip_domain, sip_name, extension, sip_hashes,
                                 generation, created_at)
             select $1, u.account_id, u.id, 'Desk', p.sip_domain, u.name || '-own', null, p.sip_hashes, 1,
                    p.created_at
               from users u, phones p where u.name = $2 and p.sip_name = 'ann-desk'",
        );
        self.p.alter(add.bind(id).bind(name)).await;
    }

    /// Whom somebody added is gone again, and whom somebody removed is back.
    async fn restore_people(&self) {
        let p = self.p;
        p.alter(query("delete from links")).await;
        p.alter(query("delete from outbox")).await;
        p.alter(query("delete from users where name = 'nobody-yet'")).await;
        p.alter(query("delete from removed_users")).await;
        let dora = query("select count(*) as count from users where name = 'dora'");
        if p.count(dora).await == 0 {
            self.add_dora().await;
            let (name, id) = OWN_PHONES[4];
            self.add_phone(name, id).await;
        }
        p.alter(query("delete from sip_orders")).await;
        p.alter(query("delete from phone_files")).await;
        p.alter(query(
            "update phones set blocked_at = null, old_hashes = null, old_until = null",
        ))
        .await;
        for (id, account, user, label, domain, name, hashes, at) in &self.phones {
            let back = query(
                "insert into phones (id, account_id, user_id, label, sip_domain, sip_name, sip_hashes, generation,
                                     created_at)
                 select $1, $2, $3, $4, $5, $6, $7, 1, cast($8 as bigint) from users where id = $3
                 on conflict do nothing",
            );
            let back = back.bind(id.as_str()).bind(account.as_str()).bind(user.as_str());
            let back = back.bind(label.as_str()).bind(domain.as_str()).bind(name.as_str());
            p.alter(back.bind(hashes.as_slice()).bind(*at)).await;
        }
    }

    /// Everything as it was before anybody tried anything; new sessions for all.
    pub(super) async fn renew(&mut self) {
        let p = self.p;
        p.alter(query("delete from throttle")).await;
        p.alter(query("delete from pending_changes")).await;
        p.alter(query("delete from links")).await;
        p.alter(query("delete from email_changes")).await;
        p.alter(query("delete from sessions")).await;
        self.restore_people().await;
        for (id, hash) in &self.passwords {
            let back = query(
                "update users set password_hash = $2, must_change_at = null, password_expires_at = null,
                        disabled_at = null where id = $1",
            );
            p.alter(back.bind(id.as_str()).bind(hash.as_deref())).await;
        }
        self.browsers.clear();
        let actors = Actor::ALL.map(|actor| (actor.name(), actor.password()));
        for (name, password) in actors
            .into_iter()
            .chain([("dora", OF_ANN), ("gina", "Harbour-Light-2")])
        {
            if !name.is_empty() {
                self.browsers.push((name, sign_in(p, name, password).await));
                sign_in(p, name, password).await;
            }
        }
        p.alter(query("update sessions set authenticated_at = 0")).await;
        for (_, browser) in &self.browsers {
            let kept = browser.change_password(NEW).await;
            assert!(kept.location().starts_with("/confirm?change="), "{}", kept.text);
        }
        p.alter(query("update sessions set authenticated_at = started_at"))
            .await;
        p.alter(query("update users set must_change_at = 1 where name = 'bob'"))
            .await;
        p.alter(query("update users set disabled_at = 1 where name = 'cora'"))
            .await;
    }

    /// A browser with the actor's cookies, and no other's.
    pub(super) fn browser(&self, actor: Actor) -> Browser {
        let known = self.browsers.iter().find(|(name, _)| *name == actor.name());
        known.map_or_else(|| self.p.browser(), |(_, browser)| browser.copy())
    }

    /// The id of a thing: a session that is not the one that asks, the change that waits in the one that does.
    pub(super) async fn id(&self, thing: Thing, whose: Whose, actor: Actor) -> String {
        let name = match whose.name(actor) {
            // Nobody has nothing: a user's own serve as well.
            "" => "ann",
            name => name,
        };
        let question = match thing {
            Thing::User => query("select id from users where name = $1"),
            Thing::Phone => {
                query("select p.id from phones p join users u on u.id = p.user_id where u.name = $1 order by p.id")
            }
            Thing::Session => query(
                "select s.id from sessions s join users u on u.id = s.user_id where u.name = $1
                    and s.id not in (select session_id from pending_changes)",
            ),
            Thing::Device => {
                query("select d.id from devices d join users u on u.id = d.user_id where u.name = $1 order by d.id")
            }
            Thing::Pending => {
                query("select c.id from pending_changes c join users u on u.id = c.user_id where u.name = $1")
            }
        };
        let found: Vec<(String,)> = question.bind(name).all(&self.p.app.db).await.expect("ids");
        let (id,) = found
            .into_iter()
            .next()
            .unwrap_or_else(|| panic!("{name} has no {thing:?}"));
        id
    }

    /// What must stay as it is when something is refused: all but the record of refusals, and when sessions were last
    /// seen.
    pub(super) async fn everything(&self) -> Vec<String> {
        let all = self.p.dump_everything().await;
        let kept = all
            .lines()
            .filter(|row| !(row.starts_with("audit_events") && row.contains("refused")));
        kept.map(|row| {
            let mut columns: Vec<_> = row.split(',').collect();
            // By its name where columns have one, else by its place.
            let named = columns.iter().position(|column| column.contains("last_seen_at"));
            if row.starts_with("sessions") {
                columns.remove(named.unwrap_or(columns.len() - 2));
            }
            columns.join(",")
        })
        .collect()
    }
}

async fn sign_in(p: &Portal, name: &str, password: &str) -> Browser {
    let browser = p.browser();
    let domain = match name {
        "olivia" => "",
        "gina" => "@globex.example",
        _ => "@acme.example",
    };
    browser
        .sign_in(&format!("{name}{domain}"), password)
        .await
        .leads_to("/");
    browser
}
