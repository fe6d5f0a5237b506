//! The certificate for phones, renewed while the server runs.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::place::{Place, told};

const SERVER: &str = "sip.quayside.example";

/// Puts a new certificate and its key into the folder.
fn renew(folder: &Path) -> CertificateDer<'static> {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([SERVER.to_owned()]).expect("a certificate");
    std::fs::write(folder.join("sip.pem"), cert.pem()).expect("a folder");
    std::fs::write(folder.join("sip.key"), signing_key.serialize_pem()).expect("a folder");
    cert.der().clone()
}

/// Whether a phone that trusts this certificate alone agrees on TLS.
async fn is_trusted(address: SocketAddr, trusted: &CertificateDer<'static>) -> bool {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("a certificate");
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await.expect("the registrar listens");
    let name = SERVER.try_into().expect("a host name");
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.is_ok()
}

#[tokio::test]
async fn a_new_certificate_is_shown_after_a_hangup_and_a_broken_one_never() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let tls = taken.local_addr().expect("its address");
    drop(taken);
    let place = Place::set_up("certificate")
        .with("LINEKEY_SIP__TLS", &format!("[\"{tls}\"]"))
        .with("LINEKEY_SIP__TLS_CERTIFICATE", "sip.pem")
        .with("LINEKEY_SIP__TLS_KEY", "sip.key");
    assert!(
        place.refuses(&["serve"]).contains("sip.tls_certificate"),
        "there is none yet"
    );
    assert!(place.refuses(&["doctor"]).contains("sip.tls_certificate"));

    let first = renew(&place.folder.0);
    let server = place.serve().await;
    assert!(is_trusted(tls, &first).await);
    place.does(&["account", "add", "acme.example", "--name", "Acme Boats"]);
    place.does(&["user", "add", "ann@acme.example", "--name", "Ann"]);
    let added = place.does(&["phone", "add", "ann@acme.example", "Desk"]);
    assert_eq!(told(&added, "server"), format!("{}, UDP", place.sip));
    assert!(added.contains(&format!("{tls}, TLS")), "{added}");
    let checked = place.does(&["doctor"]);
    assert!(checked.contains(&format!("for {SERVER}")), "{checked}");
    assert!(checked.contains(&format!("{tls} is served by linekey")), "{checked}");

    let second = renew(&place.folder.0);
    assert!(is_trusted(tls, &first).await, "nobody said so yet");
    server.signal("-HUP");
    for _ in 0..200 {
        if is_trusted(tls, &second).await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(is_trusted(tls, &second).await && !is_trusted(tls, &first).await);

    std::fs::write(place.folder.0.join("sip.key"), "half a file").expect("a folder");
    server.signal("-HUP");
    assert!(is_trusted(tls, &second).await);
    server.terminate();
}
