//! Statements on the phones of an account.

use crate::clock::Millis;
use crate::db::{Db, query};
use crate::error::Result;
use crate::ids::{AccountId, PhoneId, UserId};
use crate::phones::store::Seen;
use crate::users::Role;

/// What both statements ask for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) account: &'a AccountId,
    /// What sign-in names end in.
    pub(super) domain: &'a str,
    /// Of `like`, with `!` before what is meant as it is.
    pub(super) pattern: &'a str,
    pub(super) now: Millis,
    /// What a phone is that was registered once, and what one that never was.
    pub(super) offline: &'a str,
    pub(super) never: &'a str,
}

/// A phone beside one of its registrations, if it has any, with whose it is.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Row {
    pub(super) user_id: UserId,
    pub(super) owner_name: String,
    #[sqlx(try_from = "String")]
    pub(super) role: Role,
    #[sqlx(flatten)]
    pub(super) seen: Seen,
}

/// How many phones fit the pattern in each state, by its class as `live` would have it.
pub(super) async fn counts(db: &Db, asked: Asked<'_>) -> Result<Vec<(String, i64)>> {
    query(
        "with fitting as materialized (
           select case when p.blocked_at is not null then 'blocked'
                       else case (select max(case when r.ended_at is not null or r.expires_at <= $4 then 1
                                                  when r.silent_at is null then 3 else 2 end)
                                    from registrations r where r.phone_id = p.id)
                            when 3 then 'registered'
                            when 2 then 'silent'
                            when 1 then case when p.outdated_at is null then cast($5 as text) else 'outdated' end
                            else case when p.outdated_at is null then cast($6 as text) else 'outdated' end
                            end
                       end as state
             from phones p
            where p.account_id = $1
              and ($2 = '%%' or p.label_key like $2 escape '!'
                   or p.sip_name || '@' || p.sip_domain like $2 escape '!' or p.extension like $2 escape '!'
                   or lower(p.outdated_agent) like $2 escape '!' or p.outdated_from like $2 escape '!'
                   or exists (select 1 from users u where u.id = p.user_id
                                 and (u.display_key like $2 escape '!' or u.name || '@' || $3 like $2 escape '!'))
                   or exists (select 1 from registrations s where s.phone_id = p.id
                                 and (lower(s.user_agent) like $2 escape '!' or s.received like $2 escape '!'))))
         select state, count(*) as phones from fitting group by state",
    )
    .bind(asked.account)
    .bind(asked.pattern)
    .bind(asked.domain)
    .bind(asked.now)
    .bind(asked.offline)
    .bind(asked.never)
    .all(db)
    .await
}

/// The next phones behind `after` that fit the pattern, in the state of this class (with an empty one: in any), with
/// their registrations, of one phone the latest refresh first.
pub(super) async fn page(
    db: &Db,
    asked: Asked<'_>,
    (state, after, limit): (&str, Option<&PhoneId>, i64),
) -> Result<Vec<Row>> {
    query(
        "select l.user_id, l.display_name as owner_name, l.role, p.id, p.label, p.extension, p.sip_name, p.sip_domain,
                p.generation as newest, p.old_until, p.outdated_at, p.outdated_from, p.outdated_agent, p.blocked_at,
                n.since as notices_since, f.expires_at as link_until, f.fetched_at as link_fetched_at, g.generation,
                g.user_agent, g.received, g.registered_at, g.expires_at, g.ended_at, g.silent_at
           from (select p.id, p.label, u.id as user_id, u.display_name, u.display_key, u.role
                   from users u cross join phones p
                  where u.account_id = $1 and p.user_id = u.id and p.account_id = $1
                    and (cast($8 as text) is null
                         or (u.display_key, u.id, p.label) > (select b.display_key, b.id, q.label
                                                                from phones q join users b on b.id = q.user_id
                                                               where q.account_id = $1 and q.id = $8))
                    and ($2 = '%%' or u.display_key like $2 escape '!' or u.name || '@' || $3 like $2 escape '!'
                         or p.label_key like $2 escape '!' or p.sip_name || '@' || p.sip_domain like $2 escape '!'
                         or p.extension like $2 escape '!'
                         or lower(p.outdated_agent) like $2 escape '!' or p.outdated_from like $2 escape '!'
                         or exists (select 1 from registrations s where s.phone_id = p.id
                                       and (lower(s.user_agent) like $2 escape '!' or s.received like $2 escape '!')))
                    and ($7 = '' or $7 = case when p.blocked_at is not null then 'blocked'
                                          else case (select max(case when r.ended_at is not null or r.expires_at <= $4 then 1
                                                                     when r.silent_at is null then 3 else 2 end)
                                                       from registrations r where r.phone_id = p.id)
                                               when 3 then 'registered'
                                               when 2 then 'silent'
                                               when 1 then case when p.outdated_at is null then cast($5 as text) else 'outdated' end
                                               else case when p.outdated_at is null then cast($6 as text) else 'outdated' end
                                               end
                                          end)
                  order by u.display_key, u.id, p.label limit $9) l
           join phones p on p.id = l.id
           left join phone_notices n on n.phone_id = p.id
           left join phone_files f on f.phone_id = p.id
           left join registrations g on g.phone_id = p.id
          order by l.display_key, l.user_id, l.label, g.refreshed_at desc",
    )
    .bind(asked.account)
    .bind(asked.pattern)
    .bind(asked.domain)
    .bind(asked.now)
    .bind(asked.offline)
    .bind(asked.never)
    .bind(state)
    .bind(after.map(PhoneId::as_str))
    .bind(limit)
    .all(db)
    .await
}
