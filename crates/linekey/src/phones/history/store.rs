//! Statements on `phone_attempts`, `phone_spells` and `phone_networks`.

use crate::clock::Millis;
use crate::db::{Db, Tx, query};
use crate::error::Result;
use crate::ids::{AccountId, PhoneId, UserId};
use crate::phones::rows::Rows;

/// Keeps of these phones' registrations that are over when they were.
pub(in crate::phones) async fn keep_spells(tx: &mut Tx, phones: &Rows, now: Millis) -> Result<()> {
    query(
        "insert into phone_spells (phone_id, account_id, from_at, until_at)
         select phone_id, account_id, registered_at / 60000 * 60000, max(coalesce(ended_at, expires_at))
           from registrations
          where phone_id in (select value ->> 'phone_id' from jsonb_each($1))
            and (ended_at is not null or expires_at <= $2)
          group by phone_id, account_id, registered_at / 60000 * 60000
         on conflict (phone_id, from_at) do update set until_at = excluded.until_at
          where phone_spells.until_at < excluded.until_at",
    )
    .bind(phones.as_str())
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

/// Writes a spell.
pub(super) async fn put_spell(tx: &mut Tx, phone: &PhoneId, from: Millis, until: Millis) -> Result<()> {
    query(
        "insert into phone_spells (phone_id, account_id, from_at, until_at)
         select id, account_id, cast($2 as bigint), cast($3 as bigint) from phones where id = $1",
    )
    .bind(phone)
    .bind(from)
    .bind(until)
    .run(tx)
    .await?;
    Ok(())
}

/// Forgets spells that ended before `before`.
pub(super) async fn forget_spells(tx: &mut Tx, before: Millis) -> Result<()> {
    query("delete from phone_spells where until_at < $1")
        .bind(before)
        .run(tx)
        .await?;
    Ok(())
}

/// Forgets tries that ended before `before`.
pub(super) async fn forget_attempts(tx: &mut Tx, before: Millis) -> Result<()> {
    query("delete from phone_attempts where last_at < $1")
        .bind(before)
        .run(tx)
        .await?;
    Ok(())
}

/// A spell of a phone.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Spell {
    pub(super) phone_id: PhoneId,
    pub(super) from_at: Millis,
    pub(super) until_at: Millis,
}

/// The spells of a user's phones that ended after `after`.
pub(super) async fn spells_of_user(
    db: &Db,
    (account, user): (&AccountId, &UserId),
    after: Millis,
) -> Result<Vec<Spell>> {
    query(
        "select s.phone_id, s.from_at, s.until_at from phone_spells s join phones p on p.id = s.phone_id
          where p.account_id = $1 and p.user_id = $2 and s.until_at > $3
          order by s.phone_id, s.from_at",
    )
    .bind(account)
    .bind(user)
    .bind(after)
    .all(db)
    .await
}

/// Something that a phone did: a spell, a try, or a network that it was in.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Happened {
    /// `spell`, `try` or `network`.
    pub(super) what: String,
    pub(super) first_at: Millis,
    pub(super) last_at: Millis,
    /// Of a try.
    pub(super) outcome: Option<String>,
    /// The address of a try, or the network.
    pub(super) place: Option<String>,
    pub(super) user_agent: Option<String>,
    pub(super) times: i64,
}

/// All of a phone in one question, of each kind the latest first; spells that ended after `after`.
pub(super) async fn of_phone(
    db: &Db,
    (account, phone): (&AccountId, &PhoneId),
    after: Millis,
) -> Result<Vec<Happened>> {
    query(
        "select 'try' as what, first_at, last_at, outcome, address as place, user_agent, times
           from phone_attempts where account_id = $1 and phone_id = $2
         union all
         select 'spell', from_at, until_at, null, null, null, 1
           from phone_spells where account_id = $1 and phone_id = $2 and until_at > $3
         union all
         select 'network', first_at, last_at, null, network, null, 1
           from phone_networks where account_id = $1 and phone_id = $2
          order by last_at desc",
    )
    .bind(account)
    .bind(phone)
    .bind(after)
    .all(db)
    .await
}

/// A phone that somebody may have meant.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Meant {
    pub(super) id: PhoneId,
    pub(super) sip_domain: String,
}

/// Phones of a SIP name, in whatever domain: three at most, for two are no answer.
pub(super) async fn by_sip_name(db: &Db, sip_name: &str) -> Result<Vec<Meant>> {
    query("select id, sip_domain from phones where sip_name = $1 limit 3")
        .bind(sip_name)
        .all(db)
        .await
}

/// Equal tries of a phone within one hour.
#[derive(Clone, Debug, serde::Serialize)]
pub(super) struct Attempt<'a> {
    pub(super) phone_id: &'a PhoneId,
    pub(super) outcome: &'a str,
    pub(super) address: String,
    pub(super) hour: i64,
    pub(super) user_agent: &'a str,
    pub(super) first_at: Millis,
    pub(super) last_at: Millis,
    pub(super) times: i64,
}

/// Adds tries, none of them twice; those of a phone that is gone are skipped.
pub(super) async fn put_attempts(tx: &mut Tx, attempts: &Rows) -> Result<()> {
    query(
        "insert into phone_attempts (phone_id, account_id, outcome, address, hour, user_agent, first_at, last_at, times)
         select p.id, p.account_id, value ->> 'outcome', value ->> 'address', cast(value ->> 'hour' as bigint),
                value ->> 'user_agent', cast(value ->> 'first_at' as bigint), cast(value ->> 'last_at' as bigint),
                cast(value ->> 'times' as bigint)
           from jsonb_each($1) join phones p on p.id = value ->> 'phone_id'
          where true
         on conflict (phone_id, outcome, address, hour) do update
            set user_agent = excluded.user_agent, last_at = excluded.last_at, times = phone_attempts.times + excluded.times",
    )
    .bind(attempts.as_str())
    .run(tx)
    .await?;
    Ok(())
}

/// Keeps the latest `most` rows of tries of each of these phones.
pub(super) async fn trim_attempts(tx: &mut Tx, phones: &Rows, most: i64) -> Result<()> {
    query(
        "delete from phone_attempts
          where phone_id in (select a.phone_id from phone_attempts a
                              where a.phone_id in (select value ->> 'phone_id' from jsonb_each($1))
                              group by a.phone_id having count(*) > $2)
            and last_at < (select min(last_at) from (select last_at from phone_attempts kept
                                                      where kept.phone_id = phone_attempts.phone_id
                                                      order by last_at desc limit $2) as latest)",
    )
    .bind(phones.as_str())
    .bind(most)
    .run(tx)
    .await?;
    Ok(())
}

/// Somewhere that a phone registered from.
#[derive(Clone, Debug, serde::Serialize)]
pub(super) struct Place<'a> {
    pub(super) phone_id: &'a PhoneId,
    pub(super) network: String,
    pub(super) at: Millis,
}

/// Notes where phones registered from, none of them twice, and says which of them have just become known there.
pub(super) async fn put_networks(tx: &mut Tx, places: &Rows) -> Result<Vec<PhoneId>> {
    let rows: Vec<(PhoneId, Millis, Millis)> = query(
        "insert into phone_networks (phone_id, account_id, network, first_at, last_at)
         select p.id, p.account_id, value ->> 'network', cast(value ->> 'at' as bigint), cast(value ->> 'at' as bigint)
           from jsonb_each($1) join phones p on p.id = value ->> 'phone_id'
          where true
         on conflict (phone_id, network) do update
            set last_at = case when excluded.last_at > phone_networks.first_at then excluded.last_at
                               else phone_networks.first_at + 1 end
         returning phone_id, first_at, last_at",
    )
    .bind(places.as_str())
    .all(tx)
    .await?;
    let new = rows.into_iter().filter(|(_, first, last)| first == last);
    Ok(new.map(|(phone, ..)| phone).collect())
}

/// Those of these phones that are known in several networks.
pub(super) async fn moving(tx: &mut Tx, phones: &Rows) -> Result<Vec<PhoneId>> {
    let rows: Vec<(PhoneId,)> = query(
        "select phone_id from phone_networks where phone_id in (select value ->> 'phone_id' from jsonb_each($1))
          group by phone_id having count(*) > 1",
    )
    .bind(phones.as_str())
    .all(tx)
    .await?;
    Ok(rows.into_iter().map(|(phone,)| phone).collect())
}

/// The networks that a phone registered from before, the latest first.
pub(super) async fn networks_of(tx: &mut Tx, phone: &PhoneId) -> Result<Vec<String>> {
    let rows: Vec<(String,)> =
        query("select network from phone_networks where phone_id = $1 order by last_at desc, network")
            .bind(phone)
            .all(tx)
            .await?;
    Ok(rows.into_iter().map(|(network,)| network).collect())
}

/// Forgets a network of a phone.
pub(super) async fn remove_network(tx: &mut Tx, phone: &PhoneId, network: &str) -> Result<()> {
    query("delete from phone_networks where phone_id = $1 and network = $2")
        .bind(phone)
        .bind(network)
        .run(tx)
        .await?;
    Ok(())
}
