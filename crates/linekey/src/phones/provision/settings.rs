//! What a phone is told, and the files it is told in.

use askama::Template;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::error::{Error, Result};

/// Everything that a set-up file says. What a link gives is made of this alone, so that it is the same each time whatever
/// becomes of the phone's name or the configuration meanwhile.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Settings {
    /// Where the registrar is reached, over UDP.
    pub(super) host: String,
    pub(super) port: u16,
    /// `ann-desk`: user name and authentication name.
    pub(super) sip_name: String,
    /// `acme.example`: the domain of the address of record, and the realm.
    pub(super) sip_domain: String,
    pub(super) sip_password: String,
    /// What the people who are called see.
    pub(super) display_name: String,
    /// What stands on the phone's own screen: the extension, or what the phone is called.
    pub(super) label: String,
    /// How long a registration is asked for, in seconds.
    pub(super) expires: u32,
}

impl Drop for Settings {
    fn drop(&mut self) {
        self.sip_password.zeroize();
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Settings({}@{}, ***)", self.sip_name, self.sip_domain)
    }
}

#[derive(Template)]
#[template(path = "phones/provision/linphone.xml")]
struct Linphone<'a> {
    of: &'a Settings,
}

#[derive(Template)]
#[template(path = "phones/provision/yealink.cfg")]
struct Yealink<'a> {
    of: &'a Settings,
}

#[derive(Template)]
#[template(path = "phones/provision/polycom.xml")]
struct Polycom<'a> {
    of: &'a Settings,
}

#[derive(Template)]
#[template(path = "phones/provision/polycom_master.xml")]
struct PolycomMaster;

#[derive(Template)]
#[template(path = "phones/provision/grandstream.xml")]
struct Grandstream<'a> {
    of: &'a Settings,
}

#[derive(Template)]
#[template(path = "phones/provision/snom.xml")]
struct Snom<'a> {
    of: &'a Settings,
}

impl Settings {
    /// The bytes that are sealed.
    pub(super) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(serde_json::to_vec(self).expect("texts and numbers are JSON"))
    }

    /// Reads what [`Settings::to_bytes`] wrote.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self> {
        serde_json::from_slice(bytes).map_err(Error::defect)
    }

    pub(super) fn linphone(&self) -> String {
        rendered(&Linphone { of: self })
    }

    pub(super) fn yealink(&self) -> String {
        rendered(&Yealink { of: self })
    }

    pub(super) fn polycom(&self) -> String {
        rendered(&Polycom { of: self })
    }

    /// The file that names the one with the settings, and nothing else.
    pub(super) fn polycom_master() -> String {
        rendered(&PolycomMaster)
    }

    pub(super) fn grandstream(&self) -> String {
        rendered(&Grandstream { of: self })
    }

    pub(super) fn snom(&self) -> String {
        rendered(&Snom { of: self })
    }

    /// `203.0.113.7:5060`, and `[2001:db8::1]:5060`.
    fn server(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// `"Ann Anchor" <sip:ann-desk@acme.example>`
    fn identity(&self) -> String {
        let name = self.display_name.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{name}\" <sip:{}@{}>", self.sip_name, self.sip_domain)
    }

    /// In minutes, as Grandstream has it.
    fn expires_minutes(&self) -> u32 {
        self.expires.div_ceil(60)
    }
}

fn rendered(template: &impl Template) -> String {
    let text = template.render().expect("set-up files render: their values are text");
    format!("{}\n", text.trim_end())
}

/// On one line, and of characters that XML 1.0 allows: what stands in a file is what was typed, never a line of its own.
pub(super) fn one_line(text: &str) -> String {
    let plain = |c: char| {
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}') {
            ' '
        } else {
            c
        }
    };
    text.chars().map(plain).collect::<String>().trim().to_owned()
}
