//! Calls of Kamailio's JSON-RPC (module `jsonrpcs` over `xhttp`), at every instance.

use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::Uri;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::app::App;

/// How long an instance may take.
const WITHIN: Duration = Duration::from_secs(2);
/// The longest answer that is read.
const LONGEST: usize = 1 << 16;
/// What Kamailio says of an address or contact that it does not have: then it is done.
const NOT_FOUND: i64 = 404;

/// What an instance is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Call<'a> {
    /// Forget every contact of an address.
    Remove((&'a str, &'a str)),
    /// Forget one.
    RemoveContact((&'a str, &'a str), &'a str),
}

/// Why an instance did not do it.
#[derive(Debug, thiserror::Error)]
#[error("{url}: {cause}")]
pub(in crate::phones) struct Failure {
    url: String,
    cause: String,
}

impl Call<'_> {
    /// Asks every instance, those behind one that fails too, and says of one that failed.
    pub(super) async fn everywhere(self, app: &App) -> Result<(), Failure> {
        let body = self.body();
        let mut said = Ok(());
        for url in &app.config.sip.kamailio_rpc {
            let asked = tokio::time::timeout(WITHIN, ask(url, body.clone())).await;
            let cause = match asked {
                Ok(Ok(())) => continue,
                Ok(Err(cause)) => cause.to_string(),
                Err(_) => "no answer".to_owned(),
            };
            said = Err(Failure {
                url: url.clone(),
                cause,
            });
        }
        said
    }

    fn body(self) -> String {
        let address = |(name, domain): (&str, &str)| format!("{name}@{domain}");
        let (method, parameters) = match self {
            Self::Remove(of) => ("ul.rm", vec!["location".to_owned(), address(of)]),
            Self::RemoveContact(of, contact) => (
                "ul.rm_contact",
                vec!["location".to_owned(), address(of), contact.to_owned()],
            ),
        };
        serde_json::json!({ "jsonrpc": "2.0", "method": method, "params": parameters, "id": 1 }).to_string()
    }
}

async fn ask(url: &str, body: String) -> anyhow::Result<()> {
    let uri: Uri = url.parse()?;
    let host = uri.host().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((bare, uri.port_u16().unwrap_or(80))).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let request = hyper::Request::post(uri.path())
        .header("host", uri.authority().map_or(host, |authority| authority.as_str()))
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body)))?;
    // The connection serves this one request, and ends with it.
    let connection = tokio::spawn(connection);
    let answered = async {
        let answer = sender.send_request(request).await?;
        let read = Limited::new(answer.into_body(), LONGEST).collect().await;
        let read = read.map_err(|error| anyhow::anyhow!("the answer breaks off: {error}"))?;
        judge(&read.to_bytes())
    };
    let judged = answered.await;
    connection.abort();
    judged
}

fn judge(answer: &[u8]) -> anyhow::Result<()> {
    let answer: serde_json::Value = serde_json::from_slice(answer)?;
    match &answer["error"] {
        serde_json::Value::Null => Ok(()),
        error if error["code"].as_i64() == Some(NOT_FOUND) => Ok(()),
        error => anyhow::bail!("it refuses: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_gone_and_any_other_error_is_one() {
        assert!(judge(br#"{"jsonrpc":"2.0","result":{},"id":1}"#).is_ok());
        assert!(judge(br#"{"jsonrpc":"2.0","error":{"code":404,"message":"AOR not found"},"id":1}"#).is_ok());
        assert!(judge(br#"{"jsonrpc":"2.0","error":{"code":500,"message":"x"},"id":1}"#).is_err());
        assert!(judge(b"<html>").is_err());
    }
}
