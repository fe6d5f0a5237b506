//! Statements on `phones` and `registrations`.

use super::create::{NewPhone, Owner};
use super::live::Found;
use super::rows::Rows;
use crate::clock::Millis;
use crate::db::like::canonical;
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
    /// Those of the SIP password before, as long as they are known.
    pub(super) old_hashes: Option<Vec<u8>>,
    /// Until when that one is good.
    pub(super) old_until: Option<Millis>,
    /// When it was last refused for being used.
    pub(super) outdated_at: Option<Millis>,
    /// Links that wait for the phone to register with its newest SIP password: one or none.
    pub(super) links: i64,
}

/// The sealed hashes of every phone of a user.
pub(super) async fn hashes_of_user(db: &Db, account: &AccountId, user: &UserId) -> Result<Vec<Hashes>> {
    query(
        "select id, sip_name, sip_domain, sip_hashes, generation, old_hashes, old_until, outdated_at,
                (select count(*) from phone_files f where f.phone_id = phones.id) as links
           from phones where account_id = $1 and user_id = $2 order by id",
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
    pub(super) old_hashes: Option<Vec<u8>>,
}

/// The next phones behind `after` whose hashes are sealed with the key of these first bytes. For sealing them anew.
pub(super) async fn sealed_with(tx: &mut Tx, key: &[u8], after: &str, limit: i64) -> Result<Vec<Sealed>> {
    query(
        "select id, sip_hashes, old_hashes from phones
          where (substr(sip_hashes, 1, 4) = $1 or substr(old_hashes, 1, 4) = $1) and id > $2
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

/// The same of the SIP password before; with `None` it is not known any more.
pub(super) async fn reseal_old(tx: &mut Tx, phone: &PhoneId, old: &[u8], new: Option<&[u8]>) -> Result<()> {
    query("update phones set old_hashes = $3 where id = $1 and old_hashes = $2")
        .bind(phone)
        .bind(old)
        .bind(new)
        .run(tx)
        .await?;
    Ok(())
}

/// How many phones' hashes are sealed with each key, by the first bytes of what is sealed.
pub(super) async fn count_by_key(db: &Db) -> Result<Vec<(Vec<u8>, i64)>> {
    query(
        "select sealed_with, count(distinct id) as phones
           from (select id, substr(sip_hashes, 1, 4) as sealed_with from phones
                 union all
                 select id, substr(old_hashes, 1, 4) from phones where old_hashes is not null) as sealed
          group by sealed_with",
    )
    .all(db)
    .await
}

/// The phone that was added last.
pub(super) async fn newest_sealed(db: &Db) -> Result<Option<Sealed>> {
    query("select id, sip_hashes, old_hashes from phones order by id desc limit 1")
        .optional(db)
        .await
}

/// Whose the phone of a SIP name is, whether or not it may register. For commands and what is told of refusals.
pub(super) async fn by_address(db: &Db, sip_domain: &str, sip_name: &str) -> Result<Option<Found>> {
    query("select id, account_id, user_id from phones where sip_domain = $1 and sip_name = $2")
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
        "insert into phones (id, account_id, user_id, label, label_key, sip_domain, sip_name, extension, sip_hashes,
                             generation, created_at)
         values ($1, $2, $3, $4, $10, $5, $6, $7, $8, 1, $9)
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
    .bind(canonical(new.label))
    .run(tx)
    .await?;
    Ok(added == 1)
}

/// A phone beside one of its registrations, if it has any.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Seen {
    pub(super) id: PhoneId,
    pub(super) label: String,
    pub(super) extension: Option<String>,
    pub(super) sip_name: String,
    pub(super) sip_domain: String,
    /// Of its SIP password.
    pub(super) newest: i64,
    pub(super) old_until: Option<Millis>,
    pub(super) outdated_at: Option<Millis>,
    pub(super) outdated_from: Option<String>,
    pub(super) outdated_agent: Option<String>,
    pub(super) blocked_at: Option<Millis>,
    /// Since when its owner is mailed about it.
    pub(super) notices_since: Option<Millis>,
    /// Until when its set-up link works, and when that was first fetched.
    pub(super) link_until: Option<Millis>,
    pub(super) link_fetched_at: Option<Millis>,
    /// Of the SIP password that made the registration.
    pub(super) generation: Option<i64>,
    pub(super) user_agent: Option<String>,
    pub(super) received: Option<String>,
    pub(super) registered_at: Option<Millis>,
    pub(super) expires_at: Option<Millis>,
    pub(super) ended_at: Option<Millis>,
    /// Since when it does not answer there.
    pub(super) silent_at: Option<Millis>,
}

/// A user's phones with their registrations, by label, and of one phone the latest refresh first.
pub(super) async fn seen_of_user(db: &Db, account: &AccountId, user: &UserId) -> Result<Vec<Seen>> {
    query(
        "select p.id, p.label, p.extension, p.sip_name, p.sip_domain, p.generation as newest, p.old_until, p.outdated_at,
                p.outdated_from, p.outdated_agent, p.blocked_at, n.since as notices_since, f.expires_at as link_until,
                f.fetched_at as link_fetched_at, r.generation, r.user_agent, r.received, r.registered_at, r.expires_at,
                r.ended_at, r.silent_at
           from phones p
           left join phone_notices n on n.phone_id = p.id
           left join phone_files f on f.phone_id = p.id
           left join registrations r on r.phone_id = p.id
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
                p.generation as newest, p.old_until, p.outdated_at, p.outdated_from, p.outdated_agent, p.blocked_at,
                n.since as notices_since, f.expires_at as link_until, f.fetched_at as link_fetched_at, r.generation,
                r.user_agent, r.received, r.registered_at, r.expires_at, r.ended_at, r.silent_at
           from phones p
           join users u on u.id = p.user_id
           join accounts a on a.id = p.account_id
           left join phone_notices n on n.phone_id = p.id
           left join phone_files f on f.phone_id = p.id
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
#[derive(Debug, serde::Serialize, sqlx::FromRow)]
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
    pub(super) silent_at: Option<Millis>,
}

impl Registration {
    /// Whether it begins with this request.
    pub(super) fn is_new(&self) -> bool {
        self.registered_at == self.refreshed_at
    }
}

/// Every registration that has not ended.
pub(super) async fn registrations(db: &Db, now: Millis) -> Result<Vec<Registration>> {
    query(
        "select phone_id, contact, address_of_record, received, transport, call_id, cseq, instance, user_agent, q,
                generation, registered_at, refreshed_at, expires_at, silent_at
           from registrations where ended_at is null and expires_at > $1",
    )
    .bind(now)
    .all(db)
    .await
}

/// Writes registrations, new or refreshed, none of them twice; those of a phone that is gone are skipped.
pub(super) async fn put_registrations(tx: &mut Tx, rows: &Rows) -> Result<()> {
    query(
        "insert into registrations (phone_id, account_id, contact, address_of_record, received, transport, call_id,
                                    cseq, instance, user_agent, q, generation, registered_at, refreshed_at, expires_at,
                                    silent_at)
         select p.id, p.account_id, value ->> 'contact', value ->> 'address_of_record', value ->> 'received',
                value ->> 'transport', value ->> 'call_id', cast(value ->> 'cseq' as bigint), value ->> 'instance',
                value ->> 'user_agent', cast(value ->> 'q' as bigint), cast(value ->> 'generation' as bigint),
                cast(value ->> 'registered_at' as bigint), cast(value ->> 'refreshed_at' as bigint),
                cast(value ->> 'expires_at' as bigint), cast(value ->> 'silent_at' as bigint)
           from jsonb_each($1) join phones p on p.id = value ->> 'phone_id'
          where true
         on conflict (phone_id, contact) do update
            set address_of_record = excluded.address_of_record, received = excluded.received,
                transport = excluded.transport, call_id = excluded.call_id, cseq = excluded.cseq,
                instance = excluded.instance, user_agent = excluded.user_agent, q = excluded.q, generation = excluded.generation, registered_at = excluded.registered_at,
                refreshed_at = excluded.refreshed_at, expires_at = excluded.expires_at, ended_at = null,
                silent_at = excluded.silent_at",
    )
    .bind(rows.as_str())
    .run(tx)
    .await?;
    Ok(())
}

/// What a refreshed registration has anew, and its key.
#[derive(Debug, serde::Serialize)]
pub(super) struct Refreshed<'a> {
    pub(super) phone_id: &'a str,
    pub(super) contact: &'a str,
    pub(super) call_id: &'a str,
    pub(super) cseq: i64,
    pub(super) refreshed_at: Millis,
    pub(super) expires_at: Millis,
    /// As it should be stored already.
    pub(super) silent_at: Option<Millis>,
}

/// Writes that registrations were refreshed, none of them twice, and says how many of them there are.
pub(super) async fn refresh_registrations(tx: &mut Tx, rows: &Rows) -> Result<u64> {
    query(
        "update registrations
            set call_id = value ->> 'call_id', cseq = cast(value ->> 'cseq' as bigint),
                refreshed_at = cast(value ->> 'refreshed_at' as bigint),
                expires_at = cast(value ->> 'expires_at' as bigint),
                silent_at = cast(value ->> 'silent_at' as bigint), ended_at = null
           from jsonb_each($1)
          where phone_id = value ->> 'phone_id' and contact = value ->> 'contact'",
    )
    .bind(rows.as_str())
    .run(tx)
    .await
}

/// Forgets what ended before, of phones that are registered again.
pub(super) async fn forget_ended(tx: &mut Tx, phones: &Rows, now: Millis) -> Result<()> {
    query(
        "delete from registrations
          where phone_id in (select value ->> 'phone_id' from jsonb_each($1))
            and (ended_at is not null or expires_at <= $2)",
    )
    .bind(phones.as_str())
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

/// The phones that something is done to: one of a user, or with `None` all of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Which<'a> {
    pub(super) account: &'a AccountId,
    pub(super) user: &'a UserId,
    pub(super) phone: Option<&'a PhoneId>,
}

impl<'a> Which<'a> {
    /// The one, as a statement takes it: empty for all.
    pub(super) fn one(&self) -> &'a str {
        self.phone.map_or("", PhoneId::as_str)
    }
}

/// Waits for whoever is about to store a registration of these phones, and lets nobody begin. A SIP name is what
/// PostgreSQL locks more firmly than the rest of a row, for it could be referred to.
pub(super) async fn lock_out(tx: &mut Tx, which: Which<'_>) -> Result<()> {
    query("update phones set sip_name = id where account_id = $1 and user_id = $2 and ($3 = '' or id = $3)")
        .bind(which.account)
        .bind(which.user)
        .bind(which.one())
        .run(tx)
        .await?;
    Ok(())
}

/// Takes their registrations away.
pub(super) async fn remove_registrations(tx: &mut Tx, which: Which<'_>) -> Result<()> {
    query(
        "delete from registrations
          where account_id = $1
            and phone_id in (select id from phones where account_id = $1 and user_id = $2 and ($3 = '' or id = $3))",
    )
    .bind(which.account)
    .bind(which.user)
    .bind(which.one())
    .run(tx)
    .await?;
    Ok(())
}

/// Takes them away, and says how many there were.
pub(super) async fn remove_phones(tx: &mut Tx, which: Which<'_>) -> Result<u64> {
    query("delete from phones where account_id = $1 and user_id = $2 and ($3 = '' or id = $3)")
        .bind(which.account)
        .bind(which.user)
        .bind(which.one())
        .run(tx)
        .await
}

/// A phone that somebody does something to.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Held {
    pub(super) id: PhoneId,
    pub(super) label: String,
    pub(super) sip_name: String,
    pub(super) sip_domain: String,
    pub(super) sip_hashes: Vec<u8>,
    pub(super) generation: i64,
    pub(super) blocked_at: Option<Millis>,
}

/// A phone of a user whose row the caller holds, so that nobody else does anything to it.
pub(super) async fn of_held_user(
    tx: &mut Tx,
    (account, user): (&AccountId, &UserId),
    phone: &PhoneId,
) -> Result<Option<Held>> {
    query(
        "select id, label, sip_name, sip_domain, sip_hashes, generation, blocked_at from phones
          where account_id = $1 and user_id = $2 and id = $3",
    )
    .bind(account)
    .bind(user)
    .bind(phone)
    .optional(tx)
    .await
}

/// Two SIP passwords of a phone that are good for a while.
pub(super) struct Overlap<'a> {
    pub(super) phone: &'a PhoneId,
    /// Until when the one before is good.
    pub(super) old_until: Millis,
    /// When its owner was told that it ends, if that is not worth a mail any more.
    pub(super) told_at: Option<Millis>,
}

/// Gives a phone its next SIP password; the one it had is known as `old`.
pub(super) async fn rotate(tx: &mut Tx, overlap: &Overlap<'_>, sealed: &[u8], old: Option<&[u8]>) -> Result<()> {
    query(
        "update phones set sip_hashes = $2, generation = generation + 1, old_hashes = $3, old_until = $4,
                           overlap_told_at = $5, outdated_at = null, outdated_from = null, outdated_agent = null
          where id = $1",
    )
    .bind(overlap.phone)
    .bind(sealed)
    .bind(old)
    .bind(overlap.old_until)
    .bind(overlap.told_at)
    .run(tx)
    .await?;
    Ok(())
}

/// Puts another SIP password in the place of the newest, if an overlap lasts: the one before stays that. `goes_on`: it
/// stays good, and what it registered with it. False: no overlap lasts.
pub(super) async fn replace_unused(
    tx: &mut Tx,
    overlap: &Overlap<'_>,
    sealed: &[u8],
    goes_on: bool,
    now: Millis,
) -> Result<bool> {
    let replaced = query(
        "update phones set sip_hashes = $2, generation = generation + $3, old_until = $4,
                           overlap_told_at = $5, outdated_at = null, outdated_from = null, outdated_agent = null
          where id = $1 and old_hashes is not null and old_until > $6",
    )
    .bind(overlap.phone)
    .bind(sealed)
    .bind(i64::from(!goes_on))
    .bind(overlap.old_until)
    .bind(overlap.told_at)
    .bind(now)
    .run(tx)
    .await?;
    Ok(replaced == 1)
}

/// Notes that a phone registers with its newest SIP password: the one before is good no more, and what was said of phones
/// that use it is over. False: it has another one meanwhile.
pub(super) async fn end_overlap(tx: &mut Tx, phone: &PhoneId, generation: i64, now: Millis) -> Result<bool> {
    let ended = query(
        "update phones set old_until = case when old_until > $3 then $3 else old_until end,
                           outdated_at = null, outdated_from = null, outdated_agent = null
          where id = $1 and generation = $2",
    )
    .bind(phone)
    .bind(generation)
    .bind(now)
    .run(tx)
    .await?;
    Ok(ended == 1)
}

/// Notes that a phone was refused for using the SIP password before.
pub(super) async fn put_outdated(tx: &mut Tx, phone: &PhoneId, (from, agent): (&str, &str), now: Millis) -> Result<()> {
    query("update phones set outdated_at = $2, outdated_from = $3, outdated_agent = $4 where id = $1")
        .bind(phone)
        .bind(now)
        .bind(from)
        .bind(agent)
        .run(tx)
        .await?;
    Ok(())
}

/// Keeps a phone from registering since `at`, or with `None` lets it again.
pub(super) async fn put_blocked(tx: &mut Tx, phone: &PhoneId, at: Option<Millis>) -> Result<()> {
    query("update phones set blocked_at = $2 where id = $1")
        .bind(phone)
        .bind(at)
        .run(tx)
        .await?;
    Ok(())
}

/// Forgets SIP passwords that were good before `before` at the latest, and who used them: nobody can tell any more.
pub(super) async fn forget_old(tx: &mut Tx, before: Millis) -> Result<()> {
    query(
        "update phones set old_hashes = null, old_until = null,
                           outdated_at = null, outdated_from = null, outdated_agent = null
          where old_until < $1",
    )
    .bind(before)
    .run(tx)
    .await?;
    Ok(())
}
