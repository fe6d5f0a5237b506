//! Statements on `users`, those about passwords aside.

use super::create::NewUser;
use super::find::Listed;
use super::name::{TypedName, canonical};
use super::{Role, Subject};
use crate::clock::{DAY, Millis};
use crate::db::{Alone, Db, Tx, Via, query};
use crate::error::{Error, Result};
use crate::ids::{AccountId, DeviceId, SessionId, UserId};

/// Someone who may be meant by a typed sign-in name.
#[derive(Debug, sqlx::FromRow)]
pub struct Candidate {
    /// 0 by full name or as an operator, 1 by e-mail.
    pub rank: i64,
    /// The user.
    pub id: UserId,
    /// Their account.
    pub account_id: AccountId,
    /// Their role.
    #[sqlx(try_from = "String")]
    pub role: Role,
    /// Their password, if they have one.
    pub password_hash: Option<String>,
    /// Rises with every password.
    pub credential_epoch: i64,
    /// Since when they may not sign in.
    pub disabled_at: Option<Millis>,
    /// Since when nobody of the account may.
    pub suspended_at: Option<Millis>,
    /// When a temporary password stops signing in.
    pub password_expires_at: Option<Millis>,
    /// Since when the password must be changed: it was set for them then.
    pub must_change_at: Option<Millis>,
    /// When a sign-in in a new browser was last told them by mail; 0 while none was, `None` until they first sign in.
    pub new_browser_at: Option<Millis>,
    /// Since when mails about them have an address.
    pub email_verified_at: Option<Millis>,
    /// Which of the browsers that are asked about is remembered as theirs, and trusted.
    pub device: Option<DeviceId>,
    /// How many browsers are remembered as theirs.
    pub devices: i64,
    /// How many sessions they have.
    pub sessions: i64,
}

/// Browsers that a cookie names, to be looked for among those of the user who is meant.
#[derive(Clone, Copy, Debug)]
pub struct Among<'a> {
    /// At most [`MOST_ASKED`]; more are not looked at.
    pub devices: &'a [&'a DeviceId],
    /// One that was not used since is not remembered any more.
    pub since: Millis,
    /// Failures after which one is not trusted.
    pub most_failures: i64,
}

impl Among<'_> {
    /// None is asked about.
    pub fn none() -> Self {
        Self {
            devices: &[],
            since: 0,
            most_failures: 0,
        }
    }
}

/// How many browsers [`by_sign_in_name`] looks for.
pub const MOST_ASKED: usize = 5;

/// Everyone whom a typed name may mean. One statement whoever it means, so that the time tells nothing.
pub async fn by_sign_in_name(db: &Db, name: &TypedName, among: Among<'_>) -> Result<Vec<Candidate>> {
    let (local, domain) = name.parts();
    let device = |at: usize| among.devices.get(at).map_or("", |id| id.as_str());
    query(
        "select c.*,
                (select d.id from devices d
                  where d.user_id = c.id and d.id in ($4, $5, $6, $7, $8) and d.last_at > $9 and d.failures < $10
                  limit 1) as device,
                (select count(*) from devices d where d.user_id = c.id) as devices,
                (select count(*) from sessions s where s.user_id = c.id) as sessions
           from (
         select cast(0 as bigint) as rank, u.id, u.account_id, u.role, u.password_hash, u.credential_epoch,
                u.disabled_at, a.suspended_at, u.password_expires_at, u.must_change_at, u.new_browser_at,
                u.email_verified_at
           from accounts a join users u on u.account_id = a.id
          where a.domain = $1 and u.name = $2
         union all
         select cast(0 as bigint) as rank, u.id, u.account_id, u.role, u.password_hash, u.credential_epoch,
                u.disabled_at, a.suspended_at, u.password_expires_at, u.must_change_at, u.new_browser_at,
                u.email_verified_at
           from users u join accounts a on a.id = u.account_id
          where u.role = 'operator' and u.name = $3
         union all
         select cast(1 as bigint) as rank, u.id, u.account_id, u.role, u.password_hash, u.credential_epoch,
                u.disabled_at, a.suspended_at, u.password_expires_at, u.must_change_at, u.new_browser_at,
                u.email_verified_at
           from users u join accounts a on a.id = u.account_id
          where u.email_key = $3 and u.email_verified_at is not null
         ) c
          order by c.rank limit 4",
    )
    .bind(domain.unwrap_or_default())
    .bind(local)
    .bind(name.canonical.as_str())
    .bind(device(0))
    .bind(device(1))
    .bind(device(2))
    .bind(device(3))
    .bind(device(4))
    .bind(among.since)
    .bind(among.most_failures)
    // In front of what follows it everywhere, a count: where that is written, what was read before is still at hand.
    .all(Alone(db))
    .await
}

/// Notes that somebody has signed in: their first browser is nothing to tell. The caller holds the user.
pub async fn note_first_browser(tx: &mut Tx, user: &UserId) -> Result<()> {
    query("update users set new_browser_at = 0 where id = $1 and new_browser_at is null")
        .bind(user)
        .later(tx)
        .await
}

/// Notes that somebody signs in in a new browser. False: that was told in the last day. The caller holds the user.
pub async fn note_new_browser(tx: &mut Tx, user: &UserId, now: Millis) -> Result<bool> {
    let noted = query("update users set new_browser_at = $2 where id = $1 and new_browser_at <= $3")
        .bind(user)
        .bind(now)
        .bind(now - DAY)
        .run(tx)
        .await?;
    Ok(noted > 0)
}

/// Holds the user's row until the transaction ends, for something done in `session`. Everything that changes a user's
/// sessions, password or phones begins here, so that two of them come one after the other and never wait for each
/// other in a circle. The update that changes nothing is that lock on PostgreSQL.
///
/// # Errors
/// [`Error::SessionEnded`] when the session has ended meanwhile, or the account was suspended: what was let in is let
/// out again.
pub async fn hold(tx: &mut Tx, user: &UserId, session: &SessionId) -> Result<()> {
    let held = query("update users set credential_epoch = credential_epoch where id = $1 and disabled_at is null")
        .bind(user)
        .run(&mut *tx)
        .await?;
    // Asked only now: whoever held the row before may have ended the session.
    let live: Option<(SessionId,)> = query(
        "select s.id from sessions s join accounts a on a.id = s.account_id
          where s.id = $1 and s.user_id = $2 and a.suspended_at is null",
    )
    .bind(session)
    .bind(user)
    .optional(tx)
    .await?;
    if held == 1 && live.is_some() {
        Ok(())
    } else {
        Err(Error::SessionEnded)
    }
}

/// Whether somebody of the account has the name, or for an operator another operator of any.
pub(super) async fn is_name_taken(tx: &mut Tx, account: &AccountId, name: &str, role: Role) -> Result<bool> {
    let (count,): (i64,) = query(
        "select count(*) as count from users
          where name = $2 and (account_id = $1 or (role = 'operator' and $3 = 'operator'))",
    )
    .bind(account)
    .bind(name)
    .bind(role.as_str())
    .one(tx)
    .await?;
    Ok(count > 0)
}

/// Somebody in a list over accounts.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct InAccount {
    /// Who.
    pub id: UserId,
    /// The domain of their account.
    pub domain: String,
    /// The part of the sign-in name before `@`.
    pub name: String,
    /// `Ann Archer`
    pub display_name: String,
    /// As written, verified or not.
    pub email: Option<String>,
    /// Since when the address is known to be theirs.
    pub email_verified_at: Option<Millis>,
    /// `201`
    pub extension: Option<String>,
    /// What they may do.
    #[sqlx(try_from = "String")]
    pub role: Role,
    /// Since when they may not sign in.
    pub disabled_at: Option<Millis>,
    /// Since when their password must be changed before anything else.
    pub must_change_at: Option<Millis>,
    /// `None`: nobody can sign in as them.
    pub password_set_at: Option<Millis>,
    /// When they were added.
    pub created_at: Millis,
    /// How many phones they have.
    pub phones: i64,
}

/// Everyone of the account of `domain`, or with an empty one of every account, by account and name. For commands.
pub async fn in_accounts(db: &Db, domain: &str) -> Result<Vec<InAccount>> {
    query(
        "select u.id, a.domain, u.name, u.display_name, u.email, u.email_verified_at, u.extension, u.role,
                u.disabled_at, u.must_change_at, u.password_set_at, u.created_at, coalesce(p.phones, 0) as phones
           from users u join accounts a on a.id = u.account_id
           left join (select user_id, count(*) as phones from phones group by user_id) p on p.user_id = u.id
          where $1 = '' or a.domain = $1
          order by a.domain, u.name",
    )
    .bind(domain)
    .all(db)
    .await
}

/// Adds a user without a password. False: the name is taken, perhaps at this very moment.
pub(super) async fn insert(
    tx: &mut Tx,
    id: &UserId,
    account: &AccountId,
    new: &NewUser<'_>,
    name: &str,
    email_key: Option<&str>,
    now: Millis,
) -> Result<bool> {
    let added = query(
        "insert into users (id, account_id, role, name, display_name, display_key, email, email_key, email_verified_at,
                            extension, time_zone, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict do nothing",
    )
    .bind(id)
    .bind(account)
    .bind(new.role.as_str())
    .bind(name)
    .bind(new.display_name)
    .bind(canonical(new.display_name))
    .bind(new.email)
    .bind(email_key)
    .bind((new.email.is_some() && new.email_verified).then_some(now))
    .bind(new.extension)
    .bind(new.time_zone)
    .bind(now)
    .run(tx)
    .await?;
    Ok(added == 1)
}

/// Writes what the owner may change.
pub(super) async fn set_profile(
    tx: &mut Tx,
    account: &AccountId,
    user: &UserId,
    display_name: &str,
    time_zone: &str,
) -> Result<()> {
    query("update users set display_name = $3, display_key = $4, time_zone = $5 where account_id = $1 and id = $2")
        .bind(account)
        .bind(user)
        .bind(display_name)
        .bind(canonical(display_name))
        .bind(time_zone)
        .run(tx)
        .await?;
    Ok(())
}

/// How many users an account has.
pub async fn count_of_account(db: &Db, account: &AccountId) -> Result<i64> {
    let (count,): (i64,) = query("select count(*) as count from users where account_id = $1")
        .bind(account)
        .one(db)
        .await?;
    Ok(count)
}

/// Holds a user's row until the transaction ends. False: the account has no such user.
pub async fn hold_row(tx: &mut Tx, account: &AccountId, user: &UserId) -> Result<bool> {
    let held = query("update users set credential_epoch = credential_epoch where account_id = $1 and id = $2")
        .bind(account)
        .bind(user)
        .run(tx)
        .await?;
    Ok(held == 1)
}

/// The role that someone has at this moment.
///
/// # Errors
/// [`Error::SessionEnded`] when they are gone.
pub(super) async fn role_of(tx: &mut Tx, account: &AccountId, user: &UserId) -> Result<Role> {
    let row: Option<(String,)> = query("select role from users where account_id = $1 and id = $2")
        .bind(account)
        .bind(user)
        .optional(tx)
        .await?;
    let (role,) = row.ok_or(Error::SessionEnded)?;
    Role::try_from(role).map_err(Error::defect)
}

/// The user `id` of `account`, as those who help them see them.
pub(super) async fn subject(via: impl Into<Via<'_>>, account: &AccountId, id: &UserId) -> Result<Option<Subject>> {
    query(
        "select u.id, u.account_id, u.role, u.name, u.display_name, u.email, u.email_verified_at, u.extension,
                u.time_zone, u.password_set_at, u.password_expires_at, u.must_change_at, u.credential_epoch,
                u.disabled_at, a.name as account_name, a.domain
           from users u join accounts a on a.id = u.account_id
          where u.account_id = $1 and u.id = $2",
    )
    .bind(account)
    .bind(id)
    .optional(via)
    .await
}

/// The user of a full sign-in name, or the operator of a bare one.
pub(super) async fn by_full_name(db: &Db, name: &TypedName) -> Result<Option<Subject>> {
    let (local, domain) = name.parts();
    query(
        "select u.id, u.account_id, u.role, u.name, u.display_name, u.email, u.email_verified_at, u.extension,
                u.time_zone, u.password_set_at, u.password_expires_at, u.must_change_at, u.credential_epoch,
                u.disabled_at, a.name as account_name, a.domain
           from users u join accounts a on a.id = u.account_id
          where u.id in (select o.id from users o join accounts d on d.id = o.account_id
                          where o.name = $1 and d.domain = $2
                         union all
                         select id from users where name = $1 and role = 'operator' and $2 = '')",
    )
    .bind(local)
    .bind(domain.unwrap_or_default())
    .optional(db)
    .await
}

/// Disables someone at `disabled_at`, or enables them. False: they were already.
pub async fn set_disabled(
    tx: &mut Tx,
    account: &AccountId,
    user: &UserId,
    disabled_at: Option<Millis>,
) -> Result<bool> {
    let changed = query(
        "update users set disabled_at = $3
          where account_id = $1 and id = $2 and (disabled_at is null) <> (cast($3 as bigint) is null)",
    )
    .bind(account)
    .bind(user)
    .bind(disabled_at)
    .run(tx)
    .await?;
    Ok(changed == 1)
}

/// People of an account by displayed name, those behind `after`: everyone whom `pattern` (of `like`, with `!` before
/// what is meant as it is) fits.
pub(super) async fn listed(
    db: &Db,
    account: &AccountId,
    pattern: &str,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Listed>> {
    query(
        "select u.id, u.name, u.display_name, u.email, u.extension, u.role, u.disabled_at, u.must_change_at,
                u.password_set_at,
                (select count(*) from phones p where p.account_id = $1 and p.user_id = u.id) as phones
           from users u join accounts a on a.id = u.account_id
          where u.account_id = $1
            and (u.display_key like $2 escape '!' or u.name || '@' || a.domain like $2 escape '!' or u.email_key like $2 escape '!'
                 or u.extension like $2 escape '!')
            and (cast($3 as text) is null
                 or (u.display_key, u.id) > (select b.display_key, b.id from users b
                                              where b.account_id = $1 and b.id = $3))
          order by u.display_key, u.id limit $4",
    )
    .bind(account)
    .bind(pattern)
    .bind(after)
    .bind(limit)
    .all(db)
    .await
}

/// Notes that the address is the user's, if it is still the one with this key. Its first proof stays.
pub(super) async fn set_email_verified(
    tx: &mut Tx,
    account: &AccountId,
    user: &UserId,
    key: &str,
    now: Millis,
) -> Result<()> {
    query(
        "update users set email_verified_at = $4
          where account_id = $1 and id = $2 and email_key = $3 and email_verified_at is null",
    )
    .bind(account)
    .bind(user)
    .bind(key)
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

/// How many others of the account (for an operator: of any) have the role and may sign in.
pub(super) async fn others_of_role(tx: &mut Tx, account: &AccountId, user: &UserId, role: Role) -> Result<i64> {
    let (count,): (i64,) = query(
        "select count(*) as count from users
          where role = $3 and id <> $2 and disabled_at is null and (account_id = $1 or $3 = 'operator')",
    )
    .bind(account)
    .bind(user)
    .bind(role.as_str())
    .one(tx)
    .await?;
    Ok(count)
}

/// Waits for whoever is about to refer to the user's row, such as a mail that gets its link, and lets nobody begin. A
/// name is what PostgreSQL locks more firmly than [`hold_row`] does, for it could be referred to.
pub(super) async fn lock_out(tx: &mut Tx, account: &AccountId, user: &UserId) -> Result<()> {
    query("update users set name = id where account_id = $1 and id = $2")
        .bind(account)
        .bind(user)
        .run(tx)
        .await?;
    Ok(())
}

/// Takes the user's own row away, and keeps what the record needs.
pub(super) async fn remove(tx: &mut Tx, subject: &Subject, now: Millis) -> Result<()> {
    query(
        "insert into removed_users (id, account_id, role, name, display_name, removed_at)
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&subject.id)
    .bind(&subject.account)
    .bind(subject.role.as_str())
    .bind(subject.name.as_str())
    .bind(subject.display_name.as_str())
    .bind(now)
    .run(&mut *tx)
    .await?;
    query("delete from users where account_id = $1 and id = $2")
        .bind(&subject.account)
        .bind(&subject.id)
        .run(tx)
        .await?;
    Ok(())
}

/// What somebody of the account is called, or was before they were removed.
pub(super) async fn named(db: &Db, account: &AccountId, user: &UserId) -> Result<Option<Named>> {
    query(
        "select display_name, cast(0 as bigint) as removed from users where account_id = $1 and id = $2
         union all
         select display_name, cast(1 as bigint) as removed from removed_users where account_id = $1 and id = $2",
    )
    .bind(account)
    .bind(user)
    .optional(db)
    .await
}

/// Somebody who is or was of the account.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Named {
    pub(super) display_name: String,
    /// 1 when they were.
    pub(super) removed: i64,
}
