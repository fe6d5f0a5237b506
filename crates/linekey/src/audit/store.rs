//! Statements on `audit_events` and `audit_heads`. An event's own columns are never updated and no event is deleted; the
//! sealer fills `chain`, `seq` and `link`, once.

use super::Event;
use super::read::{Filter, Listed};
use crate::clock::Millis;
use crate::db::{Db, Tx, query};
use crate::error::Result;
use crate::ids::{AccountId, SessionId, UserId};

/// An event as it is stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) at: Millis,
    pub(super) account_id: Option<String>,
    pub(super) kind: String,
    pub(super) outcome: String,
    pub(super) actor_id: Option<String>,
    pub(super) subject_id: Option<String>,
    pub(super) session_id: Option<String>,
    pub(super) address: Option<String>,
    pub(super) detail: String,
    pub(super) mac: Vec<u8>,
    pub(super) seq: Option<i64>,
    pub(super) link: Option<Vec<u8>>,
}

/// What the sealer needs of an event.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Unsealed {
    pub(super) chain: String,
    pub(super) id: String,
    pub(super) mac: Vec<u8>,
}

/// The end of a chain.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Head {
    pub(super) seq: i64,
    pub(super) link: Vec<u8>,
    pub(super) mac: Vec<u8>,
    pub(super) sealed_at: Millis,
}

/// How many rows all chains have.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Tally {
    pub(super) sealed: i64,
    pub(super) mac: Vec<u8>,
}

/// Appends one event.
///
/// # Errors
/// When it was not appended, whoever saw to that.
pub(super) async fn insert(tx: &mut Tx, id: &str, at: i64, event: &Event<'_>, mac: &[u8]) -> Result<()> {
    let address = event.address.map(|address| address.to_string());
    query(
        "insert into audit_events
            (id, at, account_id, kind, outcome, actor_id, subject_id, session_id, address, detail, mac)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(id)
    .bind(at)
    .bind(event.account.map(AccountId::as_str))
    .bind(event.kind.as_str())
    .bind(event.outcome.as_str())
    .bind(event.actor.map(UserId::as_str))
    .bind(event.subject.map(UserId::as_str))
    .bind(event.session.map(SessionId::as_str))
    .bind(address.as_deref())
    .bind(event.detail.to_string())
    .bind(mac)
    .later_once(tx)
    .await
}

/// Rows that wait for the sealer, chain by chain and by their ids, from behind the chain and id `after`. An account's
/// chain is named by its id, that of no account is [`super::PORTAL`]. The chain is compared twice: SQLite's index takes the
/// first, and PostgreSQL's the second, with which it steps over what was sealed a moment ago.
pub(super) async fn unsealed(db: &Db, after: (&str, &str), limit: i64) -> Result<Vec<Unsealed>> {
    query(
        "select coalesce(account_id, 'portal') as chain, id, mac from audit_events
          where seq is null
            and coalesce(account_id, 'portal') >= $1 and (coalesce(account_id, 'portal'), id) > ($1, $2)
          order by coalesce(account_id, 'portal'), id limit $3",
    )
    .bind(after.0)
    .bind(after.1)
    .bind(limit)
    .all(db)
    .await
}

/// The same up to the chain and id `until`, as a part of the transaction that seals them.
pub(super) async fn still_unsealed(
    tx: &mut Tx,
    after: (&str, &str),
    until: (&str, &str),
    limit: i64,
) -> Result<Vec<Unsealed>> {
    query(
        "select coalesce(account_id, 'portal') as chain, id, mac from audit_events
          where seq is null
            and coalesce(account_id, 'portal') >= $1 and (coalesce(account_id, 'portal'), id) > ($1, $2)
            and coalesce(account_id, 'portal') <= $3 and (coalesce(account_id, 'portal'), id) <= ($3, $4)
          order by coalesce(account_id, 'portal'), id limit $5",
    )
    .bind(after.0)
    .bind(after.1)
    .bind(until.0)
    .bind(until.1)
    .bind(limit)
    .all(tx)
    .await
}

/// The first chain behind `after` that has a row which waits for the sealer.
pub(super) async fn next_waiting(db: &Db, after: &str) -> Result<Option<String>> {
    let (chain,): (Option<String>,) = query(
        "select min(coalesce(account_id, 'portal')) as chain from audit_events
          where seq is null and coalesce(account_id, 'portal') > $1",
    )
    .bind(after)
    .one(db)
    .await?;
    Ok(chain)
}

/// The head of a chain, held until the transaction ends: the update that changes nothing takes PostgreSQL's row lock.
pub(super) async fn hold_head(tx: &mut Tx, chain: &str) -> Result<Option<Head>> {
    query("update audit_heads set seq = seq where chain = $1 returning seq, link, mac, sealed_at")
        .bind(chain)
        .optional(tx)
        .await
}

/// The head of a chain that had none, held: made with the number 0, unless somebody else made it at this moment.
pub(super) async fn new_head(tx: &mut Tx, chain: &str) -> Result<Head> {
    query(
        "insert into audit_heads (chain, seq, link, mac, sealed_at) values ($1, 0, $2, $2, 0)
         on conflict (chain) do update set seq = audit_heads.seq
         returning seq, link, mac, sealed_at",
    )
    .bind(chain)
    .bind(&[0_u8; 0][..])
    .one(tx)
    .await
}

/// Takes the head of a chain away again that [`new_head`] made and no row has moved.
pub(super) async fn drop_new_head(tx: &mut Tx, chain: &str) -> Result<()> {
    query("delete from audit_heads where chain = $1 and seq = 0")
        .bind(chain)
        .run(tx)
        .await?;
    Ok(())
}

/// The tally, held until the transaction ends.
pub(super) async fn hold_tally(tx: &mut Tx) -> Result<Option<Tally>> {
    query("update audit_tally set sealed = sealed where id = 1 returning sealed, mac")
        .optional(tx)
        .await
}

/// Moves the tally, or begins it.
pub(super) async fn put_tally(tx: &mut Tx, sealed: i64, mac: &[u8]) -> Result<()> {
    query(
        "insert into audit_tally (id, sealed, mac) values (1, $1, $2)
         on conflict (id) do update set sealed = excluded.sealed, mac = excluded.mac",
    )
    .bind(sealed)
    .bind(mac)
    .run(tx)
    .await?;
    Ok(())
}

/// The tally with the sum of what the heads say, at one moment. The sum is 0 where there is no head.
pub(super) async fn tally(db: &Db) -> Result<(Option<Tally>, i64)> {
    let (sealed, mac, heads): (Option<i64>, Option<Vec<u8>>, i64) = query(
        "select (select sealed from audit_tally where id = 1) as sealed,
                (select mac from audit_tally where id = 1) as mac,
                (select coalesce(cast(sum(seq) as bigint), 0) from audit_heads) as heads",
    )
    .one(db)
    .await?;
    Ok((sealed.zip(mac).map(|(sealed, mac)| Tally { sealed, mac }), heads))
}

/// The number of a chain's last row; none if it has no row.
pub(super) async fn last_number(tx: &mut Tx, chain: &str) -> Result<Option<i64>> {
    let (last,): (Option<i64>,) = query("select max(seq) as seq from audit_events where chain = $1")
        .bind(chain)
        .one(tx)
        .await?;
    Ok(last)
}

/// Gives a row its place.
///
/// # Errors
/// When it has one already.
pub(super) async fn seal(tx: &mut Tx, id: &str, chain: &str, seq: i64, link: &[u8]) -> Result<()> {
    query("update audit_events set chain = $2, seq = $3, link = $4 where id = $1 and seq is null")
        .bind(id)
        .bind(chain)
        .bind(seq)
        .bind(link)
        .later_once(tx)
        .await
}

/// Moves the head of a chain.
pub(super) async fn put_head(tx: &mut Tx, chain: &str, head: &Head) -> Result<()> {
    query("update audit_heads set seq = $2, link = $3, mac = $4, sealed_at = $5 where chain = $1")
        .bind(chain)
        .bind(head.seq)
        .bind(&head.link[..])
        .bind(&head.mac[..])
        .bind(head.sealed_at)
        .run(tx)
        .await?;
    Ok(())
}

/// The first chain behind `after`, or of all, that has a row or a head.
pub(super) async fn next_chain(db: &Db, after: Option<&str>) -> Result<Option<String>> {
    let (chain,): (Option<String>,) = query(
        "select min(chain) as chain from (
             select min(chain) as chain from audit_events where cast($1 as text) is null or chain > $1
             union all
             select min(chain) as chain from audit_heads where cast($1 as text) is null or chain > $1) as nearest",
    )
    .bind(after)
    .one(db)
    .await?;
    Ok(chain)
}

/// The head of a chain, as it stands.
pub(super) async fn head(db: &Db, chain: &str) -> Result<Option<Head>> {
    query("select seq, link, mac, sealed_at from audit_heads where chain = $1")
        .bind(chain)
        .optional(db)
        .await
}

/// The domain of the account whose id a chain bears.
pub(super) async fn domain_of(db: &Db, chain: &str) -> Result<Option<String>> {
    let row: Option<(String,)> = query("select domain from accounts where id = $1")
        .bind(chain)
        .optional(db)
        .await?;
    Ok(row.map(|(domain,)| domain))
}

/// Rows of a chain in its order, from behind the one with number and id `after`.
pub(super) async fn sealed(db: &Db, chain: &str, after: (i64, &str), limit: i64) -> Result<Vec<Row>> {
    query(
        "select id, at, account_id, kind, outcome, actor_id, subject_id, session_id, address, detail, mac, seq, link
           from audit_events
          where chain = $1 and seq >= $2 and (seq > $2 or id > $3)
          order by seq, id limit $4",
    )
    .bind(chain)
    .bind(after.0)
    .bind(after.1)
    .bind(limit)
    .all(db)
    .await
}

/// Rows of a chain that have no number yet, by id, from behind the id `after`, if any.
pub(super) async fn unnumbered(db: &Db, chain: &str, after: Option<&str>, limit: i64) -> Result<Vec<Row>> {
    query(
        "select id, at, account_id, kind, outcome, actor_id, subject_id, session_id, address, detail, mac, seq, link
           from audit_events
          where seq is null and coalesce(account_id, 'portal') = $1 and (cast($2 as text) is null or id > $2)
          order by id limit $3",
    )
    .bind(chain)
    .bind(after)
    .bind(limit)
    .all(db)
    .await
}

/// Rows that have a number but no chain, which the sealer never leaves behind.
pub(super) async fn stray(db: &Db, limit: i64) -> Result<Vec<Row>> {
    query(
        "select id, at, account_id, kind, outcome, actor_id, subject_id, session_id, address, detail, mac, seq, link
           from audit_events where chain is null and seq is not null order by seq, id limit $1",
    )
    .bind(limit)
    .all(db)
    .await
}

/// Events of one account, newest first, from before the one that `filter` names, with the names of who and whom.
///
/// Each way to narrow the list has an index of its own, from which an `or` would keep the engines: so of each way as many
/// are taken as are asked for, and of a way that is not meant none. Where the account is named by its chain, SQLite has
/// no index to take instead of the right one.
pub(super) async fn of_account(db: &Db, account: &AccountId, filter: &Filter<'_>, limit: i64) -> Result<Vec<Listed>> {
    let before = filter.before.as_ref();
    query(
        "with found as (
             select id from (
                 select id from audit_events
                  where cast($2 as text) is null and cast($3 as text) is null and account_id = $1
                    and at >= $4 and at <= $5 and (at < $5 or id < $6)
                  order by at desc, id desc limit $7) as everything
             union all select id from (
                 select id from audit_events
                  where cast($2 as text) is null and coalesce(account_id, 'portal') = $1 and kind = $3
                    and at >= $4 and at <= $5 and (at < $5 or id < $6)
                  order by at desc, id desc limit $7) as of_kind
             union all select id from (
                 select id from audit_events
                  where coalesce(account_id, 'portal') = $1 and subject_id = $2
                    and (cast($3 as text) is null or kind = $3)
                    and at >= $4 and at <= $5 and (at < $5 or id < $6)
                  order by at desc, id desc limit $7) as to_them
             union all select id from (
                 select id from audit_events
                  where coalesce(account_id, 'portal') = $1 and actor_id = $2
                    and (subject_id is null or actor_id <> subject_id)
                    and (cast($3 as text) is null or kind = $3)
                    and at >= $4 and at <= $5 and (at < $5 or id < $6)
                  order by at desc, id desc limit $7) as by_them)
         select e.id, e.at, e.account_id, d.domain as account, e.kind, e.outcome, e.session_id, e.address, e.detail,
                e.seq, e.actor_id, e.subject_id, coalesce(x.display_name, xr.display_name) as actor_name,
                coalesce(y.display_name, yr.display_name) as subject_name,
                case coalesce(x.role, xr.role) when 'operator' then coalesce(x.name, xr.name)
                     else coalesce(x.name, xr.name) || '@' || xa.domain end as actor,
                case coalesce(y.role, yr.role) when 'operator' then coalesce(y.name, yr.name)
                     else coalesce(y.name, yr.name) || '@' || ya.domain end as subject
           from audit_events e
           left join accounts d on d.id = e.account_id
           left join users x on x.id = e.actor_id left join removed_users xr on xr.id = e.actor_id
           left join accounts xa on xa.id = coalesce(x.account_id, xr.account_id)
           left join users y on y.id = e.subject_id left join removed_users yr on yr.id = e.subject_id
           left join accounts ya on ya.id = coalesce(y.account_id, yr.account_id)
          where e.id in (select id from found)
          order by e.at desc, e.id desc limit $7",
    )
    .bind(account)
    .bind(filter.person.map(UserId::as_str))
    .bind(filter.kind)
    .bind(filter.since)
    .bind(before.map_or(i64::MAX, |before| before.at))
    .bind(before.map_or("", |before| &before.id))
    .bind(limit)
    .all(db)
    .await
}

/// The same of every account, and of none.
pub(super) async fn of_everyone(db: &Db, filter: &Filter<'_>, limit: i64) -> Result<Vec<Listed>> {
    let before = filter.before.as_ref();
    query(
        "select e.id, e.at, e.account_id, d.domain as account, e.kind, e.outcome, e.session_id, e.address, e.detail,
                e.seq, e.actor_id, e.subject_id, coalesce(x.display_name, xr.display_name) as actor_name,
                coalesce(y.display_name, yr.display_name) as subject_name,
                case coalesce(x.role, xr.role) when 'operator' then coalesce(x.name, xr.name)
                     else coalesce(x.name, xr.name) || '@' || xa.domain end as actor,
                case coalesce(y.role, yr.role) when 'operator' then coalesce(y.name, yr.name)
                     else coalesce(y.name, yr.name) || '@' || ya.domain end as subject
           from audit_events e
           left join accounts d on d.id = e.account_id
           left join users x on x.id = e.actor_id left join removed_users xr on xr.id = e.actor_id
           left join accounts xa on xa.id = coalesce(x.account_id, xr.account_id)
           left join users y on y.id = e.subject_id left join removed_users yr on yr.id = e.subject_id
           left join accounts ya on ya.id = coalesce(y.account_id, yr.account_id)
          where (cast($1 as text) is null or e.actor_id = $1 or e.subject_id = $1)
            and (cast($2 as text) is null or e.kind = $2)
            and e.at >= $3 and e.at <= $4 and (e.at < $4 or e.id < $5)
          order by e.at desc, e.id desc limit $6",
    )
    .bind(filter.person.map(UserId::as_str))
    .bind(filter.kind)
    .bind(filter.since)
    .bind(before.map_or(i64::MAX, |before| before.at))
    .bind(before.map_or("", |before| &before.id))
    .bind(limit)
    .all(db)
    .await
}

/// When the latest event was recorded, and its MAC.
pub(super) async fn latest(db: &Db) -> Result<Option<(i64, Vec<u8>)>> {
    query("select at, mac from audit_events order by id desc limit 1")
        .optional(db)
        .await
}
