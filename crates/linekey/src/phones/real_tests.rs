//! Phones of others at either registrar: baresip, Linphone and sipsak.

use std::process::Command;

use super::provision::linphone_tests::Linphone;
use super::rotation_tests::{OLD, rotate};
use super::tests::add;
use crate::testing::baresip::Baresip;
use crate::testing::kamailio::Kamailio;
use crate::testing::{Folder, Portal, stories};

/// What Linphone reads at its start.
fn linphone(p: &Portal) -> String {
    let at = p.sip;
    format!(
        "[auth_info_0]\nusername=ann-softphone\npasswd=Demo-ann-softphone-2026\nrealm=acme.example\n\
         domain=acme.example\n[proxy_0]\nreg_proxy=<sip:{at};transport=udp>\n\
         reg_identity=sip:ann-softphone@acme.example\nreg_expires=600\nreg_sendregister=1\npublish=0\n"
    )
}

fn sipsak(p: &Portal, name: &str, sip_password: &str) -> bool {
    let (at, port) = (p.sip.to_string(), p.sip.port());
    let address = format!("sip:{name}@acme.example:{port}");
    let contact = format!("sip:{name}@127.0.0.1:5999");
    let mut sipsak = Command::new("sipsak");
    sipsak.args(["-i", "-U", "-p", &at, "-u", name, "-s", &address, "-C", &contact]);
    sipsak.args(["-x", "600", "-a", sip_password]);
    let said = sipsak.output().expect("sipsak runs; scripts/test installs it");
    said.status.success()
}

async fn phones_of_others_register_and_the_page_names_them(p: Portal) {
    let ann = p.signed_in("ann").await;
    let (_, kitchen, of_kitchen) = add(&ann, "Kitchen").await;
    let home = Folder::new();
    let _linphone = Linphone::start(home.path(), &linphone(&p));
    let _baresip = Baresip::registered(&p, "ann-desk", "acme.example", OLD).await;
    assert!(!sipsak(&p, &kitchen, "wrong"));
    assert!(sipsak(&p, &kitchen, &of_kitchen));
    for agent in ["baresip", "Linphone", "sipsak"] {
        p.until(async || ann.get("/phones").await.text.contains(agent)).await;
    }
    // Either SIP password until the new one is used.
    let new = rotate(&p, &ann, "24").await;
    drop(Baresip::registered(&p, "ann-desk", "acme.example", OLD).await);
    drop(Baresip::registered(&p, "ann-desk", "acme.example", &new).await);
    // The overlap is over; a Kamailio hears of it a moment later.
    p.until(async || !sipsak(&p, "ann-desk", OLD)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_of_others_register_and_the_page_names_them_at_kamailio() {
    let (p, _kamailio) = Kamailio::with_portal().await;
    phones_of_others_register_and_the_page_names_them(p).await;
}

stories!(phones_of_others_register_and_the_page_names_them);
