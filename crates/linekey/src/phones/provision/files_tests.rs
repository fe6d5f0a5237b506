//! The set-up files, whole: `samples/` holds each as it is fetched. `UPDATE_SAMPLES=1` writes them anew.

use std::fs;
use std::path::Path;

use super::Kind;
use super::settings::{Settings, one_line};

/// Each kind with a file that it asks for, and the sample that this is compared with.
const FILES: [(Kind, &str, &str); 6] = [
    (Kind::Softphone, "linphone.xml", "linphone.xml"),
    (Kind::Yealink, "y000000000000.cfg", "yealink.cfg"),
    (Kind::Polycom, "000000000000.cfg", "polycom_master.xml"),
    (Kind::Polycom, "linekey.cfg", "polycom.xml"),
    (Kind::Grandstream, "cfg000b82aabbcc.xml", "grandstream.xml"),
    (Kind::Snom, "settings.xml", "snom.xml"),
];

/// A name that means something in every format, on two lines.
const AWKWARD: &str = " Ann \"O'Hara\" <&> \\ Äö\naccount.1.password = mine\u{7}";

fn settings(display_name: &str) -> Settings {
    Settings {
        host: "203.0.113.7".to_owned(),
        port: 5060,
        sip_name: "ann-desk".to_owned(),
        sip_domain: "acme.example".to_owned(),
        sip_password: "abcdefghijkmnpqrstuvwxyz23".to_owned(),
        display_name: one_line(display_name),
        label: "201".to_owned(),
        expires: 3600,
    }
}

fn text(kind: Kind, name: &str, settings: &Settings) -> String {
    let file = kind.file(name, settings);
    file.unwrap_or_else(|| panic!("{kind:?} asks for {name}")).text
}

#[expect(clippy::disallowed_methods, reason = "a switch for tests alone")]
fn is_to_update() -> bool {
    std::env::var("UPDATE_SAMPLES").is_ok_and(|value| value == "1")
}

#[test]
fn every_file_reads_as_its_sample() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/phones/provision/samples");
    for (kind, name, sample) in FILES {
        let (file, is) = (folder.join(sample), text(kind, name, &settings(AWKWARD)));
        if is_to_update() {
            fs::create_dir_all(&folder).expect("the samples are writable");
            fs::write(&file, &is).expect("the samples are writable");
        }
        let expected = fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(is, expected, "{sample}: UPDATE_SAMPLES=1 writes what is right now");
    }
}

/// Element text by what names it, and attributes by their names.
fn values(xml: &str) -> Vec<(String, String)> {
    let document = roxmltree::Document::parse(xml).unwrap_or_else(|error| panic!("{error}: {xml}"));
    let mut values = Vec::new();
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        let name = node.attribute("name").unwrap_or(node.tag_name().name());
        values.push((name.to_owned(), node.text().unwrap_or_default().to_owned()));
        values.extend(
            node.attributes()
                .map(|one| (one.name().to_owned(), one.value().to_owned())),
        );
    }
    values
}

fn lines(cfg: &str) -> Vec<(String, String)> {
    let pairs = cfg.lines().filter(|line| !line.starts_with('#'));
    let pairs = pairs.filter_map(|line| line.split_once('='));
    pairs
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect()
}

/// Names with their values.
type Said<'a> = &'a [(&'a str, &'a str)];

#[test]
fn every_file_says_what_a_phone_needs_and_not_where_to_ask_again() {
    let settings = settings(AWKWARD);
    let name = settings.display_name.as_str();
    let identity = "\"Ann \\\"O'Hara\\\" <&> \\\\ Äö account.1.password = mine\" <sip:ann-desk@acme.example>";
    let password = settings.sip_password.as_str();
    let (aor, host, domain) = ("ann-desk@acme.example", "203.0.113.7", "acme.example");
    let expected: [(&str, Kind, Said<'_>); 5] = [
        (
            "linphone.xml",
            Kind::Softphone,
            &[
                ("username", "ann-desk"),
                ("passwd", password),
                ("realm", domain),
                ("reg_identity", identity),
                ("reg_proxy", "<sip:203.0.113.7:5060;transport=udp>"),
                ("reg_expires", "3600"),
                ("transient_provisioning", "1"),
                ("config-uri", ""),
            ],
        ),
        (
            "001565aabbcc.cfg",
            Kind::Yealink,
            &[
                ("account.1.display_name", name),
                ("account.1.user_name", "ann-desk"),
                ("account.1.auth_name", "ann-desk"),
                ("account.1.password", password),
                ("account.1.sip_server.1.address", domain),
                ("account.1.sip_server.1.transport_type", "0"),
                ("account.1.outbound_proxy.1.address", host),
                ("account.1.outbound_proxy.1.port", "5060"),
                ("account.1.sip_server.1.expires", "3600"),
                ("static.auto_provision.server.url", ""),
                ("static.auto_provision.power_on", "0"),
            ],
        ),
        (
            "linekey.cfg",
            Kind::Polycom,
            &[
                ("reg.1.address", aor),
                ("reg.1.displayName", name),
                ("reg.1.auth.userId", "ann-desk"),
                ("reg.1.auth.password", password),
                ("reg.1.outboundProxy.address", host),
                ("reg.1.server.1.expires", "3600"),
                ("device.prov.serverName.set", "1"),
                ("device.prov.serverName", ""),
            ],
        ),
        (
            "cfg.xml",
            Kind::Grandstream,
            &[
                ("P3", name),
                ("P34", password),
                ("P35", "ann-desk"),
                ("P36", "ann-desk"),
                ("P47", domain),
                ("P48", "203.0.113.7:5060"),
                ("P32", "60"),
                ("P130", "0"),
                ("P237", ""),
                ("P194", "0"),
            ],
        ),
        (
            "snomD735-000413AABBCC.htm",
            Kind::Snom,
            &[
                ("user_realname", name),
                ("user_name", "ann-desk"),
                ("user_pname", "ann-desk"),
                ("user_pass", password),
                ("user_host", domain),
                ("user_outbound", "203.0.113.7:5060;transport=udp"),
                ("user_expiry", "3600"),
                ("setting_server", ""),
            ],
        ),
    ];
    for (file, kind, wanted) in expected {
        let text = text(kind, file, &settings);
        let found = if kind == Kind::Yealink {
            lines(&text)
        } else {
            values(&text)
        };
        for (name, value) in wanted {
            let said: Vec<_> = found.iter().filter(|(other, _)| other == name).collect();
            assert_eq!(said, [&((*name).to_owned(), (*value).to_owned())], "{name} in {text}");
        }
    }
    let master = values(&text(Kind::Polycom, "0004f2aabbcc.cfg", &settings));
    assert!(
        master.contains(&("CONFIG_FILES".to_owned(), "linekey.cfg".to_owned())),
        "{master:?}"
    );
}

/// What a phone asks for on the way to its file, and what is no phone's.
#[test]
fn a_kind_has_its_own_files_and_no_other() {
    let settings = settings("Ann");
    let theirs: [(Kind, &[&str]); 5] = [
        (Kind::Softphone, &["linphone.xml"]),
        (
            Kind::Yealink,
            &["y000000000000.cfg", "y000000000028.cfg", "001565AABBCC.cfg"],
        ),
        (Kind::Polycom, &["000000000000.cfg", "0004f2aabbcc.cfg", "linekey.cfg"]),
        (Kind::Grandstream, &["cfg.xml", "cfg000b82aabbcc.xml", "cfggxp2170.xml"]),
        (
            Kind::Snom,
            &[
                "settings.xml",
                "snom320.htm",
                "snomD735.xml",
                "snomD735-000413aabbcc.htm",
                "000413AABBCC.xml",
            ],
        ),
    ];
    for (kind, names) in theirs {
        for name in names {
            assert!(kind.file(name, &settings).is_some(), "{kind:?} asks for {name}");
        }
        for name in [
            "",
            "favicon.ico",
            "linphone.XML",
            "y000000000000.boot",
            "y00000000000.cfg",
            "y00000000000a.cfg",
            "00000000000.cfg",
            "cfg000b82aabbcc",
            "cfg../x.xml",
            "snom.htm",
            "snomD735-000413.htm",
            "../settings.xml",
            "0004f2aabbcc-directory.xml",
        ] {
            assert!(kind.file(name, &settings).is_none(), "{kind:?} has no {name}");
        }
    }
}

#[test]
fn settings_print_no_secret_and_come_back_whole() {
    let settings = settings(AWKWARD);
    assert_eq!(format!("{settings:?}"), "Settings(ann-desk@acme.example, ***)");
    let back = Settings::from_bytes(&settings.to_bytes()).expect("what was written");
    for (kind, name, _) in FILES {
        assert_eq!(text(kind, name, &back), text(kind, name, &settings));
    }
    let mut six = settings.clone();
    six.host = "2001:db8::1".to_owned();
    assert!(text(Kind::Snom, "settings.xml", &six).contains("[2001:db8::1]:5060;transport=udp"));
}
