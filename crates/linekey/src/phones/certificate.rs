//! The certificate that phones are shown over TLS, and its key: read from files at the start, and again when told to.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::sync::watch;

use crate::clock::Millis;
use crate::config::Sip;

/// What is shown now. Copies of it are the same.
#[derive(Clone, Debug)]
pub struct Shown {
    certificate: PathBuf,
    key: PathBuf,
    config: Arc<watch::Sender<Arc<ServerConfig>>>,
}

/// A certificate and its key, which belong together.
#[derive(Debug)]
pub struct Read {
    /// For who connects.
    pub config: Arc<ServerConfig>,
    /// The host names it is for; addresses are not among them.
    pub names: Vec<String>,
    /// The moment it ends.
    pub ends: Millis,
}

impl Shown {
    /// Reads the files of the settings.
    ///
    /// # Errors
    /// As [`read`].
    pub fn open(sip: &Sip) -> anyhow::Result<Self> {
        let found = read(&sip.tls_certificate, &sip.tls_key)?;
        Ok(Self {
            certificate: sip.tls_certificate.clone(),
            key: sip.tls_key.clone(),
            config: Arc::new(watch::Sender::new(found.config)),
        })
    }

    /// What the registrar looks at for every connection.
    pub fn followed(&self) -> watch::Receiver<Arc<ServerConfig>> {
        self.config.subscribe()
    }

    /// Reads the files again. What is wrong with them is logged, and what was shown before goes on being shown.
    pub fn read_again(&self) {
        match read(&self.certificate, &self.key) {
            Ok(found) => {
                self.config.send_replace(found.config);
                tracing::info!(names = ?found.names, "phones are shown the certificate as it is now");
            }
            Err(error) => {
                tracing::error!(
                    cause = format!("{error:#}"),
                    "phones go on being shown the certificate before"
                );
            }
        }
    }
}

/// Reads and compares both.
///
/// # Errors
/// When one is missing or not PEM, or they do not belong together; with the setting and the file.
pub fn read(certificate: &Path, key: &Path) -> anyhow::Result<Read> {
    let named = |setting: &str, file: &Path| format!("sip.{setting}: {}", file.display());
    let pem = |setting: &str, file: &Path| {
        std::fs::read(file).with_context(|| format!("{} cannot be read", named(setting, file)))
    };
    let chain = CertificateDer::pem_slice_iter(&pem("tls_certificate", certificate)?)
        .collect::<Result<Vec<_>, _>>()
        .ok()
        .filter(|chain| !chain.is_empty())
        .with_context(|| format!("{} holds no certificate (PEM)", named("tls_certificate", certificate)))?;
    let own = PrivateKeyDer::from_pem_slice(&zeroize::Zeroizing::new(pem("tls_key", key)?))
        .map_err(|_| anyhow!("{} holds no private key (PEM)", named("tls_key", key)))?;
    let first = chain.first().context("a chain has a first certificate")?.clone();
    let (names, ends) =
        facts(&first).with_context(|| format!("{} cannot be understood", named("tls_certificate", certificate)))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, own)
        .map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => anyhow!(
                "{} does not belong to the certificate {}",
                named("tls_key", key),
                certificate.display()
            ),
            other => anyhow!(other).context(named("tls_key", key)),
        })?;
    Ok(Read {
        config: Arc::new(config),
        names,
        ends,
    })
}

/// Names and end.
fn facts(der: &CertificateDer<'_>) -> Option<(Vec<String>, Millis)> {
    let certificate = webpki::EndEntityCert::try_from(der).ok()?;
    let names = certificate.valid_dns_names().map(str::to_owned).collect();
    Some((names, ends(der)?))
}

/// The end of the validity of an X.509 certificate (RFC 5280 section 4.1): the second time of the fifth field.
fn ends(der: &[u8]) -> Option<Millis> {
    let (_, certificate, _) = element(der)?;
    let (_, signed, _) = element(certificate)?;
    let mut rest = signed;
    if rest.first() == Some(&0xa0) {
        // The version, which the first one leaves out.
        rest = element(rest)?.2;
    }
    for _serial_algorithm_issuer in 0..3 {
        rest = element(rest)?.2;
    }
    let (_, validity, _) = element(rest)?;
    let (_, _, rest) = element(validity)?;
    let (tag, text, _) = element(rest)?;
    moment(tag, std::str::from_utf8(text).ok()?)
}

/// The first element of DER: its tag, what it holds, and what comes after it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
            (length, rest)
        }
        _ => return None,
    };
    let (inside, after) = rest.split_at_checked(length)?;
    Some((tag, inside, after))
}

/// UTCTime `YYMMDDHHMMSSZ`, of 1950 to 2049, or GeneralizedTime `YYYYMMDDHHMMSSZ`.
fn moment(tag: u8, text: &str) -> Option<Millis> {
    let text = match (tag, text.get(..2)?.parse::<u8>().ok()?) {
        (0x17, 50..) => format!("19{text}"),
        (0x17, _) => format!("20{text}"),
        _ => text.to_owned(),
    };
    let time = DateTime::strptime("%Y%m%d%H%M%SZ", text).ok()?;
    Some(TimeZone::UTC.to_timestamp(time).ok()?.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Folder, certificate};

    #[test]
    fn a_pair_is_read_with_its_names_and_its_end() {
        let folder = Folder::new();
        let sip = certificate::write(folder.path(), "sip.quayside.example");
        let found = read(&sip.tls_certificate, &sip.tls_key).expect("a pair");
        assert_eq!(found.names, ["sip.quayside.example"]);
        assert_eq!(found.ends, certificate::ends());
    }

    #[test]
    fn what_is_wrong_is_said_with_setting_and_file() {
        let folder = Folder::new();
        let sip = certificate::write(folder.path(), "sip.quayside.example");
        let (pem, key) = (sip.tls_certificate.clone(), sip.tls_key.clone());
        let missing = folder.path().join("missing.pem");
        let other = certificate::write(folder.path(), "other.example").tls_key;
        for (certificate, key, said) in [
            (&missing, &key, "missing.pem cannot be read"),
            (&pem, &missing, "missing.pem cannot be read"),
            (&key, &key, "holds no certificate (PEM)"),
            (&pem, &pem, "holds no private key (PEM)"),
            (&pem, &other, "does not belong to the certificate"),
        ] {
            let error = read(certificate, key).expect_err(said).to_string();
            assert!(error.contains(said) && error.starts_with("sip.tls_"), "{error}");
        }
    }

    #[test]
    fn ends_of_both_kinds_are_read() {
        for (tag, text, moment_ms) in [
            (0x17, "491231235959Z", Some(2_524_607_999_000)),
            (0x17, "500101000000Z", Some(-631_152_000_000)),
            (0x18, "20500101000000Z", Some(2_524_608_000_000)),
            (0x18, "2050", None),
            (0x17, "", None),
        ] {
            assert_eq!(moment(tag, text), moment_ms, "{text}");
        }
        assert_eq!(ends(b""), None);
        assert_eq!(ends(b"\x30\x84\xff\xff\xff\xff"), None);
    }
}
