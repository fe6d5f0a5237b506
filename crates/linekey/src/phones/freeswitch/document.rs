//! The directory of FreeSWITCH: phones as XML, and the one document that says there is none.

use std::fmt::Write;

use linekey_sip::digest::Ha1;
use zeroize::Zeroizing;

use crate::phones::usable::Usable;

/// The answer to everything that has no other, whatever the reason.
pub const NOT_FOUND: &str = "\
<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>
<document type=\"freeswitch/xml\">
  <section name=\"result\">
    <result status=\"not found\"/>
  </section>
</document>
";
/// How a phone is rung: at every address it is registered with.
const DIAL: &str = "{^^:sip_invite_domain=${dialed_domain}:presence_id=${dialed_user}@${dialed_domain}}\
                    ${sofia_contact(*/${dialed_user}@${dialed_domain})}";
/// The document around one domain.
const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n<document type=\"freeswitch/xml\">\n  \
                    <section name=\"directory\">\n";
const FOOT: &str = "  </section>\n</document>\n";
/// About as long as a phone is in a document, so that no copy of a hash is left behind by growing.
const ROOM: usize = 1_024;

/// The document about one phone, called `user` by whoever asked. Without an HA1 it can be rung and not registered.
pub fn of_one(phone: &Usable, user: &str, ha1: Option<&Ha1>) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(ROOM + 8 * user.len()));
    text.push_str(HEAD);
    open_domain(&mut text, &phone.sip_domain);
    put_user(&mut text, phone, user, ha1);
    close_domain(&mut text);
    text.push_str(FOOT);
    text
}

/// A domain with the phones in it, for a file of FreeSWITCH's own directory.
pub fn of_domain(sip_domain: &str, phones: &[Usable], ha1: impl Fn(&Usable) -> Ha1) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(ROOM * (phones.len() + 1)));
    open_domain(&mut text, sip_domain);
    for phone in phones {
        put_user(&mut text, phone, &phone.sip_name, Some(&ha1(phone)));
    }
    close_domain(&mut text);
    text
}

fn open_domain(text: &mut String, sip_domain: &str) {
    text.push_str("    <domain name=\"");
    put_escaped(text, sip_domain);
    text.push_str("\">\n      <params>\n");
    param(text, "param", "dial-string", DIAL);
    text.push_str("      </params>\n      <groups>\n        <group name=\"default\">\n          <users>\n");
}

fn close_domain(text: &mut String) {
    text.push_str("          </users>\n        </group>\n      </groups>\n    </domain>\n");
}

/// One user. It always has parameters: one without any is let in by FreeSWITCH with any password.
fn put_user(text: &mut String, phone: &Usable, user: &str, ha1: Option<&Ha1>) {
    text.push_str("            <user id=\"");
    put_escaped(text, user);
    text.push_str("\">\n              <params>\n");
    if let Some(ha1) = ha1 {
        param(text, "param", "a1-hash", &Zeroizing::new(ha1.reveal_hex()));
    }
    let most = linekey_sip::Settings::default().contacts_per_phone.to_string();
    param(text, "param", "max-registrations-per-extension", &most);
    text.push_str("              </params>\n              <variables>\n");
    param(text, "variable", "user_context", &unexpanded(&phone.domain));
    param(
        text,
        "variable",
        "effective_caller_id_name",
        &unexpanded(&phone.display_name),
    );
    if let Some(extension) = &phone.extension {
        param(text, "variable", "effective_caller_id_number", extension);
    }
    text.push_str("              </variables>\n            </user>\n");
}

fn param(text: &mut String, element: &str, name: &str, value: &str) {
    let _ = write!(text, "                <{element} name=\"{name}\" value=\"");
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
