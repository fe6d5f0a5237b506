//! A real mail server, aiosmtpd, in a process of its own.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::Folder;
use super::chromium::target;

/// It ends with the story: it reads from a pipe that closes then.
pub(crate) struct MailServer {
    child: Child,
    pub(crate) port: u16,
    folder: Folder,
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl MailServer {
    /// With options of `mail_server.py`.
    pub(crate) fn start(options: &[&str]) -> Self {
        let python = target().join("tools/aiosmtpd/bin/python");
        assert!(
            python.is_file(),
            "aiosmtpd is not installed; scripts/test does it, as does: python3 -m venv target/tools/aiosmtpd, then \
             target/tools/aiosmtpd/bin/pip install aiosmtpd==1.4.6"
        );
        let folder = Folder::new();
        let mut child = Command::new(python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/testing/mail_server.py"))
            .arg(folder.path())
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python runs");
        let mut line = String::new();
        let output = child.stdout.take().expect("a pipe");
        BufReader::new(output).read_line(&mut line).expect("its port");
        let port = line.trim().parse().expect("its port");
        Self { child, port, folder }
    }

    /// The certificate of the authority that signed its own.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The mails that it took, in order.
    pub(crate) fn taken(&self) -> Vec<serde_json::Value> {
        let written = std::fs::read_to_string(self.folder.path().join("taken")).unwrap_or_default();
        let mails = written.lines().map(|line| serde_json::from_str(line).expect("JSON"));
        mails.collect()
    }
}
