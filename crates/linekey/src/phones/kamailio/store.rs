//! Statements on the schema `kamailio`. PostgreSQL alone has it.

use crate::clock::Millis;
use crate::db::{Db, Tx, query};
use crate::error::Result;
use crate::ids::PhoneId;
use crate::phones::store::Which;

/// A phone with what its SIP passwords are sealed as.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Sealed {
    pub(super) id: PhoneId,
    pub(super) sip_hashes: Vec<u8>,
    pub(super) generation: i64,
    pub(super) old_hashes: Option<Vec<u8>>,
    pub(super) old_until: Option<Millis>,
}

/// Those of these phones that may register.
pub(super) async fn that_may_register(tx: &mut Tx, which: Which<'_>) -> Result<Vec<Sealed>> {
    query(
        "select p.id, p.sip_hashes, p.generation, p.old_hashes, p.old_until
           from phones p join users u on u.id = p.user_id join accounts a on a.id = p.account_id
          where p.account_id = $1 and p.user_id = $2 and ($3 = '' or p.id = $3)
            and p.blocked_at is null and u.disabled_at is null and a.suspended_at is null",
    )
    .bind(which.account)
    .bind(which.user)
    .bind(which.one())
    .all(tx)
    .await
}

/// The next phones behind `after` that may register and of which the newest is not published.
pub(super) async fn missing(tx: &mut Tx, after: &str, limit: i64) -> Result<Vec<Sealed>> {
    query(
        "select p.id, p.sip_hashes, p.generation, p.old_hashes, p.old_until
           from phones p join users u on u.id = p.user_id join accounts a on a.id = p.account_id
          where p.id > $1 and p.blocked_at is null and u.disabled_at is null and a.suspended_at is null
            and not exists (select 1 from kamailio.credential c where c.phone_id = p.id and c.until_at is null)
          order by p.id limit $2
            for update of p",
    )
    .bind(after)
    .bind(limit)
    .all(tx)
    .await
}

/// Publishes one SIP password of a phone; `until` is null for the newest.
pub(super) async fn put(
    tx: &mut Tx,
    phone: &PhoneId,
    (ha1, ha1b): (&str, &str),
    (generation, until): (i64, Option<Millis>),
) -> Result<()> {
    query(
        "insert into kamailio.credential (phone_id, username, domain, ha1, ha1b, generation, until_at)
         select id, sip_name, sip_domain, $2, $3, $4, $5 from phones where id = $1
         on conflict (phone_id, generation) do update set ha1 = excluded.ha1, ha1b = excluded.ha1b,
                                                          until_at = excluded.until_at",
    )
    .bind(phone)
    .bind(ha1)
    .bind(ha1b)
    .bind(generation)
    .bind(until)
    .run(tx)
    .await?;
    Ok(())
}

/// Takes away what is published of these phones.
pub(super) async fn withdraw(tx: &mut Tx, which: Which<'_>) -> Result<()> {
    query(
        "delete from kamailio.credential
          where phone_id in (select id from phones where account_id = $1 and user_id = $2 and ($3 = '' or id = $3))",
    )
    .bind(which.account)
    .bind(which.user)
    .bind(which.one())
    .run(tx)
    .await?;
    Ok(())
}

/// Takes away the SIP passwords of a phone before this generation.
pub(super) async fn withdraw_below(tx: &mut Tx, phone: &PhoneId, generation: i64) -> Result<()> {
    query("delete from kamailio.credential where phone_id = $1 and generation < $2")
        .bind(phone)
        .bind(generation)
        .run(tx)
        .await?;
    Ok(())
}

/// Takes away everything.
pub(super) async fn withdraw_all(tx: &mut Tx) -> Result<()> {
    query("delete from kamailio.credential").run(tx).await?;
    Ok(())
}

/// Takes away what no phone has, or none may use.
pub(super) async fn withdraw_what_is_over(tx: &mut Tx, now: Millis) -> Result<()> {
    query(
        "delete from kamailio.credential c
          where not exists (
                select 1 from phones p join users u on u.id = p.user_id join accounts a on a.id = p.account_id
                 where p.id = c.phone_id and p.blocked_at is null and u.disabled_at is null and a.suspended_at is null
                   and (c.generation = p.generation and c.until_at is null
                        or c.generation = p.generation - 1 and c.until_at = p.old_until and p.old_until > $1))",
    )
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

/// Makes `kamailio.domain` the SIP domains of the accounts.
pub(super) async fn put_domains(tx: &mut Tx) -> Result<()> {
    query(
        "insert into kamailio.domain (domain, did, last_modified)
         select sip_domain, sip_domain, now() at time zone 'utc' from accounts where suspended_at is null
         on conflict do nothing",
    )
    .run(&mut *tx)
    .await?;
    query(
        "delete from kamailio.domain
          where not exists (select 1 from accounts where sip_domain = domain and suspended_at is null)",
    )
    .run(tx)
    .await?;
    Ok(())
}

/// A contact that a Kamailio holds.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Located {
    pub(super) contact: String,
    pub(super) received: Option<String>,
    pub(super) socket: Option<String>,
    pub(super) call_id: String,
    pub(super) cseq: i64,
    pub(super) instance: Option<String>,
    pub(super) user_agent: String,
    pub(super) q: i64,
    pub(super) modified_at: Millis,
    pub(super) expires_at: Millis,
    /// Of the SIP password that made it; 0: it does not say.
    pub(super) generation: i64,
    /// Whether that is good.
    pub(super) may: bool,
}

/// What is registered under an address and has not expired, the longest first.
pub(super) async fn located(tx: &mut Tx, (name, domain): (&str, &str), now: Millis) -> Result<Vec<Located>> {
    query(
        "select l.contact, l.received, l.socket, l.callid as call_id, l.cseq::bigint as cseq, l.instance, l.user_agent,
                (l.q * 1000)::bigint as q, (extract(epoch from l.last_modified) * 1000)::bigint as modified_at,
                (extract(epoch from l.expires) * 1000)::bigint as expires_at,
                coalesce(a.avalue, '0')::bigint as generation,
                exists (select 1 from kamailio.credential c where c.username = l.username and c.domain = l.domain
                           and c.generation = coalesce(a.avalue, '0')::bigint) as may
           from kamailio.location l
           left join kamailio.location_attrs a on a.ruid = l.ruid and a.aname = 'generation'
          where l.username = $1 and l.domain = $2 and extract(epoch from l.expires) * 1000 > $3
          order by l.expires desc",
    )
    .bind(name)
    .bind(domain)
    .bind(now)
    .all(tx)
    .await
}

/// A phone as a registration of it is written.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Phone {
    pub(super) id: PhoneId,
    pub(super) generation: i64,
    pub(super) old_until: Option<Millis>,
    pub(super) outdated_at: Option<Millis>,
}

/// The phone of an address, until the transaction ends for this caller alone.
pub(super) async fn phone(tx: &mut Tx, (name, domain): (&str, &str)) -> Result<Option<Phone>> {
    query(
        "select id, generation, old_until, outdated_at from phones where sip_name = $1 and sip_domain = $2
          for no key update",
    )
    .bind(name)
    .bind(domain)
    .optional(tx)
    .await
}

/// A registration that is known.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Known {
    pub(super) contact: String,
    pub(super) registered_at: Millis,
    pub(super) expires_at: Millis,
}

/// Those of a phone that are not over.
pub(super) async fn known(tx: &mut Tx, phone: &PhoneId, now: Millis) -> Result<Vec<Known>> {
    query(
        "select contact, registered_at, expires_at from registrations
          where phone_id = $1 and ended_at is null and expires_at > $2",
    )
    .bind(phone)
    .bind(now)
    .all(tx)
    .await
}

/// An address.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Address {
    pub(super) name: String,
    pub(super) domain: String,
}

/// The next addresses behind `after` of which a Kamailio says something else than is known here, or holds what it must not.
pub(super) async fn differing(db: &Db, after: (&str, &str), now: Millis, limit: i64) -> Result<Vec<Address>> {
    query(
        "select name, domain from (
             select l.username::text as name, l.domain::text as domain
               from kamailio.location l
               left join kamailio.location_attrs a on a.ruid = l.ruid and a.aname = 'generation'
               left join phones p on p.sip_name = l.username and p.sip_domain = l.domain
               left join registrations r on r.phone_id = p.id and r.contact = l.contact and r.ended_at is null
              where extract(epoch from l.expires) * 1000 > $3
                and (r.expires_at is null or r.expires_at <> (extract(epoch from l.expires) * 1000)::bigint
                     or not exists (select 1 from kamailio.credential c
                                     where c.username = l.username and c.domain = l.domain
                                       and c.generation = coalesce(a.avalue, '0')::bigint))
             union
             select p.sip_name, p.sip_domain
               from registrations r join phones p on p.id = r.phone_id
              where r.ended_at is null and r.expires_at > $3
                and not exists (select 1 from kamailio.location l
                                 where l.username = p.sip_name and l.domain = p.sip_domain and l.contact = r.contact
                                   and extract(epoch from l.expires) * 1000 > $3)) as differing
          where domain is not null and (name, domain) > ($1, $2)
          order by name, domain limit $4",
    )
    .bind(after.0)
    .bind(after.1)
    .bind(now)
    .bind(limit)
    .all(db)
    .await
}
