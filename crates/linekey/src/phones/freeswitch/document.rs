//! The directory of FreeSWITCH: phones as XML, and the one document that says there is none.

use std::fmt::Write;

use linekey_sip::digest::Ha1;
use zeroize::Zeroizing;

use crate::phones::usable::{Line, Usable};

/// The answer to everything that has no other, whatever the reason.
pub const NOT_FOUND: &str = "\
<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>
<document type=\"freeswitch/xml\">
  <section name=\"result\">
    <result status=\"not found\"/>
  </section>
</document>
";
/// What a call tells the phone that it rings.
const INVITE: &str = "{^^:sip_invite_domain=${dialed_domain}:presence_id=${dialed_user}@${dialed_domain}}";
/// A phone is rung at every address it is registered with.
const CONTACTS: &str = "${sofia_contact(*/${dialed_user}@${dialed_domain})}";
/// The document around one domain.
const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n<document type=\"freeswitch/xml\">\n  \
                    <section name=\"directory\">\n";
const FOOT: &str = "  </section>\n</document>\n";
/// About as long as a phone is in a document, so that no copy of a hash is left behind by growing.
const ROOM: usize = 1_024;

/// The document about one phone that registers or calls as `user`.
pub fn of_one(line: &Line, user: &str, ha1: &Ha1) -> Zeroizing<String> {
    around(&line.sip_domain, user.len(), |text| {
        put_user(text, line, user, Way::In(ha1))
    })
}

/// The document about whoever is called `called`: the phones that ring, and nothing to register with. `None` where
/// nothing rings.
pub fn to_ring(lines: &[Line], called: &str) -> Option<Zeroizing<String>> {
    let addresses: Vec<_> = lines.iter().filter_map(contacts).collect();
    let first = lines.first().filter(|_| !addresses.is_empty())?;
    let dial = format!("{INVITE}{}", addresses.join(","));
    let room = called.len() + dial.len();
    Some(around(&first.sip_domain, room, |text| {
        put_user(text, first, called, Way::To(&dial));
    }))
}

/// Where a phone is registered, as FreeSWITCH looks it up. A name with signs that would mean something there is not rung.
fn contacts(line: &Line) -> Option<String> {
    let address = line.address();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "@.-_+".contains(c);
    address
        .chars()
        .all(is_plain)
        .then(|| format!("${{sofia_contact(*/{address})}}"))
}

fn around(sip_domain: &str, room: usize, users: impl FnOnce(&mut String)) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(2 * ROOM + 8 * room));
    text.push_str(HEAD);
    open_domain(&mut text, sip_domain);
    users(&mut text);
    close_domain(&mut text);
    text.push_str(FOOT);
    text
}

/// A domain with the phones in it, for a file of FreeSWITCH's own directory.
pub fn of_domain(sip_domain: &str, phones: &[Usable], ha1: impl Fn(&Usable) -> Ha1) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(ROOM * (phones.len() + 1)));
    open_domain(&mut text, sip_domain);
    for phone in phones {
        put_user(&mut text, &phone.line, &phone.line.sip_name, Way::In(&ha1(phone)));
    }
    close_domain(&mut text);
    text
}

fn open_domain(text: &mut String, sip_domain: &str) {
    text.push_str("    <domain name=\"");
    put_escaped(text, sip_domain);
    text.push_str("\">\n      <params>\n");
    param(text, 8, ("param", "dial-string"), &format!("{INVITE}{CONTACTS}"));
    text.push_str("      </params>\n      <groups>\n        <group name=\"default\">\n          <users>\n");
}

fn close_domain(text: &mut String) {
    text.push_str("          </users>\n        </group>\n      </groups>\n    </domain>\n");
}

/// What FreeSWITCH is told of a user.
enum Way<'a> {
    /// How it is let in.
    In(&'a Ha1),
    /// How it is rung.
    To(&'a str),
}

/// One user. It always has parameters: one without any is let in by FreeSWITCH with any password.
fn put_user(text: &mut String, line: &Line, user: &str, way: Way<'_>) {
    text.push_str("            <user id=\"");
    put_escaped(text, user);
    text.push_str("\">\n              <params>\n");
    match way {
        Way::In(ha1) => {
            param(text, 16, ("param", "a1-hash"), &Zeroizing::new(ha1.reveal_hex()));
            let most = linekey_sip::Settings::default().contacts_per_phone.to_string();
            param(text, 16, ("param", "max-registrations-per-extension"), &most);
        }
        Way::To(dial) => param(text, 16, ("param", "dial-string"), dial),
    }
    text.push_str("              </params>\n              <variables>\n");
    param(text, 16, ("variable", "user_context"), &unexpanded(&line.domain));
    param(
        text,
        16,
        ("variable", "effective_caller_id_name"),
        &unexpanded(&line.display_name),
    );
    if let Some(extension) = &line.extension {
        param(text, 16, ("variable", "effective_caller_id_number"), extension);
    }
    text.push_str("              </variables>\n            </user>\n");
}

fn param(text: &mut String, depth: usize, (element, name): (&str, &str), value: &str) {
    let _ = write!(text, "{:depth$}<{element} name=\"{name}\" value=\"", "");
    put_escaped(text, value);
    text.push_str("\"/>\n");
}

/// What people call themselves, so that it stays that. FreeSWITCH expands `${..}` in a variable's value when it is used,
/// functions included, and `$${..}` as it reads a file: a name could run a command.
fn unexpanded(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for c in text.chars().filter(|c| is_writable(*c)) {
        if c == '{' {
            let bare = kept.trim_end_matches(['$', '#', '@', '%']).len();
            kept.truncate(bare);
        }
        kept.push(c);
    }
    kept
}

/// Whether XML 1.0 has a way to write it (section 2.2), and there is anything to see.
fn is_writable(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// As the value of an attribute. What cannot be written is left out.
fn put_escaped(text: &mut String, value: &str) {
    for c in value.chars().filter(|c| is_writable(*c)) {
        match c {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\'' => text.push_str("&#39;"),
            c => text.push(c),
        }
    }
}
