//! Linphone itself, set up by nothing but the link.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::db::query;
use crate::testing::{Folder, Portal, stories};

/// Between two looks whether Linphone has registered, and how often: a minute, for a busy machine.
const AGAIN: Duration = Duration::from_millis(50);
const LOOKS: usize = 1200;

/// Linphone without a window, with a home of its own.
pub(in crate::phones) struct Linphone(Child);

impl Linphone {
    /// Starts it with these settings.
    pub(in crate::phones) fn start(home: &Path, settings: &str) -> Self {
        // It does not start without a folder for its database.
        std::fs::create_dir_all(home.join(".local/share/linphone")).expect("a folder");
        let settings = format!("[sip]\nregister_only_when_network_is_up=0\nsip_port=-1\nsip_tcp_port=-1\n{settings}");
        std::fs::write(home.join("linphonerc"), settings).expect("a file");
        let mut command = Command::new("linphonec");
        command.arg("-c").arg(home.join("linphonerc")).env("HOME", home);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Self(command.spawn().expect("linphonec runs; scripts/test installs it"))
    }

    /// Asks it to end, which it does after it has written its settings.
    fn quit(mut self) {
        let mut input = self.0.stdin.take().expect("piped");
        writeln!(input, "quit").expect("it listens");
        self.0.wait().expect("it ends");
    }
}

impl Drop for Linphone {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn linphone_sets_itself_up_once_and_registers(portal: Portal) {
    // The portal was told to take any port for SIP; started again, it knows which.
    let portal = portal.restart().await;
    let ann = portal.signed_in("ann").await;
    let phone = query("select id from phones where sip_name = 'ann-softphone'");
    let (id,): (String,) = phone.one(&portal.app.db).await.expect("Ann's softphone");
    let page = format!("/phones/{id}/set-up");
    let fields = [("kind", "softphone"), ("overlap_hours", "0")];
    ann.post(&page, &fields).await.leads_to(&page);
    let shown = ann.get(&page).await;
    let (_, rest) = shown.text.split_once("id=\"set_up_link\">").expect("the link");
    let link = rest.split('<').next().unwrap_or_default().to_owned();

    let home = Folder::new();
    let linphone = Linphone::start(home.path(), &format!("[misc]\nconfig-uri={link}\n"));
    let waiting = async || portal.count(query("select count(*) from phone_files")).await;
    let mut looks = 0;
    while waiting().await > 0 {
        looks += 1;
        assert!(looks < LOOKS, "Linphone does not register");
        tokio::time::sleep(AGAIN).await;
    }
    let page = format!("/phones/{id}");
    ann.get(&page)
        .await
        .says(200, "Registered now, since")
        .says(200, "Linphone");
    assert_eq!(portal.events("phone-set-up-fetched").await, 1);
    linphone.quit();
    let kept = std::fs::read_to_string(home.path().join("linphonerc")).expect("its settings");
    assert!(kept.contains("ann-softphone@acme.example"), "{kept}");
    assert!(
        !kept.contains("config-uri") && !kept.contains(&link),
        "it would come back: {kept}"
    );
}

stories!(linphone_sets_itself_up_once_and_registers);
