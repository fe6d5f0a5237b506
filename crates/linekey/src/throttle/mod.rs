//! What failures cost. A try is counted before it is judged, in a transaction of its own, so that neither a rollback
//! nor a hundred tries at once escape the count.
//!
//! Owns the buckets and the ladder of delays. There is no lock for good: every delay ends by itself.

mod store;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use data_encoding::HEXLOWER;
use unicode_normalization::UnicodeNormalization;

use crate::app::App;
use crate::clock::{DAY, HOUR, MINUTE, Millis, SECOND};
use crate::db::Tx;
use crate::db::like::canonical;
use crate::error::Result;
use crate::ids::{AccountId, UserId};
use crate::keys::Purpose;

/// Failures closer together than this add up while they are free of cost.
const WINDOW: Millis = 15 * MINUTE;
/// What a cap counts from its first failure on; then it begins anew.
const CAP_WINDOW: Millis = DAY;
/// A bucket without a try for this long is forgotten.
const FORGOTTEN: Millis = DAY;
/// How long the record holds its tongue about the same thing again.
const TOLD: Millis = 10 * MINUTE;
/// Saves an hour that rules about a stored secret may judge in vain.
const SECRET_RULE_LIMIT: i64 = 10;
/// Reset mails an hour to the people of one account, and to anybody, that are nothing unusual.
const RESETS_OF_ACCOUNT: i64 = 100;
const RESETS_OF_PORTAL: i64 = 1_000;
/// Set-up links an hour from one network that may lead nowhere: an office of phones that still ask for theirs of yesterday.
const DEAD_LINKS: i64 = 300;
/// Votes a day about one article from one network, and changes a day of one vote.
const VOTES: i64 = 20;
/// Suggestions a day from one network, and from everywhere.
const SUGGESTIONS: i64 = 10;
const ALL_SUGGESTIONS: i64 = 500;

/// Whom a typed name means.
#[derive(Clone, Copy, Debug)]
pub enum Whom<'a> {
    /// This user.
    User(&'a UserId),
    /// Nobody, or nobody for sure: the name stands for a user of its own, so that the work and the count are the same.
    Name(&'a str),
}

impl std::fmt::Display for Whom<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::User(user) => write!(f, "{user}"),
            Self::Name(name) => write!(f, "name\0{}", folded(name)),
        }
    }
}

/// Whose failures are counted together.
#[derive(Clone, Copy, Debug)]
pub enum Bucket<'a> {
    /// Sign-ins of one user from one network, by whatever name.
    User(Whom<'a>, IpAddr),
    /// Sign-ins by one name from one network, whether anybody has it or not: with the domain or without, in whatever
    /// spelling. Counted beside the user's own, or the answer would tell which names exist.
    Name(&'a str, IpAddr),
    /// Sign-ins by one whole name from everywhere, whether anybody has it or not: ten thousand addresses would get ten
    /// thousand ladders.
    NameCap(&'a str),
    /// The same of one user, by whatever name.
    UserCap(Whom<'a>),
    /// "Confirm it's you" of one user. Not by network: whoever holds a stolen session may come from many.
    Confirm(&'a UserId),
    /// Requests for a reset link from one network, whoever they are about.
    ResetRequests(IpAddr),
    /// Reset codes that are typed in one network.
    ResetCodes(IpAddr),
    /// Reset mails that one network asked for.
    ResetMailsFrom(IpAddr),
    /// Mails with a link that somebody asked for to one address, in the form in which addresses are compared: reset
    /// links, invitations, and confirmations of the address, whoever asks.
    MailsTo(&'a str),
    /// Reset mails to one user, at whatever address.
    ResetMailsOf(&'a UserId),
    /// Reset mails to the people of one account. More than usual is told and keeps nobody out.
    ResetsOfAccount(&'a AccountId),
    /// Reset mails to anybody, likewise.
    ResetsOfPortal,
    /// Saves by the one that rules about the stored secrets of the other judged, until one of them sets a password.
    SecretRule(&'a UserId, &'a UserId),
    /// The same by whoever holds a link for the password of this user: a session, stolen or not, has no part in it.
    SecretRuleByLink(&'a UserId),
    /// Mails that ask to confirm an address, by one user.
    EmailOf(&'a UserId),
    /// Set-up links of phones that do not work, tried in one network.
    SetUpFiles(IpAddr),
    /// Wrong credentials of a SIP server from one network.
    SipServer(IpAddr),
    /// First votes about an article, by its path, from one network.
    Votes(&'a str, IpAddr),
    /// Changes of one vote, by its hash.
    VoteChanges(&'a [u8]),
    /// Suggestions about articles from one network.
    Suggestions(IpAddr),
    /// The same from everywhere.
    AllSuggestions,
}

/// What the record tells once in a while and not each time, so that it is not flooded.
#[derive(Clone, Copy, Debug)]
pub enum Again<'a> {
    /// Somebody tried what is not theirs to do.
    Forbidden {
        /// Who tried.
        user: &'a UserId,
        /// What: an act, or a page.
        what: &'a str,
        /// To whom, if it was done to anybody.
        whom: Option<&'a UserId>,
    },
    /// A sign-in by a name that nobody has, from a network: the names would be endless.
    Unknown(IpAddr),
    /// A reset link asked for an address that nobody has, from a network.
    ResetUnknown(IpAddr),
    /// A reset link asked for somebody who got as many as one gets.
    ResetOver(&'a UserId),
}

impl Bucket<'_> {
    /// The row's key: a keyed hash, so that the table names nobody.
    fn key(&self, app: &App) -> Vec<u8> {
        let text = match self {
            Self::User(user, address) => format!("user\0{user}\0{}", network(*address)),
            Self::Name(name, address) => format!("name\0{}\0{}", local(name), network(*address)),
            Self::NameCap(name) => format!("name-cap\0{}", folded(name)),
            Self::UserCap(whom) => format!("user-cap\0{whom}"),
            Self::Confirm(user) => format!("confirm\0{user}"),
            Self::ResetRequests(address) => format!("reset-requests\0{}", network(*address)),
            Self::ResetCodes(address) => format!("reset-codes\0{}", network(*address)),
            Self::ResetMailsFrom(address) => format!("reset-mails-from\0{}", network(*address)),
            Self::MailsTo(email_key) => format!("mails-to\0{email_key}"),
            Self::ResetMailsOf(user) => format!("reset-mails-of\0{user}"),
            Self::ResetsOfAccount(account) => format!("resets-of-account\0{account}"),
            Self::ResetsOfPortal => "resets-of-portal".to_owned(),
            Self::SecretRule(user, whose) => format!("secret-rule\0{user}\0{whose}"),
            Self::SecretRuleByLink(user) => format!("secret-rule-by-link\0{user}"),
            Self::EmailOf(user) => format!("email-of\0{user}"),
            Self::SetUpFiles(address) => format!("set-up-files\0{}", network(*address)),
            Self::SipServer(address) => format!("sip-server\0{}", network(*address)),
            Self::Votes(article, address) => format!("votes\0{article}\0{}", network(*address)),
            Self::VoteChanges(vote) => format!("vote-changes\0{}", HEXLOWER.encode(vote)),
            Self::Suggestions(address) => format!("suggestions\0{}", network(*address)),
            Self::AllSuggestions => "all-suggestions".to_owned(),
        };
        let own = key(app, &text);
        // Those of one sign-in next to each other, which are written together.
        match self {
            Self::User(user, _) | Self::UserCap(user) => near(app, &format!("user\0{user}"), &own),
            Self::Name(name, _) | Self::NameCap(name) => near(app, &format!("name\0{}", local(name)), &own),
            _ => own,
        }
    }

    /// Whether it counts what comes from everywhere.
    fn is_cap(&self) -> bool {
        matches!(self, Self::NameCap(_) | Self::UserCap(_))
    }

    /// Failures in it that cost nothing.
    fn free(&self, app: &App) -> i64 {
        let throttle = &app.config.throttle;
        // The failure that reaches the cap is the first that makes the next one wait.
        if self.is_cap() {
            throttle.user_cap - 1
        } else {
            throttle.free_failures
        }
    }

    /// How many of them there may be within how long, for those that are not failures and cost nothing until then.
    fn most(&self, app: &App) -> Option<(i64, Millis)> {
        let throttle = &app.config.throttle;
        let an_hour = match self {
            Self::User(..)
            | Self::Name(..)
            | Self::NameCap(_)
            | Self::UserCap(_)
            | Self::Confirm(_)
            | Self::SipServer(_) => return None,
            Self::Votes(..) | Self::VoteChanges(_) => return Some((VOTES, DAY)),
            Self::Suggestions(_) => return Some((SUGGESTIONS, DAY)),
            Self::AllSuggestions => return Some((ALL_SUGGESTIONS, DAY)),
            Self::ResetRequests(_) | Self::ResetCodes(_) => throttle.reset_requests,
            Self::ResetMailsFrom(_) => throttle.reset_mails,
            Self::MailsTo(_) | Self::ResetMailsOf(_) | Self::EmailOf(_) => app.config.mail.per_address_hour,
            Self::ResetsOfAccount(_) => RESETS_OF_ACCOUNT,
            Self::ResetsOfPortal => RESETS_OF_PORTAL,
            Self::SecretRule(..) | Self::SecretRuleByLink(_) => SECRET_RULE_LIMIT,
            Self::SetUpFiles(_) => DEAD_LINKS,
        };
        Some((an_hour, HOUR))
    }
}

/// Compatibility forms and case fold together, or each spelling would be a bucket of its own.
fn folded(name: &str) -> String {
    name.nfkc().flat_map(char::to_lowercase).collect()
}

/// The name without its domain.
fn local(name: &str) -> String {
    let name = folded(name);
    name.rsplit_once('@')
        .map_or(name.as_str(), |(local, _)| local)
        .to_owned()
}

/// A key beside the others of its group.
fn near(app: &App, group: &str, own: &[u8]) -> Vec<u8> {
    let group = key(app, group);
    [group.get(..12).unwrap_or_default(), own].concat()
}

fn key(app: &App, text: &str) -> Vec<u8> {
    app.keys.mac(Purpose::Throttle, text.as_bytes())
}

/// Counts a mail to `email` with a link that somebody asked for, before it is made. `Some`: that address gets no more
/// for so many seconds.
pub async fn count_mail(app: &App, email: &str, of: Option<Bucket<'_>>) -> Result<Option<i64>> {
    let key = canonical(email);
    let buckets: Vec<_> = of.into_iter().chain([Bucket::MailsTo(&key)]).collect();
    Ok(match count(app, &buckets).await? {
        Counted::Go { .. } => None,
        Counted::Wait(seconds) => Some(seconds),
    })
}

/// Whether a try may be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It may; `failures` counts it already.
    Go {
        /// Whether the next one waits, if this one fails.
        costs: bool,
        /// Whether its failure is one for the record, which [`told`] then notes: the first that costs time, and of
        /// the others one in ten minutes.
        telling: bool,
    },
    /// It may not, whatever it holds, until so many seconds have passed.
    Wait(i64),
}

/// What the buckets say of a try that may be judged, added up.
#[derive(Default)]
struct Sum {
    costs: bool,
    telling: bool,
}

impl Sum {
    fn add(&mut self, app: &App, bucket: &Bucket<'_>, failures: i64, told_at: Option<Millis>) {
        let free = bucket.free(app);
        self.costs |= failures > free;
        // Whatever a cap counts is told by the bucket of its network.
        let untold = !bucket.is_cap() && is_untold(told_at, app.clock.now());
        self.telling |= untold || failures == free + 1;
    }

    fn go(self) -> Counted {
        Counted::Go {
            costs: self.costs,
            telling: self.telling,
        }
    }
}

/// The four buckets of a sign-in in a browser that is not known to be the user's, in the order in which they are held.
/// `name` in its canonical form; `whom` it means, and for whose cap it counts.
pub fn of_stranger<'a>(name: &'a str, (whom, capped): (Whom<'a>, Whom<'a>), address: IpAddr) -> [Bucket<'a>; 4] {
    [
        Bucket::Name(name, address),
        Bucket::User(whom, address),
        Bucket::NameCap(name),
        Bucket::UserCap(capped),
    ]
}

/// Counts a try in every bucket it falls into, and says whether it may be judged: not if one of them waits, and then
/// none counts it.
pub async fn count(app: &App, buckets: &[Bucket<'_>]) -> Result<Counted> {
    let now = app.clock.now();
    let keys: Vec<_> = buckets.iter().map(|bucket| bucket.key(app)).collect();
    let terms = store::Terms {
        window: now - WINDOW,
        free: app.config.throttle.free_failures,
        cap_window: now - CAP_WINDOW,
        cap_free: app.config.throttle.user_cap - 1,
    };
    let counted = match (buckets, &keys[..]) {
        _ if buckets.iter().any(|bucket| bucket.most(app).is_some()) => Vec::new(),
        ([_, _, Bucket::NameCap(_), Bucket::UserCap(_)], [name, user, name_cap, user_cap]) => {
            store::count_free_in_four(&app.db, [name, user, name_cap, user_cap], terms, now).await?
        }
        (_, [one]) => store::count_free(&app.db, one, terms, now).await?,
        _ => Vec::new(),
    };
    if counted.len() < buckets.len() {
        return count_among(app, buckets, None, &counted).await;
    }
    let mut sum = Sum::default();
    for (bucket, key) in buckets.iter().zip(&keys) {
        if let Some(row) = counted.iter().find(|row| row.bucket == *key) {
            sum.add(app, bucket, row.failures, row.told_at);
        }
    }
    Ok(sum.go())
}

/// The same, with the tries before `since` forgotten: somebody was given a new password then, perhaps because of them.
pub async fn count_since(app: &App, buckets: &[Bucket<'_>], since: Option<Millis>) -> Result<Counted> {
    match since {
        None => count(app, buckets).await,
        since => count_among(app, buckets, since, &[]).await,
    }
}

/// Judges the buckets one by one, held until all are; those of `counted` count the try already.
async fn count_among(
    app: &App,
    buckets: &[Bucket<'_>],
    since: Option<Millis>,
    counted: &[store::Free],
) -> Result<Counted> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let (mut going, mut moved) = (Vec::new(), Vec::new());
    let (mut sum, mut wait) = (Sum::default(), None);
    for bucket in buckets {
        let key = bucket.key(app);
        if let Some(row) = counted.iter().find(|row| row.bucket == key) {
            sum.add(app, bucket, row.failures, row.told_at);
            continue;
        }
        let kept = store::locked(&mut tx, &key, now).await?;
        let is_ahead = kept.is_ahead(now);
        let before = kept.until(now);
        let forgotten = since.is_some_and(|since| before.last_at < since);
        let judged = if forgotten {
            Verdict::Go(1)
        } else {
            judge(app, bucket, &before, now)
        };
        match judged {
            Verdict::Go(failures) => {
                sum.add(app, bucket, failures, before.told_at);
                going.push((key, failures, if failures == 1 { now } else { before.first_at }));
            }
            Verdict::Wait(seconds) => {
                wait = wait.max(Some(seconds));
                if is_ahead {
                    moved.push((key, before));
                }
            }
        }
    }
    if let Some(seconds) = wait {
        put_back(tx, &moved).await?;
        uncount(app, counted).await?;
        return Ok(Counted::Wait(seconds));
    }
    for (key, failures, first_at) in going {
        store::put(&mut tx, &key, failures, first_at, now).await?;
    }
    tx.commit().await?;
    Ok(sum.go())
}

/// Keeps the times of buckets that were written by a clock that has gone back since: the wait is to end one day. Lets go
/// of all that are held.
async fn put_back(mut tx: Tx, moved: &[(Vec<u8>, store::Row)]) -> Result<()> {
    if moved.is_empty() {
        return Ok(());
    }
    for (key, row) in moved {
        store::put(&mut tx, key, row.failures, row.first_at, row.last_at).await?;
    }
    tx.commit().await
}

/// Takes back what was counted of a try that is not judged. In a transaction of its own, which holds the buckets in the
/// order of all others: after those that refused it, two tries could wait for each other in a circle.
async fn uncount(app: &App, counted: &[store::Free]) -> Result<()> {
    if counted.is_empty() {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    for row in counted {
        store::uncount(&mut tx, &row.bucket).await?;
    }
    tx.commit().await
}

/// Forgives the buckets: their owner proved to be who they said. Of a cap only the try itself is taken back: the
/// failures of ten thousand addresses are not forgiven because the owner came in between.
pub async fn clear(app: &App, tx: &mut Tx, buckets: &[Bucket<'_>]) -> Result<()> {
    let keys: Vec<_> = buckets.iter().map(|bucket| bucket.key(app)).collect();
    // One after the other, in the order in which they are counted: nobody waits for another in a circle.
    if let ([_, _, Bucket::NameCap(_), Bucket::UserCap(_)], [name, user, name_cap, user_cap]) = (buckets, &keys[..]) {
        return store::forgive_four(tx, [name, user, name_cap, user_cap], app.clock.now()).await;
    }
    for key in keys {
        store::remove(tx, &key).await?;
    }
    Ok(())
}

/// Whether what was refused is to be told on record: not if the same was told less than ten minutes ago. Notes that it
/// is, in the transaction that records it.
pub async fn is_worth_telling(app: &App, tx: &mut Tx, again: Again<'_>) -> Result<bool> {
    let text = match again {
        Again::Forbidden { user, what, whom } => {
            let whom = whom.map(UserId::as_str).unwrap_or_default();
            format!("forbidden\0{user}\0{what}\0{whom}")
        }
        Again::ResetUnknown(address) => format!("reset-unknown\0{}", network(address)),
        Again::ResetOver(user) => format!("reset-over\0{user}"),
        Again::Unknown(address) => format!("unknown\0{}", network(address)),
    };
    let key = key(app, &text);
    let now = app.clock.now();
    let untold = is_untold(store::locked(tx, &key, now).await?.told_at, now);
    if untold {
        store::put(tx, &key, 1, now, now).await?;
        store::put_told(tx, &key, now).await?;
    }
    Ok(untold)
}

/// Notes that the failure counted in these buckets is told, in the transaction that records it: were it noted earlier,
/// a record that cannot be written would keep silent about the next one too.
pub async fn told(app: &App, tx: &mut Tx, buckets: &[Bucket<'_>]) -> Result<()> {
    for bucket in buckets.iter().filter(|bucket| !bucket.is_cap()) {
        store::put_told(tx, &bucket.key(app), app.clock.now()).await?;
    }
    Ok(())
}

fn is_untold(told_at: Option<Millis>, now: Millis) -> bool {
    // What is told in the future was told by a clock that has gone back since.
    told_at.is_none_or(|at| at > now || now - at >= TOLD)
}

/// Removes what is forgotten anyway; run now and then.
pub async fn sweep(app: &App) -> Result<()> {
    let before = app.clock.now() - FORGOTTEN;
    let mut from = Vec::new();
    // In parts, between which others write.
    while let Some(to) = store::end_of_part(&app.db, &from).await? {
        let mut tx = app.db.begin().await?;
        store::remove_older(&mut tx, (&from, &to), before).await?;
        tx.commit().await?;
        from = to;
    }
    Ok(())
}

/// What one bucket says of a try: its count with this one, or the seconds to wait.
enum Verdict {
    Go(i64),
    Wait(i64),
}

fn judge(app: &App, bucket: &Bucket<'_>, before: &store::Row, now: Millis) -> Verdict {
    if let Some((most, within)) = bucket.most(app) {
        let over = before.failures > 0 && now - before.first_at >= within;
        return match before.failures {
            _ if over => Verdict::Go(1),
            failures if failures < most => Verdict::Go(failures + 1),
            _ => Verdict::Wait(seconds(before.first_at + within - now)),
        };
    }
    let free = bucket.free(app);
    let quiet = now - before.last_at;
    let forgiven = if bucket.is_cap() {
        now - before.first_at >= CAP_WINDOW
    } else {
        quiet >= FORGOTTEN || (before.failures <= free && quiet >= WINDOW)
    };
    if before.failures == 0 || forgiven {
        return Verdict::Go(1);
    }
    let wait = delay(&app.config.throttle.ladder, before.failures - free) - quiet;
    if wait > 0 {
        Verdict::Wait(seconds(wait))
    } else {
        Verdict::Go(before.failures + 1)
    }
}

/// Whole seconds, rounded up: whoever comes back then is let in.
fn seconds(wait: Millis) -> i64 {
    (wait + SECOND - 1) / SECOND
}

/// What the `nth` failure that is not free costs, in milliseconds.
fn delay(ladder: &[i64], nth: i64) -> Millis {
    match usize::try_from(nth) {
        Err(_) | Ok(0) => 0,
        Ok(nth) => ladder
            .get(nth - 1)
            .or(ladder.last())
            .map_or(0, |seconds| seconds * SECOND),
    }
}

/// The network of an address: one IPv4 address, or the /64 that one site has of IPv6.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}
