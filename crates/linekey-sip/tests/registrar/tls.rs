//! Phones over TLS.

use std::net::TcpListener;
use std::sync::Arc;

use linekey_sip::{Settings, Tls, Transport};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::pipe::Pipe;
use crate::support::World;

/// A certificate for `sip.acme.example`, and a server that shows it.
fn certificate() -> (CertificateDer<'static>, Arc<ServerConfig>) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["sip.acme.example".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    (cert.der().clone(), Arc::new(config))
}

async fn world(config: &watch::Sender<Arc<ServerConfig>>, settings: Settings) -> World {
    let tls = Tls {
        listeners: vec![TcpListener::bind("127.0.0.1:0").unwrap()],
        config: config.subscribe(),
    };
    World::with_tls(settings, Some(tls)).await
}

/// A connection of somebody who trusts this certificate alone.
async fn connect(world: &World, trusted: &CertificateDer<'static>) -> std::io::Result<Pipe<TlsStream<TcpStream>>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(world.address_of(Transport::Tls)).await?;
    let local = stream.local_addr()?;
    let name = "sip.acme.example".try_into().unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    Ok(Pipe::over(stream, local))
}

#[tokio::test]
async fn a_phone_registers_over_tls_and_a_new_certificate_is_shown_to_who_comes_next() {
    let (old, config) = certificate();
    let (shown, _) = watch::channel(config);
    let world = world(&shown, Settings::default()).await;
    let mut phone = world.phone("ann-desk").await;
    let mut pipe = connect(&world, &old).await.unwrap();
    assert_eq!(pipe.register(&mut phone, 3600).await.status, 200);
    let [binding] = world.bindings(&phone).try_into().unwrap();
    assert_eq!((binding.transport, binding.received), (Transport::Tls, pipe.local));

    let (new, config) = certificate();
    assert!(connect(&world, &new).await.is_err(), "not yet");
    shown.send_replace(config);
    assert!(connect(&world, &old).await.is_err(), "not any more");
    let mut again = connect(&world, &new).await.unwrap();
    assert_eq!(again.register(&mut phone, 3600).await.status, 200);
    assert_eq!(pipe.register(&mut phone, 3600).await.status, 200, "what is open stays");

    world.running.shutdown().await.unwrap();
    tokio::join!(pipe.closes(), again.closes());
}

#[tokio::test]
async fn who_begins_tls_and_goes_no_further_is_closed() {
    let (trusted, config) = certificate();
    let (shown, _) = watch::channel(config);
    let settings = Settings {
        whole_within_s: 1,
        ..Settings::default()
    };
    let world = world(&shown, settings).await;
    for begun in ["", "\u{16}\u{3}\u{1}\u{2}", "OPTIONS sip:acme.example SIP/2.0\r\n"] {
        let stream = TcpStream::connect(world.address_of(Transport::Tls)).await.unwrap();
        let local = stream.local_addr().unwrap();
        let mut pipe = Pipe::over(stream, local);
        pipe.send(begun).await;
        pipe.ends().await;
    }
    world.has_connections(0).await;
    assert!(connect(&world, &trusted).await.is_ok());
}
