//! A phone that registers over a connection.

use std::path::Path;
use std::sync::Arc;

use linekey_sip::digest::{Algorithm, Asked, Ha1, response};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Registers one of the demo's phones and says with which status that ended.
pub(crate) async fn register<S>(stream: &mut S, (name, domain): (&str, &str)) -> u16
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let uri = format!("sip:{domain}");
    let request = |cseq: u32, authorization: &str| {
        format!(
            "REGISTER {uri} SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.7;branch=z9hG4bK{cseq};rport\r\nMax-Forwards: 70\r\n\
             From: <sip:{name}@{domain}>;tag=1\r\nTo: <sip:{name}@{domain}>\r\nCall-ID: {name}\r\n\
             CSeq: {cseq} REGISTER\r\nContact: <sip:{name}@192.0.2.7>\r\nUser-Agent: Stream phone 1.0\r\n\
             {authorization}Content-Length: 0\r\n\r\n"
        )
    };
    let challenge = ask(stream, &request(1, "")).await;
    let nonce = challenge.split("nonce=\"").nth(1).expect("a challenge");
    let nonce = nonce.split('"').next().unwrap_or_default();
    let asked = Asked {
        method: "REGISTER",
        uri: &uri,
        nonce,
        nc: "00000001",
        cnonce: "0a4f113b",
    };
    let ha1 = Ha1::of(Algorithm::Md5, name, domain, &format!("Demo-{name}-2026"));
    let proof = response(Algorithm::Md5, &ha1, &asked);
    let authorization = format!(
        "Authorization: Digest username=\"{name}\", realm=\"{domain}\", nonce=\"{nonce}\", uri=\"{uri}\", \
         response=\"{proof}\", algorithm=MD5, qop=auth, nc=00000001, cnonce=\"0a4f113b\"\r\n"
    );
    let answer = ask(stream, &request(2, &authorization)).await;
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    status.expect("a status")
}

/// TLS with the server of `stream` by somebody who trusts the certificate of this file alone.
pub(crate) async fn secured(stream: TcpStream, name: &str, trusted: &Path) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    let trusted = CertificateDer::from_pem_file(trusted).expect("a certificate");
    roots.add(trusted).expect("one that can be trusted");
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = name.to_owned().try_into().expect("a host name");
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

async fn ask<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.expect("an open connection");
    stream.flush().await.expect("an open connection");
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        assert_ne!(stream.read_buf(&mut answer).await.expect("an answer"), 0, "closed");
    }
    String::from_utf8(answer).expect("text")
}
