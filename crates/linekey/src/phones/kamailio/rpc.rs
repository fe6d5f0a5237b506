//! Calls of Kamailio's JSON-RPC (module `jsonrpcs` over `xhttp`), at every instance.

use std::time::Duration;

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use url::Url;

use crate::app::App;

/// How long an instance may take.
const WITHIN: Duration = Duration::from_secs(2);
/// The longest answer that is read.
const LONGEST: u64 = 1 << 16;
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

/// One request in a connection of its own. It is HTTP as Kamailio writes it: a length, and no parts.
async fn ask(url: &str, body: String) -> anyhow::Result<()> {
    let url: Url = url.parse()?;
    let at = url.socket_addrs(|| None)?;
    let mut stream = BufReader::new(TcpStream::connect(&at[..]).await?);
    let request = format!(
        "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        url.path(),
        url.authority(),
        body.len()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = stream.take(LONGEST);
    let mut length = 0;
    loop {
        let mut line = String::new();
        answer.read_line(&mut line).await?;
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.trim().parse()?,
            None if line.is_empty() => bail!("the answer breaks off"),
            None if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    let mut body = Vec::new();
    answer.take(length).read_to_end(&mut body).await?;
    judge(&body)
}

fn judge(answer: &[u8]) -> anyhow::Result<()> {
    let answer: serde_json::Value = serde_json::from_slice(answer).context("it is no JSON")?;
    match &answer["error"] {
        serde_json::Value::Null => Ok(()),
        error if error["code"].as_i64() == Some(NOT_FOUND) => Ok(()),
        error => bail!("it refuses: {error}"),
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
