//! baresip without a window or a sound card: it registers, calls, answers by itself, plays a tone, and is asked over TCP.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Folder, Portal};

/// Between two looks, and how often: a minute, for a busy machine.
const AGAIN: Duration = Duration::from_millis(50);
const LOOKS: usize = 1200;
/// Seconds of the tone, longer than a story.
const TONE_S: u32 = 300;

/// It ends with the story.
pub(crate) struct Baresip {
    child: Child,
    folder: Folder,
    control: TcpStream,
    heard: Vec<u8>,
    asked: u32,
}

impl Drop for Baresip {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Baresip {
    /// Starts it with one account, and waits until it is registered.
    pub(crate) async fn registered(portal: &Portal, name: &str, domain: &str, sip_password: &str) -> Self {
        let mut this = Self::start(portal, (name, domain), sip_password, 600).await;
        this.until("reginfo", |said| said.contains("OK")).await;
        this
    }

    /// Starts it with an account that calls and does not register.
    pub(crate) async fn unregistered(portal: &Portal, name: &str, domain: &str, sip_password: &str) -> Self {
        Self::start(portal, (name, domain), sip_password, 0).await
    }

    async fn start(portal: &Portal, (name, domain): (&str, &str), sip_password: &str, register_s: u32) -> Self {
        let folder = Folder::new();
        let control = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let control = control.expect("a free port");
        let tone = folder.path().join("tone.wav");
        std::fs::write(&tone, wave()).expect("a file of ours");
        let settings = format!(
            "net_interface 127.0.0.1\nmodule_path /usr/lib/baresip/modules\nmodule g711.so\nmodule aufile.so\n\
             module aubridge.so\nmodule_app account.so\nmodule_app menu.so\nmodule_app debug_cmd.so\n\
             module_app ctrl_tcp.so\nctrl_tcp_listen {control}\naudio_source aufile,{}\naudio_player aubridge,nil\n\
             audio_alert aubridge,nil\n",
            tone.display()
        );
        let account = format!(
            "<sip:{name}@{domain}>;auth_user={name};auth_pass={sip_password};regint={register_s};answermode=auto;\
             outbound=\"sip:{};transport=udp\"\n",
            portal.sip
        );
        for (file, text) in [("config", settings), ("accounts", account), ("contacts", String::new())] {
            std::fs::write(folder.path().join(file), text).expect("a file of ours");
        }
        let log = std::fs::File::create(folder.path().join("log")).expect("a file of ours");
        let child = Command::new("baresip")
            .arg("-f")
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the same file"))
            .stderr(log)
            .spawn()
            .expect("baresip runs; scripts/test installs it");
        let mut looks = 0;
        let control = loop {
            match TcpStream::connect(control).await {
                Ok(control) => break control,
                Err(error) => assert!(looks < LOOKS, "baresip does not listen: {error}"),
            }
            looks += 1;
            tokio::time::sleep(AGAIN).await;
        };
        Self {
            child,
            folder,
            control,
            heard: Vec::new(),
            asked: 0,
        }
    }

    /// What it says to a command of its menu.
    pub(crate) async fn ask(&mut self, command: &str, parameters: &str) -> String {
        self.asked += 1;
        let token = self.asked.to_string();
        let message = serde_json::json!({ "command": command, "params": parameters, "token": token }).to_string();
        let netstring = format!("{}:{message},", message.len());
        self.control.write_all(netstring.as_bytes()).await.expect("it listens");
        loop {
            let said = self.hear().await;
            if said["token"] == token.as_str() {
                assert_eq!(said["ok"], true, "{command}: {said}\n{}", self.log());
                return said["data"].as_str().unwrap_or_default().to_owned();
            }
        }
    }

    /// Asks again and again until the answer is as wanted.
    pub(crate) async fn until(&mut self, command: &str, wanted: impl Fn(&str) -> bool) -> String {
        let mut said = String::new();
        for _ in 0..LOOKS {
            said = self.ask(command, "").await;
            if wanted(&said) {
                return said;
            }
            tokio::time::sleep(AGAIN).await;
        }
        panic!("{command} does not come to it: {said}\n{}", self.log());
    }

    /// RTP packets of this call that it has sent, and that it has received.
    pub(crate) async fn packets(&mut self) -> (u64, u64) {
        let said = self.ask("audio_debug", "").await;
        let number = |before: &str| {
            let (_, rest) = said.split_once(before)?;
            rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
        };
        let counted = number("TX: packets=").zip(number(" rcvd="));
        counted.unwrap_or_default()
    }

    /// What it said of itself, for a story that fails.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// The next message: an answer, or news.
    async fn hear(&mut self) -> serde_json::Value {
        loop {
            if let Some(colon) = self.heard.iter().position(|byte| *byte == b':') {
                let length: usize = String::from_utf8_lossy(&self.heard[..colon])
                    .parse()
                    .expect("a netstring");
                let end = colon + 1 + length;
                if self.heard.len() > end {
                    let message = serde_json::from_slice(&self.heard[colon + 1..end]).expect("JSON");
                    self.heard.drain(..=end);
                    return message;
                }
            }
            let read = self.control.read_buf(&mut self.heard).await.expect("it lives");
            assert!(read > 0, "baresip ended:\n{}", self.log());
        }
    }
}

/// A tone as a file of 16-bit samples, 8,000 a second.
fn wave() -> Vec<u8> {
    let samples = 8000 * TONE_S;
    let mut wave = Vec::new();
    wave.extend_from_slice(b"RIFF");
    wave.extend_from_slice(&(36 + 2 * samples).to_le_bytes());
    wave.extend_from_slice(b"WAVEfmt ");
    wave.extend_from_slice(&16u32.to_le_bytes());
    for field in [1u16, 1] {
        wave.extend_from_slice(&field.to_le_bytes());
    }
    for field in [8000u32, 16000] {
        wave.extend_from_slice(&field.to_le_bytes());
    }
    for field in [2u16, 16] {
        wave.extend_from_slice(&field.to_le_bytes());
    }
    wave.extend_from_slice(b"data");
    wave.extend_from_slice(&(2 * samples).to_le_bytes());
    for sample in 0..samples {
        let height: i16 = if sample / 10 % 2 == 0 { 4000 } else { -4000 };
        wave.extend_from_slice(&height.to_le_bytes());
    }
    wave
}
