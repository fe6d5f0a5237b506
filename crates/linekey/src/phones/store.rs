//! Statements on `phones` and `registrations`.

use super::create::{NewPhone, Owner};
use crate::clock::Millis;
use crate::db::{Db, Tx, query};
use crate::error::Result;
use crate::ids::{AccountId, PhoneId, UserId};
use crate::users::Role;

/// A phone's sealed hashes with the names they were made with.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Hashes {
    pub(super) id: PhoneId,
    pub(super) sip_name: String,
    pub(super) sip_domain: String,
    pub(super) sip_hashes: Vec<u8>,
    pub(super) generation: i64,
}

/// The sealed hashes of every phone of a user.
pub(super) async fn hashes_of_user(db: &Db, account: &AccountId, user: &UserId) -> Result<Vec<Hashes>> {
    query(
        "select id, sip_name, sip_domain, sip_hashes, generation from phones
          where account_id = $1 and user_id = $2 order by id",
    )
    .bind(account)
    .bind(user)
    .all(db)
    .await
}

/// A phone's sealed hashes alone.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Sealed {
    pub(super) id: PhoneId,
    pub(super) sip_hashes: Vec<u8>,
}

/// The next phones behind `after` whose hashes are sealed with the key of these first bytes. For sealing them anew.
pub(super) async fn sealed_with(tx: &mut Tx, key: &[u8], after: &str, limit: i64) -> Result<Vec<Sealed>> {
    query(
        "select id, sip_hashes from phones where substr(sip_hashes, 1, 4) = $1 and id > $2
          order by id limit $3",
    )
    .bind(key)
    .bind(after)
    .bind(limit)
    .all(tx)
    .await
}

/// Puts the same hashes sealed anew in the place of `old`; a SIP password that was changed meanwhile stays.
pub(super) async fn reseal(tx: &mut Tx, phone: &PhoneId, old: &[u8], new: &[u8]) -> Result<()> {
    query("update phones set sip_hashes = $3 where id = $1 and sip_hashes = $2")
        .bind(phone)
        .bind(old)
        .bind(new)
        .run(tx)
        .await?;
    Ok(())
}

/// How many phones' hashes are sealed with each key, by the first bytes of what is sealed.
pub(super) async fn count_by_key(db: &Db) -> Result<Vec<(Vec<u8>, i64)>> {
    query("select substr(sip_hashes, 1, 4) as sealed_with, count(*) as phones from phones group by substr(sip_hashes, 1, 4)")
        .all(db)
        .await
}

/// The phone that was added last.
pub(super) async fn newest_sealed(db: &Db) -> Result<Option<Sealed>> {
    query("select id, sip_hashes from phones order by id desc limit 1")
        .optional(db)
        .await
}

/// The phone of a SIP name, unless its user is disabled or its account suspended. For the registrar alone.
pub(super) async fn by_sip_name(db: &Db, sip_domain: &str, sip_name: &str) -> Result<Option<Hashes>> {
    query(
        "select p.id, p.sip_name, p.sip_domain, p.sip_hashes, p.generation
           from phones p
           join users u on u.id = p.user_id
           join accounts a on a.id = p.account_id
          where p.sip_domain = $1 and p.sip_name = $2 and u.disabled_at is null and a.suspended_at is null",
    )
    .bind(sip_domain)
    .bind(sip_name)
    .optional(db)
    .await
}

/// The labels a user has given.
pub(super) async fn labels_of(tx: &mut Tx, account: &AccountId, user: &UserId) -> Result<Vec<String>> {
    let rows: Vec<(String,)> = query("select label from phones where account_id = $1 and user_id = $2")
        .bind(account)
        .bind(user)
        .all(tx)
        .await?;
    Ok(rows.into_iter().map(|(label,)| label).collect())
}

/// Adds a phone. False: its SIP name or its label is taken.
pub(super) async fn insert(
    tx: &mut Tx,
    id: &PhoneId,
    owner: Owner<'_>,
    new: NewPhone<'_>,
    sealed: &[u8],
    now: Millis,
) -> Result<bool> {
    let added = query(
        "insert into phones (id, account_id, user_id, label, sip_domain, sip_name, extension, sip_hashes, generation,
                             created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9)
         on conflict do nothing",
    )
    .bind(id)
    .bind(owner.account)
    .bind(owner.user)
    .bind(new.label)
    .bind(owner.sip_domain)
    .bind(new.sip_name)
    .bind(new.extension)
    .bind(sealed)
    .bind(now)
    .run(tx)
    .await?;
    Ok(added == 1)
}

/// A phone beside one of its registrations, if it has any.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Seen {
    pub(super) id: PhoneId,
    pub(super) label: String,
    pub(super) extension: Option<String>,
    pub(super) sip_name: String,
    pub(super) sip_domain: String,
    pub(super) user_agent: Option<String>,
    pub(super) received: Option<String>,
    pub(super) registered_at: Option<Millis>,
    pub(super) expires_at: Option<Millis>,
    pub(super) ended_at: Option<Millis>,
}

/// A user's phones with their registrations, by label, and of one phone the latest refresh first.
pub(super) async fn seen_of_user(db: &Db, account: &AccountId, user: &UserId) -> Result<Vec<Seen>> {
    query(
        "select p.id, p.label, p.extension, p.sip_name, p.sip_domain, r.user_agent, r.received, r.registered_at,
                r.expires_at, r.ended_at
           from phones p left join registrations r on r.phone_id = p.id
          where p.account_id = $1 and p.user_id = $2
          order by p.label, r.refreshed_at desc",
    )
    .bind(account)
    .bind(user)
    .all(db)
    .await
}

/// The same with whose phone it is.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct SeenOfSomeone {
    pub(super) user_name: String,
    #[sqlx(try_from = "String")]
    pub(super) role: Role,
    pub(super) domain: String,
    #[sqlx(flatten)]
    pub(super) seen: Seen,
}

/// The phones of the account of `domain` (with an empty one: of all), or of one user of it, with their registrations,
/// in the order of [`seen_of_user`]. For commands.
pub(super) async fn seen_in_accounts(db: &Db, domain: &str, user: &str) -> Result<Vec<SeenOfSomeone>> {
    query(
        "select u.name as user_name, u.role, a.domain, p.id, p.label, p.extension, p.sip_name, p.sip_domain,
                r.user_agent, r.received, r.registered_at, r.expires_at, r.ended_at
           from phones p
           join users u on u.id = p.user_id
           join accounts a on a.id = p.account_id
           left join registrations r on r.phone_id = p.id
          where ($1 = '' or a.domain = $1) and ($2 = '' or u.id = $2)
          order by a.domain, u.name, p.label, p.id, r.refreshed_at desc",
    )
    .bind(domain)
    .bind(user)
    .all(db)
    .await
}

/// A registration as it is stored; see [`linekey_sip::SavedBinding`].
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Registration {
    pub(super) phone_id: PhoneId,
    pub(super) contact: String,
    pub(super) address_of_record: String,
    pub(super) received: String,
    pub(super) transport: String,
    pub(super) call_id: String,
    pub(super) cseq: i64,
    pub(super) instance: Option<String>,
    pub(super) user_agent: String,
    pub(super) q: Option<i64>,
    pub(super) generation: i64,
    pub(super) registered_at: Millis,
    pub(super) refreshed_at: Millis,
    pub(super) expires_at: Millis,
}

/// Every registration that has not ended.
pub(super) async fn registrations(db: &Db, now: Millis) -> Result<Vec<Registration>> {
    query(
        "select phone_id, contact, address_of_record, received, transport, call_id, cseq, instance, user_agent, q,
                generation, registered_at, refreshed_at, expires_at
           from registrations where ended_at is null and expires_at > $1",
    )
    .bind(now)
    .all(db)
    .await
}

/// Writes a registration, new or refreshed; a phone that is gone is skipped.
pub(super) async fn put_registration(tx: &mut Tx, row: &Registration) -> Result<()> {
    query(
        "insert into registrations (phone_id, account_id, contact, address_of_record, received, transport, call_id,
                                    cseq, instance, user_agent, q, generation, registered_at, refreshed_at, expires_at)
         select id, account_id, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14 from phones where id = $1
         on conflict (phone_id, contact) do update
            set received = excluded.received, transport = excluded.transport, call_id = excluded.call_id,
                cseq = excluded.cseq, instance = excluded.instance, user_agent = excluded.user_agent,
                q = excluded.q, generation = excluded.generation, registered_at = excluded.registered_at,
                refreshed_at = excluded.refreshed_at, expires_at = excluded.expires_at, ended_at = null",
    )
    .bind(&row.phone_id)
    .bind(row.contact.as_str())
    .bind(row.address_of_record.as_str())
    .bind(row.received.as_str())
    .bind(row.transport.as_str())
    .bind(row.call_id.as_str())
    .bind(row.cseq)
    .bind(row.instance.as_deref())
    .bind(row.user_agent.as_str())
    .bind(row.q)
    .bind(row.generation)
    .bind(row.registered_at)
    .bind(row.refreshed_at)
    .bind(row.expires_at)
    .run(tx)
    .await?;
    Ok(())
}

/// Forgets what ended before, once the phone is registered again.
pub(super) async fn forget_ended(tx: &mut Tx, phone: &PhoneId, now: Millis) -> Result<()> {
    query("delete from registrations where phone_id = $1 and (ended_at is not null or expires_at <= $2)")
        .bind(phone)
        .bind(now)
        .run(tx)
        .await?;
    Ok(())
}

/// Notes that a registration ended.
pub(super) async fn end_registration(tx: &mut Tx, phone: &PhoneId, contact: &str, at: Millis) -> Result<()> {
    query("update registrations set ended_at = $3 where phone_id = $1 and contact = $2 and ended_at is null")
        .bind(phone)
        .bind(contact)
        .bind(at)
        .run(tx)
        .await?;
    Ok(())
}

/// Whose phone it is. For events of the registrar.
pub(super) async fn owner_of(tx: &mut Tx, phone: &PhoneId) -> Result<Option<(AccountId, UserId)>> {
    query("select account_id, user_id from phones where id = $1")
        .bind(phone)
        .optional(tx)
        .await
}

/// Waits for whoever is about to store a registration of the user's phones, and lets nobody begin. A SIP name is what
/// PostgreSQL locks more firmly than the rest of a row, for it could be referred to.
pub(super) async fn lock_out_phones_of(tx: &mut Tx, account: &AccountId, user: &UserId) -> Result<()> {
    query("update phones set sip_name = id where account_id = $1 and user_id = $2")
        .bind(account)
        .bind(user)
        .run(tx)
        .await?;
    Ok(())
}

/// Takes the registrations of a user's phones away.
pub(super) async fn remove_registrations_of(tx: &mut Tx, account: &AccountId, user: &UserId) -> Result<()> {
    query(
        "delete from registrations
          where account_id = $1 and phone_id in (select id from phones where account_id = $1 and user_id = $2)",
    )
    .bind(account)
    .bind(user)
    .run(tx)
    .await?;
    Ok(())
}

/// Takes a user's phones away, and says how many there were.
pub(super) async fn remove_phones_of(tx: &mut Tx, account: &AccountId, user: &UserId) -> Result<u64> {
    query("delete from phones where account_id = $1 and user_id = $2")
        .bind(account)
        .bind(user)
        .run(tx)
        .await
}
