//! The demo's folder: `linekey.toml`, `linekey.db`, `linekey.key` and `mail/`.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::config::{Config, MailTransport};
use crate::keys::Keys;
use crate::random::Random;

const SETTINGS: &str = "\
# Settings of this demo. Addresses come from the command line, and the database and the key file are in this folder.
[brand]
name = \"Quayside\"
support_email = \"support@quayside.example\"

[mail]
from = \"Quayside <portal@quayside.example>\"

[log]
level = \"warn\"
";

/// Where a demo keeps its data; a temporary folder goes when this is dropped.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    temporary: bool,
}

impl Folder {
    /// Opens or makes the folder and what must be in it.
    pub(super) fn open(kept: Option<&Path>) -> anyhow::Result<Self> {
        let random = Random::default();
        let path = match kept {
            Some(path) => path.to_owned(),
            None => {
                let name = data_encoding::HEXLOWER.encode(&random.bytes::<8>());
                std::env::temp_dir().join(format!("linekey-demo-{name}"))
            }
        };
        let is_kept = path.join("linekey.toml").exists();
        if !is_kept && fs::read_dir(&path).is_ok_and(|mut inside| inside.next().is_some()) {
            bail!(
                "{} holds something else; choose a folder that is empty or a demo's",
                path.display()
            );
        }
        if path.is_file() {
            bail!("{} is a file; choose a folder", path.display());
        }
        let folder = Self {
            path,
            temporary: kept.is_none(),
        };
        make_private(&folder.path).with_context(|| format!("{} cannot be made", folder.path.display()))?;
        if !folder.config().exists() {
            fs::write(folder.config(), SETTINGS)?;
        }
        if !folder.key().exists() {
            Keys::create(&folder.key(), &random)?;
        }
        Ok(folder)
    }

    /// The settings file.
    pub(super) fn config(&self) -> PathBuf {
        self.path.join("linekey.toml")
    }

    fn key(&self) -> PathBuf {
        self.path.join("linekey.key")
    }

    /// What the command line and the folder decide, whatever the settings say.
    pub(super) fn adjust(&self, config: &mut Config, url: &str, sip: SocketAddr) -> anyhow::Result<()> {
        config.portal.public_url = url.parse().map_err(anyhow::Error::msg)?;
        config.keys.file = self.key();
        config.database.url = format!("sqlite:{}", self.path.join("linekey.db").display());
        config.mail.transport = MailTransport::Folder;
        config.mail.folder = self.path.join("mail");
        config.sip.udp = vec![sip];
        config.sip.tcp = vec![sip];
        config.sip.tls = Vec::new();
        config.sip.mode = crate::config::SipMode::Embedded;
        Ok(())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

fn make_private(path: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
