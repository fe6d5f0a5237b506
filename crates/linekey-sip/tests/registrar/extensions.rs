//! Header fields of extensions that this registrar does not have, and of requests that came by way of others.

use crate::support::{Phone, World};

/// Meant for proxies (RFC 3261 section 20.29), for registrars that have the extension (RFC 3327, RFC 5626), or for nobody.
#[tokio::test]
async fn what_is_supported_but_not_required_changes_nothing() {
    let world = World::new().await;
    for headers in [
        "Proxy-Require: path\r\n",
        "Supported: path, outbound, gruu\r\n",
        "k: path\r\nPath: <sip:edge.example;lr>\r\n",
        "Proxy-Authorization: Digest username=\"x\"\r\n",
        "Route: <sip:acme.example;lr>\r\n",
        "Content-Type: application/x\r\nContent-Encoding: y\r\n",
    ] {
        let mut phone = world.phone("ann-desk").await;
        phone.challenge().await;
        let contact = format!("{headers}Contact: <{}>\r\nExpires: 600\r\n", phone.contact());
        let answer = phone.send(&contact).await;
        assert_eq!(answer.status, 200, "{headers}{}", answer.text);
        for absent in ["Path", "Require", "Supported"] {
            assert_eq!(answer.header(absent), None, "an extension is claimed: {}", answer.text);
        }
    }
}

/// A phone that offers flows of RFC 5626 is not told that it may have several, and has one.
#[tokio::test]
async fn a_flow_of_the_same_device_takes_the_place_of_the_other() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    let mut ports = Vec::new();
    for flow in [1, 2] {
        let headers = format!(
            "Supported: outbound\r\nContact: <sip:ann-desk@127.0.0.1:{}>;reg-id={flow};\
             +sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000a95a0e128>\"\r\nExpires: 600\r\n",
            7000 + flow
        );
        let answer = phone.send(&headers).await;
        assert_eq!(answer.status, 200);
        let contacts = answer.headers("Contact");
        assert_eq!(contacts.len(), 1, "{contacts:?}");
        assert!(
            !contacts[0].contains("reg-id") && contacts[0].contains(";+sip.instance="),
            "{contacts:?}"
        );
        ports.push(contacts[0].contains(&format!(":{}>", 7000 + flow)));
    }
    assert_eq!(ports, [true, true]);
    assert_eq!(world.bindings(&phone).len(), 1);
}

/// Credentials for several realms may come with one request (RFC 3261 section 22.3), in any order.
#[tokio::test]
async fn of_several_authorizations_the_one_for_our_realm_counts() {
    let world = World::new().await;
    let other = "Authorization: Digest username=\"ann-desk\", realm=\"elsewhere.example\", nonce=\"n\", \
                 uri=\"sip:elsewhere.example\", response=\"0\", algorithm=MD5\r\n";
    let garbage = "Authorization: Digest username=\r\nAuthorization: Basic YTpi\r\n";
    for strangers in [other, garbage] {
        for is_first in [true, false] {
            let mut phone = world.phone("ann-desk").await;
            phone.challenge().await;
            let contact = format!("Contact: <{}>\r\nExpires: 600\r\n", phone.contact());
            let mut request = phone.request(&contact);
            let place = if is_first {
                "Authorization: Digest"
            } else {
                "Content-Length: 0"
            };
            request = request.replacen(place, &format!("{strangers}{place}"), 1);
            assert_eq!(phone.wire.ask(&request).await.status, 200, "{request}");
        }
    }
}

/// Two proofs for the same realm, as of a phone that keeps the old one beside the new: one that is right is enough.
#[tokio::test]
async fn a_proof_that_is_over_does_not_hide_one_that_is_good() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    assert_eq!(phone.register(600).await.status, 200);
    let old = phone.request("");
    let old = line(&old, "Authorization");
    world.clock.forward(400);
    phone.challenge().await;
    let contact = format!("Contact: <{}>\r\nExpires: 600\r\n", phone.contact());
    let request = phone.request(&contact);
    let both = request.replacen("Authorization:", &format!("{old}\r\nAuthorization:"), 1);
    assert_eq!(phone.wire.ask(&both).await.status, 200, "{both}");
}

/// Whoever registers for a phone may be somebody else (RFC 3261 section 10.2, From); the To is what is registered.
#[tokio::test]
async fn from_and_the_display_names_say_nothing_about_the_address_of_record() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    phone.challenge().await;
    let contact = format!("Contact: <{}>\r\nExpires: 600\r\n", phone.contact());
    let request = phone.request(&contact);
    let from = line(&request, "From");
    let request = request.replace(from, "From: \"Bob\" <sip:bob-desk@acme.example>;tag=b");
    assert_eq!(phone.wire.ask(&request).await.status, 200);
    assert_eq!(
        &*world.bindings(&phone)[0].address_of_record,
        "sip:ann-desk@acme.example"
    );
    let bob = Phone::new(world.address(), "bob-desk", "acme.example").await;
    assert!(world.bindings(&bob).is_empty());
}

/// Every header that has a compact form, in that form (RFC 3261 section 7.3.3).
#[tokio::test]
async fn a_registration_in_compact_form_throughout_is_a_registration() {
    let world = World::new().await;
    let mut phone = world.phone("ann-desk").await;
    phone.challenge().await;
    let contact = format!("Contact: <{}>;expires=600\r\nSupported: path\r\n", phone.contact());
    let mut request = phone.request(&contact);
    for (long, compact) in [
        ("Via", "v"),
        ("From", "f"),
        ("To", "t"),
        ("Call-ID", "i"),
        ("Contact", "m"),
        ("Supported", "k"),
        ("Content-Length", "l"),
    ] {
        request = request.replace(&format!("\r\n{long}: "), &format!("\r\n{compact}:"));
    }
    let answer = phone.wire.ask(&request).await;
    assert_eq!(answer.status, 200, "{request}");
    assert_eq!(world.bindings(&phone).len(), 1);
}

fn line<'a>(request: &'a str, name: &str) -> &'a str {
    let mut lines = request.split("\r\n");
    lines.find(|line| line.starts_with(&format!("{name}: "))).unwrap()
}
