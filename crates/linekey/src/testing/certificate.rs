//! Certificates of stories.

use std::path::Path;

use rcgen::{CertifiedKey, generate_simple_self_signed};

use crate::clock::Millis;
use crate::config::Sip;

/// A new certificate for `name` with its key, as files of `folder` named after it; settings that name them.
pub(crate) fn write(folder: &Path, name: &str) -> Sip {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).expect("a certificate");
    let sip = Sip {
        tls_certificate: folder.join(format!("{name}.pem")),
        tls_key: folder.join(format!("{name}.key")),
        ..Sip::default()
    };
    std::fs::write(&sip.tls_certificate, cert.pem()).expect("a folder of the story");
    std::fs::write(&sip.tls_key, signing_key.serialize_pem()).expect("a folder of the story");
    sip
}

/// When they end: the first day of the year 4096.
pub(crate) fn ends() -> Millis {
    67_090_118_400_000
}
