//! Phones for Asterisk (PJSIP): as statements on the tables of its realtime engine, or as sections of `pjsip.conf`.

use std::fmt::Write;

use linekey_sip::digest::{Algorithm, NameForm};
use zeroize::Zeroizing;

use super::{Exported, Phones, take};
use crate::accounts::Named;
use crate::app::App;
use crate::error::Result;
use crate::phones::usable::Usable;

/// The longest name that `ps_auths.username` holds.
const LONGEST_USERNAME: usize = 40;
/// The longest value that `ps_endpoints.callerid` and `context` hold.
const LONGEST_CALLER_ID: usize = 40;
/// The longest context.
pub const LONGEST_CONTEXT: usize = 40;
/// About as long as a phone is, so that no copy of a hash is left behind by growing.
const ROOM: usize = 2_048;

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// SQL for `ps_auths`, `ps_aors` and `ps_endpoints`, in PostgreSQL or SQLite; it may be run again and again.
    Sql,
    /// Sections of `pjsip.conf`.
    Conf,
}

/// In which form Asterisk is given hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hashes {
    /// `password_digest`, of all three algorithms: Asterisk 20.12, 21.7, 22.2 and newer.
    Digests,
    /// `md5_cred`, for older ones.
    Md5,
}

/// What is wished for.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// SQL or sections.
    pub form: Form,
    /// In which form the hashes are.
    pub hashes: Hashes,
    /// Where the dial plan begins for a phone that Asterisk does not know yet, at most [`LONGEST_CONTEXT`] characters.
    pub context: &'a str,
}

/// The phones of an account for Asterisk.
pub async fn export(app: &App, account: &Named, wish: Wish<'_>) -> Result<Exported> {
    let mut phones = take(app, account, "asterisk").await?;
    let (kept, too_long) = std::mem::take(&mut phones.all)
        .into_iter()
        .partition::<Vec<_>, _>(|phone| phone.line.sip_name.len() <= LONGEST_USERNAME);
    phones.all = kept;
    let lasts = (app.config.sip.min_expires, app.config.sip.max_expires);
    let rows: Vec<_> = phones.all.iter().map(|phone| Row::of(phone, wish, lasts)).collect();
    let text = match wish.form {
        Form::Sql => sql(&phones, &rows),
        Form::Conf => conf(&phones, &rows),
    };
    Ok(Exported {
        text,
        phones: phones.all.len(),
        overlapping: phones.overlapping(),
        left_out: too_long.iter().map(|phone| phone.line.address()).collect(),
    })
}

/// A value: what is always Linekey's, and what is the provider's to change once the row is there.
struct Value {
    column: &'static str,
    value: Option<Zeroizing<String>>,
    is_ours: bool,
}

fn ours(column: &'static str, value: impl Into<String>) -> Value {
    Value {
        column,
        value: Some(Zeroizing::new(value.into())),
        is_ours: true,
    }
}

fn at_first(column: &'static str, value: impl Into<String>) -> Value {
    Value {
        is_ours: false,
        ..ours(column, value)
    }
}

/// What is to be empty: another form of an older SIP password would be good beside the newest.
fn nothing(column: &'static str) -> Value {
    Value {
        column,
        value: None,
        is_ours: true,
    }
}

/// One phone: its three rows, or sections, all of the same name. With the domain in it, as Asterisk looks for it first:
/// two accounts may have a phone of the same name.
struct Row {
    id: String,
    tables: [(&'static str, Vec<Value>); 3],
}

impl Row {
    fn of(phone: &Usable, wish: Wish<'_>, (shortest, longest): (u32, u32)) -> Self {
        let (line, id) = (&phone.line, phone.line.address());
        let mut auth = vec![
            ours("username", line.sip_name.as_str()),
            ours("realm", line.sip_domain.as_str()),
            nothing("password"),
        ];
        let hex = |algorithm| Zeroizing::new(phone.hashes.get(algorithm, NameForm::Plain).reveal_hex());
        match wish.hashes {
            // The type is left open: PostgreSQL's enum does not know the one that is meant, and Asterisk falls back on it.
            Hashes::Digests => {
                let digest = |algorithm: Algorithm| format!("{}:{}", algorithm.as_str(), *hex(algorithm));
                let digests = Zeroizing::new(Algorithm::ALL.map(digest).join(","));
                auth.extend([
                    nothing("auth_type"),
                    nothing("md5_cred"),
                    ours("password_digest", digests.as_str()),
                ]);
            }
            Hashes::Md5 => {
                let md5 = hex(Algorithm::Md5);
                auth.extend([ours("auth_type", "md5"), ours("md5_cred", md5.as_str())]);
            }
        }
        let most = linekey_sip::Settings::default().contacts_per_phone;
        let aor = vec![
            at_first("max_contacts", most.to_string()),
            at_first("remove_existing", "yes"),
            at_first("minimum_expiration", shortest.to_string()),
            at_first("maximum_expiration", longest.to_string()),
        ];
        let endpoint = vec![
            ours("aors", id.as_str()),
            ours("auth", id.as_str()),
            ours("callerid", caller_id(&line.display_name, line.extension.as_deref())),
            at_first("context", wish.context),
            at_first("disallow", "all"),
            at_first("allow", "g722,alaw,ulaw"),
        ];
        Self {
            id,
            tables: [("ps_auths", auth), ("ps_aors", aor), ("ps_endpoints", endpoint)],
        }
    }
}

/// `"Ann Archer" <201>`, as much of the name as there is room for.
fn caller_id(name: &str, extension: Option<&str>) -> String {
    let number = extension.map_or_else(String::new, |extension| format!(" <{extension}>"));
    let mut quoted = String::from("\"");
    // A line that ends would begin another setting of `pjsip.conf`.
    for c in name.chars().filter(|c| !c.is_control()) {
        let c = match c {
            '"' | '\\' => format!("\\{c}"),
            c => c.to_string(),
        };
        if in_realtime(&format!("{quoted}{c}\"{number}")).chars().count() > LONGEST_CALLER_ID {
            break;
        }
        quoted.push_str(&c);
    }
    format!("{quoted}\"{number}")
}

/// As Asterisk's realtime engine keeps a value: `;` would part it in two, `^` escapes.
fn in_realtime(value: &str) -> Zeroizing<String> {
    Zeroizing::new(value.replace('^', "^5E").replace(';', "^3B"))
}

/// As a text of SQL.
fn literal(text: &str) -> Zeroizing<String> {
    Zeroizing::new(format!("'{}'", text.replace('\'', "''")))
}

/// In one transaction: what was exported before and is not here any more goes, the rest is put or put right.
fn sql(phones: &Phones, rows: &[Row]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(ROOM * (rows.len() + 1)));
    let realm = literal(&phones.sip_domain);
    text.push_str(
        "-- Linekey's phones for Asterisk's realtime tables, with what is as good as their SIP passwords.\n\
         -- PostgreSQL or SQLite. A phone that was exported before and may not register any more is deleted.\n\
         begin;\n\
         create temporary table linekey_exported (id varchar(255) primary key);\n",
    );
    for row in rows {
        put(
            &mut text,
            &["insert into linekey_exported values (", &literal(&row.id), ");\n"],
        );
    }
    // Rows of this form in this realm are an earlier export's; trunks and others of the provider's stay.
    put(
        &mut text,
        &[
            "create temporary table linekey_gone as select id from ps_auths where realm = ",
            &realm,
            "\n  and id = username || '@' || realm and id not in (select id from linekey_exported);\n",
        ],
    );
    for table in ["ps_endpoints", "ps_aors", "ps_auths"] {
        put(
            &mut text,
            &["delete from ", table, " where id in (select id from linekey_gone);\n"],
        );
    }
    text.push_str("drop table linekey_gone;\ndrop table linekey_exported;\n");
    for row in rows {
        for (table, values) in &row.tables {
            put_row(&mut text, table, &row.id, values);
        }
    }
    text.push_str("commit;\n");
    text
}

fn put_row(text: &mut String, table: &str, id: &str, values: &[Value]) {
    put(text, &["insert into ", table, " (id"]);
    for value in values {
        put(text, &[", ", value.column]);
    }
    put(text, &[") values (", &literal(id)]);
    for value in values {
        match &value.value {
            Some(value) => put(text, &[", ", &literal(&in_realtime(value))]),
            None => put(text, &[", null"]),
        }
    }
    text.push_str(")\n  on conflict (id) do ");
    let kept: Vec<_> = values
        .iter()
        .filter(|value| value.is_ours)
        .map(|value| value.column)
        .collect();
    if kept.is_empty() {
        text.push_str("nothing;\n");
        return;
    }
    let set: Vec<_> = kept
        .iter()
        .map(|column| format!("{column} = excluded.{column}"))
        .collect();
    put(text, &["update set ", &set.join(", "), ";\n"]);
}

fn put(text: &mut String, parts: &[&str]) {
    parts.iter().for_each(|part| text.push_str(part));
}

/// Three sections a phone. In a file `;` begins a comment.
fn conf(phones: &Phones, rows: &[Row]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(ROOM * (rows.len() + 1)));
    let _ = writeln!(
        text,
        "; Linekey's phones of {} for pjsip.conf, with what is as good as their SIP passwords. Written anew, not edited.",
        phones.sip_domain
    );
    for row in rows {
        for (table, values) in &row.tables {
            let kind = table.trim_start_matches("ps_").trim_end_matches('s');
            let _ = write!(text, "\n[{}]\ntype = {kind}\n", row.id);
            for value in values {
                let Some(set) = &value.value else { continue };
                let set = Zeroizing::new(set.replace(';', "\\;"));
                put(&mut text, &[value.column, " = ", &set, "\n"]);
            }
        }
    }
    text
}
