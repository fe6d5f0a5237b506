//! Who is in the demo. Fixed, and known to everyone.

use anyhow::{Context, anyhow};

use crate::accounts::create::NewAccount;
use crate::app::App;
use crate::audit;
use crate::clock::{DAY, HOUR, Millis};
use crate::db::Tx;
use crate::ids::{AccountId, PhoneId, UserId};
use crate::password::hash::HashedPassword;
use crate::password::names::About;
use crate::password::rules::{Profile, accept};
use crate::password::set::Lasting;
use crate::password::typed::TypedPassword;
use crate::phones::create::{NewPhone, Owner};
use crate::users::Role;
use crate::users::create::NewUser;
use crate::{accounts, password, phones, users};

const ZONE: &str = "Europe/Lisbon";
/// The provider's own account.
const PROVIDER: &str = "quayside.example";
const LOAD_DOMAIN: &str = "load.example";
/// Users seeded in one transaction.
const BATCH: u32 = 2_000;

/// One person of the demo.
#[derive(Clone, Copy, Debug)]
pub struct Someone {
    /// Before `@`; an operator's whole sign-in name.
    pub name: &'static str,
    /// `Ann Archer`
    pub display_name: &'static str,
    /// What they sign in with.
    pub password: &'static str,
    /// What they may do.
    pub role: Role,
    /// The account's domain.
    pub domain: &'static str,
    email: &'static str,
    extension: Option<&'static str>,
    phones: &'static [&'static str],
}

impl Someone {
    /// What they type to sign in.
    pub fn sign_in_name(&self) -> String {
        self.role.sign_in_name(self.name, self.domain)
    }

    /// The name of their account.
    pub fn account(&self) -> &'static str {
        ACCOUNTS
            .iter()
            .find(|(domain, _)| *domain == self.domain)
            .map_or("", |(_, name)| name)
    }
}

const ACCOUNTS: [(&str, &str); 3] = [
    ("acme.example", "Acme Boats"),
    ("globex.example", "Globex"),
    (PROVIDER, "Quayside Telecom"),
];

const fn user(
    name: &'static str,
    display_name: &'static str,
    password: &'static str,
    email: &'static str,
    extension: Option<&'static str>,
) -> Someone {
    let (role, domain) = (Role::User, "acme.example");
    Someone {
        name,
        display_name,
        password,
        role,
        domain,
        email,
        extension,
        phones: &[],
    }
}

const PEOPLE: [Someone; 7] = [
    Someone {
        phones: &["Desk", "Softphone", "Warehouse"],
        ..user("ann", "Ann Archer", "Harbour-Light-7", "ann@acme.example", Some("201"))
    },
    user(
        "bob",
        "Bob Boatwright",
        "Harbour-Light-8",
        "office@acme.example",
        Some("202"),
    ),
    user(
        "cora",
        "Cora Caulker",
        "Harbour-Light-9",
        "office@acme.example",
        Some("203"),
    ),
    Someone {
        role: Role::Administrator,
        ..user(
            "adam",
            "Adam Alder",
            "Harbour-Light-1",
            "adam@acme.example",
            Some("204"),
        )
    },
    Someone {
        domain: "globex.example",
        phones: &["Desk"],
        ..user(
            "gina",
            "Gina Globe",
            "Harbour-Light-2",
            "gina@globex.example",
            Some("201"),
        )
    },
    Someone {
        role: Role::Administrator,
        domain: "globex.example",
        ..user("gus", "Gus Globe", "Harbour-Light-3", "gus@globex.example", None)
    },
    Someone {
        role: Role::Operator,
        domain: PROVIDER,
        ..user(
            "olivia",
            "Olivia Quay",
            "Harbour-Light-4",
            "olivia@quayside.example",
            None,
        )
    },
];

/// Everyone who can sign in, load-test users aside.
pub fn people() -> [Someone; 7] {
    PEOPLE
}

/// The SIP password of a demo phone.
pub(super) fn sip_password(sip_name: &str) -> String {
    format!("Demo-{sip_name}-2026")
}

/// Makes the accounts, the people and their phones, and marks the database as a demo's.
pub(super) async fn seed(app: &App) -> anyhow::Result<()> {
    let mut hashes = Vec::new();
    for someone in people() {
        hashes.push(hash(app, someone.password).await?);
    }
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    tx.mark("demo").await?;
    audit::seal::begin(app, &mut tx).await?;
    let mut ids = Vec::new();
    for (domain, name) in ACCOUNTS {
        let new = NewAccount {
            name,
            domain,
            sip_domain: domain,
        };
        let id = accounts::create::create(app, &mut tx, new).await?;
        if domain == PROVIDER {
            accounts::set_provider(&mut tx, &id).await?;
        }
        ids.push((domain, id));
    }
    for (someone, hash) in people().iter().zip(&hashes) {
        let (_, account) = ids
            .iter()
            .find(|(domain, _)| *domain == someone.domain)
            .context("an account for each")?;
        let new = NewUser {
            role: someone.role,
            name: someone.name,
            display_name: someone.display_name,
            email: Some(someone.email),
            email_verified: true,
            extension: someone.extension,
            time_zone: ZONE,
        };
        let user = add(app, &mut tx, account, new, hash).await?;
        for label in someone.phones {
            let name = format!("{}-{}", someone.name, label.to_lowercase());
            let owner = Owner {
                account,
                user: &user,
                sip_domain: someone.domain,
            };
            let phone = add_phone(app, &mut tx, owner, label, &name, someone.extension).await?;
            phones::history::seed(&mut tx, &phone, &past(label, now)).await?;
            if *label == "Warehouse" {
                let gone = now - 3 * DAY - 4 * HOUR;
                phones::live::seed_offline(&mut tx, &phone, (&name, someone.domain), (gone - 20 * DAY, gone)).await?;
            }
        }
    }
    tx.commit().await?;
    Ok(())
}

/// When a phone was registered in the days before: a desk phone always, but for an hour without power; a softphone while its
/// computer was on.
fn past(label: &str, now: Millis) -> Vec<(Millis, Millis)> {
    match label {
        "Desk" => vec![
            (now - 9 * DAY, now - 2 * DAY - 5 * HOUR),
            (now - 2 * DAY - 4 * HOUR, now),
        ],
        "Softphone" => (0..8)
            .map(|day| now - day * DAY)
            .map(|end| (end - 7 * HOUR, end))
            .collect(),
        _ => Vec::new(),
    }
}

/// Makes `load.example` hold at least `wanted` users with one phone each; all share one password hash.
pub(super) async fn seed_load(app: &App, wanted: u32) -> anyhow::Result<()> {
    if wanted == 0 {
        return Ok(());
    }
    let hash = hash(app, "Harbour-Light-0").await?;
    let mut tx = app.db.begin().await?;
    let found = accounts::by_domain(&mut tx, LOAD_DOMAIN).await?;
    let account = match found {
        Some(account) => account,
        None => {
            let new = NewAccount {
                name: "Load Test",
                domain: LOAD_DOMAIN,
                sip_domain: LOAD_DOMAIN,
            };
            let account = accounts::create::create(app, &mut tx, new).await?;
            accounts::set_max_phones(&mut tx, &account, accounts::max_phones::MOST).await?;
            account
        }
    };
    tx.commit().await?;
    let have = u32::try_from(users::count_of_account(&app.db, &account).await?)?;
    for first in (have..wanted).step_by(BATCH as usize) {
        let mut tx = app.db.begin().await?;
        for number in first..wanted.min(first + BATCH) {
            let name = format!("u{number:06}");
            let new = NewUser {
                role: Role::User,
                name: &name,
                display_name: &name,
                email: None,
                email_verified: false,
                extension: None,
                time_zone: ZONE,
            };
            let user = add(app, &mut tx, &account, new, &hash).await?;
            let owner = Owner {
                account: &account,
                user: &user,
                sip_domain: LOAD_DOMAIN,
            };
            add_phone(app, &mut tx, owner, "Desk", &format!("{name}-desk"), None).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

async fn add(
    app: &App,
    tx: &mut Tx,
    account: &AccountId,
    new: NewUser<'_>,
    hash: &HashedPassword,
) -> anyhow::Result<UserId> {
    let Some(user) = users::create::create(app, tx, account, new).await? else {
        anyhow::bail!("two of the demo's people have one name");
    };
    password::set::first(app, tx, (account, &user), hash, Lasting::default()).await?;
    Ok(user)
}

async fn add_phone(
    app: &App,
    tx: &mut Tx,
    owner: Owner<'_>,
    label: &str,
    sip_name: &str,
    extension: Option<&str>,
) -> anyhow::Result<PhoneId> {
    let sip_password = sip_password(sip_name);
    let new = NewPhone {
        label,
        sip_name,
        sip_password: &sip_password,
        extension,
    };
    phones::create::insert(app, tx, owner, new)
        .await?
        .with_context(|| format!("{sip_name} is taken"))
}

/// By the rules like any other, though of nobody: a demo's password must be one that could be set.
async fn hash(app: &App, text: &str) -> anyhow::Result<HashedPassword> {
    let new = accept(Profile::Classic, &TypedPassword::from(text), &About::default())
        .map_err(|refused| anyhow!("the demo's password breaks the rules: {refused:?}"))?;
    Ok(app.hashes.hash(&new).await?)
}
