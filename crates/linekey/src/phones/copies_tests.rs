//! Stories of copies of the database: whoever has one, and not the key file, can register nothing with it.

use std::path::Path;

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use linekey_sip::digest::{Algorithm, Ha1};

use super::rotation_tests::{OLD, desk, desk_page, rotate};
use super::tests::add;
use crate::db::file_of;
use crate::testing::{Browser, Folder, Portal, TestPhone, stories};

const DOMAIN: &str = "acme.example";

/// What opens a phone: its SIP password, and the HA1s of both forms of its name.
pub(super) fn secrets(sip_name: &str, sip_password: &str) -> Vec<Vec<u8>> {
    let long_name = format!("{sip_name}@{DOMAIN}");
    let names = [sip_name, long_name.as_str()];
    let ha1s = Algorithm::ALL.into_iter().flat_map(|algorithm| {
        names.map(|name| {
            let hex = Ha1::of(algorithm, name, DOMAIN, sip_password).reveal_hex();
            HEXLOWER.decode(hex.as_bytes()).expect("hexadecimal")
        })
    });
    ha1s.chain([sip_password.as_bytes().to_vec()]).collect()
}

/// Whether a copy holds a secret: as it is, in hexadecimal, or in base64.
pub(super) fn holds(copy: &str, secret: &[u8]) -> bool {
    let forms = [
        text(secret),
        HEXLOWER.encode(secret),
        HEXUPPER.encode(secret),
        BASE64_NOPAD.encode(secret),
        BASE64URL_NOPAD.encode(secret),
    ];
    forms.iter().any(|form| copy.contains(form))
}

/// A character for each byte.
fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// What `pg_dump` writes of this database.
pub(super) fn dump(url: &str, options: &[&str]) -> String {
    let mut dump = std::process::Command::new("pg_dump");
    let made = dump.args(options).arg(format!("--dbname={url}")).output();
    let made = made.expect("pg_dump runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    text(&made.stdout)
}

/// A phone that was added, and one with a new SIP password and then a set-up link: all that they ever registered with.
pub(super) async fn phones_of_every_kind(p: &Portal, ann: &Browser) -> Vec<Vec<u8>> {
    let (_, kitchen, of_kitchen) = add(ann, "Kitchen").await;
    let mut phone = TestPhone::with_password(p, &kitchen, DOMAIN, &of_kitchen).await;
    assert!(phone.is_registered().await);
    let new = rotate(p, ann, "24").await;
    assert!(desk(p, OLD).await.is_registered().await);
    assert!(desk(p, &new).await.is_registered().await);
    let page = format!("{}/set-up", desk_page(p).await);
    let fields = [("kind", "softphone"), ("overlap_hours", "24")];
    ann.post(&page, &fields).await.leads_to(&page);
    let shown = ann.get(&page).await.text;
    let (_, link) = shown.split_once("/provision/").expect("a link");
    let token = link.split(['<', '/', '"']).next().unwrap_or_default();
    let file = p.browser().get(&format!("/provision/{token}/linphone.xml")).await.text;
    let (_, passwd) = file.split_once("name=\"passwd\" overwrite=\"true\">").expect("a file");
    let of_link = passwd.split('<').next().unwrap_or_default();
    assert!(desk(p, of_link).await.is_registered().await);
    let mut all = secrets(&kitchen, &of_kitchen);
    for sip_password in [OLD, &new, of_link] {
        all.extend(secrets("ann-desk", sip_password));
    }
    all
}

fn read(path: &Path) -> String {
    text(&std::fs::read(path).expect("a file of the portal's"))
}

async fn no_copy_of_the_database_registers_a_phone(p: Portal) {
    let ann = p.signed_in("ann").await;
    let all = phones_of_every_kind(&p, &ann).await;
    let url = p.app.config.database.url.clone();
    let mut copies = Vec::new();
    match file_of(&url) {
        None => copies.push(dump(&url, &[])),
        Some(file) => {
            let folder = Folder::new();
            let copy = folder.path().join("copy.db");
            crate::backup::make::make(&p.app, &copy, false).await.expect("a backup");
            let mut log = file.clone().into_os_string();
            log.push("-wal");
            copies.extend([read(&file), read(Path::new(&log)), read(&copy)]);
        }
    }
    assert!(copies.iter().any(|copy| holds(copy, b"ann-kitchen")), "copies of this");
    for (nth, copy) in copies.iter().enumerate() {
        let held = all.iter().position(|secret| holds(copy, secret));
        assert_eq!(held, None, "copy {nth} opens a phone");
    }
}

stories!(no_copy_of_the_database_registers_a_phone);
