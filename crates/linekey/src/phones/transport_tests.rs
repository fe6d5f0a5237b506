//! Stories about phones that do not speak UDP.

use std::net::SocketAddr;

use linekey_sip::Transport;
use tokio::net::TcpStream;

use crate::db::query;
use crate::testing::{Folder, Portal, certificate, stories, stream_phone};

const ANN: (&str, &str) = ("ann-desk", "acme.example");
const SERVER: &str = "sip.quayside.example";

async fn with_streams(p: Portal, folder: &Folder) -> Portal {
    let files = certificate::write(folder.path(), SERVER);
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    p.restart_with(|config| {
        config.sip.tcp = vec![any];
        config.sip.tls = vec![any];
        config.sip.tls_certificate = files.tls_certificate;
        config.sip.tls_key = files.tls_key;
    })
    .await
}

async fn a_phone_registers_over_tcp_and_over_tls_and_its_page_shows_it(p: Portal) {
    let folder = Folder::new();
    let p = with_streams(p, &folder).await;
    let transports = async || {
        let over = "select count(*) from registrations where transport = $1 and user_agent = 'Stream phone 1.0'";
        let count = async |name: &str| p.count(query(over).bind(name)).await;
        (count("udp").await, count("tcp").await, count("tls").await)
    };
    let mut tcp = TcpStream::connect(p.sip_address(Transport::Tcp)).await.expect("TCP");
    assert_eq!(stream_phone::register(&mut tcp, ANN).await, 200);
    assert_eq!(transports().await, (0, 1, 0));
    let page = p.signed_in("ann").await.get("/phones").await;
    page.says(200, "Registered now")
        .says(200, "Stream phone 1.0 at 127.0.0.1");

    let stream = TcpStream::connect(p.sip_address(Transport::Tls)).await.expect("TCP");
    let trusted = folder.path().join(format!("{SERVER}.pem"));
    let mut tls = stream_phone::secured(stream, SERVER, &trusted).await.expect("TLS");
    assert_eq!(
        stream_phone::register(&mut tls, ("ann-softphone", "acme.example")).await,
        200
    );
    assert_eq!(transports().await, (0, 1, 1));
    // Both outlive their connections, and the server.
    drop((tcp, tls));
    let p = p.restart().await;
    assert_eq!(p.registrations(), 2);
}

async fn the_page_of_a_phone_names_every_way_to_the_registrar(p: Portal) {
    let folder = Folder::new();
    let files = certificate::write(folder.path(), SERVER);
    let free = || {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        taken.local_addr().expect("its address")
    };
    let (sip, tls) = (p.sip, free());
    let p = p
        .restart_with(|config| {
            // What the page names is what the settings say, whether or not it is listened on.
            config.sip.mode = crate::config::SipMode::Off;
            config.sip.tcp = vec![sip];
            config.sip.tls = vec![tls];
            config.sip.tls_certificate = files.tls_certificate;
            config.sip.tls_key = files.tls_key;
        })
        .await;
    let ann = p.signed_in("ann").await;
    let place = ann
        .post("/phones", &[("label", "Boathouse")])
        .await
        .location()
        .to_owned();
    let page = ann.get(&place).await;
    for words in [
        &sip.port().to_string(),
        "UDP or TCP",
        "Port for TLS",
        &tls.port().to_string(),
    ] {
        page.says(200, words);
    }
}

stories![
    a_phone_registers_over_tcp_and_over_tls_and_its_page_shows_it,
    the_page_of_a_phone_names_every_way_to_the_registrar,
];
