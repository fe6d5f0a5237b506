//! The two tables of `docs/permissions.md`: what every route answers to everyone, and who may do what to whom.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use reqwest::Method;

use super::cast::{Actor, Cast, NEW, Thing, Whose};
use super::routes;
use crate::ids::{AccountId, UserId};
use crate::testing::{Answer, Portal, stories};
use crate::users::Role;
use crate::users::permissions::{Act, Standing, may_choose_extension, refusal};
use crate::web::form::encode;

const HEAD: &str = "\
# Who may do what

Generated: `UPDATE_TABLES=1 cargo test -p linekey --lib routes_tests::permissions` writes it anew. A test fails when the
portal answers otherwise, so that a permission changes only together with a line of this page.
";

const ROUTES: &str = "
## What every route answers

Everyone but the operator is of one account. `own` is an id of whoever asks, `colleague's` of a user of that account,
`stranger's` of a user of another one. Forms are filled in so that they would do something. An arrow names the page that
is gone to next. *Must change first* is a user whose password was set for them, *disabled meanwhile* one who was signed
in before. Every route that answers GET answers HEAD alike, and other methods with 405.
";

const ACTS: &str = "
## Who may do what to whom

From `crates/linekey/src/users/permissions.rs`. Someone of another account does not exist for an administrator: what is
refused here is answered with 404 there.
";

const OWN: &str = "
## What one may choose of what is one's own
";

/// A query or a form's field that takes an id.
const FIELDS: [(&str, &str, &str, Thing); 5] = [
    ("GET", "/confirm", "change", Thing::Pending),
    ("POST", "/confirm", "change", Thing::Pending),
    ("GET", "/admin/users", "after", Thing::User),
    ("GET", "/admin/phones", "after", Thing::Phone),
    ("GET", "/admin/audit", "user", Thing::User),
];

/// Fields that are nobody's id.
const NO_IDS: [&str; 37] = [
    "answer",
    "before",
    "block",
    "code",
    "confirm_password",
    "display_name",
    "edit",
    "email",
    "extension",
    "flow",
    "form",
    "helpful",
    "invite",
    "kind",
    "label",
    "mail",
    "must_change",
    "name",
    "new_password",
    "next",
    "overlap_hours",
    "password",
    "q",
    "reason",
    "reset",
    "role",
    "saved",
    "sign_out_others",
    "state",
    "temporary",
    "text",
    "time_zone",
    "username",
    "v",
    "website",
    "without_email",
    "your_password",
];

/// A token as those of links are, which opens nothing.
const NO_LINK: &str = "7nFq2vWmR0sTz4Xc9LkJ1bHd8eYg5uPa3oNi6tQw-_M";

/// A line of the table: a route with a choice of whose ids it gets.
struct Line {
    method: &'static str,
    pattern: &'static str,
    /// What stands for each `{...}` of the address.
    ids: Vec<(Thing, Whose)>,
    /// A field that takes an id.
    field: Option<(&'static str, Thing, Whose)>,
}

impl Line {
    fn is_about(&self, whose: Whose) -> bool {
        self.ids.iter().any(|(_, other)| *other == whose)
    }

    /// `POST /admin/users/{stranger's}/disable`
    fn title(&self) -> String {
        let mut title = format!("{} {}", self.method, self.pattern);
        for ((_, whose), place) in self.ids.iter().zip(places(self.pattern)) {
            title = title.replacen(place, &format!("{{{}}}", whose.word()), 1);
        }
        if let Some((name, _, whose)) = self.field {
            let _ = write!(
                title,
                "{}{name}={{{}}}",
                if self.method == "GET" { "?" } else { " " },
                whose.word()
            );
        }
        title
    }
}

/// Each `{...}` of an address.
fn places(pattern: &str) -> Vec<&str> {
    pattern.split('/').filter(|part| part.starts_with('{')).collect()
}

fn lines() -> Vec<Line> {
    let mut lines = Vec::new();
    for route in routes() {
        for method in route.methods {
            let mut choices: Vec<Vec<(Thing, Whose)>> = vec![Vec::new()];
            for thing in places(route.pattern)
                .into_iter()
                .filter_map(|place| thing(route.pattern, place))
            {
                let longer = |chosen: &Vec<_>, whose| [chosen.clone(), vec![(thing, whose)]].concat();
                choices = choices
                    .iter()
                    .flat_map(|chosen| Whose::ALL.map(|whose| longer(chosen, whose)))
                    .collect();
            }
            let line = |ids: &Vec<_>, field| Line {
                method,
                pattern: route.pattern,
                ids: ids.clone(),
                field,
            };
            lines.extend(choices.iter().map(|ids| line(ids, None)));
            for (_, _, name, thing) in FIELDS
                .into_iter()
                .filter(|field| (field.0, field.1) == (method, route.pattern))
            {
                lines.extend(Whose::ALL.map(|whose| line(&Vec::new(), Some((name, thing, whose)))));
            }
        }
    }
    lines
}

/// What a `{...}` stands for; `None` if it is no id of anybody.
fn thing(pattern: &str, place: &str) -> Option<Thing> {
    match (pattern, place) {
        (_, "{session}") => Some(Thing::Session),
        (pattern, "{id}") if pattern.starts_with("/admin/users/") => Some(Thing::User),
        ("/account/sessions/devices/{id}/forget", _) => Some(Thing::Device),
        (pattern, "{id}") if pattern.starts_with("/account/sessions/") => Some(Thing::Session),
        (pattern, "{id}") if pattern.starts_with("/phones/") => Some(Thing::Phone),
        (_, "{phone}") => Some(Thing::Phone),
        ("/assets/{name}" | "/demo/mail/{id}", _) | (_, "{token}" | "{file}") => None,
        // For everybody, and about nobody.
        (pattern, _) if pattern.starts_with("/help/") => None,
        // Of no account: operators alone see mail, and of samples there is nobody.
        (pattern, "{id}" | "{kind}") if pattern.starts_with("/operator/mail/") => None,
        // Of strangers, and of nobody.
        (pattern, "{id}") if pattern.starts_with("/operator/help/") => None,
        _ => panic!("whose ids does {place} of {pattern} take? This test must know"),
    }
}

/// Sends a line's request, and says where to.
async fn ask(cast: &Cast<'_>, line: &Line, actor: Actor, method: Method) -> (String, Answer) {
    let mut path = line
        .pattern
        .replace("{name}", "style.css")
        .replace("{token}", NO_LINK)
        .replace("/export/{file}", "/export/votes.csv")
        .replace("{file}", "linphone.xml")
        .replace("{kind}", "reset")
        .replace("{category}", "passwords")
        .replace("{article}", "change-your-password")
        .replace("{picture}", "nothing.light.webp");
    for ((thing, whose), place) in line.ids.iter().zip(places(line.pattern)) {
        path = path.replacen(place, &cast.id(*thing, *whose, actor).await, 1);
    }
    let path = path.replace("{id}", "0198c0de-0000-7000-8000-000000000000");
    let id = match line.field {
        Some((name, thing, whose)) => Some((name, cast.id(thing, whose, actor).await)),
        None => None,
    };
    let browser = cast.browser(actor);
    if line.method == "GET" {
        let query = id.map(|(name, id)| format!("?{name}={id}")).unwrap_or_default();
        let path = format!("{path}{query}");
        let answer = browser.send(method, &path, &[], None).await;
        return (path, answer);
    }
    // Whatever any form of the portal asks for: what a route does not know it leaves alone.
    let nobody = format!("nobody-{}", actor.title());
    let mut fields = vec![
        ("username", nobody.as_str()),
        ("code", "2222-2222"),
        ("password", actor.password()),
        ("your_password", actor.password()),
        ("new_password", NEW),
        ("confirm_password", NEW),
        ("sign_out_others", "on"),
        ("display_name", "Somebody Else"),
        ("time_zone", "Europe/Lisbon"),
        ("label", "Kitchen"),
        ("overlap_hours", "24"),
        ("kind", "softphone"),
        ("temporary", "on"),
        ("name", "nobody-yet"),
        ("helpful", "yes"),
        ("text", "What could be better"),
        ("answer", "It is better now"),
        ("email", "somebody@home.example"),
    ];
    fields.extend(id.as_ref().map(|(name, id)| (*name, id.as_str())));
    let body: Vec<_> = fields
        .into_iter()
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    let kind = ("content-type", "application/x-www-form-urlencoded");
    let answer = browser
        .send(method, &path, &[kind], Some(body.join("&").into_bytes()))
        .await;
    (path, answer)
}

/// `303 /sign-in`: the status and where it leads, ids aside.
fn in_short(path: &str, answer: &Answer) -> String {
    let mut place = answer.location().split('?').next().unwrap_or_default().to_owned();
    if answer.location().starts_with("/confirm?change=") {
        place = "/confirm?change={new}".to_owned();
    }
    for form in ["/reset-password/new", "/set-up/new"] {
        if answer.location().starts_with(&format!("{form}?flow=")) {
            place = format!("{form}?flow={{new}}");
        }
    }
    let segments = place.split('/').map(|part| match uuid::Uuid::try_parse(part) {
        Ok(_) if path.contains(part) => "{same}",
        Ok(_) => "{new}",
        Err(_) => part,
    });
    let place = segments.collect::<Vec<_>>().join("/");
    format!("{} {place}", answer.status.as_u16()).trim().to_owned()
}

fn is_refused(answer: &Answer) -> bool {
    let to_sign_in = answer.location().starts_with("/sign-in") && !answer.location().contains("signed-out");
    answer.status.is_client_error() || to_sign_in || answer.location() == "/account/settings#password"
}

/// What must hold whatever the table says.
fn check(line: &Line, actor: Actor, answer: &Answer) {
    let (title, status) = (line.title(), answer.status.as_u16());
    let who = actor.title();
    assert!(!answer.status.is_server_error(), "{title} as {who}: {}", answer.text);
    let area = match line.pattern {
        pattern if pattern.starts_with("/admin") => Some(Actor::Administrator),
        pattern if pattern.starts_with("/operator") => Some(Actor::Operator),
        _ => None,
    };
    match actor {
        Actor::User | Actor::Administrator | Actor::Operator if area.is_some_and(|area| area != actor) => {
            assert_eq!(status, 403, "{title} as {who}: a role that is lacking");
        }
        Actor::Administrator if line.method == "POST" && line.ids.first() == Some(&(Thing::User, Whose::Own)) => {
            assert_eq!(status, 403, "{title} as {who}: an act on oneself");
        }
        Actor::User | Actor::Administrator | Actor::Operator if line.is_about(Whose::Stranger) => {
            assert_eq!(status, 404, "{title} as {who}: an id of another account");
        }
        Actor::User | Actor::Operator if line.is_about(Whose::Colleague) => {
            assert_eq!(status, 404, "{title} as {who}: an id of somebody else");
        }
        _ => {}
    }
    if line
        .field
        .is_some_and(|(_, thing, whose)| thing == Thing::Pending && whose != Whose::Own)
    {
        let gone = [303, 409].contains(&status) && answer.location() != "/account/password/done";
        assert!(gone, "{title} as {who}: somebody else's change");
    }
    // The people of the other account, and what is theirs alone.
    if actor != Actor::Operator && !line.pattern.starts_with("/demo") {
        for theirs in ["Gina", "Gus", "globex"] {
            assert!(!answer.text.contains(theirs), "{title} as {who} shows {theirs}");
        }
    }
}

/// Museum rows 12, 13 and 27, route by route: a role that is lacking is refused, an id of another account is nobody's,
/// and nothing that is refused leaves a trace but its record.
async fn every_route_answers_everyone_as_the_table_says(p: Portal) {
    let mut cast = Cast::new(&p).await;
    let mut table = BTreeMap::new();
    for line in lines() {
        let mut answers = Vec::new();
        for actor in Actor::ALL {
            let before = cast.everything().await;
            let (path, answer) = ask(&cast, &line, actor, line.method.parse().expect("a method")).await;
            check(&line, actor, &answer);
            let after = cast.everything().await;
            if is_refused(&answer) {
                assert_eq!(
                    after,
                    before,
                    "{} as {}: refused, yet done",
                    line.title(),
                    actor.title()
                );
            }
            if after != before {
                cast.renew().await;
            } else if line.method == "GET" {
                let head = ask(&cast, &line, actor, Method::HEAD).await.1;
                assert_eq!(in_short(&path, &head), in_short(&path, &answer), "HEAD {path}");
            }
            answers.push(in_short(&path, &answer));
        }
        table.insert(line.title(), answers);
    }
    same_as_on_file(&page(&table));
}

async fn other_methods_are_refused_whoever_tries(p: Portal) {
    let cast = Cast::new(&p).await;
    let before = cast.everything().await;
    for line in lines().into_iter().filter(|line| line.field.is_none()) {
        for method in [
            Method::PUT,
            Method::DELETE,
            Method::PATCH,
            Method::OPTIONS,
            Method::TRACE,
        ] {
            for actor in [Actor::Nobody, Actor::Administrator, Actor::MustChange] {
                let (path, answer) = ask(&cast, &line, actor, method.clone()).await;
                assert_eq!(answer.status, 405, "{method} {path} as {}", actor.title());
            }
        }
    }
    assert_eq!(cast.everything().await, before);
}

stories!(
    every_route_answers_everyone_as_the_table_says,
    other_methods_are_refused_whoever_tries,
);

/// The names of all fields that a page reads, as its source says.
fn fields_read(folder: &Path, inside_pages: bool, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).expect("the sources") {
        let path = entry.expect("an entry").path();
        let is_pages = inside_pages || path.file_stem().is_some_and(|stem| stem == "pages");
        if path.is_dir() {
            fields_read(&path, is_pages, found);
        } else if is_pages && path.extension().is_some_and(|kind| kind == "rs") {
            let source = std::fs::read_to_string(&path).expect("a source");
            for call in [".text(\"", ".get(\""] {
                let names = source.split(call).skip(1).filter_map(|rest| rest.split('"').next());
                found.extend(names.map(|name| (name.to_owned(), path.display().to_string())));
            }
        }
    }
}

#[test]
fn every_field_is_tried_with_everybodys_ids_or_known_to_hold_none() {
    let mut found = Vec::new();
    fields_read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), false, &mut found);
    assert!(found.len() > NO_IDS.len(), "{found:?}");
    for (name, place) in found {
        let tried = FIELDS.iter().any(|field| field.2 == name);
        assert!(
            tried || NO_IDS.contains(&name.as_str()) || name.contains('-'),
            "{place} reads {name}: whose id is it?"
        );
    }
}

/// The file, as it should be.
fn page(routes: &BTreeMap<String, Vec<String>>) -> String {
    let mut page = format!("{HEAD}{ROUTES}\n| route |");
    for actor in Actor::ALL {
        let _ = write!(page, " {} |", actor.title());
    }
    let _ = write!(page, "\n|---|{}\n", "---|".repeat(Actor::ALL.len()));
    let mut by_address: Vec<_> = routes.iter().collect();
    by_address.sort_by_key(|(title, _)| title.split_once(' ').map(|(method, path)| (path, method)));
    for (title, answers) in by_address {
        let answers: Vec<_> = answers.iter().map(|answer| answer.replacen(' ', " -> ", 1)).collect();
        let _ = writeln!(page, "| `{title}` | {} |", answers.join(" | "));
    }
    page + ACTS + acts().as_str() + OWN + own().as_str()
}

/// What people may choose of what is theirs.
fn own() -> String {
    let mut table = "\n| who | extension of a phone they add |\n|---|---|\n".to_owned();
    for role in [Role::User, Role::Administrator, Role::Operator] {
        let chooses = if may_choose_extension(role) {
            "their choice"
        } else {
            "their own"
        };
        let _ = writeln!(table, "| {} | {chooses} |", role.as_str());
    }
    table
}

/// Act x rank of the actor x rank of the subject.
fn acts() -> String {
    let mut table = "\n| who | to whom |".to_owned();
    for act in Act::ALL {
        let _ = write!(table, " {act:?} |");
    }
    let _ = write!(table, "\n|---|---|{}\n", "---|".repeat(Act::ALL.len()));
    let roles = [Role::User, Role::Administrator, Role::Operator];
    let (account, other) = (AccountId::new("here"), AccountId::new("there"));
    let (one, another) = (UserId::new("one"), UserId::new("another"));
    for actor in roles {
        let mut row = |to: String, id, account_of, role| {
            let _ = write!(table, "| {} | {to} |", actor.as_str());
            for act in Act::ALL {
                let who = Standing {
                    id: &one,
                    account: &account,
                    role: actor,
                };
                let whom = Standing {
                    id,
                    account: account_of,
                    role,
                };
                let verdict = refusal(who, act, whom).map_or("may", |refusal| refusal.as_str());
                let _ = write!(table, " {verdict} |");
            }
            table.push('\n');
        };
        row("themselves".to_owned(), &one, &account, actor);
        for role in roles {
            row(format!("{} of the account", role.as_str()), &another, &account, role);
        }
        for role in roles {
            row(format!("{} of another account", role.as_str()), &another, &other, role);
        }
    }
    table
}

/// Compares with `docs/permissions.md`, or writes it when `UPDATE_TABLES=1` says so.
#[expect(clippy::disallowed_methods, reason = "a switch for tests alone")]
fn same_as_on_file(page: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/permissions.md");
    if std::env::var("UPDATE_TABLES").is_ok_and(|value| value == "1") {
        std::fs::write(&file, page).expect("docs/permissions.md is writable");
        return;
    }
    let on_file = std::fs::read_to_string(&file).unwrap_or_default();
    let gone = on_file.lines().filter(|line| !page.lines().any(|other| other == *line));
    let come = page.lines().filter(|line| !on_file.lines().any(|other| other == *line));
    let diff: Vec<_> = gone
        .map(|line| format!("- {line}"))
        .chain(come.map(|line| format!("+ {line}")))
        .collect();
    assert!(
        diff.is_empty() && on_file == page,
        "the portal's permissions are not those of docs/permissions.md:\n{}",
        diff.join("\n")
    );
}

#[test]
fn nobody_of_another_account_can_be_acted_on_and_nobody_upwards() {
    for row in acts().lines().filter(|row| row.contains("| may |")) {
        let verdicts: Vec<_> = row
            .split(" | ")
            .skip(2)
            .map(|verdict| verdict.trim_matches([' ', '|']))
            .collect();
        let only_a_reset_link = Act::ALL
            .iter()
            .zip(verdicts)
            .all(|(act, verdict)| (verdict == "may") == (*act == Act::SendReset));
        assert!(
            row.starts_with("| administrator | user of the account |")
                || row.starts_with("| administrator | administrator of the account |") && only_a_reset_link,
            "more is allowed than administrators helping users: {row}"
        );
    }
}
