//! Statements on `accounts`.

use super::create::NewAccount;
use super::find::Listed;
use crate::clock::Millis;
use crate::db::like::canonical;
use crate::db::{Db, Tx, query};
use crate::error::Result;
use crate::ids::AccountId;

/// Adds an account.
pub(super) async fn insert(tx: &mut Tx, id: &AccountId, new: &NewAccount<'_>, now: Millis) -> Result<()> {
    query("insert into accounts (id, name, name_key, domain, sip_domain, created_at) values ($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(new.name)
        .bind(canonical(new.name))
        .bind(new.domain)
        .bind(new.sip_domain)
        .bind(now)
        .run(tx)
        .await?;
    Ok(())
}

/// Every SIP domain of the portal with its challenge algorithm. For the registrar alone.
pub async fn sip_domains(db: &Db) -> Result<Vec<(String, String)>> {
    query("select sip_domain, sip_algorithm from accounts where suspended_at is null")
        .all(db)
        .await
}

/// An account with how much it holds.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Counted {
    /// Which.
    pub id: AccountId,
    /// `Acme Boats`
    pub name: String,
    /// `acme.example`
    pub domain: String,
    /// The realm of its phones.
    pub sip_domain: String,
    /// With which digest they prove their SIP password.
    pub sip_algorithm: String,
    /// How many phones it may have.
    pub max_phones: i64,
    /// Since when nobody of it may sign in.
    pub suspended_at: Option<Millis>,
    /// When it was made.
    pub created_at: Millis,
    /// How many users it has, administrators and operators included.
    pub users: i64,
    /// How many of them administer it.
    pub administrators: i64,
    /// How many phones they have.
    pub phones: i64,
}

/// All accounts by domain. For commands.
pub async fn all(db: &Db) -> Result<Vec<Counted>> {
    query(
        "select a.id, a.name, a.domain, a.sip_domain, a.sip_algorithm, a.max_phones, a.suspended_at, a.created_at,
                coalesce(u.users, 0) as users, coalesce(u.administrators, 0) as administrators,
                coalesce(p.phones, 0) as phones
           from accounts a
           left join (select account_id, count(*) as users,
                             count(case when role = 'administrator' then 1 end) as administrators
                        from users group by account_id) u on u.account_id = a.id
           left join (select account_id, count(*) as phones from phones group by account_id) p on p.account_id = a.id
          order by a.domain",
    )
    .all(db)
    .await
}

/// The account whose phones have this realm.
pub(super) async fn by_sip_domain(tx: &mut Tx, sip_domain: &str) -> Result<Option<AccountId>> {
    let row: Option<(AccountId,)> = query("select id from accounts where sip_domain = $1")
        .bind(sip_domain)
        .optional(tx)
        .await?;
    Ok(row.map(|(id,)| id))
}

/// The realm of the account's phones.
pub async fn sip_domain_of(tx: &mut Tx, account: &AccountId) -> Result<String> {
    let (sip_domain,): (String,) = query("select sip_domain from accounts where id = $1")
        .bind(account)
        .one(tx)
        .await?;
    Ok(sip_domain)
}

/// With which digest the account's phones prove their SIP password.
pub(super) async fn sip_algorithm_of(tx: &mut Tx, account: &AccountId) -> Result<String> {
    let (algorithm,): (String,) = query("select sip_algorithm from accounts where id = $1")
        .bind(account)
        .one(tx)
        .await?;
    Ok(algorithm)
}

/// Sets it.
pub(super) async fn set_sip_algorithm(tx: &mut Tx, account: &AccountId, algorithm: &str) -> Result<()> {
    query("update accounts set sip_algorithm = $2 where id = $1")
        .bind(account)
        .bind(algorithm)
        .run(tx)
        .await?;
    Ok(())
}

/// How many phones the account may have, and how many it has. Whoever holds its row sees the last of them.
pub async fn max_phones_of(tx: &mut Tx, account: &AccountId) -> Result<(i64, i64)> {
    query(
        "select a.max_phones, (select count(*) from phones p where p.account_id = a.id) as phones
           from accounts a where a.id = $1",
    )
    .bind(account)
    .one(tx)
    .await
}

/// Sets how many it may have.
pub async fn set_max_phones(tx: &mut Tx, account: &AccountId, most: i64) -> Result<()> {
    query("update accounts set max_phones = $2 where id = $1")
        .bind(account)
        .bind(most)
        .run(tx)
        .await?;
    Ok(())
}

/// The domain of the provider's own account; `None` before the portal was set up.
pub async fn provider_domain(tx: &mut Tx) -> Result<Option<String>> {
    let row: Option<(String,)> =
        query("select a.domain from portal p join accounts a on a.id = p.value where p.name = 'provider'")
            .optional(tx)
            .await?;
    Ok(row.map(|(domain,)| domain))
}

/// Says which account is the provider's own, once and for all.
pub async fn set_provider(tx: &mut Tx, account: &AccountId) -> Result<()> {
    query("insert into portal (name, value) values ('provider', $1)")
        .bind(account)
        .run(tx)
        .await?;
    Ok(())
}

/// What an account is called.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Named {
    /// Which.
    pub id: AccountId,
    /// `Acme Boats`
    pub name: String,
    /// `acme.example`
    pub domain: String,
}

/// The account of a domain, with its names.
pub async fn named(db: &Db, domain: &str) -> Result<Option<Named>> {
    query("select id, name, domain from accounts where domain = $1")
        .bind(domain)
        .optional(db)
        .await
}

/// The account of a domain.
pub async fn by_domain(tx: &mut Tx, domain: &str) -> Result<Option<AccountId>> {
    let row: Option<(AccountId,)> = query("select id from accounts where domain = $1")
        .bind(domain)
        .optional(tx)
        .await?;
    Ok(row.map(|(id,)| id))
}

/// Holds the account's row until the transaction ends, for what only one at a time may do to its people.
pub async fn hold(tx: &mut Tx, account: &AccountId) -> Result<()> {
    query("update accounts set name = name where id = $1")
        .bind(account)
        .run(tx)
        .await?;
    Ok(())
}

/// Accounts by domain, those behind `after`, whose name or domain fits `pattern` (of `like`, with `!` before what is
/// meant as it is). For operators alone.
pub(super) async fn listed(db: &Db, pattern: &str, after: &str, limit: i64) -> Result<Vec<Listed>> {
    query(
        "select a.id, a.name, a.domain, a.suspended_at, a.max_phones,
                (select count(*) from users u where u.account_id = a.id) as users,
                (select string_agg(d.display_name, ', ' order by d.display_key) from users d
                  where d.account_id = a.id and d.role = 'administrator' and d.disabled_at is null) as administrators,
                (select count(*) from phones p where p.account_id = a.id) as phones
           from accounts a
          where (a.name_key like $1 escape '!' or a.domain like $1 escape '!') and a.domain > $2
          order by a.domain limit $3",
    )
    .bind(pattern)
    .bind(after)
    .bind(limit)
    .all(db)
    .await
}
