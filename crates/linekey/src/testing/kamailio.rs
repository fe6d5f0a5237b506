//! A Kamailio of one story, with the sample configuration, on free loopback ports.

use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::{Engine, Folder, Portal};
use crate::config::SipMode;
use crate::db::file_of;

/// What the portal and the Kamailio of a story share.
pub(crate) const SECRET: &str = "a-secret-of-stories-0123456789abcdef";

/// It ends with the story.
pub(crate) struct Kamailio {
    child: Child,
    folder: Folder,
    rpc: SocketAddr,
}

impl Drop for Kamailio {
    fn drop(&mut self) {
        self.end();
    }
}

/// Ports that Linux gives to nobody who asks for any: between here and Kamailio's start nobody else takes one of them.
const PORTS: std::ops::Range<u32> = 20_000..32_000;

/// The next of them that is free for UDP and TCP.
fn free() -> SocketAddr {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    loop {
        let nth = std::process::id()
            .wrapping_mul(97)
            .wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed));
        let port = PORTS.start + nth % (PORTS.end - PORTS.start);
        let address = SocketAddr::from(([127, 0, 0, 1], u16::try_from(port).expect("a port")));
        if UdpSocket::bind(address).is_ok() && TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

fn spawn(folder: &Folder) -> Child {
    let log = std::fs::File::options()
        .create(true)
        .append(true)
        .open(folder.path().join("log"))
        .expect("a file of ours");
    Command::new("kamailio")
        .args(["-DD", "-E", "-m", "64", "-f", "kamailio.cfg", "-Y"])
        .arg(folder.path())
        .current_dir(folder.path())
        .env("TZ", "UTC")
        // As role.sql has it for the role.
        .env("PGOPTIONS", "-c search_path=kamailio")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("kamailio runs; scripts/test installs it")
}

impl Kamailio {
    /// A portal on PostgreSQL whose phones register at a Kamailio, and that Kamailio.
    pub(crate) async fn with_portal() -> (Portal, Self) {
        let (sip, rpc, admin) = (free(), free(), free());
        let mut portal = Portal::start_with(Engine::Postgres, |config| {
            config.sip.mode = SipMode::Kamailio;
            config.sip.kamailio_rpc = vec![format!("http://{rpc}/rpc")];
            config.sip.kamailio_token = SECRET.into();
            config.admin.listen = Some(admin);
        })
        .await;
        portal.sip = sip;
        let mut kamailio = Self::start(&portal.app.config.database.url, (sip, rpc, admin));
        kamailio.answers().await;
        (portal, kamailio)
    }

    /// Waits until it does, on a busy machine for a minute.
    async fn answers(&mut self) {
        for _ in 0..1_200 {
            if TcpStream::connect(self.rpc).is_ok() {
                return;
            }
            let ended = self.child.try_wait().expect("a process of ours");
            assert!(ended.is_none(), "Kamailio ended: {}", self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("Kamailio does not answer: {}", self.log());
    }

    /// Ends it, with all its processes.
    pub(crate) fn end(&mut self) {
        // A process that was waited for may have given its number to another.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        }
        let _ = self.child.wait();
    }

    /// Starts it again after it was ended, as it was.
    pub(crate) async fn begin(&mut self) {
        self.child = spawn(&self.folder);
        self.answers().await;
    }

    fn start(database: &str, (sip, rpc, admin): (SocketAddr, SocketAddr, SocketAddr)) -> Self {
        assert!(file_of(database).is_none(), "Kamailio reads PostgreSQL");
        let folder = Folder::new();
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/kamailio/kamailio.cfg");
        std::fs::copy(sample, folder.path().join("kamailio.cfg")).expect("the sample configuration");
        let site = format!(
            "#!substdef \"!SERVER_ID!1!g\"\n#!substdef \"!DATABASE!{database}!g\"\n\
             #!substdef \"!PORTAL!http://{admin}/kamailio/changed!g\"\n#!substdef \"!SECRET!{SECRET}!g\"\n\
             #!define RPC_ADDRESS \"127.0.0.1\"\nlisten=udp:{sip}\nlisten=tcp:{sip}\nlisten=tcp:{rpc}\n"
        );
        std::fs::write(folder.path().join("site.cfg"), site).expect("a file of ours");
        let child = spawn(&folder);
        Self { child, folder, rpc }
    }

    /// What it wrote, for a story that fails.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}
